# cython: language_level=3, cdivision=True
"""A quantile of positive numbers that drifts along, in a few bytes."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive

SMALLEST = 1e-300
LARGEST = 1e300


class RunningQuantile:
    """Quantile tracked by stochastic gradient descent on the pinball loss of the logarithm.

    In log q the step for level p is ``+2 a p`` when x > q and ``-2 a (1 - p)`` otherwise, which
    balances at P(x > q) = 1 - p, to first order in a, for every distribution. Multiplying
    instead of adding makes the step fit any unit and keeps q positive. The gradient is bounded:
    no x, however large, moves q by more than one step.

    Parameters
    ----------
    level
        The quantile p, in (0, 1).
    gain
        The smallest step a; the t-th observation steps by ``max(gain, 1 / t)``.
    """

    def __init__(self, level: float, gain: float) -> None:
        self.level = level
        self.gain = gain
        self.value = 0.0
        self.count = 0.0
        self.up = 1.0 + 2.0 * gain * level
        self.down = 1.0 / (1.0 + 2.0 * gain * (1.0 - level))

    def observe(self, x: float) -> None:
        """Take one step towards the quantile; O(1)."""
        if self.value == 0.0:
            # A product never leaves 0: the first positive number is the start.
            if x > 0.0:
                self.value = x
                self.count = 1.0
            return
        self.count += 1.0
        step: cython.double
        if self.gain * self.count >= 1.0:
            self.value *= self.up if x > self.value else self.down
        else:
            step = 2.0 / self.count
            if x > self.value:
                self.value *= 1.0 + step * self.level
            else:
                self.value /= 1.0 + step * (1.0 - self.level)
        if self.value > LARGEST:
            self.value = LARGEST
        elif self.value < SMALLEST:
            self.value = SMALLEST

    def start_at(self, x: float, count: float) -> None:
        """Start from the quantile ``x`` >= 0, as if ``count`` > 0 observations had led there."""
        self.value = x
        self.count = count if x > 0.0 else 0.0

    def exchange(self, archive: Archive) -> int:
        """Pass the state through ``archive``."""
        self.value = archive.number(self.value)
        self.count = archive.count(self.count)
        if self.value < 0.0 or (self.value > 0.0) != (self.count > 0.0):
            raise ValueError("the state holds an impossible quantile: it is damaged")
        return 0
