"""The part of scikit-learn's outlier face that follows from scores and an offset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import OutlierMixin

if TYPE_CHECKING:
    from sklearn.utils import Tags


class ThresholdedOutlierMixin(OutlierMixin):  # type: ignore[misc]
    """Outlier detector whose class has `score_samples` and `offset_`, and takes NaN for missing.

    Goes before ``BaseEstimator`` among the bases.
    """

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """``score_samples(X) - offset_``: negative for anomalies."""
        # Scores first: they say what is wrong with rows that do not fit.
        samples: NDArray[np.float64] = self.score_samples(X)
        offset: float = self.offset_
        return samples - offset

    def predict(self, X: Any) -> NDArray[np.int64]:
        """-1 for anomalies, 1 for normal rows; shape (n_samples,)."""
        return np.where(self.decision_function(X) >= 0.0, 1, -1)

    def fit_predict(self, X: Any, y: Any = None, **kwargs: Any) -> NDArray[np.int64]:
        """Fit on rows, then say of each whether it is an anomaly: -1, or 1 for normal ones.

        Every row is judged by the final state, which has learned all of them, itself and those
        after it too. For a stream, where a row is judged by what came before it, call
        ``score_learn_many``, or ``classify_learn_many`` of an alert filter.

        Parameters
        ----------
        X, y, kwargs
            As for `fit`.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        labels: NDArray[np.int64] = super().fit_predict(X, y, **kwargs)
        return labels

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
