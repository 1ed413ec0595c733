# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Quantiles, tails and frequent values of the features of numbers, and what they answer."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.scored_events import ScoredEvents
from clipsgd_river._kernels.anomaly.value_bits import ValueBits
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from clipsgd_river._kernels.core.features import LARGEST_VALUE

# A band holds all but so much on either side; one event in 20 has more bits than this.
BEYOND_BAND = 0.025
BAND_BITS = 4.321928094887363
# Standard normal probability below 1: a scale is half of what lies between -1 and 1.
BELOW_ONE = 0.8413447460685429
# A value with this share is told apart from the others.
FREQUENT = 0.3


class NumberBits(ScoredEvents):
    """Features of numbers, the bits of their values, and what those have been so far.

    Some features may be of categories, which a subclass knows; they have their places here, too.

    Parameters
    ----------
    settings
        ``memory``, ``warm_up``, ``contamination`` and ``max_features``, already validated, and
        what a subclass adds; kept as given.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        ScoredEvents.__init__(self, settings)
        self.values = ValueBits(settings["memory"], settings["warm_up"])
        self.ladders = self.values.ladders
        self.frequent = self.values.frequent
        # By position: whether a feature is one of categories, its lowest and highest number.
        self.categorical = Vector()
        self.lowest = Vector()
        self.highest = Vector()
        self.started = 0

    def number_bits(self, k: cython.Py_ssize_t, j: cython.Py_ssize_t, value: float) -> float:
        """Bits of a number, the k-th value of its event, of the feature at position j."""
        bits: cython.double = self.values.bits(j, value)
        # For `learn_number`, which comes before anything else is loaded.
        self.features.scratch.at[k] = self.values.slot
        return bits

    def learn_number(self, k: cython.Py_ssize_t, j: cython.Py_ssize_t, value: float) -> None:
        """Clipped steps on a number whose bits were computed just before."""
        if self.frequent.seen.at[j] == 0.0:
            self.lowest.at[j] = value
            self.highest.at[j] = value
        self.lowest.at[j] = min(self.lowest.at[j], value)
        self.highest.at[j] = max(self.highest.at[j], value)
        slot: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.features.scratch.at[k])
        self.values.observe(j, value, slot)
        if self.ladders.lost:
            self.features.wants_memory = True

    def wake(self) -> cython.int:
        """Start ladders anew that are lost."""
        if self.ladders.lost:
            self.ladders.restart(self.started)
        self.features.wants_memory = False
        return 0

    def prepare(self) -> cython.int:
        """Give back memory that is not needed any more."""
        return self.ladders.close_start(self.started)

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        for vector in (self.categorical, self.lowest, self.highest):
            vector.grow(size)
        return self.values.grow(size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        j: cython.Py_ssize_t
        for j in range(self.started, size):
            self.reset_feature(j)
        self.started = size

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.categorical.at[j] = 0.0
        self.lowest.at[j] = 0.0
        self.highest.at[j] = 0.0
        self.values.start(j)

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events in quantiles to that of ``events``."""
        self.claim()
        try:
            self.ladders.shorten(self.started, events)
        finally:
            self.busy = False

    def band(self, j: cython.Py_ssize_t) -> tuple[float, float, float]:
        """Low end, median and high end of the feature at position j."""
        if self.categorical.at[j] > 0.0:
            return 0.0, 0.0, BAND_BITS
        return self.within(j, BEYOND_BAND), self.middle(j), self.within(j, 1.0 - BEYOND_BAND)

    def within(self, j: cython.Py_ssize_t, level: float) -> float:
        """Quantile of a feature of numbers, no further out than any was."""
        found: cython.double = self.ladders.quantile(j, level)
        return min(max(found, self.lowest.at[j]), self.highest.at[j])

    def middle(self, j: cython.Py_ssize_t) -> float:
        """Median of a feature; 0 bits for one of categories."""
        return 0.0 if self.categorical.at[j] > 0.0 else self.within(j, 0.5)

    def locations(self) -> list[float]:
        """Median of each feature."""
        j: cython.Py_ssize_t
        return [self.middle(j) for j in range(self.started)]

    def scales(self) -> list[float]:
        """Half of the distance between the quantiles that are -1 and 1 of a Gaussian feature."""
        j: cython.Py_ssize_t
        return [
            0.0
            if self.categorical.at[j] > 0.0
            else 0.5 * self.within(j, BELOW_ONE) - 0.5 * self.within(j, 1.0 - BELOW_ONE)
            for j in range(self.started)
        ]

    def values_one(self) -> dict[Any, dict[float, float]]:
        """Values that come back, and their shares, of each feature of numbers that has some."""
        j: cython.Py_ssize_t
        found = {j: self.frequent.repeated(j) for j in range(self.started)}
        return {self.features.names[j]: values for j, values in found.items() if values}

    def range_one(self) -> dict[Any, tuple[float, float]]:
        """Lowest and highest value of each feature of numbers."""
        j: cython.Py_ssize_t
        return {
            self.features.names[j]: (self.lowest.at[j], self.highest.at[j])
            for j in range(self.started)
            if self.categorical.at[j] == 0.0
        }

    def counts_one(self) -> dict[Any, int]:
        """In how many events each feature was."""
        j: cython.Py_ssize_t
        return {self.features.names[j]: int(self.frequent.seen.at[j]) for j in range(self.started)}

    def rest_one(self) -> dict[Any, tuple[float, float, float]]:
        """Band of the other values, of each feature with one in more than 30 % of events."""
        j: cython.Py_ssize_t
        found = {}
        for j in range(self.started):
            shares = self.frequent.repeated(j)
            top = max(shares, key=shares.__getitem__, default=None)
            if (
                top is not None
                and shares[top] >= FREQUENT
                and self.lowest.at[j] < self.highest.at[j]
            ):
                found[self.features.names[j]] = self.rest(j, top, 1.0 - shares[top])
        return found

    def rest(self, j: cython.Py_ssize_t, top: float, share: float) -> tuple[float, float, float]:
        """Band of the values of a feature that are not its most frequent one.

        ``share`` is theirs. They lie below it and above it, so that a part of them is a part of
        what lies on either side.
        """
        below: cython.double = self.ladders.share_beyond(2 * j + 1, -top)
        above: cython.double = self.ladders.share_beyond(2 * j, top)
        share = max(min(share, below + above), 1e-6)
        below *= share / max(below + above, 1e-6)
        band = []
        for level in (BEYOND_BAND, 0.5, 1.0 - BEYOND_BAND):
            if level * share < below:
                band.append(self.within(j, min(level * share, 0.5)))
            else:
                band.append(self.within(j, max(1.0 - (1.0 - level) * share, 0.5)))
        return band[0], band[1], band[2]

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of ladders and frequent values, and whether each has categories, and its range."""
        return 3 * size + self.ladders.least_numbers(size) + self.frequent.least_numbers(size)

    def exchange_numbers(self, archive: Archive) -> cython.int:
        """Pass what is kept of features of numbers through ``archive``."""
        size: cython.Py_ssize_t = self.features.size
        largest: cython.double = LARGEST_VALUE
        self.categorical.exchange_counts(archive, size, 2.0, "kind of feature")
        self.lowest.exchange_bounded(archive, size, -largest, largest, "range")
        self.highest.exchange_bounded(archive, size, -largest, largest, "range")
        self.ladders.exchange(archive, size)
        self.frequent.exchange(archive, size)
        return 0
