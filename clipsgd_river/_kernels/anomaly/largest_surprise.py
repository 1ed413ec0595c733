# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event by the most surprising of its features alone."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.tail_rungs import TailRungs
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import IntegerVector, Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import log

    from clipsgd_river._kernels.anomaly.frequent_values import BITS
    from clipsgd_river._kernels.core.archive import LARGEST_COUNT

# What a detector without this parameter takes.
MEMORY = 10_000
# Bits at a rung, of tail level 1/32.
RUNG_BITS = 5.0
# What lies beyond the rungs of n events counts n / (n + 20) of its bits.
PRIOR_EVENTS = 20.0
# Of the one feature of a standard normal event, about.
USUAL_BITS = 2.0
# Events that the start of a rung is worth: 4 over its level.
HEAD_START = 128.0
# Where so large a share lies beyond a rung, it is no longer that of the variable, and starts anew.
LOST = 0.25


class LargestSurprisePart(Part):
    r"""The largest of the features' bits: one odd cell among hundreds is not averaged away.

    Of a feature with deviation z, x = z above the location and x = -z below, and the rung q on that
    side (`TailRungs`), the bits are 5 x / q up to the rung, and beyond it

    .. math:: 5 + \frac{n}{n + 20} \left(-\log_2 P(X > x) - 5\right),

    n being the events that the feature was in. P is the share beyond the rung times the Pareto tail
    of the excesses, so that heavy-tailed features do not own all top ranks: in each of them about
    one value in 2^b has b bits.

    The contribution of the most surprising feature is the distance; the others have none. O(d) per
    event, and some 30 times a rung for each value beyond one; 160 d bytes.

    Parameters
    ----------
    settings
        ``memory`` in events, where it is given.
    features
        Those of the detector.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        self.memory = settings.get("memory", MEMORY)
        self.size = 0
        self.upper = TailRungs(self.memory)
        self.lower = TailRungs(self.memory)
        # Events of each feature that its rungs have learned, by position.
        self.counts = Vector()
        # Of the loaded event, in the order of its features.
        self.ratios = Vector()
        self.mirrored = Vector()
        self.rates = Vector()
        self.far = IntegerVector()
        self.far_count = 0
        self.largest_at = -1
        self.largest = 0.0

    def distance(self, standard: LocationScale) -> float:
        """Largest bits of the present features."""
        count: cython.Py_ssize_t = standard.features.count
        present: cython.p_int = standard.features.present.at
        z: cython.p_double = standard.z.at
        upper: cython.p_double = self.upper.rungs.at
        lower: cython.p_double = self.lower.rungs.at
        ratios: cython.p_double = self.ratios.at
        far: cython.p_int = self.far.at
        within: cython.double = 0.0
        found: cython.Py_ssize_t = 0
        bits: cython.double
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for k in range(count):
            ratios[k] = max(z[k] / upper[present[k]], -z[k] / lower[present[k]])
        self.largest_at = -1
        for k in range(count):
            # Written in any case, and kept if it is far: no branch to mispredict.
            far[found] = cython.cast(cython.int, k)
            found += 1 if ratios[k] > 1.0 else 0
        self.far_count = found
        self.largest = 0.0
        if found == 0:
            for k in range(count):
                if ratios[k] > within:
                    within = ratios[k]
                    self.largest_at = k
            self.largest = RUNG_BITS * within
        for i in range(found):
            bits = self.bits(standard, far[i])
            if bits > self.largest:
                self.largest = bits
                self.largest_at = far[i]
        return self.largest

    def bits(self, standard: LocationScale, k: cython.Py_ssize_t) -> float:
        """Bits of the k-th present feature, which is beyond a rung."""
        j: cython.Py_ssize_t = standard.features.present.at[k]
        z: cython.double = standard.z.at[k]
        seen: cython.double = standard.seen.at[j]
        nats: cython.double = self.upper.nats(j, z) if z > 0.0 else self.lower.nats(j, -z)
        return RUNG_BITS + (BITS * nats - RUNG_BITS) * (seen / (seen + PRIOR_EVENTS))

    def usual_distance(self, standard: LocationScale) -> float:
        """About the mean of the largest bits of standard normal features."""
        count: cython.Py_ssize_t = standard.features.count
        return USUAL_BITS + BITS * log(count) if count > 0 else 0.0

    def step(self, standard: LocationScale, events: float) -> None:
        """One step of the rungs of the present features that have started, and of tails beyond."""
        count: cython.Py_ssize_t = standard.features.count
        present: cython.p_int = standard.features.present.at
        z: cython.p_double = standard.z.at
        counts: cython.p_double = self.counts.at
        mirrored: cython.p_double = self.mirrored.at
        rates: cython.p_double = self.rates.at
        least: cython.double = 1.0 / self.memory
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for k in range(count):
            mirrored[k] = -z[k]
            rates[k] = max(1.0 / (counts[present[k]] + HEAD_START), least)
        for k in range(count):
            counts[present[k]] += 1.0
        if standard.starting > 0:
            for k in range(count):
                if not standard.has_started(present[k]):
                    rates[k] = 0.0
                    counts[present[k]] -= 1.0
        for i in range(self.far_count):
            k = self.far.at[i]
            j = present[k]
            if rates[k] > 0.0 and z[k] > 0.0:
                self.upper.learn_excess(j, z[k], counts[j])
            elif rates[k] > 0.0:
                self.lower.learn_excess(j, -z[k], counts[j])
        self.upper.follow(present, z, rates, count)
        self.lower.follow(present, mirrored, rates, count)
        for i in range(self.far_count):
            j = present[self.far.at[i]]
            if self.is_lost(j):
                self.begin(j)

    def is_lost(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether the rungs of the feature at position j are no longer those of its values."""
        return max(self.upper.shares.at[j], self.lower.shares.at[j]) >= LOST

    def begin(self, j: cython.Py_ssize_t) -> None:
        """Start the rungs of the feature at position j."""
        self.counts.at[j] = 0.0
        self.upper.begin(j)
        self.lower.begin(j)

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """The distance, of the most surprising feature."""
        k: cython.Py_ssize_t
        for k in range(standard.features.count):
            contributions[standard.features.present.at[k]] = (
                self.largest if k == self.largest_at else 0.0
            )

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events to that of ``events``."""
        j: cython.Py_ssize_t
        for j in range(self.size):
            self.counts.at[j] = min(self.counts.at[j], events)
            self.upper.due.at[j] = 0.0
            self.lower.due.at[j] = 0.0

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.counts.grow(size)
        self.ratios.grow(size)
        self.mirrored.grow(size)
        self.rates.grow(size)
        self.far.grow(size)
        self.upper.grow(size)
        return self.lower.grow(size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        j: cython.Py_ssize_t
        for j in range(self.size, size):
            self.begin(j)
        self.size = size

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.begin(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """A count, and of each side rung, share, pause and tail."""
        return 17 * size

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the rungs through ``archive``."""
        size: cython.Py_ssize_t = standard.features.size
        self.counts.exchange_counts(archive, size, LARGEST_COUNT, "count of a feature")
        self.upper.exchange(archive, size)
        return self.lower.exchange(archive, size)
