# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event from the nearest of a sample of past events, in bits."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.event_bits import EventBits
from clipsgd_river._kernels.anomaly.neighbours import NeighboursPart
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import sqrt

# Mean square of the bits of an ordinary number, exponential with mean 1 / log 2: 2 / log(2)^2.
MEAN_SQUARE = 4.1627379620112155


class BitNeighboursPart(NeighboursPart):
    """`NeighboursPart` whose coordinates are the signed bits of `EventBits`.

    Bits of a heavy tail and of a value that comes rarely are as large as those of a Gaussian
    feature that is as rare, so that no feature rules for its shape alone. Members keep the bits
    that they had when they came.

    Parameters
    ----------
    settings
        As of `NeighboursPart`.
    features
        Those of the detector.
    view
        Whose bits they are; its `distance` comes first.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable, view: EventBits) -> None:
        NeighboursPart.__init__(self, settings, features)
        self.view = view

    def locate(self, standard: LocationScale) -> float:
        """Put the signed bits of the loaded event in `point`; returns the sum of their squares."""
        k: cython.Py_ssize_t
        square: cython.double = 0.0
        for k in range(standard.features.count):
            self.point.at[k] = self.view.signed.at[k]
            square += self.point.at[k] * self.point.at[k]
        return square

    def usual_distance(self, standard: LocationScale) -> float:
        """Root mean square distance of an ordinary event from the expected one."""
        return sqrt(MEAN_SQUARE * standard.features.count)
