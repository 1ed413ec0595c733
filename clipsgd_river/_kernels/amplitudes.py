# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How far each feature goes when it moves at all, and how alike the features are in that."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.archive import Archive
from clipsgd_river._kernels.buffers import enlarged, zeros
from clipsgd_river._kernels.features import FeatureTable

try:
    import cython
except ImportError:
    from clipsgd_river._kernels import _shim as cython

if not cython.compiled:
    from math import fabs, log, sqrt

    from clipsgd_river._kernels.buffers import doubles

# Median of |z| given |z| > 1 for standard normal z.
GAUSSIAN_MEDIAN = 1.4096
# The first excess may be an outlier: it starts the median at no more than this many scales.
LARGEST_START = 8.0
GAIN = 0.02
SMALLEST = 1e-140
LARGEST = 1e150
# Events between two looks at all features together; every event at first.
PERIOD = 16.0
FIRST_EVENTS = 64.0


class Amplitudes:
    r"""Median deviation of each feature among those that exceed its scale, and a pooled one.

    A standard deviation says little of a feature that rests in most events: it is small because
    the feature rarely moves, and dividing by it makes every move an extreme. The amplitude a is
    the running median of absolute deviations beyond one scale, over its value for a Gaussian, and
    no less than the scale. For a Gaussian feature a is the standard deviation; for a word that is
    in one message of a hundred, or a pixel that is mostly dark, it is the size of what is there.

    Features of one unit (the pixels of an image) have amplitudes of one order, and a common unit
    for all of them keeps what differences there are; features of different units need each their
    own. The spread v of log a over the features decides between the two, smoothly:

    .. math:: \sigma_j^2 = (1 - w) a_j^2 + w\,\bar{a^2}, \qquad w = 1 / (1 + v^4)

    O(features present) per event; 24 bytes per feature.
    """

    def __init__(self) -> None:
        self.size = 0
        self.median_values = zeros(0)
        self.median = doubles(self.median_values)
        self.count_values = zeros(0)
        self.count = doubles(self.count_values)
        self.unit_values = zeros(0)
        self.unit = doubles(self.unit_values)
        self.weight = 0.0
        self.pooled = 0.0

    def reserve(self, size: cython.Py_ssize_t) -> cython.int:
        """Make room for ``size`` features."""
        median = enlarged(self.median_values, size)
        count = enlarged(self.count_values, size)
        unit = zeros(size)
        self.median_values = median
        self.median = doubles(median)
        self.count_values = count
        self.count = doubles(count)
        self.unit_values = unit
        self.unit = doubles(unit)
        self.size = size
        return 0

    def own(self, j: cython.Py_ssize_t, scale: cython.double) -> float:
        """Amplitude of a feature of this scale; 0 for one that never moved."""
        amplitude: cython.double = max(self.median[j] / GAUSSIAN_MEDIAN, scale)
        return min(amplitude, LARGEST) if amplitude > SMALLEST else 0.0

    def pool(self, scale: cython.p_double) -> None:
        """Look at all features: their mean square amplitude, and how alike they are."""
        j: cython.Py_ssize_t
        moving: cython.double = 0.0
        square: cython.double = 0.0
        mean: cython.double = 0.0
        spread: cython.double = 0.0
        amplitude: cython.double
        logarithm: cython.double
        for j in range(self.size):
            amplitude = self.own(j, scale[j])
            if amplitude > 0.0:
                moving += 1.0
                logarithm = log(amplitude)
                mean += (logarithm - mean) / moving
                square += amplitude * amplitude
        if moving == 0.0:
            self.pooled = 0.0
            self.weight = 0.0
            return
        for j in range(self.size):
            amplitude = self.own(j, scale[j])
            if amplitude > 0.0:
                logarithm = log(amplitude) - mean
                spread += logarithm * logarithm
        spread /= moving
        self.pooled = square / moving
        self.weight = 1.0 / (1.0 + spread * spread * spread * spread)

    def measure(self, features: FeatureTable, scale: cython.p_double) -> cython.p_double:
        """Unit sigma of each present feature, in their order; 0 where nothing ever moved."""
        k: cython.Py_ssize_t
        own: cython.double
        pooled: cython.double = self.weight * self.pooled
        share: cython.double = 1.0 - self.weight
        for k in range(features.count):
            own = self.own(features.present[k], scale[features.present[k]])
            self.unit[k] = sqrt(share * (own * own) + pooled)
        return self.unit

    def learn(
        self,
        features: FeatureTable,
        location: cython.p_double,
        scale: cython.p_double,
        events: float,
    ) -> None:
        """Let the median of each feature that exceeds its scale follow."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        step: cython.double
        excess: cython.double
        for k in range(features.count):
            j = features.present[k]
            excess = fabs(features.values[j] - location[j])
            if excess <= scale[j] or excess < SMALLEST:
                continue
            self.count[j] += 1.0
            if self.median[j] == 0.0:
                self.median[j] = min(excess, LARGEST)
                if scale[j] > 0.0:
                    self.median[j] = min(excess, LARGEST_START * scale[j])
                continue
            step = max(GAIN, 1.0 / self.count[j])
            if excess > self.median[j]:
                self.median[j] = min(self.median[j] * (1.0 + step), LARGEST)
            else:
                self.median[j] = max(self.median[j] / (1.0 + step), SMALLEST)
        if events < FIRST_EVENTS or events % PERIOD == 0.0:
            self.pool(scale)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state through ``archive``."""
        j: cython.Py_ssize_t
        self.weight = archive.number(self.weight)
        self.pooled = archive.number(self.pooled)
        self.median_values = archive.vector(self.median_values, size)
        self.median = doubles(self.median_values)
        self.count_values = archive.vector(self.count_values, size)
        self.count = doubles(self.count_values)
        if not 0.0 <= self.weight <= 1.0 or not 0.0 <= self.pooled <= LARGEST * LARGEST:
            raise ValueError("the state holds an impossible pooled amplitude: it is damaged")
        for j in range(size):
            archive.check_count(self.count[j])
            if not 0.0 <= self.median[j] <= LARGEST:
                raise ValueError("the state holds an impossible amplitude: it is damaged")
        return 0

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to these amplitudes."""
        return [self, self.median_values, self.count_values, self.unit_values]
