# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""One-class support vector machine that is linear in how close each feature is to its location."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.slack import Slack
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.anomaly.fourier_features import FOURIER_TAIL
    from clipsgd_river._kernels.anomaly.fourier_part import SMALLEST_LEVEL, resting_rate
    from clipsgd_river._kernels.anomaly.part import LARGEST_COORDINATE, tail

# E[min(|u|, 4)] / 4 for standard normal u, (phi(0) - phi(4)) / 2 + 2 (1 - Phi(4)), and the rest.
NORMAL_DEFICIT = 0.19946756757150014
NORMAL_CLOSENESS = 1.0 - NORMAL_DEFICIT
# A margin is at least this part of the mean deficit of standard normal features.
SMALLEST_MARGIN = 0.001


class ClosenessPart(Part):
    r"""Weights w and margin of a linear one-class support vector machine on closenesses.

    A plane in the deviations u themselves would separate the events from the origin, which is
    where most of them are: its sign would say nothing. The events are far from the origin in the
    closenesses a_j = 1 - min(|u_j|, 4) / 4, whose origin is an event off in every feature. There
    w is a mean of the closenesses of the events with slack, never negative,

    .. math:: w \leftarrow w + (e / \nu) \min(1, \lambda / \|w - a\|)\,(a - w)\,1[s > m], \qquad
              s = \sum_j w_j - w^\top a = \sum_j w_j \min(|u_j|, 4) / 4,

    as `FourierMarginPart` derives it, so that a feature weighs more the closer it stays even in
    the events at the fringe. The margin m on the deficit s follows by `Slack`; the distance is
    s / m plus the logarithms of what exceeds 4 scales: 1 on the margin, and a sum over features.
    O(features present).
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        self.clip = ClipThreshold(settings["clip"])
        self.slack = Slack(settings["nu"], 1.0 - settings["nu"])
        self.weights = Vector()
        self.size = 0

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        return self.weights.grow(size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all, with the weight of a standard normal one."""
        j: cython.Py_ssize_t
        for j in range(self.size, size):
            self.weights.at[j] = NORMAL_CLOSENESS
        self.size = size
        self.slack.start_at(NORMAL_CLOSENESS * NORMAL_DEFICIT * size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.weights.at[j] = NORMAL_CLOSENESS

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of the weights."""
        return size

    def term(self, z: float, weight: float) -> float:
        """What a deviation adds to the distance beside others of its kind; at least 0."""
        size: cython.double = fabs(z)
        margin: cython.double = max(self.slack.margin.value, SMALLEST_LEVEL)
        if size <= LARGEST_COORDINATE:
            return weight * (size / LARGEST_COORDINATE) / margin
        return weight / margin + tail(z, FOURIER_TAIL)

    def distance(self, standard: LocationScale) -> float:
        """s / m plus the tail."""
        k: cython.Py_ssize_t
        total: cython.double = 0.0
        for k in range(standard.features.count):
            total += self.term(standard.z.at[k], self.weights.at[standard.features.present.at[k]])
        return total

    def usual_distance(self, standard: LocationScale) -> float:
        """1: an event on the margin."""
        return 1.0

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """Each feature's term, which is also the drop of the distance without it."""
        k: cython.Py_ssize_t
        j: cython.int
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            contributions[j] = self.term(standard.z.at[k], self.weights.at[j])

    def step(self, standard: LocationScale, events: float) -> None:
        """One clipped step of w and of the margin, on the features that have started."""
        weights: cython.p_double = self.weights.at
        k: cython.Py_ssize_t
        j: cython.int
        a: cython.double
        started: cython.double = 0.0
        expected: cython.double = 0.0
        deficit: cython.double = 0.0
        square: cython.double = 0.0
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            a = self.closeness(standard, k)
            if a >= 0.0:
                started += 1.0
                square += (a - weights[j]) * (a - weights[j])
                deficit += weights[j] * (1.0 - a)
                expected += weights[j] * NORMAL_DEFICIT
        if deficit <= 0.0:
            return
        slack: cython.bint = deficit > self.slack.margin.value
        self.slack.observe(deficit, slack)
        # Events that repeat their expected values have next to no deficit; nor have any at nu = 1.
        self.slack.clamp(SMALLEST_MARGIN * expected, expected / NORMAL_DEFICIT)
        if not slack:
            return
        rate: cython.double = self.slack.weight(resting_rate(standard, events))
        norm: cython.double = sqrt(square)
        limit: cython.double = self.clip.value(1.0 / max(rate, 1e-9), started)
        self.clip.observe(norm, started)
        if norm > limit:
            rate *= limit / norm
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            a = self.closeness(standard, k)
            if a >= 0.0:
                weights[j] += rate * (a - weights[j])

    def closeness(self, standard: LocationScale, k: cython.Py_ssize_t) -> float:
        """1 - min(|u|, 4) / 4 of the k-th present feature; -1 if it still starts."""
        if not standard.has_started(standard.features.present.at[k]):
            return -1.0
        return 1.0 - min(fabs(standard.z.at[k]), LARGEST_COORDINATE) / LARGEST_COORDINATE

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.clip.exchange(archive)
        self.slack.exchange(archive)
        size: cython.Py_ssize_t = standard.features.size
        return self.weights.exchange_bounded(archive, size, 0.0, 1.0 + 1e-9, "weight")
