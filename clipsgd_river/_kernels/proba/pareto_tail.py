# cython: language_level=3, cdivision=True
"""A generalised Pareto tail fitted by clipped natural-gradient steps."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive

if not cython.compiled:
    from math import exp, expm1, fabs, log, log1p, sqrt

# The Fisher information exists for shapes above -1/2 only.
SMALLEST_SHAPE = -0.45
LARGEST_SHAPE = 4.0
SMALLEST_SCALE = 1e-3
LARGEST_SCALE = 1e30
# The prior is a heavy tail, so that alerts start late rather than in a burst.
PRIOR_SHAPE = 0.3
PRIOR_COUNT = 20.0
# Natural gradients are cut at this times the fourth root of the memory in excesses.
CLIP = 4.0
NEARLY_EXPONENTIAL = 1e-4
SMALLEST_SURVIVAL = 1e-260
LOG_10 = 2.302585092994046
# The levels keep this distance from each other and from 0.
SMALLEST_STRETCH = 0.05
# Beyond the exponents of both: exp stays within the range of a double, times the largest scale.
LARGEST_EXPONENT = 600.0


class ParetoTail:
    r"""Excesses y > 0 over a threshold: P(Y > y) = (1 + xi y / sigma)^(-1 / xi).

    Maximum likelihood by stochastic natural gradient. With r = y / sigma and w = 1 + xi r the
    score is

    .. math:: g_\xi = \log(w) / \xi^2 - (1 + 1/\xi)\, r / w, \qquad
              g_{\log\sigma} = (1 + \xi)\, r / w - 1,

    and the inverse of the Fisher information in (xi, log sigma) is
    (1 + xi) ((1 + xi, -1), (-1, 2)) (R. L. Smith, 1984). Steps of 1 / n along their product are
    asymptotically as good as the batch estimate. One excess moves either parameter by at most
    4 n^(-3/4), n the memory in excesses: its gradient is clipped.

    No tail is Pareto from its threshold on. If it were, t = -log P(Y > y) would exceed log(10) in
    a tenth of the excesses and log(100) in a hundredth. The levels ``tenth`` and ``hundredth`` that
    t does exceed so often are followed by pinball steps, and t is stretched, piecewise linearly,
    until they have these values.

    Parameters
    ----------
    smallest_rate
        Least weight of an excess: its inverse is the memory, in excesses; 0 forgets nothing.
    """

    def __init__(self, smallest_rate: float) -> None:
        self.smallest_rate = smallest_rate
        self.shape = PRIOR_SHAPE
        self.scale = 1.0
        self.count = PRIOR_COUNT
        self.tenth = LOG_10
        self.hundredth = 2.0 * LOG_10

    def start_at(self, scale: float) -> None:
        """Start from the prior shape and a guess of the scale."""
        self.shape = PRIOR_SHAPE
        self.scale = min(max(scale, SMALLEST_SCALE), LARGEST_SCALE)
        self.count = PRIOR_COUNT
        self.tenth = LOG_10
        self.hundredth = 2.0 * LOG_10

    def take(self, numbers: cython.p_double, base: cython.Py_ssize_t) -> None:
        """Become the tail whose numbers lie at ``numbers[base]``, in units of its own scale."""
        self.shape = numbers[base]
        self.scale = 1.0
        self.count = numbers[base + 2]
        self.tenth = numbers[base + 3]
        self.hundredth = numbers[base + 4]

    def keep(self, numbers: cython.p_double, base: cython.Py_ssize_t) -> None:
        """Write what `take` took back, after a step."""
        numbers[base] = self.shape
        numbers[base + 1] *= self.scale
        numbers[base + 2] = self.count
        numbers[base + 3] = self.tenth
        numbers[base + 4] = self.hundredth

    def exponent(self, excess: float) -> float:
        """-log P(Y > excess) of the Pareto law."""
        r: cython.double = excess / self.scale
        exponent: cython.double = r
        if fabs(self.shape) > NEARLY_EXPONENTIAL:
            if self.shape * r <= -1.0:
                return LARGEST_EXPONENT
            exponent = log1p(self.shape * r) / self.shape
        return min(exponent, LARGEST_EXPONENT)

    def slope(self, exponent: float) -> float:
        """Stretch at an exponent of the Pareto law."""
        if exponent < self.tenth:
            return LOG_10 / self.tenth
        if exponent < self.hundredth:
            return LOG_10 / (self.hundredth - self.tenth)
        return 1.0

    def stretched(self, exponent: float) -> float:
        """-log P(Y > y), from that of the Pareto law."""
        if exponent < self.tenth:
            return exponent * self.slope(exponent)
        if exponent < self.hundredth:
            return LOG_10 + (exponent - self.tenth) * self.slope(exponent)
        return 2.0 * LOG_10 + (exponent - self.hundredth)

    def unstretched(self, exponent: float) -> float:
        """Inverse of `stretched`."""
        if exponent < LOG_10:
            return exponent * (self.tenth / LOG_10)
        if exponent < 2.0 * LOG_10:
            return self.tenth + (exponent - LOG_10) * ((self.hundredth - self.tenth) / LOG_10)
        return self.hundredth + (exponent - 2.0 * LOG_10)

    def survival(self, excess: float) -> float:
        """P(Y > excess), at least 1e-260 even beyond the end of a bounded tail."""
        return exp(-min(self.stretched(self.exponent(excess)), LARGEST_EXPONENT))

    def density(self, excess: float) -> float:
        """Density of the excess."""
        w: cython.double = 1.0 + self.shape * excess / self.scale
        if w <= 0.0:
            return 0.0
        slope: cython.double = self.slope(self.exponent(excess))
        return self.survival(excess) * (slope / w / self.scale)

    def excess_at(self, survival: float) -> float:
        """Excess that is exceeded with probability ``survival`` in (0, 1]."""
        if survival >= 1.0:
            return 0.0
        exponent: cython.double = self.unstretched(-log(max(survival, SMALLEST_SURVIVAL)))
        growth: cython.double = self.shape * exponent
        if fabs(self.shape) <= NEARLY_EXPONENTIAL:
            return self.scale * exponent
        return self.scale * (expm1(min(growth, LARGEST_EXPONENT)) / self.shape)

    def observe(self, excess: float) -> None:
        """One clipped step."""
        xi: cython.double = self.shape
        r: cython.double = excess / self.scale
        w: cython.double = max(1.0 + xi * r, 0.01)
        slope: cython.double
        self.count += 1.0
        self.stretch(self.exponent(excess))
        rate: cython.double = max(1.0 / self.count, self.smallest_rate)
        if fabs(xi) > NEARLY_EXPONENTIAL:
            slope = log1p(w - 1.0) / (xi * xi) - (1.0 + 1.0 / xi) * r / w
        else:
            slope = r * r * (0.5 + xi - xi * r / 1.5) - r
        scale_slope: cython.double = (1.0 + xi) * r / w - 1.0
        shape_step: cython.double = (1.0 + xi) * ((1.0 + xi) * slope - scale_slope)
        scale_step: cython.double = (1.0 + xi) * (2.0 * scale_slope - slope)
        limit: cython.double = CLIP / sqrt(sqrt(rate))
        shape_step = max(min(shape_step, limit), -limit)
        scale_step = max(min(scale_step, limit), -limit)
        self.shape = min(max(xi + rate * shape_step, SMALLEST_SHAPE), LARGEST_SHAPE)
        self.scale *= exp(rate * scale_step)
        self.scale = min(max(self.scale, SMALLEST_SCALE), LARGEST_SCALE)

    def stretch(self, exponent: float) -> None:
        """One pinball step of both levels, in units of one over the density of a true tail there.

        Their memories start at 100 and 1,000 excesses: a step moves either by less than 0.1.
        """
        rate: cython.double = max(1.0 / (self.count + 80.0), self.smallest_rate)
        self.tenth += rate * (9.0 if exponent > self.tenth else -1.0)
        rate = max(1.0 / (self.count + 980.0), self.smallest_rate)
        self.hundredth += rate * (99.0 if exponent > self.hundredth else -1.0)
        self.tenth = max(self.tenth, SMALLEST_STRETCH)
        self.hundredth = max(self.hundredth, self.tenth + SMALLEST_STRETCH)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.shape = archive.bounded(self.shape, SMALLEST_SHAPE, LARGEST_SHAPE, "tail")
        self.scale = archive.bounded(self.scale, SMALLEST_SCALE, LARGEST_SCALE, "tail")
        self.count = archive.count(self.count)
        self.tenth = archive.number(self.tenth)
        self.hundredth = archive.number(self.hundredth)
        if self.count < PRIOR_COUNT or not 0.0 < self.tenth < self.hundredth:
            raise ValueError("the state holds an impossible tail: it is damaged")
        return 0
