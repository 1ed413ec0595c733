# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Change points of the mean of one or several features."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.anomaly.detector import DetectorKernel
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import enlarged, zeros
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.drift.alarm_budget import AlarmBudget
from clipsgd_river._kernels.drift.direction_tests import DirectionTests
from clipsgd_river._kernels.drift.level_history import LevelHistory
from clipsgd_river._kernels.drift.mean_bounds import MeanBounds
from clipsgd_river._kernels.drift.serial_dependence import SerialDependence
from clipsgd_river._kernels.drift.shift_tests import ShiftTests

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython

if not cython.compiled:
    from math import fabs, log, sqrt

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.drift.mean_bounds import SCALES, UNKNOWN

# The one feature of a stream of numbers: no name that an event would have.
NUMBER = ()
# Probability of a false alarm where neither it nor a run length is given.
DELTA = 0.01
# Standardised deviations are cut here, far beyond where payoffs are.
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


class ChangePointKernel(DetectorKernel):
    """Stretches without a change, and the tests that end them.

    A stretch begins with ``warm_up`` events of each feature, which give a centre (their median)
    and, where sigma is not known, a unit (their robust scale); any centre and unit will do for the
    tests that follow. The latest ``warm_up`` events are kept: after an alarm, those since the
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
        # The event loop asks for a step size and a limit, which no change point has.
        DetectorKernel.__init__(self, {**settings, "contamination": 0.5, "learning_rate": "auto"})
        self.settings = settings
        known: cython.bint = settings["sigma"] != "auto"
        self.known = known
        self.sigma = settings["sigma"] if known else 0.0
        delta, length = settings["delta"], settings["expected_run_length"]
        if delta is None and length is None:
            delta = DELTA
        self.budget = AlarmBudget(delta or 0.0, length or 0.0)
        self.bounds = MeanBounds(known)
        self.shifts = ShiftTests(known)
        self.directions = DirectionTests(known)
        self.dependence = SerialDependence()
        self.history = LevelHistory()
        self.warm_up = settings["warm_up"] or (FEW_EVENTS if known else MANY_EVENTS)
        self.start = RobustStart(self.warm_up)
        self.alarm = False
        self.stretch = 0.0
        self.change = -1.0
        self.detections = 0.0
        self.warned = 0.0
        self.feature_level = 0.0
        self.seen_values = zeros(0)
        self.tested_values = zeros(0)
        self.center_values = zeros(0)
        self.unit_values = zeros(0)
        self.radius_values = zeros(0)
        self.latest_values = zeros(0)
        self.point()

    def point(self) -> cython.int:
        """Aim the pointers at their owners."""
        self.seen = doubles(self.seen_values)
        self.tested = doubles(self.tested_values)
        self.center = doubles(self.center_values)
        self.unit = doubles(self.unit_values)
        self.radius = doubles(self.radius_values)
        self.latest = doubles(self.latest_values)
        return 0

    def reserve(self, size: cython.Py_ssize_t) -> cython.int:
        """Make room for ``size`` features."""
        old: cython.Py_ssize_t = self.features.size
        length: cython.Py_ssize_t = self.start.length
        seen = enlarged(self.seen_values, size)
        tested = enlarged(self.tested_values, size)
        center = enlarged(self.center_values, size)
        unit = enlarged(self.unit_values, size)
        radius = enlarged(self.radius_values, size)
        latest = enlarged(self.latest_values, size * length)
        self.start.reserve(size)
        self.bounds.reserve(size, size - old)
        self.shifts.reserve(size, size - old)
        self.directions.reserve(size)
        self.dependence.reserve(size)
        self.history.reserve(size)
        self.seen_values = seen
        self.tested_values = tested
        self.center_values = center
        self.unit_values = unit
        self.radius_values = radius
        self.latest_values = latest
        self.point()
        # Two sides of each feature; with several features, half of the budget is for directions.
        self.feature_level = log(2.0 if size <= 1 else 4.0 * size)
        k: cython.Py_ssize_t
        for k in range(old, size):
            self.seen[k] = 0.0
            self.tested[k] = 0.0
            self.center[k] = 0.0
            self.unit[k] = self.sigma
            self.radius[k] = self.bounds.radius(k)
        for k in range(old * length, size * length):
            self.latest[k] = MISSING
        return 0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Counts, centre and unit of each feature, and the latest events."""
        return (4 + self.start.length) * size

    def learn(self, distance: float) -> None:
        """Take the loaded event; ``alarm`` then tells whether it ended the stretch."""
        if self.alarm:
            self.restart()
        index: cython.double = self.events
        self.events += 1.0
        self.stretch += 1.0
        self.budget.advance(self.stretch)
        self.remember(index)
        if self.look(index):
            self.alarm = True
            self.detections += 1.0

    def run_row(self, row: cython.Py_ssize_t, learn: cython.bint) -> None:
        """Learn the loaded row; its score is 1 for an alarm and 0 otherwise."""
        self.learn(0.0)
        self.score_of[row] = 1.0 if self.alarm else 0.0

    def learn_number(self, value: float) -> cython.bint:
        """Learn an event of the only feature, if that is `NUMBER`; NaN is missing.

        Tells whether it was: the short way past a dict.
        """
        if self.features.size != 1 or self.features.names[0] != NUMBER:
            return False
        self.claim()
        try:
            self.features.count = 0
            if value == value:
                self.features.values[0] = max(min(value, LARGEST_VALUE), -LARGEST_VALUE)
                self.features.present[0] = 0
                self.features.count = 1
            self.learn(0.0)
        finally:
            self.busy = False
        return True

    def remember(self, index: float) -> None:
        """Keep the loaded event among the latest."""
        length: cython.Py_ssize_t = self.start.length
        place: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, index) % length
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for j in range(self.features.size):
            self.latest[j * length + place] = MISSING
        for k in range(self.features.count):
            j = self.features.present[k]
            self.latest[j * length + place] = self.features.values[j]

    def look(self, index: float) -> cython.bint:
        """Pass the loaded event to all tests; tells whether one of them found a change."""
        size: cython.Py_ssize_t = self.features.size
        events: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.stretch)
        level: cython.double = self.budget.level + self.feature_level
        largest: cython.double = 0.0
        found: cython.bint = False
        k: cython.Py_ssize_t
        for k in range(self.features.count):
            if self.look_at(self.features.present[k], index, level):
                if not found or self.shifts.excess > largest:
                    largest = self.shifts.excess
                    self.change = self.history.onset
                found = True
            if self.shifts.near:
                self.warned = self.events
        if size <= 1:
            return found
        if self.directions.test(events, index) and not found:
            found = True
            self.change = max(self.directions.onset, 0.0)
        if self.directions.near:
            self.warned = self.events
        inflation: cython.double = 1.0 if self.known else self.dependence.mean_inflation(size)
        self.directions.turn(events, size, self.radius, self.budget.level + LOG_2, inflation)
        return found

    def look_at(self, j: cython.Py_ssize_t, index: float, level: float) -> cython.bint:
        """Pass the value of one feature to its tests; tells whether they found a change."""
        value: cython.double = self.features.values[j]
        if self.seen[j] < self.start.length:
            self.shifts.near = False
            self.warm(j, value)
            if self.seen[j] == self.start.length and not self.known:
                self.count_start(j, index + 1.0)
            return False
        self.seen[j] += 1.0
        if self.unit[j] <= 0.0 and value != self.center[j]:
            # By Chebyshev's inequality n equal values cannot tell more of a scale.
            self.unit[j] = fabs(value - self.center[j]) / sqrt(self.seen[j])
        if self.features.size > 1:
            self.directions.observe(j, self.standardised(j, value) - self.bounds.middle(j))
        # Where sigma is not known the bounds are too rough for that.
        found: cython.bint = self.take(j, value, index) and self.known
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.tested[j])
        found = self.shifts.test(j, n, self.bounds, level, self.inflation(j)) or found
        if not found:
            return False
        self.history.find_step(j)
        return self.known or not self.history.is_line(j)

    def standardised(self, j: cython.Py_ssize_t, value: float) -> float:
        """Deviation of a value from the centre in units."""
        if self.unit[j] <= 0.0:
            return 0.0
        y: cython.double = (value - self.center[j]) / self.unit[j]
        return max(min(y, LARGEST_DEVIATION), -LARGEST_DEVIATION)

    def take(self, j: cython.Py_ssize_t, value: float, index: float) -> cython.bint:
        """Let a value into everything that tests rest on.

        Tells whether bounds on the mean that hold at all times contradict each other.
        """
        y: cython.double = self.standardised(j, value)
        self.tested[j] += 1.0
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.tested[j])
        empty: cython.bint = False
        if not self.known:
            self.dependence.observe(j, y - self.bounds.middle(j))
        self.shifts.observe(j, y, n)
        self.bounds.observe(j, y, n)
        self.history.observe(j, y, index)
        if n % BOUNDS_EVERY == 0 or (n < BOUNDS_FIRST and n % (BOUNDS_EVERY // 4) == 0):
            empty = self.bounds.narrow(j, n, self.inflation(j) * self.bounds_level())
            self.radius[j] = self.bounds.radius(j)
        return empty

    def count_start(self, j: cython.Py_ssize_t, end: float) -> None:
        """Take the latest values of a feature, those before this index, as its past."""
        length: cython.Py_ssize_t = self.start.length
        k: cython.Py_ssize_t
        row: cython.Py_ssize_t
        for k in range(length, 0, -1):
            if end >= k:
                row = cython.cast(cython.Py_ssize_t, end - k) % length
                if self.latest[j * length + row] < MISSING:
                    self.take(j, self.latest[j * length + row], end - k)

    def inflation(self, j: cython.Py_ssize_t) -> float:
        """Factor to the evidence asked of a feature: 1 where the theorem holds."""
        return 1.0 if self.known else self.dependence.inflation(j)

    def bounds_level(self) -> float:
        """Level of the bounds on each mean: two sides, the slopes there are, all features."""
        return log(2.0 * SCALES * self.features.size / self.budget.bounds_error)

    def warm(self, j: cython.Py_ssize_t, value: float) -> None:
        """Take a value of a feature for its centre and unit."""
        self.start.add(j, cython.cast(cython.Py_ssize_t, self.seen[j]), value)
        self.seen[j] += 1.0
        self.center[j] = self.start.location
        if not self.known:
            self.unit[j] = self.start.scale

    def restart(self) -> None:
        """Begin a stretch with the latest events since the change point."""
        size: cython.Py_ssize_t = self.features.size
        length: cython.Py_ssize_t = self.start.length
        events: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.events)
        first: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.change)
        row: cython.Py_ssize_t
        j: cython.Py_ssize_t
        self.alarm = False
        self.warned = 0.0
        self.stretch = 0.0
        self.budget.begin()
        self.directions.clear(size)
        for j in range(size):
            self.seen[j] = 0.0
            self.tested[j] = 0.0
            self.unit[j] = self.sigma
            self.bounds.clear(j)
            self.shifts.clear(j)
            self.dependence.clear(j)
            self.history.clear(j)
            self.radius[j] = self.bounds.radius(j)
            for row in range(max(first, events - length), events):
                if self.latest[j * length + row % length] < MISSING:
                    self.warm(j, self.latest[j * length + row % length])
            if self.seen[j] == length and not self.known:
                self.count_start(j, self.events)

    def warning(self) -> cython.bint:
        """Whether one of the last `WARNING_EVENTS` came near an alarm and none raised one."""
        return not self.alarm and self.warned > 0.0 and self.events < self.warned + WARNING_EVENTS

    def interval(self, j: cython.Py_ssize_t) -> tuple[float, float]:
        """Middle and radius of the bounds on the mean of a feature, in its unit."""
        n: cython.double = self.tested[j]
        if n < 1.0 or self.unit[j] <= 0.0:
            return self.center[j], float("inf") if n < 1.0 else 0.0
        self.bounds.bound(j, n, self.inflation(j) * self.bounds_level())
        low: cython.double = self.bounds.low
        high: cython.double = self.bounds.high
        if fabs(low) >= UNKNOWN or fabs(high) >= UNKNOWN:
            return self.center[j], float("inf")
        return (
            self.center[j] + 0.5 * (low + high) * self.unit[j],
            max(0.5 * (high - low) * self.unit[j], 0.0),
        )

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        size: cython.Py_ssize_t = self.features.size
        length: cython.Py_ssize_t = self.start.length
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        self.events = archive.count(self.events)
        self.stretch = archive.count(self.stretch)
        self.detections = archive.count(self.detections)
        self.alarm = archive.count(1.0 if self.alarm else 0.0) != 0.0
        self.change = archive.count(self.change + 1.0) - 1.0
        self.warned = archive.count(self.warned)
        self.seen_values = archive.vector(self.seen_values, size)
        self.tested_values = archive.vector(self.tested_values, size)
        self.center_values = archive.vector(self.center_values, size)
        self.unit_values = archive.vector(self.unit_values, size)
        self.radius_values = archive.vector(self.radius_values, size)
        self.latest_values = archive.vector(self.latest_values, size * length)
        self.point()
        if self.stretch > self.events or self.change > self.events:
            raise ValueError("the state holds a stretch longer than the stream: it is damaged")
        for k in range(size * length):
            if fabs(self.latest[k]) > MISSING:
                raise ValueError("the state holds an impossible event: it is damaged")
        for j in range(size):
            archive.check_count(self.seen[j])
            archive.check_count(self.tested[j])
            if max(self.seen[j], self.tested[j]) > self.events or self.unit[j] < 0.0:
                raise ValueError("the state holds an impossible feature: it is damaged")
        self.start.exchange(archive, self.seen, size)
        for j in range(size):
            k = cython.cast(cython.Py_ssize_t, self.tested[j])
            self.shifts.exchange(archive, j, k)
        self.bounds.exchange(archive, size)
        self.directions.exchange(archive, size)
        self.dependence.exchange(archive, size)
        self.history.exchange(archive, size, self.events)
        if archive.reading:
            self.budget.advance(self.stretch)
        return 0

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        return [
            *DetectorKernel.owners(self),
            *self.start.owners(),
            *self.bounds.owners(),
            *self.shifts.owners(),
            *self.directions.owners(),
            *self.dependence.owners(),
            *self.history.owners(),
            self.budget,
            self.seen_values,
            self.tested_values,
            self.center_values,
            self.unit_values,
            self.radius_values,
            self.latest_values,
        ]
