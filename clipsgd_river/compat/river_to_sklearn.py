"""Any anomaly detector of River as an outlier detector of scikit-learn."""

from __future__ import annotations

from math import isfinite
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from river import base
from river.stats import RollingQuantile
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted

from clipsgd_river import _settings
from clipsgd_river._faces.outlier import ThresholdedOutlierMixin
from clipsgd_river._tables.fitted import validated_rows
from clipsgd_river._tables.rows import Rows

# The running quantile looks back over so many events, and over ten times 1 / contamination.
SHORTEST_MEMORY = 1_000


class River2SKLOutlierDetector(ThresholdedOutlierMixin, BaseEstimator):  # type: ignore[misc]
    r"""Outlier detector of scikit-learn whose rows a River anomaly detector learns as events.

    Choose it to put a detector that only River has into a scikit-learn pipeline, a search of
    parameters or a comparison. The detectors of `clipsgd_river.anomaly` need no bridge where they
    have scikit-learn's face already.

    Parameters
    ----------
    river_estimator
        A River anomaly detector or anomaly filter, or a River pipeline that ends in one; none that
        wants a target. It says what is learned and stays as it is: `fit` starts from a clone.
    contamination
        Expected share of anomalies, in (0, 0.5]; sets `offset_` and so `predict`, not the scores.

    Attributes
    ----------
    instance_
        The River detector that learned the rows.
    offset_
        Where `score_samples` turns from anomalous to normal. After `fit` the ``contamination``
        quantile of the rows it was given; after `partial_fit` that of the scores of the last 1,000
        rows (or 10 / contamination, if that is more), each scored before it was learned.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Notes
    -----
    A row is the event {column: value}, with the names of a frame, or 0..d-1. A NaN is left out of
    the event, which is how River says that a feature is missing; infinite values are a
    ``ValueError``, since few River detectors survive one.

    Costs what the River detector does: each row of `fit` is learned once and scored once, each row
    of `partial_fit` scored and learned.

    Examples
    --------
    >>> import numpy as np
    >>> from river import anomaly, preprocessing
    >>> from clipsgd_river.compat import River2SKLOutlierDetector
    >>> X = np.random.default_rng(0).normal(size=(600, 2))
    >>> X[400:406] = 8.0
    >>> trees = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=1)
    >>> model = River2SKLOutlierDetector(trees, contamination=0.01).fit(X)
    >>> np.flatnonzero(model.predict(X) == -1).tolist()
    [400, 401, 402, 403, 404, 405]
    """

    def __init__(
        self,
        river_estimator: base.AnomalyDetector | base.AnomalyFilter,
        contamination: float = 0.01,
    ) -> None:
        self.river_estimator = river_estimator
        self.contamination = contamination

    def fit(self, X: Any, y: Any = None) -> Self:
        """Let a clone of ``river_estimator`` learn the rows in order.

        Parameters
        ----------
        X
            Array-like or frame of shape (n_samples, n_features); NaN is missing.
        y
            Ignored.

        Raises
        ------
        TypeError
            If ``river_estimator`` is not an anomaly detector, or wants a target.
        """
        share = self._start()
        rows = validated_rows(self, X, reset=True, infinite=False)
        for x in rows.events():
            self.instance_.learn_one(x)
        scores = self._scores(rows)
        self._remember(scores)
        # The same quantile that scikit-learn's IsolationForest takes.
        self.offset_ = float(np.percentile(-scores, 100.0 * share))
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Go on learning, row by row.

        Parameters
        ----------
        X, y
            As in `fit`.
        """
        first = not hasattr(self, "instance_")
        rows = validated_rows(self, X, reset=first, infinite=False)
        if first:
            self._start()
        scores = np.empty(len(rows.values))
        for n, x in enumerate(rows.events()):
            scores[n] = self.instance_.score_one(x)
            self.instance_.learn_one(x)
        self._remember(scores)
        self.offset_ = -float(self._quantile.get() or 0.0)
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Minus the River score of each row, shape (n_samples,): higher = more normal.

        Raises
        ------
        NotFittedError
            If nothing has been learned.
        """
        check_is_fitted(self, "instance_")
        return -self._scores(validated_rows(self, X, reset=False, infinite=False))

    def _start(self) -> float:
        """Begin anew; returns the checked contamination."""
        share = _settings.contamination(self.contamination)
        _require_detector(self.river_estimator)
        self.instance_ = self.river_estimator.clone()
        memory = max(SHORTEST_MEMORY, round(10.0 / share))
        self._quantile = RollingQuantile(1.0 - share, memory)
        return share

    def _scores(self, rows: Rows) -> NDArray[np.float64]:
        return np.array([self.instance_.score_one(x) for x in rows.events()], dtype=np.float64)

    def _remember(self, scores: NDArray[np.float64]) -> None:
        for score in scores.tolist():
            # River has detectors whose first scores are infinite.
            if isfinite(score):
                self._quantile.update(score)


def convert_river_to_sklearn(estimator: Any, contamination: float = 0.01) -> Any:
    """Wrap a River anomaly detector as an outlier detector of scikit-learn.

    The namesake in `river.compat`, which has none for anomaly detectors.

    Parameters
    ----------
    estimator
        A River anomaly detector or filter, or a pipeline that ends in one. One with scikit-learn's
        face of its own is returned as it is.
    contamination
        Expected share of anomalies, in (0, 0.5], for the wrapper.

    Raises
    ------
    TypeError
        If it is anything else.

    Examples
    --------
    >>> from river import anomaly
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> from clipsgd_river.compat import convert_river_to_sklearn
    >>> convert_river_to_sklearn(anomaly.LocalOutlierFactor()).__class__.__name__
    'River2SKLOutlierDetector'
    >>> convert_river_to_sklearn(ClippedZScore())
    ClippedZScore()
    """
    if isinstance(estimator, BaseEstimator) and isinstance(estimator, OutlierMixin):
        return estimator
    _require_detector(estimator)
    return River2SKLOutlierDetector(estimator, contamination)


def _require_detector(estimator: Any) -> None:
    if not isinstance(
        estimator, base.AnomalyDetector | base.AnomalyFilter | base.SupervisedAnomalyDetector
    ):
        raise TypeError(
            f"{type(estimator).__name__} is not an anomaly detector of River, nor a pipeline that "
            "ends in one; for classifiers and regressors there is river.compat"
        )
    if estimator._supervised:
        raise TypeError(
            f"{type(estimator).__name__} scores a target beside the event, which an outlier "
            "detector of scikit-learn is never given to predict; put the target among the features "
            "of an unsupervised detector"
        )
