# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Generalised Pareto tails of many variables, each in units of its own."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.proba.pareto_tail import ParetoTail

if not cython.compiled:
    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.proba.pareto_tail import (
        LARGEST_SHAPE,
        LOG_10,
        PRIOR_COUNT,
        PRIOR_SHAPE,
        SMALLEST_SHAPE,
    )

# Shape, scale, count, and the two levels of the stretch.
NUMBERS = 5
# First excesses of a tail without a scale, the least of which becomes its scale: one that is far
# too small grows within a few clipped steps, one that is far too large shrinks for ever.
FIRST_EXCESSES = 3.0
# Scales of values up to 1e150, and of the smallest differences between them.
SMALLEST_UNIT = 1e-160
LARGEST_UNIT = 1e152
# An excess in such units: what is made of it stays finite.
LARGEST_RATIO = 1e100


class ParetoTails:
    """A `ParetoTail` for each of many variables; one object works on all of them in turn.

    Each works in units of its scale, so that none has to fit the unit of its variable. O(1) per
    excess, 40 bytes a tail.

    Parameters
    ----------
    smallest_rate
        As of a `ParetoTail`.
    """

    def __init__(self, smallest_rate: float) -> None:
        self.tail = ParetoTail(smallest_rate)
        self.numbers = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` tails, which have no scale at first."""
        return self.numbers.grow(NUMBERS * size)

    def start(self, i: cython.Py_ssize_t, scale: float) -> None:
        """Start tail i from the prior shape and a guess of the scale, 0 where there is none."""
        base: cython.Py_ssize_t = NUMBERS * i
        at: cython.p_double = self.numbers.at
        at[base] = PRIOR_SHAPE
        at[base + 1] = 0.0 if scale <= 0.0 else max(min(scale, LARGEST_UNIT), SMALLEST_UNIT)
        at[base + 2] = PRIOR_COUNT
        at[base + 3] = LOG_10
        at[base + 4] = 2.0 * LOG_10

    def scale(self, i: cython.Py_ssize_t) -> float:
        """Scale of tail i, 0 while it has none."""
        return self.numbers.at[NUMBERS * i + 1]

    def exponent(self, i: cython.Py_ssize_t, excess: float) -> float:
        """-log P(Y > excess) of tail i; 0 while it has no scale."""
        unit: cython.double = self.scale(i)
        if unit <= 0.0:
            return 0.0
        self.tail.take(self.numbers.at, NUMBERS * i)
        return self.tail.stretched(self.tail.exponent(min(excess / unit, LARGEST_RATIO)))

    def excess_at(self, i: cython.Py_ssize_t, survival: float) -> float:
        """Excess of tail i that is exceeded with probability ``survival`` in (0, 1]."""
        unit: cython.double = self.scale(i)
        if unit <= 0.0:
            return 0.0
        self.tail.take(self.numbers.at, NUMBERS * i)
        return self.tail.excess_at(survival) * unit

    def observe(self, i: cython.Py_ssize_t, excess: float) -> None:
        """One clipped step of tail i on an excess above 0."""
        base: cython.Py_ssize_t = NUMBERS * i
        at: cython.p_double = self.numbers.at
        if at[base + 1] <= 0.0:
            self.start(i, excess)
            at[base + 2] = PRIOR_COUNT - FIRST_EXCESSES + 1.0
        elif at[base + 2] < PRIOR_COUNT:
            at[base + 1] = max(min(at[base + 1], excess), SMALLEST_UNIT)
            at[base + 2] += 1.0
        else:
            self.tail.take(at, base)
            self.tail.observe(min(excess / at[base + 1], LARGEST_RATIO))
            self.tail.keep(at, base)
            at[base + 1] = max(min(at[base + 1], LARGEST_UNIT), SMALLEST_UNIT)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the numbers of ``size`` tails through ``archive``."""
        at: cython.p_double
        i: cython.Py_ssize_t
        self.numbers.exchange(archive, NUMBERS * size)
        if not archive.reading or archive.trusted:
            return 0
        at = self.numbers.at
        for i in range(size):
            archive.check(at[NUMBERS * i], SMALLEST_SHAPE, LARGEST_SHAPE, "tail")
            archive.check(at[NUMBERS * i + 1], 0.0, LARGEST_UNIT, "tail")
            archive.check_count(at[NUMBERS * i + 2])
            least = PRIOR_COUNT - FIRST_EXCESSES + 1.0
            archive.check(at[NUMBERS * i + 2], least, LARGEST_COUNT, "tail")
            archive.check(at[NUMBERS * i + 3], 1e-9, at[NUMBERS * i + 4], "tail")
        return 0
