"""How much time passed, by the stamps of events."""

from __future__ import annotations

from clipsgd_river._kernels.alerts.event_clock import EventClock

# Different stamps from which on the clock knows what gaps are usual.
FEW = 4


class PassedTime:
    """Time from the first event to the latest, which wrong stamps do not move.

    That of an `EventClock`: silences count as far as such gaps are usual, a lone stamp far ahead or
    behind does not count, and a stream that runs backwards counts as it runs. Of fewer than four
    different stamps, from the earliest to the latest.

    Parameters
    ----------
    latency
        How late an event may be, in the unit of the stamps.
    """

    def __init__(self, latency: float) -> None:
        self._clock = EventClock(latency)
        self._earliest = 0.0
        self.latest = 0.0

    def observe(self, stamp: float) -> None:
        """Take in the stamp of an event."""
        if self._clock.stamps == 0.0:
            self._earliest = self.latest = stamp
        self._earliest = min(self._earliest, stamp)
        self.latest = max(self.latest, stamp)
        self._clock.observe(stamp)

    @property
    def length(self) -> float:
        """The time that passed."""
        if self._clock.different < FEW:
            return self.latest - self._earliest
        return float(self._clock.elapsed)
