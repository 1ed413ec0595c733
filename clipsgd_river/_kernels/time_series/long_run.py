# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Mean and scale of each metric in the long run, by clipped steps of a fixed memory."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import fabs

    from clipsgd_river._kernels.sgd.deviations import LARGEST_SCALE
    from clipsgd_river._kernels.time_series.autoregression import GAUSSIAN

# Deviations count up to this.
LARGEST_Z = 3.0
# A scale counts as at least this share of the one that knows of values that come back.
LEAST_SCALE = 0.1


class LongRun:
    """Clipped mean of each metric, and its mean absolute deviation as a standard deviation.

    They begin with location and scale once these are known, so that outliers among the first
    events do not move them, and deviations are clipped to three scales.

    O(1) per value, 16 bytes a metric.
    """

    def __init__(self) -> None:
        self.mean = Vector()
        self.scale = Vector()

    def unit(self, standard: LocationScale, j: cython.Py_ssize_t) -> float:
        """What the scale of the metric at position j counts as."""
        return max(self.scale.at[j], LEAST_SCALE * standard.scale.at[j])

    def deviation(self, standard: LocationScale, k: cython.Py_ssize_t) -> float:
        """Deviation of the k-th present metric, in scales; until there is one, its z-score."""
        j: cython.Py_ssize_t = standard.features.present.at[k]
        if self.scale.at[j] > 0.0:
            return (standard.features.values.at[j] - self.mean.at[j]) / self.unit(standard, j)
        return standard.z.at[k]

    def learn(self, standard: LocationScale, k: cython.Py_ssize_t, rate: float) -> None:
        """One clipped step on the value of the k-th present metric."""
        j: cython.Py_ssize_t = standard.features.present.at[k]
        mean: cython.p_double = self.mean.at
        scale: cython.p_double = self.scale.at
        limit: cython.double = LARGEST_Z * max(scale[j], LEAST_SCALE * standard.scale.at[j])
        deviation: cython.double = standard.features.values.at[j] - mean[j]
        if scale[j] == 0.0:
            if standard.has_started(j):
                mean[j] = standard.location.at[j]
                scale[j] = standard.scale.at[j]
            return
        mean[j] += rate * max(-limit, min(deviation, limit))
        scale[j] += rate * (GAUSSIAN * min(fabs(deviation), limit) - scale[j])
        scale[j] = min(scale[j], LARGEST_SCALE)

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` metrics."""
        self.mean.grow(size)
        return self.scale.grow(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the metric at position j."""
        self.mean.at[j] = 0.0
        self.scale.at[j] = 0.0

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state through ``archive``."""
        largest: cython.double = LARGEST_SCALE
        self.mean.exchange_bounded(archive, size, -largest, largest, "mean")
        return self.scale.exchange_bounded(archive, size, 0.0, largest, "scale")
