# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Alerts on distances of small tail probability."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.alerts.incident_gate import IncidentGate
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.proba.spliced_pareto import SplicedParetoKernel

if not cython.compiled:
    from math import log2, sqrt

    from clipsgd_river._kernels.core.buffers import doubles


def score_of(probability: float) -> float:
    """Score of a tail probability: L / (1 + L) with L = -log2 p; 0.5 where p is 1/2."""
    bits: cython.double = 0.0 - log2(probability)
    return bits / (1.0 + bits)


class TailFilterKernel(IncidentGate):
    """The distribution of distances, and a count of events and alerts.

    Parameters
    ----------
    settings
        ``q``, ``warm_up`` and what `SplicedParetoKernel` takes under ``distances``, validated.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        IncidentGate.__init__(self)
        self.settings = settings
        self.distances = SplicedParetoKernel(settings["distances"])
        self.risk = settings["q"]
        self.highest_usual = score_of(settings["q"])
        self.warm_up = settings["warm_up"]
        self.events = 0.0
        self.alerts = 0.0
        self.last_score = 0.0
        self.unready = 0
        self.scores = ()
        self.writes = False

    def alert_share(self) -> float:
        """The risk."""
        return self.risk

    def is_ready(self) -> cython.bint:
        """Whether the warm-up is over."""
        count: cython.double = self.distances.informative
        if self.distances.degenerate():
            count = self.distances.count
        return count >= self.warm_up

    def ready(self) -> cython.bint:
        """Whether the warm-up is over."""
        return self.is_ready()

    def probability(self, distance: float) -> float:
        """P(R >= distance); 1 for NaN, which a detector of another library may give."""
        if distance != distance or self.distances.count == 0.0:
            return 1.0
        return self.distances.above(distance)

    def tail_probability(self, distance: float) -> float:
        """P(R >= distance); 1 for NaN, which a detector of another library may give."""
        return self.probability(distance)

    def score(self, distance: float) -> float:
        """Score of the tail probability of a distance."""
        return score_of(self.probability(distance))

    def is_beyond(self, score: float) -> cython.bint:
        """Whether a score belongs to an alert."""
        return score > self.highest_usual and self.is_ready()

    def exceeds(self, score: float) -> cython.bint:
        """Whether a score belongs to an alert."""
        return self.is_beyond(score)

    def threshold_now(self) -> float:
        """Score that an alert must exceed now; 1 during the warm-up."""
        return self.highest_usual if self.is_ready() else 1.0

    def may_join(self, probability: float) -> cython.bint:
        """Whether an event may resemble one of an incident of several, and must not be followed.

        As a flood is learned its events become less unusual, and are no measure of others.
        """
        return self.seen <= self.crowded_until and probability < sqrt(self.risk)

    def look_at(self, distance: float, seconds: float) -> tuple[bool, bool, bool, float]:
        """What an event would be, and where the stream is.

        Whether it would alert; could join an incident as unusual as an alert; or is so unusual that
        it must not be followed if it resembles one.
        """
        probability: cython.double = self.probability(distance)
        beyond = bool(self.is_beyond(score_of(probability)))
        return beyond, beyond, beyond or bool(self.may_join(probability)), float(self.seen)

    def observe_at(self, distance: float, seconds: float) -> float:
        """Score of a distance; counts the event, and learns it. NaN says nothing."""
        score: cython.double = self.score(distance)
        self.events += 1.0
        if self.is_beyond(score):
            self.alerts += 1.0
        self.distances.learn(distance)
        self.mix(0.0)
        return score

    def join(self, distance: float, seconds: float) -> None:
        """Take in an event that has joined an incident."""
        self.mix(1.0)
        if self.is_crowded():
            self.distances.learn(distance)

    def skip(self, seconds: float) -> None:
        """Take in an event whose alert was vetoed: nothing."""

    def open_for_rows(self, times: Any, unready: cython.Py_ssize_t, scores: Any) -> None:
        """Admit rows from the first on, of which so many do not count yet; write their scores.

        Parameters
        ----------
        times
            None: the rate is one of events.
        unready
            So many rows are too early.
        scores
            Doubles, one a row; none after the rows.
        """
        self.scores = scores
        self.writes = len(scores) > 0
        if self.writes:
            self.score_at = doubles(scores)
        self.unready = unready

    def admits(self, score: float, distance: float, row: cython.Py_ssize_t) -> cython.bint:
        """Take in the distance of a row, unless it is an alert or may join an incident."""
        probability: cython.double = self.probability(distance)
        score = score_of(probability)
        self.distance = distance
        self.last_score = score
        if self.writes:
            self.score_at[row] = score
        self.admitted = row < self.unready or not (
            self.is_beyond(score) or self.may_join(probability)
        )
        if self.admitted:
            self.events += 1.0
            if row >= self.unready:
                # A start may want memory.
                with cython.gil:
                    self.distances.learn(distance)
            self.mix(0.0)
        return self.admitted

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.events = archive.count(self.events)
        self.alerts = archive.count(self.alerts)
        if self.alerts > self.events:
            raise ValueError("the state has more alerts than events: it is damaged")
        self.exchange_incidents(archive)
        self.distances.exchange(archive)
        return 0
