"""What rules have in common: a filter underneath, whose alerts they veto before they are spent."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from river import base
from sklearn.utils.metaestimators import available_if

from clipsgd_river._state.wrapper import SaveableWrapper
from clipsgd_river._tables.rows import like_table
from clipsgd_river.alerts import _event_time
from clipsgd_river.alerts._filter import judged
from clipsgd_river.alerts.alert import Alert

Event = dict[Any, Any]
Veto = Callable[[Alert], bool]
Method = TypeVar("Method", bound=Callable[..., Any])


def passes(method: str) -> Callable[[Method], Method]:
    """Condition that the filter underneath has a method."""
    available: Callable[[Method], Method] = available_if(
        lambda self: hasattr(self.anomaly_filter, method)
    )
    return available


class Rule(SaveableWrapper, base.AnomalyFilter):
    """Base of the rules: a filter around a filter.

    What is no alert by a rule is vetoed where the filter is about to raise it: nothing is spent,
    and the threshold does not see the event. A subclass overrides `_vetoes`, which says whether the
    rule forbids an alert, and may remember those that it did, and `_raised`, which learns of those
    that were.

    Rules nest in any order. Those that only look at the event are asked first, the inner ones
    before the outer ones; those that remember are asked last, so that they remember only what no
    other rule has vetoed.
    """

    anomaly_filter: Any
    time: Any = None
    #: Whether the rule remembers alerts, and so is asked after those that do not.
    remembers = False

    def __init__(self, anomaly_filter: Any) -> None:
        self.anomaly_filter = anomaly_filter
        alert_one = getattr(anomaly_filter, "alert_one", None)
        if alert_one is None or "unless" not in inspect.signature(alert_one).parameters:
            raise TypeError(
                f"a rule goes around AlertBudget, TailFilter or another rule, not around a "
                f"{type(anomaly_filter).__name__}"
            )

    @property
    def anomaly_detector(self) -> Any:  # type: ignore[override]  # it is the filter's
        """The detector underneath."""
        return self.anomaly_filter.anomaly_detector

    @property
    def protect_anomaly_detector(self) -> bool:  # type: ignore[override]  # likewise
        """Whether the detector is kept from learning what is an alert."""
        return bool(self.anomaly_filter.protect_anomaly_detector)

    @property
    def ready(self) -> bool:
        """Whether there may be alerts."""
        return bool(self._filter.ready)

    @property
    def threshold_(self) -> float:
        """Threshold of the filter."""
        return float(self._filter.threshold_)

    @property
    def alert_rate_(self) -> float:
        """Realised rate of the filter, vetoed alerts left out."""
        return float(self.anomaly_filter.alert_rate_)

    @property
    def n_alerts_(self) -> int:
        """Alerts so far, vetoed ones left out."""
        return int(self.anomaly_filter.n_alerts_)

    def clone(
        self, new_params: dict[str, Any] | None = None, include_attributes: bool = False
    ) -> Self:
        """Rule with the same parameters; with attributes, with what the filter learned too."""
        found = super().clone(new_params, include_attributes)
        if include_attributes and "anomaly_filter" not in (new_params or {}):
            found.anomaly_filter = copy.deepcopy(self.anomaly_filter)
        return found

    def classify(self, score: float) -> bool:
        """Whether an event with this score would be an alert now, if no rule vetoes it."""
        return bool(self._filter.classify(score))

    def score_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """Score of the filter. Changes nothing."""
        return float(self._filter_of(x).score_one(self._event(x), *args, **kwargs))

    def learn_one(self, x: Event, *args: Any, **kwargs: Any) -> None:
        """Judge an event, then learn it."""
        self.alert_one(x, *args, **kwargs)

    def score_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """Score an event, then learn it: `score_one` followed by `learn_one`."""
        score = self.score_one(x, *args)
        self.learn_one(x, *args, **kwargs)
        return score

    def alert_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        unless: Veto | None = None,
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
            Asked about an alert; if it says True there is none, and nothing is spent.
        """
        moment = self._moment(x)
        event = self._event(x)

        def vetoed(alert: Alert) -> bool:
            alert = _timed(alert, moment)
            if self.remembers and unless is not None and unless(alert):
                return True
            if self._vetoes(alert, event, args):
                return True
            return not self.remembers and unless is not None and unless(alert)

        found = self._filter.alert_one(event, *args, key=key, unless=vetoed, **kwargs)
        return None if found is None else self._raised(_timed(found, moment), event, args)

    def alerts(self, stream: Iterable[tuple[Event, Any]]) -> Iterator[Alert]:
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

    @passes("distance_one")
    def distance_one(self, x: Event, *args: Any) -> float:
        """What the filter judges. Changes nothing."""
        return float(self._filter_of(x).distance_one(self._event(x), *args))

    @passes("tail_probability")
    def tail_probability(self, x: Event, *args: Any) -> float:
        """p-value of an event, as the filter says. Changes nothing."""
        return float(self._filter_of(x).tail_probability(self._event(x), *args))

    @passes("explain_one")
    def explain_one(self, x: Event, *args: Any) -> dict[base.typing.FeatureName, float]:
        """What each feature contributes to the distance, as the detector says."""
        contributions: dict[base.typing.FeatureName, float]
        contributions = self._filter_of(x).explain_one(self._event(x), *args)
        return contributions

    @passes("expect_one")
    def expect_one(
        self, x: Event | None = None, *args: Any
    ) -> dict[base.typing.FeatureName, tuple[float, float, float]]:
        """Normal band of each feature now, as the detector says: (low, expected, high)."""
        event = None if x is None else self._event(x)
        alerts = self._filter if x is None else self._filter_of(x)
        band: dict[base.typing.FeatureName, tuple[float, float, float]]
        band = alerts.expect_one(event, *args)
        return band

    def rarer(self, share: float) -> Self:
        """Rule that goes on from here by itself, around a filter at a share of the rate."""
        found = copy.copy(self)
        # Everything but the filter, which makes its copy itself.
        found.__dict__.update(
            copy.deepcopy({k: v for k, v in self.__dict__.items() if k != "anomaly_filter"})
        )
        found.anomaly_filter = self.anomaly_filter.rarer(share)
        return found

    def learn_many(self, X: Any, *args: Any, **kwargs: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each."""
        self._run(X, args, **kwargs)

    def score_many(self, X: Any, *args: Any) -> Any:
        """Scores of rows, in the caller's kind. Changes nothing."""
        count, events = self._events_of(X, args)
        scores = np.fromiter((self.score_one(x, *y) for x, y in events), np.float64, count)
        return like_table(X, scores, "score")

    def score_learn_many(self, X: Any, *args: Any, **kwargs: Any) -> NDArray[np.float64]:
        """Scores of rows, each scored before it is learned; the same as `score_learn_one` on each.

        Parameters
        ----------
        X
            As for the filter; where events have a time, a frame with its column.
        args
            The targets, a sequence of n, for a supervised detector.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self._run(X, args, **kwargs)[0]

    def classify_learn_many(self, X: Any, *args: Any, **kwargs: Any) -> NDArray[np.bool_]:
        """Which rows are alerts, each judged before it is learned; learns them all.

        The same as `alert_one` on each, without the reasons.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        return self._run(X, args, **kwargs)[1]

    @property
    def _filter(self) -> Any:
        """The filter that judges now."""
        return self.anomaly_filter

    def _filter_of(self, x: Event) -> Any:
        """The filter that would judge an event."""
        return self.anomaly_filter

    @property
    def _wrapped_model(self) -> Any:
        return self.anomaly_filter

    @cached_property
    def _time_name(self) -> Any:
        """Feature that is the time of an event; ``None`` if none is."""
        return self.time if self.time is not None else time_name_of(self.anomaly_filter)

    @cached_property
    def _has_own_time(self) -> bool:
        """Whether the time is only this rule's, so that the filter must not see it."""
        return self.time is not None and self.time != time_name_of(self.anomaly_filter)

    def _vetoes(self, alert: Alert, event: Event, args: tuple[Any, ...]) -> bool:
        """Whether an alert is none by this rule; asked before the event is learned."""
        return False

    def _raised(self, alert: Alert, event: Event, args: tuple[Any, ...]) -> Alert:
        """The alert as it goes out."""
        return alert

    def _told(self, x: Event) -> dict[Any, tuple[Any, str]]:
        """What the transformers before that detector say of the event's features."""
        told: dict[Any, tuple[Any, str]] = self._filter._told(self._event(x))
        return told

    def _kept(self, event: Event, args: tuple[Any, ...]) -> Event:
        """What the rules leave of an event, as `_judging` gets it."""
        inner = self._filter
        return inner._kept(event, args) if isinstance(inner, Rule) else event

    def _learn_only(self, x: Event, *args: Any, **kwargs: Any) -> None:
        """Let the detector learn an event, and nothing else."""
        self._filter._learn_only(self._event(x), *args, **kwargs)

    @property
    def _judging(self) -> Any:
        """The detector that judges an event now."""
        return self._filter._judging

    def _arrived(self, x: Event) -> Event:
        """The event as that detector gets it."""
        event: Event = self._filter._arrived(self._event(x))
        return event

    def _exceeds(self, event: Event, args: tuple[Any, ...]) -> bool:
        """Whether an event, as `_judging` gets it, would be an alert now."""
        return bool(self._filter._exceeds(event, args))

    def _moment(self, x: Event) -> Any:
        """Time of an event, ``None`` if events have none."""
        name = self._time_name
        return None if name is None else _event_time.moment_of(x, name)

    def _event(self, x: Event) -> Event:
        """The event as the filter gets it: without a time that is only this rule's."""
        return _event_time.split(x, self.time)[1] if self._has_own_time else x

    def _run(
        self, X: Any, args: tuple[Any, ...], **kwargs: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        count, events = self._events_of(X, args)
        return judged(self, events, count, **kwargs)

    def _events_of(
        self, X: Any, args: tuple[Any, ...]
    ) -> tuple[int, Iterable[tuple[Event, tuple[Any, ...]]]]:
        """How many rows there are, and each as an event with its targets."""
        if not self._has_own_time:
            found: tuple[int, Iterable[tuple[Event, tuple[Any, ...]]]]
            found = self.anomaly_filter._events_of(X, args)
            return found
        times, table = _event_time.split_rows(X, self.time)
        count, events = self.anomaly_filter._events_of(table, args)
        pairs = zip(times.tolist(), events, strict=True)
        return count, (({**x, self.time: moment}, targets) for moment, (x, targets) in pairs)

    def _parts(self) -> dict[Any, Any]:
        return {"anomaly_filter": self.anomaly_filter}

    def _take_parts(self, parts: dict[Any, Any]) -> None:
        # The constructor was given it.
        if list(parts.values()) != [self.anomaly_filter]:
            raise ValueError(f"the state has the parts {list(parts)} where a filter belongs")


def _timed(alert: Alert, moment: Any) -> Alert:
    """The alert with the time of its event, where the filter does not know it."""
    return alert if alert.time is not None else replace(alert, time=moment)


def time_name_of(alerts: Any) -> Any:
    """Feature that is the time of the events of a filter; ``None`` if none is."""
    return alerts._time_name if isinstance(alerts, Rule) else getattr(alerts, "time", None)


def check_feature(name: str, feature: Any) -> None:
    """Check a parameter that names a feature."""
    try:
        hash(feature)
    except TypeError:
        raise TypeError(f"{name} is the key of a feature, not {feature!r}") from None
