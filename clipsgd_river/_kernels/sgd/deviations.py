# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How far each value of an event lies from its feature's location, in scales."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.core.robust_start import ROUND_OFF
    from clipsgd_river._kernels.sgd.kept_values import same

# Standardised deviations are cut here, where a product of four of their squares is still finite.
LARGEST_DEVIATION = 1e35
# Locations and scales of values up to 1e150 do not exceed this.
LARGEST_SCALE = 1e152
# A scale below this, or below the round-off of its location, is that of a constant.
SMALLEST_SCALE = 1e-140
# Number of equal events beyond which more of them change nothing.
CONSTANT_MEMORY = 1000.0
# A location and a scale from n events predict the next one less well than true ones would:
# deviations are shrunk to n / (n + 3) of their size.
PRIOR_EVENTS = 3.0
# Phi^-1(0.975): 95 % of a Gaussian lie within this many standard deviations.
BAND = 1.959963984540054


class Deviations:
    """Location m and scale s per feature, and the loaded event's deviations (x - m) / s.

    A feature constant so far has s = 0; a first other value deviates by sqrt(n): Chebyshev's
    inequality bounds it so. What moves m and s is up to a subclass.

    Parameters
    ----------
    features
        Whose loaded event the methods work on.
    warm_up
        First events of a feature, whose location and scale a `RobustStart` finds.
    """

    def __init__(self, features: FeatureTable, warm_up: int) -> None:
        self.features = features
        self.start = RobustStart(warm_up)
        self.starting = 0
        self.irregular = 0
        self.uniform = True
        self.size = 0
        self.location = Vector()
        self.scale = Vector()
        self.seen = Vector()
        self.precision = Vector()
        # Of the loaded event, in the order of its features.
        self.deviation = Vector()
        self.z = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features; no estimate changes."""
        self.location.grow(size)
        self.scale.grow(size)
        self.seen.grow(size)
        self.precision.grow(size)
        self.deviation.grow(size)
        self.z.grow(size)
        self.start.grow(size)
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features: there are ``size`` now, and `grow` has provided memory for them."""
        self.starting += size - self.size
        self.irregular += size - self.size
        if self.size > 0:
            self.uniform = False
        self.size = size

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Location, scale and count of each feature."""
        return 3 * size

    def has_started(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether the feature at position j has seen enough events to be relied on."""
        return self.seen.at[j] >= self.start.length

    def standardise(self) -> None:
        """Deviation of each present feature in its own scale; 0 for one never seen."""
        count: cython.Py_ssize_t = self.features.count
        whole: cython.bint = count == self.features.size
        present: cython.p_int = self.features.present.at
        values: cython.p_double = self.features.values.at
        location: cython.p_double = self.location.at
        precision: cython.p_double = self.precision.at
        deviations: cython.p_double = self.deviation.at
        deviation: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for k in range(count):
            j = k if whole else present[k]
            deviation = (values[j] - location[j]) * precision[j]
            deviations[k] = max(min(deviation, LARGEST_DEVIATION), -LARGEST_DEVIATION)
        if self.irregular > 0:
            for k in range(count):
                j = present[k]
                if precision[j] == 0.0 and not same(values[j], location[j]):
                    deviation = sqrt(min(self.seen.at[j], CONSTANT_MEMORY))
                    deviations[k] = deviation if values[j] > location[j] else -deviation

    def shrinkage(self) -> float:
        """Share n / (n + 3) of a deviation that counts, for features seen n times.

        One number if all features were seen alike; otherwise 0, and one each in scratch.
        """
        count: cython.Py_ssize_t = self.features.count
        present: cython.p_int = self.features.present.at
        weights: cython.p_double = self.features.scratch.at
        seen: cython.p_double = self.seen.at
        k: cython.Py_ssize_t
        if self.uniform and seen[0] > 0.0:
            return seen[0] / (seen[0] + PRIOR_EVENTS)
        for k in range(count):
            weights[k] = seen[present[k]] / (seen[present[k]] + PRIOR_EVENTS)
        return 0.0

    def compute_z_scores(self) -> None:
        """Standardise, and leave the deviations times their `shrinkage` in ``z``."""
        k: cython.Py_ssize_t
        deviations: cython.p_double = self.deviation.at
        z: cython.p_double = self.z.at
        weights: cython.p_double = self.features.scratch.at
        self.standardise()
        common: cython.double = self.shrinkage()
        if common > 0.0:
            for k in range(self.features.count):
                z[k] = deviations[k] * common
        else:
            for k in range(self.features.count):
                z[k] = deviations[k] * weights[k]

    def leave_constant(self, j: cython.Py_ssize_t) -> None:
        """A constant that changes takes its first scale from the change itself."""
        if self.precision.at[j] > 0.0 and self.has_started(j):
            return
        self.irregular -= 1
        if self.has_started(j):
            self.scale.at[j] = fabs(self.features.values.at[j] - self.location.at[j]) / sqrt(
                min(self.seen.at[j], CONSTANT_MEMORY)
            )

    def update_precision(self, j: cython.Py_ssize_t) -> None:
        """Precision 1 / s; a scale lost in round-off is 0, and so is its precision."""
        scale: cython.double = self.scale.at[j]
        if scale < max(ROUND_OFF * fabs(self.location.at[j]), SMALLEST_SCALE):
            self.scale.at[j] = 0.0
            self.precision.at[j] = 0.0
        else:
            self.precision.at[j] = 1.0 / scale
        if self.precision.at[j] == 0.0 or not self.has_started(j):
            self.irregular += 1

    def write_band(
        self, k: cython.Py_ssize_t, expected: float, spread: float, band: cython.p_double
    ) -> None:
        """Low end, middle and high end of what holds 95 % of a Gaussian feature, in its unit.

        Parameters
        ----------
        k
            Which of the present features; the three numbers are written from ``band[3 * k]`` on.
        expected, spread
            Its expected deviation and the standard deviation of that, in scales.
        """
        half: cython.double = BAND * spread
        location: cython.double = self.location.at[self.features.present.at[k]]
        scale: cython.double = self.scale.at[self.features.present.at[k]]
        band[3 * k] = location + scale * (expected - half)
        band[3 * k + 1] = location + scale * expected
        band[3 * k + 2] = location + scale * (expected + half)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass location, scale and count of each feature, and its start, through ``archive``."""
        size: cython.Py_ssize_t = self.features.size
        self.location.exchange_bounded(archive, size, -LARGEST_SCALE, LARGEST_SCALE, "location")
        self.scale.exchange_bounded(archive, size, 0.0, LARGEST_SCALE, "scale")
        self.seen.exchange_counts(archive, size, LARGEST_COUNT, "count of a feature")
        j: cython.Py_ssize_t
        self.starting = 0
        self.irregular = 0
        self.uniform = True
        for j in range(size):
            self.uniform = self.uniform and self.seen.at[j] == self.seen.at[0]
            if not self.has_started(j):
                self.starting += 1
            self.update_precision(j)
        self.start.exchange(archive, self.seen.at, size)
        return 0

    def shorten(self, events: float) -> None:
        """Reduce the weight of all past events of a feature to that of ``events``.

        Steps are then 1 / events at least, and shrink from there as they do after a start.
        """
        j: cython.Py_ssize_t
        # A feature that has started does not start again.
        least: cython.double = max(events, self.start.length)
        for j in range(self.size):
            self.seen.at[j] = min(self.seen.at[j], least)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there, in memory of `grow`."""
        if self.has_started(j):
            self.starting += 1
            if self.precision.at[j] > 0.0:
                self.irregular += 1
        self.location.at[j] = 0.0
        self.scale.at[j] = 0.0
        self.precision.at[j] = 0.0
        self.seen.at[j] = 0.0
        self.uniform = False
