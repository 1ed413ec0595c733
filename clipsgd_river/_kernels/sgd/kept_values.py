# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The most frequent values of a feature, with their shares, and sums over its atoms."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs, log, sqrt

# Values kept of a feature.
KEPT = 16
# Beyond every value.
NEVER = 1e151
# A standard normal variable deviates by more than 1 in this share of events.
COMMON_SHARE = 0.3173
# Values this close, relative to their size, are one: 0.1 + 0.2 is 0.3.
SAME = 2.0**-48
# Seen once, in fading counts, with a margin for round-off.
ONCE = 1.5


def usual_deviation(share: float) -> float:
    """Deviation that a standard normal variable exceeds, on either side, with a given probability.

    At least 1, so that a frequent value keeps the deviation it has.

    Phi^-1(1 - share / 2) by formula 26.2.23 of Abramowitz and Stegun, to 4.5e-4.
    """
    if share >= COMMON_SHARE:
        return 1.0
    t: cython.double = sqrt(-2.0 * log(0.5 * max(share, 1e-300)))
    above: cython.double = 2.515517 + t * (0.802853 + t * 0.010328)
    below: cython.double = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    return max(t - above / below, 1.0)


def same(a: float, b: float) -> cython.bint:
    """Whether two values differ by no more than round-off."""
    return a == b or fabs(a - b) <= SAME * max(fabs(a), fabs(b))


