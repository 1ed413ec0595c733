# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event from the nearest of a sample of past events."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.reservoir import Reservoir
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import fabs, log, sqrt

    from clipsgd_river._kernels.anomaly.part import NEAR_SQUARE, RESUMED

# What settings of detectors without these parameters take.
RESERVOIR_SIZE = 256
# The square root of that: what is in 6 % of past events is usual.
N_NEIGHBORS = 16
MEMORY = 10_000
# Mean of log(1 + |z|)^2 for standard normal z, by numerical integration.
NORMAL_SQUARE = 0.3868436013746489


class NeighboursPart(Part):
    r"""Mean Euclidean distance of the event from the k nearest members of a `Reservoir`.

    The coordinates of an event are

    .. math:: c_j = \operatorname{sign}(z_j) \log(1 + |z_j|),

    z being the deviations times n / (n + 3). Members keep the coordinates that they had when they
    came: how unusual an event was *then*. So the sample follows location and scale at once, and
    keeps its memory for the shape of the distribution. Held in their own unit and standardised
    anew for each event, members of before a drift or a jump would all be far away until the sample
    is another one.

    Over the features that are present; in one that a member lacks, it is as expected, c = 0. While
    fewer than k members are there, the expected event stands for the others. Features enter the
    sample once they have started. Times ||c||^2 / (||c||^2 + 1e-6), the distance is 0 at the
    expected event.

    The contribution of a feature is the mean over the k nearest, at distances r, of its
    (c - c')^2 / r, times the same; they sum to the distance.

    O(d M) per event, O(d k) to explain one; 8 d M bytes.

    Parameters
    ----------
    settings
        ``n_neighbors`` k, ``reservoir_size`` M and ``memory``, where they are given, and ``seed``.
    features
        Those of the detector.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        size = settings.get("reservoir_size", RESERVOIR_SIZE)
        self.reservoir = Reservoir(
            size,
            min(settings.get("n_neighbors", N_NEIGHBORS), size),
            settings.get("memory", MEMORY),
            settings["seed"],
        )
        self.point = Vector()
        self.nearness = 0.0

    def locate(self, standard: LocationScale) -> float:
        """Put the coordinates of the loaded event in `point`; returns the sum of their squares."""
        point: cython.p_double = self.point.at
        z: cython.p_double = standard.z.at
        square: cython.double = 0.0
        c: cython.double
        k: cython.Py_ssize_t
        for k in range(standard.features.count):
            c = log(1.0 + fabs(z[k]))
            c = c if z[k] > 0.0 else -c
            point[k] = c
            square += c * c
        return square

    def distance(self, standard: LocationScale) -> float:
        """Mean distance from the nearest members."""
        count: cython.Py_ssize_t = standard.features.count
        if count == 0:
            return 0.0
        square: cython.double = self.locate(standard)
        self.reservoir.measure(standard.features.present.at, self.point.at, count)
        self.nearness = square / (square + NEAR_SQUARE)
        return self.nearness * self.reservoir.find_nearest(sqrt(square))

    def usual_distance(self, standard: LocationScale) -> float:
        """Root mean square distance of a standard normal event from the expected one."""
        return sqrt(NORMAL_SQUARE * standard.features.count)

    def step(self, standard: LocationScale, events: float) -> None:
        """Offer the event of the last `distance` to the reservoir."""
        if standard.starting > 0 and not self.forget_starting(standard):
            return
        self.reservoir.offer(standard.features.present.at, self.point.at, standard.features.count)

    def forget_starting(self, standard: LocationScale) -> cython.bint:
        """Take features that have not started as expected; returns whether any has."""
        started: cython.bint = False
        k: cython.Py_ssize_t
        for k in range(standard.features.count):
            if standard.has_started(standard.features.present.at[k]):
                started = True
            else:
                self.point.at[k] = 0.0
        return started

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """Each feature's share of the distance."""
        present: cython.p_int = standard.features.present.at
        count: cython.Py_ssize_t = standard.features.count
        k: cython.Py_ssize_t
        self.reservoir.share(present, self.point.at, count, contributions)
        for k in range(count):
            contributions[present[k]] *= self.nearness

    def resume(self, events: float) -> None:
        """Members of a silence make room for those that come after it."""
        self.reservoir.shorten(RESUMED)

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events to that of ``events``, at least one a member."""
        self.reservoir.shorten(events)

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.point.grow(size)
        return self.reservoir.grow(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.reservoir.clear_feature(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of an empty reservoir."""
        return self.reservoir.least_numbers()

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the reservoir through ``archive``."""
        return self.reservoir.exchange(archive, standard.features.size)
