# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Where the level of a stretch changed, and whether a trend explains it better."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    pass


# Buckets of 1, 2, 4, ... events, up to so many of each size: a time t events ago is known to
# within t / 6 events.
SIZES = 14
BUCKETS = 12
# Of each bucket: the sum of its events and the index of the first of them.
FIELDS = 2 * BUCKETS
# Of each size the number of buckets; then number, sum and first index of events older than all;
# the last deviation, and the same clipped.
OLDER = SIZES
LAST = SIZES + 3
LAST_CLIPPED = SIZES + 4
COUNTS = SIZES + 5
# A deviation is clipped this far beyond the last one: a single outlier counts little, while a trend
# and the second event of a new level are kept.
LARGEST_JUMP = 10.0
LARGEST_SUM = 1e60
# A level has at least so many events.
SHORTEST_LEVEL = 2


class LevelHistory:
    """For each feature its stretch in O(log n) buckets of events, short ones for the latest.

    A bucket holds a sum. When there are more than `BUCKETS` of a size, the two oldest are joined.
    What is too old for the largest size goes into one.
    """

    def __init__(self) -> None:
        self.gain = 0.0
        self.onset = 0.0
        self.buckets = Vector()
        self.counts = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.buckets.grow(FIELDS * SIZES * size)
        self.counts.grow(COUNTS * size)
        return 0

    def clear(self, j: cython.Py_ssize_t) -> None:
        """Forget the events of a feature."""
        k: cython.Py_ssize_t
        for k in range(COUNTS * j, COUNTS * (j + 1)):
            self.counts.at[k] = 0.0

    def observe(self, j: cython.Py_ssize_t, y: float, index: float) -> None:
        """Observe the deviation of a feature in the event of this index."""
        counts: cython.p_double = self.counts.at
        last: cython.double = counts[COUNTS * j + LAST]
        last_clipped: cython.double = counts[COUNTS * j + LAST_CLIPPED]
        total: cython.double = min(y, max(last, last_clipped) + LARGEST_JUMP)
        first: cython.double = index
        buckets: cython.p_double = self.buckets.at
        size: cython.Py_ssize_t
        k: cython.Py_ssize_t
        base: cython.Py_ssize_t
        joined: cython.double
        begun: cython.double
        total = max(total, min(last, last_clipped) - LARGEST_JUMP)
        counts[COUNTS * j + LAST] = y
        counts[COUNTS * j + LAST_CLIPPED] = total
        for size in range(SIZES):
            base = FIELDS * (SIZES * j + size)
            k = cython.cast(cython.Py_ssize_t, counts[COUNTS * j + size])
            if k < BUCKETS:
                buckets[base + 2 * k] = total
                buckets[base + 2 * k + 1] = first
                counts[COUNTS * j + size] += 1.0
                return
            joined = buckets[base] + buckets[base + 2]
            begun = buckets[base + 1]
            for k in range(2 * (BUCKETS - 2)):
                buckets[base + k] = buckets[base + k + 4]
            buckets[base + 2 * (BUCKETS - 2)] = total
            buckets[base + 2 * (BUCKETS - 2) + 1] = first
            counts[COUNTS * j + size] = BUCKETS - 1
            total = joined
            first = begun
        k = COUNTS * j + OLDER
        if counts[k] == 0.0:
            counts[k + 2] = first
        counts[k] += 1 << SIZES
        counts[k + 1] += total

    def find_step(self, j: cython.Py_ssize_t) -> None:
        """Leave the first event of the best second level in ``onset``, its gain in ``gain``.

        The gain is n1 n2 / n times the squared difference of the two means: by so much two levels
        reduce the sum of squares.
        """
        n: cython.double = 0.0
        total: cython.double = 0.0
        size: cython.Py_ssize_t
        k: cython.Py_ssize_t
        base: cython.Py_ssize_t
        difference: cython.double
        worth: cython.double
        events: cython.double = self.events(j)
        everything: cython.double = self.total(j)
        self.gain = -1.0
        n = self.counts.at[COUNTS * j + OLDER]
        total = self.counts.at[COUNTS * j + OLDER + 1]
        for size in range(SIZES - 1, -1, -1):
            base = FIELDS * (SIZES * j + size)
            for k in range(cython.cast(cython.Py_ssize_t, self.counts.at[COUNTS * j + size])):
                # A level begins with this bucket.
                if n >= SHORTEST_LEVEL and events - n >= SHORTEST_LEVEL:
                    difference = total / n - (everything - total) / (events - n)
                    worth = difference * difference * n * (events - n) / events
                    if worth > self.gain:
                        self.gain = worth
                        self.onset = self.buckets.at[base + 2 * k + 1]
                n += 1 << size
                total += self.buckets.at[base + 2 * k]

    def is_trend(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether a straight line reduces the sum of squares more than the best step."""
        events: cython.double = self.events(j)
        middle: cython.double = 0.5 * events
        n: cython.double = self.counts.at[COUNTS * j + OLDER]
        product: cython.double = (0.5 * n - middle) * self.counts.at[COUNTS * j + OLDER + 1]
        half: cython.double
        size: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for size in range(SIZES - 1, -1, -1):
            half = 0.5 * (1 << size)
            for k in range(cython.cast(cython.Py_ssize_t, self.counts.at[COUNTS * j + size])):
                n += half
                product += (n - middle) * self.buckets.at[FIELDS * (SIZES * j + size) + 2 * k]
                n += half
        # The times of n events have the sum of squares n (n^2 - 1) / 12.
        return 12.0 * product * product > self.gain * events * (events * events - 1.0)

    def events(self, j: cython.Py_ssize_t) -> float:
        """Events of a feature."""
        n: cython.double = self.counts.at[COUNTS * j + OLDER]
        size: cython.Py_ssize_t
        for size in range(SIZES):
            n += (1 << size) * self.counts.at[COUNTS * j + size]
        return n

    def total(self, j: cython.Py_ssize_t) -> float:
        """Sum of all deviations of a feature."""
        total: cython.double = self.counts.at[COUNTS * j + OLDER + 1]
        size: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for size in range(SIZES):
            for k in range(cython.cast(cython.Py_ssize_t, self.counts.at[COUNTS * j + size])):
                total += self.buckets.at[FIELDS * (SIZES * j + size) + 2 * k]
        return total

    def exchange(self, archive: Archive, size: cython.Py_ssize_t, index: float) -> cython.int:
        """Pass the state after ``index`` events through ``archive``."""
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        b: cython.Py_ssize_t
        base: cython.Py_ssize_t
        self.counts.exchange(archive, COUNTS * size)
        for j in range(size):
            for k in range(SIZES):
                archive.check_count(self.counts.at[COUNTS * j + k])
                archive.check(self.counts.at[COUNTS * j + k], 0.0, BUCKETS, "number of buckets")
                base = FIELDS * (SIZES * j + k)
                for b in range(cython.cast(cython.Py_ssize_t, self.counts.at[COUNTS * j + k])):
                    self.buckets.at[base + 2 * b] = archive.bounded(
                        self.buckets.at[base + 2 * b], -LARGEST_SUM, LARGEST_SUM, "bucket"
                    )
                    self.buckets.at[base + 2 * b + 1] = archive.count(
                        self.buckets.at[base + 2 * b + 1]
                    )
                    archive.check(self.buckets.at[base + 2 * b + 1], 0.0, index, "bucket")
            k = COUNTS * j + OLDER
            for b in (k, k + 2):
                archive.check_count(self.counts.at[b])
                archive.check(self.counts.at[b], 0.0, index, "number of old events")
            for b in (k + 1, COUNTS * j + LAST, COUNTS * j + LAST_CLIPPED):
                archive.check(self.counts.at[b], -LARGEST_SUM, LARGEST_SUM, "sum of old events")
        return 0
