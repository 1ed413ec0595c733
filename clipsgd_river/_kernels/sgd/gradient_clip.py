# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Threshold and step for the gradients of any model, from their norms alone."""

from __future__ import annotations

from array import array
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.running_quantile import RunningQuantile

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.sgd.clip_threshold import MULTIPLE

# Not the median: where a classifier fits, most gradients vanish, and the informative ones are long.
LEVEL = 0.9
# 0.9 quantile over median, of the absolute value of a Gaussian.
GAUSSIAN_RATIO = 2.4
# Number of non-zero norms that the first estimate, a median, is made from.
START = 10
LONGEST_MEMORY = 1000.0
LARGEST_NORM = 1e150


class GradientClip(ArchivedKernel):
    """How much of a gradient to keep, and how long a step may be.

    The automatic threshold is twice the running 0.9 quantile of the non-zero norms. The step is
    1 / sqrt(t v), v the running mean of the squared clipped norms and t the number of gradients up
    to 1,000: AdaGrad-Norm with a memory, so that it goes on following a drift.

    Parameters
    ----------
    settings
        ``clip``: ``"auto"``, a threshold, or ``None`` for no clipping.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        rule: str | float | None = settings["clip"]
        self.fixed = 0.0
        if rule is None:
            self.fixed = LARGEST_NORM
        elif not isinstance(rule, str):
            self.fixed = rule
        self.count = 0.0
        self.energy = 0.0
        self.high = RunningQuantile(LEVEL, 0.02)
        self.start = RobustStart(START)
        self.start.grow(1)

    def threshold(self) -> float:
        """Longest norm that stays whole."""
        if self.fixed > 0.0:
            return self.fixed
        if self.high.value > 0.0:
            return MULTIPLE * self.high.value
        return LARGEST_NORM

    def learn_first(self, norm: float) -> None:
        """Learn the first norms together, by their median, so that an outlier is forgotten."""
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.high.count)
        sample: cython.p_double = self.start.sample.at
        kept: cython.double
        k: cython.Py_ssize_t
        self.start.add(0, n, norm)
        self.high.start_at(GAUSSIAN_RATIO * self.start.location, n + 1.0)
        self.energy = 0.0
        for k in range(n + 1):
            kept = min(sample[k], self.threshold())
            self.energy += kept * kept / min(self.count, LONGEST_MEMORY)

    def share(self, norm: float) -> float:
        """Share of a gradient to keep, of its norm; learns the norm.

        Parameters
        ----------
        norm
            Finite, at least 0.
        """
        size: cython.double = min(norm, LARGEST_NORM)
        kept: cython.double
        self.count += 1.0
        if size > 0.0 and self.high.count < self.start.length:
            self.learn_first(size)
        else:
            if size > 0.0:
                self.high.observe(size)
            kept = min(size, self.threshold())
            self.energy += (kept * kept - self.energy) / min(self.count, LONGEST_MEMORY)
        limit: cython.double = self.threshold()
        return 1.0 if norm <= limit else limit / norm

    def rate(self) -> float:
        """Step 1 / sqrt(t v); 0 before the first gradient that is not 0."""
        if self.energy <= 0.0:
            return 0.0
        return 1.0 / sqrt(self.energy * min(self.count, LONGEST_MEMORY))

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.count = archive.count(self.count)
        self.energy = archive.number(self.energy)
        self.high.exchange(archive)
        norms = array("d", [self.high.count])
        self.start.exchange(archive, doubles(norms), 1)
        return 0
