"""The detectors inside River's own machinery: pipelines, evaluation, filters."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from conftest import discover_detectors, name_of
from river import (
    anomaly,
    compose,
    datasets,
    evaluate,
    feature_extraction,
    metrics,
    preprocessing,
    stats,
    stream,
)
from river.base import AnomalyDetector

DETECTORS = [detector for detector in discover_detectors() if isinstance(detector, AnomalyDetector)]
EVENTS = list(datasets.Shuttle().take(500))

pytestmark = [
    pytest.mark.either_mode,
    pytest.mark.parametrize("detector", DETECTORS, ids=name_of),
]


def test_pipeline_passes_scaled_events_on(detector: Any) -> None:
    scaler, subject = preprocessing.StandardScaler(), detector.clone()
    pipeline = preprocessing.StandardScaler() | detector.clone()
    for x, _ in EVENTS:
        found = pipeline.score_one(x)
        wanted = subject.score_one(scaler.transform_one(x))
        assert found == wanted
        pipeline.learn_one(x)
        scaler.learn_one(x)
        subject.learn_one(scaler.transform_one(x))
    assert found > 0


def test_progressive_validation(detector: Any) -> None:
    metric = evaluate.progressive_val_score(
        dataset=EVENTS,
        model=preprocessing.StandardScaler() | detector.clone(),
        metric=metrics.ROCAUC(),
    )
    assert metric.get() > 0.8


def test_progressive_validation_is_the_loop(detector: Any) -> None:
    steps = evaluate.iter_progressive_val_score(
        dataset=EVENTS,
        model=detector.clone(),
        metric=metrics.ROCAUC(),
        step=250,
        yield_predictions=True,
    )
    rocauc, subject, checkpoints = metrics.ROCAUC(), detector.clone(), []
    for n, (x, y) in enumerate(EVENTS, start=1):
        rocauc.update(y, subject.score_one(x))
        subject.learn_one(x)
        if n % 250 == 0:
            checkpoints.append(rocauc.get())
    assert [step["ROCAUC"].get() for step in steps][-1] == checkpoints[-1]


@pytest.mark.parametrize("protect", [True, False])
def test_quantile_filter_flags_what_is_far(detector: Any, protect: bool) -> None:
    subject = anomaly.QuantileFilter(detector.clone(), q=0.95, protect_anomaly_detector=protect)
    for x, _ in EVENTS:
        score = subject.score_one(x)
        assert 0 <= score < 1
        subject.learn_one(x)
    far = dict.fromkeys(EVENTS[0][0], 1e6)
    assert subject.classify(subject.score_one(far))


def test_filter_in_a_pipeline_protects_what_follows(detector: Any) -> None:
    pipeline = anomaly.QuantileFilter(detector.clone(), q=0.9) | preprocessing.StandardScaler()
    for x, _ in EVENTS[:200]:
        pipeline.learn_one(x)
    assert pipeline.transform_one(EVENTS[0][0]).keys() == EVENTS[0][0].keys()


def test_one_hot_features_come_up_as_they_come(detector: Any) -> None:
    amount: Any = compose.Select("cpu")
    pipeline = (
        amount + (compose.Select("user") | preprocessing.OneHotEncoder())
    ) | detector.clone()
    users = itertools.cycle(["ann", "bob", "eve"])
    for n in range(300):
        x = {"cpu": float(n % 10), "user": next(users), "ignored": "text"}
        pipeline.score_one(x)
        pipeline.learn_one(x)
    usual = pipeline.score_one({"cpu": 5.0, "user": "bob"})
    odd = pipeline.score_one({"cpu": 500.0, "user": "bob"})
    assert 0 <= usual < odd < 1


def test_aggregates_of_a_key(detector: Any) -> None:
    pipeline = (
        compose.Select("amount")
        + feature_extraction.Agg(on="amount", by="account", how=stats.Mean())
    ) | detector.clone()
    for n in range(300):
        x = {"amount": float(n % 7), "account": "a" if n % 2 else "b"}
        pipeline.score_one(x)
        pipeline.learn_one(x)
    usual = pipeline.score_one({"amount": 3.0, "account": "a"})
    odd = pipeline.score_one({"amount": 3e4, "account": "a"})
    assert 0 <= usual < odd < 1


def test_select_hides_the_rest(detector: Any) -> None:
    pipeline = compose.Select("f1", "f2") | detector.clone()
    for x, _ in EVENTS[:100]:
        pipeline.learn_one({**x, "note": "text"})
    subject = detector.clone()
    for x, _ in EVENTS[:100]:
        subject.learn_one({"f1": x["f1"], "f2": x["f2"]})
    x = EVENTS[100][0]
    assert pipeline.score_one(x) == subject.score_one({"f1": x["f1"], "f2": x["f2"]})


def test_streams_of_river_and_sklearn(detector: Any) -> None:
    from sklearn.datasets import load_iris

    subject = detector.clone()
    for x, _ in stream.iter_sklearn_dataset(load_iris()):
        score = subject.score_one(x)
        subject.learn_one(x)
        assert 0 <= score < 1
    far = dict.fromkeys(x, 1e3)
    assert subject.score_one(far) > score


def test_learning_during_prediction_reaches_the_transformers(detector: Any) -> None:
    pipeline = preprocessing.StandardScaler() | detector.clone()
    scaler, subject = preprocessing.StandardScaler(), detector.clone()
    for x, _ in EVENTS[:200]:
        with compose.learn_during_predict():
            found = pipeline.score_one(x)
        scaler.learn_one(x)
        assert found == subject.score_one(scaler.transform_one(x))
        pipeline.learn_one(x)
        scaler.learn_one(x)
        subject.learn_one(scaler.transform_one(x))


def test_a_hundred_thresholds_see_what_ranking_sees(detector: Any) -> None:
    """River's area is a sum over thresholds; scores crowd between 0.3 and 0.9."""
    few, many, ranked = metrics.ROCAUC(), metrics.ROCAUC(n_thresholds=100), metrics.RollingROCAUC()
    subject = detector.clone()
    for x, y in EVENTS:
        score = subject.score_one(x)
        subject.learn_one(x)
        for metric in (few, many):
            metric.update(y, score)
        ranked.update(y, score)
    assert abs(many.get() - ranked.get()) < 0.005
    assert abs(few.get() - ranked.get()) < 0.05
