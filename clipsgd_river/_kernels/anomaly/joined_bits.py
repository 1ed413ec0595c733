# cython: language_level=3, cdivision=True
"""One distance of the bits of all features: their sum, and the largest of them once more."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.running_quantile import RunningQuantile

if not cython.compiled:
    from math import log, sqrt

    from clipsgd_river._kernels.anomaly.frequent_values import BITS

# The largest bits of one event in 64 exceed what is usual for them.
USUAL_LEVEL = 0.984375
USUAL_BITS = 6.0
# How often the excess of the largest counts, in standard deviations of the sum.
TIMES = 2.5
# Observations that what is assumed at the start is worth.
PRIOR_COUNT = 10.0


class JoinedBits:
    r"""Sum S of an event's bits, and its largest M, joined by slow medians of their own streams.

    Many features that are each a little unusual show in the sum, one that is far out among hundreds
    of others in the largest only: their noise is in the sum, and its spread grows with their
    number. So

    .. math:: r = S + 2.5 \sqrt{\max(m \log 2, 1)}\; (M - u)^+,

    with m the median of the sums, and u what the largest exceeds in one event of 64. Bits of an
    ordinary value are exponential with mean 1 / log 2, so that m log 2 is the number of features
    that the sum is made of, as far as they say anything, and its root the ratio of the spreads of S
    and of M.

    Both quantiles take multiplicative steps of 1/T: 400 events in a row move neither by more than
    a few percent.

    Parameters
    ----------
    memory
        T, in events.
    """

    def __init__(self, memory: float) -> None:
        self.total = RunningQuantile(0.5, 1.0 / memory)
        self.largest = RunningQuantile(USUAL_LEVEL, 1.0 / memory)

    def weight(self) -> float:
        """How often the excess of the largest counts."""
        return TIMES * sqrt(max(self.total.value / BITS, 1.0))

    def extra(self, largest: float) -> float:
        """What the largest bits of an event add to their sum."""
        if largest <= self.largest.value or self.largest.value <= 0.0:
            return 0.0
        return self.weight() * (largest - self.largest.value)

    def observe(self, total: float, largest: float, features: float) -> None:
        """Let both quantiles follow an event of so many features; one without surprise is none."""
        if total <= 0.0:
            return
        if self.total.value <= 0.0:
            self.total.start_at(BITS * features, PRIOR_COUNT)
            self.largest.start_at(USUAL_BITS + BITS * log(features), PRIOR_COUNT)
        self.total.observe(total)
        self.largest.observe(largest)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.total.exchange(archive)
        self.largest.exchange(archive)
        return 0
