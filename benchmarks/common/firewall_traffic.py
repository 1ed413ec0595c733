"""What ordinary users send through the firewall: sessions of connections, by their habits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.firewall_users import (
    ALLOW,
    ANY,
    DENY,
    OWN,
    OWN_PORTS,
    RESET,
    SERVICES,
    TCP,
    UDP,
    WEB,
    Users,
    local_offset,
    log_uniform_ports,
)
from common.log_in_world import EXITS

HOURS, SECONDS, DAY = 3_600_000, 1_000, 86_400_000
# Connections of a session on average, and seconds between them.
SESSION, APART = 8.0, 40.0
THROUGH_EXIT = 0.0015
# Parts of a day: share, middle in local hours, spread; what is left is at any hour.
PARTS = ((0.45, 9.8, 1.2), (0.4, 14.5, 1.5), (0.1, 20.0, 2.0))
# Failed log-ins at the first connection of a session and at others; the share of one failure.
FIRST_FAILS, LATER_FAILS, ONCE = 0.22, 0.045, 0.7
# Accounts with a device that holds an old password; hours that it takes until someone notices.
OLD_PASSWORDS, UNNOTICED, OLD_FAILS = 6, 6.0, 0.5
DENIED, RESET_SHARE = 0.02, 0.008
# Administrative rights, in connections of administrators and of others.
ADMIN, OTHERS_ADMIN = 0.25, 4e-4
# Uploads of each night, their median in bytes, and the spread of its logarithm.
UPLOADS, UPLOADED, UPLOAD_SPREAD = 3, 60e6, 1.0
GROWTH = 2.0


class Connections(NamedTuple):
    """Connections as columns, each of shape (n,).

    ``milliseconds`` since the first day, UTC; ``country`` is a position in ``CODES``, ``protocol``
    and ``action`` in ``PROTOCOLS`` and ``ACTIONS``; ``incident`` in ``INCIDENTS``, -1 for none.
    """

    milliseconds: NDArray[np.int64]
    user: NDArray[np.int64]
    country: NDArray[np.int64]
    port: NDArray[np.int64]
    protocol: NDArray[np.int64]
    action: NDArray[np.int64]
    duration: NDArray[np.float64]
    bytes_in: NDArray[np.int64]
    bytes_out: NDArray[np.int64]
    failed: NDArray[np.int64]
    admin: NDArray[np.bool_]
    incident: NDArray[np.int64]


def joined(parts: Sequence[Connections]) -> Connections:
    """Return all parts as one, in order of time."""
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Connections(*(column[order] for column in columns))


def connections(
    rng: np.random.Generator,
    accounts: Users,
    milliseconds: NDArray[np.int64],
    user: NDArray[np.int64],
    service: NDArray[np.int64],
) -> Connections:
    """Return what these users' connections for these services look like, from where they are."""
    n, days = len(user), accounts.place.shape[1]
    table = np.array([found[1:] for found in SERVICES], dtype=np.float64)[service]
    port, protocol, _, bytes_in, bytes_out, spread, seconds, grows = table.T
    port, protocol = port.astype(np.int64), protocol.astype(np.int64)
    own = service == OWN
    port[own] = accounts.ports[user[own], rng.integers(0, OWN_PORTS, np.count_nonzero(own))]
    anything = service == ANY
    port[anything] = log_uniform_ports(rng, int(anything.sum()))
    protocol[anything & (rng.random(n) < 0.4)] = UDP
    # What is long in one way is long in the others: a part of the noise is shared.
    shared = rng.standard_normal(n)
    noise_in, noise_out, noise = 0.6 * shared + 0.8 * rng.standard_normal((3, n))
    fixed = grows == 0.0
    level_in, level_out = (
        np.where(fixed, 0.0, level[user]) for level in (accounts.level_in, accounts.level_out)
    )
    day = np.clip(milliseconds // DAY, 0, days - 1)
    grown = ~fixed & (day >= accounts.updated[user])
    return Connections(
        milliseconds,
        user,
        accounts.place[user, day],
        port,
        protocol,
        np.full(n, ALLOW),
        np.round(seconds * np.exp(1.2 * noise), 3),
        _whole(bytes_in * np.exp(level_in + spread * noise_in)),
        _whole(bytes_out * np.exp(level_out + spread * noise_out) * np.where(grown, GROWTH, 1.0)),
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=bool),
        np.full(n, -1),
    )


