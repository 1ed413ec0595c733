# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Confidence sequences of the mean of each feature in a stretch."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import exp, fabs, log, sqrt


# Deviations are clipped here, in robust standard deviations, where the variance is not known, a
# direction is found or a correlation estimated: a few outliers decide nothing.
CLIP = 3.0
# Slopes 1, 1/2, 1/4, ... of the payoffs.
SCALES = 11
# c = b^2 / 3: among b^2 / 4 to b^2, within 2 % of the fastest growth at shifts of 0.5 to 4 standard
# deviations, and no single event divides the payoff by more than 4 (at b^2 / 4 it could end at 0).
CURVE = 1.0 / 3.0
# A payoff is cut here. The larger, the faster a large shift is found, and the fewer events suffice
# for a false alarm where sigma is too small: at least seven at 8.
LARGEST_PAYOFF = 8.0
# Root of 1 + u + u^2 / 3 = 8, and where that parabola has its minimum, 1/4.
HIGHEST = 3.3218253804964775
LOWEST = -1.5
# Products of this many payoffs stay far from the ends of the range of a double.
BLOCK = 16
# Bound of an offset before any event.
UNKNOWN = 1e9
LARGEST_EXPONENT = 50.0
LARGEST_SUM = 1e300
# Slopes that a bound is taken from, each half of the one before.
TRIED = 3


