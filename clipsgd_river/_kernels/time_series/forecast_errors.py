# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How far forecasts made some time ago were off, which views to trust, and how wide a band is."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.time_series.outlooks import Outlooks

if not cython.compiled:
    from math import exp, fabs, sqrt

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.sgd.deviations import LARGEST_SCALE
    from clipsgd_river._kernels.time_series.outlooks import (
        DEVIATIONS,
        LAST,
        NONE,
        VIEWS,
    )

# Forecasts 1, 2, 4, ... 64 events ahead are held against what came.
HORIZONS = 7
LONGEST = 64
# What is kept of a forecast: the views, their combination, and the deviations then.
PLACES = 14
COMBINED = 10
DEVIATED = 11
# Smallest step of an error, and of the share of deviations that persists.
RATE = 0.02
SHARE_RATE = 0.01
# Errors are clipped at so many mean ones once there are some.
CLIP = 4.0
VIEW_CLIP = 8.0
SOME = 10.0
# Share of values outside a band, the step of its width, the first width in mean errors, and the
# events that widen it at the start.
OUTSIDE = 0.05
WIDTH_RATE = 0.05
FIRST_WIDTH = 2.8
NARROWEST = 0.5
WIDEST = 50.0
WIDENED = 6.0
# Below this an error is none.
SMALLEST = 1e-300


