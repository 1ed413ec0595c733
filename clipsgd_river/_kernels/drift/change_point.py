# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Change points of the mean of one or several features."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.event_loop import EventLoop
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.drift.alarm_budget import AlarmBudget
from clipsgd_river._kernels.drift.direction_tests import DirectionTests
from clipsgd_river._kernels.drift.level_history import LevelHistory
from clipsgd_river._kernels.drift.mean_bounds import MeanBounds
from clipsgd_river._kernels.drift.serial_dependence import SerialDependence
from clipsgd_river._kernels.drift.shift_tests import ShiftTests

if not cython.compiled:
    from math import fabs, log, sqrt

    from clipsgd_river._kernels.core.archive import LARGEST_NUMBER
    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.drift.mean_bounds import SCALES, UNKNOWN
    from clipsgd_river._kernels.sgd.kept_values import same

# The one feature of a stream of numbers: a name that events do not have.
NUMBER = ()
# Probability of a false alarm where neither it nor a run length is given.
DELTA = 0.01
# Standardised deviations are clipped here, far beyond where payoffs are.
LARGEST_DEVIATION = 1e35
# Events of a start: few for a centre, as they are lost for tests; a unit needs more.
FEW_EVENTS = 8
MANY_EVENTS = 20
# Stands for a value that is missing among the latest events.
MISSING = 2e150
LOG_2 = 0.6931471805599453
# A warning lasts for so many events: tests of long windows are some events apart.
WARNING_EVENTS = 20.0
# Bounds on the mean are taken anew every so many events, and four times as often at first.
BOUNDS_EVERY = 16
BOUNDS_FIRST = 64


