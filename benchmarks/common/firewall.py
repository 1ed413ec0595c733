"""A month in the log of a firewall: users with habits, and nine attacks among them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.firewall_attacks import INCIDENTS, N_ATTACKS, Incident, attacks
from common.firewall_traffic import Connections, joined, ordinary
from common.firewall_users import ACTIONS, PROTOCOLS, users
from common.log_in_world import CODES

#: First day of every stream, a Monday; no country changes its clocks within the month.
START = date(2024, 1, 8)
HOUR = 3_600_000


NAMES = (
    "country",
    "port",
    "protocol",
    "action",
    "duration",
    "bytes_in",
    "bytes_out",
    "failed",
    "admin",
    "hour",
)


class FirewallMonth:
    """Connections of users with habits through a firewall; nine attacks are among them.

    It measures how detectors rank and alert on columns as a log has them: text, flags, counts that
    are mostly 0, and bytes with heavy tails. The stream is generated; the notes say how.

    An event is ``{"time": datetime (UTC), "user": "u017", "country": "DE", "port": 443,
    "protocol": "tcp", "action": "allow", "duration": seconds, "bytes_in": 18211, "bytes_out":
    2404, "failed": 0, "admin": False, "hour": 0 to 23}``, in order of time; the hour is that of
    the time. Its label is its `Incident` (kind, number),
    or None.

    Parameters
    ----------
    n_events
        Ordinary events, at least 1,000; the 573 of the attacks come on top.
    n_users
        Accounts, at least 60.
    n_days
        Length, at least 10.
    seed
        The same seed gives the same stream.

    Notes
    -----
    *Habits.* Every account has a home country, a level of bytes in each direction, a choice of
    services and two ports of its own. People work from Monday to Friday, by the clock of where
    they are, with a dip at noon and some connections in the evening and at any hour; at weekends
    each has 2, 10 or 50 % of the usual activity; 3 % work at night. A twentieth are service
    accounts, which know no hours. Connections come in sessions of 8 on average, 40 seconds apart.

    *Columns.* Bytes are lognormal given the user and the service, so their tail over all events is
    heavier. Names and clocks are asked in packets of nearly equal size. 3 % of the connections are
    denied or reset, and carry little. ``failed`` counts failed log-ins and is 0 in 95 % of events;
    ``admin`` is set in half a percent, for the most part of administrators. Three percent of the
    connections go to ports that are common nowhere.

    *Strange but ordinary.* 8 % of the people travel; 0.15 % of the sessions come through a private
    network that ends in another country. The first account in a hundred uploads some 60 MB three
    times a night. Six accounts fail for hours because a device holds an old password; one account
    in twenty has an application that the firewall denies half of the time.

    *A rollout.* From the middle of the month on (three waves within three days) a new client
    doubles what people's connections send. It lasts, and is no anomaly.

    *Attacks*, from the sixth part of the month on, each on accounts of its own: see `attacks`.
    """

    def __init__(
        self, n_events: int = 200_000, n_users: int = 400, n_days: int = 30, seed: int = 42
    ) -> None:
        self.n_events = n_events
        self.n_users = n_users
        self.n_days = n_days
        self.seed = seed
        self.n_samples = n_events + N_ATTACKS

    def __iter__(self) -> Iterator[tuple[dict[str, Any], Incident | None]]:
        drawn = self.drawn
        start = np.datetime64(START, "ms")
        columns = (
            (start + drawn.milliseconds.astype("timedelta64[ms]")).tolist(),
            drawn.user.tolist(),
            CODES[drawn.country].tolist(),
            drawn.port.tolist(),
            PROTOCOLS[drawn.protocol].tolist(),
            ACTIONS[drawn.action].tolist(),
            drawn.duration.tolist(),
            drawn.bytes_in.tolist(),
            drawn.bytes_out.tolist(),
            drawn.failed.tolist(),
            drawn.admin.tolist(),
            self.hours.tolist(),
            drawn.incident.tolist(),
        )
        for moment, user, *values, incident in zip(*columns, strict=True):
            x = {"time": moment.replace(tzinfo=UTC), "user": f"u{user:03}"}
            x.update(zip(NAMES, values, strict=True))
            yield x, INCIDENTS[incident] if incident >= 0 else None

    @cached_property
    def drawn(self) -> Connections:
        """The whole stream as columns, in order of time."""
        user_rng, traffic_rng, attack_rng = np.random.default_rng(self.seed).spawn(3)
        accounts = users(user_rng, self.n_users, self.n_days)
        usual = ordinary(traffic_rng, accounts, START.weekday(), self.n_events)
        return joined([usual, *attacks(attack_rng, accounts, usual)])

    @property
    def labels(self) -> NDArray[np.int8]:
        """1 for an event of an attack, 0 otherwise, shape (n_samples,)."""
        return (self.drawn.incident >= 0).astype(np.int8)

    @property
    def hours(self) -> NDArray[np.int64]:
        """Hour of the day of each event, UTC, shape (n_samples,)."""
        return np.asarray(self.drawn.milliseconds // HOUR % 24)
