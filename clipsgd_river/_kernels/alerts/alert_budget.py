# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Which scores are alerts, at a guaranteed rate for every sequence of scores."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.alerts.event_clock import EventClock
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
# The mean gap between events remembers the events of ten alerts.
GAP_MEMORY = 10.0
# A gap earns at most half an alert, or what fills half of the allowance: a silence saves up none
# that must be spent on whatever comes after it.
LARGEST_EARNING = 0.5
SMALLEST_RATE = 1e-12
# Twice the farthest stamp.
LARGEST_GAP = 2e11
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
        # A clock that is put back by less than the time of the largest allowance stands still until
        # it has caught up, which costs no more alerts than that.
        latency = LARGEST_ALLOWANCE / self.per_second if self.per_second > 0.0 else 0.0
        self.clock = EventClock(latency)
        # What `look_ahead` goes back to.
        self.kept_clock = EventClock(latency)
        self.kept_gap = 0.0
        self.kept_accrued = 0.0
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
        """Let the time pass up to the stamp of an event."""
        if self.per_second == 0.0:
            return
        passed: cython.double = self.clock.pass_to(seconds)
        earned: cython.double = self.per_second * passed
        weight: cython.double
        room: cython.double
        if earned > LARGEST_EARNING:
            room = 0.5 * self.allowance() + self.alerts - self.accrued
            earned = max(LARGEST_EARNING, min(earned, room))
            passed = earned / self.per_second
        if self.clock.stamps > 1.0:
            weight = max(1.0 / (self.clock.stamps - 1.0), min(self.rate() / GAP_MEMORY, 1.0))
            self.gap += (passed - self.gap) * weight
        self.accrued += earned

    def observe_at(self, score: float, seconds: float) -> cython.bint:
        """Whether the score of an event at a time is an alert; learns both.

        The time matters only if the budget is one per time.
        """
        self.pass_time(seconds)
        return self.judge(score)

    def exceeds_at(self, score: float, seconds: float) -> cython.bint:
        """Whether `observe_at` would alert; changes nothing."""
        self.look_ahead(seconds)
        alert: cython.bint = self.is_beyond(score)
        self.look_back()
        return alert

    def threshold_at(self, seconds: float) -> float:
        """`threshold` for an event at this time; changes nothing."""
        self.look_ahead(seconds)
        found: cython.double = self.threshold()
        self.look_back()
        return found

    def look_ahead(self, seconds: float) -> None:
        """Let time pass until `look_back`."""
        if self.per_second == 0.0:
            return
        self.kept_clock.copy_from(self.clock)
        self.kept_gap = self.gap
        self.kept_accrued = self.accrued
        self.pass_time(seconds)

    def look_back(self) -> None:
        """Take back what `look_ahead` did."""
        if self.per_second == 0.0:
            return
        self.clock.copy_from(self.kept_clock)
        self.gap = self.kept_gap
        self.accrued = self.kept_accrued

    def count_anew(self) -> None:
        """Count alerts and the budget from 0 again; the threshold's ladder stays."""
        self.events = 0.0
        self.alerts = 0.0
        self.accrued = 0.0
        self.clock.count_anew()

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
        self.accrued = archive.nonnegative(self.accrued, "alert budget")
        self.gap = archive.bounded(self.gap, 0.0, LARGEST_GAP, "gap between events")
        if self.alerts > self.events:
            raise ValueError("the state has more alerts than events: it is damaged")
        if self.per_second > 0.0:
            self.clock.exchange(archive)
        self.ladder.exchange(archive)
        return 0
