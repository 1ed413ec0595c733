"""Alerts at a promised rate, whatever the stream does."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator
from copy import deepcopy
from math import nan
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from clipsgd_river import _settings
from clipsgd_river._kernels import COMPILED
from clipsgd_river._kernels.alerts.alert_budget import AlertBudgetKernel
from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._pipelines import last_step
from clipsgd_river._tables.mixed_rows import rows_for, to_learn
from clipsgd_river._tables.rows import rows_and_targets
from clipsgd_river.alerts import _event_time
from clipsgd_river.alerts._filter import DetectorFilter, Event, EventsWithTargets, Veto
from clipsgd_river.alerts.alert import Alert
from clipsgd_river.alerts.verdict import Verdict, new_verdict

# A score so far below the threshold is no alert, however scores and odds were rounded.
ROUND_OFF = 1e-9


class AlertBudget(DetectorFilter):
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
    protect_anomaly_detector
        Whether the detector is kept from learning what is an alert. Since alerts are bounded, it
        cannot be kept from learning a change: after 17 alerts in a row it learns again.

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

    An event whose alert is vetoed (``unless``), as by the rules of `clipsgd_river.alerts.rules`,
    is learned by the detector only: nothing is spent, nothing accrues, its score is not
    followed. So the bounds hold with t the events that were not vetoed. Of those the threshold is
    the quantile: below it lie all events, above it only such as may alert, and it falls until
    these are the share alpha. In all there are never more alerts than the upper bound says; where
    the rules leave fewer events than the rate asks for, there are fewer.

    In a burst of anomalies the first ones alert, at most c + 1 = 17, and then those far beyond
    them, until the rate has caught up. After a change of level the same happens, and alerts go on
    at their rate. Equal scores at the threshold alert until the rate is spent. A stream in which
    nothing is ever unusual still gives the alerts of its rate: those are then by the clock.

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
        protect_anomaly_detector: bool = False,
    ) -> None:
        super().__init__(anomaly_detector, protect_anomaly_detector)
        self.alert_rate = alert_rate
        self.alerts_per = alerts_per
        self.time = time
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
        self._scores_counted = False
        # A pipeline may seem to have the methods of its last step; its class does not.
        has_methods = hasattr(type(anomaly_detector), "learn_one_within")
        self._one_pass = has_methods and not protect_anomaly_detector
        # Whether an event can go to the detector as it is, once.
        self._is_plain = self._one_pass and time is None
        self._budget = AlertBudgetKernel(
            {
                "rate": 0.0 if per_second else rate,
                "per_second": per_second,
                "odds": hasattr(last_step(anomaly_detector), "distance_one"),
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
        return float(self._budget.threshold())

    @property
    def alert_rate_(self) -> float:
        """Realised alerts per event; per unit of time where ``alerts_per`` is given.

        0.0 before the first.
        """
        budget = self._budget
        if self.alerts_per is None:
            return float(budget.alerts / max(budget.events, 1.0))
        seconds = budget.clock.elapsed
        return float(budget.alerts * self._unit / seconds) if seconds > 0.0 else 0.0

    @property
    def n_alerts_(self) -> int:
        """Alerts so far."""
        return int(self._budget.alerts)

    @property
    def runs_backwards(self) -> bool:
        """Whether the times of ``alerts_per`` fall, as in a file with the newest event first."""
        return bool(self._budget.clock.runs_backwards())

    def classify(self, score: float) -> bool:
        """Whether an event with this score would be an alert now."""
        return bool(self._budget.exceeds(score))

    @property
    def time_feature(self) -> Any:
        """Feature that is the time of an event; ``None`` if none is."""
        return self.time

    def score_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """The detector's score of an event. Changes nothing."""
        return float(self.anomaly_detector.score_one(self._without_time(x), *args, **kwargs))

    def learn_one(self, x: Event, *args: Any, **kwargs: Any) -> None:
        """Judge an event, count it, and let the detector learn it."""
        if self._is_plain and self._scores_counted:
            self._budget.observe_at(self.anomaly_detector.score_learn_one(x), 0.0)
        else:
            self.score_learn_one(x, *args, **kwargs)

    def score_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""
        detector, budget = self.anomaly_detector, self._budget
        counts = self._scores_counted or self._scores_count()
        if self._one_pass:
            _, seconds, event = (None, 0.0, x) if self.time is None else self._split(x)
            score: float = detector.score_learn_one(event)
            budget.observe_at(score if counts else nan, seconds)
            return score
        _, seconds, event = self._split(x)
        score = float(detector.score_one(event, *args))
        if self._lacks_target(args):
            return score
        counted = score if counts else nan
        if not (self.protect_anomaly_detector and budget.exceeds_at(counted, seconds)):
            detector.learn_one(event, *args, **kwargs)
        budget.observe_at(counted, seconds)
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
        alert = self._alert(event, args, score, seconds, (moment, key))
        if alert is not None and unless is not None and unless(alert):
            alert = None
        return Verdict(score, distance, threshold, alert)

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
            Whom the event is about: the account, host or metric. It goes into the alert.
        time
            When it happened, for the alert, where events have no feature that says so.
        unless
            Called with an alert; if it returns True there is none, the budget is not spent, and
            the detector alone learns the event.
        """
        detector, budget = self.anomaly_detector, self._budget
        counts = self._scores_counted or self._scores_count()
        moment, seconds, event = (time, 0.0, x) if self.time is None else self._split(x)
        threshold: float = budget.threshold_at(seconds)
        if self._one_pass:
            limit = threshold - ROUND_OFF * abs(threshold)
            score, distance, _, _ = detector.learn_one_within(event, limit)
            if not score > limit:
                budget.observe_at(score if counts else nan, seconds)
                return new_verdict((score, distance, threshold, None))
        else:
            if self._lacks_target(args):
                return Verdict(0.0, 0.0, threshold)
            score, distance = self._score_and_distance(event, args)
        judged, about = (score, distance, threshold), (moment, key)
        return self._judge_unusual((event, args, kwargs), judged, seconds, about, unless)

    def alert_one(
        self, x: Event, *args: Any, key: Hashable = None, unless: Veto | None = None, **kwargs: Any
    ) -> Alert | None:
        """Judge an event, then learn it; the alert with its reasons, or ``None``.

        The alert of the verdict that `judge_learn_one` gives; parameters as there.
        """
        if not (self._is_plain and self._scores_counted):
            return self.judge_learn_one(x, *args, key=key, unless=unless, **kwargs).alert
        # The short way for the many events below the threshold.
        budget, limit = self._budget, self._budget.limit()
        score, distance, _, _ = self.anomaly_detector.learn_one_within(x, limit)
        if not score > limit:
            budget.observe_at(score, 0.0)
            return None
        about, judged = (kwargs.pop("time", None), key), (score, distance, budget.threshold())
        return self._judge_unusual((x, args, kwargs), judged, 0.0, about, unless).alert

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
            protect_anomaly_detector=self.protect_anomaly_detector,
        )
        found._budget.restore(*self._budget.snapshot())
        found._budget.count_anew()
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

    def learn_many(self, X: Any, *args: Any, **kwargs: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each.

        Parameters
        ----------
        X
            As for `score_learn_many`.
        args, kwargs
            The targets, a sequence of n, for a supervised detector.
        """
        self.score_learn_many(X, *args, *kwargs.values())

    def score_learn_many(self, X: Any, *args: Any) -> NDArray[np.float64]:
        """Scores of rows, each scored before it is learned; the same as `score_learn_one` on each.

        Parameters
        ----------
        X
            A pandas, polars or pyarrow frame with named columns, a list of events, or an array of
            shape (n, d), whose columns are the features 0..d-1; with ``time``, a frame.
        args
            The targets, a sequence of n, for a supervised detector.
        """
        if self._one_pass:
            return self._run(X, args)[0]
        return self._score_events(*self.events_of(X, *args))

    def classify_learn_many(self, X: Any, *args: Any) -> NDArray[np.bool_]:
        """Which rows are alerts, each judged before it is learned; learns them all.

        The same as `alert_one` on each, without the reasons. Two kernel calls where the detector
        is one of this package: millions of rows a second.
        """
        if self._one_pass:
            return self._run(X, args)[1]
        return self._classify_events(*self.events_of(X, *args))

    def _own_numbers(self) -> array[float]:
        numbers: array[float] = self._budget.snapshot()[1]
        return numbers

    def _take_own_numbers(self, numbers: array[float]) -> None:
        self._budget.restore([], numbers)

    def events_of(self, X: Any, *args: Any) -> tuple[int, EventsWithTargets]:
        """How many rows there are, and each as an event with its targets."""
        times, table = self._split_rows(X)
        rows, targets = self._rows_and_targets(table, args)
        return len(targets), zip(self._events(rows, times), targets, strict=True)

    def would_alert(self, event: Event, *args: Any) -> bool:
        """Whether an event, as `detector_input` gives it, would be an alert now."""
        return self.classify(last_step(self.anomaly_detector).score_one(event, *args))

    def _run(self, X: Any, args: tuple[Any, ...]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores of rows and whether they are alerts, by a detector that takes rows at once."""
        times, table = self._split_rows(X)
        rows, _ = self._rows_and_targets(table, args)
        detector, budget = self.anomaly_detector, self._budget
        scores = np.empty(len(rows))
        alerts = np.zeros(len(scores), dtype=np.intc)
        # Part by part, so that Ctrl-C does not leave a detector far ahead of its budget.
        for at, part in rows.parts():
            unready = detector.events_until_ready
            scores[at] = detector.score_learn_many(part)
            counted = scores[at].copy()
            counted[:unready] = nan
            if COMPILED:
                budget.observe_many(counted, times[at], alerts[at])
            else:
                budget.observe_many(counted.tolist(), times[at].tolist(), alerts[at])
        return scores, alerts.astype(bool)

    def _events(self, rows: Any, times: NDArray[np.float64]) -> Iterator[Event]:
        """Rows as events, with their times."""
        for i, x in enumerate(rows.events()):
            if self.time is not None:
                x[self.time] = float(times[i])
            yield x

    def _split_rows(self, X: Any) -> tuple[NDArray[np.float64], Any]:
        """Times of rows in seconds, none without ``time``, and the other columns."""
        return (np.empty(0), X) if self.time is None else _event_time.split_rows(X, self.time)

    def _table_without_time(self, X: Any) -> Any:
        return self._split_rows(X)[1]

    def _rows_and_targets(
        self, table: Any, args: tuple[Any, ...]
    ) -> tuple[Any, list[tuple[Any, ...]]]:
        """Rows, and the arguments beside each: its target if the detector is supervised."""
        if not self._supervised:
            if args:
                raise TypeError("a detector without targets takes rows only")
            rows = rows_for(self.anomaly_detector, table)
            return rows, [()] * len(rows)
        numbers, targets = rows_and_targets(table, *args)
        return to_learn(self.anomaly_detector, numbers), [(target,) for target in targets]

    def _lacks_target(self, args: tuple[Any, ...]) -> bool:
        """Whether the event has a target and it is missing: it is then passed over."""
        return bool(args) and self._supervised and is_missing(args[0])

    def _scores_count(self) -> bool:
        """Whether the detector's scores can be relied on; once they can, they can."""
        self._scores_counted = self._scores_counted or self.detector_ready
        return self._scores_counted

    def _alert(
        self,
        event: Event,
        args: tuple[Any, ...],
        score: float,
        seconds: float,
        about: tuple[Any, Hashable],
    ) -> Alert | None:
        """The alert on an event at a time, if it is one."""
        budget = self._budget
        if not budget.exceeds_at(score, seconds):
            return None
        probability = float(budget.tail_probability(score))
        rate = budget.rate_now()
        return self._alert_on(event, args, score, probability, rate, about, budget.events)

    def _judge_unusual(
        self,
        given: tuple[Event, tuple[Any, ...], dict[str, Any]],
        judged: tuple[float, float, float],
        seconds: float,
        about: tuple[Any, Hashable],
        unless: Veto | None,
    ) -> Verdict:
        """The verdict on an event that may be an alert and has not been learned yet; learns it."""
        event, args, kwargs = given
        score, counts = judged[0], self._scores_counted
        alert = self._alert(event, args, score, seconds, about) if counts else None
        vetoed = alert is not None and unless is not None and unless(alert)
        if vetoed or not (alert is not None and self.protect_anomaly_detector):
            self.anomaly_detector.learn_one(event, *args, **kwargs)
        if vetoed:
            return Verdict(*judged)
        self._budget.observe_at(score if counts else nan, seconds)
        return Verdict(*judged, alert)

    def _without_time(self, x: Event) -> Event:
        return x if self.time is None else _event_time.split(x, self.time)[1]

    def _split(self, x: Event, moment: Any = None) -> tuple[Any, float, Event]:
        """Time of an event, the same in seconds, and the event without it."""
        if self.time is None:
            return moment, 0.0, x
        moment, event = _event_time.split(x, self.time)
        return moment, _event_time.seconds_of(self.time, moment), event
