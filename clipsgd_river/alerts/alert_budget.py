"""Alerts at a promised rate, whatever the stream does."""

from __future__ import annotations

from collections.abc import Hashable
from copy import deepcopy
from math import nan
from sys import float_info
from typing import Any, Self

from clipsgd_river import _settings
from clipsgd_river._kernels.alerts.alert_budget import AlertBudgetKernel
from clipsgd_river._pipelines import last_step, takes_times
from clipsgd_river.alerts import _event_time
from clipsgd_river.alerts._feedback import LASTING_ALERTS
from clipsgd_river.alerts._filter import Event, Veto
from clipsgd_river.alerts._filter_rows import FilterOfRows
from clipsgd_river.alerts._incident_filter import Given
from clipsgd_river.alerts._incidents import LEAST_EVENTS
from clipsgd_river.alerts.alert import Alert
from clipsgd_river.alerts.verdict import Verdict, new_verdict


class AlertBudget(FilterOfRows):
    r"""Alerts at a rate of your choice, kept for any sequence of events whatever.

    Choose it where somebody reads the alerts: "one event in a thousand", "ten a day". Where a risk
    is given instead, which may be exceeded when behaviour changes, choose `TailFilter`.

    A detector says how unusual an event is; this filter says which are the most unusual ones at
    the promised rate alpha, by the upper half of the scores so far. Whatever the scores are, the
    alerts A among t events obey

    .. math:: -c_t - \alpha \le A_t - \alpha t \le c_t + 1, \qquad
              c_t = \min(16,\ 4 + \alpha t / 10),

    and no stretch of n events has more than alpha n + 33 alerts. The first 32 events, and the
    detector's warm-up before them, have none. ``docs/alert_budget.md`` has the rule and the proof.

    Parameters
    ----------
    anomaly_detector
        Any River detector or pipeline that ends in one (``scaler | detector``), supervised ones
        too. It learns with the filter, every event, clipped as it may be.
    alert_rate
        Alerts per event, above 0 and at most 0.5; ignored if ``alerts_per`` is given.
    alerts_per
        Number and unit of time, as in ``(10, "day")``: alerts per ``"second"``, ``"minute"``,
        ``"hour"``, ``"day"`` or ``"week"``; needs ``time``. Then alpha t above is what the time
        earned that passed on a clock which wrong stamps do not move; see the notes.
    time
        Key of the feature that is the time of an event: a date and time (naive ones count as UTC)
        or a number of seconds, from 1e11 on of milli-, micro- or nanoseconds since 1970. The
        detector does not see it.
    floor
        Probability above which no event alerts, however quiet the stream: of an event that alerts
        at most this share of events score as high. Above 0 and at most 1; ``"auto"``: 0.1, or twice
        the rate if that is more; ``None``: the budget is spent whatever the events are.
    resolved_after
        How long an incident stays open after its latest event, at least 0: in events, with
        ``alerts_per`` in seconds. ``None``: at first a twentieth of what the budget takes to earn
        an alert (five events at least), twice as long with every event that joins, up to a quarter,
        or to all of it while events join four times as often. With 0 no event joins any.
    protect_anomaly_detector
        Whether the detector is kept from learning what is an alert, or one of the first 16 events
        of an incident. Since alerts are bounded, it cannot be kept from learning a change.
    never_mute
        Alerts that `feedback` never mutes: from a severity on, as ``"critical"``, or a dict with
        some of ``"severity"``, ``"features"`` and ``"keys"``, the last two lists of names: those
        with such a feature behind them, and those about such a key. ``None``: none.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range or of a wrong type.

    Notes
    -----
    Beside the detector: O(1) per event, some 0.1 microseconds, and less than 1 KB.

    With rho alerts per second and T the seconds that passed on the clock of ``alerts_per``, A <=
    rho T + 17 whatever scores and times are. Silences, lone wrong stamps and late events add next
    to nothing to T; ``docs/alert_budget.md`` has what does.

    An event that resembles an alert of late joins its `Incident`: the detector learns it, and
    nothing else happens. Nothing is spent, nothing accrues, its score is not followed, so that a
    flood neither alerts again nor hides an event of another kind. One whose alert is vetoed
    (``unless``), as by the rules of `clipsgd_river.alerts.rules`, is treated alike. The bounds
    count incidents, and hold with t the other events, of which the share alpha lies above the
    threshold; where rules leave fewer, there are fewer alerts. Only a detector that explains its
    distances (``explain_one``) has incidents of more than one event.

    With a ``floor`` the upper bound is the same, and the lower one is gone: more ordinary events
    draw nothing on the budget, so that a quiet night saves up no burst.

    Of a burst with nothing in common the first ones alert, at most c + 1 = 17, and then those far
    beyond them, until the rate has caught up. Without a floor a stream in which nothing is ever
    unusual still gives the alerts of its rate: those are then by the clock.

    The score of an event is the detector's. A detector that has a ``distance_one`` promises a
    score 1 / (1 + q / r): r / q is what is followed, unbounded above; other scores are followed as
    they are, in whatever range. A score of NaN says nothing: no alert, nothing learned.

    As a whole it can end a pipeline, but `river.evaluate.progressive_val_score` cannot evaluate a
    filter at the end of one, since a `river.compose.Pipeline` has no ``classify``: put the scaler
    inside, ``AlertBudget(scaler | detector)``.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> rng = random.Random(0)
    >>> model = AlertBudget(ClippedZScore(), alert_rate=0.01)
    >>> for t in range(20_000):
    ...     model.learn_one({"load": rng.gauss(50 if t < 10_000 else 150, 10)})
    >>> 0.0095 < model.alert_rate_ < 0.0105
    True
    >>> alert = model.alert_one({"load": 600})
    >>> alert.sentence
    'load was 600, usually between 130 and 170; less than 1 event in 20,000 is as unusual.'
    """

    def __init__(
        self,
        anomaly_detector: Any,
        alert_rate: float = 0.001,
        *,
        alerts_per: tuple[float, str] | None = None,
        time: Any = None,
        floor: float | str | None = None,
        resolved_after: float | None = None,
        protect_anomaly_detector: bool = False,
        never_mute: Any = None,
    ) -> None:
        super().__init__(anomaly_detector, protect_anomaly_detector)
        self.alert_rate = alert_rate
        self.alerts_per = alerts_per
        self.time = time
        self.floor = floor
        self.resolved_after = resolved_after
        self.never_mute = never_mute
        try:
            hash(time)
        except TypeError:
            raise TypeError(f"time is the key of a feature, not {time!r}") from None
        rate = _settings.probability("alert_rate", alert_rate)
        if rate > 0.5:
            raise ValueError(f"alert_rate is above 0 and at most 0.5, not {alert_rate!r}")
        per_second = 0.0
        self._unit = 1.0
        if alerts_per is not None:
            count, self._unit = _event_time.count_per_unit("alerts_per", alerts_per)
            per_second = count / self._unit
            if time is None:
                raise ValueError(
                    "alerts_per needs time=, the name of the feature that is the time of an event"
                )
        self._begin_incidents(resolved_after)
        self._keeps_time = takes_times(anomaly_detector)
        self._scores_counted = False
        # A pipeline may seem to have the methods of its last step; its class does not.
        has_methods = hasattr(type(anomaly_detector), "learn_one_within")
        self._one_pass = has_methods and not protect_anomaly_detector
        # Whether events go to the detector as they are, once: from when on its scores count.
        self._goes_short = False
        self._budget = AlertBudgetKernel(
            {
                "rate": 0.0 if per_second else rate,
                "per_second": per_second,
                "odds": hasattr(last_step(anomaly_detector), "distance_one"),
                "floor": floor_of(floor),
            }
        )

    @property
    def ready(self) -> bool:
        """Whether the start is over: there may be alerts."""
        return bool(self._budget.ladder.count >= 32) and self.detector_ready

    @property
    def threshold_(self) -> float:
        """Score that an alert must exceed now.

        1.0 while there may be none, -1.0 where the next event alerts whatever its score; 1e150 and
        -1e150 for a detector that promises no score below 1.
        """
        return float(self._budget.threshold_now())

    @property
    def alert_rate_(self) -> float:
        """Realised alerts per event; per unit of time where ``alerts_per`` is given.

        0.0 before the first.
        """
        budget = self._budget
        if self.alerts_per is None:
            return float(budget.alerts / max(budget.seen, 1.0))
        seconds = budget.clock.elapsed
        rate = budget.alerts * self._unit / seconds if seconds > 0.0 else 0.0
        # In next to no time any alert is infinitely many a day.
        return float(min(rate, float_info.max))

    @property
    def n_alerts_(self) -> int:
        """Alerts so far."""
        return int(self._budget.alerts)

    @property
    def runs_backwards(self) -> bool:
        """Whether the times of ``alerts_per`` fall, as in a file with the newest event first."""
        return bool(self._budget.clock.runs_backwards())

    def score_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """The detector's score of an event. Changes nothing."""
        event = self._without_time(x)
        score = float(self.anomaly_detector.score_one(event, *args, **kwargs))
        self._ask(score, score, event, args)
        return score

    def learn_one(self, x: Event, *args: Any, **kwargs: Any) -> None:
        """Judge an event, count it, and let the detector learn it."""
        if self._goes_short:
            score = self.anomaly_detector.score_learn_until(x, self._budget)
            if not self._budget.admitted:
                self._judge_held(x, score)
        else:
            self.judge_learn_one(x, *args, **kwargs)

    def score_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""
        if not self._goes_short:
            return self.judge_learn_one(x, *args, **kwargs).score
        score: float = self.anomaly_detector.score_learn_until(x, self._budget)
        if not self._budget.admitted:
            self._judge_held(x, score)
        return score

    def judge_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        time: Any = None,
        unless: Veto | None = None,
    ) -> Verdict:
        """Verdict on an event, as `judge_learn_one` would give it now. Changes nothing."""
        moment, seconds, event = self._split(x, time)
        threshold = float(self._budget.threshold_at(seconds))
        if self._lacks_target(args):
            return Verdict(0.0, 0.0, threshold)
        score, distance = self._score_and_distance(event, args)
        if not (self._scores_counted or self.detector_ready):
            return Verdict(score, distance, threshold)
        measured = score, score, distance, threshold, seconds
        return self._verdict_on(Given(event, args, {}, *measured, (moment, key), unless))

    def judge_learn_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        time: Any = None,
        unless: Veto | None = None,
        **kwargs: Any,
    ) -> Verdict:
        """Judge an event, then learn it, in one pass.

        Parameters
        ----------
        x
            The event.
        args, kwargs
            The target, for a supervised detector, and what else its ``learn_one`` takes.
        key
            Whom the event is about: the account, host or metric. It goes into the alert, and an
            incident is of one key.
        time
            When it happened, where the event has no feature that says so: for the alert, and with
            ``alerts_per`` for the budget.
        unless
            Called with an alert; if it returns True there is none, the budget is not spent, and
            the detector alone learns the event.
        """
        detector, budget = self.anomaly_detector, self._budget
        counts = self._scores_counted or self._scores_count()
        moment, seconds, event = (time, 0.0, x) if self.time is None else self._split(x, time)
        threshold, limit = budget.limits_at(seconds)
        if self._one_pass:
            score, distance, _, _ = detector.learn_one_within(event, limit)
            if not score > limit:
                budget.observe_at(score if counts else nan, seconds)
                return new_verdict((score, distance, threshold, None, None))
        else:
            if self._lacks_target(args):
                return Verdict(0.0, 0.0, threshold)
            score, distance = self._score_and_distance(event, args)
        measured = score, score, distance, threshold, seconds
        return self._judge(Given(event, args, kwargs, *measured, (moment, key), unless))

    def alert_one(
        self, x: Event, *args: Any, key: Hashable = None, unless: Veto | None = None, **kwargs: Any
    ) -> Alert | None:
        """Judge an event, then learn it; the alert with its reasons, or ``None``.

        The alert of the verdict that `judge_learn_one` gives; parameters as there.
        """
        if not self._goes_short:
            return self.judge_learn_one(x, *args, key=key, unless=unless, **kwargs).alert
        # The short way for the many events that are neither alerts nor in an incident.
        score = self.anomaly_detector.score_learn_until(x, self._budget)
        if self._budget.admitted:
            return None
        return self._judge_held(x, score, (kwargs.pop("time", None), key), unless).alert

    def changed(self, **parameters: Any) -> Self:
        """The filter with other parameters, which goes on from here: its history stays.

        Detector, threshold and incidents are this filter's own, so use only one of the two from
        here on. With another rate alerts and what accrued are counted from 0 again: what was saved
        up, or overspent, at the old rate is none of the new one.

        Parameters
        ----------
        parameters
            Those of the constructor that change; not the detector.

        Examples
        --------
        >>> from clipsgd_river.alerts import AlertBudget
        >>> from clipsgd_river.anomaly import ClippedZScore
        >>> model = AlertBudget(ClippedZScore(), 0.01)
        >>> model.learn_many([{"load": i % 7} for i in range(500)])
        >>> model.changed(alert_rate=0.001, floor="auto").anomaly_detector.n_samples_seen_
        500
        """
        before = {name: getattr(self, name) for name in self._get_params()}
        after = {**before, **parameters}
        if after["anomaly_detector"] is not self.anomaly_detector:
            raise ValueError("the detector stays: wrap another one in a filter of its own")
        found = type(self)(**after)
        rates = ("alert_rate", "alerts_per")
        same = all(_plain(before[name]) == _plain(after[name]) for name in rates)
        found._budget.follow(self._budget, same)
        # Places are counted in events or in seconds.
        found._feedback = self._feedback
        if (before["alerts_per"] is None) != (after["alerts_per"] is None):
            here, there = self._budget.place_now(), found._budget.place_now()
            lasting = LASTING_ALERTS * found._span()[0]
            found._feedback.in_other_units(here, there, lasting)
        if (before["alerts_per"] is None) == (after["alerts_per"] is None):
            found._incidents = self._incidents
            if not same and found.alerts_per is not None:
                found._incidents.shift(-self._budget.clock.elapsed)
                found._feedback.shift(-self._budget.clock.elapsed)
                found._keep_open()
        return found

    def score_many(self, X: Any, *args: Any) -> Any:
        """The detector's scores of rows, in the caller's kind. Changes nothing.

        Parameters
        ----------
        X
            As for `score_learn_many`.
        args
            The targets, a sequence of n, for a supervised detector.
        """
        if hasattr(self.anomaly_detector, "score_many"):
            return self.anomaly_detector.score_many(self._table_without_time(X), *args)
        return super().score_many(X, *args)

    def rarer(self, share: float) -> Self:
        """Budget that goes on from here by itself, at a share of the rate.

        Detector and threshold are copies; the count of alerts begins anew.

        Parameters
        ----------
        share
            Above 0 and at most 1.
        """
        share = _settings.share("share", share)
        per = self.alerts_per
        found = type(self)(
            deepcopy(self.anomaly_detector),
            self.alert_rate if per else self.alert_rate * share,
            alerts_per=per and (per[0] * share, per[1]),
            time=self.time,
            floor=self.floor,
            resolved_after=self.resolved_after,
            protect_anomaly_detector=self.protect_anomaly_detector,
            never_mute=self.never_mute,
        )
        found._budget.restore(*self._budget.snapshot())
        found._budget.count_anew()
        by = found._budget.place_now() - self._budget.place_now()
        found._feedback.copy_mutes(self._feedback, by)
        return found

    def would_alert(self, event: Event, *args: Any) -> bool:
        """Whether an event, as `detector_input` gives it, would be an alert now."""
        return self.classify(last_step(self.anomaly_detector).score_one(event, *args))

    def _scores_count(self) -> bool:
        """Whether the detector's scores can be relied on; once they can, they can."""
        self._scores_counted = self._scores_counted or self.detector_ready
        self._goes_short = self._scores_counted and self._one_pass and self.time is None
        return self._scores_counted

    def _judge_held(
        self,
        x: Event,
        score: float,
        about: tuple[Any, Hashable] = (None, None),
        unless: Veto | None = None,
    ) -> Verdict:
        """The verdict on an event without a time that the budget did not admit; learns it."""
        measured = score, score, self._budget.distance, self._budget.threshold_now(), 0.0
        return self._judge(Given(x, (), {}, *measured, about, unless))

    @property
    def _gate(self) -> AlertBudgetKernel:
        return self._budget

    def _value_of(self, score: float, distance: float) -> float:
        return score

    def _part_of(self, value: float, share: float) -> float:
        if not (hasattr(last_step(self.anomaly_detector), "distance_one") and value < 1.0):
            return nan
        odds = share * value / (1.0 - value)
        return odds / (1.0 + odds)

    def _span(self) -> tuple[float, float]:
        if self.alerts_per is None:
            return 1.0 / self.alert_rate, LEAST_EVENTS
        return self._unit / self.alerts_per[0], LEAST_EVENTS * self._budget.gap


def floor_of(floor: Any) -> float:
    """The floor of a budget as its kernel has it: 0 for none, -1 for one that goes by the rate."""
    if floor is None:
        return 0.0
    if floor == "auto":
        return -1.0
    if isinstance(floor, str):
        raise ValueError(f"floor is 'auto', None or a probability, not {floor!r}")
    return _settings.share("floor", floor)


def _plain(value: Any) -> Any:
    """A pair that came from a state file as a list."""
    return tuple(value) if isinstance(value, list) else value
