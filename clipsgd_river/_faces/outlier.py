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

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
