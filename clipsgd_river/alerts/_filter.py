"""What alert filters and the rules around them have in common."""

from __future__ import annotations

import abc
import copy
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from river import base
from sklearn.utils.metaestimators import available_if

from clipsgd_river._faces.known_features import known_features
from clipsgd_river._kernels.core.as_float import as_float, is_missing
from clipsgd_river._pipelines import (
    all_steps,
    available_if_has,
    feature_descriptions,
    in_numbers,
    last_step,
    model_of,
    transformed,
)
from clipsgd_river._state.saveable import Saveable
from clipsgd_river._state.wrapper import SaveableWrapper
from clipsgd_river._tables.containers import frame_of, in_memory, table_of
from clipsgd_river._tables.explained import explained_like, how_many, largest_of
from clipsgd_river._tables.known import require_known
from clipsgd_river._tables.tables import series_like
from clipsgd_river._words.seen import seen_by
from clipsgd_river.alerts._rarity import highest_probability
from clipsgd_river.alerts._reason import Reason
from clipsgd_river.alerts.alert import Alert, AlertFeature, described, severity_of
from clipsgd_river.alerts.mute import Mute
from clipsgd_river.alerts.verdict import Verdict

Event = dict[Any, Any]
Veto = Callable[[Alert], bool]
Bands = dict[base.typing.FeatureName, tuple[float, float, float]]
EventsWithTargets = Iterable[tuple[Event, tuple[Any, ...]]]


class DetectorInput(NamedTuple):
    """An event as it arrives at the detector that judges it, the last step of a pipeline.

    `descriptions` is what the transformers before it say of the features they made.
    """

    detector: Any
    event: Event
    descriptions: dict[Any, tuple[Any, ...]]


class Explanation(NamedTuple):
    """Why an event is unusual; empty where the detector, the last step of a pipeline, cannot say.

    Contributions to its distance, the features that contribute most, and both as a `Reason`; which
    past it is unusual against, if the detector tells.
    """

    contributions: dict[Any, float] = {}  # noqa: RUF012  # nobody changes it
    features: tuple[AlertFeature, ...] = ()
    reason: Reason = Reason({}, {})
    past: str | None = None


def explain(model: Any, x: Event, *targets: Any) -> Explanation:
    """Why an event is unusual, before it is learned."""
    detector, event = transformed(model, x)
    if not hasattr(detector, "explain_one"):
        return Explanation()
    contributions: dict[Any, float] = detector.explain_one(event, *targets)
    if not hasattr(detector, "expect_one"):
        return Explanation(contributions, (), Reason.of(contributions, (), {}))
    bands = detector.expect_one(event, *targets)
    said = feature_descriptions(model, x)
    judge, arrived = model_of(detector, event)
    seen = seen_by(judge, contributions)
    numbers = in_numbers(detector, event)
    features = described(numbers, contributions, bands, said, seen)
    deviations = {
        name: as_float(name, numbers.get(name)) - bands[name][1]
        for name in contributions
        if name in bands
    }
    past = judge.past_one(arrived) if hasattr(judge, "past_one") else None
    reason = Reason.of(contributions, features, deviations)
    return Explanation(contributions, features, reason, past)


