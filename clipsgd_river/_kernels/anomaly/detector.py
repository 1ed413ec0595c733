# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The kernel of detectors that standardise events: a part makes a distance of deviations."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import cython

from clipsgd_river._kernels.anomaly.attendance import Attendance
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.scored_events import ScoredEvents
from clipsgd_river._kernels.anomaly.seen_values import SeenValues
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.event_loop import EventLoop

if not cython.compiled:
    from clipsgd_river._kernels.anomaly.scored_events import PRIOR_COUNT
    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.sgd.deviations import BAND


class DetectorKernel(SeenValues):
    """Location and scale of every feature, the part that makes a distance of them, and its score.

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
        if not self.restoring:
            self.adapt_scores()
        if self.attendance.follows:
            self.attendance.active.commit()

    def adapt_scores(self) -> None:
        """Let the typical distance follow soon where distances are no longer those of before."""
        if self.part.take_change() and self.typical.value > 0.0:
            self.typical.start_at(self.typical.value, PRIOR_COUNT)

    def settle(self) -> cython.int:
        """Let features that have started join the model, and those that are gone leave it."""
        EventLoop.settle(self)
        if self.attendance.follows:
            self.features.place([])
            # Without memory for another model the present one goes on.
            with suppress(MemoryError):
                self.attendance.plan_changes()
                self.regroup()
                self.adapt_scores()
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

    def notice(self) -> cython.bint:
        """Notice which values repeat; returns whether the event says anything about distances."""
        self.standard.notice_repeats(self.events)
        return self.standard.informative

    def learn_at(self, distance: float) -> None:
        """Learn the loaded event, whose distance is known."""
        ScoredEvents.learn_at(self, distance)
        if self.attendance.follows and self.features.count > 0:
            self.waiting = self.attendance.changes() or self.waiting

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
