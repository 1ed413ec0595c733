# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Random Fourier features of an event: cosines and sines whose inner products are kernels."""

from __future__ import annotations

from array import array
from typing import Any

import cython

from clipsgd_river._kernels.anomaly.fourier_weights import frequencies, spelled
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import exp, sqrt

    from clipsgd_river._kernels.anomaly.part import LARGEST_COORDINATE, tail
    from clipsgd_river._kernels.core.circle import double_angles, turn

# Of the tail of a distance by Fourier features.
FOURIER_TAIL = 0.5
# Bandwidths sqrt(d), sqrt(d) / 2 and sqrt(d) / 4: twice and four times the angles of the first.
BANDWIDTHS = 3
# More weights than this, 1 GB, are refused.
LARGEST_WEIGHTS = 2**27


class FourierFeatures:
    r"""Random Fourier features of the standardised event, at three bandwidths.

    With u the deviations times n / (n + 3), each clipped to +-4, and d active features
    (`Attendance`), the D angles are

    .. math:: a_k = \sum_j w_{jk} u_j / \sqrt d,

    w_jk standard normal numbers from a hash of the seed and the feature's name. Of a_k, 2 a_k and
    4 a_k the cosines and sines are kept: the mean over k of cos(m a_k(u)) cos(m a_k(v)) +
    sin(m a_k(u)) sin(m a_k(v)) estimates the Gaussian kernel exp(-||u - v||^2 m^2 / (2 d)) of
    bandwidth sqrt(d) / m (Rahimi and Recht, NeurIPS 2007). Only the first angles need a sine; the
    others follow by the formulas of the double angle.

    A missing feature takes u = 0. O(d D) per event; 8 d D + 112 D bytes, none of them state.

    Parameters
    ----------
    components
        Number of angles D.
    seed
        Part of what is hashed.
    features
        Those of the events.
    """

    def __init__(self, components: cython.Py_ssize_t, seed: Any, features: FeatureTable) -> None:
        self.features = features
        self.active = features.follow_active()
        self.size = 0
        self.next_size = 0
        self.components = components
        self.length = 2 * BANDWIDTHS * components
        self.seed = seed
        self.factor = 1.0
        self.square = 0.0
        self.tail = 0.0
        self.weights = Vector()
        self.next_weights = Vector()
        self.coordinates = Vector()
        self.angles = Vector(components)
        self.other_angles = Vector(components)
        self.values = Vector(self.length)
        self.shrinking = Vector(self.length)
        self.next_shrinking = Vector(self.length)
        self.pending = False

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Weights of ``size`` features, and what standard normal new ones leave of a mean.

        E[exp(i w u)] = exp(-w^2 / 2) for standard normal u: a mean over events that lacked the
        new features is multiplied by that to become the mean with independent new ones.
        """
        i: cython.Py_ssize_t
        b: cython.Py_ssize_t
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        components: cython.Py_ssize_t = self.components
        count: cython.Py_ssize_t = self.active.next_count
        if size * components > LARGEST_WEIGHTS:
            raise ValueError(
                f"{size} features and n_components={components} take more than 1 GB of weights; "
                "lower n_components or max_features"
            )
        weights = array("d", self.weights.memory[: self.size * components])
        names = self.features.coming_names()
        for name in names[self.size : size]:
            weights.extend(frequencies(spelled(name), self.seed, components))
        for position, name in self.features.passing:
            row = frequencies(spelled(name), self.seed, components)
            weights[position * components : (position + 1) * components] = row
        squares = zeros(components)
        for k in range(count):
            # Features that start anew here have not left their mark on the mean either.
            if self.size == 0 or self.active.origin(k) < 0:
                j = self.active.next_positions.at[k]
                for i in range(components):
                    weight = weights[j * components + i]
                    squares[i] += weight * weight
        shrinking = zeros(self.length)
        power: float = 0.5 / max(count, 1)
        for b in range(BANDWIDTHS):
            for i in range(components):
                share = exp(-power * squares[i])
                for k in (2 * b * components + i, (2 * b + 1) * components + i):
                    shrinking[k] = share * (self.shrinking.at[k] if self.pending else 1.0)
            power *= 4.0
        self.coordinates.grow(size)
        self.next_weights = Vector()
        self.next_weights.replace(weights if len(weights) > 0 else zeros(0))
        self.next_shrinking = Vector()
        self.next_shrinking.replace(shrinking)
        self.next_size = size
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all; they count from `include_new` on."""
        self.weights = self.next_weights
        self.shrinking = self.next_shrinking
        self.size = self.next_size
        self.pending = True

    def include_new(self, count: cython.Py_ssize_t, mean: cython.p_double) -> None:
        """Let new features count: in the bandwidth, and in a mean of earlier events.

        Not before the distance of the event that brings them is known: as long as they stand at
        their expected values, what is known of the others alone makes the distance.
        """
        k: cython.Py_ssize_t
        self.set_bandwidth(count)
        for k in range(self.length):
            mean[k] *= self.shrinking.at[k]

    def set_bandwidth(self, count: cython.Py_ssize_t) -> None:
        """Set the bandwidth for ``count`` active features, none of them new."""
        self.pending = False
        self.factor = 1.0 / sqrt(max(count, 1))

    def load(self, standard: LocationScale, started: cython.bint) -> None:
        """Coordinates and angles of the loaded event, or of its features that have started."""
        k: cython.Py_ssize_t
        z: cython.double
        count: cython.Py_ssize_t = standard.features.count
        self.square = 0.0
        self.tail = 0.0
        for k in range(count):
            z = standard.z.at[k]
            if started and not standard.has_started(standard.features.present.at[k]):
                z = 0.0
            self.tail += tail(z, FOURIER_TAIL)
            z = max(min(z, LARGEST_COORDINATE), -LARGEST_COORDINATE)
            self.coordinates.at[k] = z
            self.square += z * z
        for k in range(self.components):
            self.angles.at[k] = 0.0
        self.project(standard.features.present.at, count)

    def project(self, present: cython.p_int, count: cython.Py_ssize_t) -> None:
        """Add the present features' share to the angles, four features at a time."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t = 0
        components: cython.Py_ssize_t = self.components
        weights: cython.p_double = self.weights.at
        u: cython.p_double = self.coordinates.at
        angles: cython.p_double = self.angles.at
        a: cython.Py_ssize_t
        b: cython.Py_ssize_t
        c: cython.Py_ssize_t
        d: cython.Py_ssize_t
        ua: cython.double
        ub: cython.double
        uc: cython.double
        ud: cython.double
        while k + 4 <= count:
            a = present[k] * components
            b = present[k + 1] * components
            c = present[k + 2] * components
            d = present[k + 3] * components
            ua = u[k]
            ub = u[k + 1]
            uc = u[k + 2]
            ud = u[k + 3]
            for i in range(components):
                angles[i] += (ua * weights[a + i] + ub * weights[b + i]) + (
                    uc * weights[c + i] + ud * weights[d + i]
                )
            k += 4
        while k < count:
            a = present[k] * components
            ua = u[k]
            for i in range(components):
                angles[i] += ua * weights[a + i]
            k += 1

    def leave_out(self, standard: LocationScale, k: cython.Py_ssize_t) -> None:
        """Angles without the k-th present feature, to ``other_angles``."""
        i: cython.Py_ssize_t
        u: cython.double = self.coordinates.at[k]
        start: cython.Py_ssize_t = standard.features.present.at[k] * self.components
        weights: cython.p_double = self.weights.at
        angles: cython.p_double = self.angles.at
        others: cython.p_double = self.other_angles.at
        for i in range(self.components):
            others[i] = angles[i] - u * weights[start + i]

    def evaluate(self, angles: cython.p_double) -> None:
        """Cosines and sines of angles at every bandwidth, to ``values``."""
        b: cython.Py_ssize_t
        turn(angles, self.factor, self.values.at, self.components)
        for b in range(BANDWIDTHS - 1):
            double_angles(self.values.at, 2 * b * self.components, self.components)
