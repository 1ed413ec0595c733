"""Every public metric is a metric of River in all respects, found by discovery."""

from __future__ import annotations

import copy
import datetime as dt
import math
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from conftest import discover_detectors, name_of
from river import anomaly as river_anomaly
from river import base, datasets, evaluate, linear_model, preprocessing, utils
from river import metrics as river_metrics

from clipsgd_river import alerts, anomaly, metrics

pytestmark = pytest.mark.either_mode

# What a default does not show, by class; each class comes with its defaults too.
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "AveragePrecision": [{"window": 7}, {"window": None}],
    "DetectionDelay": [{"changes": [10, 40], "within": 15, "threshold": 0.5}],
    "RecoveryTime": [
        {"changes": [10, 40], "window": 5, "of": "score"},
        {"changes": [10, 40], "window": 5, "of": "error", "tolerance": 0.5},
    ],
    "NAB": [{"threshold": 0.5, "profile": "reward_low_FP_rate", "skip": 5}],
    "Precision": [{"threshold": 0.3}],
    "VUSPR": [{"window": 8, "thresholds": 20}],
}


def discover_metrics() -> Iterator[Any]:
    for name in metrics.__all__:
        cls = getattr(metrics, name)
        for parameters in ({}, *PARAMETERS.get(name, ())):
            yield cls(**parameters)


METRICS = list(discover_metrics())
OF_ALERTS = [m for m in METRICS if isinstance(m, river_metrics.base.ClassificationMetric)]
EVENTS = list(datasets.Shuttle().take(60))
every_metric = pytest.mark.parametrize("metric", METRICS, ids=str)


