"""River's drift detectors, filters and metrics beside ours: what works, and what River refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from river import anomaly as river_anomaly
from river import drift, evaluate
from river import metrics as river_metrics

from clipsgd_river import metrics
from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.anomaly import ClippedZScore

pytestmark = pytest.mark.either_mode

FILTERS = [
    lambda: AlertBudget(ClippedZScore(), 0.02),
    lambda: TailFilter(ClippedZScore(), 0.01),
    lambda: river_anomaly.QuantileFilter(ClippedZScore(), q=0.98),
    lambda: river_anomaly.ThresholdFilter(ClippedZScore(), threshold=0.9),
]


def stream(n: int = 1_500) -> list[tuple[dict[str, float], bool]]:
    """Ordinary events, and one in fifty far off."""
    rng = np.random.default_rng(0)
    odd = (np.arange(n) % 50 == 0) & (np.arange(n) > 200)
    values = rng.standard_normal(n) + 20.0 * odd
    return [({"a": v}, bool(y)) for v, y in zip(values.tolist(), odd.tolist(), strict=True)]


@pytest.mark.parametrize("make", FILTERS)
@pytest.mark.parametrize("metric", [river_metrics.ROCAUC, metrics.F1, metrics.Recall])
def test_filters_are_evaluated(make: Any, metric: Any) -> None:
    found = evaluate.progressive_val_score(stream(), make(), metric())
    assert found.get() > 0.5


@pytest.mark.parametrize("make", FILTERS)
@pytest.mark.parametrize(
    "metric", [river_metrics.F1, river_metrics.Precision, river_metrics.Accuracy]
)
def test_metrics_of_labels_refuse_filters(make: Any, metric: Any) -> None:
    with pytest.raises(ValueError, match="not compatible"):
        evaluate.progressive_val_score(stream(), make(), metric())


@pytest.mark.parametrize("make", [drift.ADWIN, lambda: drift.KSWIN(seed=1), drift.PageHinkley])
def test_drift_detectors_take_the_distances_of_verdicts(make: Any) -> None:
    rng = np.random.default_rng(1)
    model, watcher, found = AlertBudget(ClippedZScore(), 0.01), make(), []
    for t in range(2_000):
        value = float(rng.normal(0.0, 1.0 if t < 1_000 else 30.0))
        watcher.update(model.judge_learn_one({"a": value}).distance)
        if watcher.drift_detected:
            found.append(t)
    assert any(1_000 < t < 1_200 for t in found)


def test_a_quantile_filter_goes_around_what_a_budget_has_learned() -> None:
    budget = AlertBudget(ClippedZScore(), 0.02)
    outer = river_anomaly.QuantileFilter(budget.anomaly_detector, q=0.98)
    for x, _ in stream():
        budget.learn_one(x)
    assert outer.score_one({"a": 30.0}) == budget.score_one({"a": 30.0}) > 0.9