class MeanBounds:
    r"""Sums of the logarithms of clipped payoffs of each feature, for a ladder of slopes.

    With y the event in standard deviations from an arbitrary centre, its payoffs are

    .. math:: f_b(\pm y) = \min\bigl(8,\; 1 \pm b y + b^2 y^2 / 3\bigr),

    held at 1/4, the minimum of the parabola, for smaller arguments: bounded and monotone. If y has
    mean d and at most unit variance, :math:`E f_b(\pm y) \le 1 \pm b d + (b^2/3)(1 + d^2)`, so
    that the product of n payoffs, over this to the n-th power, is a supermartingale, and by
    Ville's inequality exceeds 1 / alpha at any time with probability alpha at most. Solved for d
    it is a bound on the mean that holds for all n at once; at slope b = sqrt(2 log(1/alpha) / n)
    it is as narrow as that of the sample mean of Gaussian events.

    Where the variance is not known, it is replaced by the mean of the clipped squares, as if there
    had been one more event at the largest payoff.

    Parameters
    ----------
    sigma_known
        Whether the standard deviation is known: y then has at most unit variance.
    """

    def __init__(self, sigma_known: cython.bint) -> None:
        self.sigma_known = sigma_known
        self.low = -UNKNOWN
        self.high = UNKNOWN
        self.sums = Vector()
        self.products = Vector()
        self.squares = Vector()
        self.intervals = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features; `clear` starts each."""
        self.sums.grow(2 * SCALES * size)
        self.products.grow(2 * SCALES * size)
        self.squares.grow(SCALES * size)
        self.intervals.grow(2 * size)
        return 0

    def clear(self, j: cython.Py_ssize_t) -> None:
        """Forget the events of a feature."""
        k: cython.Py_ssize_t
        for k in range(2 * SCALES * j, 2 * SCALES * (j + 1)):
            self.sums.at[k] = 0.0
            self.products.at[k] = 1.0
        for k in range(SCALES * j, SCALES * (j + 1)):
            self.squares.at[k] = 0.0
        self.intervals.at[2 * j] = -UNKNOWN
        self.intervals.at[2 * j + 1] = UNKNOWN

    def observe(self, j: cython.Py_ssize_t, y: float, n: cython.Py_ssize_t) -> None:
        """Observe the n-th event of a feature."""
        sums: cython.p_double = self.sums.at
        products: cython.p_double = self.products.at
        squares: cython.p_double = self.squares.at
        k: cython.Py_ssize_t = 2 * SCALES * j
        # Local, so that the compiler sees that nothing in the loop changes them.
        highest: cython.double = HIGHEST
        lowest: cython.double = LOWEST
        curve: cython.double = CURVE
        scale: cython.Py_ssize_t
        slope: cython.double = 1.0
        u: cython.double
        rise: cython.double
        fall: cython.double
        for scale in range(SCALES):
            u = max(min(slope * y, highest), lowest)
            rise = 1.0 + u * (1.0 + curve * u)
            u = max(min(-slope * y, highest), lowest)
            fall = 1.0 + u * (1.0 + curve * u)
            products[k + scale] *= rise
            products[k + SCALES + scale] *= fall
            squares[SCALES * j + scale] += 0.5 * (rise + fall) - 1.0
            slope *= 0.5
        if n % BLOCK == 0:
            for scale in range(k, k + 2 * SCALES):
                sums[scale] += log(products[scale])
                products[scale] = 1.0

    def logarithm(
        self, j: cython.Py_ssize_t, side: cython.Py_ssize_t, scale: cython.Py_ssize_t
    ) -> float:
        """Sum of log f(y), or for side 1 of log f(-y), so far."""
        k: cython.Py_ssize_t = SCALES * (2 * j + side) + scale
        return self.sums.at[k] + log(self.products.at[k])

    def variance(
        self, j: cython.Py_ssize_t, scale: cython.Py_ssize_t, slope: float, n: float
    ) -> float:
        """Bound on the variance of y, as clipped at this scale."""
        if self.sigma_known:
            return 1.0
        unseen: cython.double = 0.5 * LARGEST_PAYOFF + 0.125 - 1.0
        return (self.squares.at[SCALES * j + scale] + unseen) / ((n + 1.0) * CURVE * slope * slope)

    def bound(self, j: cython.Py_ssize_t, n: float, level: float) -> None:
        """Leave in ``low`` and ``high`` bounds on d after n events; level is log(1 / alpha)."""
        scale: cython.Py_ssize_t = 0
        slope: cython.double = 1.0
        tried: cython.Py_ssize_t
        self.low = -UNKNOWN
        self.high = UNKNOWN
        if n < 1.0:
            return
        # The slope closest to the best one of large n, from above; for small n those below it are
        # better, since a payoff is never less than 1/4.
        while scale < SCALES - 1 and 0.25 * slope * slope * n > 1.4 * level:
            scale += 1
            slope *= 0.5
        for tried in range(scale, min(scale + TRIED, SCALES)):
            self.bound_at(j, n, level, tried)

    def bound_at(
        self, j: cython.Py_ssize_t, n: float, level: float, scale: cython.Py_ssize_t
    ) -> None:
        """Narrow ``low`` and ``high`` by the payoffs at one slope."""
        slope: cython.double = 1.0 / (1 << scale)
        curve: cython.double = CURVE * slope * slope
        spread: cython.double = 1.0 + curve * self.variance(j, scale, slope, n)
        # A payoff is at most 8: an exponent far beyond that is damaged.
        least: cython.double = min((self.logarithm(j, 0, scale) - level) / n, LARGEST_EXPONENT)
        most: cython.double = min((self.logarithm(j, 1, scale) - level) / n, LARGEST_EXPONENT)
        self.low = max(root(exp(least) - spread, slope, curve), self.low)
        self.high = min(-root(exp(most) - spread, slope, curve), self.high)

    def narrow(self, j: cython.Py_ssize_t, n: float, level: float) -> cython.bint:
        """Keep the intersection of all bounds on d so far unless it is empty.

        Returns whether it is empty: the mean has changed, or a bound is wrong.
        """
        self.bound(j, n, level)
        low: cython.double = max(self.low, self.intervals.at[2 * j])
        high: cython.double = min(self.high, self.intervals.at[2 * j + 1])
        if low < high:
            self.intervals.at[2 * j] = low
            self.intervals.at[2 * j + 1] = high
        return low > high

    def largest_offset(self, j: cython.Py_ssize_t) -> float:
        """Bound on abs(d)."""
        return max(fabs(self.intervals.at[2 * j]), fabs(self.intervals.at[2 * j + 1]))

    def least(self, j: cython.Py_ssize_t, side: cython.Py_ssize_t) -> float:
        """Lower bound on d, or for side 1 on -d."""
        return self.intervals.at[2 * j] if side == 0 else -self.intervals.at[2 * j + 1]

    def middle(self, j: cython.Py_ssize_t) -> float:
        """Middle of the intersection of all bounds on d; 0 while it has only one end."""
        if self.radius(j) > 0.25 * UNKNOWN:
            return 0.0
        return 0.5 * (self.intervals.at[2 * j] + self.intervals.at[2 * j + 1])

    def radius(self, j: cython.Py_ssize_t) -> float:
        """Half the length of the intersection of all bounds on d."""
        return 0.5 * (self.intervals.at[2 * j + 1] - self.intervals.at[2 * j])

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state through ``archive``."""
        count: cython.Py_ssize_t = SCALES * size
        self.sums.exchange_bounded(archive, 2 * count, -LARGEST_SUM, LARGEST_SUM, "payoff")
        self.products.exchange_bounded(archive, 2 * count, 1e-300, 1e300, "payoff")
        self.squares.exchange_bounded(archive, count, -LARGEST_SUM, LARGEST_SUM, "square")
        self.intervals.exchange_bounded(archive, 2 * size, -UNKNOWN, UNKNOWN, "bound")
        return 0


def root(value: float, slope: float, curve: float) -> float:
    """Smallest d with slope d + curve d^2 >= value, to the right of the parabola's minimum.

    A mean to the left of it has a smaller payoff than the one at the minimum, the clipped payoff
    being monotone. Far below every bound where all d satisfy it.
    """
    discriminant: cython.double = slope * slope + 4.0 * curve * value
    if discriminant <= 0.0:
        return -2.0 * UNKNOWN
    return (sqrt(discriminant) - slope) / (2.0 * curve)
