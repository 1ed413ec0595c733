# cython: language_level=3, cdivision=True
"""Evidence of distances that follow each other."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive

if not cython.compiled:
    from math import exp, log, sqrt

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT

# Step of the mean of recent distances: half of it is of the last three events.
RECENT = 0.2062994740159002
# Step of mean, variance and covariance: a memory of a thousand events.
RATE = 0.001
# Deviations that teach are clipped to so many standard deviations, after so many events.
CLIP = 3.0
FIRST = 20.0
# How much the recent mean adds where distances depend on each other wholly.
STRENGTH = 2.0
# What it adds, at most.
LARGEST_EXPONENT = 5.0
# Logarithms of one more than a distance are below this.
LARGEST_LOG = 700.0


class Persistence:
    r"""How much the distances just before add to that of an event, as far as they depend.

    An incident lasts, a false alarm mostly does not. With l = log(1 + D) of the distances, m, v and
    c their running mean, variance and covariance of each with the one before, and e the deviation
    l - m clipped to 3 standard deviations, an event's distance is multiplied by

    .. math:: \exp(2 w a), \qquad a \leftarrow a + \eta (e - a), \qquad
              w = \min(\max(c / v, 0), 1),

    a with a half-life of three events. Where distances come in random order w is about 0, and
    nothing changes. The distance of the first event of an incident is not changed by it.

    O(1) in time and memory.
    """

    def __init__(self) -> None:
        self.count = 0.0
        self.mean = 0.0
        self.variance = 0.0
        self.covariance = 0.0
        self.last = 0.0
        self.recent = 0.0

    def factor(self) -> float:
        """What the next distance is multiplied by."""
        if self.variance <= 0.0:
            return 1.0
        weight: cython.double = min(max(self.covariance / self.variance, 0.0), 1.0)
        exponent: cython.double = STRENGTH * weight * self.recent
        return exp(max(min(exponent, LARGEST_EXPONENT), -LARGEST_EXPONENT))

    def observe(self, distance: float) -> None:
        """Learn a distance, which is at least 0, before it was multiplied."""
        away: cython.double = log(1.0 + distance) - self.mean
        bound: cython.double = CLIP * sqrt(self.variance)
        if self.count >= FIRST:
            away = max(min(away, bound), -bound)
        self.count = min(self.count + 1.0, LARGEST_COUNT)
        rate: cython.double = max(RATE, 1.0 / self.count)
        self.recent += RECENT * (away - self.recent)
        self.covariance += rate * (away * self.last - self.covariance)
        self.variance += rate * (away * away - self.variance)
        self.mean += rate * away
        self.last = away

    def least_numbers(self) -> cython.Py_ssize_t:
        """How many numbers a state has."""
        return 6

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        most: cython.double = LARGEST_LOG
        self.count = archive.count(self.count)
        self.mean = archive.bounded(self.mean, 0.0, most, "mean of distances")
        self.variance = archive.bounded(self.variance, 0.0, most * most, "variance of distances")
        self.covariance = archive.bounded(
            self.covariance, -most * most, most * most, "covariance of distances"
        )
        self.last = archive.bounded(self.last, -most, most, "deviation of a distance")
        self.recent = archive.bounded(self.recent, -most, most, "deviation of distances")
        return 0
