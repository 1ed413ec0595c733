# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Bits of every feature of an event, as one view of a detector on location and scale."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.expected_bits import ExpectedBits
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.value_bits import ValueBits
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import fabs, log

    from clipsgd_river._kernels.anomaly.frequent_values import BITS

# Events that quantiles, tails and frequent values remember.
MEMORY = 10_000
# Euler's constant.
EULER = 0.5772156649015329
# Bits of one feature, at most.
MOST_BITS = 100.0


class EventBits(Part):
    """How far out each feature lies, or how rarely its value comes, in bits; their sum.

    `ValueBits`, with the sign of the side of the median that the value is on, less those that the
    bits just before let expect (`ExpectedBits`), and at most 100 of a feature. They remember 10,000
    events: a burst of some hundred like events stays unusual.

    After `distance` there are the ``largest`` of the bits, too, and for each present feature its
    bits with their sign, in ``signed``.

    O(1) per event and feature; some 600 bytes a feature.

    Parameters
    ----------
    settings
        ``warm_up``: values that the start of a ladder takes.
    features
        Those of the detector.
    memory
        How many events a change must last to count as normal.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable, memory: float) -> None:
        self.values = ValueBits(MEMORY, settings["warm_up"])
        self.before = ExpectedBits(memory, MOST_BITS)
        self.slots = Vector()
        # Bits of each present feature by its values alone.
        self.own = Vector()
        self.signed = Vector()
        self.largest = 0.0
        self.started = 0

    def distance(self, standard: LocationScale) -> float:
        """Sum of the bits of all present features."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        bits: cython.double
        value: cython.double
        total: cython.double = 0.0
        self.largest = 0.0
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            value = standard.features.values.at[j]
            bits = min(self.values.bits(j, value), MOST_BITS)
            self.slots.at[k] = self.values.slot
            self.own.at[k] = -bits if self.values.ladders.is_below_median(j, value) else bits
            bits = self.own.at[k] - self.before.expected(j)
            self.signed.at[k] = max(min(bits, MOST_BITS), -MOST_BITS)
            bits = fabs(self.signed.at[k])
            total += bits
            self.largest = max(self.largest, bits)
        return total

    def usual_distance(self, standard: LocationScale) -> float:
        """Bits of an ordinary number are exponential with mean 1 / log 2."""
        return BITS * standard.features.count

    def usual_largest(self, features: float) -> float:
        """Mean of the largest of as many exponential variables, about."""
        return BITS * (log(features) + EULER)

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """Bits of each present feature."""
        k: cython.Py_ssize_t
        for k in range(standard.features.count):
            contributions[standard.features.present.at[k]] = fabs(self.signed.at[k])

    def contribute_largest(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """The largest bits, of the first feature that has as many; 0 for the others."""
        k: cython.Py_ssize_t
        found: cython.bint = False
        for k in range(standard.features.count):
            j: cython.Py_ssize_t = standard.features.present.at[k]
            contributions[j] = 0.0
            if not found and fabs(self.signed.at[k]) == self.largest:
                contributions[j] = self.largest
                found = True

    def step(self, standard: LocationScale, events: float) -> None:
        """One clipped step on each value of the event of the last `distance`."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        value: cython.double
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            value = standard.features.values.at[j]
            self.values.observe(j, value, cython.cast(cython.Py_ssize_t, self.slots.at[k]))
            self.before.observe(j, self.own.at[k])
        if self.values.ladders.lost:
            standard.features.wants_memory = True

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events in quantiles to that of ``events``."""
        self.values.ladders.shorten(self.started, events)

    def prepare(self) -> cython.int:
        """Start ladders anew that are lost; give back memory that is no longer needed."""
        return self.values.prepare(self.started)

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.slots.grow(size)
        self.own.grow(size)
        self.signed.grow(size)
        self.before.grow(size)
        return self.values.grow(size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        j: cython.Py_ssize_t
        for j in range(self.started, size):
            self.reset_feature(j)
        self.started = max(self.started, size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.values.start(j)
        self.before.start(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of ladders, of frequent values, and of bits just before."""
        return self.values.least_numbers(size) + self.before.least_numbers(size)

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.values.exchange(archive, standard.features.size)
        return self.before.exchange(archive, standard.features.size)
