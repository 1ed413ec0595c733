# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What a new key is compared with until it has a history of its own: the population of keys."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import enlarged, zeros
from clipsgd_river._kernels.core.event_loop import EventLoop
from clipsgd_river._kernels.core.running_quantile import RunningQuantile
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.features import LARGEST_VALUE

# A key tells what it is like after so many events with a feature; the latest of these that
# so many keys have reached counts, and of it the last keys.
STAGES = 3
FIRST_STAGE, SECOND_STAGE, LAST_STAGE = 2.0, 5.0, 20.0
LEAST_KEYS = 20
KEYS = 64
# Numbers of a stage of a feature: its count of keys, and mean and scale of the last ones.
STAGE = 1 + 2 * KEYS
# Numbers of a feature of a key: its count, below 0 while nothing is known of the population, its
# mean, and the sum of its squared deviations.
FEATURE = 3
# The population counts as much as so many events of a key, for its scale.
SCALE_EVENTS = 10.0
# From so many events on a key has a scale of its own.
LEAST_EVENTS = 3.0
# Means of keys that differ less than this share of a variance cannot be told from equal ones.
LEAST_SPREAD = 0.02
# Scales by which an event moves the numbers of its key at most.
CLIP = 3.0
# Scales from the population at which a key counts as spoilt that began before there was one.
SPOILT = 10.0
# Rounding of numbers is no deviation.
ROUNDING = 1e-9
LARGEST_DEVIATION = 1e9
# Scores of keys are made alike by this quantile, followed over so many of them at least: of keys
# with 0, 1, 2, up to 5, up to 12 and more events.
HIGH, GAIN = 0.95, 0.005
LEAST_SCORES = 100.0
AGES = 6
# A normal distribution's scale, of the median and the mean of absolute deviations.
OF_MEDIAN = 1.482602218505602
OF_MEAN = 1.2533141373155001


