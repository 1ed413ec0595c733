# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The typical size of each feature's larger deviations, and how similar features are in it."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs, log, sqrt

    from clipsgd_river._kernels.sgd.kept_values import SAME

# Median of |z| given |z| > 1 for standard normal z.
GAUSSIAN_MEDIAN = 1.4096
GAUSSIAN_SHARE = 1.0 / GAUSSIAN_MEDIAN
# The first excess may be an outlier: it starts the median at no more than this many scales.
LARGEST_START = 8.0
# After so many deviations beyond the scale the step is one over their number.
MATURE = 100.0
UP = 1.0 + 1.0 / MATURE
DOWN = 1.0 / UP
SMALLEST = 1e-140
LARGEST = 1e150
# Variance of the logarithm of amplitudes of features in one unit, and of features in many.
ALIKE = 0.75
UNLIKE = 1.5
# Events between two updates of the pooled amplitude; every event at first.
PERIOD = 16.0
FIRST_EVENTS = 64.0


class Amplitudes:
    r"""Median deviation of each feature among those that exceed its scale, and a pooled one.

    A standard deviation describes a feature that rests in most events poorly: it is small because
    the feature rarely moves, and dividing by it makes every move an extreme. The amplitude a is
    the running median of absolute deviations beyond one scale, over its value for a Gaussian, and
    no less than the scale. For a Gaussian feature a is the standard deviation; for a word that is
    in one message of a hundred, or a pixel that is mostly dark, it is the size of what is there.

    Features of one unit (the pixels of an image) have amplitudes of one order, and a common unit
    for all of them keeps what differences there are; features of different units need each their
    own. The variance v of log a over the features decides between the two:

    .. math:: \sigma_j^2 = (1 - w) a_j^2 + w\,\bar{a^2},

    w = 1 up to v = 3/4 (amplitudes within a factor of 2.4 of their middle) and falling to 0 at
    v = 3/2 (3.4): beyond, a pooled unit would silence the small ones.

    O(features present) per event, and every 16th O(active features); 32 bytes per feature.

    Parameters
    ----------
    features
        Those of the events; the active ones among them are pooled.
    """

    def __init__(self, features: FeatureTable) -> None:
        self.active = features.follow_active()
        self.median = Vector()
        self.count = Vector()
        self.unit = Vector()
        self.inverse = Vector()
        self.weight = 0.0
        self.pooled = 0.0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.median.grow(size)
        self.count.grow(size)
        self.unit.grow(size)
        self.inverse.grow(size)
        return 0

    def amplitude_of(self, j: cython.Py_ssize_t, scale: cython.double) -> float:
        """Amplitude of a feature of this scale; 0 for one that never moved."""
        amplitude: cython.double = max(self.median.at[j] * GAUSSIAN_SHARE, scale)
        return min(amplitude, LARGEST) if amplitude > SMALLEST else 0.0

    def pool(self, scale: cython.p_double) -> None:
        """Update the mean square amplitude of active features, and how similar they are."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        count: cython.Py_ssize_t = self.active.count
        positions: cython.p_int = self.active.positions.at
        moving: cython.double = 0.0
        square: cython.double = 0.0
        mean: cython.double = 0.0
        spread: cython.double = 0.0
        amplitude: cython.double
        logarithm: cython.double
        for k in range(count):
            j = positions[k]
            amplitude = self.amplitude_of(j, scale[j])
            if amplitude > 0.0:
                moving += 1.0
                logarithm = log(amplitude)
                mean += (logarithm - mean) / moving
                square += amplitude * amplitude
        if moving == 0.0:
            self.pooled = 0.0
            self.weight = 0.0
            return
        for k in range(count):
            j = positions[k]
            amplitude = self.amplitude_of(j, scale[j])
            if amplitude > 0.0:
                logarithm = log(amplitude) - mean
                spread += logarithm * logarithm
        spread /= moving
        self.pooled = square / moving
        self.weight = max(min((UNLIKE - spread) / (UNLIKE - ALIKE), 1.0), 0.0)

    def unit_of(self, scale: cython.double, j: cython.Py_ssize_t) -> float:
        """Unit sigma of one feature."""
        own: cython.double = self.amplitude_of(j, scale)
        return sqrt((1.0 - self.weight) * (own * own) + self.weight * self.pooled)

    def measure(self, features: FeatureTable, scale: cython.p_double) -> None:
        """Unit sigma of each present feature and its inverse, in their order; 0 and 0 for none."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        own: cython.double
        whole: cython.bint = features.count == features.size
        present: cython.p_int = features.present.at
        median: cython.p_double = self.median.at
        unit: cython.p_double = self.unit.at
        inverse: cython.p_double = self.inverse.at
        pooled: cython.double = self.weight * self.pooled
        share: cython.double = 1.0 - self.weight
        common: cython.double = 0.0
        if share == 0.0:
            # All features share one unit: one root and one division.
            pooled = sqrt(pooled)
            common = 1.0 / pooled if pooled > 0.0 else 0.0
            for k in range(features.count):
                unit[k] = pooled
                inverse[k] = common
            return
        for k in range(features.count):
            j = k if whole else present[k]
            own = max(median[j] * GAUSSIAN_SHARE, scale[j])
            own = min(own, LARGEST) if own > SMALLEST else 0.0
            unit[k] = sqrt(share * (own * own) + pooled)
        for k in range(features.count):
            inverse[k] = 1.0 / unit[k] if unit[k] > 0.0 else 0.0

    def learn(
        self,
        features: FeatureTable,
        location: cython.p_double,
        scale: cython.p_double,
        started: cython.p_double,
        events: float,
    ) -> None:
        """Let the median of each feature that exceeds its scale follow.

        Parameters
        ----------
        features
            The event.
        location, scale
            Of every feature.
        started
            1 for each present feature whose location and scale rest on enough events, else 0.
        events
            Events so far.
        """
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        excess: cython.double
        moved: cython.double
        least: cython.double
        median: cython.p_double = self.median.at
        for k in range(features.count):
            j = features.present.at[k]
            excess = fabs(features.values.at[j] - location[j])
            # Round-off is no change of a constant.
            least = max(scale[j], SAME * fabs(location[j]))
            if self.count.at[j] < MATURE:
                if excess > least and excess >= SMALLEST and started[k] > 0.0:
                    self.learn_first(j, excess, scale[j])
                continue
            moved = median[j] * (UP if excess > median[j] else DOWN)
            moved = max(min(moved, LARGEST), SMALLEST)
            median[j] = moved if excess > least else median[j]
        if events < FIRST_EVENTS or events % PERIOD == 0.0:
            self.pool(scale)

    def learn_first(
        self, j: cython.Py_ssize_t, excess: cython.double, scale: cython.double
    ) -> None:
        """Learn one of the first deviations of a feature beyond its scale: steps of 1/t."""
        count: cython.p_double = self.count.at
        count[j] += 1.0
        step: cython.double = 1.0 / count[j]
        if self.median.at[j] == 0.0:
            self.median.at[j] = min(excess, LARGEST)
            if scale > 0.0:
                self.median.at[j] = min(excess, LARGEST_START * scale)
        elif excess > self.median.at[j]:
            self.median.at[j] = min(self.median.at[j] * (1.0 + step), LARGEST)
        else:
            self.median.at[j] = max(self.median.at[j] / (1.0 + step), SMALLEST)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state through ``archive``."""
        self.weight = archive.bounded(self.weight, 0.0, 1.0, "weight of amplitudes")
        self.pooled = archive.bounded(self.pooled, 0.0, LARGEST * LARGEST, "pooled amplitude")
        self.median.exchange_bounded(archive, size, 0.0, LARGEST, "amplitude")
        return self.count.exchange_counts(archive, size, MATURE, "count of amplitudes")
