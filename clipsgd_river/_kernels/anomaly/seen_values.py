# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What a detector's kernel answers about the values that its features have had."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.scored_events import ScoredEvents
from clipsgd_river._kernels.core.running_quantile import RunningQuantile
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from clipsgd_river._kernels.sgd.deviations import BAND


class SeenValues(ScoredEvents):
    """Features in their scales, and what each of them has been so far, in its own unit.

    Parameters
    ----------
    settings
        ``learning_rate``, ``clip``, ``warm_up`` and ``max_features``, already validated, and what
        the part takes; kept as given.
    part_class
        The algorithm, which may have transformed the values that are kept.
    """

    def __init__(self, settings: dict[str, Any], part_class: type[Part]) -> None:
        ScoredEvents.__init__(self, settings)
        self.standard = LocationScale(part_class.ground(settings), self.features)
        self.typical = RunningQuantile(0.5, part_class.score_gain())
        self.part = part_class(settings, self.features)

    def values_one(self) -> dict[Any, dict[float, float]]:
        """Values that come back, and their shares, of each feature that has some."""
        j: cython.Py_ssize_t
        self.claim()
        try:
            found = {}
            for j in range(self.standard.size):
                kept = self.standard.repeats.values(j)
                if kept:
                    found[self.features.names[j]] = {
                        self.part.inverse_transform(value, j): share
                        for value, share in kept.items()
                    }
            return found
        finally:
            self.busy = False

    def range_one(self) -> dict[Any, tuple[float, float]]:
        """Lowest and highest value of each feature."""
        j: cython.Py_ssize_t
        self.claim()
        try:
            return {
                self.features.names[j]: (
                    self.part.inverse_transform(self.standard.repeats.lowest.at[j], j),
                    self.part.inverse_transform(self.standard.repeats.highest.at[j], j),
                )
                for j in range(self.standard.size)
            }
        finally:
            self.busy = False

    def counts_one(self) -> dict[Any, int]:
        """In how many events each feature was."""
        j: cython.Py_ssize_t
        self.claim()
        try:
            seen = self.standard.seen
            return {self.features.names[j]: int(seen.at[j]) for j in range(self.standard.size)}
        finally:
            self.busy = False

    def rest_one(self) -> dict[Any, tuple[float, float, float]]:
        """Band of the values that are not split off, of each feature some of whose are."""
        j: cython.Py_ssize_t
        self.claim()
        try:
            found = {}
            for j in range(self.standard.size):
                slot = self.standard.repeats.slots.at[j] - 1
                if slot < 0 or not self.standard.others.is_known(slot):
                    continue
                middle = self.standard.others.location.at[slot]
                half = BAND * self.standard.others.scale.at[slot]
                found[self.features.names[j]] = self.band(middle - half, middle, middle + half, j)
            return found
        finally:
            self.busy = False

    def locations(self) -> list[float]:
        """Location of each feature in its own unit."""
        j: cython.Py_ssize_t
        return [
            self.part.inverse_transform(self.standard.location.at[j], j)
            for j in range(self.features.size)
        ]

    def band(
        self, low: float, middle: float, high: float, j: cython.Py_ssize_t
    ) -> tuple[float, float, float]:
        """Band of the feature at position j in its own unit, from one of transformed values.

        It does not reach where values never were.
        """
        lowest: cython.double = self.standard.repeats.lowest.at[j]
        highest: cython.double = self.standard.repeats.highest.at[j]
        if lowest <= highest:
            low = min(max(low, lowest), highest)
            middle = min(max(middle, lowest), highest)
            high = min(max(high, lowest), highest)
        return (
            self.part.inverse_transform(low, j),
            self.part.inverse_transform(middle, j),
            self.part.inverse_transform(high, j),
        )
