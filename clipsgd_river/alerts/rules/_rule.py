"""What rules have in common: a filter underneath, whose alerts they veto before they are spent."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river._pipelines import available_if_has, last_step
from clipsgd_river.alerts import _event_time
from clipsgd_river.alerts._filter import (
    AlertFilter,
    Bands,
    DetectorInput,
    Event,
    EventsWithTargets,
    Veto,
)
from clipsgd_river.alerts.alert import Alert
from clipsgd_river.alerts.incident import Incident
from clipsgd_river.alerts.mute import Mute
from clipsgd_river.alerts.verdict import Verdict

#: Fields of an alert by name.
Fields = dict[str, Any]


@dataclass(slots=True)
class Case:
    """An event before a rule.

    Parameters
    ----------
    event, targets
        The event as the filter gets it, and its target.
    filter
        The filter that judges it.
    key, time
        Whom it is about, and when it was.
    """

    event: Event
    targets: tuple[Any, ...]
    filter: Any
    key: Hashable = None
    time: Any = None


class Rule(AlertFilter):
    """Base of the rules: a filter around a filter.

    What a rule forbids is vetoed where the filter is about to raise it: nothing is spent, and the
    threshold does not see the event. A subclass overrides `_review`, which says what becomes of an
    alert. Rules nest in any order.
    """

    anomaly_filter: Any
    time: Any = None

    def __init__(self, anomaly_filter: Any) -> None:
        self.anomaly_filter = anomaly_filter
        # River's isinstance takes a pipeline for its last step.
        if not issubclass(type(anomaly_filter), AlertFilter):
            raise TypeError(
                f"a rule goes around AlertBudget, TailFilter or another rule, not around a "
                f"{type(anomaly_filter).__name__}"
            )

    @property
    def anomaly_detector(self) -> Any:  # type: ignore[override]  # it is the filter's
        """The detector underneath."""
        return self.anomaly_filter.anomaly_detector

    @property
    def protect_anomaly_detector(self) -> bool:  # type: ignore[override]  # it is the filter's
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

    @property
    def incidents_(self) -> list[Incident]:
        """The latest incidents of the filter."""
        found: list[Incident] = self.anomaly_filter.incidents_
        return found

    @property
    def mutes_(self) -> list[Mute]:
        """Kinds of alerts that are muted by `feedback`, the latest last."""
        found: list[Mute] = self.anomaly_filter.mutes_
        return found

    @property
    def n_muted_(self) -> int:
        """Events so far that would have been alerts, had `feedback` not muted their kind."""
        return int(self.anomaly_filter.n_muted_)

    def feedback(
        self,
        alert: Alert | str,
        useful: bool,
        *,
        factor: float = 100.0,
        lasting: float | None = None,
    ) -> Mute | None:
        """Say whether an alert was useful: alerts like one that was not are muted for a time.

        Parameters and result as of `AlertBudget.feedback`.
        """
        found: Mute | None = self.anomaly_filter.feedback(
            alert, useful, factor=factor, lasting=lasting
        )
        return found

    @property
    def incident_filters(self) -> dict[str | None, Any]:
        """The filters that have incidents, by name."""
        found: dict[str | None, Any] = self.anomaly_filter.incident_filters
        return found

    @property
    def judged_by(self) -> str | None:
        """Name of the one of `incident_filters` that judged the latest event."""
        found: str | None = self.anomaly_filter.judged_by
        return found

    @cached_property
    def time_feature(self) -> Any:
        """Feature that is the time of an event; ``None`` if none is."""
        return self.time if self.time is not None else self.anomaly_filter.time_feature

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
        return float(self._filter_of(x).score_one(self._for_filter(x), *args, **kwargs))

    def learn_one(self, x: Event, *args: Any, **kwargs: Any) -> None:
        """Judge an event, then learn it."""
        self.judge_learn_one(x, *args, **kwargs)

    def score_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """Score an event, then learn it: `score_one` followed by `learn_one`."""
        return self.judge_learn_one(x, *args, **kwargs).score

    def judge_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        time: Any = None,
        unless: Veto | None = None,
    ) -> Verdict:
        """Verdict on an event, as `judge_learn_one` would give it now. Changes nothing."""
        x = self._with_time(x, time)
        return self._judge(self._case(x, args, key, time), unless, learns=False)

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

        Parameters as of `AlertBudget.judge_learn_one`.
        """
        x = self._with_time(x, time)
        return self._judge(self._case(x, args, key, time), unless, learns=True, **kwargs)

    def distance_one(self, x: Event, *args: Any) -> float:
        """What the filter judges. Changes nothing."""
        return float(self._filter_of(x).distance_one(self._for_filter(x), *args))

    @available_if_has("tail_probability", "anomaly_filter")
    def tail_probability(self, x: Event, *args: Any) -> float:
        """p-value of an event, as the filter says. Changes nothing."""
        return float(self._filter_of(x).tail_probability(self._for_filter(x), *args))

    @available_if_has("explain_one")
    def explain_one(self, x: Event, *args: Any) -> dict[base.typing.FeatureName, float]:
        """What each feature contributes to the distance, as the detector says."""
        contributions: dict[base.typing.FeatureName, float]
        contributions = self._filter_of(x).explain_one(self._for_filter(x), *args)
        return contributions

    @available_if_has("expect_one")
    def expect_one(self, x: Event | None = None, *args: Any) -> Bands:
        """Normal band of each feature now, as the detector says: (low, expected, high)."""
        event = None if x is None else self._for_filter(x)
        alerts = self._filter if x is None else self._filter_of(x)
        band: Bands = alerts.expect_one(event, *args)
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
        self.score_learn_many(X, *args, **kwargs)

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
        return self._score_events(*self.events_of(X, *args), **kwargs)

    def classify_learn_many(self, X: Any, *args: Any, **kwargs: Any) -> NDArray[np.bool_]:
        """Which rows are alerts, each judged before it is learned; learns them all.

        The same as `alert_one` on each, without the reasons.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        return self._classify_events(*self.events_of(X, *args), **kwargs)

    def detector_input(self, x: Event) -> DetectorInput:
        """The detector that judges now, and an event as it gets it."""
        found: DetectorInput = self._filter.detector_input(self._for_filter(x))
        return found

    def would_alert(self, event: Event, *args: Any) -> bool:
        """Whether an event, as `detector_input` gives it, would be an alert now."""
        return bool(self._filter.would_alert(event, *args))

    def detector_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> None:
        """Let the detector learn an event, and nothing else."""
        self._filter.detector_learn_one(self._for_filter(x), *args, **kwargs)

    def events_of(self, X: Any, *args: Any) -> tuple[int, EventsWithTargets]:
        """How many rows there are, and each as an event with its targets."""
        if not self._has_own_time:
            found: tuple[int, EventsWithTargets] = self.anomaly_filter.events_of(X, *args)
            return found
        times, table = _event_time.split_rows(X, self.time)
        count, events = self.anomaly_filter.events_of(table, *args)
        pairs = zip(times.tolist(), events, strict=True)
        return count, (({**x, self.time: moment}, targets) for moment, (x, targets) in pairs)

    def counted(self, given: DetectorInput, *args: Any) -> Event:
        """The features of an event that no rule leaves out."""
        found: Event = self._filter.counted(given, *args)
        return found

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
    def _has_own_time(self) -> bool:
        """Whether the time is only this rule's, so that the filter must not see it.

        A detector that takes times has to see it.
        """
        if self.time is None or getattr(last_step(self.anomaly_detector), "takes_times", False):
            return False
        return bool(self.time != self.anomaly_filter.time_feature)

    def _case(self, x: Event, args: tuple[Any, ...], key: Hashable, time: Any) -> Case:
        """An event as it comes before the rule."""
        moment = self._time_of(x, time)
        return Case(self._for_filter(x), args, self._filter, key, moment)

    def _with_time(self, x: Event, moment: Any) -> Event:
        """The event with the time given beside it, where the filter's time is a feature.

        What the filter is asked beside the verdict has no argument for the time.
        """
        name = self.anomaly_filter.time_feature
        return x if name is None or moment is None or name in x else {**x, name: moment}

    def _review(self, alert: Alert, case: Case) -> Fields | None:
        """Fields of an alert that the rule sets; ``None`` if it vetoes the alert.

        Called before the event is learned; changes nothing.
        """
        return {}

    def _judge(self, case: Case, unless: Veto | None, *, learns: bool, **kwargs: Any) -> Verdict:
        """The verdict of the filter, with the alert as it goes out if no rule vetoes it."""
        fields: Fields | None = None

        def vetoed(alert: Alert) -> bool:
            nonlocal fields
            alert = _timed(alert, case.time)
            # Before the event is learned, or what is usual would be what it brought.
            fields = self._review(alert, case)
            return fields is None or (unless is not None and unless(alert))

        judge = case.filter.judge_learn_one if learns else case.filter.judge_one
        about = {"key": case.key, "time": case.time, "unless": vetoed}
        verdict: Verdict = judge(case.event, *case.targets, **about, **kwargs)
        if verdict.alert is None:
            return verdict
        alert = replace(_timed(verdict.alert, case.time), **(fields or {}))
        return verdict._replace(alert=alert)

    def _time_of(self, x: Event, given: Any = None) -> Any:
        """Time of an event, or the one given beside it; ``None`` if events have none."""
        name = self.time_feature
        if name is None or (given is not None and name not in x):
            return given
        return _event_time.moment_of(x, name)

    def _for_filter(self, x: Event) -> Event:
        """The event as the filter gets it: without a time that is only this rule's."""
        if not self._has_own_time or self.time not in x:
            return x
        return _event_time.split(x, self.time)[1]

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        from clipsgd_river.alerts import AlertBudget
        from clipsgd_river.anomaly import ClippedZScore

        yield {"anomaly_filter": AlertBudget(ClippedZScore(), 0.01)}

    def _parts(self) -> dict[Any, Any]:
        return {"anomaly_filter": self.anomaly_filter}

    def _take_parts(self, parts: dict[Any, Any]) -> None:
        # The constructor was given it.
        if list(parts.values()) != [self.anomaly_filter]:
            raise ValueError(f"the state has the parts {list(parts)} where a filter belongs")


def _timed(alert: Alert, moment: Any) -> Alert:
    """The alert with the time of its event, where the filter does not know it."""
    return alert if alert.time is not None else replace(alert, time=moment)


def check_feature(name: str, feature: Any) -> None:
    """Check a parameter that names a feature."""
    try:
        hash(feature)
    except TypeError:
        raise TypeError(f"{name} is the key of a feature, not {feature!r}") from None
