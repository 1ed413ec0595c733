# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Mean and variance of one variable by clipped SGD, and how far the mean may be off."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.split_variable import SplitVariable
from clipsgd_river._kernels.stats.univariate import UnivariateKernel

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.robust_start import ROUND_OFF
    from clipsgd_river._kernels.sgd.repeated_values import REGULAR

# The growing one is this multiple of the scale times the fourth root of the memory. Smaller: more
# bias at skewed variables; larger: an outlier moves the mean further. Among 2, 3, 4, 5, 6 and 8 on
# Pareto(2.1), 5 is the smallest beyond which the large errors hardly shrink any more.
GROWING_MULTIPLE = 5.0
LARGEST_THRESHOLD = 1e300
# Bounds of location and mean square for values up to 1e150.
LARGEST_LOCATION = 1e152
LARGEST_SQUARE = 1e304
SMALLEST_THRESHOLD = 1e-300
# Standardised gradients are cut here, where their squares are still finite.
LARGEST_UNIT = 1e35


class MomentsKernel(UnivariateKernel):
    r"""Location m and mean square v of the deviations, both from gradients clipped at lambda.

    .. math:: m \leftarrow m + \eta\,g, \qquad
              v \leftarrow v + \eta\,\bigl((1 - \eta)\,g^2 / c - v\bigr), \qquad
              g = \mathrm{clip}(x - m, \lambda),

    c the share of a standard normal's second moment that clipping leaves. Without clipping and
    with eta = 1 / t this is Welford's algorithm.

    Where values repeat, a `SplitVariable` cuts them in place of lambda: g = x' - m with x' the cut
    value, and h^2 / c - h^2 is added to g^2, h = x' - mu the deviation from the location of the
    values that do not repeat and were cut; c counts for them alone. A threshold that grows needs no
    such help.

    Beside them, for the radius of the mean: with w_i the weight of the i-th gradient in m, the sum
    of w_i^2, the largest w_i lambda_i and the weighted mean of 1 / lambda_i, each by the recursion
    that the weights obey.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        UnivariateKernel.__init__(self, settings)
        rule = settings["clip"]
        self.growing = rule == "growing"
        # The growing threshold is in scales and not in medians: of a variable that is 0 in most
        # events the median deviation is 0, while its mean is that of the others.
        self.clip = ClipThreshold(GROWING_MULTIPLE if self.growing else rule)
        self.share = 1.0 if self.growing else self.clip.gaussian_share(1)
        self.splits = not self.growing and rule is not None
        if self.splits:
            self.variable = SplitVariable(self.features, rule)
        self.location = 0.0
        self.square = 0.0
        self.weight_energy = 1.0
        self.largest_influence = 0.0
        self.inverse_threshold = 0.0

    def threshold(self, scale: float) -> float:
        """Threshold now, in the unit of the variable."""
        memory: cython.double = self.memory()
        limit: cython.double = self.clip.value(memory, 1.0)
        if self.growing and memory > 1.0:
            limit *= sqrt(sqrt(memory))
        if limit >= LARGEST_THRESHOLD:
            return LARGEST_THRESHOLD
        return min(limit * scale, LARGEST_THRESHOLD)

    def known_scale(self, deviation: float) -> float:
        """Scale so far; for a constant that changes, the change over sqrt(t).

        Chebyshev's inequality bounds the scale after t equal values so.
        """
        scale: cython.double = sqrt(self.square)
        if scale > ROUND_OFF * fabs(self.location):
            return scale
        return fabs(deviation) / sqrt(self.memory())

    def begin(self) -> None:
        """Mean of the start's values, each clipped around their median."""
        sample: cython.p_double = self.start.sample.at
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count)
        center: cython.double = self.start.location
        scale: cython.double = self.start.scale
        deviation: cython.double
        sum_of_deviations: cython.double = 0.0
        sum_of_squares: cython.double = 0.0
        k: cython.Py_ssize_t
        if scale <= ROUND_OFF * fabs(center):
            scale = max(sample[n - 1] - center, center - sample[0]) / sqrt(self.count)
        limit: cython.double = self.threshold(scale)
        for k in range(n):
            sum_of_deviations += max(min(sample[k] - center, limit), -limit) / self.count
        self.location = center + sum_of_deviations
        for k in range(n):
            deviation = max(min(sample[k] - self.location, limit), -limit)
            sum_of_squares += deviation * deviation / self.count
        self.square = sum_of_squares / self.share
        self.weight_energy = 1.0 / self.count
        self.inverse_threshold = 1.0 / max(limit, SMALLEST_THRESHOLD) if limit > 0.0 else 0.0
        self.largest_influence = limit / self.count
        if scale > 0.0:
            self.clip.norm.start_at(self.median_deviation() / scale, self.count)

    def median_deviation(self) -> float:
        """Median absolute deviation of the start's values from their median."""
        deviations: cython.p_double = self.start.deviations.at
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count)
        if n % 2 == 1:
            return deviations[n // 2]
        return 0.5 * deviations[n // 2 - 1] + 0.5 * deviations[n // 2]

    def step(self, value: float) -> None:
        """One clipped step."""
        deviation: cython.double = value - self.location
        scale: cython.double = self.known_scale(deviation)
        limit: cython.double = self.threshold(scale)
        gradient: cython.double = max(min(deviation, limit), -limit)
        energy: cython.double
        kind: cython.int = REGULAR
        split: cython.bint = False
        if self.splits:
            self.variable.observe(value, self.count)
            kind = self.variable.kind
            split = self.variable.is_split()
        if split:
            gradient = self.variable.cut(
                value, self.location, scale, limit, self.count, self.step_size.rate
            )
            gradient -= self.location
            limit = max(limit, fabs(gradient))
        unit: cython.double = gradient / scale if scale > 0.0 else 0.0
        unit = max(min(unit, LARGEST_UNIT), -LARGEST_UNIT)
        rate: cython.double = self.choose_rate(unit)
        # A standstill deviates always alike: that is no median.
        if scale > 0.0 and kind == REGULAR:
            self.clip.observe(min(fabs(deviation) / scale, LARGEST_THRESHOLD), 1.0)
        if self.square <= 0.0:
            self.square = scale * scale
        rest: cython.double = 1.0 - rate
        self.location += rate * gradient
        energy = rest * gradient * gradient / self.share
        if split:
            energy = self.variable.deviation * self.variable.deviation
            energy = rest * (gradient * gradient + (energy / self.share - energy))
        self.square += rate * (energy - self.square)
        self.weight_energy = rest * rest * self.weight_energy + rate * rate
        self.largest_influence = max(rest * self.largest_influence, rate * limit)
        if limit > 0.0:
            limit = max(limit, SMALLEST_THRESHOLD)
            self.inverse_threshold += rate * (1.0 / limit - self.inverse_threshold)

    def finish_start(self) -> None:
        """Note whether the start's values repeat."""
        if self.splits:
            self.variable.repeats.note_start(0, self.start.sample.at, self.start.length)

    def settle(self) -> cython.int:
        """Provide memory for values that repeat."""
        starts: cython.bint = self.start.open and self.count == self.start.length
        return self.variable.settle(
            self.start.sample.at,
            self.start.length,
            self.location,
            sqrt(self.square),
            self.count,
            starts,
        )

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        UnivariateKernel.exchange(self, archive)
        self.clip.exchange(archive)
        self.location = archive.bounded(
            self.location, -LARGEST_LOCATION, LARGEST_LOCATION, "location"
        )
        self.square = archive.bounded(self.square, 0.0, LARGEST_SQUARE, "variance")
        self.weight_energy = archive.bounded(self.weight_energy, 0.0, 1.0, "sum of weights")
        self.largest_influence = archive.nonnegative(self.largest_influence, "weight")
        self.inverse_threshold = archive.nonnegative(self.inverse_threshold, "threshold")
        if self.splits:
            if not archive.reading and self.features.wants_memory:
                self.settle()
            self.variable.exchange(archive)
        return 0

    def variance(self) -> float:
        """Mean square over 1 - sum w_i^2: unbiased as n / (n - 1) makes it for equal weights."""
        if self.weight_energy >= 1.0:
            return 0.0
        return min(self.square / (1.0 - self.weight_energy), LARGEST_THRESHOLD)
