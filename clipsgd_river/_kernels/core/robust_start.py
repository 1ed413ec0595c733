# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""First estimates of location and scale by medians, robust to an early outlier."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs

# Makes the median absolute deviation consistent for the standard deviation at the Gaussian:
# 1 / Phi^-1(3/4).
MEDIAN_FACTOR = 1.4826022185056018
# The same for the mean of the smallest four fifths of the absolute deviations:
# 0.8 / (2 (phi(0) - phi(Phi^-1(0.9)))).
TRIMMED_FACTOR = 1.7901581257439687
# A scale below this share of its location is round-off: the variable is constant so far.
ROUND_OFF = 2.0**-50


class RobustStart:
    """The first ``length`` values of each feature, kept sorted, and estimates from them.

    Location is their median. Scale is the larger of two estimates that up to a fifth of
    arbitrary values cannot inflate: the median absolute deviation, and the mean of the smallest
    four fifths of the absolute deviations, which is not 0 for a feature that repeats one value
    in half of its events. O(length) per feature and event while a feature starts;
    8 * length bytes per feature, given back once no feature is starting.

    Parameters
    ----------
    length
        Values per feature that a start takes.
    """

    def __init__(self, length: cython.Py_ssize_t) -> None:
        self.length = length
        self.open = False
        self.sample = Vector()
        self.deviations = Vector()
        self.location = 0.0
        self.scale = 0.0

    def add(self, feature: cython.Py_ssize_t, seen: cython.Py_ssize_t, value: float) -> None:
        """Add a value to the ``seen`` ones of a feature; leaves ``location`` and ``scale``."""
        sample: cython.p_double = self.sample.at
        deviations: cython.p_double = self.deviations.at
        base: cython.Py_ssize_t = feature * self.length
        k: cython.Py_ssize_t = base + seen
        while k > base and sample[k - 1] > value:
            sample[k] = sample[k - 1]
            k -= 1
        sample[k] = value
        n: cython.Py_ssize_t = seen + 1
        half: cython.Py_ssize_t = base + n // 2
        if n % 2 == 1:
            self.location = sample[half]
        else:
            # Halves first: the sum of two large values must stay finite.
            self.location = 0.5 * sample[half - 1] + 0.5 * sample[half]
        self.sort_deviations(sample, base, n)

        median: cython.double = deviations[n // 2]
        if n % 2 == 0:
            median = 0.5 * (median + deviations[n // 2 - 1])
        kept: cython.Py_ssize_t = (4 * n + 4) // 5
        if kept == n and n > 2:
            kept = n - 1
        total: cython.double = 0.0
        for k in range(kept):
            total += deviations[k]
        self.scale = max(MEDIAN_FACTOR * median, TRIMMED_FACTOR * total / kept)

    def sort_deviations(
        self, sample: cython.p_double, base: cython.Py_ssize_t, n: cython.Py_ssize_t
    ) -> None:
        """Absolute deviations from the median, ascending: merge outwards from the middle."""
        above: cython.Py_ssize_t = base + n // 2
        below: cython.Py_ssize_t = above - 1
        k: cython.Py_ssize_t
        for k in range(n):
            if below < base or (
                above < base + n
                and fabs(sample[above] - self.location) <= fabs(sample[below] - self.location)
            ):
                self.deviations.at[k] = fabs(sample[above] - self.location)
                above += 1
            else:
                self.deviations.at[k] = fabs(sample[below] - self.location)
                below -= 1

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.sample.grow(size * self.length)
        self.deviations.grow(self.length)
        self.open = True
        return 0

    def close(self) -> cython.int:
        """Give the memory back: every feature has started."""
        self.sample.replace(zeros(0))
        self.deviations.replace(zeros(0))
        self.open = False
        return 0

    def exchange(
        self, archive: Archive, seen: cython.p_double, size: cython.Py_ssize_t
    ) -> cython.int:
        """Pass the values of the features that are still starting through ``archive``."""
        base: cython.Py_ssize_t
        count: cython.Py_ssize_t
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        total: cython.Py_ssize_t = 0
        some: cython.bint = False
        for j in range(size):
            if seen[j] < self.length:
                some = True
                total += cython.cast(cython.Py_ssize_t, seen[j])
        if not some:
            return 0
        if archive.reading:
            self.grow(size)
        archive.require(total)
        # All in one, since features may be many.
        values = Vector(total)
        if not archive.reading:
            self.gather(values, seen, size, False)
        values.exchange(archive, total)
        if archive.reading:
            self.gather(values, seen, size, True)
            for j in range(size):
                base = j * self.length
                count = cython.cast(cython.Py_ssize_t, seen[j]) if seen[j] < self.length else 0
                for k in range(base + 1, base + count):
                    if self.sample.at[k] < self.sample.at[k - 1]:
                        raise ValueError("the state holds first values out of order: it is damaged")
        return 0

    def gather(
        self, values: Vector, seen: cython.p_double, size: cython.Py_ssize_t, back: cython.bint
    ) -> None:
        """Copy the values of the features that are starting to ``values``, or ``back``."""
        base: cython.Py_ssize_t
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        total: cython.Py_ssize_t = 0
        for j in range(size):
            if seen[j] < self.length:
                base = j * self.length
                for k in range(cython.cast(cython.Py_ssize_t, seen[j])):
                    if back:
                        self.sample.at[base + k] = values.at[total]
                    else:
                        values.at[total] = self.sample.at[base + k]
                    total += 1

    def exchange_one(
        self, archive: Archive, feature: cython.Py_ssize_t, seen: cython.Py_ssize_t
    ) -> cython.int:
        """Pass the ``seen`` values of a feature through ``archive``."""
        base: cython.Py_ssize_t = feature * self.length
        k: cython.Py_ssize_t
        for k in range(base, base + seen):
            self.sample.at[k] = archive.number(self.sample.at[k])
            if k > base and self.sample.at[k] < self.sample.at[k - 1]:
                raise ValueError("the state holds first values out of order: it is damaged")
        return 0