class AlertFilter(SaveableWrapper, base.AnomalyFilter):
    """Base of everything that raises alerts: filters around a detector, rules around a filter.

    A subclass gives `judge_one` and `judge_learn_one`. The methods from `detector_input` on are for
    the rules around it.
    """

    @property
    @abc.abstractmethod
    def n_alerts_(self) -> int:
        """Alerts so far."""

    @abc.abstractmethod
    def judge_one(
        self, x: Event, *args: Any, key: Hashable = None, time: Any = None, unless: Any = None
    ) -> Verdict:
        """Verdict on an event, as `judge_learn_one` would give it now. Changes nothing."""

    @abc.abstractmethod
    def judge_learn_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        time: Any = None,
        unless: Veto | None = None,
        **kwargs: Any,
    ) -> Verdict:
        """Judge an event, then learn it, in one pass; `AlertBudget` documents the parameters."""

    def alert_one(
        self, x: Event, *args: Any, key: Hashable = None, unless: Veto | None = None, **kwargs: Any
    ) -> Alert | None:
        """Judge an event, then learn it; the alert with its reasons, or ``None``.

        The alert of the verdict that `judge_learn_one` gives, which has the same parameters.
        """
        return self.judge_learn_one(x, *args, key=key, unless=unless, **kwargs).alert

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

    @property
    def time_feature(self) -> Any:
        """Feature that is the time of an event; ``None`` if none is."""
        return None

    @property
    @abc.abstractmethod
    def mutes_(self) -> list[Mute]:
        """Kinds of alerts that are muted by `feedback`, 256 at most, the latest last."""

    @property
    @abc.abstractmethod
    def n_muted_(self) -> int:
        """Events so far that would have been alerts, had `feedback` not muted their kind."""

    @abc.abstractmethod
    def feedback(
        self,
        alert: Alert | str,
        useful: bool,
        *,
        factor: float = 100.0,
        lasting: float | None = None,
    ) -> Mute | None:
        """Say whether an alert was useful; `AlertBudget` documents the parameters."""

    @abc.abstractmethod
    def rarer(self, share: float) -> Self:
        """Filter that goes on from here by itself, at a share of the rate or the risk.

        Its detector is a copy, and so is what is known of the scores.

        Parameters
        ----------
        share
            Above 0 and at most 1.
        """

    @abc.abstractmethod
    def detector_input(self, x: Event) -> DetectorInput:
        """The detector that judges now, and an event as it gets it."""

    @abc.abstractmethod
    def would_alert(self, event: Event, *args: Any) -> bool:
        """Whether an event, as `detector_input` gives it, would be an alert now."""

    @abc.abstractmethod
    def detector_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> None:
        """Let the detector learn an event, and nothing else."""

    @abc.abstractmethod
    def events_of(self, X: Any, *args: Any) -> tuple[int, EventsWithTargets]:
        """How many rows there are, and each as an event with its targets."""

    def counted(self, given: DetectorInput, *args: Any) -> Event:
        """The features of an event that no rule leaves out."""
        return given.event

    def score_many(self, X: Any, *args: Any) -> Any:
        """Scores of rows, in the caller's kind. Changes nothing.

        Parameters
        ----------
        X
            As for `score_learn_many`.
        args
            The targets, a sequence of n, for a supervised detector.

        Raises
        ------
        TypeError, ValueError
            If a value is not what the detector takes, or it has learned none of the features.
        """
        X = in_memory(X)
        _, events = self.events_of(X, *args)
        scores = [self.score_one(x, *y) for x, y in self._known_events(events)]
        return series_like(frame_of(X), np.array(scores, dtype=np.float64), "score")

    @available_if(lambda self: hasattr(self, "explain_one"))  # type: ignore[untyped-decorator]
    def explain_many(self, X: Any, n: int = 3) -> Any:
        """The features that contribute most to the distance of each row, as `explain_one` says.

        Changes nothing. Answers are as those of `ClippedZScore.explain_many`; after a transformer
        in a pipeline the features are those that it passes on.

        Parameters
        ----------
        X
            Rows, as for `score_many`, which raises alike.
        n
            How many features of each row.
        """
        n = how_many(n)
        explain: Any = self.explain_one  # type: ignore[attr-defined]  # or this were not available
        X = in_memory(X)
        _, events = self.events_of(X)
        checked = (x for x, _ in self._known_events(events))
        return explained_like(table_of(X), *largest_of(checked, explain, n))

    def _known_events(self, events: EventsWithTargets) -> EventsWithTargets:
        """Pass events on; ``ValueError`` at the end if the detector knows no feature of any."""
        asked: dict[Any, None] = {}
        known: Any = None
        is_known = False
        for x, targets in events:
            if not is_known:
                given = self.detector_input(x)
                known = known_features(given.detector)
                asked |= dict.fromkeys(given.event)
                is_known = not known or any(name in known for name in given.event)
            yield x, targets
        if not is_known:
            require_known(self, list(asked), known)

    def _score_events(
        self, count: int, events: EventsWithTargets, **kwargs: Any
    ) -> NDArray[np.float64]:
        """Scores of events, each before it is learned."""
        scores = (self.score_learn_one(x, *targets, **kwargs) for x, targets in events)
        return np.fromiter(scores, np.float64, count)

    def _classify_events(
        self, count: int, events: EventsWithTargets, **kwargs: Any
    ) -> NDArray[np.bool_]:
        """Which events are alerts, each judged before it is learned."""
        verdicts = (self.judge_learn_one(x, *targets, **kwargs) for x, targets in events)
        return np.fromiter((verdict.is_alert for verdict in verdicts), np.bool_, count)

    @abc.abstractmethod
    def score_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""