class PopulationKernel(EventLoop):
    r"""Deviations of events from what is usual of a key of which few are known.

    Of each feature the population has a centre m0, the scale tau of the keys' means and the scale
    s0 of events around the mean of their key: medians over the last 64 keys that have reached 20
    events, before there are 20 of them over those that have reached five, or two. With
    kappa = s0^2 / tau^2, and n, m, s of the events of a key,

    .. math:: \mu = \frac{\kappa m_0 + n m}{\kappa + n}, \quad
              \sigma^2 = \frac{10 s_0^2 + n s^2}{10 + n}, \quad
              z = \frac{x - \mu}{\sigma \sqrt{1 + 1 / (\kappa + n)}},

    sigma = s0 while n < 3. An event moves m and s by three of these scales at most.

    Where keys differ in scale, too, few events leave long tails. So odds of scores are divided by
    how much higher their 0.95 quantile is than that of keys with more events.

    The numbers of a key belong to the caller: an ``array`` of doubles, its count of events first.
    O(features present) an event; memory 3 KB a feature, and 24 bytes a feature for each key.

    Parameters
    ----------
    settings
        ``max_features``; features beyond have no population.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        EventLoop.__init__(self, settings)
        self.stages = Vector()
        # Centre, tau^2 and s0 of each feature, and how many events the keys had that it is of; 0
        # while it is unknown.
        self.centre = Vector()
        self.spread = Vector()
        self.scale = Vector()
        self.stage = Vector()
        self.sorted = Vector(KEYS)
        self.ages = [RunningQuantile(HIGH, GAIN) for _ in range(AGES)]
        self.counts = Vector(AGES)
        # Of the feature that was looked at: what is expected, and its scale.
        self.expected = 0.0
        self.width = 0.0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.stages.grow(size * STAGES * STAGE)
        self.centre.grow(size)
        self.spread.grow(size)
        self.scale.grow(size)
        return self.stage.grow(size)

    def deviations_one(self, event: Any, numbers: Any) -> dict[Any, float]:
        """Deviation z of each feature that the population knows. Changes nothing."""
        self.claim()
        try:
            self.features.load(event)
            return self.deviations(self.fitting(numbers))
        finally:
            self.busy = False

    def deviate_learn_one(self, event: Any, numbers: Any) -> tuple[dict[Any, float], Any]:
        """Deviations of an event, which the numbers of its key then learn.

        Returns the deviations and the numbers, which may be others now.
        """
        self.claim()
        try:
            new = self.features.load(event)
            if new is not None:
                room: cython.Py_ssize_t = self.features.max_features - self.features.size
                new = new[: max(room, 0)]
                if new:
                    self.start_features([name for name, _ in new])
                    self.features.load_new(new)
            numbers = self.fitting(numbers)
            found = self.deviations(numbers)
            self.learn_numbers(numbers)
            return found, numbers
        finally:
            self.busy = False

    def bands_one(self, event: Any, numbers: Any) -> dict[Any, tuple[float, float]]:
        """What is expected of each known feature of an event, and the scale of deviations."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        self.claim()
        try:
            self.features.load(event)
            numbers = self.fitting(numbers)
            found = {}
            for k in range(self.features.count):
                j = self.features.present.at[k]
                if self.stage.at[j] > 0.0:
                    self.look(j, doubles(numbers))
                    found[self.features.names[j]] = (self.expected, self.width)
            return found
        finally:
            self.busy = False

    def match(self, events: float, odds: float, learn: cython.bint) -> float:
        """What odds of a score are to be multiplied by, for a key of so many events.

        Parameters
        ----------
        events
            Of the key, before this one.
        odds
            Of its score, to be learned afterwards.
        learn
            Whether they are.
        """
        age: cython.Py_ssize_t = AGES - 1
        if events < 3.0:
            age = cython.cast(cython.Py_ssize_t, events)
        elif events < 6.0:
            age = 3
        elif events < 13.0:
            age = 4
        factor: cython.double = 1.0
        known: RunningQuantile = self.ages[age]
        settled: RunningQuantile = self.ages[AGES - 1]
        least: cython.double = min(self.counts.at[age], self.counts.at[AGES - 1])
        if least >= LEAST_SCORES and known.value > settled.value:
            factor = settled.value / known.value
        if learn:
            known.observe(odds)
            self.counts.at[age] += 1.0
        return factor

    def fitting(self, numbers: Any) -> Any:
        """The numbers of a key, with room for all features."""
        length: cython.Py_ssize_t = 1 + FEATURE * self.features.size
        if numbers is None:
            return zeros(length)
        return numbers if len(numbers) >= length else enlarged(numbers, length)

    def deviations(self, numbers: Any) -> dict[Any, float]:
        """Deviation of each known feature of the loaded event."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        own: cython.p_double = doubles(numbers)
        found: dict[Any, float] = {}
        z: cython.double
        for k in range(self.features.count):
            j = self.features.present.at[k]
            if self.stage.at[j] > 0.0:
                z = self.deviation(j, own)
                found[self.features.names[j]] = z
        return found

    def deviation(self, j: cython.Py_ssize_t, own: cython.p_double) -> float:
        """Deviation of the feature at position j, in scales."""
        self.look(j, own)
        away: cython.double = self.features.values.at[j] - self.expected
        limit: cython.double = LARGEST_DEVIATION * self.width
        if self.width > 0.0 and fabs(away) < limit:
            return away / self.width
        if away == 0.0:
            return 0.0
        return LARGEST_DEVIATION if away > 0.0 else -LARGEST_DEVIATION

    def look(self, j: cython.Py_ssize_t, own: cython.p_double) -> None:
        """Work out what is expected of a known feature of a key, and the scale of deviations."""
        at: cython.Py_ssize_t = 1 + FEATURE * j
        n: cython.double = fabs(own[at])
        centre: cython.double = self.centre.at[j]
        spread: cython.double = self.spread.at[j]
        variance: cython.double = self.scale.at[j] * self.scale.at[j]
        kappa: cython.double
        if own[at] < 0.0 and self.is_spoilt(j, own):
            n = 0.0
        if n == 0.0:
            self.expected = centre
            variance += spread
        else:
            kappa = variance / spread if spread > 0.0 else 0.0
            self.expected = centre + (n / (kappa + n)) * (own[at + 1] - centre)
            if n >= LEAST_EVENTS:
                variance = (SCALE_EVENTS * variance + n * (own[at + 2] / (n - 1.0))) / (
                    SCALE_EVENTS + n
                )
            variance *= 1.0 + 1.0 / (kappa + n)
        self.width = max(sqrt(variance), ROUNDING * fabs(self.expected))

    def is_spoilt(self, j: cython.Py_ssize_t, own: cython.p_double) -> cython.bint:
        """Whether the numbers of a key, learned without a limit, are far from all others."""
        at: cython.Py_ssize_t = 1 + FEATURE * j
        n: cython.double = fabs(own[at])
        variance: cython.double = self.scale.at[j] * self.scale.at[j]
        away: cython.double = own[at + 1] - self.centre.at[j]
        if away * away > SPOILT * SPOILT * (self.spread.at[j] + variance):
            return True
        return n > 1.0 and own[at + 2] / (n - 1.0) > SPOILT * SPOILT * variance

    def learn_numbers(self, numbers: Any) -> cython.int:
        """Let the numbers of a key learn the loaded event, and the population of the key."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        own: cython.p_double = doubles(numbers)
        own[0] += 1.0
        for k in range(self.features.count):
            j = self.features.present.at[k]
            self.learn_feature(j, own)
        return 0

    def learn_feature(self, j: cython.Py_ssize_t, own: cython.p_double) -> None:
        """Let the numbers of a key learn the feature at position j."""
        at: cython.Py_ssize_t = 1 + FEATURE * j
        x: cython.double = self.features.values.at[j]
        known: cython.bint = self.stage.at[j] > 0.0
        n: cython.double
        limit: cython.double
        if known:
            if own[at] < 0.0:
                if self.is_spoilt(j, own):
                    own[at] = 0.0
                    own[at + 2] = 0.0
                own[at] = fabs(own[at])
            self.look(j, own)
            limit = CLIP * self.width
            if limit > 0.0:
                x = min(max(x, self.expected - limit), self.expected + limit)
        n = fabs(own[at]) + 1.0
        away: cython.double = x - own[at + 1] if n > 1.0 else 0.0
        own[at + 1] = own[at + 1] + away / n if n > 1.0 else x
        own[at + 2] += away * (x - own[at + 1])
        own[at] = n if known else -n
        if n == FIRST_STAGE:
            self.tell(j, 0, n, own)
        elif n == SECOND_STAGE:
            self.tell(j, 1, n, own)
        elif n == LAST_STAGE:
            self.tell(j, 2, n, own)

    def tell(
        self, j: cython.Py_ssize_t, stage: cython.Py_ssize_t, n: float, own: cython.p_double
    ) -> None:
        """Let the population of a feature learn what a key that reached a stage is like."""
        if self.stage.at[j] > n:
            return
        at: cython.Py_ssize_t = (j * STAGES + stage) * STAGE
        keys: cython.double = self.stages.at[at]
        slot: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, keys) % KEYS
        self.stages.at[at + 1 + slot] = own[2 + FEATURE * j]
        self.stages.at[at + 1 + KEYS + slot] = sqrt(own[3 + FEATURE * j] / (n - 1.0))
        self.stages.at[at] = keys + 1.0
        if keys + 1.0 >= LEAST_KEYS:
            self.stage.at[j] = n
            self.estimate(j, at, n)

    def estimate(self, j: cython.Py_ssize_t, at: cython.Py_ssize_t, n: float) -> None:
        """Centre and scales of a feature by the keys of a stage, each of n events."""
        k: cython.Py_ssize_t
        count: cython.Py_ssize_t = KEYS
        if self.stages.at[at] < KEYS:
            count = cython.cast(cython.Py_ssize_t, self.stages.at[at])
        means: cython.Py_ssize_t = at + 1
        scales: cython.Py_ssize_t = at + 1 + KEYS
        total: cython.double = 0.0
        for k in range(count):
            self.insert(k, self.stages.at[means + k])
        centre: cython.double = self.middle(count)
        for k in range(count):
            total += fabs(self.stages.at[means + k] - centre)
            self.insert(k, fabs(self.stages.at[means + k] - centre))
        spread: cython.double = OF_MEDIAN * self.middle(count)
        if spread == 0.0:
            spread = OF_MEAN * (total / count)
        total = 0.0
        for k in range(count):
            total += self.stages.at[scales + k]
            self.insert(k, self.stages.at[scales + k])
        # Median of the scale of n normal events by Wilson and Hilferty.
        share: cython.double = 1.0 - 2.0 / (9.0 * (n - 1.0))
        scale: cython.double = self.middle(count) / sqrt(share * share * share)
        if scale == 0.0:
            scale = total / count
        self.centre.at[j] = centre
        self.scale.at[j] = scale
        # The means of keys differ by their events, too.
        self.spread.at[j] = max(spread * spread - scale * scale / n, LEAST_SPREAD * scale * scale)

    def insert(self, count: cython.Py_ssize_t, value: float) -> None:
        """Put a number where it belongs among the sorted ones, ``count`` so far."""
        k: cython.Py_ssize_t = count
        while k > 0 and self.sorted.at[k - 1] > value:
            self.sorted.at[k] = self.sorted.at[k - 1]
            k -= 1
        self.sorted.at[k] = value

    def middle(self, count: cython.Py_ssize_t) -> float:
        """Median of the sorted numbers."""
        half: cython.Py_ssize_t = count // 2
        if count % 2 == 1:
            return self.sorted.at[half]
        return 0.5 * (self.sorted.at[half - 1] + self.sorted.at[half])

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the population of each feature through ``archive``."""
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        at: cython.Py_ssize_t
        for k in range(AGES):
            quantile: RunningQuantile = self.ages[k]
            quantile.exchange(archive)
            self.counts.at[k] = archive.count(self.counts.at[k])
        archive.require(self.features.size * STAGES)
        for j in range(self.features.size):
            for k in range(STAGES):
                at = (j * STAGES + k) * STAGE
                self.stages.at[at] = archive.count(self.stages.at[at])
                self.exchange_stage(archive, at)
            self.stage.at[j] = 0.0
            for k in range(STAGES):
                at = (j * STAGES + k) * STAGE
                if self.stages.at[at] >= LEAST_KEYS:
                    self.stage.at[j] = (
                        FIRST_STAGE if k == 0 else SECOND_STAGE if k == 1 else LAST_STAGE
                    )
                    self.estimate(j, at, self.stage.at[j])
        return 0

    def exchange_stage(self, archive: Archive, at: cython.Py_ssize_t) -> cython.int:
        """Pass the keys of a stage through ``archive``."""
        k: cython.Py_ssize_t
        count: cython.Py_ssize_t = KEYS
        if self.stages.at[at] < KEYS:
            count = cython.cast(cython.Py_ssize_t, self.stages.at[at])
        for k in range(at + 1, at + 1 + count):
            self.stages.at[k] = archive.bounded(
                self.stages.at[k], -LARGEST_VALUE, LARGEST_VALUE, "mean of a key"
            )
        for k in range(at + 1 + KEYS, at + 1 + KEYS + count):
            self.stages.at[k] = archive.bounded(
                self.stages.at[k], 0.0, 4.0 * LARGEST_VALUE, "scale of a key"
            )
        return 0
