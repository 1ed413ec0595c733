# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Which scores are alerts, at a guaranteed rate for every sequence of scores."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.alerts.event_clock import EventClock
from clipsgd_river._kernels.alerts.incident_gate import IncidentGate
from clipsgd_river._kernels.alerts.score_ladder import ScoreLadder
from clipsgd_river._kernels.core.archive import Archive

if not cython.compiled:
    from math import exp, fabs, log

    from clipsgd_river._kernels.core.buffers import doubles

# Larger scores are clipped to this, so that their differences stay finite.
LARGEST_SCORE = 1e150
# Alerts may run ahead of the budget, or stay behind it, by 4 and a tenth of it, at most 16.
FIRST_ALLOWANCE = 4.0
ALLOWANCE_SHARE = 0.1
LARGEST_ALLOWANCE = 16.0
# Steps at rest behind the budget, in units of log-rarity per alert; they grow as the allowance is
# used up.
GAIN = 0.06
# The same ahead of it, per allowance: small steps, since a threshold that moves about takes
# ordinary events for right ones; large ones at the end, so that the last is for what is far out.
RESERVE = 0.3
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
NAN = float("nan")
# The floor where none is stated, and what events above it draw on at most.
LEAST_FLOOR = 0.1
FLOOR_IN_RATES_OF_ALERTS = 2.0
LARGEST_DEBT = 4.0