class ChangePointKernel(EventLoop):
    """Stretches without a change, and the tests that end them.

    A stretch begins with ``warm_up`` events of each feature, which give a centre (their median)
    and, where sigma is not known, a unit (their robust scale); the tests are valid for any centre
    and unit. The latest ``warm_up`` events are kept: after an alarm, those since the
    change point make the start of the next stretch, so that it is tested from its first event on
    if they suffice. They are not tested themselves, nor do they enter a bound: they were chosen by
    the alarm.

    With several features half of the budget goes to each feature alone, in equal shares, and half
    to directions.

    Parameters
    ----------
    settings
        ``sigma`` (a number or ``"auto"``), ``delta`` or ``expected_run_length`` (one or both are
        ``None``), ``warm_up`` (or ``None``) and ``max_features``; validated, and kept as given.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        EventLoop.__init__(self, settings)
        sigma_known: cython.bint = settings["sigma"] != "auto"
        self.sigma_known = sigma_known
        self.sigma = settings["sigma"] if sigma_known else 0.0
        delta, length = settings["delta"], settings["expected_run_length"]
        if delta is None and length is None:
            delta = DELTA
        self.budget = AlarmBudget(delta or 0.0, length or 0.0)
        self.bounds = MeanBounds(sigma_known)
        self.shifts = ShiftTests(sigma_known)
        self.directions = DirectionTests(sigma_known)
        self.dependence = SerialDependence()
        self.history = LevelHistory()
        self.warm_up = settings["warm_up"] or (FEW_EVENTS if sigma_known else MANY_EVENTS)
        self.start = RobustStart(self.warm_up)
        self.alarm = False
        self.stretch = 0.0
        self.change = -1.0
        self.detections = 0.0
        self.warned_at = 0.0
        self.feature_level = 0.0
        self.seen = Vector()
        self.tested = Vector()
        self.center = Vector()
        self.unit = Vector()
        self.radius = Vector()
        self.latest = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.seen.grow(size)
        self.tested.grow(size)
        self.center.grow(size)
        self.unit.grow(size)
        self.radius.grow(size)
        self.latest.grow(size * self.start.length)
        self.start.grow(size)
        self.bounds.grow(size)
        self.shifts.grow(size)
        self.directions.grow(size)
        self.dependence.grow(size)
        return self.history.grow(size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        old: cython.Py_ssize_t = self.features.size
        length: cython.Py_ssize_t = self.start.length
        k: cython.Py_ssize_t
        # Two sides of each feature; with several features, half of the budget is for directions.
        self.feature_level = log(2.0 if size <= 1 else 4.0 * size)
        for k in range(old, size):
            self.bounds.clear(k)
            self.shifts.clear(k)
            self.unit.at[k] = self.sigma
            self.radius.at[k] = self.bounds.radius(k)
        for k in range(old * length, size * length):
            self.latest.at[k] = MISSING

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Counts, centre and unit of each feature, and the latest events."""
        return (4 + self.start.length) * size

    def learn(self) -> None:
        """Learn the loaded event; ``alarm`` then is whether it ended the stretch."""
        if self.alarm:
            self.restart()
        index: cython.double = self.events
        self.count_event()
        self.stretch += 1.0
        self.budget.advance(self.stretch)
        self.remember(index)
        if self.test_event(index):
            self.alarm = True
            self.detections += 1.0

    def run_row(self, row: cython.Py_ssize_t, learn: cython.bint) -> None:
        """Learn the loaded row, and write 1 for an alarm and 0 otherwise."""
        self.learn()
        self.alarm_of[row] = 1.0 if self.alarm else 0.0

    def run_rows(self, rows: Any, names: Any, alarms: Any) -> None:
        """Learn rows in order.

        Parameters
        ----------
        rows
            Flat array of doubles, ``len(names)`` to a row; uncompiled, a list.
        names
            The features in the columns.
        alarms
            Array of doubles to write to, one a row: 1 for an alarm, 0 for none.
        """
        if len(alarms) > 0:
            self.alarm_of = doubles(alarms)
            self.learn_rows(rows, names, len(alarms))

    def learn_number(self, value: float) -> cython.bint:
        """Learn an event of the only feature, if that is `NUMBER`; NaN is missing.

        Returns whether it was. Faster than a dict.
        """
        if self.features.size != 1 or self.features.names[0] != NUMBER:
            return False
        self.claim()
        try:
            self.features.count = 0
            if value == value:
                self.features.values.at[0] = max(min(value, LARGEST_VALUE), -LARGEST_VALUE)
                self.features.present.at[0] = 0
                self.features.count = 1
            self.learn()
        finally:
            self.busy = False
        return True

    def remember(self, index: float) -> None:
        """Keep the loaded event among the latest."""
        length: cython.Py_ssize_t = self.start.length
        slot: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, index) % length
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for j in range(self.features.size):
            self.latest.at[j * length + slot] = MISSING
        for k in range(self.features.count):
            j = self.features.present.at[k]
            self.latest.at[j * length + slot] = self.features.values.at[j]

    def test_event(self, index: float) -> cython.bint:
        """Pass the loaded event to all tests; returns whether one of them found a change."""
        size: cython.Py_ssize_t = self.features.size
        events: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.stretch)
        level: cython.double = self.budget.level + self.feature_level
        largest: cython.double = 0.0
        found: cython.bint = False
        k: cython.Py_ssize_t
        for k in range(self.features.count):
            if self.test_feature(self.features.present.at[k], index, level):
                if not found or self.shifts.excess > largest:
                    largest = self.shifts.excess
                    self.change = self.history.onset
                found = True
            if self.shifts.warning_due:
                self.warned_at = self.events
        if size <= 1:
            return found
        if self.directions.test(events, index) and not found:
            found = True
            self.change = max(self.directions.onset, 0.0)
        if self.directions.warning_due:
            self.warned_at = self.events
        inflation: cython.double = 1.0 if self.sigma_known else self.dependence.mean_inflation(size)
        self.directions.start_blocks(
            events, size, self.radius.at, self.budget.level + LOG_2, inflation
        )
        return found

    def test_feature(self, j: cython.Py_ssize_t, index: float, level: float) -> cython.bint:
        """Pass the value of one feature to its tests; returns whether they found a change."""
        seen: cython.p_double = self.seen.at
        value: cython.double = self.features.values.at[j]
        if seen[j] < self.start.length:
            self.shifts.warning_due = False
            self.add_to_start(j, value)
            if seen[j] == self.start.length and not self.sigma_known:
                self.observe_start(j, index + 1.0)
            return False
        seen[j] += 1.0
        if self.unit.at[j] <= 0.0 and not same(value, self.center.at[j]):
            # Chebyshev's inequality bounds the scale after n equal values.
            self.unit.at[j] = fabs(value - self.center.at[j]) / sqrt(seen[j])
        if self.features.size > 1:
            self.directions.observe(j, self.standardised(j, value) - self.bounds.middle(j))
        # Where sigma is not known the bounds are too rough for that.
        found: cython.bint = self.observe(j, value, index) and self.sigma_known
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.tested.at[j])
        found = self.shifts.test(j, n, self.bounds, level, self.inflation(j)) or found
        if not found:
            return False
        self.history.find_step(j)
        return self.sigma_known or not self.history.is_trend(j)

    def standardised(self, j: cython.Py_ssize_t, value: float) -> float:
        """Deviation of a value from the centre in units."""
        if self.unit.at[j] <= 0.0:
            return 0.0
        y: cython.double = (value - self.center.at[j]) / self.unit.at[j]
        return max(min(y, LARGEST_DEVIATION), -LARGEST_DEVIATION)

    def observe(self, j: cython.Py_ssize_t, value: float, index: float) -> cython.bint:
        """Update all statistics of the tests by a value.

        Returns whether bounds on the mean that hold at all times contradict each other.
        """
        tested: cython.p_double = self.tested.at
        y: cython.double = self.standardised(j, value)
        tested[j] += 1.0
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, tested[j])
        empty: cython.bint = False
        if not self.sigma_known:
            self.dependence.observe(j, y - self.bounds.middle(j))
        self.shifts.observe(j, y, n)
        self.bounds.observe(j, y, n)
        self.history.observe(j, y, index)
        if n % BOUNDS_EVERY == 0 or (n < BOUNDS_FIRST and n % (BOUNDS_EVERY // 4) == 0):
            empty = self.bounds.narrow(j, n, self.inflation(j) * self.bounds_level())
            self.radius.at[j] = self.bounds.radius(j)
        return empty

    def observe_start(self, j: cython.Py_ssize_t, end: float) -> None:
        """Observe the latest values of a feature, those before this index."""
        length: cython.Py_ssize_t = self.start.length
        k: cython.Py_ssize_t
        row: cython.Py_ssize_t
        for k in range(length, 0, -1):
            if end >= k:
                row = cython.cast(cython.Py_ssize_t, end - k) % length
                if self.latest.at[j * length + row] < MISSING:
                    self.observe(j, self.latest.at[j * length + row], end - k)

    def inflation(self, j: cython.Py_ssize_t) -> float:
        """Factor to the evidence that a feature requires: 1 where the theorem holds."""
        return 1.0 if self.sigma_known else self.dependence.inflation(j)

    def bounds_level(self) -> float:
        """Level of the bounds on each mean: a union over sides, slopes and features."""
        return log(2.0 * SCALES * self.features.size / self.budget.bounds_error)

    def add_to_start(self, j: cython.Py_ssize_t, value: float) -> None:
        """Use a value of a feature for its centre and unit."""
        seen: cython.p_double = self.seen.at
        self.start.add(j, cython.cast(cython.Py_ssize_t, seen[j]), value)
        seen[j] += 1.0
        self.center.at[j] = self.start.location
        if not self.sigma_known:
            # A spread within round-off is that of a constant: 0.1 + 0.2 after 0.3 is no change.
            constant: cython.bint = same(self.center.at[j] + self.start.scale, self.center.at[j])
            self.unit.at[j] = 0.0 if constant else self.start.scale

    def clear(self, j: cython.Py_ssize_t) -> None:
        """Forget what was learned of a feature in this stretch."""
        self.seen.at[j] = 0.0
        self.tested.at[j] = 0.0
        self.unit.at[j] = self.sigma
        self.bounds.clear(j)
        self.shifts.clear(j)
        self.dependence.clear(j)
        self.history.clear(j)
        self.radius.at[j] = self.bounds.radius(j)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        k: cython.Py_ssize_t
        self.clear(j)
        self.center.at[j] = 0.0
        self.directions.clear_feature(j)
        for k in range(j * self.start.length, (j + 1) * self.start.length):
            self.latest.at[k] = MISSING

    def restart(self) -> None:
        """Begin a stretch with the latest events since the change point."""
        size: cython.Py_ssize_t = self.features.size
        length: cython.Py_ssize_t = self.start.length
        events: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.events)
        first: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.change)
        row: cython.Py_ssize_t
        j: cython.Py_ssize_t
        self.alarm = False
        self.warned_at = 0.0
        self.stretch = 0.0
        self.budget.begin()
        self.directions.clear(size)
        for j in range(size):
            self.clear(j)
            for row in range(max(first, events - length), events):
                if self.latest.at[j * length + row % length] < MISSING:
                    self.add_to_start(j, self.latest.at[j * length + row % length])
            if self.seen.at[j] == length and not self.sigma_known:
                self.observe_start(j, self.events)

    def warning(self) -> cython.bint:
        """Whether one of the last `WARNING_EVENTS` was nearly an alarm and none was one."""
        return (
            not self.alarm
            and self.warned_at > 0.0
            and self.events < self.warned_at + WARNING_EVENTS
        )

    def interval(self, j: cython.Py_ssize_t) -> tuple[float, float]:
        """Middle and radius of the bounds on the mean of a feature, in its unit."""
        n: cython.double = self.tested.at[j]
        if n < 1.0 or self.unit.at[j] <= 0.0:
            return self.center.at[j], float("inf") if n < 1.0 else 0.0
        self.bounds.bound(j, n, self.inflation(j) * self.bounds_level())
        low: cython.double = self.bounds.low
        high: cython.double = self.bounds.high
        if fabs(low) >= UNKNOWN or fabs(high) >= UNKNOWN:
            return self.center.at[j], float("inf")
        return (
            self.center.at[j] + 0.5 * (low + high) * self.unit.at[j],
            max(0.5 * (high - low) * self.unit.at[j], 0.0),
        )

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        size: cython.Py_ssize_t = self.features.size
        length: cython.Py_ssize_t = self.start.length
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        EventLoop.exchange(self, archive)
        self.stretch = archive.count(self.stretch)
        self.detections = archive.count(self.detections)
        self.alarm = archive.count(1.0 if self.alarm else 0.0) != 0.0
        self.change = archive.count(self.change + 1.0) - 1.0
        self.warned_at = archive.count(self.warned_at)
        self.seen.exchange_counts(archive, size, self.events, "count of a feature")
        self.tested.exchange_counts(archive, size, self.events, "count of a feature")
        self.center.exchange(archive, size)
        self.unit.exchange_bounded(archive, size, 0.0, LARGEST_NUMBER, "unit")
        self.radius.exchange(archive, size)
        self.latest.exchange_bounded(archive, size * length, -MISSING, MISSING, "event")
        if self.stretch > self.events or self.change > self.events:
            raise ValueError("the state holds a stretch longer than the stream: it is damaged")
        self.start.exchange(archive, self.seen.at, size)
        for j in range(size):
            k = cython.cast(cython.Py_ssize_t, self.tested.at[j])
            self.shifts.exchange(archive, j, k)
        self.bounds.exchange(archive, size)
        self.directions.exchange(archive, size)
        self.dependence.exchange(archive, size)
        self.history.exchange(archive, size, self.events)
        if archive.reading:
            self.budget.advance(self.stretch)
        return 0