class KeptValues:
    """Sixteen values of each slot, a slot being a feature that repeats.

    Each has its share of the events, and how many of those since shares were last brought up to
    date had it. The first ``atoms`` of them, the most frequent one first, are split off from the
    others; `sum_atoms` finds what is asked of these again and again.
    """

    def __init__(self) -> None:
        self.capacity = 0
        self.free: list[int] = []
        self.values = Vector()
        self.share = Vector()
        self.hits = Vector()
        # Largest deviation of an atom, 0 where it has not been asked for.
        self.limit = Vector()
        self.count = Vector()
        self.atoms = Vector()
        self.age = Vector()
        # Which value is the next to make room.
        self.turn = Vector()
        # The first atom; `NEVER` where there is none.
        self.main = Vector()
        # Share of all atoms, their mean and their variance, and the share of other values, counting
        # half an event more than was seen.
        self.whole = Vector()
        self.rest = Vector()
        self.centre = Vector()
        self.variance = Vector()

    def open(self) -> cython.Py_ssize_t:
        """Take a slot, empty."""
        slot: cython.Py_ssize_t
        if not self.free:
            size = max(2 * self.capacity, 2)
            self.grow(size)
            self.free = list(range(size - 1, self.capacity - 1, -1))
            self.capacity = size
        slot = self.free.pop()
        self.begin(slot)
        return slot

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` slots."""
        for vector in (self.values, self.share, self.hits, self.limit):
            vector.grow(KEPT * size)
        for vector in (self.count, self.atoms, self.age, self.turn, self.main):
            vector.grow(size)
        for vector in (self.whole, self.rest, self.centre, self.variance):
            vector.grow(size)
        return 0

    def begin(self, slot: cython.Py_ssize_t) -> None:
        """Empty a slot."""
        self.count.at[slot] = 0.0
        self.atoms.at[slot] = 0.0
        self.age.at[slot] = 0.0
        self.turn.at[slot] = 0.0
        self.sum_atoms(slot)

    def close(self, slot: cython.Py_ssize_t) -> cython.int:
        """Give a slot back."""
        self.free.append(slot)
        return 0

    def clear(self) -> cython.int:
        """Give all slots back."""
        self.free = list(range(self.capacity - 1, -1, -1))
        return 0

    def find(self, slot: cython.Py_ssize_t, value: float, count: float) -> cython.Py_ssize_t:
        """Entry of a value among the first ``count`` of a slot; `KEPT` if it is not there."""
        values: cython.p_double = self.values.at
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, count)
        # Whatever is the same lies within this. Mostly one value does, or none.
        near: cython.double = 2.0 * SAME * fabs(value)
        candidates: cython.int = 0
        i: cython.Py_ssize_t
        for i in range(base, stop):
            candidates += 1 if fabs(values[i] - value) <= near else 0
        if candidates == 0:
            return KEPT
        for i in range(base, stop):
            if same(values[i], value):
                return i - base
        return KEPT

    def find_atom(self, slot: cython.Py_ssize_t, value: float) -> cython.Py_ssize_t:
        """Entry of a value if it is an atom; `KEPT` if it is none."""
        if value == self.main.at[slot]:
            return 0
        return self.find(slot, value, self.atoms.at[slot])

    def largest_deviation(self, slot: cython.Py_ssize_t, entry: cython.Py_ssize_t) -> float:
        """By how much a standard normal variable deviates that is as rare as an atom."""
        i: cython.Py_ssize_t = KEPT * slot + entry
        if self.limit.at[i] == 0.0:
            self.limit.at[i] = usual_deviation(self.share.at[i])
        return self.limit.at[i]

    def recent_count(self, slot: cython.Py_ssize_t, entry: cython.Py_ssize_t) -> float:
        """How often a value came, in a count that fades."""
        i: cython.Py_ssize_t = KEPT * slot + entry
        return self.share.at[i] * self.age.at[slot] + self.hits.at[i]

    def most_frequent(self, slot: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Entry of the most frequent value of a slot, the first of equals."""
        share: cython.p_double = self.share.at
        base: cython.Py_ssize_t = KEPT * slot
        main: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t
        for i in range(1, cython.cast(cython.Py_ssize_t, self.count.at[slot])):
            if share[base + i] > share[base + main]:
                main = i
        return main

    def place(self, slot: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Index for a new value, if all are taken that of one which was seen once, in turn.

        If there is none, that of the least frequent one beside the atoms. There is always one such,
        since no more than fifteen are atoms.
        """
        base: cython.Py_ssize_t = KEPT * slot
        count: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count.at[slot])
        atoms: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.atoms.at[slot])
        entry: cython.Py_ssize_t
        least: cython.Py_ssize_t
        if count < KEPT:
            self.count.at[slot] = self.count.at[slot] + 1.0
            return base + count
        entry = max(cython.cast(cython.Py_ssize_t, self.turn.at[slot]), atoms)
        least = entry
        for _ in range(KEPT - atoms):
            if self.recent_count(slot, entry) < ONCE:
                least = entry
                break
            if self.recent_count(slot, entry) < self.recent_count(slot, least):
                least = entry
            entry = entry + 1 if entry + 1 < KEPT else atoms
        self.turn.at[slot] = least + 1 if least + 1 < KEPT else 0.0
        return base + least

    def sum_atoms(self, slot: cython.Py_ssize_t) -> None:
        """Find the share, the mean and the variance of the atoms, and which is the first."""
        values: cython.p_double = self.values.at
        share: cython.p_double = self.share.at
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.atoms.at[slot])
        whole: cython.double = 0.0
        total: cython.double = 0.0
        square: cython.double = 0.0
        age: cython.double = self.age.at[slot]
        first: cython.double
        mean: cython.double
        i: cython.Py_ssize_t
        self.main.at[slot] = NEVER
        self.whole.at[slot] = 0.0
        self.centre.at[slot] = 0.0
        self.rest.at[slot] = 1.0
        self.variance.at[slot] = 0.0
        if stop == base:
            return
        first = values[base]
        for i in range(base, stop):
            self.limit.at[i] = 0.0
            whole += share[i]
            # As a difference from the first atom, so that the mean of a constant is the constant.
            total += share[i] * (values[i] - first)
        mean = first + total / whole
        for i in range(base, stop):
            square += share[i] * ((values[i] - mean) * (values[i] - mean))
        self.main.at[slot] = first
        self.whole.at[slot] = min(whole, 1.0)
        self.rest.at[slot] = (max(1.0 - whole, 0.0) * age + 0.5) / (age + 1.0)
        self.centre.at[slot] = mean
        self.variance.at[slot] = square / whole