def denied(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Bytes that a connection sends in vain: a packet of some size, one to four times."""
    return np.asarray(rng.choice((40, 44, 52, 60), count) * rng.integers(1, 5, count))


def ordinary(rng: np.random.Generator, accounts: Users, weekday: int, count: int) -> Connections:
    """Draw ``count`` ordinary connections, the first day being that day of the week."""
    days = accounts.place.shape[1]
    saved = _backups(rng, accounts)
    user, milliseconds, first = _sessions(rng, accounts, weekday, count - len(saved.user))
    n = len(user)
    service = _chosen(rng, accounts.services, user)
    drawn = connections(rng, accounts, milliseconds, user, service)
    # A session comes through one network.
    session = np.cumsum(first) - 1
    exits = (rng.random(session[-1] + 1) < THROUGH_EXIT)[session]
    drawn.country[exits] = rng.choice(EXITS, session[-1] + 1)[session][exits]
    refused = rng.random(n) < np.where(service == OWN, accounts.blocked[user], DENIED)
    drawn.action[refused] = DENY
    drawn.bytes_in[refused] = 0
    drawn.bytes_out[refused] = denied(rng, int(refused.sum()))
    drawn.duration[refused] = 0.0
    broken = ~refused & (drawn.protocol == TCP) & (rng.random(n) < RESET_SHARE)
    drawn.action[broken] = RESET
    drawn.bytes_in[broken] //= 4
    fails = rng.random(n) < np.where(first, FIRST_FAILS, LATER_FAILS) * accounts.fails[user]
    fails |= _old_passwords(rng, len(accounts.home), days, user, milliseconds)
    # Who only asks for a name or the time does not log in.
    logs_in = drawn.protocol == TCP
    fails &= logs_in
    drawn.failed[fails] = rng.geometric(ONCE, np.count_nonzero(fails))
    rights = np.where(accounts.administrator[user], ADMIN, OTHERS_ADMIN)
    drawn.admin[:] = logs_in & (rng.random(n) < rights)
    return joined([drawn, saved])


def _sessions(
    rng: np.random.Generator, accounts: Users, weekday: int, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Users and times of connections, and which begin a session; sessions one after another."""
    days = accounts.place.shape[1]
    activity = accounts.rate[:, None] * accounts.activity[:, (weekday + np.arange(days)) % 7]
    # A day may be a busy one or not.
    activity *= rng.gamma(4.0, 0.25, activity.shape)
    sizes = rng.geometric(1.0 / SESSION, count)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), count)) + 1]
    sizes[-1] -= sizes.sum() - count
    cells = rng.multinomial(len(sizes), (activity / activity.sum()).ravel())
    who, day = np.divmod(np.repeat(np.arange(cells.size), cells), days)
    hour = _local_hours(rng, accounts, who) - local_offset(accounts.place[who, day])
    starts = day * DAY + (hour * HOURS).astype(np.int64)
    at = np.repeat(np.arange(len(sizes)), sizes)
    first = np.zeros(count, dtype=bool)
    first[np.cumsum(sizes) - sizes] = True
    gaps = rng.exponential(APART * SECONDS, count)
    since = np.cumsum(gaps)
    since -= since[first][at]
    # What would be before the first day or after the last one is on the other end of the month.
    return who[at], (starts[at] + since.astype(np.int64)) % (days * DAY), first


def _local_hours(
    rng: np.random.Generator, accounts: Users, who: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Hours by the clock of where the user is; before 0 and after 24 are the days beside."""
    n = len(who)
    shares, middles, spreads = np.array(PARTS).T
    part = np.searchsorted(np.cumsum(shares), rng.random(n), side="right")
    at_work = (part < len(PARTS)) & ~accounts.service[who]
    part = np.minimum(part, len(PARTS) - 1)
    worked = middles[part] + accounts.shift[who] + spreads[part] * rng.standard_normal(n)
    return np.where(at_work, worked, rng.uniform(0.0, 24.0, n))


def _backups(rng: np.random.Generator, accounts: Users) -> Connections:
    """Uploads of a few accounts every night."""
    who, days = np.flatnonzero(accounts.backup), accounts.place.shape[1]
    user = np.repeat(who, days * UPLOADS)
    day = np.tile(np.repeat(np.arange(days), UPLOADS), len(who))
    begins = np.repeat(rng.uniform(0.0, 24.0, len(who)), days * UPLOADS)
    hour = begins + rng.exponential(0.2, len(user))
    milliseconds = (day * DAY + (hour * HOURS).astype(np.int64)) % (days * DAY)
    drawn = connections(rng, accounts, milliseconds, user, np.full(len(user), WEB))
    sent = rng.lognormal(np.log(UPLOADED), UPLOAD_SPREAD, len(user))
    return drawn._replace(bytes_out=_whole(sent), duration=np.round(sent / 3e6, 3))


def _old_passwords(
    rng: np.random.Generator,
    n_users: int,
    days: int,
    user: NDArray[np.int64],
    milliseconds: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Connections that fail since a device of the user holds an old password."""
    since = np.full(n_users, np.inf)
    since[rng.choice(n_users, OLD_PASSWORDS, replace=False)] = rng.uniform(
        0.0, days * DAY, OLD_PASSWORDS
    )
    passed = milliseconds - since[user]
    fails = rng.random(len(user)) < OLD_FAILS
    return np.asarray((passed >= 0) & (passed < UNNOTICED * HOURS) & fails)


def _chosen(
    rng: np.random.Generator, shares: NDArray[np.float64], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """A column drawn for each row number, by the shares in that row."""
    borders = np.cumsum(shares, axis=1)
    # Rounding may leave the last border just below 1.
    borders[:, -1] = 1.0
    draws = rng.random(len(rows))
    return np.asarray((draws[:, None] >= borders[rows]).sum(axis=1), dtype=np.int64)


def _whole(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bytes, which are whole and at least 1."""
    return np.maximum(np.round(values), 1.0).astype(np.int64)
