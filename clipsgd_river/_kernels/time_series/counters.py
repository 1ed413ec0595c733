# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Metrics that only rise, and by how much they do so in a unit of time."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import IntegerVector, Vector

if not cython.compiled:
    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.time_series.silences import LATEST, NAN, SHORTEST

# Rises that make a counter; what a fall takes away. A smooth wave rises as often at times: each
# time that a metric was mistaken for a counter it takes this many times as many.
RISES = 32.0
DEARER = 4.0
MISTAKES = 8.0
# A fall to this share of the value, or below, is a reset.
RESET = 0.01


class Counters:
    r"""Finds the features that count, and replaces their values by their rates.

    Each value above the last one adds 1 to the evidence of a feature, up to 32 more than needed,
    and each fall takes 32. With an evidence of 32 the feature is a counter, without any it is none
    any more; after each such mistake four times as much is needed. A counter that falls to a
    hundredth or less, but not below 0, was reset, which takes nothing.

    The rate of a counter with values x at times t is

    .. math:: \frac{x_i - x_{i-1}}{t_i - t_{i-1}},

    per second, or per event without times. There is none at the first value, at a fall or a reset,
    and at a time no later than the last one. 56 bytes a feature.
    """

    def __init__(self) -> None:
        self.value = Vector()
        self.seconds = Vector()
        self.timed = Vector()
        self.event = Vector()
        self.evidence = Vector()
        self.mistakes = Vector()
        self.counts = Vector()
        # Of the loaded event: its features, and their values as they were.
        self.given = Vector()
        self.loaded = IntegerVector()
        self.count = 0

    def needed(self, j: cython.Py_ssize_t) -> float:
        """Evidence that makes a counter of the feature at position j."""
        needed: cython.double = RISES
        for _ in range(cython.cast(cython.Py_ssize_t, self.mistakes.at[j])):
            needed *= DEARER
        return needed

    def is_reset(self, j: cython.Py_ssize_t, x: float) -> cython.bint:
        """Whether a fall to a value is a reset."""
        # Of what is no counter yet it is a fall: flags and rare amounts come back to 0.
        return self.counts.at[j] > 0.0 and 0.0 <= x <= RESET * self.value.at[j]

    def units(self, j: cython.Py_ssize_t, seconds: float, event: float) -> float:
        """Seconds, or events without times, since the last value; NaN where that is not known."""
        if self.event.at[j] == 0.0:
            return NAN
        if self.timed.at[j] == 0.0:
            return event - self.event.at[j] if seconds != seconds else NAN
        return seconds - self.seconds.at[j]

    def rate(self, j: cython.Py_ssize_t, x: float, seconds: float, event: float) -> float:
        """Rate of a counter at a value; NaN where there is none."""
        units: cython.double = self.units(j, seconds, event)
        rise: cython.double = x - self.value.at[j]
        if not units > 0.0 or rise < 0.0:
            return NAN
        return min(rise / max(units, SHORTEST), LARGEST_VALUE)

    def replace(self, features: FeatureTable, seconds: float, event: float) -> None:
        """Put the rates of counters in the place of their values; one without a rate is missing."""
        k: cython.Py_ssize_t
        j: cython.int
        kept: cython.Py_ssize_t = 0
        rate: cython.double
        self.count = features.count
        for k in range(self.count):
            j = features.present.at[k]
            self.loaded.at[k] = j
            self.given.at[j] = features.values.at[j]
            if self.counts.at[j] > 0.0:
                rate = self.rate(j, self.given.at[j], seconds, event)
                if rate != rate:
                    continue
                features.values.at[j] = rate
            features.present.at[kept] = j
            kept += 1
        features.count = kept

    def learn(self, seconds: float, event: float) -> cython.bint:
        """Learn the values of the loaded event; returns whether a feature is to turn."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        turns: cython.bint = False
        for k in range(self.count):
            j = self.loaded.at[k]
            self.learn_value(j, self.given.at[j], seconds, event)
            turns = turns or self.is_to_turn(j)
        return turns

    def learn_value(self, j: cython.Py_ssize_t, x: float, seconds: float, event: float) -> None:
        """Learn a value of the feature at position j."""
        units: cython.double = self.units(j, seconds, event)
        if units == 0.0:
            return
        if units > 0.0:
            if x > self.value.at[j] and self.value.at[j] >= 0.0:
                self.evidence.at[j] = min(self.evidence.at[j] + 1.0, self.needed(j) + RISES)
            elif x < self.value.at[j] and not self.is_reset(j, x):
                self.evidence.at[j] = max(self.evidence.at[j] - RISES, 0.0)
        self.value.at[j] = x
        self.event.at[j] = min(event, LARGEST_COUNT)
        self.timed.at[j] = 1.0 if seconds == seconds else 0.0
        self.seconds.at[j] = seconds if seconds == seconds else 0.0

    def is_to_turn(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether a feature is to become a counter, or is none any more."""
        if self.counts.at[j] > 0.0:
            return self.evidence.at[j] == 0.0
        return self.evidence.at[j] >= self.needed(j)

    def turn(self, j: cython.Py_ssize_t) -> None:
        """Make a counter of a feature, or none."""
        if self.counts.at[j] > 0.0:
            self.mistakes.at[j] = min(self.mistakes.at[j] + 1.0, MISTAKES)
        self.counts.at[j] = 1.0 - self.counts.at[j]

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.value.grow(size)
        self.seconds.grow(size)
        self.timed.grow(size)
        self.event.grow(size)
        self.evidence.grow(size)
        self.mistakes.grow(size)
        self.counts.grow(size)
        self.given.grow(size)
        return self.loaded.grow(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j."""
        self.value.at[j] = 0.0
        self.seconds.at[j] = 0.0
        self.timed.at[j] = 0.0
        self.event.at[j] = 0.0
        self.evidence.at[j] = 0.0
        self.mistakes.at[j] = 0.0
        self.counts.at[j] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of ``size`` features."""
        return 7 * size

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        j: cython.Py_ssize_t
        self.value.exchange_bounded(archive, size, -LARGEST_VALUE, LARGEST_VALUE, "value")
        self.seconds.exchange_bounded(archive, size, -LATEST, LATEST, "time")
        self.timed.exchange_counts(archive, size, 1.0, "count of times")
        self.event.exchange_counts(archive, size, LARGEST_COUNT, "event of the last value")
        self.mistakes.exchange_counts(archive, size, MISTAKES, "count of mistakes")
        self.counts.exchange_counts(archive, size, 1.0, "count of counters")
        self.evidence.exchange_counts(archive, size, LARGEST_COUNT, "count of rises")
        if archive.reading and not archive.trusted:
            for j in range(size):
                archive.check(self.evidence.at[j], 0.0, self.needed(j) + RISES, "count of rises")
        return 0
