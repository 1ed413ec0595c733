# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Several views of what comes next, each from the values of late."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.time_series.autoregression import Autoregression
from clipsgd_river._kernels.time_series.calendar_profile import CalendarProfile
from clipsgd_river._kernels.time_series.season_finder import SeasonFinder

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.sgd.deviations import LARGEST_SCALE
    from clipsgd_river._kernels.time_series.autoregression import LAGS

# Values kept, a power of two; the longest season is half of that.
KEPT = 1024
# Views, by name; NONE where one has nothing to say.
LAST = 0
LEVEL = 1
TREND = 2
REGRESSION = 3
CALENDAR = 4
SEASON = 5
SEASONS = 6
RATIO = 7
LONG_SEASON = 8
LONG_SEASONS = 9
VIEWS = 10
NONE = 1e300
# Deviations from the calendar, the shorter and the longer season, which may persist.
DEVIATIONS = 3
# Autoregression looks so far ahead.
AHEAD = 64
# Cycles whose mean a view takes.
CYCLES = 3
# Steps of the level, of the level of the trend, of the trend and its weight.
LEVEL_RATE = 0.02
TREND_LEVEL_RATE = 0.3
TREND_RATE = 0.05
DAMPING = 0.98
# A cycle is at most so many times the one before, and growth is taken on for so many cycles.
LARGEST_GROWTH = 4.0
MOST_CYCLES = 64


