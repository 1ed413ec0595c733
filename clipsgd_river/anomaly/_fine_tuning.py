"""What can be fine-tuned on a few events, and how: our kernels, River's detectors, scikit-learn's.

Each base learns the stream and gives a fine-tuned copy of itself for one event, which is asked and
then forgotten.
"""

from __future__ import annotations

import copy
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import get_tags

from clipsgd_river._event_window import EventWindow
from clipsgd_river._fitted import FittedDetector
from clipsgd_river._kernels import COMPILED
from clipsgd_river.anomaly.base import ClippedDetector


class Similar:
    """Rows of a window that are similar to an event; NaN where a value is missing."""

    def __init__(self, rows: NDArray[np.float64], names: list[Any]) -> None:
        self.rows = rows
        self.names = names

    def events(self) -> list[dict[Any, float]]:
        """The rows as events without missing values."""
        return [
            {name: value for name, value in zip(self.names, row, strict=True) if value == value}
            for row in self.rows.tolist()
        ]


class FineTunable(Protocol):
    """What `FITNESS` asks of a base."""

    def learn_one(self, x: dict[Any, Any], window: EventWindow) -> None:
        """Learn an event, which the window holds already."""

    def tuned(self, similar: Similar) -> Any:
        """Copy that has learned the similar events too, with ``distance_one``."""


class KernelBase:
    """A detector of ours: its copy is that of a few arrays, and all rows are one call."""

    def __init__(self, detector: ClippedDetector) -> None:
        self.detector = detector

    def learn_one(self, x: dict[Any, Any], window: EventWindow) -> None:
        """Learn an event."""
        self.detector.learn_one(x)

    def tuned(self, similar: Similar) -> Any:
        """Kernel that has learned the similar events too."""
        fresh = copy.deepcopy(self.detector._kernel)
        flat = similar.rows.ravel()
        count = len(similar.rows)
        rows = flat if COMPILED else flat.tolist()
        fresh.run_rows(rows, similar.names, True, np.empty(count), np.empty(count))
        return fresh


class Scored:
    """A River detector whose score serves as its distance."""

    def __init__(self, detector: Any) -> None:
        self.detector = detector

    def distance_one(self, x: dict[Any, Any]) -> float:
        """The detector's distance, or its score if it has none; at least 0."""
        ask = getattr(self.detector, "distance_one", self.detector.score_one)
        # LocalOutlierFactor and others are infinite at first.
        return min(max(float(ask(x)), 0.0), 1e300)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.detector, name)


class RiverBase:
    """Any River detector: a deep copy learns event by event."""

    def __init__(self, detector: Any) -> None:
        self.detector = detector

    def learn_one(self, x: dict[Any, Any], window: EventWindow) -> None:
        """Learn an event."""
        self.detector.learn_one(x)

    def tuned(self, similar: Similar) -> Any:
        """Detector that has learned the similar events too."""
        tuned = copy.deepcopy(self.detector)
        for event in similar.events():
            tuned.learn_one(event)
        return Scored(tuned)


class Fitted(FittedDetector):
    """A fitted estimator of scikit-learn that is asked about events."""

    def distance_one(self, x: dict[Any, Any]) -> float:
        """Distance of an event."""
        return float(self.distances(self.row(x))[0])

    def with_model(self, model: Any) -> Fitted:
        """The same, and the same view of what is usual, with another model."""
        other = copy.copy(self)
        other.model = model
        return other


class Unfitted:
    """What is asked before there is anything to ask."""

    def distance_one(self, x: dict[Any, Any]) -> float:
        """0: nothing is known."""
        return 0.0


class EstimatorBase:
    """An outlier detector of scikit-learn.

    With ``partial_fit`` it goes on learning, and a deep copy learns the similar events. One that
    can only ``fit`` is fitted on a base sample, the first events that fill the window, and afresh
    on the base sample and the similar events for each event it is asked about.
    """

    def __init__(self, estimator: Any, seed: int) -> None:
        self.estimator = estimator
        self.seed = seed
        self.goes_on = hasattr(estimator, "partial_fit")
        self.passes_missing = bool(get_tags(estimator).input_tags.allow_nan)
        self.fitted: Fitted | None = None
        self.sample: NDArray[np.float64] = np.empty((0, 0))

    def learn_one(self, x: dict[Any, Any], window: EventWindow) -> None:
        """Learn an event, or take it into the base sample."""
        if self.fitted is None:
            if window.seen >= window.size:
                self._start(window)
        elif self.goes_on:
            self.fitted.model.partial_fit(self.fitted.row(x))

    def tuned(self, similar: Similar) -> Any:
        """Estimator fitted on the similar events too."""
        if self.fitted is None:
            return Unfitted()
        rows = self.fitted.take(similar.rows)
        if self.goes_on:
            return self.fitted.with_model(copy.deepcopy(self.fitted.model).partial_fit(rows))
        sample = np.vstack([self.sample, rows])
        return self.fitted.with_model(self._fresh().fit(sample))

    def _start(self, window: EventWindow) -> None:
        names = window.present()
        columns = {name: window.columns[name] for name in names}
        fitted = Fitted(self._fresh(), columns, self.passes_missing)
        rows = window.all()
        fitted.set_medians(rows)
        self.sample = fitted.take(rows)
        learn = fitted.model.partial_fit if self.goes_on else fitted.model.fit
        learn(self.sample)
        fitted.refer(rows)
        self.fitted = fitted

    def _fresh(self) -> Any:
        model = clone(self.estimator)
        unset = {
            name: self.seed
            for name, value in model.get_params().items()
            if value is None and name.split("__")[-1] == "random_state"
        }
        return model.set_params(**unset)


def base_of(detector: Any, seed: int) -> FineTunable:
    """The way to fine-tune a detector; ``TypeError`` if there is none."""
    if isinstance(detector, ClippedDetector):
        return KernelBase(detector)
    if hasattr(detector, "learn_one") and hasattr(detector, "score_one"):
        return RiverBase(detector)
    if hasattr(detector, "fit") and hasattr(detector, "score_samples"):
        return EstimatorBase(detector, seed)
    raise TypeError(
        f"a {type(detector).__name__} cannot be fine-tuned: FITNESS takes a River anomaly "
        "detector, or a scikit-learn estimator with fit and score_samples"
    )
