# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event by the full covariance of its features."""

from __future__ import annotations

from array import array
from typing import Any

import cython

from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import IntegerVector, Vector
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import log, sqrt

    from clipsgd_river._kernels.anomaly.part import LARGEST_COORDINATE, TAIL_WEIGHT, tail
    from clipsgd_river._kernels.core.buffers import doubles

# Ridge on the covariance of the standardised features.
RIDGE = 0.03
# The automatic threshold, in medians of the Mahalanobis norm: shorter than for a location, since
# what is clipped moves d^2 numbers.
MULTIPLE = 1.5
# A diagonal of the inverse beyond this is round-off: as every feature takes its turn with the
# ridge, exact arithmetic bounds it by a small multiple of 1 / ridge.
LARGEST_INVERSE = 1e9


class CovariancePart(Part):
    r"""Inverse covariance P of the standardised features, by clipped rank-one steps.

    With u the standardised deviations, each clipped to +-4, and r^2 = u'Pu, the covariance takes
    the clipped step

    .. math:: S \leftarrow (1 - e) S
              + e\,(\min(1, \lambda / r)^2 / c)\, u u^\top + e\,\rho\,d\, e_i e_i^\top

    with i taking turns, so that d events add the ridge rho I; turns go by name, so that
    the order in which features appear does not matter. P = S^-1 follows by two
    Sherman-Morrison updates in one pass, O(d^2). Every element of P is computed by the same
    symmetric expression as its mirror image, so P stays symmetric to the last bit; an asymmetry,
    once there, would grow like (1 - e)^-t.

    A value that comes back so often that its share explains its deviation counts unclipped, or the
    variance of a flag would be taken for next to nothing.

    A feature that is missing or still starting takes u = 0 and its row keeps its variance: only
    the rows of the others are aged.

    P is that of the active features (`Attendance`), d of them, and O(d^2) is what an event costs.
    The others are uncorrelated, of variance 1. A feature that becomes active starts so, and one
    that leaves takes its row and column along, which changes nothing for events without it.

    The distance is u'Pu plus 2 log(|z| / 4) for each deviation |z| > 4.

    Parameters
    ----------
    settings
        Those of the detector; ``clip`` is the rule of the clip threshold on r.
    features
        Its features.
    ridge
        The ridge rho, in squared standard deviations.
    """

    def __init__(
        self, settings: dict[str, Any], features: FeatureTable, ridge: float = RIDGE
    ) -> None:
        self.active = features.follow_active()
        self.side = 0
        self.resumed_after = 0.0
        self.ridge_share = ridge
        self.clip = ClipThreshold(settings["clip"], MULTIPLE)
        self.share = 1.0
        self.next_share = 1.0
        self.inverse = Vector()
        self.next_inverse = Vector()
        self.coordinates = Vector()
        self.product = Vector()
        self.decay = Vector()
        self.ridge = Vector()
        self.turns = IntegerVector()
        self.next_turns = IntegerVector()

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features; new active ones are uncorrelated, of variance 1."""
        count: cython.Py_ssize_t = self.active.next_count
        names = standard.features.coming_names()
        for name in names[standard.features.size :]:
            # A name that has no place in the order is refused when it comes, not when it starts.
            repr(name)
        self.coordinates.grow(size)
        self.product.grow(size)
        self.decay.grow(count)
        self.ridge.grow(count)
        self.next_share = self.share
        self.next_inverse = self.inverse
        self.next_turns = self.turns
        if not self.active.changed and self.side == count:
            return 0
        keys = [repr(names[j]) for j in self.active.next_positions.memory[:count]]
        self.next_share = self.clip.gaussian_share(count)
        self.next_turns = IntegerVector()
        self.next_turns.replace(array("i", sorted(range(count), key=keys.__getitem__) or [0]))
        self.next_inverse = Vector()
        self.next_inverse.replace(self.regrouped())
        return 0

    def regrouped(self) -> array[float]:
        """P of the features that are to be active, from that of those that are."""
        a: cython.Py_ssize_t
        b: cython.Py_ssize_t
        count: cython.Py_ssize_t = self.active.next_count
        side: cython.Py_ssize_t = self.side
        memory = zeros(count * count)
        inverse: cython.p_double = doubles(memory)
        origins = IntegerVector(count)
        for a in range(count):
            inverse[a * count + a] = 1.0
            # A part that starts anew has no rows to bring along.
            origins.at[a] = self.active.origin(a) if side > 0 else -1
        for a in range(count):
            for b in range(count):
                if origins.at[a] >= 0 and origins.at[b] >= 0:
                    inverse[a * count + b] = self.inverse.at[origins.at[a] * side + origins.at[b]]
        return memory

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        self.share = self.next_share
        self.turns = self.next_turns
        self.inverse = self.next_inverse
        self.side = self.active.next_count

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """A triangle of P, and when a silence ended."""
        return size * (size + 1) // 2 + 1

    def distance(self, standard: LocationScale) -> float:
        """u'Pu + sum of 2 log(|z| / 4) over |z| > 4."""
        k: cython.Py_ssize_t
        z: cython.double
        total: cython.double = 0.0
        count: cython.Py_ssize_t = standard.features.count
        slot: cython.p_int = self.active.locate(
            standard.features.present.at, count, standard.features.size
        )
        self.slot = slot
        if count < self.side or self.side < standard.features.size:
            for k in range(self.side):
                self.coordinates.at[k] = 0.0
        for k in range(count):
            z = standard.z.at[k]
            total += tail(z, TAIL_WEIGHT)
            z = max(min(z, LARGEST_COORDINATE), -LARGEST_COORDINATE)
            self.coordinates.at[slot[k]] = z
        if standard.repeats.awake > 0:
            self.limit_precision(standard)
        square: cython.double = self.multiply()
        if self.side < standard.features.size:
            # In the order of the features: when one becomes active, no bit changes.
            square = 0.0
            for k in range(count):
                if slot[k] >= self.side:
                    self.product.at[slot[k]] = self.coordinates.at[slot[k]]
                square += self.coordinates.at[slot[k]] * self.product.at[slot[k]]
        return total + max(square, 0.0)

    def limit_precision(self, standard: LocationScale) -> None:
        """Shorten coordinates of features with atoms where P takes their variance for less than 1.

        Most of their variance is in a few events, of which the memory of P may hold none.
        """
        k: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        own: cython.double
        for k in range(standard.features.count):
            slot = self.slot[k]
            if standard.has_atoms(standard.features.present.at[k]):
                own = self.precision(slot)
                if own > 1.0:
                    self.coordinates.at[slot] = self.coordinates.at[slot] / sqrt(own)

    def precision(self, slot: cython.Py_ssize_t) -> float:
        """P_ii of a slot i; 1 of a feature that is not active."""
        if slot >= self.side:
            return 1.0
        return self.inverse.at[slot * self.side + slot]

    def surprise(self, standard: LocationScale, k: cython.Py_ssize_t) -> float:
        """log(1 + e^2 P_jj / 3) and the excess of the k-th present feature j, after `distance`.

        e = (Pu)_j / P_jj is its deviation from what the others let expect, with variance 1 / P_jj:
        a z-score given the other features, under Student's t.
        """
        pull: cython.double = self.product.at[self.slot[k]]
        own: cython.double = self.precision(self.slot[k])
        return log(1.0 + pull * pull / (3.0 * own)) + tail(standard.z.at[k], TAIL_WEIGHT)

    def surprises(self, standard: LocationScale) -> float:
        """Sum of the present features' `surprise`, after `distance`."""
        k: cython.Py_ssize_t
        total: cython.double = 0.0
        for k in range(standard.features.count):
            total += self.surprise(standard, k)
        return total

    def contribute_surprises(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """`surprise` of each present feature, after `distance`."""
        k: cython.Py_ssize_t
        for k in range(standard.features.count):
            contributions[standard.features.present.at[k]] = self.surprise(standard, k)

    def usual_distance(self, standard: LocationScale) -> float:
        """Mean of a chi-square variable with d degrees of freedom: d."""
        return standard.features.count

    def multiply(self) -> float:
        """Compute Pu; returns u'Pu."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        u: cython.double
        side: cython.Py_ssize_t = self.side
        coordinates: cython.p_double = self.coordinates.at
        product: cython.p_double = self.product.at
        inverse: cython.p_double = self.inverse.at
        for i in range(side):
            product[i] = 0.0
        for j in range(side):
            u = coordinates[j]
            if u != 0.0:
                for i in range(side):
                    product[i] += u * inverse[j * side + i]
        square: cython.double = 0.0
        for i in range(side):
            square += coordinates[i] * product[i]
        return square

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """u_j (Pu)_j and the excess: they sum to the distance, and single ones may be negative."""
        k: cython.Py_ssize_t
        j: cython.int
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            contributions[j] = self.coordinates.at[self.slot[k]] * self.product.at[self.slot[k]]
            contributions[j] += tail(standard.z.at[k], TAIL_WEIGHT)

    def expect(self, standard: LocationScale, band: cython.p_double) -> None:
        """Mean u_j - (Pu)_j / P_jj and variance 1 / P_jj of a Gaussian given its others."""
        k: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        own: cython.double
        for k in range(standard.features.count):
            slot = self.slot[k]
            own = self.precision(slot)
            standard.write_band(
                k, self.coordinates.at[slot] - self.product.at[slot] / own, 1.0 / sqrt(own), band
            )

    def rate(self, standard: LocationScale, events: float) -> float:
        """Step e of the covariance.

        Automatic: a memory of 200 events or twice the number of features, whichever is longer,
        and at the start, or after a silence, the mean of what was seen and d events more.
        """
        d: cython.double = self.side
        if not standard.location_step.automatic:
            return min(standard.location_step.rate, 0.5 / d)
        return max(min(0.005, 0.5 / d), 1.0 / (events - self.resumed_after + d))

    def step(self, standard: LocationScale, events: float) -> None:
        """One clipped step of the covariance, on features that have started."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        z: cython.double
        started: cython.Py_ssize_t = 0
        known: cython.Py_ssize_t = 0
        slot: cython.p_int = self.slot
        if self.side == 0:
            return
        rate: cython.double = self.rate(standard, events)
        aged: cython.double = 1.0 / sqrt(1.0 - rate)
        for k in range(self.side):
            self.decay.at[k] = 1.0
        for k in range(standard.features.count):
            if slot[k] >= self.side:
                continue
            j = standard.features.present.at[k]
            # What has been constant so far has no variance to learn, and none to forget.
            if standard.has_started(j) and standard.precision.at[j] > 0.0:
                self.decay.at[slot[k]] = aged
                started += 1
                if standard.is_known(k):
                    self.coordinates.at[slot[k]] = standard.deviation.at[k]
                    known += 1
                elif standard.repeats.slots.at[j] > 0:
                    # `limit_precision` may have shortened it.
                    z = standard.z.at[k]
                    z = max(min(z, LARGEST_COORDINATE), -LARGEST_COORDINATE)
                    self.coordinates.at[slot[k]] = z
            else:
                self.coordinates.at[slot[k]] = 0.0
        if started == 0:
            return
        square: cython.double = max(self.multiply(), 0.0)
        weight: cython.double = self.clipped_rate(standard, square, rate, started, known)
        weight *= aged * aged
        weight = weight / (1.0 + weight * square)
        event: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, events)
        turn: cython.Py_ssize_t = self.turns.at[event % self.side]
        ridge: cython.double = rate * self.ridge_share * self.side
        if self.decay.at[turn] == 1.0:
            ridge = 0.0
        self.update_inverse(weight, ridge, turn)

    def clipped_rate(
        self,
        standard: LocationScale,
        square: float,
        rate: float,
        started: cython.Py_ssize_t,
        known: cython.Py_ssize_t,
    ) -> float:
        """Step of an event of squared norm ``square`` after clipping, for consistency over c.

        ``known`` of the ``started`` coordinates are values that come back: they are no outliers
        and say nothing about the size of those that do not.
        """
        k: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        if known > 0:
            if known == started:
                return rate
            for k in range(standard.features.count):
                slot = self.slot[k]
                if slot < self.side and self.decay.at[slot] > 1.0 and standard.is_known(k):
                    square -= self.coordinates.at[slot] * self.product.at[slot]
        square = max(square, 0.0)
        ratio: cython.double = 1.0
        if self.clip.fixed == 0.0:
            ratio = standard.dimension_ratio(known, started)
        norm: cython.double = sqrt(square)
        limit: cython.double = self.clip.value(1.0 / max(rate, 1e-9), started) * ratio
        self.clip.observe(norm / ratio, started)
        weight: cython.double = rate / self.share
        if norm > limit:
            weight *= limit * limit / square
        return weight

    def resume(self, events: float) -> None:
        """Start again: features that were still seemed to move as one."""
        self.forget()
        self.resumed_after = events

    def update_inverse(self, weight: float, ridge: float, turn: cython.Py_ssize_t) -> None:
        """P <- A - A_r A_r' ridge / (1 + ridge A_rr) with A = D (P - weight v v') D, r = turn."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        side: cython.Py_ssize_t = self.side
        row: cython.p_double = self.inverse.at
        v: cython.p_double = self.product.at
        decay: cython.p_double = self.decay.at
        column: cython.p_double = self.ridge.at
        start: cython.Py_ssize_t
        a: cython.double
        b: cython.double
        c: cython.double
        for i in range(side):
            column[i] = (row[turn * side + i] - weight * (v[turn] * v[i])) * (
                decay[turn] * decay[i]
            )
        ridge = ridge / (1.0 + ridge * column[turn])
        for i in range(side):
            start = i * side
            a = v[i]
            b = decay[i]
            c = column[i]
            for j in range(side):
                row[start + j] = (row[start + j] - weight * (a * v[j])) * (b * decay[j]) - ridge * (
                    c * column[j]
                )
        for i in range(side):
            if not 0.0 < row[i * side + i] < LARGEST_INVERSE:
                self.forget()
                return

    def forget(self) -> None:
        """Start again from the identity."""
        i: cython.Py_ssize_t
        for i in range(self.side * self.side):
            self.inverse.at[i] = 0.0
        for i in range(self.side):
            self.inverse.at[i * self.side + i] = 1.0

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``: the lower triangle of P is enough."""
        self.clip.exchange(archive)
        self.resumed_after = archive.count(self.resumed_after)
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        side: cython.Py_ssize_t = self.side
        for i in range(side):
            row: array[float] = archive.vector(
                self.inverse.memory[i * side : i * side + i + 1], i + 1
            )
            if not 0.0 < row[i] < LARGEST_INVERSE:
                raise ValueError("the state holds an impossible inverse covariance: it is damaged")
            if archive.reading:
                for j in range(i):
                    if not row[j] * row[j] < row[i] * self.inverse.at[j * side + j]:
                        raise ValueError(
                            "the state holds an inverse covariance that is not positive definite: "
                            "it is damaged"
                        )
                for j in range(i + 1):
                    self.inverse.at[i * side + j] = row[j]
                    self.inverse.at[j * side + i] = row[j]
        return 0
