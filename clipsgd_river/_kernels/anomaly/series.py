# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How surprising the value of a time series is, by the channel to which it is most."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import IntegerVector, Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale
from clipsgd_river._kernels.time_series.autoregression import Autoregression
from clipsgd_river._kernels.time_series.calendar_profile import CalendarProfile
from clipsgd_river._kernels.time_series.cycles import Cycles
from clipsgd_river._kernels.time_series.exceedances import Exceedances
from clipsgd_river._kernels.time_series.flat_lines import FlatLines
from clipsgd_river._kernels.time_series.long_run import LongRun
from clipsgd_river._kernels.time_series.past_shapes import PastShapes
from clipsgd_river._kernels.time_series.rarity_tables import RarityTables
from clipsgd_river._kernels.time_series.silences import Silences
from clipsgd_river._kernels.time_series.told_events import ToldEvents

if not cython.compiled:
    from math import exp, fabs

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.sgd.deviations import BAND
    from clipsgd_river._kernels.time_series.autoregression import GAUSSIAN
    from clipsgd_river._kernels.time_series.long_run import LARGEST_Z
    from clipsgd_river._kernels.time_series.past_shapes import SCALES
    from clipsgd_river._kernels.time_series.silences import NAN, NATURAL

# Channels; the first ones have finer tables.
CHANNEL_NAMES = (
    "level",
    "season",
    "dispersion",
    "dispersion of residuals",
    "short-run mean",
    "residual",
    "flat line",
    "silence",
    "shape",
    "longer shape",
    "longest shape",
)
# Without shapes.
CHANNELS = 8
FINE = 5
LEVEL = 0
SEASON = 1
DISPERSION = 2
RESIDUAL_DISPERSION = 3
SHORT_RUN_MEAN = 4
RESIDUAL = 5
FLAT_LINE = 6
SILENCE = 7
# The first value of a time of day counts up to so many scales.
FIRST = 5.0
# Steps of what is short-run, and of what is long-run.
SHORT = 0.03
LONG = 0.001
# Decades of a typical event.
USUAL = 0.4
# The season or autoregression is what is expected where it makes deviations smaller than this
# share, after so many events.
NARROWER = 0.9
LEAST_COUNT = 100.0
# Typical gaps up to which a value is the next one.
NEXT = 1.5
# A season beside those of the calendar has a say where deviations from it are smaller than this.
CLEAR = 0.25
# Scales on either side within which ordinary values are told apart.
WIDEST = 100.0
# Range of dispersions and of the short-run mean from the start on, in scales.
NATURAL_RANGE = 3.0
# Share of the lesser of two views of an event that is added to the other.
OTHER = 0.1
# Deviations from the season are clipped at no less than three times this share of the scale.
LEAST_SPREAD = 0.1


