# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event from a location and scale over thousands of events."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.z_score import ZScorePart
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from clipsgd_river._kernels.sgd.step_size import RATE_AT_REST


class LongMemoryPart(Part):
    """The z-score against a location and scale of its own, whose step never grows.

    The detector's own location and scale adapt to a burst of some dozen similar events. Clipping
    bounds the effect of each event on a location by eta lambda scales: after n of them a location
    with a small fixed step has moved by at most n eta lambda, so that they stay unusual here. After
    a real change this part is useless until it has adapted; its distances are compared with their
    own running median, so that it does not alert meanwhile.

    Parameters
    ----------
    settings
        Those of the detector; a smaller ``learning_rate`` than 0.0005 is kept.
    features
        Its features.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        rate = settings["learning_rate"]
        slow = min(rate, RATE_AT_REST) if isinstance(rate, float) else RATE_AT_REST
        self.past = LocationScale({**settings, "learning_rate": slow}, features)
        self.z_score = ZScorePart(settings, features)

    def distance(self, standard: LocationScale) -> float:
        """Sum of log(1 + z^2 / 3), z being the deviation from the past."""
        self.past.compute_z_scores()
        return self.z_score.distance(self.past)

    def usual_distance(self, standard: LocationScale) -> float:
        """That of a z-score."""
        return self.z_score.usual_distance(self.past)

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """log(1 + z^2 / 3) of each present feature."""
        self.z_score.contribute(self.past, contributions)

    def step(self, standard: LocationScale, events: float) -> None:
        """One clipped step of the past."""
        self.past.step(events)

    def prepare(self) -> cython.int:
        """Give back the memory of the start."""
        return self.past.prepare(0.0)

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events to that of ``events``."""
        self.past.shorten(events)

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.past.share_repeats(standard.repeats)
        return self.past.grow(size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        if size > self.past.size:
            self.past.add_features(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.past.reset_feature(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Location, scale and count of each feature."""
        return self.past.least_numbers(size)

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        return self.past.exchange(archive)
