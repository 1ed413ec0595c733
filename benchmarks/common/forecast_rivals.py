"""River's PredictiveAnomalyDetection as a rival on series."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def predictive_scores(
    forecaster: object, values: NDArray[np.float64], *, first: int, undefined: float
) -> NDArray[np.float64]:
    """Return the score of each value by River's PredictiveAnomalyDetection, in one pass.

    Its number of deviations is so large that its scores, which end at 1, do not end before they
    rank.

    Parameters
    ----------
    forecaster
        A forecaster of River, which has learned nothing.
    values
        Shape (n,).
    first
        The place of the first value to score; those before it have 0.
    undefined
        The score of a value where the forecast has become infinite or NaN.
    """
    from river import anomaly

    detector = anomaly.PredictiveAnomalyDetection(forecaster, n_std=1e3, warmup_period=100)  # type: ignore[arg-type]  # a forecaster
    scores = np.zeros(len(values))
    for n, value in enumerate(values.tolist()):
        if n >= first:
            found = detector.score_one({}, value)
            scores[n] = found if math.isfinite(found) else undefined
        detector.learn_one({}, value)
    return scores
