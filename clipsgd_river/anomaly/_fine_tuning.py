"""What can be fine-tuned on a few events, and how: our kernels, River's detectors, scikit-learn's.

Each base learns the stream and gives a fine-tuned copy of itself for one event, which scores it and
is then dropped.
"""

from __future__ import annotations

import copy
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import get_tags

from clipsgd_river._kernels import COMPILED
from clipsgd_river._kernels.anomaly.combined import CombinedKernel
from clipsgd_river._pipelines import transformed
from clipsgd_river.anomaly.base import ClippedDetector
from clipsgd_river.compat._event_window import EventWindow
from clipsgd_river.compat._fitted import FittedDetector, seeded_clone

# A detector that looks at few neighbours would see nothing but repetitions.
MOST_REPEATS = 8
# Many estimators refuse fewer events.
FEWEST = 20


def taken(rows: NDArray[np.float64], columns: NDArray[np.intp]) -> NDArray[np.float64]:
    """Some columns of rows, ascending; the rows themselves if these are all."""
    return rows if len(columns) == rows.shape[1] else rows[:, columns]


class Similar:
    """Rows of a window that are similar to an event; NaN where a value is missing.

    Parameters
    ----------
    rows
        In all columns of the window.
    filled
        The columns in which the window has a value at all.
    names
        Their features.
    """

    def __init__(
        self, rows: NDArray[np.float64], filled: NDArray[np.intp], names: list[Any]
    ) -> None:
        self.rows = rows
        self.filled = taken(rows, filled)
        self.names = names

    def events(self) -> list[dict[Any, float]]:
        """The rows as events without their missing values."""
        return [
            {name: value for name, value in zip(self.names, row, strict=True) if value == value}
            for row in self.filled.tolist()
        ]


class FineTunable(Protocol):
    """What `FITNESS` needs of a base."""

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn an event."""

    def follow(self) -> None:
        """See the window, which now holds the event just learned."""

    def tuned(self, similar: Similar) -> Any:
        """Copy that has learned the similar events too, with ``distance_one``."""


class KernelBase:
    """A detector of ours: its copy is that of a few arrays, and all rows are one call."""

    def __init__(self, detector: ClippedDetector) -> None:
        self.detector = detector
        detector.create_state()
        self._copy: Any = None

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn an event."""
        self.detector.learn_one(x)

    def follow(self) -> None:
        """Nothing: it has learned the event."""

    def tuned(self, similar: Similar) -> Any:
        """Kernel that has learned the similar events too; the next call takes it back."""
        kernel = self.detector._kernel
        if self._copy is None or self._copy.settings is not kernel.settings:
            self._copy = copy.copy(kernel)
        self._copy.copy_from(kernel)
        flat = similar.filled.ravel()
        count = len(similar.filled)
        rows = flat if COMPILED else flat.tolist()
        self._copy.run_rows(rows, similar.names, True, np.empty(count), np.empty(count))
        return self._copy

    def __getstate__(self) -> dict[str, Any]:
        # The copy is made again when it is needed.
        return {"detector": self.detector, "_copy": None}


class Scored:
    """A River detector whose score serves as its distance."""

    def __init__(self, detector: Any) -> None:
        self.detector = detector

    def distance_one(self, x: dict[Any, Any]) -> float:
        """The detector's distance, or its score if it has none; at least 0."""
        detector, event = transformed(self.detector, x)
        measure = getattr(detector, "distance_one", detector.score_one)
        # LocalOutlierFactor and others are infinite at first.
        return min(max(float(measure(event)), 0.0), 1e300)

    def explain_one(self, x: dict[Any, Any]) -> Any:
        """What the detector says."""
        detector, event = transformed(self.detector, x)
        return detector.explain_one(event)

    def expect_one(self, x: dict[Any, Any]) -> Any:
        """What the detector says."""
        detector, event = transformed(self.detector, x)
        return detector.expect_one(event)