class DetectorFilter(AlertFilter):
    """Base of the filters around a detector: what they take over from it.

    A detector may have methods that save a second pass, which are called if they are there:
    ``learn_one_within``, ``distance_learn_one`` and ``distance_learn_many``, as those of
    `clipsgd_river.anomaly` on a kernel have them.
    """

    anomaly_detector: Any

    def __init__(self, anomaly_detector: Any, protect_anomaly_detector: bool = False) -> None:
        super().__init__(anomaly_detector, protect_anomaly_detector)
        for step in all_steps(anomaly_detector):
            if isinstance(step, Saveable):
                # State exists from now on, so that a first score leaves everything as it is.
                step.create_state()

    def clone(
        self, new_params: dict[str, Any] | None = None, include_attributes: bool = False
    ) -> Self:
        """Filter with the same parameters; with attributes, with what the detector learned too."""
        found = super().clone(new_params, include_attributes)
        if include_attributes and "anomaly_detector" not in (new_params or {}):
            found.anomaly_detector = copy.deepcopy(self.anomaly_detector)
        return found

    def distance_one(self, x: Event, *args: Any) -> float:
        """What the filter judges: the detector's distance, or its score if it has no distance.

        Changes nothing.
        """
        return distance_by(*transformed(self.anomaly_detector, self._without_time(x)), args)

    @property
    def detector_ready(self) -> bool:
        """Whether the detector says that its distances can be relied on; True if it cannot say."""
        return bool(getattr(last_step(self.anomaly_detector), "ready", True))

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        from clipsgd_river.anomaly.z_score import ClippedZScore

        yield {"anomaly_detector": ClippedZScore()}

    @available_if_has("explain_one")
    def explain_one(self, x: Event, *args: Any) -> dict[base.typing.FeatureName, float]:
        """What each feature contributes to the distance, as the detector says."""
        detector, event = transformed(self.anomaly_detector, self._without_time(x))
        contributions: dict[base.typing.FeatureName, float] = detector.explain_one(event, *args)
        return contributions

    @available_if_has("explain_one")
    def explain_many(self, X: Any, n: int = 3) -> Any:
        """The features that contribute most to the distance of each row, as the detector says.

        Changes nothing. Answers are as those of `ClippedZScore.explain_many`; after a transformer
        in a pipeline the features are those that it passes on.

        Parameters
        ----------
        X
            Rows, as for `score_many`, which raises alike.
        n
            How many features of each row.
        """
        if hasattr(self.anomaly_detector, "explain_many"):
            return self.anomaly_detector.explain_many(self._table_without_time(X), n)
        return super().explain_many(X, n)

    def _table_without_time(self, X: Any) -> Any:
        """The table as the detector, or the pipeline, gets it."""
        return X

    @available_if_has("expect_one")
    def expect_one(self, x: Event | None = None, *args: Any) -> Bands:
        """Normal band of each feature now, as the detector says: (low, expected, high).

        After a scaler in a pipeline the numbers are those that the scaler passes on.
        """
        detector, event = last_step(self.anomaly_detector), x
        if x is not None:
            detector, event = transformed(self.anomaly_detector, self._without_time(x))
        band: Bands = detector.expect_one(event, *args)
        return band

    def detector_input(self, x: Event) -> DetectorInput:
        """The detector, the last step of a pipeline, and an event as it gets it."""
        event = self._without_time(x)
        found = transformed(self.anomaly_detector, event)
        return DetectorInput(*found, feature_descriptions(self.anomaly_detector, event))

    def detector_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> None:
        """Let the detector learn an event, and nothing else."""
        if not any(map(is_missing, args)):
            self.anomaly_detector.learn_one(self._without_time(x), *args, **kwargs)

    def _without_time(self, x: Event) -> Event:
        """The event as the detector, or the pipeline, gets it."""
        return x

    def _score_and_distance(self, event: Event, args: tuple[Any, ...]) -> tuple[float, float]:
        """Of an event without its time, as the detector says."""
        detector, arrived = transformed(self.anomaly_detector, event)
        return float(detector.score_one(arrived, *args)), distance_by(detector, arrived, args)

    def _alert_on(
        self,
        event: Event,
        args: tuple[Any, ...],
        score: float,
        probability: float,
        rate: float,
        about: tuple[Any, Any],
        events: float,
    ) -> tuple[Alert, Reason]:
        """The alert on an event that has not been learned yet, or it would explain itself.

        Parameters
        ----------
        event, args
            The event without its time, and its target.
        score, probability
            Of the event, the probability as fitted.
        rate
            Probability that severities are measured by.
        about
            Time and key.
        events
            How many events were judged before it.
        """
        highest = highest_probability(probability, events)
        severity = severity_of(rate / highest)
        contributions, features, reason, past = explain(self.anomaly_detector, event, *args)
        alert = Alert(
            score,
            highest,
            severity,
            *about,
            contributions,
            features,
            events=int(events),
            fitted_probability=probability,
            past=past,
        )
        return alert, reason

    def _parts(self) -> dict[Any, Any]:
        return {"anomaly_detector": self.anomaly_detector}

    def _take_parts(self, parts: dict[Any, Any]) -> None:
        # The constructor was given it.
        if list(parts.values()) != [self.anomaly_detector]:
            raise ValueError(f"the state has the parts {list(parts)} where a detector belongs")


def distance_by(detector: Any, event: Event, args: tuple[Any, ...]) -> float:
    """Distance of an event by a detector; its score if it has none."""
    return float(getattr(detector, "distance_one", detector.score_one)(event, *args))
