"""Scores of many events as counts on a fixed scale, which can be joined and asked for quantiles."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from math import log2
from typing import Final

#: Steps of the scale for each doubling of the distance, and the distances where it ends.
_STEPS: Final = 4
_LOWEST, _HIGHEST = 2.0**-10, 2.0**30
_OFFSET: Final = int(_STEPS * log2(_LOWEST))
_SIZE: Final = int(_STEPS * log2(_HIGHEST)) - _OFFSET + 1


class ScoreCounts:
    """Counts of scores, a quarter of a doubling of the distance apart.

    A score is a distance d from what is usual as d / (1 + d), so that equal steps of the scale are
    equal steps on the axis of the pictures. Quantiles are at most 9 % of the distance off.

    Examples
    --------
    >>> counts = ScoreCounts()
    >>> for score in [0.5] * 90 + [0.9] * 10:
    ...     counts.add(score)
    >>> [round(each, 3) for each in counts.quantiles([0.5, 0.99])]
    [0.5, 0.905]
    """

    __slots__ = ("_counts", "_total")

    def __init__(self) -> None:
        self._counts = array("L", bytes(_SIZE * array("L").itemsize))
        self._total = 0

    def add(self, score: float) -> None:
        """Count one score; NaN is none."""
        if math.isnan(score):
            return
        distance = score / (1.0 - score) if score < 1.0 else _HIGHEST
        distance = min(max(distance, _LOWEST), _HIGHEST)
        self._counts[round(_STEPS * log2(distance)) - _OFFSET] += 1
        self._total += 1

    def absorb(self, other: ScoreCounts) -> None:
        """Take in the counts of others."""
        for place, count in enumerate(other._counts):
            if count:
                self._counts[place] += count
        self._total += other._total

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """Return the scores that shares of the events do not exceed, rising; NaN for none."""
        if not self._total:
            return [float("nan")] * len(shares)
        found: list[float] = []
        below = 0
        for place, count in enumerate(self._counts):
            below += count
            while len(found) < len(shares) and below >= shares[len(found)] * self._total:
                distance = 2.0 ** ((place + _OFFSET) / _STEPS)
                found.append(distance / (1.0 + distance))
        return found + found[-1:] * (len(shares) - len(found))
