# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The kernel of every detector: an event loop with a distance and its score."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import cython

from clipsgd_river._kernels.anomaly.attendance import Attendance
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.seen_values import SeenValues
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.event_loop import EventLoop
from clipsgd_river._kernels.core.running_quantile import RunningQuantile

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import doubles, integers
    from clipsgd_river._kernels.core.typical_distance import HIGHEST_SCORE
    from clipsgd_river._kernels.sgd.deviations import BAND

# Observations that a distance assumed at the start is worth.
PRIOR_COUNT = 10.0


class DetectorKernel(SeenValues):
    """Location and scale of every feature, the part that makes a distance of them, and its score.

    The running median of distances makes a score of a distance; a running quantile of them is
    where an alert is due.

    Parameters
    ----------
    settings
        ``learning_rate``, ``clip``, ``warm_up``, ``contamination`` and ``max_features``, already
        validated, and what the part takes; kept as given.
    part_class
        The algorithm; its constructor takes the settings and the features.
    """

    def __init__(self, settings: dict[str, Any], part_class: type[Part]) -> None:
        SeenValues.__init__(self, settings, part_class)
        self.typical = RunningQuantile(0.5, 0.005)
        self.limit = RunningQuantile(1.0 - settings["contamination"], 0.05)
        # Contributions that the running call asks for, per row.
        self.asked = 0
        self.attendance = Attendance(self.features, self.standard)

    def distance(self) -> float:
        """Distance of the loaded event: finite, at least 0.

        Called once for each event that is loaded, since the part may transform its values.
        """
        self.part.transform(self.features)
        self.standard.compute_z_scores()
        return self.part.distance(self.standard)

    def usual_distance(self) -> float:
        """Mean distance of an event with the loaded features if they were standard normal.

        0 where that is not known: the first positive distance is used instead.
        """
        return self.part.usual_distance(self.standard)

    def step(self) -> None:
        """One clipped step on the loaded event, whose distance was computed just before."""
        self.part.step(self.standard, self.events)
        self.standard.step(self.events)
        self.part.after_step(self.standard)
        if self.standard.resumed:
            # What is usual in a silence is not what is usual after it.
            self.typical.start_at(self.usual_distance(), PRIOR_COUNT)
            self.part.resume(self.events)
            self.features.wants_memory = True

    def contribute(self, contributions: cython.p_double) -> None:
        """Write what each present feature adds to the distance computed just before."""
        self.part.contribute(self.standard, contributions)

    def prepare(self) -> cython.int:
        """Do what needs the interpreter before an event is learned."""
        self.standard.prepare(self.events)
        return self.part.prepare()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        if self.attendance.follows:
            self.attendance.plan_arrivals(size, self.restoring)
        self.part.grow(self.standard, size)
        return self.standard.grow(size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        self.standard.add_features(size)
        self.part.add_features(size)
        if self.attendance.follows:
            self.attendance.active.commit()

    def settle(self) -> cython.int:
        """Let features that have started join the model, and those that are gone leave it."""
        EventLoop.settle(self)
        if self.attendance.follows:
            self.features.place([])
            # Without memory for another model the present one goes on.
            with suppress(MemoryError):
                self.attendance.plan_changes()
                self.regroup()
        return 0

    def wake(self) -> cython.int:
        """Wake features that repeat; go on after a silence."""
        self.standard.settle_repeats()
        return self.part.prepare()

    def regroup(self) -> cython.int:
        """Make the model one of the features that are planned to be active."""
        self.part.grow(self.standard, self.features.size)
        self.part.add_features(self.features.size)
        self.attendance.active.commit()
        return 0

    def release(self, positions: list[Any]) -> cython.int:
        """Let features that are gone leave the model, as they do in time."""
        if self.attendance.follows:
            self.attendance.plan_without(positions)
            if self.attendance.active.changed:
                self.regroup()
        return 0

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.standard.reset_feature(j)
        self.part.reset_feature(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of location and scale, and of the part."""
        return self.standard.least_numbers(size) + self.part.least_numbers(size)

    def exchange_scores(self, archive: Archive) -> cython.int:
        """Pass the number of events, the median and the limit through ``archive``."""
        EventLoop.exchange(self, archive)
        self.typical.exchange(archive)
        self.limit.exchange(archive)
        return 0

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``; the features are known."""
        self.exchange_scores(archive)
        self.standard.exchange(archive)
        if self.attendance.follows:
            self.exchange_active(archive)
        return self.part.exchange(self.standard, archive)

    def exchange_active(self, archive: Archive) -> cython.int:
        """Pass which features are active through ``archive``."""
        absent = self.attendance.absent(archive)
        if archive.reading:
            gone = set(absent)
            positions = [j for j in range(self.features.size) if j not in gone]
            archive.require(self.part.least_numbers(len(positions)))
            self.attendance.active.plan(positions, self.features.size)
            if self.attendance.active.changed:
                self.regroup()
        return 0

    def score(self, distance: float) -> float:
        """1 / (1 + q / r), as r / (r + q): 0.5 at the typical distance q, below 1 at any."""
        if distance <= 0.0:
            return 0.0
        return min(distance / (distance + self.typical.value), HIGHEST_SCORE)

    def notice(self) -> cython.bint:
        """Notice which values repeat; returns whether the event says anything about distances."""
        self.standard.notice_repeats(self.events)
        return self.standard.informative

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
        if self.attendance.follows:
            self.waiting = self.attendance.changes() or self.waiting

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

    def expect_one(self, event: Any) -> dict[Any, tuple[float, float, float]]:
        """Band of 95 %: each feature alone, or given the other features of ``event``."""
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        self.claim()
        try:
            bands = {}
            for j in range(self.features.size):
                centre = self.part.centre(self.standard, j)
                half = BAND * self.standard.scale.at[j]
                bands[self.features.names[j]] = self.band(centre - half, centre, centre + half, j)
            if event is None:
                return bands
            self.load(event, False)
            self.distance()
            band = zeros(3 * self.features.count)
            self.part.expect(self.standard, doubles(band))
            for k in range(self.features.count):
                j = self.features.present.at[k]
                bands[self.features.names[j]] = self.band(
                    band[3 * k], band[3 * k + 1], band[3 * k + 2], j
                )
            return bands
        finally:
            self.busy = False

    def members_one(self, event: Any) -> dict[str, float]:
        """Relative distance of an event by each member of a part, by its name."""
        self.claim()
        try:
            self.load(event, False)
            self.distance()
            return self.part.members()
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
        if learn:
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

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events in locations and scales to that of ``events``."""
        self.claim()
        try:
            self.standard.shorten(events)
            self.part.shorten(events)
        finally:
            self.busy = False

    def arguments(self) -> tuple[Any, ...]:
        """Settings and the class of the part."""
        return self.settings, type(self.part)
