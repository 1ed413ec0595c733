# cython: language_level=3, cdivision=True
"""Distances as scores, for detectors whose distance comes from elsewhere."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel
from clipsgd_river._kernels.core.running_quantile import RunningQuantile

# The largest double below 1.
HIGHEST_SCORE = 1.0 - 2.0**-53


class TypicalDistance(ArchivedKernel):
    """Slowly tracked median q of distances, and the score 1 / (1 + q / r) of a distance r."""

    def __init__(self) -> None:
        self.median = RunningQuantile(0.5, 0.005)

    def score(self, distance: float) -> float:
        """0.5 at the median, below 1 at any distance, 0 at distance 0."""
        if distance <= 0.0:
            return 0.0
        return min(1.0 / (1.0 + self.median.value / distance), HIGHEST_SCORE)

    def observe(self, distance: float) -> None:
        """Let the median follow a distance."""
        self.median.observe(distance)

    def start_at(self, distance: float, count: float) -> None:
        """Start the median from a distance >= 0, as if ``count`` > 0 observations had led there."""
        self.median.start_at(distance, count)

    def arguments(self) -> tuple[Any, ...]:
        """None."""
        return ()

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state, two numbers, through ``archive``."""
        return self.median.exchange(archive)
