"""The rivals, in the settings their own documentation shows."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from river import anomaly, base, compose, preprocessing
from sklearn.ensemble import IsolationForest

from common.contestants import Contestant, Run, prequential
from common.data import FloatArray, as_events

Model = base.AnomalyDetector | compose.Pipeline
LODA_ROWS = 3_000


def half_space_trees() -> Model:
    """Return River's half-space trees behind the scaling to [0, 1] that they need."""
    return preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(n_trees=25, seed=42)


def one_class_svm() -> Model:
    """Return River's linear one-class SVM behind a standard scaler."""
    return preprocessing.StandardScaler() | anomaly.OneClassSVM(nu=0.1)


def loda() -> Model:
    """Return River's LODA, which scales by itself."""
    return anomaly.LODA(seed=42)


def streaming(*, slow: bool = True, loda_rows: int = LODA_ROWS) -> list[Contestant]:
    """Return River's detectors; LODA, some hundred times slower, only when `slow`, on few rows."""
    found = [
        Contestant(
            "River MinMaxScaler | HalfSpaceTrees", functools.partial(_run, half_space_trees)
        ),
        Contestant("River StandardScaler | OneClassSVM", functools.partial(_run, one_class_svm)),
    ]
    if slow:
        found.append(
            Contestant(
                f"River LODA (first {loda_rows:,} rows)", functools.partial(_run, loda), loda_rows
            )
        )
    return found


def isolation_forest() -> Contestant:
    """Return scikit-learn's isolation forest, which sees every row before it scores the first."""
    return Contestant("scikit-learn IsolationForest (hindsight)", _isolation_forest)


def _run(build: Callable[[], Model], rows: FloatArray) -> Run:
    model, events = build(), list(as_events(rows))
    start = time.process_time()
    scores = prequential(model, events)
    return Run(scores, time.process_time() - start)


def _isolation_forest(rows: FloatArray) -> Run:
    forest = IsolationForest(random_state=0)
    start = time.process_time()
    forest.fit(rows)
    scores = -forest.score_samples(rows)
    return Run(scores, time.process_time() - start)
