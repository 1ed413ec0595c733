# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How rarely a surprise is as large: its p-value in its own stream."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import floor, log10

# More than a rarity table can show.
LARGEST = 5.6
# Once so many were counted, the counts are halved.
LARGEST_TOTAL = 1048576.0


class Exceedances:
    r"""For each stream of surprises, how many were at least as large as each of some levels.

    .. math:: s = -\log_{10} \frac{\#\{s_i \ge s\} + 1}{t + 1},

    counted in bins up to 5.6 decades: equal ones are those of a bin. Asking takes one
    look; learning one addition for each level below, as few as the surprise is small. After a
    million the counts are halved.

    Parameters
    ----------
    resolution
        Bins of a decade; 45 bytes a stream for each.
    """

    def __init__(self, resolution: cython.Py_ssize_t) -> None:
        self.resolution = resolution
        self.bins = cython.cast(cython.Py_ssize_t, LARGEST * resolution)
        self.counts = Vector()

    def bin(self, surprise: float) -> cython.Py_ssize_t:
        """Bin of a surprise in decades, at least 0."""
        at: cython.double = self.resolution * surprise
        if at >= self.bins - 1:
            return self.bins - 1
        return cython.cast(cython.Py_ssize_t, at)

    def rarity(self, j: cython.Py_ssize_t, surprise: float) -> float:
        """Decades by which surprises as large are rare in the j-th stream; 0 at its start."""
        first: cython.Py_ssize_t = j * self.bins
        total: cython.double = self.counts.at[first]
        return log10((total + 1.0) / (self.counts.at[first + self.bin(surprise)] + 1.0))

    def learn(self, j: cython.Py_ssize_t, surprise: float) -> None:
        """Count a surprise of the j-th stream."""
        counts: cython.p_double = self.counts.at
        first: cython.Py_ssize_t = j * self.bins
        i: cython.Py_ssize_t
        if counts[first] >= LARGEST_TOTAL:
            for i in range(first, first + self.bins):
                counts[i] = floor(0.5 * counts[i])
        for i in range(first, first + self.bin(surprise) + 1):
            counts[i] += 1.0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` streams."""
        return self.counts.grow(size * self.bins)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the j-th stream."""
        i: cython.Py_ssize_t
        for i in range(self.bins):
            self.counts.at[j * self.bins + i] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of ``size`` streams."""
        return size * self.bins

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass ``size`` streams through ``archive``; counts fall from level to level."""
        k: cython.Py_ssize_t
        self.counts.exchange_counts(archive, size * self.bins, LARGEST_TOTAL, "count of surprises")
        if archive.reading and not archive.trusted:
            for k in range(1, size * self.bins):
                if k % self.bins > 0:
                    archive.check(
                        self.counts.at[k], 0.0, self.counts.at[k - 1], "count of surprises"
                    )
        return 0
