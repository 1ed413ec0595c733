"""Days that are not like others."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from math import floor, isfinite
from typing import Any

A_DAY = 86400.0
# Days of the calendar, counted from the first one.
EPOCH = date(1970, 1, 1).toordinal()
LAST = date.max.toordinal()


class Holidays:
    """Whether a time is on a holiday.

    Parameters
    ----------
    days
        ISO dates, or any container of dates; ``None`` for no holidays.
    """

    def __init__(self, days: Any) -> None:
        self.any = days is not None
        self.days: Container[date] = ()
        if isinstance(days, list):
            self.days = frozenset(map(date.fromisoformat, days))
        elif days is not None:
            self.days = days
        # The last day that was asked for: events of a day come together.
        self.day: float | None = None
        self.found = False

    def has(self, seconds: float) -> bool:
        """Whether seconds since 1970 by the clock on the wall are on a holiday; NaN are not."""
        if not self.any or not isfinite(seconds):
            return False
        day = floor(seconds / A_DAY)
        if day != self.day:
            known = 1 <= EPOCH + day <= LAST
            self.found = known and date.fromordinal(EPOCH + day) in self.days
            self.day = day
        return self.found
