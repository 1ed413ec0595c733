# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Alerts on distances of small tail probability."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel
from clipsgd_river._kernels.proba.spliced_pareto import SplicedParetoKernel

if not cython.compiled:
    from math import log2

    from clipsgd_river._kernels.core.buffers import doubles, integers


def score_of(probability: float) -> float:
    """Score of a tail probability: L / (1 + L) with L = -log2 p; 0.5 where p is 1/2."""
    bits: cython.double = 0.0 - log2(probability)
    return bits / (1.0 + bits)


class TailFilterKernel(ArchivedKernel):
    """The distribution of distances, and a count of events and alerts.

    Parameters
    ----------
    settings
        ``q``, ``warm_up`` and what `SplicedParetoKernel` takes under ``distances``, validated.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.distances = SplicedParetoKernel(settings["distances"])
        self.highest_usual = score_of(settings["q"])
        self.warm_up = settings["warm_up"]
        self.events = 0.0
        self.alerts = 0.0

    def ready(self) -> cython.bint:
        """Whether the warm-up is over."""
        return self.distances.reliable_count() >= self.warm_up

    def tail_probability(self, distance: float) -> float:
        """P(R >= distance); 1 for NaN, which a detector of another library may give."""
        if distance != distance:
            return 1.0
        return self.distances.sf(distance)

    def score(self, distance: float) -> float:
        """Score of the tail probability of a distance."""
        return score_of(self.tail_probability(distance))

    def exceeds(self, score: float) -> cython.bint:
        """Whether a score belongs to an alert."""
        return score > self.highest_usual and self.ready()

    def threshold(self) -> float:
        """Score that an alert must exceed now; 1 during the warm-up."""
        return self.highest_usual if self.ready() else 1.0

    def observe(self, distance: float, detector_ready: cython.bint) -> float:
        """Score of a distance; counts the event, and learns it if the detector was ready."""
        score: cython.double = self.score(distance)
        self.events += 1.0
        if self.exceeds(score):
            self.alerts += 1.0
        if detector_ready:
            self.distances.learn(distance)
        return score

    def observe_many(
        self, distances: Any, unready: cython.Py_ssize_t, scores: Any, alerts: Any
    ) -> None:
        """`observe` each distance in order; at the first ``unready`` the detector was not ready.

        Parameters
        ----------
        distances, scores
            Arrays of doubles of one length, to read and to write; uncompiled, lists do.
        alerts
            Array of C integers of the same length to write to, 1 for an alert.
        """
        count: cython.Py_ssize_t = len(distances)
        i: cython.Py_ssize_t
        before: cython.double
        if len(scores) != count or len(alerts) != count:
            raise ValueError(f"{len(scores)} and {len(alerts)} elements for {count} scores")
        if count == 0:
            return
        distance: cython.p_double = doubles(distances)
        score: cython.p_double = doubles(scores)
        alert: cython.p_int = integers(alerts)
        for i in range(count):
            before = self.alerts
            score[i] = self.observe(distance[i], i >= unready)
            alert[i] = self.alerts > before

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.events = archive.count(self.events)
        self.alerts = archive.count(self.alerts)
        if self.alerts > self.events:
            raise ValueError("the state has more alerts than events: it is damaged")
        self.distances.exchange(archive)
        return 0
