"""The most unusual alerts of a stream, and which features are behind alerts at all."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Hashable
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from clipsgd_river.alerts import Alert

MOST_ALERTS: Final = 30
#: Hostile names must not exhaust the memory; what is beyond is not counted.
_MOST_FEATURES: Final = 100_000


class RankedAlert(NamedTuple):
    """An alert and where it came from."""

    row: int
    seconds: float
    alert: Alert


class TopAlerts:
    """Keep the alerts least likely by chance, or farthest away, however long the stream."""

    def __init__(self, size: int = MOST_ALERTS) -> None:
        self._size = size
        self._heap: list[tuple[float, float, int, RankedAlert]] = []
        self._reasons: Counter[Hashable] = Counter()

    def add(self, ranked: RankedAlert, distance: float) -> None:
        """Count an alert, and keep it if it is among the most unusual so far."""
        alert = ranked.alert
        if alert.features:
            reason = alert.features[0].feature
            if reason in self._reasons or len(self._reasons) < _MOST_FEATURES:
                self._reasons[reason] += 1
        p = alert.rank_probability
        rarity = 0.0 if p is None else -math.log(max(p, 1e-300))
        entry = (rarity, distance, -ranked.row, ranked)
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    def ranked(self) -> list[RankedAlert]:
        """Return the alerts kept, the most unusual first."""
        return [entry[3] for entry in sorted(self._heap, key=lambda entry: entry[:3], reverse=True)]

    def reasons(self, most: int) -> list[tuple[Hashable, int]]:
        """Return the features that were the main reason of most alerts, and of how many."""
        return self._reasons.most_common(most)
