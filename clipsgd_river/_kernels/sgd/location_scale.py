# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Location and scale of every feature by clipped SGD: what the detectors standardise with."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import IntegerVector
from clipsgd_river._kernels.sgd.clipped_steps import ClippedSteps
from clipsgd_river._kernels.sgd.other_values import OtherValues
from clipsgd_river._kernels.sgd.repeated_values import RepeatedValues

if not cython.compiled:
    from math import fabs

    from clipsgd_river._kernels.sgd.clipped_steps import REPEAT_SQUARE
    from clipsgd_river._kernels.sgd.kept_values import KEPT
    from clipsgd_river._kernels.sgd.repeated_values import ATOM, FAMILIAR, FROZEN, REGULAR

# A value with share p deviates by at most 1 / sqrt(p) scales; shares and scales are estimates.
KNOWN_SQUARE = 1.5


class LocationScale(ClippedSteps):
    """Location and scale of features some of whose values may come back.

    While no value does, the clipped steps are those of `ClippedSteps`. Of a feature that repeats,
    only the values that are no atoms take clipped steps, with a location and a scale of their own
    in `OtherValues`, from which those of all its values follow. Shares of values remember as many
    events as fixed steps do.

    Parameters
    ----------
    settings
        ``learning_rate``, ``clip`` and ``warm_up``, validated.
    features
        Whose loaded event the methods work on.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        ClippedSteps.__init__(self, settings, features)
        rate = settings["learning_rate"]
        # Slow steps must not be undone by a burst of equal values that becomes an atom.
        self.repeats = RepeatedValues(features, 1.0 / rate if isinstance(rate, float) else 0.0)
        self.others = OtherValues(self.repeats.shares)
        self.owns_repeats = True
        # Which loaded values deviate by more than one scale.
        self.far = IntegerVector()
        # Whether the loaded event says anything about distances.
        self.informative = True
        # Whether the last step ended a silence.
        self.resumed = False
        self.changes = 0
        self.followed = 0

    def share_repeats(self, repeats: RepeatedValues) -> cython.int:
        """Use repeated values that another object keeps up to date, in place of own ones."""
        if self.owns_repeats:
            self.repeats = repeats
            self.others = OtherValues(repeats.shares)
            self.owns_repeats = False
            self.followed = -1
        return 0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features; no estimate changes."""
        if self.owns_repeats:
            self.repeats.grow(size)
        self.far.grow(size)
        return ClippedSteps.grow(self, size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features: there are ``size`` now, and `grow` has provided memory for them."""
        if self.owns_repeats:
            self.repeats.add_features(size)
        ClippedSteps.add_features(self, size)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Location, scale and count of each feature, and what is kept to notice repeats."""
        numbers: cython.Py_ssize_t = ClippedSteps.least_numbers(self, size)
        return numbers + (self.repeats.least_numbers(size) if self.owns_repeats else 0)

    def prepare(self, events: float) -> cython.int:
        """Settle which features repeat; what else a step needs the interpreter for."""
        # Before the memory of the start is given back: values are taken from it.
        self.settle_repeats()
        return ClippedSteps.prepare(self, events)

    def settle_repeats(self) -> cython.int:
        """Wake features that repeat, and split off their frequent values."""
        j: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        if self.owns_repeats and self.features.wants_memory:
            self.repeats.prepare(self.start.sample.at, self.start.length, self.seen.at)
        if self.changes == self.repeats.changes:
            return 0
        self.others.grow()
        self.changes = self.repeats.changes
        for j in range(self.size):
            slot = self.repeats.slots.at[j] - 1
            if slot < 0 or self.others.is_current(slot):
                continue
            if self.start.open and self.seen.at[j] == self.start.length:
                self.others.begin(
                    slot, self.start.sample.at, j * self.start.length, self.start.length
                )
                if self.others.has_atoms(slot):
                    self.combine(j)
            else:
                self.follow_atoms(j, slot)
        return 0

    def compute_z_scores(self) -> None:
        """Standardise, and leave the deviations times their `shrinkage` in ``z``.

        An atom deviates no further than a standard normal variable does as rarely: a flag of 5 %
        is no more of a surprise than 1.96 standard deviations.
        """
        ClippedSteps.compute_z_scores(self)
        if self.repeats.awake > 0:
            self.limit_atoms()

    def limit_atoms(self) -> None:
        """Limit the deviations of atoms in ``z``, as `compute_z_scores` says."""
        z: cython.p_double = self.z.at
        far: cython.p_int = self.far.at
        limit: cython.double
        entry: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        count: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for k in range(self.features.count):
            # Written in any case, and kept if it is far: no branch to mispredict.
            far[count] = cython.cast(cython.int, k)
            count += 1 if fabs(z[k]) > 1.0 else 0
        for i in range(count):
            k = far[i]
            j = self.features.present.at[k]
            slot = self.repeats.slots.at[j] - 1
            if slot < 0:
                continue
            entry = self.repeats.shares.find_atom(slot, self.features.values.at[j])
            if entry < KEPT:
                limit = self.repeats.shares.largest_deviation(slot, entry)
                z[k] = max(min(z[k], limit), -limit)

    def has_atoms(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether frequent values of the feature at position j are split off."""
        slot: cython.Py_ssize_t = self.repeats.slots.at[j] - 1
        return slot >= 0 and self.others.has_atoms(slot)

    def is_known(self, k: cython.Py_ssize_t) -> cython.bint:
        """Whether the k-th present value deviates no further than its share explains.

        By Chebyshev's inequality, for a value of a feature with atoms. After `notice_repeats`.
        """
        deviation: cython.double = self.deviation.at[k]
        share: cython.double
        if self.repeats.awake == 0 or self.repeats.kind.at[k] == FROZEN:
            return False
        share = self.repeats.share(k)
        return share > 0.0 and deviation * deviation * share < KNOWN_SQUARE

    def notice_repeats(self, events: float) -> None:
        """Count the loaded values among those that repeat, after `standardise`, before any `step`.

        Leaves in ``informative`` whether the event says anything about distances. One all of whose
        values are constant or stand still does not; nor does one with a value beside atoms while
        too few such values are known for a scale.

        Parameters
        ----------
        events
            Events so far, this one included.
        """
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        self.repeats.observe(events)
        self.informative = self.irregular == 0
        if self.repeats.awake > 0:
            for k in range(self.repeats.beside_count):
                j = self.features.present.at[self.repeats.beside.at[k]]
                if self.others.is_starting(self.repeats.slots.at[j] - 1):
                    self.informative = False
                    return
            self.informative = self.informative and self.repeats.frozen < self.features.count
        if self.irregular == 0:
            return
        for k in range(self.features.count):
            if self.precision.at[self.features.present.at[k]] == 0.0:
                self.informative = self.informative or self.deviation.at[k] != 0.0
            else:
                self.informative = (
                    self.informative or self.repeats.awake == 0 or self.repeats.kind.at[k] != FROZEN
                )

    def begin_step(self) -> None:
        """Let atoms and standstills rest; express other values beside atoms in their own scale."""
        idle: cython.p_int = self.idle.at
        kind: cython.p_int = self.repeats.kind.at
        rests: cython.int
        resting: cython.int = 0
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        self.resumed = False
        if self.repeats.awake == 0:
            return
        if self.followed != self.repeats.shares.changes:
            self.follow_all_atoms()
        for k in range(self.features.count):
            rests = (kind[k] == ATOM) + (kind[k] == FROZEN)
            idle[k] = rests
            resting += rests
        self.idle_count = resting
        for i in range(self.repeats.beside_count):
            self.begin_other(self.repeats.beside.at[i])

    def begin_other(self, k: cython.Py_ssize_t) -> None:
        """Express the k-th present value, which is beside atoms, in the scale of such values."""
        j: cython.Py_ssize_t = self.features.present.at[k]
        slot: cython.Py_ssize_t = self.repeats.slots.at[j] - 1
        value: cython.double = self.features.values.at[j]
        deviation: cython.double
        if self.others.is_starting(slot):
            self.others.start_with(slot, value, self.location.at[j], self.scale.at[j])
            self.rest(k)
        else:
            deviation = self.others.deviation(slot, value)
            self.deviation.at[k] = deviation
            if deviation * deviation < REPEAT_SQUARE:
                self.rest(k)

    def follow_all_atoms(self) -> None:
        """Follow the changes of all atoms."""
        j: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        self.followed = self.repeats.shares.changes
        for j in range(self.size):
            slot = self.repeats.slots.at[j] - 1
            if slot >= 0 and not self.others.is_current(slot):
                self.follow_atoms(j, slot)

    def follow_atoms(self, j: cython.Py_ssize_t, slot: cython.Py_ssize_t) -> None:
        """Follow a change of the atoms of the feature at position j, or the end of a silence."""
        if self.repeats.shares.ended.at[slot] > 0.0 and not self.others.is_starting(slot):
            # Without atoms, all values are as the others were.
            self.location.at[j] = self.others.location.at[slot]
            self.scale.at[j] = self.others.scale.at[slot]
        self.others.split(slot, self.location.at[j], self.scale.at[j], self.seen.at[j])

    def choose_idle(self, limit: float) -> None:
        """Let values seen before and beyond the clip threshold rest; look for the end of silences.

        An outlier that comes back teaches once. New values within the threshold may end a silence.
        """
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        within: cython.bint
        ends: cython.bint
        if self.repeats.awake == 0:
            return
        for i in range(self.repeats.beside_count):
            k = self.repeats.beside.at[i]
            if self.idle.at[k] != 0:
                continue
            within = fabs(self.deviation.at[k]) <= limit
            if self.repeats.kind.at[k] == FAMILIAR:
                if not within:
                    self.rest(k)
            elif within and self.owns_repeats:
                ends = self.repeats.note_absence(self.features.present.at[k])
                self.resumed = self.resumed or ends

    def move_apart(
        self, taught: FeatureTable, deviations: cython.p_double, gradient: cython.p_double
    ) -> None:
        """Let values beside atoms take their step; location and scale of all values follow.

        `move` then has nothing left to do for these features.
        """
        scale_gradient: cython.p_double = self.scale_gradient.at
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        if self.repeats.awake == 0 or self.repeats.beside_count == 0:
            return
        for i in range(taught.count):
            k = i if self.idle_count == 0 else self.busy_order.at[i]
            if self.repeats.kind.at[k] == REGULAR:
                continue
            j = taught.present.at[i]
            slot = self.repeats.slots.at[j] - 1
            self.others.step(
                slot,
                gradient[i],
                self.location_step.rate,
                scale_gradient[i],
                self.scale_step.rate,
            )
            gradient[i] = 0.0
            scale_gradient[i] = 0.0
            deviations[i] = 1.0
            if self.others.has_atoms(slot):
                self.others.combine(slot)
                self.location.at[j] = self.others.mean
                self.scale.at[j] = self.others.spread
            elif not self.others.is_current(slot):
                self.follow_atoms(j, slot)

    def follow_idle(self) -> None:
        """Let location and scale follow shares that were updated, and first other values."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        if self.repeats.awake == 0:
            return
        for i in range(self.repeats.updated_count):
            k = self.repeats.updated.at[i]
            if self.repeats.kind.at[k] == ATOM:
                j = self.features.present.at[k]
                self.combine(j)
                if self.precision.at[j] == 0.0:
                    # As in `finish_step`: round-off off the constant would deviate for ever.
                    self.location.at[j] = self.features.values.at[j]
        for i in range(self.repeats.beside_count):
            k = self.repeats.beside.at[i]
            if self.idle.at[k] != 0:
                self.combine(self.features.present.at[k])

    def combine(self, j: cython.Py_ssize_t) -> None:
        """Find location and scale of a feature at position j with atoms, which has started."""
        self.others.combine(self.repeats.slots.at[j] - 1)
        self.location.at[j] = self.others.mean
        self.scale.at[j] = self.others.spread
        if self.precision.at[j] == 0.0:
            self.irregular -= 1
        self.update_precision(j)

    def note_start(self, j: cython.Py_ssize_t) -> None:
        """Note whether a value fills much of the first ones of the feature at position j."""
        if self.owns_repeats:
            self.repeats.note_start(j, self.start.sample.at, self.start.length)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass location, scale, what moves them and what repeats through ``archive``."""
        j: cython.Py_ssize_t
        if not archive.reading:
            self.settle_repeats()
        self.followed = -1
        ClippedSteps.exchange(self, archive)
        if self.owns_repeats:
            self.repeats.exchange(archive)
        self.others.grow()
        for j in range(self.features.size):
            if self.repeats.slots.at[j] > 0:
                self.others.exchange(archive, self.repeats.slots.at[j] - 1)
        return 0

    def shorten(self, events: float) -> None:
        """Reduce the weight of all past events of a feature to that of ``events``."""
        ClippedSteps.shorten(self, events)
        self.others.shorten(events)
        if self.owns_repeats:
            self.repeats.shorten(events)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there, in memory of `grow`."""
        ClippedSteps.reset_feature(self, j)
        if self.owns_repeats:
            self.repeats.reset_feature(j)