class AlertBudgetKernel(IncidentGate):
    r"""Threshold of a stream of scores, and the count that keeps its alerts to a rate.

    With A the alerts so far, B what the budget allowed so far (alpha per event), D = A - B, and c
    the allowance, an event alerts if D < c and its score exceeds the quantile, by a `ScoreLadder`,
    of log-rarity

    .. math:: -\log \alpha + g D / (1 - (D / c)^2), \qquad
              g = 0.3 / c \ (D > 0), \ 0.06 \ (D \le 0),

    or if D <= -c, for any score. So D never leaves [-c - alpha, c + 1].

    With a floor an event alerts only if a score as high has at most this probability. Then B, by
    which the threshold goes, is what such events have drawn of the budget: alpha / floor each, of
    what was owed them, at most 4. B never exceeds alpha t, so that the bound from above holds as it
    is; an event more ordinary than the floor draws nothing.

    An event that joins an incident is none to the budget: nothing is spent, nothing accrues, and
    its score is not followed (`IncidentGate`).

    Parameters
    ----------
    settings
        ``rate``, alerts per event, or 0; ``per_second``, alerts per second, or 0; ``odds``,
        whether scores are shares r / (r + q), of which the odds r / q are compared: shares near
        1 are too close to each other; ``floor``, a probability, 0 for none, or -1 for the larger of
        0.1 and twice the rate.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        IncidentGate.__init__(self)
        self.settings = settings
        self.per_event = settings["rate"]
        self.per_second = settings["per_second"]
        # Of a rate per event, which never changes.
        self.own_rarity = -log(self.per_event) if self.per_event > 0.0 else 0.0
        self.odds = settings["odds"]
        self.floor = settings["floor"]
        self.ladder = ScoreLadder()
        self.events = 0.0
        self.owed = 0.0
        # Of the rows that run now: their times, and how many are too early to count.
        self.times = None
        self.unready = 0
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
        self.kept_owed = 0.0
        self.busy = False

    def alert_share(self) -> float:
        """Alerts per event that the budget allows now."""
        if self.per_second == 0.0:
            return self.per_event
        return min(max(self.per_second * self.gap, SMALLEST_RATE), 0.5)

    def alert_rarity(self) -> float:
        """Log-rarity of an event as rare as alerts may be."""
        return self.own_rarity if self.per_second == 0.0 else -log(self.alert_share())

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
        gain: cython.double = RESERVE / allowance if debt > 0.0 else GAIN
        return gain * debt / (1.0 - used * used) + self.alert_rarity()

    def least_rarity(self) -> float:
        """Log-rarity that every alert needs: that of the floor, 0 for none."""
        if self.floor == 0.0:
            return 0.0
        return -log(self.highest_probability())

    def highest_probability(self) -> float:
        """The floor as a probability."""
        if self.floor > 0.0:
            return self.floor
        return min(max(LEAST_FLOOR, FLOOR_IN_RATES_OF_ALERTS * self.alert_share()), 1.0)

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
            return self.floor == 0.0 or self.ladder.exceeds(x, self.least_rarity())
        return self.ladder.exceeds(
            x, max(self.required_rarity(debt, allowance), self.least_rarity())
        )

    def joining_rarity(self) -> float:
        """Log-rarity that an event needs to join an incident, whatever was spent.

        That of an alert, or half of it where events have joined already: as a flood is learned its
        events become less unusual, and are no measure of others.
        """
        rarity: cython.double = self.alert_rarity()
        return 0.5 * rarity if self.place() <= self.crowded_until else rarity

    def threshold(self) -> float:
        """Score that an alert must exceed now; the largest where none would do, or its negative."""
        most: cython.double = 1.0 if self.odds else LARGEST_SCORE
        debt: cython.double = self.alerts - self.accrued
        allowance: cython.double = self.allowance()
        if debt >= allowance or not self.ladder.started():
            return most
        if debt > -allowance:
            return self.score_of_rarity(
                max(self.required_rarity(debt, allowance), self.least_rarity())
            )
        return -most if self.floor == 0.0 else self.score_of_rarity(self.least_rarity())

    def score_of_rarity(self, rarity: float) -> float:
        """Score that is exceeded with probability exp(-rarity)."""
        most: cython.double = 1.0 if self.odds else LARGEST_SCORE
        quantile: cython.double = self.ladder.quantile(rarity)
        if not self.odds:
            return quantile
        return max(quantile / (1.0 + quantile), -most) if quantile > -0.5 else -most

    def limit(self) -> float:
        """Score up to which an event neither alerts nor joins an incident.

        Just below where it might, however odds were rounded.
        """
        found: cython.double = self.threshold()
        if self.place() <= self.open_until and self.ladder.started():
            found = min(found, self.score_of_rarity(self.joining_rarity()))
        return found - ROUND_OFF * fabs(found)

    def threshold_now(self) -> float:
        """Score that an alert must exceed now."""
        return self.threshold()

    def limit_now(self) -> float:
        """Score up to which an event neither alerts nor joins an incident now."""
        return self.limit()

    def place(self) -> float:
        """Where the stream is: events so far, or seconds that passed."""
        return self.seen if self.per_second == 0.0 else self.clock.elapsed

    def tail_probability(self, score: float) -> float:
        """Estimated probability that a score exceeds this one; NaN while nothing is known."""
        x: cython.double = self.position(score)
        if x != x or not self.ladder.started():
            return float("nan")
        return exp(-self.ladder.rarity(x))

    def judge(self, score: float) -> cython.bint:
        """Whether a score is an alert; counts and learns it."""
        alert: cython.bint = self.is_beyond(score)
        self.take(score, alert)
        return alert

    def take(self, score: float, alert: cython.bint) -> None:
        """Count and learn a score that is an alert or not."""
        x: cython.double = self.position(score)
        drawn: cython.double
        self.events += 1.0
        if self.floor != 0.0:
            if self.per_second == 0.0:
                self.owed += self.per_event
            self.owed = min(self.owed, LARGEST_DEBT)
            if self.ladder.started() and x == x and self.ladder.exceeds(x, self.least_rarity()):
                drawn = min(self.owed, self.alert_share() / self.highest_probability())
                self.owed -= drawn
                self.accrued += drawn
        elif self.per_second == 0.0:
            self.accrued = self.per_event * self.events
        if alert:
            self.alerts += 1.0
        if x == x:
            self.ladder.observe(x, FLOOR_IN_RATES * self.alert_share())
        self.mix(0.0)

    def join(self, score: float, seconds: float) -> None:
        """Take in an event that has joined an incident."""
        x: cython.double = self.position(score)
        self.pass_time(seconds)
        self.mix(1.0)
        if x == x and self.is_crowded():
            self.ladder.observe(x, FLOOR_IN_RATES * self.alert_share())

    def skip(self, seconds: float) -> None:
        """Take in an event whose alert was vetoed: time passes, and nothing else."""
        self.pass_time(seconds)

    def look_at(self, score: float, seconds: float) -> tuple[bool, bool, bool, float]:
        """What an event would be to the budget, and where the stream is then.

        Whether it would alert; could join an incident as unusual as an alert; or is so unusual that
        it must not be followed if it resembles one.
        """
        x: cython.double = self.position(score)
        self.look_ahead(seconds)
        known: cython.bint = x == x and self.ladder.started()
        found = (
            bool(self.is_beyond(score)),
            bool(known and self.ladder.exceeds(x, self.alert_rarity())),
            bool(known and self.ladder.exceeds(x, self.joining_rarity())),
            float(self.place()),
        )
        self.look_back()
        return found

    def open_for_rows(self, times: Any, unready: cython.Py_ssize_t, scores: Any) -> None:
        """Admit rows from the first on: these are their times, and so many do not count yet.

        The scores are those of the detector.
        """
        self.times = times
        if len(times):
            self.time_of = doubles(times)
        self.unready = unready

    def admits(self, score: float, distance: float, row: cython.Py_ssize_t) -> cython.bint:
        """Take in the score of a row, unless it may be an alert or join an incident."""
        seconds: cython.double = self.time_of[row] if self.per_second > 0.0 else 0.0
        self.distance = distance
        if row < self.unready:
            score = NAN
        self.look_ahead(seconds)
        self.admitted = not (self.is_beyond(score) or self.may_join(score))
        if self.admitted:
            self.take(score, False)
        else:
            self.look_back()
        return self.admitted

    def may_join(self, score: float) -> cython.bint:
        """Whether an event with this score may join an incident, or must not be followed."""
        if self.place() > self.open_until:
            return False
        x: cython.double = self.position(score)
        if x != x or not self.ladder.started():
            return False
        return self.ladder.exceeds(x, self.joining_rarity())

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
            weight = max(1.0 / (self.clock.stamps - 1.0), min(self.alert_share() / GAP_MEMORY, 1.0))
            self.gap += (passed - self.gap) * weight
        if self.floor == 0.0:
            self.accrued += earned
        else:
            self.owed += earned

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

    def limits_at(self, seconds: float) -> tuple[float, float]:
        """`threshold` and `limit` for an event at this time; changes nothing."""
        self.look_ahead(seconds)
        threshold: cython.double = self.threshold()
        limit: cython.double = self.limit()
        self.look_back()
        return threshold, limit

    def look_ahead(self, seconds: float) -> None:
        """Let time pass until `look_back`."""
        if self.per_second == 0.0:
            return
        self.kept_clock.copy_from(self.clock)
        self.kept_gap = self.gap
        self.kept_accrued = self.accrued
        self.kept_owed = self.owed
        self.pass_time(seconds)

    def look_back(self) -> None:
        """Take back what `look_ahead` did."""
        if self.per_second == 0.0:
            return
        self.clock.copy_from(self.kept_clock)
        self.gap = self.kept_gap
        self.accrued = self.kept_accrued
        self.owed = self.kept_owed

    def follow(self, other: AlertBudgetKernel, counts: cython.bint) -> cython.int:
        """Go on from another budget: with its ladder and clock, and if ``counts`` what it spent."""
        archive = Archive()
        other.ladder.exchange(archive)
        self.ladder.exchange(Archive(archive.numbers))
        self.seen = other.seen
        self.gap = other.gap
        if (self.per_second > 0.0) == (other.per_second > 0.0):
            self.open_until = other.open_until
            self.crowded_until = other.crowded_until
            self.crowd = other.crowd
            self.clock.copy_from(other.clock)
        if counts:
            self.events = other.events
            self.alerts = other.alerts
            self.accrued = other.accrued
            self.owed = other.owed
        else:
            self.clock.count_anew()
        return 0

    def count_anew(self) -> None:
        """Count alerts and the budget from 0 again; the threshold's ladder stays."""
        self.events = 0.0
        self.alerts = 0.0
        self.accrued = 0.0
        self.owed = 0.0
        self.forget_incidents()
        self.clock.count_anew()

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.events = archive.count(self.events)
        self.alerts = archive.count(self.alerts)
        self.accrued = archive.nonnegative(self.accrued, "alert budget")
        self.owed = archive.nonnegative(self.owed, "alert budget")
        self.exchange_incidents(archive)
        self.gap = archive.bounded(self.gap, 0.0, LARGEST_GAP, "gap between events")
        if self.alerts > self.events:
            raise ValueError("the state has more alerts than events: it is damaged")
        if self.per_second > 0.0:
            self.clock.exchange(archive)
        self.ladder.exchange(archive)
        return 0
