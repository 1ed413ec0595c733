# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What is usual at this place in a season that was found without times."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.time_series.season_finder import SeasonFinder

if not cython.compiled:
    from math import fabs

    from clipsgd_river._kernels.time_series.season_finder import LARGEST_Z
    from clipsgd_river._kernels.time_series.silences import NAN

# Seasons of up to so many events are found, and so many cycles are averaged.
LONGEST = 192
CYCLES = 3
# A season counts where deviations from it have become smaller than this, of some .8 scales, by
# steps of at least so much.
EXPLAINED = 0.5
RATE = 0.03


class Cycles:
    """Deviations from the mean of up to three values whole seasons before, for each feature.

    Values are deviations z from a long-run mean, within +-3. The season is the shorter one that a
    `SeasonFinder` of 192 lags has found; it has a say once a running mean of absolute deviations
    from it is below .5. O(192) per event, 3 KB a feature.
    """

    def __init__(self) -> None:
        self.finder = SeasonFinder(LONGEST)
        self.error = Vector()

    def deviation(self, j: cython.Py_ssize_t, z: float) -> float:
        """Deviation of the next z; NaN where no season was found."""
        period: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.finder.shorter.at[j])
        total: cython.double = 0.0
        used: cython.Py_ssize_t = 0
        if period == 0:
            return NAN
        while used < CYCLES and (used + 1) * period <= min(LONGEST, self.finder.count.at[j]):
            used += 1
            total += self.finder.before(j, used * period)
        return z - total / used

    def coordinate(self, j: cython.Py_ssize_t, z: float) -> float:
        """That deviation; NaN, too, where a season explains too little."""
        return self.deviation(j, z) if self.error.at[j] < EXPLAINED else NAN

    def learn(self, j: cython.Py_ssize_t, z: float, rate: float) -> None:
        """Take a z, and a step of what the season does not explain."""
        off: cython.double = fabs(self.deviation(j, z))
        if off == off:
            off = off - self.error.at[j]
            self.error.at[j] = self.error.at[j] + max(rate, RATE) * off
        else:
            self.error.at[j] = LARGEST_Z
        self.finder.take(j, z)

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.finder.grow(size)
        return self.error.grow(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j."""
        self.finder.begin(j, 0.0, 0.0)
        self.error.at[j] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of ``size`` features."""
        return self.finder.least_numbers(size) + size

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        self.finder.exchange(archive, size)
        return self.error.exchange_bounded(archive, size, 0.0, 2.0 * LARGEST_Z, "error")
