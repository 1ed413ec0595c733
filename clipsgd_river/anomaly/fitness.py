"""Any detector made robust and adaptive: fine-tuned on what is new and similar, for each event."""

from __future__ import annotations

import copy
from array import array
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river import _settings
from clipsgd_river._faces.rows_as_events import RowsAsEvents
from clipsgd_river._kernels.core.archived import IN_USE
from clipsgd_river._kernels.core.typical_distance import TypicalDistance
from clipsgd_river._pipelines import available_if_has, last_step
from clipsgd_river._state import file_format
from clipsgd_river._state.wrapper import SaveableWrapper
from clipsgd_river.anomaly._fine_tuning import Similar, base_of, taken
from clipsgd_river.anomaly._nearest import nearest
from clipsgd_river.anomaly.z_score import ClippedZScore
from clipsgd_river.compat._event_window import LARGEST, EventWindow

# The median of distances looks at one event in so many: each look is a fine-tuning.
LOOK_EVERY = 8


class FITNESS(RowsAsEvents, SaveableWrapper, base.AnomalyDetector):
    """Fine-tune a copy of a detector on new and similar events, score with it, drop it.

    Before an event x is scored, a copy of the detector learns the ``n_similar`` events of the last
    ``window_size`` that are nearest to x; the copy gives the distance and is dropped. After an
    abrupt drift the newcomers are company for each other, and stop alerting before the detector
    itself has learned them. A lone outlier has no company: its neighbours are ordinary events, from
    which the copy learns nothing new, and it alerts as before.

    Choose it to make an offline detector that cannot adapt (an isolation forest) follow a stream,
    or where a new kind of normal shows in few events among many anomalies. The detectors of this
    package adapt by themselves; FITNESS makes them faster at it, at some hundred times the cost.

    Parameters
    ----------
    anomaly_detector
        A River detector or pipeline, which learns every event as it comes; or a scikit-learn
        estimator with ``score_samples``: one with ``partial_fit`` learns every event, one with
        ``fit`` alone is fitted anew for each event, on the window and the similar ones, each
        repeated up to eight times until they count half as much as the window.
    window_size
        Recent events among which similar ones are sought, 2 to 100,000.
    n_similar
        Events to fine-tune on, 1 to ``window_size``.
    max_features
        More features than this raise a ``ValueError``.
    seed
        For every ``random_state`` of an estimator that is ``None``, so that runs repeat.

    Notes
    -----
    Similar means near in scales of the features, which a `ClippedZScore` keeps: the distance of two
    events is the sum of squared differences in scales, where a value that only one of them has
    counts 2, as two independent values do on average. The score is 1 / (1 + q / r), with r the
    distance from the copy and q its slowly tracked median. A scikit-learn estimator gives
    distances from 2 ``n_similar`` events on, 20 at least. It sees no features that come after the
    window is full; one with ``partial_fit`` none that come after those first events.

    Cost per event, beside that of the detector: O(window_size d) for the search, a copy, and
    ``n_similar`` times its learning, or a fit; every eighth `learn_one` scores too, for the median.
    Memory and state file 8 window_size d bytes beside the detector's; a state file takes a detector
    of this package only. [1]_ fine-tunes neural networks; here the copy learns like the detector.

    References
    ----------
    .. [1] A. Sankararaman, B. Narayanaswamy et al., *FITNESS: (Fine Tune on New and Similar
       Samples) to detect anomalies in streams with drift and outliers*, ICML 2022.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.anomaly import FITNESS, ClippedZScore
    >>> rng = random.Random(0)
    >>> model = FITNESS(ClippedZScore(learning_rate=0.01))
    >>> for t in range(1000):
    ...     model.learn_one({"load": rng.gauss(50.0, 3.0)})
    >>> before = model.score_one({"load": 80.0})
    >>> for _ in range(10):
    ...     model.learn_one({"load": rng.gauss(80.0, 3.0)})
    >>> before > 0.9, model.score_one({"load": 80.0}) < before
    (True, True)
    """

    #: Not exactly: the copy fine-tuned for the expected event expects a slightly other one.
    distance_zero_when_expected: ClassVar[bool] = False

    def __init__(
        self,
        anomaly_detector: Any,
        *,
        window_size: int = 256,
        n_similar: int = 16,
        max_features: int = 1_000,
        seed: int = 0,
    ) -> None:
        self.anomaly_detector = anomaly_detector
        self.window_size = window_size
        self.n_similar = n_similar
        self.max_features = max_features
        self.seed = seed
        size = _settings.count("window_size", window_size, largest=100_000)
        if size < 2:
            raise ValueError(f"window_size is at least 2, not {window_size!r}")
        self._n_similar = _settings.count("n_similar", n_similar, largest=size)
        self._window = EventWindow(size, _settings.count("max_features", max_features))
        self._base = base_of(anomaly_detector, seed, self._window, self._n_similar)
        self._units = ClippedZScore(max_features=max_features)
        self._units.create_state()
        # Indices of the columns of the window among the features of the units.
        self._indices = np.empty(0, dtype=np.intp)
        self._typical = TypicalDistance()

    @property
    def ready(self) -> bool:
        """Whether the detector is, where it can say so, and there are events to be similar."""
        return self._window.seen > self._n_similar and bool(
            getattr(self.anomaly_detector, "ready", True)
        )

    @property
    def additive_contributions(self) -> bool | None:
        """Whether contributions sum to the distance; ``None`` if the detector does not say so."""
        return getattr(last_step(self.anomaly_detector), "additive_contributions", None) or None

    def learn_one(self, x: dict[base.typing.FeatureName, Any]) -> None:
        """Let the detector learn an event, and keep it to fine-tune on.

        Raises as `ClippedZScore.learn_one` does.
        """
        self._learn(x, self.distance_one(x) if self._looks() else None)

    def score_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Score of an event in [0, 1), higher = more anomalous; the typical event gets 0.5.

        0.0 before anything was learned, and 0.5 at most until a first event had a distance. Changes
        nothing.
        """
        return self._score(self.distance_one(x))

    def score_learn_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""
        distance = self.distance_one(x)
        score = self._score(distance)
        self._learn(x, distance if self._looks() else None)
        return score

    def distance_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Distance of an event from the fine-tuned copy: finite, at least 0. Changes nothing."""
        with self._claimed():
            distance: float = self._tuned(x).distance_one(x)
        return distance

    def clone(
        self, new_params: dict[str, Any] | None = None, include_attributes: bool = False
    ) -> Self:
        """Detector with the same parameters; with attributes, with what was learned too."""
        if include_attributes and not new_params:
            return copy.deepcopy(self)
        found: Self = super().clone(new_params)
        return found

    def similar(self, x: dict[base.typing.FeatureName, Any]) -> list[dict[Any, float]]:
        """The events that a copy is fine-tuned on before it scores ``x``, oldest first."""
        with self._claimed():
            return self._similar(x).events()

    @available_if_has("explain_one")
    def explain_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, float]:
        """What each feature contributes to the distance, as the fine-tuned copy says."""
        with self._claimed():
            contributions: dict[base.typing.FeatureName, float] = self._tuned(x).explain_one(x)
        return contributions

    @available_if_has("expect_one")
    def expect_one(
        self, x: dict[base.typing.FeatureName, Any] | None = None
    ) -> dict[base.typing.FeatureName, tuple[float, float, float]]:
        """Normal band of each feature now: (low, expected, high).

        Given an event, as the copy says that is fine-tuned for it; without one, as the detector.
        """
        with self._claimed():
            if x is None:
                band = last_step(self.anomaly_detector).expect_one()
            else:
                band = self._tuned(x).expect_one(x)
        found: dict[base.typing.FeatureName, tuple[float, float, float]] = band
        return found

    @available_if_has("range_one")
    def range_one(self) -> dict[base.typing.FeatureName, tuple[float, float]]:
        """Lowest and highest value of each feature, by the detector."""
        found: dict[base.typing.FeatureName, tuple[float, float]] = last_step(
            self.anomaly_detector
        ).range_one()
        return found

    @available_if_has("counts_one")
    def counts_one(self) -> dict[base.typing.FeatureName, int]:
        """In how many events each feature was, by the detector."""
        found: dict[base.typing.FeatureName, int] = last_step(self.anomaly_detector).counts_one()
        return found

    @available_if_has("values_one")
    def values_one(self) -> dict[base.typing.FeatureName, dict[float, float]]:
        """Most frequent values of features that repeat, and their shares, by the detector."""
        found: dict[base.typing.FeatureName, dict[float, float]] = last_step(
            self.anomaly_detector
        ).values_one()
        return found

    @available_if_has("rest_one")
    def rest_one(self) -> dict[base.typing.FeatureName, tuple[float, float, float]]:
        """Normal band of the other values of features that repeat, by the detector."""
        found: dict[base.typing.FeatureName, tuple[float, float, float]] = last_step(
            self.anomaly_detector
        ).rest_one()
        return found

    @property
    def _known_features(self) -> Collection[Any]:
        return self._window.columns

    def _score(self, distance: float) -> float:
        if self._typical.median.value == 0.0:
            return 0.5 if distance > 0.0 else 0.0
        score: float = self._typical.score(distance)
        return score

    def _looks(self) -> bool:
        """Whether the next event is scored for the median: every one until it is known."""
        known: bool = self._typical.median.value > 0.0
        return not known or self._window.seen % LOOK_EVERY == 0

    def _tuned(self, x: dict[base.typing.FeatureName, Any]) -> Any:
        return self._base.tuned(self._similar(x))

    def _similar(self, x: dict[base.typing.FeatureName, Any]) -> Similar:
        row = self._window.row(x)
        rows = self._window.stored()
        # What no event of the window has tells none from another.
        filled = self._window.filled()
        names = list(self._window.columns)
        if len(filled) < len(names):
            names = [names[column] for column in filled.tolist()]
        if np.isnan(row).all():
            # Nothing is similar to nothing.
            return Similar(rows[:0], filled, names)
        kept = taken(rows, filled)
        found = nearest(kept, row[filled], self._scales()[filled], self._n_similar)
        # In the order in which they came, so that the copy learns the newest last.
        found = found[np.argsort(self._window.ages(found))]
        return Similar(rows[found], filled, names)

    def _scales(self) -> NDArray[np.float64]:
        if not self._window.columns:
            return np.empty(0)
        if len(self._indices) < len(self._window.columns):
            indices = {name: index for index, name in enumerate(self._units.features_)}
            self._indices = np.array([indices[name] for name in self._window.columns])
        scales: NDArray[np.float64] = self._units.scale_[self._indices]
        return scales

    def _learn(self, x: dict[base.typing.FeatureName, Any], distance: float | None) -> None:
        with self._claimed():
            # A damaged event is refused before anything is learned.
            kept = self._window.read(x)
            self._base.learn_one(x)
            if kept:
                self._window.take(kept)
                self._units.learn_one(kept)
                if distance is not None:
                    self._typical.observe(distance)
                self._base.follow()

    @contextmanager
    def _claimed(self) -> Iterator[None]:
        """Refuse a second thread while one is at work: window and copy are shared."""
        user = object()
        # In one step: between two, another thread could come in.
        if self.__dict__.setdefault("_user", user) is not user:
            raise RuntimeError(IN_USE)
        try:
            yield
        finally:
            self.__dict__.pop("_user")

    def __getstate__(self) -> dict[str, Any]:
        with self._claimed():
            return {name: value for name, value in self.__dict__.items() if name != "_user"}

    def _state(self) -> tuple[bytes, array[float]]:
        with self._claimed():
            return super()._state()

    def _parts(self) -> dict[Any, Any]:
        return {"anomaly_detector": self.anomaly_detector, "units": self._units}

    def _take_parts(self, parts: dict[Any, Any]) -> None:
        units = parts.get("units")
        if parts.get("anomaly_detector") is not self.anomaly_detector or not isinstance(
            units, ClippedZScore
        ):
            raise ValueError("the state has other parts than a FITNESS has: it is damaged")
        self._units = units

    def _extra_fields(self) -> dict[str, Any]:
        return {"columns": [file_format.encode_name(name) for name in self._window.columns]}

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        try:
            names = [file_format.decode_name(name) for name in fields["columns"]]
            known = set(self._units.features_) if names else set()
            fits = len(set(names)) == len(names) <= self.max_features and set(names) <= known
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError(f"the state's columns are damaged: {error}") from error
        if not fits:
            raise ValueError(f"the state has the columns {names}: it is damaged")
        self._window.restore(names, 0, np.empty((0, len(names))))

    def _own_numbers(self) -> array[float]:
        numbers = array("d", self._typical.snapshot()[1])
        numbers.append(self._window.seen)
        numbers.frombytes(self._window.all().tobytes())
        return numbers

    def _take_own_numbers(self, numbers: array[float]) -> None:
        names = list(self._window.columns)
        if len(numbers) < 3:
            raise ValueError("the state ends too early: it was cut")
        seen = numbers[2]
        rows = np.array(numbers[3:])
        # Written so that NaN fails.
        if not (0.0 <= seen <= 2.0**53 and seen == int(seen)):
            raise ValueError(f"the state holds {seen} where a count belongs: it is damaged")
        count = min(int(seen), self._window.size)
        if len(rows) != count * len(names) or (np.abs(rows) > LARGEST).any():
            raise ValueError("the state's rows do not fit its columns: it is damaged")
        self._typical.restore([], numbers[:2])
        self._window.restore(names, int(seen), rows.reshape(count, len(names)))

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"anomaly_detector": ClippedZScore(), "window_size": 32, "n_similar": 4}
