# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The kernel of time series: one feature of an event says when it was."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import cython

from clipsgd_river._kernels.anomaly.detector import DetectorKernel
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.series import CHANNEL_NAMES, SeriesPart
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import check_names
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.event_loop import EventLoop
from clipsgd_river._kernels.time_series.counters import Counters
from clipsgd_river._kernels.time_series.holidays import Holidays
from clipsgd_river._kernels.time_series.seconds import is_time, seconds_of

if not cython.compiled:
    from clipsgd_river._kernels.anomaly.series import FLAT_LINE
    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.time_series.flat_lines import LONG
    from clipsgd_river._kernels.time_series.silences import LATEST, NAN
    from clipsgd_river._kernels.time_series.told_events import QUIET


class SeriesKernel(DetectorKernel):
    """A `DetectorKernel` whose part is told when each event was.

    The clock is the feature that ``timestamp`` names or, where it names none, the first one to hold
    a time of the calendar among the first events. It is no feature of the model. Of a feature that
    only rises the model sees its rate.

    Parameters
    ----------
    settings
        As for `DetectorKernel`, and ``timestamp`` and ``holidays``.
    part_class
        `SeriesPart`.
    """

    def __init__(self, settings: dict[str, Any], part_class: type[Part]) -> None:
        DetectorKernel.__init__(self, settings, part_class)
        series: Any = self.part
        self.series: SeriesPart = series
        self.holidays = Holidays(settings["holidays"])
        self.counters = Counters()
        self.turning = False
        self.clock = settings["timestamp"]
        self.has_clock = self.clock is not None
        self.clock_column = -1
        self.width = 0

    def load(self, event: Any, learn: cython.bint) -> cython.int:
        """Load a dict, and when it was."""
        clock = self.clock_of(event)
        if clock is None:
            self.take_time(NAN, False)
            return DetectorKernel.load(self, event, learn)
        rest = dict(event)
        seconds: cython.double = seconds_of(clock, rest.pop(clock, None))
        DetectorKernel.load(self, rest, learn)
        # What is refused has not been loaded.
        self.take_time(seconds, self.holidays.has(seconds))
        if learn:
            self.start_clock(clock)
        return 0

    def clock_of(self, event: Any) -> Any:
        """Name of the feature that says when an event was, ``None`` if none does."""
        if self.has_clock:
            return self.clock
        if self.features.size == 0 and isinstance(event, Mapping):
            for name, content in event.items():
                if type(content) is not float and is_time(content):
                    return name
        return None

    def start_clock(self, name: Any) -> cython.int:
        """Take a feature for the clock, unless there is one."""
        if not self.has_clock:
            self.clock = name
            self.has_clock = True
        return 0

    def take_time(self, seconds: float, holiday: cython.bint) -> cython.int:
        """Tell the part when the event is, and whether on a holiday."""
        if seconds == seconds:
            seconds = max(-LATEST, min(seconds, LATEST))
        return self.series.set_time(seconds, holiday)

    def run_row(self, row: cython.Py_ssize_t, learn: cython.bint) -> None:
        """Take the time of the loaded row, and process it."""
        if self.clock_column < 0:
            self.take_time(NAN, False)
        else:
            self.take_time(
                self.rows_at[row * self.width + self.clock_column], self.holiday_at[row] > 0.0
            )
        DetectorKernel.run_row(self, row, learn)

    def distance(self) -> float:
        """Distance of the loaded event, in which rates take the place of counters."""
        self.counters.replace(self.features, self.series.seconds, self.events + 1.0)
        return DetectorKernel.distance(self)

    def learn_at(self, distance: float) -> None:
        """Learn the loaded event, whose distance is known, and what it was before."""
        turns: cython.bint = self.counters.learn(self.series.seconds, self.events + 1.0)
        DetectorKernel.learn_at(self, distance)
        self.waiting = self.waiting or turns

    def wake(self) -> cython.int:
        """Start features anew of which the model is to see the rates, or no longer."""
        j: cython.Py_ssize_t
        DetectorKernel.wake(self)
        positions = [j for j in range(self.features.size) if self.counters.is_to_turn(j)]
        if positions:
            self.features.pending = []
            self.features.passing = [(j, self.features.names[j]) for j in positions]
            self.turning = True
            try:
                self.start_placed()
            finally:
                self.turning = False
            for j in positions:
                self.counters.turn(j)
        return 0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.counters.grow(size)
        return DetectorKernel.grow(self, size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there, or its rate."""
        if not self.turning:
            self.counters.reset_feature(j)
        DetectorKernel.reset_feature(self, j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of a detector, and of counters."""
        return DetectorKernel.least_numbers(self, size) + self.counters.least_numbers(size)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``; the features are known."""
        DetectorKernel.exchange(self, archive)
        return self.counters.exchange(archive, self.features.size)

    def each_row(
        self, rows: Any, names: Any, count: cython.Py_ssize_t, learn: cython.bint
    ) -> cython.int:
        """Load each of ``count`` rows, whose column of the clock says when it was."""
        row: cython.Py_ssize_t
        self.check_rows(rows, names, count)
        self.clock_column = -1
        self.width = len(names)
        if self.has_clock and self.clock in names:
            self.clock_column = names.index(self.clock)
        self.rows_at = doubles(rows if self.width > 0 else zeros(1))
        flags = zeros(count)
        self.holiday_at = doubles(flags)
        if self.clock_column >= 0 and self.holidays.any:
            for row in range(count):
                seconds = self.rows_at[row * self.width + self.clock_column]
                self.holiday_at[row] = float(self.holidays.has(seconds))
        return DetectorKernel.each_row(self, rows, names, count, learn)

    def first_numbers(
        self, rows: cython.p_double, names: Any, first: cython.Py_ssize_t, count: cython.Py_ssize_t
    ) -> list[tuple[int, int]]:
        """Row of the first number of each unknown column, but for the clock's."""
        found = DetectorKernel.first_numbers(self, rows, names, first, count)
        return [(row, column) for row, column in found if column != self.clock_column]

    def due(self, j: cython.Py_ssize_t) -> float:
        """When the next value of the feature at position j is due; NaN if nobody knows."""
        return self.series.silences.next_time(j, 1.0)

    def band_at(self, j: cython.Py_ssize_t, seconds: float) -> tuple[float, float, float]:
        """Band of the feature at position j at a time, or else when it is due."""
        memory = zeros(3)
        band: cython.p_double = doubles(memory)
        if seconds != seconds:
            seconds = self.due(j)
        self.series.expect_at(self.standard, j, seconds, self.holidays.has(seconds), band)
        found = self.band(band[0], band[1], band[2], j)
        if self.counters.counts.at[j] > 0.0:
            return self.counted(j, seconds, found)
        return found

    def counted(
        self, j: cython.Py_ssize_t, seconds: float, rates: Any
    ) -> tuple[float, float, float]:
        """What the counter at position j will have come to at a time, at each of three rates."""
        units: cython.double = self.counters.units(j, seconds, self.events + 1.0)
        last: cython.double = self.counters.value.at[j]
        low, middle, high = rates
        # Of a time that is none, or past, nothing has been counted.
        units = units if units > 0.0 else 0.0
        return last + units * low, last + units * middle, last + units * high

    def expect_one(self, event: Any) -> dict[Any, tuple[float, float, float]]:
        """Band of 95 % of each feature at the time of ``event``, or when its next value is due."""
        j: cython.Py_ssize_t
        self.claim()
        try:
            self.take_time(NAN, False)
            if event is not None:
                self.load(event, False)
            return {
                self.features.names[j]: self.band_at(j, self.series.seconds)
                for j in range(self.features.size)
            }
        finally:
            self.busy = False

    def locations(self) -> list[float]:
        """What is expected of each feature when its next value is due."""
        j: cython.Py_ssize_t
        return [self.band_at(j, NAN)[1] for j in range(self.features.size)]

    def channels_one(self, event: Any) -> dict[Any, dict[str, float]]:
        """Rarity of what each channel says of each present feature, in decades."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        self.claim()
        try:
            self.load(event, False)
            self.distance()
            found = {}
            for k in range(self.features.count):
                j = self.features.present.at[k]
                found[self.features.names[j]] = {
                    name: self.series.rarity(j, channel)
                    for channel, name in enumerate(CHANNEL_NAMES[: self.series.channels])
                    if self.series.has_say(j, channel)
                }
            return found
        finally:
            self.busy = False

    def standing_one(self, event: Any) -> dict[Any, tuple[float, int]]:
        """Value of each metric of which the flat line is what surprises, and its length.

        Of a counter it is the rate that stands still.
        """
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        value: cython.double
        self.claim()
        try:
            self.load(event, False)
            self.distance()
            found = {}
            for k in range(self.features.count):
                j = self.features.present.at[k]
                if self.series.channel.at[j] == FLAT_LINE and self.series.largest.at[j] >= QUIET:
                    value = self.features.values.at[j]
                    length = int(self.series.flat_lines.length_with(j, value))
                    # As many as that are all alike to the channel.
                    if length >= 2.0 * LONG:
                        found[self.features.names[j]] = (self.counters.given.at[j], length)
            return found
        finally:
            self.busy = False

    def without_counters(self, found: dict[Any, Any]) -> dict[Any, Any]:
        """What is known of values; those of a counter are rates to the model."""
        j: cython.Py_ssize_t
        names = {
            self.features.names[j]
            for j in range(self.features.size)
            if self.counters.counts.at[j] > 0.0
        }
        return {name: known for name, known in found.items() if name not in names}

    def values_one(self) -> dict[Any, dict[float, float]]:
        """Values that come back, and their shares, of each feature with some that is no counter."""
        return self.without_counters(DetectorKernel.values_one(self))

    def range_one(self) -> dict[Any, tuple[float, float]]:
        """Lowest and highest value of each feature that is no counter."""
        return self.without_counters(DetectorKernel.range_one(self))

    def rest_one(self) -> dict[Any, tuple[float, float, float]]:
        """Band of values that are not split off, of each feature with others that is no counter."""
        return self.without_counters(DetectorKernel.rest_one(self))

    def rates_one(self, event: Any) -> dict[Any, tuple[bool, float, float, float, float]]:
        """Of each counter that has a rate: whether that is per second, the rate, and its band."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        rate: cython.double
        memory = zeros(3)
        band: cython.p_double = doubles(memory)
        self.claim()
        try:
            self.load(event, False)
            self.distance()
            found = {}
            for k in range(self.features.count):
                j = self.features.present.at[k]
                if self.counters.counts.at[j] > 0.0 and self.series.counts.at[j] > 0.0:
                    rate = self.features.values.at[j]
                    seconds = self.series.seconds
                    holiday = self.holidays.has(seconds)
                    self.series.expect_at(self.standard, j, seconds, holiday, band)
                    rates = self.band(band[0], band[1], band[2], j)
                    timed = self.counters.timed.at[j] > 0.0
                    found[self.features.names[j]] = (timed, rate, *rates)
            return found
        finally:
            self.busy = False

    def told_one(self) -> dict[Any, tuple[float, int]]:
        """Bar of each feature, and the events since it was raised."""
        j: cython.Py_ssize_t
        told = self.series.told
        return {
            self.features.names[j]: (told.bar.at[j], int(told.since.at[j]))
            for j in range(self.features.size)
        }

    def snapshot(self) -> tuple[list[Any], array[float]]:
        """Names of the features and, if there is one, of the clock; and all numbers."""
        names, numbers = DetectorKernel.snapshot(self)
        if self.has_clock:
            names.append(self.clock)
        return names, array("d", [float(self.has_clock)]) + numbers

    def restore(self, names: list[Any], numbers: array[float]) -> None:
        """Take over the state that `snapshot` gave; this kernel must be new."""
        check_names(names, self.features.max_features + 1)
        if not numbers or numbers[0] not in (0.0, 1.0) or numbers[0] > len(names):
            raise ValueError("the state does not say whether it has a clock: it is damaged")
        if numbers[0] == 1.0:
            names = list(names)
            self.start_clock(names.pop())
        if self.settings["timestamp"] is not None and self.clock != self.settings["timestamp"]:
            raise ValueError("the state's clock is not its parameter timestamp: it is damaged")
        DetectorKernel.restore(self, names, numbers[1:])

    def copy_from(self, other: EventLoop) -> None:
        """Take over the state of another kernel of this kind, its clock too."""
        DetectorKernel.copy_from(self, other)
        kernel: Any = other
        self.clock = kernel.clock
        self.has_clock = self.clock is not None