class ForecastErrors:
    r"""Mean absolute errors of each view at seven horizons, and what follows from them.

    At each event the views forecast what comes 1, 2, 4, ... 64 events later; when it comes, their
    clipped mean errors e take steps of max(.02, 1/n). A forecast is the mean of the views with
    weights e^-3, e at the two nearest horizons being interpolated in the logarithm of h.

    The half width of a band is w s (1 + 6/n), s the mean error of the forecasts themselves. It is
    calibrated by what happens: after each event w is multiplied by exp(.05 (1{outside} - .05)), so
    that in the long run 5 % of values are outside, whatever their distribution. Beyond 64 events it
    grows with the square root of h.

    The share of a deviation from the season that persists is the clipped regression of the
    deviation on the one h events before. 15 KB.
    """

    def __init__(self) -> None:
        self.pending = Vector((2 * LONGEST - 1) * PLACES)
        self.made = Vector(HORIZONS)
        self.errors = Vector(HORIZONS * VIEWS)
        self.counts = Vector(HORIZONS * VIEWS)
        self.scale = Vector(HORIZONS)
        self.seen = Vector(HORIZONS)
        self.width = Vector(HORIZONS)
        self.products = Vector(HORIZONS * DEVIATIONS)
        self.squares = Vector(HORIZONS * DEVIATIONS)
        self.views = Vector(VIEWS)
        self.shares = Vector(DEVIATIONS)
        self.begin()

    def begin(self) -> None:
        """Start anew."""
        k: cython.Py_ssize_t
        i: cython.Py_ssize_t
        for k in range(HORIZONS):
            self.made.at[k] = 0.0
            self.scale.at[k] = 0.0
            self.seen.at[k] = 0.0
            self.width.at[k] = FIRST_WIDTH
            for i in range(VIEWS):
                self.errors.at[k * VIEWS + i] = 0.0
                self.counts.at[k * VIEWS + i] = 0.0
            for i in range(DEVIATIONS):
                self.products.at[k * DEVIATIONS + i] = 0.0
                self.squares.at[k * DEVIATIONS + i] = 0.0

    def lower(self, h: cython.longlong) -> cython.Py_ssize_t:
        """The nearest horizon that is not beyond so many events."""
        k: cython.Py_ssize_t = 0
        while k < HORIZONS - 1 and (2 << k) <= h:
            k += 1
        return k

    def beyond(self, h: cython.longlong, k: cython.Py_ssize_t) -> float:
        """How far so many events are from the k-th horizon towards the next one, from 0 to 1."""
        if k == HORIZONS - 1:
            return 0.0
        return (h - (1 << k)) / (1.0 * (1 << k))

    def place(self, k: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Where the forecast of the k-th horizon is that falls due with the next event."""
        turn: cython.longlong = cython.cast(cython.longlong, self.made.at[k]) & ((1 << k) - 1)
        return ((1 << k) - 1 + cython.cast(cython.Py_ssize_t, turn)) * PLACES

    def share(self, k: cython.Py_ssize_t, i: cython.Py_ssize_t) -> float:
        """Share of the i-th deviation that persists up to the k-th horizon, from 0 to 1."""
        at: cython.Py_ssize_t = k * DEVIATIONS + i
        if self.squares.at[at] <= SMALLEST:
            return 0.0
        return max(0.0, min(self.products.at[at] / self.squares.at[at], 1.0))

    def forecast(self, outlooks: Outlooks, h: cython.longlong, seconds: float) -> float:
        """What is expected so many events ahead, at a time that may be NaN."""
        k: cython.Py_ssize_t = self.lower(h)
        beyond: cython.double = self.beyond(h, k)
        i: cython.Py_ssize_t
        for i in range(DEVIATIONS):
            self.shares.at[i] = (1.0 - beyond) * self.share(k, i)
            if beyond > 0.0:
                self.shares.at[i] = self.shares.at[i] + beyond * self.share(k + 1, i)
        outlooks.see(h, seconds, self.shares.at, self.views.at)
        return self.combined(k, beyond)

    def error(self, k: cython.Py_ssize_t, beyond: float, i: cython.Py_ssize_t) -> float:
        """Error of a view near a horizon; -1 where it is not known."""
        here: cython.double = self.view_error(k, i)
        after: cython.double = -1.0
        if beyond > 0.0:
            after = self.view_error(k + 1, i)
        if here < 0.0 or after < 0.0:
            return max(here, after)
        return (1.0 - beyond) * here + beyond * after

    def view_error(self, k: cython.Py_ssize_t, i: cython.Py_ssize_t) -> float:
        """Error of a view at the k-th horizon, larger where it rests on little; -1 for none."""
        at: cython.Py_ssize_t = k * VIEWS + i
        if self.counts.at[at] == 0.0:
            return -1.0
        return self.errors.at[at] * (1.0 + WIDENED / self.counts.at[at])

    def combined(self, k: cython.Py_ssize_t, beyond: float) -> float:
        """Mean of the views, by the third powers of their errors; the last value at first."""
        least: cython.double = -1.0
        error: cython.double
        weight: cython.double
        weights: cython.double = 0.0
        total: cython.double = 0.0
        i: cython.Py_ssize_t
        for i in range(VIEWS):
            error = self.error(k, beyond, i)
            if self.views.at[i] != NONE and error >= 0.0 and (least < 0.0 or error < least):
                least = error
        if least < 0.0:
            return self.views.at[LAST]
        for i in range(VIEWS):
            error = self.error(k, beyond, i)
            if self.views.at[i] != NONE and error >= 0.0:
                weight = (least + SMALLEST) / (error + SMALLEST)
                weight = weight * weight * weight
                weights += weight
                total += weight * self.views.at[i]
        return total / weights

    def half_width(self, h: cython.longlong) -> float:
        """Half the width of the band so many events ahead; -1 where nothing is known of it."""
        k: cython.Py_ssize_t = self.lower(h)
        beyond: cython.double = self.beyond(h, k)
        here: cython.double
        next_one: cython.double
        if self.seen.at[k] > 0.0:
            here = self.at_horizon(k)
            if beyond > 0.0 and self.seen.at[k + 1] > 0.0:
                next_one = self.at_horizon(k + 1)
                return (1.0 - beyond) * here + beyond * next_one
            return here * sqrt(h / (1.0 * (1 << k)))
        while k > 0:
            k -= 1
            if self.seen.at[k] > 0.0:
                return self.at_horizon(k) * sqrt(h / (1.0 * (1 << k)))
        return -1.0

    def at_horizon(self, k: cython.Py_ssize_t) -> float:
        """Half the width of the band at the k-th horizon."""
        return self.width.at[k] * self.scale.at[k] * (1.0 + WIDENED / self.seen.at[k])

    def limit(self) -> float:
        """How far a value may be from the forecast before it; 0 for any distance."""
        return CLIP * self.scale.at[0] if self.seen.at[0] > SOME else 0.0

    def judge(self, outlooks: Outlooks, y: float, known: cython.bint) -> None:
        """Hold what was forecast for now against the value that came, if one did.

        The deviations of ``outlooks`` are those of this value.
        """
        k: cython.Py_ssize_t
        place: cython.Py_ssize_t
        for k in range(HORIZONS):
            if known and self.made.at[k] >= (1 << k):
                place = self.place(k)
                self.judge_views(k, place, y)
                self.judge_combined(k, fabs(y - self.pending.at[place + COMBINED]))
                self.regress(outlooks, k, place + DEVIATED)

    def judge_views(self, k: cython.Py_ssize_t, place: cython.Py_ssize_t, y: float) -> None:
        """Take a step of the error of each view at the k-th horizon."""
        i: cython.Py_ssize_t
        at: cython.Py_ssize_t
        error: cython.double
        for i in range(VIEWS):
            if self.pending.at[place + i] != NONE:
                at = k * VIEWS + i
                error = fabs(y - self.pending.at[place + i])
                if self.counts.at[at] >= SOME and self.scale.at[k] > 0.0:
                    error = min(error, VIEW_CLIP * self.scale.at[k])
                self.counts.at[at] = min(self.counts.at[at] + 1.0, LARGEST_COUNT)
                self.errors.at[at] = self.errors.at[at] + max(RATE, 1.0 / self.counts.at[at]) * (
                    error - self.errors.at[at]
                )

    def judge_combined(self, k: cython.Py_ssize_t, error: float) -> None:
        """Take a step of the error of forecasts at the k-th horizon, and of the band's width."""
        outside: cython.double
        if self.seen.at[k] >= SOME:
            outside = 1.0 if error > self.at_horizon(k) else 0.0
            self.width.at[k] = self.width.at[k] * exp(WIDTH_RATE * (outside - OUTSIDE))
            self.width.at[k] = max(NARROWEST, min(self.width.at[k], WIDEST))
            if self.scale.at[k] > 0.0:
                error = min(error, CLIP * self.scale.at[k])
        self.seen.at[k] = min(self.seen.at[k] + 1.0, LARGEST_COUNT)
        self.scale.at[k] = self.scale.at[k] + max(RATE, 1.0 / self.seen.at[k]) * (
            error - self.scale.at[k]
        )

    def regress(self, outlooks: Outlooks, k: cython.Py_ssize_t, place: cython.Py_ssize_t) -> None:
        """Take a step of how much of each deviation persists up to the k-th horizon."""
        i: cython.Py_ssize_t
        at: cython.Py_ssize_t
        old: cython.double
        for i in range(DEVIATIONS):
            at = k * DEVIATIONS + i
            old = self.pending.at[place + i]
            if old != 0.0 and outlooks.deviations.at[i] != 0.0:
                self.products.at[at] = self.products.at[at] + SHARE_RATE * (
                    old * outlooks.deviations.at[i] - self.products.at[at]
                )
                self.squares.at[at] = self.squares.at[at] + SHARE_RATE * (
                    old * old - self.squares.at[at]
                )

    def look_ahead(self, outlooks: Outlooks, seconds: float, gap: float) -> None:
        """Make the forecasts of all horizons, from a time and with a gap that may be NaN."""
        k: cython.Py_ssize_t
        i: cython.Py_ssize_t
        place: cython.Py_ssize_t
        combined: cython.double
        for k in range(HORIZONS):
            combined = self.forecast(outlooks, 1 << k, seconds + (1 << k) * gap)
            place = self.place(k)
            for i in range(VIEWS):
                self.pending.at[place + i] = self.views.at[i]
            self.pending.at[place + COMBINED] = combined
            for i in range(DEVIATIONS):
                self.pending.at[place + DEVIATED + i] = outlooks.deviations.at[i]
            self.made.at[k] = min(self.made.at[k] + 1.0, LARGEST_COUNT)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        largest: cython.double = 64.0 * LARGEST_SCALE
        k: cython.Py_ssize_t
        self.pending.exchange(archive, (2 * LONGEST - 1) * PLACES)
        if archive.reading and not archive.trusted:
            for k in range((2 * LONGEST - 1) * PLACES):
                if not (self.pending.at[k] == NONE and k % PLACES < COMBINED):
                    archive.check(self.pending.at[k], -largest, largest, "forecast")
        self.made.exchange_counts(archive, HORIZONS, LARGEST_COUNT, "count of forecasts")
        self.errors.exchange_bounded(archive, HORIZONS * VIEWS, 0.0, largest, "error")
        self.counts.exchange_counts(archive, HORIZONS * VIEWS, LARGEST_COUNT, "count of forecasts")
        self.scale.exchange_bounded(archive, HORIZONS, 0.0, largest, "error")
        self.seen.exchange_counts(archive, HORIZONS, LARGEST_COUNT, "count of forecasts")
        self.width.exchange_bounded(archive, HORIZONS, NARROWEST, WIDEST, "width")
        self.products.exchange_bounded(
            archive, HORIZONS * DEVIATIONS, -largest * largest, largest * largest, "product"
        )
        return self.squares.exchange_bounded(
            archive, HORIZONS * DEVIATIONS, 0.0, largest * largest, "square"
        )
