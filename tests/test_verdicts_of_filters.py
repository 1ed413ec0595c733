"""Verdicts: one pass, with scores, alerts and thresholds of the filter; asking changes nothing."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from river import anomaly as river_anomaly
from river import preprocessing

from clipsgd_river import metrics, plot
from clipsgd_river.alerts import AlertBudget, TailFilter, Verdict
from clipsgd_river.alerts.rules import (
    Calendar,
    Daily,
    Direction,
    LeastDeviation,
    SpecialEvents,
)
from clipsgd_river.anomaly import (
    ClippedEnsemble,
    ClippedMahalanobis,
    ClippedZScore,
    ResidualDetector,
)
from clipsgd_river.linear_model import ClippedLinearRegression

Event = dict[str, Any]
BACKUP = Calendar({"backup": Daily("02:00", "05:00")})
MAKERS: dict[str, Callable[[], Any]] = {
    "budget": lambda: AlertBudget(ClippedMahalanobis(), 0.02),
    "protected": lambda: AlertBudget(ClippedZScore(), 0.02, protect_anomaly_detector=True),
    "a day": lambda: AlertBudget(ClippedZScore(), alerts_per=(20, "day"), time="t"),
    "pipeline": lambda: AlertBudget(preprocessing.StandardScaler() | ClippedZScore(), 0.02),
    "river": lambda: AlertBudget(river_anomaly.HalfSpaceTrees(n_trees=3, seed=1), 0.02),
    "ensemble": lambda: AlertBudget(ClippedEnsemble(detectors=[ClippedZScore()]), 0.02),
    "tail": lambda: TailFilter(ClippedZScore(), 0.01),
    "tail, protected": lambda: TailFilter(ClippedZScore(), 0.01, protect_anomaly_detector=True),
    "rules": lambda: Direction(LeastDeviation(AlertBudget(ClippedZScore(), 0.02), absolute=5.0)),
    "special": lambda: SpecialEvents(AlertBudget(ClippedZScore(), 0.02), BACKUP, time="t"),
}


def stream(count: int = 500, seed: int = 0) -> Iterator[Event]:
    rng = random.Random(seed)
    for t in range(count):
        event = {"t": 60.0 * t, "a": rng.gauss(50, 5), "b": rng.gauss(0, 1)}
        if rng.random() < 0.03:
            event["a"] += 60.0
        yield event


def without_time(name: str, events: Iterator[Event]) -> Iterator[Event]:
    timed = name in ("a day", "rules", "special")
    return events if timed else ({k: v for k, v in x.items() if k != "t"} for x in events)


@pytest.mark.parametrize("name", MAKERS)
def test_a_verdict_is_what_the_filter_says(name: str) -> None:
    model, other = MAKERS[name](), MAKERS[name]()
    alerts = 0
    for i, event in enumerate(without_time(name, stream())):
        score, distance = model.score_one(event), model.distance_one(event)
        verdict = model.judge_learn_one(event, key=i % 2)
        alerts += verdict.is_alert
        if name != "special" or not math.isnan(verdict.score):
            assert (verdict.score, verdict.distance) == (score, distance)
        assert verdict.alert == other.alert_one(event, key=i % 2)
        if verdict.alert is not None and name != "special":
            assert verdict.score >= verdict.threshold * (1.0 - 1e-9)
            assert verdict.alert.score == score
    assert alerts == model.n_alerts_ == other.n_alerts_
    assert alerts > 0
    assert model.score_one(event) == other.score_one(event)


@pytest.mark.parametrize("name", MAKERS)
def test_asking_changes_nothing_and_foretells(name: str) -> None:
    model = MAKERS[name]()
    for i, event in enumerate(without_time(name, stream())):
        if i > 300 or i in (1, 2, 60):
            before = pickle.dumps(model)
            verdict = model.judge_one(event, key="x")
            assert pickle.dumps(model) == before
            assert repr(verdict) == repr(model.judge_learn_one(event, key="x"))
        else:
            model.learn_one(event)


def test_a_verdict_reads_as_its_parts() -> None:
    model = AlertBudget(ClippedZScore(), 0.01)
    for event in without_time("budget", stream()):
        model.learn_one(event)
    usual, odd = model.judge_one({"a": 50.0, "b": 0.0}), model.judge_one({"a": 300.0}, time=7)
    assert (usual.is_alert, usual.alert) == (False, None)
    assert odd.is_alert
    assert odd.score > odd.threshold == model.threshold_ == usual.threshold
    assert odd.alert is not None
    assert (odd.alert.time, odd.alert.features[0].feature) == (7, "a")
    assert model.judge_one({"a": 300.0}, unless=lambda alert: alert.score > 0.5).alert is None


def test_before_there_may_be_alerts_no_score_is_enough() -> None:
    for model in (AlertBudget(ClippedZScore()), TailFilter(ClippedZScore())):
        verdict = model.judge_learn_one({"a": 1.0})
        assert verdict.threshold >= 1.0
        assert not verdict.is_alert


def test_targets_reach_supervised_detectors_and_missing_ones_teach_nothing() -> None:
    for kind in (AlertBudget, TailFilter):
        model = kind(ResidualDetector(ClippedLinearRegression()), 0.01)
        for event in without_time("budget", stream()):
            model.judge_learn_one(event, event["a"] / 10)
        before = pickle.dumps(model)
        assert not model.judge_learn_one({"a": 50.0, "b": 0.0}, None).is_alert
        assert pickle.dumps(model) == before
        assert model.judge_one({"a": 50.0, "b": 0.0}, 1e4).is_alert


def test_muted_events_have_no_verdict() -> None:
    model = SpecialEvents(AlertBudget(ClippedZScore(), 0.02), inside="mute")
    model.learn_one({"a": 1.0})
    model.begin("works")
    for verdict in (model.judge_one({"a": "no number"}), model.judge_learn_one({"a": 1.0})):
        assert math.isnan(verdict.score)
        assert not verdict.is_alert
    assert model.score_learn_one({"a": 1.0}) == model.score_one({"a": 1.0})


def test_metrics_take_verdicts() -> None:
    model, rate = AlertBudget(ClippedZScore(), 0.02), metrics.AlertRate()
    for event in without_time("budget", stream()):
        rate.update(None, model.judge_learn_one(event))
    assert rate.get() == model.alert_rate_ > 0.0


def test_pictures_take_verdicts() -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    model = AlertBudget(ClippedZScore(), 0.02)
    verdicts = [model.judge_learn_one(x) for x in without_time("budget", stream())]
    axes = plot.plot_scores(verdicts)
    shown = next(line for line in axes.lines if line.get_label() == "alert")
    assert len(shown.get_xdata()) == sum(verdict.is_alert for verdict in verdicts)
    (*_, alert) = (verdict for verdict in verdicts if verdict.is_alert)
    texts = [text.get_text() for text in plot.plot_contributions(alert).texts]
    assert texts == [text.get_text() for text in plot.plot_contributions(alert.alert).texts]
    with pytest.raises(ValueError, match="no alert"):
        plot.plot_contributions(Verdict(0.5, 1.0, 0.9))
