# cython: language_level=3
"""What stops rows at the first that is far away."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.running_quantile import RunningQuantile
from clipsgd_river._kernels.core.score_gate import ScoreGate


class DistanceGate(ScoreGate):
    """Admits rows up to one farther away than a limit, or than the alert limit as it then is.

    Parameters
    ----------
    own
        The detector's alert limit.
    farthest
        The other limit.
    """

    def __init__(self, own: RunningQuantile, farthest: float) -> None:
        self.own = own
        self.farthest = farthest
        self.admitted = True

    def admits(self, score: float, distance: float, row: cython.Py_ssize_t) -> cython.bint:
        """Let a row be learned unless it is farther away."""
        self.admitted = not (distance > self.farthest or distance > self.own.value)
        return self.admitted
