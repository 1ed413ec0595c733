"""What the alert filters share: any detector underneath, its distance, and what passes through."""

from __future__ import annotations

import abc
import copy
from collections.abc import Iterable, Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._pipelines import asked, descriptions, last_step, passes, steps
from clipsgd_river._state.saveable import Saveable
from clipsgd_river.alerts.alert import Alert, AlertFeature, described, severity_of

# Rarer than this is beyond what a stream can tell.
SMALLEST_PROBABILITY = 1e-300


def judged(
    alerts: Any, events: Iterable[tuple[dict[Any, Any], tuple[Any, ...]]], count: int, **kwargs: Any
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scores by a filter of events with targets, and whether they are alerts; it learns them."""
    scores = np.empty(count)
    found = np.zeros(count, dtype=bool)
    for i, (x, targets) in enumerate(events):
        before = alerts.n_alerts_
        scores[i] = alerts.score_learn_one(x, *targets, **kwargs)
        found[i] = alerts.n_alerts_ > before
    return scores, found


class WrappingFilter(base.AnomalyFilter):
    """Base of the alert filters: what they take over from the detector they wrap."""

    anomaly_detector: Any

    def __init__(self, anomaly_detector: Any, protect_anomaly_detector: bool = False) -> None:
        super().__init__(anomaly_detector, protect_anomaly_detector)
        for step in steps(anomaly_detector):
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

    def distance_one(self, x: dict[base.typing.FeatureName, Any], *args: Any) -> float:
        """What the filter judges: the detector's distance, or its score if it has no distance.

        Changes nothing.
        """
        detector, event = asked(self.anomaly_detector, self._event(x))
        ask = getattr(detector, "distance_one", detector.score_one)
        return float(ask(event, *args))

    @property
    def detector_ready(self) -> bool:
        """Whether the detector says that its distances can be relied on; True if it cannot say."""
        return bool(getattr(last_step(self.anomaly_detector), "ready", True))

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        from clipsgd_river.anomaly.z_score import ClippedZScore

        yield {"anomaly_detector": ClippedZScore()}

    @passes("explain_one")
    def explain_one(
        self, x: dict[base.typing.FeatureName, Any], *args: Any
    ) -> dict[base.typing.FeatureName, float]:
        """What each feature contributes to the distance, as the detector says."""
        detector, event = asked(self.anomaly_detector, self._event(x))
        contributions: dict[base.typing.FeatureName, float] = detector.explain_one(event, *args)
        return contributions

    @passes("expect_one")
    def expect_one(
        self, x: dict[base.typing.FeatureName, Any] | None = None, *args: Any
    ) -> dict[base.typing.FeatureName, tuple[float, float, float]]:
        """Normal band of each feature now, as the detector says: (low, expected, high).

        After a scaler in a pipeline the numbers are those that the scaler passes on.
        """
        detector, event = last_step(self.anomaly_detector), x
        if x is not None:
            detector, event = asked(self.anomaly_detector, self._event(x))
        band: dict[base.typing.FeatureName, tuple[float, float, float]] = detector.expect_one(
            event, *args
        )
        return band

    @property
    @abc.abstractmethod
    def n_alerts_(self) -> int:
        """Alerts so far."""

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
    def _exceeds(self, event: dict[Any, Any], args: tuple[Any, ...]) -> bool:
        """Whether an event, as `_judging` gets it, would be an alert now."""

    @abc.abstractmethod
    def _events_of(
        self, X: Any, args: tuple[Any, ...]
    ) -> tuple[int, Iterable[tuple[dict[Any, Any], tuple[Any, ...]]]]:
        """How many rows there are, and each as an event with its targets."""

    def _learn_only(self, x: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        """Let the detector learn an event, and nothing else."""
        if not any(map(is_missing, args)):
            self.anomaly_detector.learn_one(self._event(x), *args, **kwargs)

    @property
    def _judging(self) -> Any:
        """The detector that judges an event now, the last step of a pipeline."""
        return last_step(self.anomaly_detector)

    def _arrived(self, x: dict[Any, Any]) -> dict[Any, Any]:
        """The event as that detector gets it."""
        event: dict[Any, Any] = asked(self.anomaly_detector, self._event(x))[1]
        return event

    def _told(self, x: dict[Any, Any]) -> dict[Any, tuple[Any, str]]:
        """What the transformers before that detector say of the event's features."""
        return descriptions(self.anomaly_detector, self._event(x))

    def _event(self, x: dict[Any, Any]) -> dict[Any, Any]:
        """The event as the detector, or the pipeline, gets it."""
        return x

    @abc.abstractmethod
    def score_learn_one(
        self, x: dict[base.typing.FeatureName, Any], *args: Any, **kwargs: Any
    ) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""

    def _record(
        self,
        score: float,
        probability: float,
        rate: float,
        x: dict[Any, Any],
        args: tuple[Any, ...],
        about: tuple[Any, Any],
    ) -> Alert:
        """The record of an alert on an event that has not been learned yet.

        Parameters
        ----------
        score, probability
            Of the event.
        rate
            Probability that severities are measured by.
        x, args
            The event as the detector gets it, and its target.
        about
            Time and key.
        """
        contributions: dict[Any, float] = {}
        features: tuple[AlertFeature, ...] = ()
        detector, event = asked(self.anomaly_detector, x)
        if hasattr(detector, "explain_one"):
            contributions = detector.explain_one(event, *args)
            if hasattr(detector, "expect_one"):
                bands = detector.expect_one(event, *args)
                told = descriptions(self.anomaly_detector, x)
                features = described(event, contributions, bands, told)
        severity = severity_of(rate / max(probability, SMALLEST_PROBABILITY))
        return Alert(score, probability, severity, *about, contributions, features)


class DistanceFilter(WrappingFilter):
    """Base of the filters that judge a detector's distance, or its score if it has none.

    A subclass says what is an alert and learns from distances. The detector learns every event,
    clipped as it may be; with ``protect_anomaly_detector`` it does not learn what is an alert.
    """

    def learn_one(self, x: dict[base.typing.FeatureName, Any], *args: Any, **kwargs: Any) -> None:
        """Judge an event, learn its distance, and let the detector learn it."""
        self.score_learn_one(x, *args, **kwargs)

    def score_learn_one(
        self, x: dict[base.typing.FeatureName, Any], *args: Any, **kwargs: Any
    ) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""
        distance = self.distance_one(x, *args)
        relied_on = self.detector_ready
        score = self._score(distance)
        is_alert = self.classify(score)
        if not (self.protect_anomaly_detector and is_alert):
            self.anomaly_detector.learn_one(x, *args, **kwargs)
        self._observe(distance, relied_on, is_alert)
        return score

    def score_one(self, x: dict[base.typing.FeatureName, Any], *args: Any, **kwargs: Any) -> float:
        """Score of an event, for `classify`. Changes nothing."""
        return self._score(self.distance_one(x, *args))

    @abc.abstractmethod
    def _score(self, distance: float) -> float:
        """Score of a distance, for `classify`."""

    @abc.abstractmethod
    def _observe(self, distance: float, relied_on: bool, is_alert: bool) -> None:
        """Learn from a distance; ``relied_on`` tells whether the detector was ready."""