def answers(n: int, seed: int = 0) -> list[tuple[bool, float]]:
    """Labels, in runs, and scores with ties."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.random(n) < 0.3, rng.integers(1, 5, n))[:n]
    scores = np.round(0.8 * rng.random(n) + 0.19 * labels, 2)
    return list(zip(labels.tolist(), scores.tolist(), strict=True))


def fed(metric: Any, pairs: list[tuple[bool, float]]) -> Any:
    for y_true, y_pred in pairs:
        metric.update(y_true, y_pred)
    return metric


def has_small_window(metric: Any) -> bool:
    """Whether events leave the metric by themselves, so that they cannot be taken back."""
    return isinstance(metric, metrics.AveragePrecision) and metric.window == 7


def cannot_roll(metric: Any) -> bool:
    """Whether there is no way to take an event out again."""
    return isinstance(metric, metrics.NAB | metrics.VUSPR)


def test_every_metric_is_discovered() -> None:
    found = {type(metric).__name__ for metric in METRICS}
    assert found == set(metrics.__all__)
    assert found >= {"AlertRate", "AveragePrecision", "DetectionDelay", "Precision", "Recall", "F1"}
    assert len(OF_ALERTS) >= len(METRICS) - 1


@every_metric
def test_it_says_its_name_and_value(metric: Any) -> None:
    subject = metric.clone()
    assert isinstance(subject, river_metrics.base.Metric)
    assert repr(subject).startswith(f"{type(metric).__name__}: 0")
    assert subject.__doc__ != type(metric).__mro__[1].__doc__
    assert math.isfinite(subject.get())
    assert math.isfinite(fed(subject, answers(60)).get())
    assert isinstance(subject.bigger_is_better, bool)
    assert isinstance(subject.works_with_weights, bool)
    assert not hasattr(subject, "requires_labels") or subject.requires_labels is False


@every_metric
def test_a_clone_is_fresh_and_has_the_parameters(metric: Any) -> None:
    subject = fed(metric.clone(), answers(60))
    fresh = subject.clone()
    assert fresh.get() == metric.get() == 0.0
    assert fresh._get_params() == metric._get_params()
    assert fed(fresh, answers(60)).get() == subject.get()
    full = subject.clone(include_attributes=True)
    assert full.get() == subject.get()


@every_metric
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_goes_on_alike_and_apart(metric: Any, copied: Any) -> None:
    subject = fed(metric.clone(), answers(30))
    twin = copied(subject)
    before = subject.get()
    fed(twin, answers(30, seed=1))
    assert subject.get() == before
    assert fed(subject, answers(30, seed=1)).get() == twin.get()


@every_metric
def test_it_rolls_over_events_and_time(metric: Any) -> None:
    parameters = metric._get_params()
    rolling = utils.Rolling(type(metric), window_size=20, **parameters)
    over_time = utils.TimeRolling(type(metric), period=dt.timedelta(hours=20), **parameters)
    if cannot_roll(metric):
        with pytest.raises(NotImplementedError, match="all that was before"):
            fed(rolling, answers(60))
        return
    if has_small_window(metric):
        with pytest.raises(ValueError, match="leave the window"):
            fed(rolling, answers(60))
        return
    pairs = answers(60)
    for hour, (y_true, y_pred) in enumerate(pairs):
        rolling.update(y_true, y_pred)
        moment = dt.datetime(2026, 1, 1) + dt.timedelta(hours=hour)
        over_time.update(y_true, y_pred, t=moment)
    assert over_time.get() == pytest.approx(rolling.get(), abs=1e-12)
    assert rolling.works_with(anomaly.ClippedZScore()) == metric.works_with(anomaly.ClippedZScore())
    if metric.works_with_weights:
        # The others depend on what came before the window.
        assert rolling.get() == pytest.approx(fed(metric.clone(), pairs[-20:]).get(), abs=1e-12)


@pytest.mark.parametrize(
    "metric", [m for m in METRICS if m.works_with_weights and not has_small_window(m)], ids=str
)
def test_reverting_undoes(metric: Any) -> None:
    subject = fed(metric.clone(), answers(30))
    before = subject.get()
    for y_true, y_pred in answers(12, seed=3):
        subject.update(y_true, y_pred, w=2.0)
    assert subject.get() != before
    for y_true, y_pred in reversed(answers(12, seed=3)):
        subject.revert(y_true, y_pred, w=2.0)
    assert subject.get() == pytest.approx(before, abs=1e-12)


@pytest.mark.parametrize("metric", OF_ALERTS, ids=str)
def test_metrics_add_up(metric: Any) -> None:
    for both in (river_metrics.ROCAUC() + metric.clone(), metric.clone() + river_metrics.ROCAUC()):
        assert isinstance(both, river_metrics.base.Metrics)
        apart = fed(metric.clone(), answers(60))
        assert apart.get() in fed(both, answers(60)).get()
        assert both.works_with(anomaly.ClippedZScore())
        assert both.clone().get() != both.get()
        # The newest first, as an undoing; which a window of its own allows too.
        if not cannot_roll(metric):
            both.revert(*answers(60)[-1])


@pytest.mark.parametrize("detector", list(discover_detectors()), ids=name_of)
def test_metrics_work_with_what_river_can_evaluate(detector: Any) -> None:
    supervised = isinstance(
        getattr(detector, "anomaly_detector", detector), base.SupervisedAnomalyDetector
    )
    both = river_metrics.base.Metrics([metric.clone() for metric in OF_ALERTS])
    assert all(metric.works_with(detector) != supervised for metric in both)
    if supervised:
        with pytest.raises(ValueError, match="not compatible"):
            evaluate.progressive_val_score(EVENTS, detector.clone(), both)
        return
    evaluate.progressive_val_score(EVENTS, detector.clone(), both)
    subject = detector.clone()
    wanted = river_metrics.base.Metrics([metric.clone() for metric in OF_ALERTS])
    for x, y in EVENTS:
        score = subject.score_one(x)
        is_filter = isinstance(detector, base.AnomalyFilter)
        wanted.update(y, subject.classify(score) if is_filter else score)
        subject.learn_one(x)
    assert both.get() == wanted.get()


MODELS = {
    "scaler and detector": lambda: preprocessing.StandardScaler() | anomaly.ClippedZScore(),
    "detector of River": lambda: (
        preprocessing.MinMaxScaler() | river_anomaly.HalfSpaceTrees(seed=1, window_size=20)
    ),
    "filter around a pipeline": lambda: alerts.AlertBudget(
        preprocessing.StandardScaler() | anomaly.ClippedZScore(), 0.1
    ),
    "tail filter": lambda: alerts.TailFilter(anomaly.ClippedZScore(), 0.1, warm_up=20),
    "threshold": lambda: river_anomaly.ThresholdFilter(anomaly.ClippedZScore(), threshold=0.6),
    "quantile": lambda: river_anomaly.QuantileFilter(anomaly.ClippedZScore(), q=0.8),
    "classifier after a filter": lambda: (
        river_anomaly.QuantileFilter(anomaly.ClippedZScore(), q=0.8)
        | linear_model.LogisticRegression()
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_metrics_run_in_progressive_validation(name: str) -> None:
    both = river_metrics.base.Metrics([metric.clone() for metric in OF_ALERTS])
    steps = evaluate.iter_progressive_val_score(EVENTS * 3, MODELS[name](), both, step=90)
    last = list(steps)[-1]
    assert {type(metric).__name__ for metric in OF_ALERTS} <= last.keys()
    rate = next(metric for metric in both if isinstance(metric, metrics.AlertRate))
    assert 0.0 <= rate.get() < 1.0
    rolling = utils.Rolling(metrics.AlertRate, window_size=50)
    assert evaluate.progressive_val_score(EVENTS, MODELS[name](), rolling).get() < 1.0


@pytest.mark.parametrize("metric", OF_ALERTS, ids=str)
def test_a_filter_at_the_end_of_a_pipeline_is_refused_in_words(metric: Any) -> None:
    model = preprocessing.StandardScaler() | alerts.AlertBudget(anomaly.ClippedZScore())
    assert isinstance(model, base.AnomalyFilter)
    with pytest.raises(ValueError, match="not compatible with"):
        evaluate.progressive_val_score(EVENTS, model, metric.clone())


def test_other_models_are_refused() -> None:
    for metric in OF_ALERTS:
        assert metric.works_with(linear_model.LogisticRegression())
        assert metric.works_with(linear_model.LinearRegression()) == (
            getattr(metric, "of", None) == "error"
        )
