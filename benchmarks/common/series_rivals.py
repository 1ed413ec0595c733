"""What `ClippedTimeSeries` is held against: detectors of one series, at fixed settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from common.forecast_rivals import predictive_scores

# HoltWinters has no forecast before it has seen a few values.
FORECASTS_FROM = 12


class Values(Protocol):
    """A series by its values."""

    @property
    def values(self) -> NDArray[np.float64]:
        """One an event."""


Run = Callable[[Values], NDArray[np.float64]]


def moving_z_score(series: Values) -> NDArray[np.float64]:
    """Return deviations from the mean of the last 200 values, in their standard deviations."""
    scores = np.zeros(len(series.values))
    for n in range(20, len(scores)):
        past = series.values[max(n - 200, 0) : n]
        scores[n] = abs(series.values[n] - past.mean()) / (past.std() + 1e-9)
    return 1.0 - 1.0 / (1.0 + scores)


def gaussian(series: Values) -> NDArray[np.float64]:
    """Return the scores of River's GaussianScorer."""
    from river import anomaly

    scorer = anomaly.GaussianScorer(window_size=None, grace_period=100)
    scores = np.zeros(len(series.values))
    for n, value in enumerate(series.values.tolist()):
        scores[n] = scorer.score_one(None, value)
        scorer.learn_one(None, value)
    return scores


def predictive(model: Callable[[], object]) -> Run:
    """Return a run of River's PredictiveAnomalyDetection around a forecaster."""

    def run(series: Values) -> NDArray[np.float64]:
        return predictive_scores(model(), series.values, first=FORECASTS_FROM, undefined=1.0)

    return run


def rivals() -> dict[str, Run]:
    """Return the rivals by name."""
    from river import time_series

    return {
        "moving z-score": moving_z_score,
        "River GaussianScorer": gaussian,
        "River PredictiveAnomalyDetection, HoltWinters(.3, .1)": predictive(
            lambda: time_series.HoltWinters(alpha=0.3, beta=0.1)
        ),
        "River PredictiveAnomalyDetection, SNARIMAX(12, 0, 0)": predictive(
            lambda: time_series.SNARIMAX(p=12, d=0, q=0)
        ),
    }
