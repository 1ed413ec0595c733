"""Any outlier detector of scikit-learn as an anomaly detector of River."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import base
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags

from clipsgd_river import _settings
from clipsgd_river._faces.rows_as_events import RowsAsEvents
from clipsgd_river._kernels.core.typical_distance import TypicalDistance
from clipsgd_river._tables.rows import rows_of
from clipsgd_river.compat._event_window import EventWindow, check_numbers
from clipsgd_river.compat._fitted import FittedDetector, seeded_clone

# What is usual is seen anew whenever so large a share of the window has changed.
RENEWED_SHARE = 0.125


class SKL2RiverAnomalyDetector(RowsAsEvents, base.AnomalyDetector):
    """River anomaly detector that lets an outlier detector of scikit-learn learn the stream.

    Choose it to run `IsolationForest`, `LocalOutlierFactor`, `OneClassSVM`, `EllipticEnvelope`,
    `SGDOneClassSVM` or any other estimator with ``score_samples`` (a pipeline, a density) on
    events, beside River's own detectors. An estimator with ``partial_fit`` goes on learning;
    any other is fitted again and again on a window of recent events.

    Scores come from how far ``score_samples`` of an event lies below its median over the window, in
    units of its spread there; ``docs/scikit_learn_bridge.md`` has the formula, and what happens to
    features that come and go.

    Parameters
    ----------
    estimator
        A scikit-learn estimator with ``fit`` and ``score_samples``; of `LocalOutlierFactor`, the
        one with ``novelty=True``. It says what is learned and stays as it is: a clone learns.
    window_size
        Recent events that are kept: to fit on, and to say what normality is usual.
    learn_every
        Events between two fits, or in a batch of ``partial_fit``; 1 to ``window_size``. ``None``:
        1 with ``partial_fit``, a quarter of the window otherwise.
    refit
        Whether the estimator is fitted anew on the window instead of by ``partial_fit``.
        ``None``: only if it has no ``partial_fit``.
    max_features
        More features than this raise a ``ValueError``.
    seed
        For every ``random_state`` of the estimator that is ``None``, so that runs repeat.

    Notes
    -----
    Until the first ``learn_every`` events have come nothing is fitted and all scores are 0.0;
    ``ready`` tells. An error of the estimator while it is fitted is one of `learn_one`; the
    estimator fitted before stays.

    A missing value is NaN to an estimator that accepts NaN, and the median of its column for any
    other. Nothing here bounds what one event does to the estimator: put
    `clipsgd_river.preprocessing.ClippedScaler` before it. There is no state file, since
    scikit-learn has none without pickle.

    Examples
    --------
    >>> from river import datasets, metrics
    >>> from sklearn.svm import OneClassSVM
    >>> from clipsgd_river.compat import SKL2RiverAnomalyDetector
    >>> from clipsgd_river.preprocessing import ClippedScaler
    >>> model = ClippedScaler() | SKL2RiverAnomalyDetector(OneClassSVM(nu=0.1))
    >>> auc = metrics.ROCAUC()
    >>> for x, is_anomaly in datasets.Shuttle().take(2000):
    ...     auc.update(is_anomaly, model.score_one(x))
    ...     model.learn_one(x)
    >>> auc
    ROCAUC: 8...%
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        *,
        window_size: int = 256,
        learn_every: int | None = None,
        refit: bool | None = None,
        max_features: int = 1_000,
        seed: int = 0,
    ) -> None:
        self.estimator = estimator
        self.window_size = window_size
        self.learn_every = learn_every
        self.refit = refit
        self.max_features = max_features
        self.seed = seed
        size = _settings.count("window_size", window_size)
        self._refits = _refits(estimator, refit)
        self._batch = (
            (max(1, size // 4) if self._refits else 1)
            if learn_every is None
            else _settings.count("learn_every", learn_every, largest=size)
        )
        self._passes_missing = bool(get_tags(estimator).input_tags.allow_nan)
        self._window = EventWindow(size, _settings.count("max_features", max_features))
        self._fitted: FittedDetector | None = None
        self._typical = TypicalDistance()
        # Events that were not learned yet, and those since it was last seen what is usual.
        self._pending = 0
        self._unseen = 0

    @property
    def ready(self) -> bool:
        """Whether the estimator has been fitted: scores are 0.0 before."""
        return self._fitted is not None

    def learn_one(self, x: dict[base.typing.FeatureName, Any]) -> None:
        """Take an event into the window; every ``learn_every`` events the estimator learns.

        Raises as `ClippedZScore.learn_one` does.
        """
        if self._window.push(x):
            self._pending += 1
            if self._pending == self._batch:
                self._learn_pending()

    def score_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Score of an event in [0, 1), higher = more anomalous; the typical event gets 0.5.

        0.0 before the estimator was fitted. Changes nothing.
        """
        score: float = self._typical.score(self.distance_one(x))
        return score

    def distance_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Distance behind the score: finite, at least 0, unbounded above. Changes nothing."""
        if self._fitted is None:
            check_numbers(x)
            return 0.0
        return float(self._fitted.distances(self._fitted.row(x))[0])

    def score_many(self, X: Any) -> Any:
        """Scores of rows, in the caller's kind: ndarray (n,), or a Series with the frame's index.

        One call of the estimator: a forest takes hundreds of rows in the time of one. The same as
        `score_one` on each, as far as the estimator rounds many rows as it rounds one. Changes
        nothing.
        """
        rows = self._to_answer(rows_of(X))
        return rows.like_input(np.array(self._scores(list(rows.events()))), "score")

    def score_learn_many(self, X: Any) -> NDArray[np.float64]:
        """Scores of rows, shape (n,), each before it is learned: one call per batch."""
        scores: list[float] = []
        block: list[dict[Any, float]] = []
        for x in self._to_learn(rows_of(X)).events():
            block.append(x)
            if self._pending + len(block) >= self._batch:
                scores += self._score_and_learn(block)
                block = []
        return np.array(scores + self._score_and_learn(block))

    @property
    def _known_features(self) -> Collection[Any]:
        return self._window.columns

    def _score_and_learn(self, block: list[dict[Any, float]]) -> list[float]:
        """Scores of events, the last of which may make the estimator learn."""
        scores = self._scores(block)
        for x in block:
            self.learn_one(x)
        return scores

    def _scores(self, block: list[dict[Any, float]]) -> list[float]:
        if self._fitted is None or not block:
            return [0.0] * len(block)
        rows = np.vstack([self._fitted.row(x) for x in block])
        return [self._typical.score(distance) for distance in self._fitted.distances(rows).tolist()]

    def _learn_pending(self) -> None:
        count, self._pending = self._pending, 0
        self._unseen += count
        recent = self._window.last(count)
        if self._fitted is not None:
            for distance in self._fitted.distances(self._fitted.take(recent)).tolist():
                self._typical.observe(distance)
        names = self._window.present()
        if self._fitted is None or self._refits or not self._fitted.knows(names):
            self._start(names)
        else:
            self._fitted.model.partial_fit(self._fitted.take(recent))
            if self._unseen >= RENEWED_SHARE * self._window.size:
                self._fitted.refer(self._window.all())
                self._unseen = 0

    def _start(self, names: list[Any]) -> None:
        """Fit a new clone on the window."""
        columns = {name: self._window.columns[name] for name in names}
        fresh = FittedDetector(
            seeded_clone(self.estimator, self.seed), columns, self._passes_missing
        )
        fresh.learn(self._window, goes_on=not self._refits)
        first, self._fitted, self._unseen = self._fitted is None, fresh, 0
        if first:
            # No event has a distance from before it was learned yet; that of the median is 1.
            self._typical.start_at(1.0, len(self._window.all()))

    def __sklearn_clone__(self) -> SKL2RiverAnomalyDetector:
        # scikit-learn's clone of a River object would be a copy with all that was learned.
        return self.clone()

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        from sklearn.ensemble import IsolationForest
        from sklearn.linear_model import SGDOneClassSVM

        yield {"estimator": IsolationForest(n_estimators=10)}
        yield {"estimator": SGDOneClassSVM()}


def convert_sklearn_to_river(
    estimator: BaseEstimator, **options: Any
) -> SKL2RiverAnomalyDetector | base.AnomalyDetector:
    """Wrap an outlier detector of scikit-learn as a River anomaly detector.

    The namesake in `river.compat`, which has none for outlier detectors.

    Parameters
    ----------
    estimator
        A scikit-learn estimator with ``fit`` and ``score_samples``. One that is a River detector
        too is returned as it is.
    options
        Those of `SKL2RiverAnomalyDetector`.

    Examples
    --------
    >>> from sklearn.neighbors import LocalOutlierFactor
    >>> from clipsgd_river.compat import convert_sklearn_to_river
    >>> model = convert_sklearn_to_river(LocalOutlierFactor(novelty=True), window_size=100)
    >>> for n in range(200):
    ...     model.learn_one({"phase": n * 0.618 % 1.0})
    >>> model.score_one({"phase": 0.5}) < 0.6 < 0.95 < model.score_one({"phase": 3.0})
    True
    >>> convert_sklearn_to_river(LocalOutlierFactor())
    Traceback (most recent call last):
        ...
    TypeError: LocalOutlierFactor has no score_samples: set novelty=True
    """
    if isinstance(estimator, base.AnomalyDetector):
        return estimator
    return SKL2RiverAnomalyDetector(estimator, **options)


def _refits(estimator: Any, refit: bool | None) -> bool:
    """Whether an estimator is to be fitted anew; ``TypeError`` if it is not an outlier detector."""
    kind = type(estimator).__name__
    for method in ("fit", "score_samples"):
        if not hasattr(estimator, method):
            cure = ": set novelty=True" if hasattr(estimator, "novelty") else ""
            raise TypeError(f"{kind} has no {method}{cure}")
    if refit is None:
        return not hasattr(estimator, "partial_fit")
    if not refit and not hasattr(estimator, "partial_fit"):
        raise ValueError(f"{kind} has no partial_fit, so it can only be fitted anew: refit=True")
    return bool(refit)
