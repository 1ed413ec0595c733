# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How long there was no value."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import exp, log10

NAN = float("nan")
# log(10).
NATURAL = 2.302585092994046
# Times lie within plus or minus this many seconds: thirty thousand years.
LATEST = 1e12
# Gaps below count as this many seconds.
SHORTEST = 1e-6
# A gap is long from ten times the typical one on, in decades.
LONG = 1.0
# A gap moves the typical one by at most this many decades, and counts one in so many, or more
# while they are few.
LARGEST_STEP = 0.3
MEMORY = 100.0


class Silences:
    """Time since the last value of each feature, against the typical gap.

    The typical gap is a clipped mean of logarithms. Gaps up to ten times as long are all alike; the
    coordinate of a longer one is its logarithm, for a rarity table. A value no later than the last
    one, a late or a double one, says nothing of gaps, and time goes on from there: a single stamp,
    however far off, makes one gap and is forgotten. 24 bytes a feature.
    """

    def __init__(self) -> None:
        self.last = Vector()
        self.typical = Vector()
        self.seen = Vector()

    def gap(self, j: cython.Py_ssize_t, seconds: float) -> float:
        """Decades of the gap, in seconds, before a time; NaN where there is none."""
        if self.seen.at[j] == 0.0 or not seconds > self.last.at[j]:
            return NAN
        return log10(max(seconds - self.last.at[j], SHORTEST))

    def coordinate(self, j: cython.Py_ssize_t, seconds: float) -> float:
        """Decades of the gap beyond the typical one, 0 if it is no long one; NaN for no gap."""
        gap: cython.double = self.gap(j, seconds)
        if self.seen.at[j] < 2.0 or gap != gap:
            return NAN
        gap = gap - self.typical.at[j]
        return gap if gap > LONG else 0.0

    def next_time(self, j: cython.Py_ssize_t, gaps: float) -> float:
        """The time so many typical gaps after the last value; NaN where that is not known."""
        if self.seen.at[j] < 2.0:
            return NAN
        return self.last.at[j] + gaps * exp(NATURAL * self.typical.at[j])

    def learn(self, j: cython.Py_ssize_t, seconds: float) -> None:
        """Take a step of the typical gap; NaN, no time, changes nothing."""
        gap: cython.double = self.gap(j, seconds)
        typical: cython.p_double = self.typical.at
        seen: cython.p_double = self.seen.at
        if seconds != seconds:
            return
        if seen[j] == 0.0:
            seen[j] = 1.0
        elif gap == gap:
            if seen[j] == 1.0:
                typical[j] = gap
            typical[j] += max(-LARGEST_STEP, min(gap - typical[j], LARGEST_STEP)) / seen[j]
            seen[j] = min(seen[j] + 1.0, MEMORY)
        self.last.at[j] = seconds

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.last.grow(size)
        self.typical.grow(size)
        return self.seen.grow(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j."""
        self.last.at[j] = 0.0
        self.typical.at[j] = 0.0
        self.seen.at[j] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of ``size`` features."""
        return 3 * size

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        self.last.exchange_bounded(archive, size, -LATEST, LATEST, "time")
        self.typical.exchange_bounded(archive, size, -20.0, 20.0, "gap")
        return self.seen.exchange_counts(archive, size, MEMORY, "count of gaps")
