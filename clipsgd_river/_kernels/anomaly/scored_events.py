# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""An event loop with a distance of each event, and its score."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.event_loop import EventLoop
from clipsgd_river._kernels.core.running_quantile import RunningQuantile
from clipsgd_river._kernels.core.score_gate import ScoreGate

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import doubles, integers
    from clipsgd_river._kernels.core.typical_distance import HIGHEST_SCORE

# Observations that a distance assumed at the start is worth.
PRIOR_COUNT = 10.0


class ScoredEvents(EventLoop):
    """A distance of each event, and its score beside the distances before it.

    The running median of distances makes a score of a distance; a running quantile of them is
    where an alert is due. A subclass finds the distance, and says how it is learned.

    Parameters
    ----------
    settings
        ``contamination`` and ``max_features``, already validated, and what a subclass adds; kept
        as given.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        EventLoop.__init__(self, settings)
        self.typical = RunningQuantile(0.5, 0.005)
        self.limit = RunningQuantile(1.0 - settings["contamination"], 0.05)
        # Contributions that the running call asks for, per row.
        self.asked = 0
        # What looks at scores before the running call learns.
        self.gate: Any = None

    def distance(self) -> float:
        """Distance of the loaded event: finite, at least 0.

        Called once for each event that is loaded.
        """
        return 0.0

    def usual_distance(self) -> float:
        """Mean distance of an ordinary event with the loaded features.

        0 where that is not known: the first positive distance is used instead.
        """
        return 0.0

    def step(self) -> None:
        """Learn the loaded event, whose distance was computed just before."""

    def contribute(self, contributions: cython.p_double) -> None:
        """Write what each present feature adds to the distance computed just before."""

    def notice(self) -> cython.bint:
        """Notice what `step` will not see; returns whether the event tells of distances."""
        return True

    def exchange_scores(self, archive: Archive) -> cython.int:
        """Pass the number of events, the median and the limit through ``archive``."""
        EventLoop.exchange(self, archive)
        self.typical.exchange(archive)
        self.limit.exchange(archive)
        return 0

    def score(self, distance: float) -> float:
        """1 / (1 + q / r), as r / (r + q): 0.5 at the typical distance q, below 1 at any."""
        if distance <= 0.0:
            return 0.0
        return min(distance / (distance + self.typical.value), HIGHEST_SCORE)

    def learn(self) -> None:
        """Learn the loaded event."""
        self.learn_at(self.distance())

    def learn_at(self, distance: float) -> None:
        """Learn the loaded event, whose distance is known."""
        self.count_event()
        if self.features.count == 0:
            return
        if self.typical.value == 0.0:
            # The first distances are those of poor estimates: the median starts from the distance
            # of a normal event, the limit from three times that.
            self.typical.start_at(self.usual_distance(), PRIOR_COUNT)
            self.limit.start_at(3.0 * self.usual_distance(), PRIOR_COUNT)
        if self.notice() and self.events > 1.0:
            self.typical.observe(distance)
            self.limit.observe(distance)
        self.step()
        self.waiting = self.features.wants_memory

    def distance_one(self, event: Any) -> float:
        """Distance of an event."""
        self.claim()
        try:
            self.load(event, False)
            return self.distance()
        finally:
            self.busy = False

    def score_one(self, event: Any) -> float:
        """Score of an event."""
        return self.score(self.distance_one(event))

    def score_learn_one(self, event: Any) -> float:
        """Score an event, then learn it."""
        distance: cython.double
        score: cython.double
        self.claim()
        try:
            self.load(event, True)
            distance = self.distance()
            score = self.score(distance)
            self.learn_at(distance)
            if self.waiting:
                self.settle()
            return score
        finally:
            self.busy = False

    def distance_learn_one(self, event: Any) -> float:
        """Distance of an event, then learn it."""
        distance: cython.double
        self.claim()
        try:
            self.load(event, True)
            distance = self.distance()
            self.learn_at(distance)
            if self.waiting:
                self.settle()
            return distance
        finally:
            self.busy = False

    def learn_one_within(
        self, event: Any, score_limit: float, distance_limit: float, own_limit: cython.bint
    ) -> tuple[float, float, float, float]:
        """Score and distance of an event; learns it unless one of them exceeds its limit.

        With ``own_limit`` the distance may not exceed the detector's alert limit either. That limit
        follows, and the score at it.
        """
        distance: cython.double
        score: cython.double
        own: cython.double
        own_score: cython.double
        self.claim()
        try:
            self.load(event, True)
            distance = self.distance()
            score = self.score(distance)
            own = self.limit.value
            own_score = self.score(own)
            if not (
                score > score_limit or distance > distance_limit or (own_limit and distance > own)
            ):
                self.learn_at(distance)
                if self.waiting:
                    self.settle()
            return score, distance, own, own_score
        finally:
            self.busy = False

    def score_learn_until(self, event: Any, gate: ScoreGate) -> float:
        """Score of an event, which is then learned if the gate admits it."""
        distance: cython.double
        score: cython.double
        self.claim()
        try:
            self.load(event, True)
            distance = self.distance()
            score = self.score(distance)
            if gate.admits(score, distance, 0):
                self.learn_at(distance)
                if self.waiting:
                    self.settle()
            return score
        finally:
            self.busy = False

    def explain_one(self, event: Any) -> dict[Any, float]:
        """Contributions of the present features, by name."""
        k: cython.Py_ssize_t
        self.claim()
        try:
            self.load(event, False)
            self.distance()
            contributions = zeros(self.features.size)
            self.contribute(doubles(contributions))
            present = [self.features.present.at[k] for k in range(self.features.count)]
            return {self.features.names[j]: contributions[j] for j in present}
        finally:
            self.busy = False

    def run_row(self, row: cython.Py_ssize_t, learn: cython.bint) -> None:
        """Write distance and score of the loaded row, then learn it if ``learn``.

        Or its largest contributions instead, where the running call asks for them.
        """
        distance: cython.double = self.distance()
        if self.asked > 0:
            self.explain_row(row)
            return
        self.distance_of[row] = distance
        self.score_of[row] = self.score(distance)
        if self.gate is not None and not self.gate.admits(self.score_of[row], distance, row):
            self.halted = True
            self.halted_row = row
        elif learn:
            self.learn_at(distance)

    def run_rows(
        self, rows: Any, names: Any, learn: cython.bint, distances: Any, scores: Any
    ) -> None:
        """Run rows through the detector: distance and score of each before it is learned.

        Parameters
        ----------
        rows
            Flat array of doubles, ``len(names)`` to a row; uncompiled, a list.
        names
            The features in the columns.
        learn
            Whether to learn each row after its score.
        distances, scores
            Arrays of doubles to write to, one a row.
        """
        count: cython.Py_ssize_t = len(distances)
        if count == 0:
            return
        if len(scores) != count:
            raise ValueError(f"{count} distances and {len(scores)} scores are not one a row each")
        self.claim()
        try:
            self.distance_of = doubles(distances)
            self.score_of = doubles(scores)
            self.each_row(rows, names, count, learn)
        finally:
            self.busy = False

    def learn_rows_until(
        self, rows: Any, names: Any, gate: ScoreGate, distances: Any, scores: Any
    ) -> int:
        """Learn rows up to the first that the gate does not admit; returns how many were learned.

        Parameters as of `run_rows`. Distance and score of the row that stopped it are written too;
        its new features have started.
        """
        self.gate = gate
        self.halted = False
        try:
            self.run_rows(rows, names, True, distances, scores)
            return self.halted_row if self.halted else len(distances)
        finally:
            self.gate = None
            self.halted = False

    def explain_row(self, row: cython.Py_ssize_t) -> None:
        """Write the largest contributions to the distance computed just before, largest first."""
        start: cython.Py_ssize_t = row * self.asked
        found: cython.Py_ssize_t = 0
        k: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        j: cython.int
        share: cython.double
        for k in range(self.features.count):
            self.share_of[self.features.present.at[k]] = 0.0
        self.contribute(self.share_of)
        for k in range(self.features.count):
            j = self.features.present.at[k]
            share = self.share_of[j]
            if found < self.asked:
                found += 1
            elif not share > self.largest_of[start + found - 1]:
                continue
            slot = start + found - 1
            # Of equal ones the earlier feature stays in front.
            while slot > start and self.largest_of[slot - 1] < share:
                self.largest_of[slot] = self.largest_of[slot - 1]
                self.position_of[slot] = self.position_of[slot - 1]
                slot -= 1
            self.largest_of[slot] = share
            self.position_of[slot] = j

    def explain_rows(
        self, rows: Any, names: Any, asked: cython.Py_ssize_t, positions: Any, largest: Any
    ) -> None:
        """Write the largest contributions of the present features of each row, largest first.

        Parameters
        ----------
        rows
            Flat array of doubles, ``len(names)`` to a row; uncompiled, a list.
        names
            The features in the columns.
        asked
            How many contributions of each row, at least 1.
        positions, largest
            Arrays of C integers and of doubles to write to, ``asked`` a row: the positions of the
            features, and their contributions. Where a row has fewer they are left as they are.
        """
        count: cython.Py_ssize_t = len(largest) // asked
        if count == 0:
            return
        if len(positions) != len(largest):
            raise ValueError(f"{len(positions)} positions do not fit {len(largest)} contributions")
        self.claim()
        try:
            shares = zeros(self.features.size)
            self.share_of = doubles(shares)
            self.position_of = integers(positions)
            self.largest_of = doubles(largest)
            self.asked = asked
            self.each_row(rows, names, count, False)
        finally:
            self.asked = 0
            self.busy = False

    def set_limit(self, distance: float) -> None:
        """Put the alert limit at a distance; it goes on tracking from there."""
        self.limit.start_at(distance, max(self.limit.count, 1.0))
