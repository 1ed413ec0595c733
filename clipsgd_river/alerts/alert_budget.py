"""Alerts at a promised rate, whatever the stream does."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator
from copy import deepcopy
from math import isfinite, nan
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river import _settings
from clipsgd_river._kernels import COMPILED
from clipsgd_river._kernels.alerts.alert_budget import AlertBudgetKernel
from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._pipelines import last_step
from clipsgd_river._tables.mixed_rows import rows_for
from clipsgd_river._tables.rows import Rows, rows_and_targets
from clipsgd_river.alerts import _event_time
from clipsgd_river.alerts._filter import WrappingFilter, judged
from clipsgd_river.alerts._saveable_filter import SaveableFilter
from clipsgd_river.alerts.alert import Alert
from clipsgd_river.anomaly.base import ClippedDetector


class AlertBudget(SaveableFilter, WrappingFilter):
    r"""Alerts at a rate of your choice, kept for any sequence of events whatever.

    Choose it where somebody reads the alerts: "one event in a thousand", "ten a day". Where a risk
    is given instead, which may be exceeded when behaviour changes, choose `TailFilter`.

    A detector says how unusual an event is; this filter says which are the most unusual ones at
    the promised rate. It follows the upper half of the scores by a ladder of quantiles, and an
    alert is an event whose estimated log-rarity v = -log P(S >= s) exceeds

    .. math:: z_t = -\log \alpha + \frac{g D_t}{1 - (D_t / c_t)^2}, \qquad
              D_t = A_t - \alpha t, \qquad c_t = \min(16,\ 4 + \alpha t / 10),

    with A the alerts so far, alpha the rate and g = 0.02. By the mean value theorem this is

    .. math:: z_{t+1} = z_t + \gamma_t \,(1\{v_t > z_t\} - \alpha) + o(1),

    online gradient descent on the pinball loss with a step of gamma = g at rest, in units of
    log-rarity, which is the spread of scores near the threshold; it grows without bound as D nears
    c. A step that is always large keeps the rate too, but forgets which events deserve an alert.

    **The rate.** An event alerts only if D < c, and D rises by at most 1; where D <= -c every
    event alerts, whatever its score. c never falls. So, whatever the scores are,

    .. math:: -c_t - \alpha \le A_t - \alpha t \le c_t + 1, \qquad
              \left| A_t / t - \alpha \right| \le (c_t + 1) / t \le 17 / t,

    and no stretch of n events has more than alpha n + 33 alerts. The start takes 32 events (and the
    detector's warm-up before them) without alerts; if they are more than 4 / alpha, the lower
    bound holds from c_t >= their share on.

    Parameters
    ----------
    anomaly_detector
        Any River detector or pipeline that ends in one (``scaler | detector``), supervised ones
        too. It learns with the filter, every event, clipped as it may be.
    alert_rate
        Alerts per event, above 0 and at most 0.5; of no account if ``alerts_per`` is given.
    alerts_per
        Number and unit of time, as in ``(10, "day")``: alerts per ``"second"``, ``"minute"``,
        ``"hour"``, ``"day"`` or ``"week"``; needs ``time``. Then alpha t above is what accrued with
        time, of which a silence (ten mean gaps and more) earns nothing; the upper bound holds for
        any sequence of events and times.
    time
        Key of the feature that is the time of an event: a date and time (naive ones count as UTC)
        or a number of seconds. The detector does not see it. A time before the last one counts as
        no time passed.
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

    An event that `alert_one` is told not to alert on, as the rules of `clipsgd_river.alerts.rules`
    do, is learned by the detector only: nothing is spent, nothing accrues, its score is not
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

    References
    ----------
    .. [1] I. Gibbs and E. Candes, *Adaptive conformal inference under distribution shift*, NeurIPS
       2021, has the iteration with a constant step. The ladder, the growing step and the bound
       are ours.

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
    'load was 600, usually between 130 and 170; about 1 event in ... is as unusual.'
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
            count, self._unit = _count_and_unit(alerts_per)
            per_second = count / self._unit
            if time is None:
                raise ValueError(
                    "alerts_per needs time=, the name of the feature that is the time of an event"
                )
        self._relied_on = False
        # River's isinstance takes a pipeline for its last step.
        self._one_pass = issubclass(type(anomaly_detector), ClippedDetector)
        # Whether an event can go to the detector as it is, once.
        self._plain = self._one_pass and time is None and not protect_anomaly_detector
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
        seconds = budget.last_time - budget.first_time
        return float(budget.alerts * self._unit / seconds) if seconds > 0.0 else 0.0

    @property
    def n_alerts_(self) -> int:
        """Alerts so far."""
        return int(self._budget.alerts)

    def classify(self, score: float) -> bool:
        """Whether an event with this score would be an alert now."""
        return bool(self._budget.exceeds(score))

    def score_one(self, x: dict[base.typing.FeatureName, Any], *args: Any, **kwargs: Any) -> float:
        """The detector's score of an event. Changes nothing."""
        return float(self.anomaly_detector.score_one(self._event(x), *args, **kwargs))

    def learn_one(self, x: dict[base.typing.FeatureName, Any], *args: Any, **kwargs: Any) -> None:
        """Judge an event, count it, and let the detector learn it.

        Parameters
        ----------
        x
            The event.
        args, kwargs
            The target, for a supervised detector, and what else its ``learn_one`` takes.
        """
        if not (self._plain and self._relied_on):
            self.score_learn_one(x, *args, **kwargs)
            return
        self._budget.observe_at(self.anomaly_detector._kernel.score_learn_one(x), 0.0)

    def score_learn_one(
        self, x: dict[base.typing.FeatureName, Any], *args: Any, **kwargs: Any
    ) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""
        detector, budget = self.anomaly_detector, self._budget
        relied_on = self._relied_on or self._is_ready()
        if self._plain:
            score: float = detector._kernel.score_learn_one(x)
            budget.observe_at(score if relied_on else nan, 0.0)
            return score
        _, seconds, event = self._split(x)
        score = float(detector.score_one(event, *args))
        if self._lacks_target(args):
            return score
        counted = score if relied_on else nan
        if not (self.protect_anomaly_detector and budget.exceeds_at(counted, seconds)):
            detector.learn_one(event, *args, **kwargs)
        budget.observe_at(counted, seconds)
        return score

    def alert_one(
        self,
        x: dict[base.typing.FeatureName, Any],
        *args: Any,
        key: Hashable = None,
        unless: Callable[[Alert], bool] | None = None,
        **kwargs: Any,
    ) -> Alert | None:
        """Judge an event, then learn it; the alert with its reasons, or ``None``.

        Parameters
        ----------
        x
            The event.
        args, kwargs
            The target, for a supervised detector, and what else its ``learn_one`` takes.
        key
            Whom the event is about: the account, host or metric. It goes into the alert.
        unless
            Asked about an alert; if it says True there is none, and the budget is not spent.
        """
        detector, budget = self.anomaly_detector, self._budget
        relied_on = self._relied_on or self._is_ready()
        moment, seconds, event = self._split(x) if self.time is not None else (None, 0.0, x)
        if self._lacks_target(args):
            return None
        learned = False
        if self._one_pass and not self.protect_anomaly_detector:
            # One pass for the many events below the threshold.
            limit = budget.limit_at(seconds)
            score: float = detector._kernel.score_learn_under(event, limit)
            learned = not score > limit
        else:
            score = float(detector.score_one(event, *args))
        counted = score if relied_on else nan
        found = None
        if not learned:
            if budget.exceeds_at(counted, seconds):
                # Asked before the event is learned, or it would be explained by itself.
                probability = float(budget.tail_probability(score))
                about = (moment, key)
                found = self._record(score, probability, budget.rate_now(), event, args, about)
                if unless is not None and unless(found):
                    detector.learn_one(event, *args, **kwargs)
                    return None
            if not (found and self.protect_anomaly_detector):
                detector.learn_one(event, *args, **kwargs)
        budget.observe_at(counted, seconds)
        return found

    def alerts(self, stream: Iterable[tuple[dict[Any, Any], Any]]) -> Iterator[Alert]:
        """Yield the alerts of a stream as they come.

        Parameters
        ----------
        stream
            Pairs of event and target, as River's data sets give them; the target goes to supervised
            detectors only.
        """
        for x, y in stream:
            found = self.alert_one(x, y) if self._supervised else self.alert_one(x)
            if found is not None:
                yield found

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
        _, table = self._split_rows(X)
        if hasattr(self.anomaly_detector, "score_many"):
            return self.anomaly_detector.score_many(table, *args)
        rows, targets = self._rows_and_targets(table, args)
        pairs = zip(rows.events(), targets, strict=True)
        scores = [float(self.anomaly_detector.score_one(x, *y)) for x, y in pairs]
        return rows.like_input(np.array(scores, dtype=np.float64), "score")

    def learn_many(self, X: Any, *args: Any, **kwargs: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each.

        Parameters
        ----------
        X
            As for `score_learn_many`.
        args, kwargs
            The targets, a sequence of n, for a supervised detector.
        """
        self._run(X, (*args, *kwargs.values()))

    def score_learn_many(self, X: Any, *args: Any) -> NDArray[np.float64]:
        """Scores of rows, each scored before it is learned; the same as `score_learn_one` on each.

        Parameters
        ----------
        X
            Array-like of shape (n, d), its columns the features 0..d-1, or a pandas, polars or
            pyarrow frame with named columns; with ``time``, a frame. NaN is missing.
        args
            The targets, a sequence of n, for a supervised detector.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self._run(X, args)[0]

    def classify_learn_many(self, X: Any, *args: Any) -> NDArray[np.bool_]:
        """Which rows are alerts, each judged before it is learned; learns them all.

        The same as `alert_one` on each, without the reasons. Two kernel calls where the detector
        is one of this package: millions of rows a second.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        return self._run(X, args)[1]

    def _own_numbers(self) -> array[float]:
        numbers: array[float] = self._budget.snapshot()[1]
        return numbers

    def _take_own_numbers(self, numbers: array[float]) -> None:
        self._budget.restore([], numbers)

    def _run(self, X: Any, args: tuple[Any, ...]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores of rows and whether they are alerts, each before it is learned."""
        times, table = self._split_rows(X)
        rows, targets = self._rows_and_targets(table, args)
        if self._one_pass and not self.protect_anomaly_detector:
            return self._run_rows(rows, times)
        events = zip(self._events(rows, times), targets, strict=True)
        return judged(self, events, len(rows))

    def _events_of(
        self, X: Any, args: tuple[Any, ...]
    ) -> tuple[int, Iterable[tuple[dict[Any, Any], tuple[Any, ...]]]]:
        times, table = self._split_rows(X)
        rows, targets = self._rows_and_targets(table, args)
        return len(targets), zip(self._events(rows, times), targets, strict=True)

    def _run_rows(
        self, rows: Rows, times: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """`_run` for detectors that take rows at once."""
        detector, budget = self.anomaly_detector, self._budget
        scores = np.empty(len(rows.values))
        alerts = np.zeros(len(scores), dtype=np.intc)
        # Part by part, so that Ctrl-C does not leave a detector far ahead of its budget.
        for at, part in rows.parts():
            unready = max(detector._events_to_ready, 0)
            _, scores[at] = detector._run(part, learn=True)
            counted = scores[at].copy()
            counted[:unready] = nan
            if COMPILED:
                budget.observe_many(counted, times[at], alerts[at])
            else:
                budget.observe_many(counted.tolist(), times[at].tolist(), alerts[at])
        return scores, alerts.astype(bool)

    def _events(self, rows: Any, times: NDArray[np.float64]) -> Iterator[dict[Any, Any]]:
        """Rows as events, with their times."""
        for i, x in enumerate(rows.events()):
            if self.time is not None:
                x[self.time] = float(times[i])
            yield x

    def _split_rows(self, X: Any) -> tuple[NDArray[np.float64], Any]:
        """Times of rows in seconds, none without ``time``, and the other columns."""
        return (np.empty(0), X) if self.time is None else _event_time.split_rows(X, self.time)

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
        return numbers, [(target,) for target in targets]

    def _exceeds(self, event: dict[Any, Any], args: tuple[Any, ...]) -> bool:
        return self.classify(self._judging.score_one(event, *args))

    def _lacks_target(self, args: tuple[Any, ...]) -> bool:
        """Whether the event has a target and it is missing: it is then passed over."""
        return bool(args) and self._supervised and is_missing(args[0])

    def _is_ready(self) -> bool:
        """Whether the detector's scores can be relied on; once they can, they can."""
        self._relied_on = self.detector_ready
        return self._relied_on

    def _event(self, x: dict[Any, Any]) -> dict[Any, Any]:
        """The event as the detector gets it."""
        return x if self.time is None else self._split(x)[2]

    def _split(self, x: dict[Any, Any]) -> tuple[Any, float, dict[Any, Any]]:
        """Time of an event, the same in seconds, and the event without it."""
        if self.time is None:
            return None, 0.0, x
        moment, event = _event_time.split(x, self.time)
        return moment, _event_time.seconds_of(self.time, moment), event


def _count_and_unit(alerts_per: Any) -> tuple[float, float]:
    """Check ``alerts_per``; returns the number of alerts and the seconds of the unit."""
    try:
        count, unit = alerts_per
    except (TypeError, ValueError):
        raise TypeError(f'alerts_per is a pair such as (10, "day"), not {alerts_per!r}') from None
    count = _settings.number("the number of alerts_per", count)
    if not (count > 0.0 and isfinite(count)):
        raise ValueError(f"alerts_per asks for a positive number of alerts, not {count!r}")
    if not isinstance(unit, str) or unit not in _event_time.UNITS:
        known = ", ".join(map(repr, _event_time.UNITS))
        raise ValueError(f"the unit of alerts_per is one of {known}, not {unit!r}")
    return count, _event_time.UNITS[unit]