class Outlooks:
    r"""What each of ten views expects of the value h events ahead.

    With y the values, P a season of the `SeasonFinder`, M_c the mean of the P values that ended c
    cycles ago and k = ceil(h / P), the views are

    - the last value; a clipped mean with steps of .02; a trend, damped by .98 per event;
    - autoregression of 32 lags, applied to itself up to 64 times;
    - what is usual at that time of day and week;
    - the value k P before plus k (M_0 - M_1), the growth of a cycle; the mean of this over the last
      three cycles; its multiplicative form over two, where no value was 0 or less;
    - the first two for a longer season.

    What the last value deviates from calendar and season persists by a share that the caller knows.
    `prepare` computes what all horizons have in common. O(1) per view then; 8 KB.
    """

    def __init__(self) -> None:
        self.values = Vector(KEPT)
        self.finder = SeasonFinder(KEPT // 2)
        self.finder.grow(1)
        self.regression = Autoregression()
        self.regression.grow(1)
        self.calendar = CalendarProfile()
        self.calendar.grow(1)
        self.count = 0.0
        self.level = 0.0
        self.trend_level = 0.0
        self.trend = 0.0
        self.lowest = 0.0
        self.highest = 0.0
        self.deviations = Vector(DEVIATIONS)
        # Of both seasons, the means of the last cycles; the path of autoregression.
        self.means = Vector(2 * (CYCLES + 1))
        self.path = Vector(LAGS + AHEAD)

    def begin(self, location: float, scale: float) -> None:
        """Start anew, from a first location and scale."""
        i: cython.Py_ssize_t
        self.finder.begin(0, location, scale)
        self.regression.reset_feature(0)
        self.calendar.reset_feature(0)
        self.count = 0.0
        self.level = 0.0
        self.trend_level = 0.0
        self.trend = 0.0
        self.lowest = 0.0
        self.highest = 0.0
        for i in range(DEVIATIONS):
            self.deviations.at[i] = 0.0

    def before(self, back: cython.Py_ssize_t) -> float:
        """The value so many events before the next one, at least 1."""
        at: cython.longlong = cython.cast(cython.longlong, self.count) - back
        return self.values.at[at & (KEPT - 1)]

    def reaches(self, back: cython.Py_ssize_t) -> cython.bint:
        """Whether so many values are kept."""
        return back <= KEPT and back <= self.count

    def period(self, long_one: cython.bint) -> cython.Py_ssize_t:
        """The shorter or the longer season if two cycles of it are kept, otherwise 0."""
        lag: cython.double = self.finder.longer.at[0] if long_one else self.finder.shorter.at[0]
        found: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, lag)
        return found if self.reaches(2 * found) else 0

    def prepare(self) -> None:
        """Compute what forecasts from here have in common."""
        period: cython.Py_ssize_t
        which: cython.Py_ssize_t
        cycle: cython.Py_ssize_t
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        total: cython.double
        path: cython.p_double = self.path.at
        for which in range(2):
            period = self.period(which == 1)
            for cycle in range(CYCLES + 1):
                total = 0.0
                if period > 0 and self.reaches((cycle + 1) * period):
                    for i in range(cycle * period + 1, (cycle + 1) * period + 1):
                        total += self.before(i)
                    total = total / period
                self.means.at[which * (CYCLES + 1) + cycle] = total
        # The latest lag comes first: the path goes downwards from there.
        for i in range(LAGS):
            path[AHEAD + i] = self.regression.lags.at[i]
        for k in range(AHEAD - 1, -1, -1):
            total = 0.0
            for i in range(LAGS):
                total += self.regression.weights.at[i] * path[k + 1 + i]
            path[k] = max(-3.0, min(total, 3.0))

    def seasonal(
        self, h: cython.longlong, long_one: cython.bint, cycles: cython.Py_ssize_t
    ) -> float:
        """The mean over cycles of the value so many seasons before, plus growth; or `NONE`."""
        period: cython.Py_ssize_t = self.period(long_one)
        means: cython.Py_ssize_t = (CYCLES + 1) if long_one else 0
        turns: cython.longlong
        back: cython.Py_ssize_t
        grown: cython.double
        total: cython.double = 0.0
        used: cython.Py_ssize_t = 0
        cycle: cython.Py_ssize_t
        if period == 0:
            return NONE
        turns = (h - 1) // period + 1
        back = cython.cast(cython.Py_ssize_t, turns * period - h + 1)
        turns = min(turns, MOST_CYCLES)
        for cycle in range(cycles):
            if self.reaches((cycle + 2) * period):
                grown = self.means.at[means] - self.means.at[means + cycle + 1]
                total += self.before(back + cycle * period) + grown * (
                    (turns + cycle) / (cycle + 1.0)
                )
                used += 1
        return total / used

    def proportional(self, h: cython.longlong) -> float:
        """The mean over two cycles of the value so many seasons before, times growth; or `NONE`."""
        period: cython.Py_ssize_t = self.period(False)
        turns: cython.longlong
        back: cython.Py_ssize_t
        growth: cython.double
        first: cython.double
        if period == 0 or self.lowest <= 0.0:
            return NONE
        turns = (h - 1) // period + 1
        back = cython.cast(cython.Py_ssize_t, turns * period - h + 1)
        turns = min(turns, MOST_CYCLES)
        growth = self.growth(self.means.at[1])
        first = self.grown(self.before(back), growth, turns)
        if not self.reaches(3 * period):
            return first
        growth = sqrt(self.growth(self.means.at[2]))
        return 0.5 * (first + self.grown(self.before(back + period), growth, turns + 1))

    def growth(self, mean: float) -> float:
        """How many times the mean of an earlier cycle the last one's is."""
        return max(1.0 / LARGEST_GROWTH, min(self.means.at[0] / mean, LARGEST_GROWTH))

    def grown(self, value: float, growth: float, turns: cython.longlong) -> float:
        """A value after so many cycles of growth."""
        turn: cython.longlong = 0
        while turn < turns:
            turn += 1
            value = min(value * growth, LARGEST_SCALE)
        return value

    def see(
        self, h: cython.longlong, seconds: float, shares: cython.p_double, views: cython.p_double
    ) -> None:
        """Write what each view expects h events ahead, at a time that may be NaN.

        Parameters
        ----------
        h
            Events ahead, at least 1.
        seconds
            When that is.
        shares
            For each deviation, the share of it that persists.
        views
            Where to write.
        """
        damping: cython.double = 1.0
        steps: cython.double = 0.0
        i: cython.Py_ssize_t
        # The sum of the first powers of the damping; those beyond are next to nothing.
        i = cython.cast(cython.Py_ssize_t, min(h, 4 * AHEAD))
        while i > 0:
            i -= 1
            damping *= DAMPING
            steps += damping
        views[LAST] = self.before(1)
        views[LEVEL] = self.level
        views[TREND] = self.trend_level + steps * self.trend
        views[REGRESSION] = NONE
        if h <= AHEAD:
            i = cython.cast(cython.Py_ssize_t, h)
            views[REGRESSION] = self.finder.value(0, self.path.at[AHEAD - i])
        views[CALENDAR] = NONE
        self.calendar.look_at(seconds)
        if self.calendar.knows(0):
            views[CALENDAR] = self.calendar.expected(0) + shares[0] * self.deviations.at[0]
        views[SEASON] = self.seasonal(h, False, 1)
        views[SEASONS] = self.seasonal(h, False, CYCLES)
        views[RATIO] = self.proportional(h)
        views[LONG_SEASON] = self.seasonal(h, True, 1)
        views[LONG_SEASONS] = self.seasonal(h, True, CYCLES)
        for i in range(VIEWS):
            if views[i] != NONE:
                if SEASON <= i <= RATIO:
                    views[i] += shares[1] * self.deviations.at[1]
                elif i >= LONG_SEASON:
                    views[i] += shares[2] * self.deviations.at[2]
                views[i] = max(-LARGEST_SCALE, min(views[i], LARGEST_SCALE))

    def learn(self, y: float, seconds: float, rate: float) -> None:
        """Take a value, cleaned of what is gross, and its time or NaN."""
        z: cython.double = self.finder.deviation(0, y)
        old: cython.double = self.trend_level
        expected: cython.double
        i: cython.Py_ssize_t
        for i in range(DEVIATIONS):
            self.deviations.at[i] = 0.0
        self.calendar.look_at(seconds)
        if self.calendar.knows(0):
            self.deviations.at[0] = self.calendar.deviation(0, y)
        for i in range(2):
            expected = self.seasonal(1, i == 1, 1)
            if expected != NONE:
                self.deviations.at[i + 1] = y - expected
        self.calendar.learn(0, y, y, rate, 0.1 * self.finder.scale.at[0])
        self.regression.learn(0, z, z - self.regression.predict(0), rate)
        self.finder.learn(0, y)
        if self.count == 0.0:
            self.level = y
            self.trend_level = y
            self.lowest = y
            self.highest = y
        else:
            self.level += max(LEVEL_RATE, rate) * (y - self.level)
            self.trend_level += self.trend + TREND_LEVEL_RATE * (y - old - self.trend)
            self.trend += TREND_RATE * (self.trend_level - old - self.trend)
        self.lowest = min(self.lowest, y)
        self.highest = max(self.highest, y)
        self.values.at[cython.cast(cython.longlong, self.count) & (KEPT - 1)] = y
        self.count = min(self.count + 1.0, LARGEST_COUNT)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        largest: cython.double = LARGEST_SCALE
        self.values.exchange_bounded(archive, KEPT, -largest, largest, "value")
        self.finder.exchange(archive, 1)
        self.regression.exchange(archive, 1)
        self.calendar.exchange(archive, 1)
        self.count = archive.count(self.count)
        archive.check(self.finder.count.at[0], self.count, self.count, "count of values")
        self.level = archive.bounded(self.level, -largest, largest, "level")
        self.trend_level = archive.bounded(self.trend_level, -largest, largest, "level")
        self.trend = archive.bounded(self.trend, -largest, largest, "trend")
        self.lowest = archive.bounded(self.lowest, -largest, largest, "lowest value")
        self.highest = archive.bounded(self.highest, self.lowest, largest, "highest value")
        return self.deviations.exchange_bounded(
            archive, DEVIATIONS, -16.0 * largest, 16.0 * largest, "deviation"
        )
