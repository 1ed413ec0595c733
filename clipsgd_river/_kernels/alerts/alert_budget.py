# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Which scores are alerts, at a guaranteed rate for every sequence of scores."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.alerts.score_ladder import ScoreLadder
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel

if not cython.compiled:
    from math import exp, fabs, log

    from clipsgd_river._kernels.core.buffers import doubles, integers

# Larger scores are clipped to this, so that their differences stay finite.
LARGEST_SCORE = 1e150
# Alerts may run ahead of the budget, or stay behind it, by 4 and a tenth of it, at most 16.
FIRST_ALLOWANCE = 4.0
ALLOWANCE_SHARE = 0.1
LARGEST_ALLOWANCE = 16.0
# Steps at rest, in units of log-rarity per alert; they grow as the allowance is used up.
GAIN = 0.02
# Location and scale of the ladder remember at least the events of five alerts.
FLOOR_IN_RATES = 0.2
# The mean gap between events remembers the events of ten alerts; a gap of more than ten mean ones
# counts as ten.
GAP_MEMORY = 10.0
LONGEST_GAP = 10.0
SMALLEST_RATE = 1e-12
ROUND_OFF = 1e-9


class AlertBudgetKernel(ArchivedKernel):
    r"""Threshold of a stream of scores, and the count that keeps its alerts to a rate.

    With A the alerts so far, B what the budget allowed so far (alpha per event), D = A - B, and c
    the allowance, an event alerts if D < c and its score exceeds the quantile, by a `ScoreLadder`,
    of log-rarity

    .. math:: -\log \alpha + g D / (1 - (D / c)^2),

    or if D <= -c, for any score. So D never leaves [-c - alpha, c + 1].

    Parameters
    ----------
    settings
        ``rate``, alerts per event, or 0; ``per_second``, alerts per second, or 0; ``odds``,
        whether scores are shares r / (r + q), of which the odds r / q are compared: shares near
        1 are too close to each other.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.per_event = settings["rate"]
        self.per_second = settings["per_second"]
        self.odds = settings["odds"]
        self.ladder = ScoreLadder()
        self.events = 0.0
        self.alerts = 0.0
        self.accrued = 0.0
        self.gap = 0.0
        self.last_time = 0.0
        self.first_time = 0.0
        self.times = 0.0
        self.busy = False

    def rate(self) -> float:
        """Alerts per event that the budget allows now."""
        if self.per_second == 0.0:
            return self.per_event
        return min(max(self.per_second * self.gap, SMALLEST_RATE), 0.5)

    def rate_now(self) -> float:
        """Alerts per event that the budget allows now."""
        return self.rate()

    def position(self, score: float) -> float:
        """Score on the ladder's scale; NaN stays NaN."""
        if self.odds:
            if score >= 1.0:
                return LARGEST_SCORE
            score = score / (1.0 - score)
        if score > LARGEST_SCORE:
            return LARGEST_SCORE
        if score < -LARGEST_SCORE:
            return -LARGEST_SCORE
        return score

    def allowance(self) -> float:
        """How far alerts may run ahead of the budget, or stay behind it."""
        return min(FIRST_ALLOWANCE + ALLOWANCE_SHARE * self.accrued, LARGEST_ALLOWANCE)

    def required_rarity(self, debt: float, allowance: float) -> float:
        """Log-rarity that an alert needs."""
        used: cython.double = debt / allowance
        return GAIN * debt / (1.0 - used * used) - log(self.rate())

    def exceeds(self, score: float) -> cython.bint:
        """Whether a score would be an alert now."""
        return self.is_beyond(score)

    def is_beyond(self, score: float) -> cython.bint:
        """Whether a score lies beyond the threshold."""
        x: cython.double = self.position(score)
        if x != x or not self.ladder.started():
            return False
        debt: cython.double = self.alerts - self.accrued
        allowance: cython.double = self.allowance()
        if debt >= allowance:
            return False
        if debt <= -allowance:
            return True
        return self.ladder.exceeds(x, self.required_rarity(debt, allowance))

    def threshold(self) -> float:
        """Score that an alert must exceed now; the largest where none would do, or its negative."""
        most: cython.double = 1.0 if self.odds else LARGEST_SCORE
        debt: cython.double = self.alerts - self.accrued
        allowance: cython.double = self.allowance()
        if debt >= allowance or not self.ladder.started():
            return most
        if debt <= -allowance:
            return -most
        quantile: cython.double = self.ladder.quantile(self.required_rarity(debt, allowance))
        if not self.odds:
            return quantile
        return max(quantile / (1.0 + quantile), -most) if quantile > -0.5 else -most

    def limit(self) -> float:
        """Score just below `threshold`: one up to it is no alert, however odds were rounded."""
        found: cython.double = self.threshold()
        return found - ROUND_OFF * fabs(found)

    def tail_probability(self, score: float) -> float:
        """Estimated probability that a score exceeds this one; NaN while nothing is known."""
        x: cython.double = self.position(score)
        if x != x or not self.ladder.started():
            return float("nan")
        return exp(-self.ladder.rarity(x))

    def judge(self, score: float) -> cython.bint:
        """Whether a score is an alert; counts and learns it."""
        x: cython.double = self.position(score)
        alert: cython.bint = self.is_beyond(score)
        self.events += 1.0
        if self.per_second == 0.0:
            self.accrued = self.per_event * self.events
        if alert:
            self.alerts += 1.0
        if x == x:
            self.ladder.observe(x, FLOOR_IN_RATES * self.rate())
        return alert

    def pass_time(self, seconds: float) -> None:
        """Let the time of an event, which may not be before the last one, pass."""
        gap: cython.double = seconds - self.last_time
        weight: cython.double
        if self.per_second == 0.0:
            return
        if self.times == 0.0:
            self.first_time = seconds
            self.last_time = seconds
        elif gap > 0.0:
            self.last_time = seconds
        else:
            gap = 0.0
        if self.times > 0.0:
            if self.times > GAP_MEMORY:
                gap = min(gap, LONGEST_GAP * self.gap)
            weight = max(1.0 / self.times, min(self.rate() / GAP_MEMORY, 1.0))
            self.gap += (gap - self.gap) * weight
            self.accrued += self.per_second * gap
        self.times += 1.0

    def observe_at(self, score: float, seconds: float) -> cython.bint:
        """Whether the score of an event at a time is an alert; learns both.

        The time matters only if the budget is one per time.
        """
        self.pass_time(seconds)
        return self.judge(score)

    def exceeds_at(self, score: float, seconds: float) -> cython.bint:
        """Whether `observe_at` would alert; changes nothing."""
        clock = self.clock() if self.per_second > 0.0 else None
        self.pass_time(seconds)
        alert: cython.bint = self.is_beyond(score)
        if clock is not None:
            self.set_clock(clock)
        return alert

    def threshold_at(self, seconds: float) -> float:
        """`threshold` for an event at this time; changes nothing."""
        clock = self.clock() if self.per_second > 0.0 else None
        self.pass_time(seconds)
        found: cython.double = self.threshold()
        if clock is not None:
            self.set_clock(clock)
        return found

    def count_anew(self) -> None:
        """Count alerts and the budget from 0 again; the threshold's ladder stays."""
        self.events = 0.0
        self.alerts = 0.0
        self.accrued = 0.0
        self.first_time = self.last_time

    def clock(self) -> Any:
        """What `pass_time` changes."""
        return self.first_time, self.last_time, self.times, self.gap, self.accrued

    def set_clock(self, clock: Any) -> cython.int:
        """Take back what `pass_time` changed."""
        self.first_time, self.last_time, self.times, self.gap, self.accrued = clock
        return 0

    def observe_many(self, scores: Any, times: Any, alerts: Any) -> None:
        """Run scores in order.

        Parameters
        ----------
        scores, times
            Arrays of doubles; uncompiled, lists. No times where the budget is one per event.
        alerts
            Array of C integers to write to, 1 for an alert.
        """
        count: cython.Py_ssize_t = len(scores)
        timed: cython.bint = self.per_second > 0.0
        i: cython.Py_ssize_t
        if len(alerts) != count or (timed and len(times) != count):
            raise ValueError(f"{count} scores, {len(times)} times and {len(alerts)} places differ")
        if count == 0:
            return
        self.claim()
        try:
            score_of: cython.p_double = doubles(scores)
            time_of: cython.p_double = doubles(times if timed else scores)
            alert_of: cython.p_int = integers(alerts)
            with cython.nogil:
                for i in range(count):
                    if timed:
                        self.pass_time(time_of[i])
                    alert_of[i] = self.judge(score_of[i])
        finally:
            self.busy = False

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.events = archive.count(self.events)
        self.alerts = archive.count(self.alerts)
        self.times = archive.count(self.times)
        self.accrued = archive.number(self.accrued)
        self.gap = archive.number(self.gap)
        self.first_time = archive.number(self.first_time)
        self.last_time = archive.number(self.last_time)
        if not 0.0 <= self.alerts <= self.events or self.accrued < 0.0 or self.gap < 0.0:
            raise ValueError("the state holds an impossible alert budget: it is damaged")
        self.ladder.exchange(archive)
        return 0
