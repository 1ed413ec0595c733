"""Nine attacks in the log of a firewall."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.firewall_traffic import (
    DAY,
    HOURS,
    SECONDS,
    Connections,
    connections,
    denied,
)
from common.firewall_users import ALLOW, DENY, DESKTOP, SHELL, TCP, WEB, Users, local_offset
from common.log_in_world import COUNTRIES

# Share of the days before the first attack, and days before the end when the last one begins.
QUIET, LAST = 1.0 / 6.0, 4
# Ports that a scan tries first, and its last one.
WELL_KNOWN, LAST_SCANNED = 1024, 10_000


class Incident(NamedTuple):
    """An attack: its kind, and its number among the nine."""

    kind: str
    number: int


# Events of each attack of a kind.
SIZES = {
    "stolen log-in": (12, 9, 6),
    "exfiltration": (8,),
    "exfiltration in pieces": (60, 45),
    "port scan": (280,),
    "brute force": (120,),
    "password spraying": (33,),
}
KINDS = [kind for kind, sizes in SIZES.items() for _ in sizes]
INCIDENTS = tuple(Incident(kind, number) for number, kind in enumerate(KINDS))
#: Events of all attacks.
N_ATTACKS = sum(map(sum, SIZES.values()))


class Attacker:
    """Draws attacks on the users of one stream, no user twice unless passwords are sprayed.

    Parameters
    ----------
    rng
        Source of chance.
    accounts
        The users.
    usual
        Their ordinary connections.
    """

    def __init__(self, rng: np.random.Generator, accounts: Users, usual: Connections) -> None:
        self.rng = rng
        self.accounts = accounts
        self.usual = usual
        # People who are there often enough to have habits.
        seen = np.bincount(usual.user, minlength=len(accounts.home))
        people = np.flatnonzero(~accounts.service & (seen >= np.median(seen) / 2))
        self.victims = iter(rng.permutation(people).tolist())

    def draw(self, incident: Incident, size: int) -> Connections:
        """Return the connections of an incident, in order of time."""
        make = {
            "stolen log-in": self._stolen,
            "exfiltration": self._exfiltration,
            "exfiltration in pieces": self._pieces,
            "port scan": self._scan,
            "brute force": self._brute_force,
            "password spraying": self._spraying,
        }[incident.kind]
        drawn = make(size)
        drawn.incident[:] = incident.number
        return drawn

    def _stolen(self, size: int) -> Connections:
        """A thief looks around at night, from a country that the owner was never in."""
        user = next(self.victims)
        moments = self._moments(user, (0.0, 5.0), 480.0, size)
        service = self.rng.choice((WEB, SHELL, DESKTOP), size, p=(0.5, 0.25, 0.25))
        drawn = self._of(user, moments, service)
        drawn.country[:] = self._foreign(user)
        drawn.failed[0] = self.rng.integers(0, 3)
        drawn.admin[:] = self.rng.random(size) < 0.1
        return drawn

    def _exfiltration(self, size: int) -> Connections:
        """Gigabytes leave in the evening or at night."""
        user = next(self.victims)
        moments = self._moments(user, (19.0, 28.0), 900.0, size)
        return self._sent(self._of(user, moments, np.full(size, WEB)), 3e9, 0.6)

    def _pieces(self, size: int) -> Connections:
        """Hundreds of megabytes leave piece by piece, within some hours or days."""
        user = next(self.victims)
        apart = self.rng.uniform(300.0, 3600.0)
        moments = self._moments(user, (0.0, 24.0), apart, size)
        return self._sent(self._of(user, moments, np.full(size, WEB)), 150e6, 0.5)

    def _scan(self, size: int) -> Connections:
        """A taken computer tries one port after another, two seconds apart, and few are open."""
        user = next(self.victims)
        moments = self._moments(user, (7.0, 20.0), 2.0, size)
        drawn = self._refused(self._of(user, moments, np.full(size, WEB)))
        known = self.rng.permutation(np.arange(1, WELL_KNOWN))
        others = self.rng.permutation(np.arange(WELL_KNOWN, LAST_SCANNED))
        drawn.port[:] = np.concatenate((known, others))[:size]
        opened = self.rng.random(size) < 0.04
        drawn.action[opened] = ALLOW
        drawn.bytes_in[opened] = 40
        return drawn

    def _brute_force(self, size: int) -> Connections:
        """Passwords of one account are tried from abroad, and the last one is right."""
        user = next(self.victims)
        moments = self._moments(user, (0.0, 24.0), 15.0, size)
        drawn = self._of(user, moments, np.full(size, SHELL))
        drawn.country[:] = self._foreign(user)
        drawn.action[:-1] = DENY
        drawn.failed[:-1] = self.rng.integers(3, 7, size - 1)
        # A log-in that fails takes some seconds and a few kilobytes.
        drawn.bytes_in[:-1] = self.rng.integers(1_500, 3_500, size - 1)
        drawn.bytes_out[:-1] = self.rng.integers(1_500, 3_500, size - 1)
        drawn.duration[:-1] = np.round(self.rng.uniform(2.0, 12.0, size - 1), 3)
        return drawn

    def _spraying(self, size: int) -> Connections:
        """One or two passwords are tried at many accounts, from one country."""
        people = np.flatnonzero(~self.accounts.service)
        user = self.rng.choice(people, size, replace=False)
        moments = self._moments(int(user[0]), (0.0, 24.0), 180.0, size)
        drawn = connections(self.rng, self.accounts, moments, user, np.full(size, WEB))
        drawn.country[:] = self._foreign(user)
        drawn.action[:] = DENY
        drawn.failed[:] = self.rng.integers(1, 3, size)
        drawn.bytes_in[:] = self.rng.integers(3_000, 6_000, size)
        drawn.bytes_out[:] = self.rng.integers(1_000, 2_000, size)
        drawn.duration[:] = np.round(self.rng.uniform(0.2, 2.0, size), 3)
        return drawn

    def _moments(
        self, user: int, hours: tuple[float, float], apart: float, size: int
    ) -> NDArray[np.int64]:
        """Times of events some seconds apart, beginning in these hours at the user's home."""
        days = self.accounts.place.shape[1]
        day = self.rng.integers(int(np.ceil(QUIET * days)), days - LAST)
        offset = float(local_offset(self.accounts.home[[user]])[0])
        start = day * DAY + (self.rng.uniform(*hours) - offset) * HOURS
        gaps = self.rng.exponential(apart * SECONDS, size)
        gaps[0] = 0.0
        moments = (start + np.cumsum(gaps)).astype(np.int64)
        return np.asarray(np.minimum(moments, days * DAY - 1))

    def _of(self, user: int, moments: NDArray[np.int64], service: NDArray[np.int64]) -> Connections:
        """Connections as the user's own would be."""
        return connections(self.rng, self.accounts, moments, np.full(len(moments), user), service)

    def _foreign(self, user: int | NDArray[np.int64]) -> int:
        """A country that none of the users ever connects from."""
        known = np.unique(self.usual.country[np.isin(self.usual.user, user)])
        return int(self.rng.choice(np.setdiff1d(np.arange(len(COUNTRIES)), known)))

    def _sent(self, drawn: Connections, median: float, spread: float) -> Connections:
        """The same connections, which send much."""
        sent = self.rng.lognormal(np.log(median), spread, len(drawn.user))
        duration = np.round(sent / self.rng.uniform(2e6, 8e6), 3)
        return drawn._replace(bytes_out=sent.astype(np.int64), duration=duration)

    def _refused(self, drawn: Connections) -> Connections:
        """The same connections, which the firewall denies."""
        drawn.protocol[:] = TCP
        drawn.action[:] = DENY
        drawn.duration[:] = 0.0
        drawn.bytes_in[:] = 0
        drawn.bytes_out[:] = denied(self.rng, len(drawn.user))
        return drawn


def attacks(rng: np.random.Generator, accounts: Users, usual: Connections) -> list[Connections]:
    """Draw the attacks: `INCIDENTS`.

    *Stolen log-ins*: some 8 minutes apart, at night by the owner's clock, from a country that the
    owner never connects from, otherwise as the owner's own connections to web, shells and desktops
    would be. *Exfiltration*: connections that send 3 GB, from where the user is; *in pieces* of
    150 MB, each 5 to 60 minutes apart on average. *Port scan*: within ten minutes, as many ports
    as connections, nearly all denied. *Brute force*: from abroad, 3 to 6 failed log-ins for each of
    the connections, 15 seconds apart, but for the last, which succeeds. *Password spraying*: one or
    two failed log-ins for each of 33 accounts, 3 minutes apart, from one foreign country.
    """
    attacker = Attacker(rng, accounts, usual)
    sizes = [size for sizes in SIZES.values() for size in sizes]
    return [attacker.draw(*of) for of in zip(INCIDENTS, sizes, strict=True)]
