"""Alerts counted by hour and severity, and by whom they are about, in constant memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from clipsgd_river.alerts import Alert

HOUR: Final = 3600
DAY: Final = 24 * HOUR
#: Two years of hours; from then on days are counted.
_MOST_PLACES: Final = 17_544
#: Hostile keys must not exhaust the memory; what is beyond is not counted.
_MOST_KEYS: Final = 10_000

Counts = Counter[str]


class AlertTimes:
    """How many alerts of each severity there were in each hour, and of each key.

    Examples
    --------
    >>> from clipsgd_river.alerts import Alert
    >>> times = AlertTimes()
    >>> for hour in (5, 5, 30):
    ...     times.add(3600.0 * hour, Alert(0.9, 0.001, "high", key="web-1"))
    >>> times.between(0.0, 86400.0)
    Counter({'high': 2})
    >>> times.by_key(5)
    [('web-1', Counter({'high': 3}))]
    """

    def __init__(self) -> None:
        self._unit = HOUR
        self._places: dict[int, Counts] = {}
        self._keys: dict[Hashable, Counts] = {}
        #: Alerts of each severity; those without one count as "".
        self.severities: Counts = Counter()

    @property
    def span(self) -> tuple[float, float]:
        """When the first and the last hour with an alert began; NaN where there is none."""
        if not self._places:
            return math.nan, math.nan
        return float(min(self._places) * self._unit), float(max(self._places) * self._unit)

    @property
    def keys(self) -> int:
        """Number of keys with alerts."""
        return len(self._keys)

    def add(self, seconds: float, alert: Alert) -> None:
        """Count an alert."""
        severity = severity_of(alert)
        self.severities[severity] += 1
        if alert.key is not None:
            counts = self._keys.get(alert.key)
            if counts is None and len(self._keys) < _MOST_KEYS:
                counts = self._keys[alert.key] = Counter()
            if counts is not None:
                counts[severity] += 1
        if math.isfinite(seconds):
            place = int(seconds // self._unit)
            self._places.setdefault(place, Counter())[severity] += 1
            if len(self._places) > _MOST_PLACES:
                self._count_coarsely()

    def between(self, start: float, stop: float) -> Counts:
        """Return the counts from a time up to another, of whole hours."""
        first, last = math.floor(start / self._unit), math.ceil(stop / self._unit)
        found: Counts = Counter()
        for place in range(first, last):
            if place in self._places:
                found += self._places[place]
        return found

    def by_key(self, most: int) -> list[tuple[Hashable, Counts]]:
        """Return the keys with most alerts, and their counts."""
        return sorted(self._keys.items(), key=lambda item: -item[1].total())[:most]

    def _count_coarsely(self) -> None:
        factor = 24 if self._unit == HOUR else 7
        self._unit *= factor
        places: dict[int, Counts] = {}
        for place, counts in self._places.items():
            places.setdefault(place // factor, Counter()).update(counts)
        self._places = places


def severities() -> list[str]:
    """Return the names of severities, the worst first."""
    # Imported here: help and complaints about options shall not wait for it.
    from clipsgd_river.alerts.alert import SEVERITIES

    return [name for name, _ in SEVERITIES]


def severity_of(alert: Alert) -> str:
    """Return the severity of an alert; empty where no budget tells it."""
    return alert.severity if alert.tail_probability is not None else ""
