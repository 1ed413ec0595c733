# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The kernel of forecasts: one series, evenly spaced or with times."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.time_series.forecast_errors import ForecastErrors
from clipsgd_river._kernels.time_series.outlooks import Outlooks
from clipsgd_river._kernels.time_series.silences import Silences

if not cython.compiled:
    from math import exp

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.time_series.silences import LATEST, NAN, NATURAL

# Values of the start are clipped at so many scales from their median.
START_CLIP = 6.0
# Smallest step of scales of residuals.
LONG = 0.001
# Steps of one gap that are taken for values that did not come; a longer one is a bad stamp, or an
# outage after which nobody knows.
MOST_MISSING = 512.0
# A forecast is for at most so many events ahead.
FARTHEST = 1e6


class ForecasterKernel(ArchivedKernel):
    """Outlooks on one series, weighted by their errors so far.

    A gap of several typical ones is taken for values that did not come. The first ``warm_up``
    values are learned as they are; with the last of them they are clipped around their median and
    learned anew. A later value counts as at most four mean errors from what was forecast.

    Parameters
    ----------
    settings
        ``warm_up``, and ``timestamp``, which is of no concern here.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.start = RobustStart(settings["warm_up"])
        self.start.grow(1)
        self.first = Vector(self.start.length)
        self.first_times = Vector(self.start.length)
        self.outlooks = Outlooks()
        self.errors = ForecastErrors()
        self.silences = Silences()
        self.silences.grow(1)
        self.seen = 0.0
        self.busy = False

    def gap(self) -> float:
        """The typical gap in seconds; NaN where there are no times."""
        if self.silences.seen.at[0] < 2.0:
            return NAN
        return exp(NATURAL * self.silences.typical.at[0])

    def now(self) -> float:
        """When the last value was; NaN where there are no times."""
        return self.silences.last.at[0] if self.silences.seen.at[0] > 0.0 else NAN

    def steps_to(self, seconds: float) -> float:
        """Events from the last one to a time, at least 1; 0 where that is not known."""
        decades: cython.double = self.silences.gap(0, seconds)
        if decades != decades or self.silences.seen.at[0] < 2.0:
            return 0.0
        decades = NATURAL * (decades - self.silences.typical.at[0])
        if decades > 13.0:
            return FARTHEST
        return max(1.0, min(exp(decades) + 0.5, FARTHEST))

    def take(self, y: float, seconds: float, known: cython.bint) -> None:
        """Take the next value, or that there is none, and forecast anew."""
        expected: cython.double = y
        limit: cython.double = self.errors.limit()
        rate: cython.double = max(LONG, 1.0 / (self.outlooks.count + 1.0))
        cleaned: cython.double
        if self.outlooks.count > 0.0:
            expected = self.errors.forecast(self.outlooks, 1, seconds)
        if not known:
            cleaned = expected
        elif limit > 0.0:
            cleaned = expected + max(-limit, min(y - expected, limit))
        else:
            cleaned = y
        cleaned = max(-LARGEST_VALUE, min(cleaned, LARGEST_VALUE))
        self.outlooks.learn(cleaned, seconds, rate)
        self.errors.judge(self.outlooks, y, known)
        self.outlooks.prepare()
        self.errors.look_ahead(self.outlooks, seconds, self.gap())

    def step_to(self, y: float, seconds: float, known: cython.bint) -> None:
        """Take the values that did not come since the last one, and then this one."""
        missing: cython.double = self.steps_to(seconds) - 1.0
        gap: cython.double = self.gap()
        last: cython.double = self.now()
        k: cython.Py_ssize_t
        if self.outlooks.count > 0.0 and missing >= 1.0 and missing <= MOST_MISSING:
            for k in range(cython.cast(cython.Py_ssize_t, missing)):
                self.take(0.0, last + (k + 1) * gap, False)
        self.silences.learn(0, seconds)
        self.take(y, seconds, known)

    def begin(self, location: float, scale: float) -> None:
        """Start anew, from a first location and scale."""
        self.outlooks.begin(location, scale)
        self.errors.begin()
        self.silences.reset_feature(0)

    def relearn(self) -> None:
        """Learn the values of the start anew, clipped around their median."""
        limit: cython.double = START_CLIP * self.start.scale
        middle: cython.double = self.start.location
        i: cython.Py_ssize_t
        self.begin(middle, self.start.scale)
        for i in range(self.start.length):
            self.step_to(
                middle + max(-limit, min(self.first.at[i] - middle, limit)),
                self.first_times.at[i] if self.first_times.at[i] < LATEST else NAN,
                True,
            )

    def learn(self, y: float, seconds: float) -> cython.int:
        """Learn a value, NaN for a missing one, at a time, NaN for an unknown one."""
        at: cython.Py_ssize_t
        if seconds == seconds:
            seconds = max(-LATEST, min(seconds, LATEST - 1.0))
        if y != y:
            if self.outlooks.count > 0.0:
                self.step_to(0.0, seconds, False)
            return 0
        y = max(-LARGEST_VALUE, min(y, LARGEST_VALUE))
        if self.seen >= self.start.length:
            self.step_to(y, seconds, True)
        else:
            at = cython.cast(cython.Py_ssize_t, self.seen)
            self.first.at[at] = y
            self.first_times.at[at] = seconds if seconds == seconds else LATEST
            self.start.add(0, at, y)
            if at + 1 < self.start.length:
                if at == 0:
                    self.begin(y, 0.0)
                self.step_to(y, seconds, True)
            else:
                self.relearn()
        self.seen = min(self.seen + 1.0, LARGEST_COUNT)
        return 0

    def update(self, y: float, seconds: float) -> None:
        """Learn a value at a time; either may be NaN."""
        self.claim()
        try:
            self.learn(y, seconds)
        finally:
            self.busy = False

    def bands(self, times: Any) -> list[tuple[float, float, float]]:
        """Low end, middle and high end of the band at each of some times.

        Parameters
        ----------
        times
            Seconds; NaN for one gap after the time before.
        """
        found = []
        h: cython.double = 0.0
        seconds: cython.double
        steps: cython.double
        middle: cython.double
        half: cython.double
        self.claim()
        try:
            for each in times:
                seconds = each
                steps = self.steps_to(seconds)
                h = min(steps if steps > 0.0 else h + 1.0, FARTHEST)
                if seconds != seconds:
                    seconds = self.now() + h * self.gap()
                middle = 0.0
                half = 0.0
                if self.outlooks.count > 0.0:
                    middle = self.errors.forecast(
                        self.outlooks, cython.cast(cython.longlong, h), seconds
                    )
                    half = self.errors.half_width(cython.cast(cython.longlong, h))
                    half = max(half, 0.0)
                found.append(
                    (self.within(middle - half), self.within(middle), self.within(middle + half))
                )
            return found
        finally:
            self.busy = False

    def within(self, y: float) -> float:
        """A value on the side of 0 where all others were, if they were on one."""
        y = max(-LARGEST_VALUE, min(y, LARGEST_VALUE))
        if self.outlooks.lowest >= 0.0:
            y = max(y, 0.0)
        if self.outlooks.highest <= 0.0:
            y = min(y, 0.0)
        return y

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        i: cython.Py_ssize_t
        length: cython.Py_ssize_t = self.start.length
        self.seen = archive.count(self.seen)
        self.first.exchange_bounded(archive, length, -LARGEST_VALUE, LARGEST_VALUE, "value")
        self.first_times.exchange_bounded(archive, length, -LATEST, LATEST, "time")
        self.outlooks.exchange(archive)
        self.errors.exchange(archive)
        self.silences.exchange(archive, 1)
        if archive.reading:
            # The values of the start, sorted, are those in their order.
            for i in range(min(length, cython.cast(cython.Py_ssize_t, min(self.seen, length)))):
                self.start.add(0, i, self.first.at[i])
            self.outlooks.prepare()
        return 0
