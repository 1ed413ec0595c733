# cython: language_level=3, cdivision=True
"""What the kernels of alert filters know of incidents: until when they are open, how many join."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.score_gate import ScoreGate

# Events that tell whether nearly all of them have joined an incident, and the share that does.
LEAST_CROWD = 100.0
LARGEST_CROWD = 5000.0
CROWDED = 0.7


class IncidentGate(ScoreGate):
    """A gate that holds events which may join an incident, up to a place in the stream.

    A place is a number of events, or of seconds. An event that joins an incident is none to what
    the filter follows: or else a flood of equal events would hide whatever else there is. Only
    where nearly all events of the time of an alert have joined one are they followed: they are what
    is normal now.
    """

    def __init__(self) -> None:
        self.admitted = True
        # Of the event that it was asked last whether to admit.
        self.distance = 0.0
        self.seen = 0.0
        # Share of the events of late that have joined an incident.
        self.crowd = 0.0
        # Up to where an event may join an incident.
        self.open_until = -1.0
        # The same for incidents that some have joined.
        self.crowded_until = -1.0

    def alert_share(self) -> float:
        """Share of events that alert now."""
        return 1.0

    def place(self) -> float:
        """Where the stream is: events so far, or seconds that passed."""
        return self.seen

    def rate_now(self) -> float:
        """Share of events that alert now."""
        return self.alert_share()

    def place_now(self) -> float:
        """Where the stream is: events so far, or seconds that passed."""
        return self.place()

    def keep_open(self, place: float, crowded: float) -> None:
        """Let events join incidents up to a place, and those of several events up to another."""
        self.open_until = place
        self.crowded_until = crowded

    def mix(self, joined: float) -> None:
        """Count an event in the share of those that have joined an incident."""
        self.seen += 1.0
        if self.crowd == joined:
            return
        memory: cython.double = min(max(1.0 / self.alert_share(), LEAST_CROWD), LARGEST_CROWD)
        self.crowd += (joined - self.crowd) / memory

    def is_crowded(self) -> cython.bint:
        """Whether nearly all events of late have joined an incident."""
        return self.crowd > CROWDED

    def forget_incidents(self) -> None:
        """Forget all incidents."""
        self.crowd = 0.0
        self.open_until = -1.0
        self.crowded_until = -1.0

    def exchange_incidents(self, archive: Archive) -> cython.int:
        """Pass what is known of incidents through ``archive``."""
        self.seen = archive.count(self.seen)
        self.crowd = archive.bounded(self.crowd, 0.0, 1.0, "share of events in incidents")
        self.open_until = archive.number(self.open_until)
        self.crowded_until = archive.number(self.crowded_until)
        return 0
