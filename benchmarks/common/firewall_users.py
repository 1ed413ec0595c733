"""Who talks through the firewall: users with habits, service accounts, and what they talk about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.log_in_world import OFFICE_SHARES, OFFICES, OFFSETS, TRIPS

#: Protocols and actions; columns hold positions in these.
PROTOCOLS = np.array(["tcp", "udp", "icmp"])
ACTIONS = np.array(["allow", "deny", "reset"])
TCP, UDP, ICMP = range(3)
ALLOW, DENY, RESET = range(3)

# Shares of the accounts; who lives elsewhere than at an office; who works at night.
SERVICE_ACCOUNTS, ADMINISTRATORS, ELSEWHERE, NIGHT_SHIFT = 0.05, 0.025, 0.1, 0.03
# Service accounts that save their data every night, of all accounts.
BACKUPS = 0.01
# Chance of a journey within a month, and its days.
TRAVELS, SHORTEST_TRIP, LONGEST_TRIP = 0.08, 2, 8
# Of the whole length: when each wave of the new client comes, and whom it reaches.
WAVES, WAVE_SHARES = (0.43, 0.5, 0.53), (0.1, 0.4, 0.5)
# How much a user's services differ from the others'; the smaller the more.
LIKENESS = 8.0
# Ports of applications that are common nowhere, and how many of them a user has.
FEWEST_PORT, MOST_PORT, OWN_PORTS = 1024, 65_535, 2


class Service(NamedTuple):
    """What a connection is for: its share in percent, medians of both directions in bytes.

    ``spread`` is the standard deviation of the logarithms of bytes, ``seconds`` the median
    duration; ``grows`` tells whether the new client changes what is sent.
    """

    name: str
    port: int
    protocol: int
    share: float
    bytes_in: float
    bytes_out: float
    spread: float
    seconds: float
    grows: bool


#: The last two have ports of their own: one of the user's, and any.
SERVICES = (
    Service("web", 443, TCP, 46.0, 18e3, 2.5e3, 1.6, 8.0, True),
    Service("web over udp", 443, UDP, 14.0, 40e3, 4e3, 1.7, 15.0, True),
    Service("plain web", 80, TCP, 6.0, 6e3, 900.0, 1.5, 3.0, True),
    Service("names", 53, UDP, 12.0, 180.0, 70.0, 0.4, 0.03, False),
    Service("mail read", 993, TCP, 5.0, 12e3, 2e3, 1.4, 40.0, True),
    Service("mail sent", 587, TCP, 3.0, 1.2e3, 15e3, 1.8, 3.0, True),
    Service("files", 445, TCP, 2.5, 60e3, 30e3, 1.9, 30.0, True),
    Service("shell", 22, TCP, 1.5, 9e3, 5e3, 1.6, 200.0, True),
    Service("desktop", 3389, TCP, 1.0, 300e3, 40e3, 1.3, 600.0, True),
    Service("clocks", 123, UDP, 2.0, 76.0, 76.0, 0.0, 0.03, False),
    Service("echo", 0, ICMP, 1.0, 84.0, 84.0, 0.0, 0.02, False),
    Service("calls", 3478, UDP, 1.0, 2e6, 1.5e6, 1.4, 500.0, True),
    Service("proxy", 8080, TCP, 1.0, 10e3, 2e3, 1.6, 6.0, True),
    Service("database", 5432, TCP, 0.8, 40e3, 3e3, 1.8, 20.0, True),
    Service("own application", -1, TCP, 2.0, 5e3, 3e3, 1.7, 20.0, True),
    Service("anything", -1, TCP, 1.2, 2e3, 1e3, 1.8, 5.0, True),
)
WEB, SHELL, DESKTOP = 0, 7, 8
OWN, ANY = len(SERVICES) - 2, len(SERVICES) - 1


@dataclass(frozen=True)
class Users:
    """Accounts, one row each; ``place`` has a column for each day.

    Parameters
    ----------
    service
        Whether it is a service account, which knows no weekends and no nights.
    administrator
        Whether some of its connections have administrative rights.
    backup
        Whether it saves its data every night.
    home, place
        Country at home, and on each day; positions in ``COUNTRIES``.
    rate
        Sessions on a working day, relative to the others'.
    activity
        Share of that on each day of the week, Monday first, shape (accounts, 7).
    shift
        Hours that the day begins later than usual.
    level_in, level_out
        Logarithms of the user's own factor on bytes.
    services
        Shares of the services, shape (accounts, services).
    ports
        Ports of own applications, shape (accounts, ``OWN_PORTS``).
    blocked
        Share of connections to own applications that the firewall denies.
    fails
        Factor on how often log-ins fail.
    updated
        Day of the new client; never for service accounts.
    """

    service: NDArray[np.bool_]
    administrator: NDArray[np.bool_]
    backup: NDArray[np.bool_]
    home: NDArray[np.int64]
    place: NDArray[np.int64]
    rate: NDArray[np.float64]
    activity: NDArray[np.float64]
    shift: NDArray[np.float64]
    level_in: NDArray[np.float64]
    level_out: NDArray[np.float64]
    services: NDArray[np.float64]
    ports: NDArray[np.int64]
    blocked: NDArray[np.float64]
    fails: NDArray[np.float64]
    updated: NDArray[np.float64]


def users(rng: np.random.Generator, n: int, days: int) -> Users:
    """Draw ``n`` accounts for a stream of ``days``."""
    order = rng.permutation(n)
    service, administrator, backup = (np.zeros(n, dtype=bool) for _ in range(3))
    n_service = max(round(SERVICE_ACCOUNTS * n), 1)
    service[order[:n_service]] = True
    backup[order[: max(round(BACKUPS * n), 1)]] = True
    administrator[order[n_service : n_service + max(round(ADMINISTRATORS * n), 1)]] = True
    home = rng.choice(OFFICES, n, p=OFFICE_SHARES)
    elsewhere = ~service & (rng.random(n) < ELSEWHERE)
    home[elsewhere] = rng.choice(len(TRIPS), np.count_nonzero(elsewhere), p=TRIPS)
    activity = np.ones((n, 7))
    activity[~service, 5:] = rng.choice((0.02, 0.1, 0.5), (np.count_nonzero(~service), 2))
    # Some people are off on one working day.
    part_time = ~service & (rng.random(n) < 0.15)
    activity[part_time, rng.integers(0, 5, np.count_nonzero(part_time))] = 0.05
    shift = rng.normal(0.0, 1.0, n) + 12.0 * (rng.random(n) < NIGHT_SHIFT)
    waves = rng.choice(np.round(np.multiply(WAVES, days)), n, p=WAVE_SHARES)
    return Users(
        service=service,
        administrator=administrator,
        backup=backup,
        home=home,
        place=_places(rng, home, service, days),
        rate=rng.lognormal(0.0, 0.8, n),
        activity=activity,
        shift=shift,
        level_in=rng.normal(0.0, 0.7, n),
        level_out=rng.normal(0.0, 0.7, n),
        services=_shares(rng, administrator),
        ports=log_uniform_ports(rng, (n, OWN_PORTS)),
        blocked=np.where(rng.random(n) < 0.05, 0.5, 0.02),
        fails=rng.lognormal(-0.18, 0.6, n),
        updated=np.where(service, np.inf, waves),
    )


def log_uniform_ports(rng: np.random.Generator, shape: int | tuple[int, int]) -> NDArray[np.int64]:
    """Draw ports of applications: the low ones more often, and none much more than others."""
    drawn = np.exp(rng.uniform(np.log(FEWEST_PORT), np.log(MOST_PORT + 1), shape))
    return drawn.astype(np.int64)


def _shares(rng: np.random.Generator, administrator: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Shares of the services in what each account does; many use only some of them."""
    usual = np.array([service.share for service in SERVICES])
    shares = rng.gamma(LIKENESS * usual / usual.sum(), size=(len(administrator), len(usual)))
    shares[administrator, SHELL] += 0.15 * LIKENESS
    shares[administrator, DESKTOP] += 0.1 * LIKENESS
    # Everyone needs names and reads the web.
    shares[:, :4] += 0.02 * usual[:4]
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _places(
    rng: np.random.Generator, home: NDArray[np.int64], service: NDArray[np.bool_], days: int
) -> NDArray[np.int64]:
    """Where each account is on each day."""
    n = len(home)
    goes = ~service & (rng.random(n) < TRAVELS * days / 30.0)
    first = rng.integers(0, days, n)
    stay = rng.integers(SHORTEST_TRIP, LONGEST_TRIP + 1, n)
    goal = rng.choice(len(TRIPS), n, p=TRIPS)
    day = np.arange(days)
    away = goes[:, None] & (day >= first[:, None]) & (day < (first + stay)[:, None])
    return np.where(away, goal[:, None], home[:, None])


def local_offset(place: NDArray[np.int64]) -> NDArray[np.float64]:
    """Hours that the clocks of countries are ahead of UTC."""
    return OFFSETS[place].astype(np.float64)
