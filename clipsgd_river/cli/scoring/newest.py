"""The time of the newest event, read when somebody asks for it instead of at each event."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

from clipsgd_river.cli.input.columns.times import Times
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.scoring.clock import Clock
from clipsgd_river.cli.scoring.moments import Moments

#: Other numbers are no times of the calendar: the years 2000 to 2100.
_CALENDAR: Final = (946_684_800.0, 4_102_444_800.0)


class NewestTime:
    """Look up when the newest event was.

    Asked from another thread, it does not touch what reads times for the stream.

    Examples
    --------
    >>> newest = NewestTime()
    >>> newest.read_by("at", Times(), lambda event, column: event.record[column])
    >>> newest.event = Event(1, {}, -1, {"at": "2026-01-31T12:00:00Z"})
    >>> newest.seconds()
    1769860800.0
    """

    def __init__(self) -> None:
        #: The latest event, or what gives it.
        self.event: Event | Callable[[], Event] | None = None
        self._clock: Clock | None = None
        self._newest: float | None = None

    def read_by(self, column: str | None, times: Times, value: Callable[[Event, str], Any]) -> None:
        """Take times from a column; from none if there is none."""
        if column is not None:
            self._clock = Clock(column, Moments(column, copy.deepcopy(times), value))

    def seconds(self) -> float | None:
        """Return the time of the newest event in seconds since 1970; None if events have none."""
        event, clock = self.event, self._clock
        if event is not None and clock is not None:
            seconds = clock.seconds(event() if callable(event) else event)
            if _CALENDAR[0] <= seconds <= _CALENDAR[1]:
                self._newest = max(seconds, self._newest or seconds)
        return self._newest