class RiverBase:
    """Any River detector: a deep copy learns event by event."""

    def __init__(self, detector: Any) -> None:
        self.detector = detector

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn an event."""
        self.detector.learn_one(x)

    def follow(self) -> None:
        """Nothing: it has learned the event."""

    def tuned(self, similar: Similar) -> Any:
        """Detector that has learned the similar events too."""
        tuned = copy.deepcopy(self.detector)
        for event in similar.events():
            tuned.learn_one(event)
        return Scored(tuned)


class Fitted(FittedDetector):
    """A fitted estimator of scikit-learn with distances of events."""

    def distance_one(self, x: dict[Any, Any]) -> float:
        """Distance of an event."""
        return float(self.distances(self.row(x))[0])

    def with_model(self, model: Any) -> Fitted:
        """The same, and the same view of what is usual, with another model."""
        other = copy.copy(self)
        other.model = model
        return other


class Unfitted:
    """Stands in before there is a fitted estimator."""

    def distance_one(self, x: dict[Any, Any]) -> float:
        """0: nothing is known."""
        return 0.0


class EstimatorBase:
    """An outlier detector of scikit-learn, which starts on the first ``earliest`` events.

    Once the window is full it looks again at what is usual, and at features that came meanwhile
    unless it goes on learning.

    With ``partial_fit`` it goes on learning, and a deep copy learns the similar events. One that
    can only ``fit`` is fitted anew for each event it scores: on the window, with the similar events
    repeated until they count half as much as all the others, or eight times each.
    """

    def __init__(self, estimator: Any, seed: int, window: EventWindow, earliest: int) -> None:
        self.earliest = earliest
        self.estimator = estimator
        self.seed = seed
        self.window = window
        self.goes_on = hasattr(estimator, "partial_fit")
        self.passes_missing = bool(get_tags(estimator).input_tags.allow_nan)
        self.fitted: Fitted | None = None

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn an event, if it learns events."""
        if self.goes_on and self.fitted is not None:
            self.fitted.model.partial_fit(self.fitted.row(x))

    def follow(self) -> None:
        """Start once there are enough events, and look again once the window is full."""
        seen, full = self.window.seen, self.window.size
        if self.fitted is None and seen >= min(self.earliest, full):
            self._start()
        elif self.fitted is not None and seen == full:
            if self.goes_on:
                self.fitted.refer(self.window.all())
            else:
                self._start()

    def tuned(self, similar: Similar) -> Any:
        """Estimator fitted on the similar events too."""
        if self.fitted is None:
            return Unfitted()
        rows = self.fitted.take(similar.rows)
        if len(rows) == 0:
            return self.fitted
        if self.goes_on:
            return self.fitted.with_model(copy.deepcopy(self.fitted.model).partial_fit(rows))
        recent = self.fitted.take(self.window.all())
        times = min(max(len(recent) // (2 * len(rows)), 1), MOST_REPEATS)
        sample = np.vstack([recent, np.repeat(rows, times, axis=0)])
        return self.fitted.with_model(seeded_clone(self.estimator, self.seed).fit(sample))

    def _start(self) -> None:
        names = self.window.present()
        columns = {name: self.window.columns[name] for name in names}
        fitted = Fitted(seeded_clone(self.estimator, self.seed), columns, self.passes_missing)
        fitted.learn(self.window, goes_on=self.goes_on)
        self.fitted = fitted


def holds_its_state(detector: ClippedDetector) -> bool:
    """Whether all that a detector of ours learned is in its kernel, and not in other objects."""
    return not isinstance(detector._kernel, CombinedKernel)


def base_of(detector: Any, seed: int, window: EventWindow, n_similar: int) -> FineTunable:
    """The way to fine-tune a detector on ``n_similar`` events; ``TypeError`` if there is none."""
    # A pipeline claims to be an instance of what it ends in; an ensemble of other detectors is more
    # than a kernel.
    ours = issubclass(type(detector), ClippedDetector)
    if ours and getattr(detector, "detectors", None) is None:
        return KernelBase(detector)
    if hasattr(detector, "learn_one") and hasattr(detector, "score_one"):
        return RiverBase(detector)
    if hasattr(detector, "fit") and hasattr(detector, "score_samples"):
        # With as many events beside the similar ones there is something to compare them with.
        return EstimatorBase(detector, seed, window, max(2 * n_similar, FEWEST))
    raise TypeError(
        f"a {type(detector).__name__} cannot be fine-tuned: FITNESS takes a River anomaly "
        "detector, or a scikit-learn estimator with fit and score_samples"
    )