class SeriesPart(Part):
    r"""Channels of a time series, each with the rarity of what it says in its own history.

    Of each metric, x its value and z = clip((x - m) / s, 3) by clipped location and scale:

    | channel | what it says |
    |---|---|
    | level | x |
    | season | x less what is usual at this time of day and week, or seasons before |
    | dispersion | running mean of \|z\| |
    | dispersion of residuals | running mean of \|r\| / sigma, at most 3 |
    | short-run mean | running mean of z |
    | residual | r, what autoregression did not predict of z |
    | flat line | how long x has stood still |
    | silence | how long there was no value |
    | shapes, if wanted | how far the last 16 values, or means of 4 or 16, are from any shape |

    Running means step by max(0.03, 1/t). With s_c the rarity of what channel c says
    (`RarityTables`), g = max s_c and g' the rarity of g among those so far (`Exceedances`), the
    surprise of a metric is (g + g') / 2: a p-value of its own stream, in decades. What was told is
    held back (`ToldEvents`).

    One metric's surprise is the distance. Of several, the largest surprise and the mean are each
    averaged with their own rarity in the stream of events; the distance is the larger of both, plus
    a tenth of the other. Contributions share the distance in proportion to 10^u, u being the
    surprises.

    O(lags) per metric and event; about 15 KB a metric.

    Parameters
    ----------
    settings
        ``cooldown``, events in which the bar of what was told falls by a decade; ``shapes``.
    features
        The metrics.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        self.fine = RarityTables(FINE, 48, SEASON)
        self.coarse = RarityTables(CHANNELS - FINE, 12)
        self.exceedances = Exceedances(50)
        self.together = Exceedances(20)
        self.together.grow(2)
        self.calendar = CalendarProfile()
        self.cycles = Cycles()
        self.autoregression = Autoregression()
        self.shaped = settings["shapes"]
        self.channels = CHANNELS + SCALES if self.shaped else CHANNELS
        self.shapes = PastShapes()
        self.shape_tables = RarityTables(SCALES, 12)
        self.silences = Silences()
        self.flat_lines = FlatLines()
        self.told = ToldEvents(settings["cooldown"])
        self.counts = Vector()
        self.long_run = LongRun()
        self.dispersion = Vector()
        self.residual_dispersion = Vector()
        self.short_run_mean = Vector()
        self.said = Vector()
        self.largest = Vector()
        self.surprise = Vector()
        self.channel = IntegerVector()
        # Those that have had a value.
        self.metrics = 0
        self.seconds = NAN
        self.most = 0.0
        self.mean = 0.0
        self.whole = 0.0

    def set_time(self, seconds: float, holiday: cython.bint) -> cython.int:
        """Say when the event is that `distance` is about to be asked of; NaN: not known."""
        self.seconds = seconds
        self.calendar.look_at(seconds, holiday)
        return 0

    def distance(self, standard: LocationScale) -> float:
        """Surprise of the loaded event, in decades."""
        known: cython.double = 0.0
        single: cython.double
        joint: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        self.most = 0.0
        self.mean = 0.0
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            self.surprise.at[j] = 0.0
            if self.counts.at[j] > 0.0:
                self.listen(standard, k)
                self.judge(j)
                self.most = max(self.most, self.surprise.at[j])
                self.mean += self.surprise.at[j]
                known += 1.0
        self.whole = self.most
        if known > 0.0 and self.metrics > 1:
            self.mean = self.mean / known
            single = 0.5 * (self.most + self.together.rarity(0, self.most))
            joint = 0.5 * (self.mean + self.together.rarity(1, self.mean))
            self.whole = max(single, joint) + OTHER * min(single, joint)
        return self.whole

    def deviation(self, standard: LocationScale, k: cython.Py_ssize_t) -> float:
        """Deviation z of the k-th present feature from its long-run mean, clipped.

        While location and scale still start, from these.
        """
        return max(-LARGEST_Z, min(self.long_run.deviation(standard, k), LARGEST_Z))

    def listen(self, standard: LocationScale, k: cython.Py_ssize_t) -> None:
        """Find what each channel says of the k-th present feature; NaN where it has no say."""
        j: cython.Py_ssize_t = standard.features.present.at[k]
        x: cython.double = standard.features.values.at[j]
        z: cython.double = self.deviation(standard, k)
        said: cython.p_double = self.said.at
        first: cython.Py_ssize_t = j * self.channels
        rate: cython.double = max(SHORT, 1.0 / (self.counts.at[j] + 1.0))
        residual: cython.double = z - self.autoregression.predict(j)
        size: cython.double = min(fabs(residual) / self.autoregression.unit(j), LARGEST_Z)
        channel: cython.Py_ssize_t
        said[first + LEVEL] = x
        said[first + SEASON] = NAN
        if self.calendar.knows(j):
            said[first + SEASON] = self.off_season(j, x)
        elif self.seconds != self.seconds:
            said[first + SEASON] = self.cycles.coordinate(j, z) * self.long_run.unit(standard, j)
        said[first + DISPERSION] = self.dispersion.at[j] + rate * (fabs(z) - self.dispersion.at[j])
        said[first + RESIDUAL_DISPERSION] = self.residual_dispersion.at[j] + rate * (
            size - self.residual_dispersion.at[j]
        )
        said[first + SHORT_RUN_MEAN] = self.short_run_mean.at[j] + rate * (
            z - self.short_run_mean.at[j]
        )
        said[first + RESIDUAL] = residual
        said[first + FLAT_LINE] = self.flat_lines.coordinate(j, x)
        said[first + SILENCE] = self.silences.coordinate(j, self.seconds)
        if self.shaped:
            residual = self.long_run.deviation(standard, k)
            for channel in range(SCALES):
                said[first + CHANNELS + channel] = self.shapes.coordinate(j, channel, residual)

    def off_season(self, j: cython.Py_ssize_t, x: float) -> float:
        """Deviation from the calendar's season, or from another one that is left in those."""
        if self.has_cycle(j):
            return self.cycles.deviation(j, self.left(j, x)) * self.calendar.unit(j)
        return self.calendar.deviation(j, x)

    def has_cycle(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether there clearly is a season in what the calendar leaves."""
        return self.cycles.error.at[j] < CLEAR and self.cycles.finder.shorter.at[j] > 0.0

    def left(self, j: cython.Py_ssize_t, x: float) -> float:
        """What the calendar leaves of a value, in the scale of that, clipped."""
        unit: cython.double = self.calendar.unit(j)
        if unit == 0.0:
            return 0.0
        return max(-LARGEST_Z, min(self.calendar.deviation(j, x) / unit, LARGEST_Z))

    def rarity(self, j: cython.Py_ssize_t, channel: cython.Py_ssize_t) -> float:
        """Decades by which what a channel says is rare; 0 where it has no say."""
        y: cython.double = self.said.at[j * self.channels + channel]
        if y != y:
            return 0.0
        if channel < FINE:
            return self.fine.rarity(j, channel, y)
        if channel < CHANNELS:
            return self.coarse.rarity(j, channel - FINE, y)
        return self.shape_tables.rarity(j, channel - CHANNELS, y)

    def has_say(self, j: cython.Py_ssize_t, channel: cython.Py_ssize_t) -> cython.bint:
        """Whether a channel says something of the feature at position j in the last event."""
        y: cython.double = self.said.at[j * self.channels + channel]
        return self.counts.at[j] > 0.0 and y == y

    def judge(self, j: cython.Py_ssize_t) -> None:
        """Find the largest rarity of the feature at position j, its channel, and its surprise."""
        channel: cython.Py_ssize_t
        rarity: cython.double
        largest: cython.double = 0.0
        self.channel.at[j] = 0
        for channel in range(self.channels):
            rarity = self.rarity(j, channel)
            if rarity > largest:
                largest = rarity
                self.channel.at[j] = channel
        self.largest.at[j] = largest
        self.surprise.at[j] = self.told.damped(j, self.raw_surprise(j))

    def usual_distance(self, standard: LocationScale) -> float:
        """Decades of a typical event."""
        return USUAL

    def step(self, standard: LocationScale, events: float) -> None:
        """Count what each channel said, and take its steps."""
        k: cython.Py_ssize_t
        if self.metrics > 1 and self.most > 0.0:
            self.together.learn(0, self.most)
            self.together.learn(1, self.mean)
        for k in range(standard.features.count):
            self.learn(standard, k)

    def learn(self, standard: LocationScale, k: cython.Py_ssize_t) -> None:
        """Learn the k-th present feature."""
        j: cython.Py_ssize_t = standard.features.present.at[k]
        x: cython.double = standard.features.values.at[j]
        z: cython.double = self.deviation(standard, k)
        said: cython.p_double = self.said.at
        first: cython.Py_ssize_t = j * self.channels
        rate: cython.double = max(LONG, 1.0 / (self.counts.at[j] + 1.0))
        channel: cython.Py_ssize_t
        if self.counts.at[j] > 0.0:
            self.told.learn(j, self.raw_surprise(j))
            self.exceedances.learn(j, self.largest.at[j])
        else:
            self.fine.begin(j, DISPERSION, 0.0, NATURAL_RANGE)
            self.fine.begin(j, RESIDUAL_DISPERSION, 0.0, NATURAL_RANGE)
            self.fine.begin(j, SHORT_RUN_MEAN, -0.5 * NATURAL_RANGE, 0.5 * NATURAL_RANGE)
            self.coarse.begin(j, RESIDUAL - FINE, -NATURAL_RANGE, NATURAL_RANGE)
            self.coarse.begin(j, FLAT_LINE - FINE, 4.0, 8.0)
            self.coarse.begin(j, SILENCE - FINE, 0.0, 4.0)
            if self.shaped:
                for channel in range(SCALES):
                    self.shape_tables.begin(j, channel, 1.0, NATURAL_RANGE)
            self.metrics += 1
            self.listen(standard, k)
        self.dispersion.at[j] = said[first + DISPERSION]
        self.residual_dispersion.at[j] = said[first + RESIDUAL_DISPERSION]
        self.short_run_mean.at[j] = said[first + SHORT_RUN_MEAN]
        for channel in range(self.channels):
            if said[first + channel] == said[first + channel]:
                if channel < FINE:
                    self.fine.learn(j, channel, said[first + channel])
                elif channel < CHANNELS:
                    self.coarse.learn(j, channel - FINE, said[first + channel])
                else:
                    self.shape_tables.learn(j, channel - CHANNELS, said[first + channel])
        clipped: cython.double = x
        mean: cython.double = self.long_run.mean.at[j]
        if self.long_run.scale.at[j] > 0.0:
            limit: cython.double = FIRST * max(self.long_run.scale.at[j], standard.scale.at[j])
            clipped = mean + max(-limit, min(x - mean, limit))
        if self.seconds != self.seconds:
            self.cycles.learn(j, z, rate)
        elif self.calendar.knows(j):
            self.cycles.learn(j, self.left(j, x), rate)
        self.calendar.learn(j, x, clipped, rate, LEAST_SPREAD * standard.scale.at[j])
        if self.shaped:
            self.shapes.learn(j, self.long_run.deviation(standard, k))
        self.long_run.learn(standard, k, rate)
        self.autoregression.learn(j, z, said[first + RESIDUAL], rate)
        self.silences.learn(j, self.seconds)
        self.flat_lines.learn(j, x)
        self.counts.at[j] = min(self.counts.at[j] + 1.0, LARGEST_COUNT)

    def raw_surprise(self, j: cython.Py_ssize_t) -> float:
        """Surprise of a feature, whether or not it is news."""
        return 0.5 * (self.largest.at[j] + self.exceedances.rarity(j, self.largest.at[j]))

    def after_step(self, standard: LocationScale) -> None:
        """Shrink ranges that outliers have stretched, each time twice as many were seen."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        count: cython.longlong
        middle: cython.double
        half: cython.double
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            count = cython.cast(cython.longlong, self.counts.at[j])
            if count & (count - 1) == 0:
                middle = standard.location.at[j]
                half = WIDEST * standard.scale.at[j]
                self.fine.narrow(j, LEVEL, middle - half, middle + half)
                half = WIDEST * self.calendar.unit(j)
                self.fine.narrow(j, SEASON, -half, half)

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """Share the distance in proportion to 10^u."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        total: cython.double = 0.0
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            contributions[j] = exp(NATURAL * (self.surprise.at[j] - self.most))
            total += contributions[j]
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            contributions[j] *= self.whole / total

    def expect_at(
        self,
        standard: LocationScale,
        j: cython.Py_ssize_t,
        seconds: float,
        holiday: cython.bint,
        band: cython.p_double,
    ) -> None:
        """Write low end, middle and high end of the band of the feature at position j at a time.

        Of the season, autoregression and the level, the one whose deviations are smallest; a season
        beside those of the calendar goes first, for the next value.
        """
        middle: cython.double = standard.location.at[j]
        spread: cython.double = standard.scale.at[j]
        unit: cython.double = self.autoregression.unit(j)
        # Further ahead than the next value, autoregression has no say.
        near: cython.bint = not seconds > self.silences.next_time(j, NEXT)
        if near and unit < NARROWER and self.counts.at[j] >= LEAST_COUNT:
            middle += spread * self.autoregression.predict(j)
            spread *= unit
        self.calendar.look_at(seconds, holiday)
        if self.calendar.knows(j) and self.counts.at[j] >= LEAST_COUNT:
            unit = self.calendar.unit(j)
            if unit < NARROWER * spread:
                middle = self.calendar.expected(j)
                spread = unit
            if near and self.has_cycle(j):
                middle = self.calendar.expected(j) - unit * self.cycles.deviation(j, 0.0)
                spread = GAUSSIAN * unit * self.cycles.error.at[j]
        band[0] = middle - BAND * spread
        band[1] = middle
        band[2] = middle + BAND * spread

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.fine.grow(size)
        self.coarse.grow(size)
        self.exceedances.grow(size)
        self.calendar.grow(size)
        self.cycles.grow(size)
        self.autoregression.grow(size)
        if self.shaped:
            self.shapes.grow(size)
            self.shape_tables.grow(size)
        self.silences.grow(size)
        self.flat_lines.grow(size)
        self.told.grow(size)
        self.counts.grow(size)
        self.long_run.grow(size)
        self.dispersion.grow(size)
        self.residual_dispersion.grow(size)
        self.short_run_mean.grow(size)
        self.said.grow(size * self.channels)
        self.largest.grow(size)
        self.surprise.grow(size)
        return self.channel.grow(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j."""
        self.fine.reset_feature(j)
        self.coarse.reset_feature(j)
        self.exceedances.reset_feature(j)
        self.calendar.reset_feature(j)
        self.cycles.reset_feature(j)
        self.autoregression.reset_feature(j)
        if self.shaped:
            self.shapes.reset_feature(j)
            self.shape_tables.reset_feature(j)
        self.silences.reset_feature(j)
        self.flat_lines.reset_feature(j)
        self.told.reset_feature(j)
        if self.counts.at[j] > 0.0:
            self.metrics -= 1
        self.counts.at[j] = 0.0
        self.long_run.reset_feature(j)
        self.dispersion.at[j] = 0.0
        self.residual_dispersion.at[j] = 0.0
        self.short_run_mean.at[j] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of the state of ``size`` features."""
        shapes: cython.Py_ssize_t = 0
        if self.shaped:
            shapes = self.shapes.least_numbers(size) + self.shape_tables.least_numbers(size)
        return (
            shapes
            + self.fine.least_numbers(size)
            + self.coarse.least_numbers(size)
            + self.exceedances.least_numbers(size)
            + self.calendar.least_numbers(size)
            + self.cycles.least_numbers(size)
            + self.autoregression.least_numbers(size)
        )

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        size: cython.Py_ssize_t = standard.features.size
        j: cython.Py_ssize_t
        self.fine.exchange(archive, size)
        self.coarse.exchange(archive, size)
        self.exceedances.exchange(archive, size)
        self.together.exchange(archive, 2)
        self.calendar.exchange(archive, size)
        self.cycles.exchange(archive, size)
        self.autoregression.exchange(archive, size)
        if self.shaped:
            self.shapes.exchange(archive, size)
            self.shape_tables.exchange(archive, size)
        self.silences.exchange(archive, size)
        self.flat_lines.exchange(archive, size)
        self.told.exchange(archive, size)
        self.counts.exchange_counts(archive, size, LARGEST_COUNT, "count of values")
        self.metrics = 0
        for j in range(size):
            self.metrics += self.counts.at[j] > 0.0
        self.long_run.exchange(archive, size)
        self.dispersion.exchange_bounded(archive, size, 0.0, LARGEST_Z, "dispersion")
        self.residual_dispersion.exchange_bounded(archive, size, 0.0, LARGEST_Z, "dispersion")
        return self.short_run_mean.exchange_bounded(
            archive, size, -LARGEST_Z, LARGEST_Z, "short-run mean"
        )
