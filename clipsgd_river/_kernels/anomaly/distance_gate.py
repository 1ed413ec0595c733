# cython: language_level=3, boundscheck=False, wraparound=False
"""What stops rows at the first that is far away."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.running_quantile import RunningQuantile
from clipsgd_river._kernels.core.score_gate import ScoreGate

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import doubles


class DistanceGate(ScoreGate):
    """Admits rows up to one farther away than a limit, or than the alert limit as it then is.

    Parameters
    ----------
    own
        The detector's alert limit.
    farthest
        The other limit.
    distances
        Where the detector writes the distances of the rows, before it asks for admission.
    """

    def __init__(self, own: RunningQuantile, farthest: float, distances: Any) -> None:
        self.own = own
        self.farthest = farthest
        self.distances = distances
        self.distance_of = doubles(distances)
        self.admitted = True

    def admits(self, score: float, row: cython.Py_ssize_t) -> cython.bint:
        """Let a row be learned unless it is farther away."""
        distance: cython.double = self.distance_of[row]
        self.admitted = not (distance > self.farthest or distance > self.own.value)
        return self.admitted
