# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Location and scale of a feature whose frequent values are split off from the others."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.value_shares import ValueShares

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.sgd.deviations import (
        CONSTANT_MEMORY,
        LARGEST_DEVIATION,
        LARGEST_SCALE,
    )
    from clipsgd_river._kernels.sgd.kept_values import KEPT, same

# The first other values: location and scale are found by medians of them, not by clipped steps.
FIRST = 8


class OtherValues:
    r"""Location mu and scale sigma of the values that are no atoms, and of all values together.

    With p_i the share of the atom a_i and q = 1 - sum of p_i that of the others, all values have

    .. math:: m = \sum_i p_i a_i + q \mu, \qquad
              s^2 = \sum_i p_i (a_i - m)^2 + q\,(\sigma^2 + (\mu - m)^2),

    the mean and the law of total variance. Only other values move mu and sigma. q counts half an
    event more than was seen: without it, other values that no event of late had would have no
    weight at all.

    Parameters
    ----------
    shares
        The atoms, and how often each comes. A slot is one feature's place in it, and here.
    """

    def __init__(self, shares: ValueShares) -> None:
        self.shares = shares
        self.capacity = 0
        self.location = Vector()
        self.scale = Vector()
        self.count = Vector()
        # The atoms that location and scale belong to.
        self.epoch = Vector()
        self.mixed = Vector()
        self.start = RobustStart(FIRST)
        # Of the last `combine`.
        self.mean = 0.0
        self.spread = 0.0

    def grow(self) -> cython.int:
        """Provide memory for the slots there are."""
        capacity: cython.Py_ssize_t = self.shares.capacity
        if capacity > self.capacity:
            self.location.grow(capacity)
            self.scale.grow(capacity)
            self.count.grow(capacity)
            self.epoch.grow(capacity)
            self.mixed.grow(capacity)
            self.start.grow(capacity)
            self.capacity = capacity
        return 0

    def has_atoms(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Whether any value of a slot is split off."""
        return self.shares.atoms.at[slot] > 0.0

    def is_known(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Whether a slot has atoms, and enough other values beside them for a band."""
        return self.has_atoms(slot) and self.is_current(slot) and not self.is_starting(slot)

    def is_current(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Whether location and scale belong to the present atoms."""
        return self.epoch.at[slot] == self.shares.epoch.at[slot]

    def begin(
        self,
        slot: cython.Py_ssize_t,
        sample: cython.p_double,
        base: cython.Py_ssize_t,
        length: cython.Py_ssize_t,
    ) -> None:
        """Start with those values of a sorted sample that are no atoms.

        Parameters
        ----------
        slot
            Of the feature.
        sample, base, length
            The sample lies at ``sample[base]`` and the ``length - 1`` places after it.
        """
        k: cython.Py_ssize_t
        others: cython.Py_ssize_t = 0
        rank: cython.Py_ssize_t = 0
        nearer: cython.Py_ssize_t
        part: cython.Py_ssize_t
        self.epoch.at[slot] = self.shares.epoch.at[slot]
        self.mixed.at[slot] = 1.0 if self.has_atoms(slot) else 0.0
        self.count.at[slot] = 0.0
        for k in range(base, base + length):
            others += 0 if self.is_atom(slot, sample[k]) else 1
        for k in range(base, base + length):
            if self.is_atom(slot, sample[k]):
                continue
            # All of them, or eight spread evenly over their ranks. Counted from the nearer end, so
            # that a sample turned round gives the same.
            nearer = min(rank, others - 1 - rank)
            for part in range(FIRST // 2):
                if others <= FIRST or (2 * part + 1) * others // (2 * FIRST) == nearer:
                    self.add(slot, sample[k])
                    break
            rank += 1
        self.count.at[slot] = others

    def is_atom(self, slot: cython.Py_ssize_t, value: float) -> cython.bint:
        """Whether a value is an atom of a slot."""
        return self.shares.find_atom(slot, value) < KEPT

    def split(self, slot: cython.Py_ssize_t, location: float, scale: float, events: float) -> None:
        """Follow a change of the atoms: find location and scale of the values that are none now.

        Before there were atoms, those of all values give them, by the mean and the law of total
        variance solved for the others.

        Parameters
        ----------
        slot
            Of the feature.
        location, scale
            Of all its values.
        events
            Behind them.
        """
        whole: cython.double = self.shares.whole.at[slot]
        rest: cython.double = 1.0 - whole
        mean: cython.double
        square: cython.double
        mixed: cython.bint = self.mixed.at[slot] > 0.0
        self.epoch.at[slot] = self.shares.epoch.at[slot]
        self.mixed.at[slot] = 1.0 if whole > 0.0 else 0.0
        if whole <= 0.0:
            return
        events = min(events, self.shares.age.at[slot])
        starts: cython.bint = mixed and self.count.at[slot] < FIRST
        if not mixed and scale <= 0.0:
            # All values so far were the atom.
            starts = True
        if starts or rest * events < 1.0 or (mixed and self.is_atom(slot, self.location.at[slot])):
            self.count.at[slot] = 0.0
        elif mixed:
            # A value that was among the others is no more: large steps find the rest of them.
            self.count.at[slot] = FIRST
        else:
            mean = self.shares.centre.at[slot]
            self.location.at[slot] = mean + (location - mean) / rest
            square = self.shares.variance.at[slot] + (mean - location) * (mean - location)
            mean = self.location.at[slot] - location
            square = (scale * scale - whole * square) / rest - mean * mean
            self.scale.at[slot] = max(sqrt(max(square, 0.0)), scale / sqrt(events))
            self.count.at[slot] = max(rest * events, FIRST)

    def add(self, slot: cython.Py_ssize_t, value: float) -> None:
        """Add one of the first other values; location and scale are their medians."""
        seen: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count.at[slot])
        self.start.add(slot, seen, value)
        self.location.at[slot] = self.start.location
        self.scale.at[slot] = self.start.scale
        self.count.at[slot] = self.count.at[slot] + 1.0

    def is_starting(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Whether fewer than eight other values are known, so that the next is one of the first."""
        return self.count.at[slot] < FIRST

    def start_with(
        self, slot: cython.Py_ssize_t, value: float, location: float, scale: float
    ) -> None:
        """Take one of the first other values.

        Beside several atoms the first one may well be an outlier: it is not used, and the others
        take clipped steps from location and scale of all values.
        """
        if self.shares.atoms.at[slot] > 1.0 and self.count.at[slot] == 0.0 and scale > 0.0:
            self.location.at[slot] = location
            self.scale.at[slot] = scale
            self.count.at[slot] = FIRST
        else:
            self.add(slot, value)

    def deviation(self, slot: cython.Py_ssize_t, value: float) -> float:
        """Deviation of a value that is no atom, in the scale of such values.

        Where they were all equal they have no scale yet. This value gives it: its distance from
        them, or theirs from the first atom if that is less, over the square root of their number.
        """
        distance: cython.double = value - self.location.at[slot]
        scale: cython.double = self.scale.at[slot]
        away: cython.double
        if same(value, self.location.at[slot]):
            return 0.0
        if scale <= 0.0:
            away = fabs(self.location.at[slot] - self.shares.values.at[KEPT * slot])
            scale = min(fabs(distance), away) / sqrt(min(self.count.at[slot], CONSTANT_MEMORY))
            self.scale.at[slot] = scale
            if scale <= 0.0:
                return 0.0
        return max(min(distance / scale, LARGEST_DEVIATION), -LARGEST_DEVIATION)

    def step(
        self,
        slot: cython.Py_ssize_t,
        gradient: float,
        rate: float,
        scale_gradient: float,
        scale_rate: float,
    ) -> None:
        """One clipped step, whose size is at least 1/n at the n-th value."""
        count: cython.double = self.count.at[slot] + 1.0
        scale: cython.double = self.scale.at[slot]
        location: cython.double
        # A division takes long, and is hardly ever needed.
        rate = 1.0 / count if rate * count < 1.0 else rate
        scale_rate = 1.0 / count if scale_rate * count < 1.0 else scale_rate
        location = self.location.at[slot] + rate * gradient * scale
        self.location.at[slot] = max(min(location, LARGEST_SCALE), -LARGEST_SCALE)
        scale *= 1.0 + 0.5 * min(scale_rate * scale_gradient, 1.0)
        self.scale.at[slot] = min(scale, LARGEST_SCALE)
        self.count.at[slot] = count

    def combine(self, slot: cython.Py_ssize_t) -> None:
        """Leave location and scale of all values, atoms included, in ``mean`` and ``spread``."""
        centre: cython.double = self.shares.centre.at[slot]
        variance: cython.double = self.shares.variance.at[slot]
        rest: cython.double = self.shares.rest.at[slot]
        mean: cython.double
        square: cython.double
        own: cython.double
        if self.count.at[slot] == 0.0:
            self.mean = centre
            self.spread = sqrt(variance)
            return
        mean = centre + rest * (self.location.at[slot] - centre)
        own = self.location.at[slot] - mean
        square = (1.0 - rest) * (variance + (centre - mean) * (centre - mean))
        square += rest * (self.scale.at[slot] * self.scale.at[slot] + own * own)
        self.mean = max(min(mean, LARGEST_SCALE), -LARGEST_SCALE)
        self.spread = min(sqrt(square), LARGEST_SCALE)

    def shorten(self, events: float) -> None:
        """Reduce the weight of past values to that of ``events``."""
        slot: cython.Py_ssize_t
        for slot in range(self.capacity):
            self.count.at[slot] = min(self.count.at[slot], max(events, FIRST))

    def exchange(self, archive: Archive, slot: cython.Py_ssize_t) -> cython.int:
        """Pass what belongs to a slot through ``archive``."""
        stale = archive.bounded(0.0 if self.is_current(slot) else 1.0, 0.0, 1.0, "mark")
        self.epoch.at[slot] = self.shares.epoch.at[slot] - stale
        self.mixed.at[slot] = archive.bounded(self.mixed.at[slot], 0.0, 1.0, "mark")
        self.count.at[slot] = archive.bounded(self.count.at[slot], 0.0, LARGEST_COUNT, "count")
        self.location.at[slot] = archive.bounded(
            self.location.at[slot], -LARGEST_SCALE, LARGEST_SCALE, "location"
        )
        self.scale.at[slot] = archive.bounded(self.scale.at[slot], 0.0, LARGEST_SCALE, "scale")
        if self.count.at[slot] < FIRST:
            archive.check_count(self.count.at[slot])
            self.start.exchange_one(
                archive, slot, cython.cast(cython.Py_ssize_t, self.count.at[slot])
            )
        return 0
