"""How well scores rank the anomalies first."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from common.data import FloatArray, LabelArray


def ranking_quality(labels: LabelArray, scores: FloatArray) -> tuple[float, float]:
    """Return the ROC AUC and the average precision, both NaN when only one class is present.

    Raises
    ------
    ValueError
        If a score is not finite, which no detector may give.
    """
    if not np.isfinite(scores).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(scores))} scores are not finite")
    if labels.min() == labels.max():
        return float("nan"), float("nan")
    return (
        float(roc_auc_score(labels, scores)),
        float(average_precision_score(labels, scores)),
    )
