"""AlertBudget: the rate for any sequence, the right events, any detector, River around it."""

from __future__ import annotations

import copy
import math
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import name_of
from hypothesis import given, settings
from hypothesis import strategies as st
from river import anomaly as river_anomaly
from river import compose, evaluate, metrics, preprocessing
from river.base import AnomalyDetector, AnomalyFilter, SupervisedAnomalyDetector

from clipsgd_river import COMPILED, checks
from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore, LabelDetector, ResidualDetector

Event = dict[Any, Any]
# Found by discovery: that around a ClippedZScore, at its defaults.
FILTERS = [
    AlertBudget(ClippedMahalanobis(), 0.05, protect_anomaly_detector=True),
    AlertBudget(LabelDetector(), 0.01),
]
EVENTS = 20_000 if COMPILED else 4_000


class Echo(AnomalyDetector):
    """Gives the feature ``s`` back as its score."""

    def __init__(self) -> None:
        self.learned = 0

    def learn_one(self, x: Event) -> None:
        self.learned += 1

    def score_one(self, x: Event) -> float:
        return float(x["s"])


class Target(SupervisedAnomalyDetector):
    """Gives the target back as its score."""

    def learn_one(self, x: Event, y: Any) -> None:
        """Learn nothing."""

    def score_one(self, x: Event, y: Any) -> float:
        return float(y)


def alerts_on(scores: Any, rate: float, **options: Any) -> np.ndarray[Any, Any]:
    """Run scores through a budget, one by one; returns which of them were alerts."""
    model = AlertBudget(Echo(), rate, **options)
    return np.array([model.alert_one({"s": s}) is not None for s in np.asarray(scores).tolist()])


def debts(alerts: np.ndarray[Any, Any], rate: float) -> np.ndarray[Any, Any]:
    """Alerts less what the budget allowed, after each event."""
    debt: np.ndarray[Any, Any] = np.cumsum(alerts) - rate * np.arange(1, len(alerts) + 1)
    return debt


def allowance(rate: float, n: int) -> np.ndarray[Any, Any]:
    """The bound of the docstring, after each event."""
    found: np.ndarray[Any, Any] = np.minimum(16.0, 4.0 + rate * np.arange(1, n + 1) / 10.0)
    return found


@pytest.mark.parametrize(
    ("model", "check"),
    [
        (model, check)
        for model in FILTERS
        for check in checks.yield_checks(model)
        if check.__module__.rpartition(".")[2] in ("batches", "copies", "state_files")
    ],
    ids=name_of,
)
def test_promise_of_other_kinds(model: Any, check: Any) -> None:
    check(model)


STREAMS = {
    "rising": lambda _, n: np.arange(n, dtype=float),
    "falling": lambda _, n: -np.arange(n, dtype=float),
    "constant": lambda _, n: np.full(n, 7.0),
    "two values": lambda rng, n: rng.integers(0, 2, n).astype(float),
    "exploding": lambda _, n: np.exp(np.linspace(0, 600, n)),
    "jumping by the hundred": lambda _, n: np.where(np.arange(n) // 100 % 2, 1e9, -1e9),
    "heavy": lambda rng, n: rng.standard_cauchy(n),
    "extreme": lambda rng, n: rng.choice([math.inf, -math.inf, 1e308, -1e308, 5e-324, 0.0], n),
}


@pytest.mark.parametrize("rate", [0.3, 0.01])
@pytest.mark.parametrize("name", STREAMS)
def test_the_bound_holds_for_any_sequence(name: str, rate: float) -> None:
    scores = STREAMS[name](np.random.default_rng(0), EVENTS)
    alerts = alerts_on(scores, rate)
    debt, c = debts(alerts, rate), allowance(rate, len(alerts))
    assert (debt <= c + 1.0).all()
    # The start takes 32 events, which at a rate of 0.3 are worth more than the first allowance.
    after = debt[1000:], c[1000:]
    assert (after[0] >= -after[1] - rate - 1e-9).all()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=40, max_size=120),
    st.sampled_from([0.5, 0.1, 0.02]),
)
def test_the_bound_holds_for_hostile_scores(pattern: list[float], rate: float) -> None:
    model = AlertBudget(Echo(), rate)
    scores = pattern * 5
    alerts = np.array([model.alert_one({"s": s}) is not None for s in scores])
    assert (debts(alerts, rate) <= allowance(rate, len(alerts)) + 1.0).all()
    assert math.isfinite(model.threshold_)
    assert all(map(math.isfinite, model._budget.snapshot()[1]))


def test_alerts_are_those_of_the_formula() -> None:
    """The ladder and the budget straight from their definitions, in NumPy."""
    rate = 0.01
    scores = np.random.default_rng(1).standard_t(3, 3000)
    assert (alerts_on(scores, rate) == naive_alerts(scores, rate)).all()


def naive_alerts(scores: Any, rate: float) -> np.ndarray[Any, Any]:
    """Quantiles with probabilities 1/2, 1/6, ... by pinball steps, and the count of alerts."""
    start = np.sort(scores[:32])
    location = (start[15] + start[16]) / 2
    ratios = np.ones(14)
    ratios[1] = start[26] - location
    seen = np.zeros(14)
    seen[:2] = 32, 16
    trace = np.zeros(2)
    alerts = np.zeros(len(scores), dtype=bool)
    for t in range(32, len(scores)):
        s, debt = scores[t], alerts.sum() - rate * t
        c = min(16.0, 4.0 + 0.1 * rate * t)
        if abs(debt) < c:
            more = (0.3 / c if debt > 0 else 0.06) * debt / (1 - (debt / c) ** 2)
            place = (-math.log(rate) + more - math.log(2)) / math.log(3)
            known = int((seen > 0).sum())
            shape = np.concatenate((ratios[1:known], np.full(20, ratios[max(known - 1, 2)])))
            if known <= 2:
                shape[1:] = 1.0
            spacing = np.cumprod(shape)
            k = max(math.ceil(place) - 1, 0)
            part, q = place - k, shape[k + 1]
            within = part if abs(math.log(q)) < 1e-6 else (q**part - 1) / (q - 1)
            if place <= 0:
                threshold = location + place * ratios[1]
            else:
                threshold = location + spacing[:k].sum() + spacing[k] * within
            alerts[t] = s > threshold
        else:
            alerts[t] = debt <= -c
        location, ratios, seen, trace = naive_step(s, location, ratios, seen, trace, 0.2 * rate)
    return alerts


def naive_step(
    s: float, location: float, ratios: Any, seen: Any, trace: Any, floor: float
) -> tuple[float, Any, Any, Any]:
    """Move the ladder for one score."""
    ratios, seen, trace = ratios.copy(), seen.copy(), trace.copy()

    def rate_of(k: int, mark: float, least: float) -> float:
        seen[k] += 1
        if k < 2:
            trace[k] += (mark - trace[k]) / 50
            if abs(trace[k]) > 0.7:
                return float(min(trace[k] ** 2, 0.3))
        return float(min(max(1 / (seen[k] + 10), min(least, 0.001)), 0.3))

    up = s > location
    moved = 2.7 * rate_of(0, 1.0 if up else -1.0, floor) * 0.5 * ratios[1]
    here, location = location, min(location + moved, s) if up else max(location - moved, s)
    if not up:
        return location, ratios, seen, trace
    excess, spacing, chance = s - here, 1.0, 0.5
    for k in range(1, 14):
        if k > 1 and seen[k] == 0:
            ratios[k] = ratios[k - 1] if k > 2 else 1.0
        ratio = ratios[k]
        above = excess > spacing * ratio
        rate = rate_of(k, 1.0 if above else -0.5, 2 * floor if k == 1 else floor / chance)
        if above:
            ratios[k] = min(ratio * (1 + 2.7 * rate * 2 / 3), excess / spacing)
        else:
            ratios[k] = max(ratio / (1 + 2.7 * rate / 3), excess / spacing)
        spacing *= ratio
        if not above:
            break
        excess -= spacing
        chance /= 3
    return location, ratios, seen, trace


@pytest.mark.parametrize("kind", ["normal", "heavy", "shift", "scale"])
def test_the_right_events_alert(kind: str) -> None:
    rng = np.random.default_rng(2)
    events = 20_000  # 200 alerts: of fewer, those the allowance lends would be a large share
    noise = rng.standard_t(1.5, events) if kind == "heavy" else rng.standard_normal(events)
    late = np.arange(events) >= events // 2
    scores = noise * (3.0 if kind == "scale" else 1.0) ** late + 10.0 * late * (kind == "shift")
    odd = rng.random(events) < 0.005
    scores[odd] += 20.0 * np.quantile(np.abs(noise), 0.99)
    alerts = alerts_on(scores, 0.01)
    assert alerts[odd].mean() > 0.9
    assert 0.9 < alerts.mean() / 0.01 < 1.1


def test_a_burst_alerts_on_its_first_events_and_then_on_what_is_far_beyond_it() -> None:
    scores = np.random.default_rng(3).standard_normal(4000)
    scores[2000:3000] += 100.0
    scores[2500] = 1e6
    alerts = np.flatnonzero(alerts_on(scores, 0.01)[2000:3000])
    assert alerts[0] == 0
    assert len(alerts) <= 0.01 * 1000 + 2 * allowance(0.01, 3000)[-1] + 1
    assert len(set(alerts.tolist()) & set(range(20))) >= 4


def test_after_a_level_shift_alerts_go_on_at_their_rate() -> None:
    rng = np.random.default_rng(4)
    model = AlertBudget(ClippedZScore(), 0.01, protect_anomaly_detector=True)
    half = EVENTS // 2
    for level in (0.0, 300.0):
        before = model.n_alerts_
        for value in rng.normal(level, 1.0, half).tolist():
            model.learn_one({"a": value})
        assert 0.5 < (model.n_alerts_ - before) / (0.01 * half) < 1.5
    assert model.expect_one()["a"][1] == pytest.approx(300.0, abs=2.0)


def test_no_alert_at_the_start() -> None:
    model = AlertBudget(ClippedZScore(warm_up=20), 0.5)
    for value in np.random.default_rng(5).standard_normal(51).tolist():
        assert model.alert_one({"a": value}) is None
        assert not model.classify(0.999)
    assert model.threshold_ == 1.0


def test_how_far_off_an_event_is_changes_nothing() -> None:
    scores = np.random.default_rng(6).standard_normal(500).tolist()
    states = []
    for far in (1e6, 1e300, math.inf):
        model = AlertBudget(Echo(), 0.01)
        for s in [*scores, far]:
            model.learn_one({"s": s})
        states.append(model._budget.snapshot()[1])
        assert 0.0005 < model._budget.tail_probability(3.0) < 0.008
    assert states[0] == states[1] == states[2]


def test_the_threshold_is_what_classify_compares_with() -> None:
    for model in (AlertBudget(Echo(), 0.05), AlertBudget(ClippedZScore(), 0.05)):
        for value in np.random.default_rng(7).standard_normal(600).tolist():
            model.learn_one({"s": value})
        limit = model.threshold_
        assert model.classify(limit + 1e-6)
        assert not model.classify(limit - 1e-6)


def test_alert_one_learn_one_and_rows_alert_alike() -> None:
    rows = np.random.default_rng(8).standard_t(3, (1500, 2))
    models = [AlertBudget(ClippedMahalanobis(), 0.02) for _ in range(4)]
    by_rows = models[0].classify_learn_many(rows)
    asked, learned, counted = [], [], []
    for row in rows.tolist():
        x = dict(enumerate(row))
        asked.append(models[1].alert_one(x) is not None)
        learned.append(models[2].classify(models[2].score_one(x)))
        before = models[2].n_alerts_
        models[2].learn_one(x)
        counted.append(models[2].n_alerts_ > before)
    assert by_rows.tolist() == asked == learned == counted
    assert models[0].to_bytes() == models[1].to_bytes() == models[2].to_bytes()


def test_a_refused_event_changes_nothing() -> None:
    for options in ({}, {"alerts_per": (1, "hour"), "time": "t"}):
        model = AlertBudget(ClippedZScore(), 0.1, **options)
        for i in range(100):
            model.learn_one({"a": float(i % 7), "t": 10.0 * i})
        before = model.to_bytes()
        for ask in (model.learn_one, model.alert_one, model.score_learn_one):
            with pytest.raises(TypeError, match="'a'"):
                ask({"a": "text", "t": 1e6})
        assert model.to_bytes() == before


def test_budget_in_time_is_kept_whatever_the_density_of_events() -> None:
    rng = np.random.default_rng(9)
    model = AlertBudget(ClippedZScore(), alerts_per=(10, "day"), time="at")
    moment, found = datetime(2026, 1, 1, tzinfo=UTC), []
    days = 20
    while (moment - datetime(2026, 1, 1, tzinfo=UTC)).days < days:
        night = moment.hour < 8
        moment += timedelta(seconds=float(rng.exponential(600 if night else 60)))
        if model.alert_one({"a": rng.normal(), "at": moment}):
            found.append(moment.day)
    assert abs(len(found) - 10 * days) <= 17
    assert model.alert_rate_ == pytest.approx(10, rel=0.1)
    assert np.bincount(found, minlength=days)[5 : days + 1].max() <= 25


def test_a_silence_earns_no_alerts() -> None:
    model = AlertBudget(Echo(), alerts_per=(1, "hour"), time="t")
    for i in range(500):
        model.learn_one({"s": float(i % 10), "t": 60.0 * i})
    before = model._budget.accrued
    model.learn_one({"s": 1.0, "t": 1e9})
    assert model._budget.accrued - before <= 1 / 6 + 1e-9
    model.learn_one({"s": 1.0, "t": 0.0})  # a clock that goes back
    assert model._budget.accrued >= before


def test_a_time_may_be_given_beside_the_event() -> None:
    rng = np.random.default_rng(4)
    inside, beside = (
        AlertBudget(ClippedZScore(), alerts_per=(50, "day"), time="t") for _ in range(2)
    )
    for i, value in enumerate(rng.standard_normal(400).tolist()):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=i)
        wanted = inside.judge_learn_one({"a": value, "t": moment})
        assert beside.judge_one({"a": value}, time=moment).score == wanted.score
        assert beside.judge_learn_one({"a": value}, time=moment) == wanted
    assert beside.to_bytes() == inside.to_bytes()
    with pytest.raises(ValueError, match="the event has no 't'"):
        beside.judge_learn_one({"a": 1.0})


def test_times_of_every_kind_are_alike() -> None:
    start = datetime(2026, 3, 1)
    stamps = [start + timedelta(minutes=7 * i) for i in range(300)]
    values = np.random.default_rng(10).standard_normal(300)
    frame = pd.DataFrame({"a": values, "t": stamps})
    by_frame = AlertBudget(ClippedZScore(), alerts_per=(2, "day"), time="t")
    by_frame.classify_learn_many(frame)
    kinds: list[Any] = [
        lambda t: t,
        lambda t: t.replace(tzinfo=UTC),
        lambda t: t.replace(tzinfo=UTC).timestamp(),
        pd.Timestamp,
        np.datetime64,
    ]
    for kind in kinds:
        model = AlertBudget(ClippedZScore(), alerts_per=(2, "day"), time="t")
        for value, stamp in zip(values.tolist(), stamps, strict=True):
            model.learn_one({"a": value, "t": kind(stamp)})
        assert model.to_bytes() == by_frame.to_bytes()


@pytest.mark.parametrize(
    ("moment", "error"), [("noon", TypeError), (None, ValueError), (math.inf, ValueError)]
)
def test_what_is_no_time_is_refused(moment: Any, error: type[Exception]) -> None:
    model = AlertBudget(ClippedZScore(), alerts_per=(2, "day"), time="t")
    with pytest.raises(error, match="'t'"):
        model.learn_one({"a": 1.0, "t": moment})
    with pytest.raises(ValueError, match="has no 't'"):
        model.alert_one({"a": 1.0})
    with pytest.raises(TypeError, match="data frame"):
        model.learn_many([[1.0, 2.0]])


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"alert_rate": 0.0}, ValueError, "alert_rate"),
        ({"alert_rate": 0.6}, ValueError, "at most 0.5"),
        ({"alert_rate": "often"}, TypeError, "alert_rate"),
        ({"alerts_per": (1, "day")}, ValueError, "needs time="),
        ({"alerts_per": (1, "year"), "time": "t"}, ValueError, "'second', 'minute'"),
        ({"alerts_per": 3, "time": "t"}, TypeError, "pair"),
        ({"alerts_per": (0, "day"), "time": "t"}, ValueError, "positive"),
        ({"time": ["t"]}, TypeError, "key of a feature"),
    ],
)
def test_wrong_parameters_are_named(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        AlertBudget(ClippedZScore(), **options)


def test_supervised_detectors_are_wrapped_too() -> None:
    rng = np.random.default_rng(11)
    model = AlertBudget(ResidualDetector(), 0.01)
    for _ in range(1000):
        x = {"load": rng.normal()}
        model.learn_one(x, 3.0 * x["load"] + rng.normal())
    found = model.alert_one({"load": 0.0}, 500.0, key="meter")
    assert found is not None
    assert found.key == "meter"
    plain = AlertBudget(Target(), 0.05)
    scores = rng.standard_normal(600)
    for score in scores.tolist():
        plain.learn_one({}, score)
    assert plain.classify(9.0)
    assert plain.alert_one({}, None) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: river_anomaly.HalfSpaceTrees(seed=1, n_trees=5, height=4),
        lambda: preprocessing.MinMaxScaler() | river_anomaly.HalfSpaceTrees(seed=1, n_trees=5),
        lambda: preprocessing.StandardScaler() | ClippedZScore(),
        river_anomaly.OneClassSVM,
    ],
)
def test_any_detector_or_pipeline_keeps_the_rate(make: Any) -> None:
    rng = np.random.default_rng(12)
    model = AlertBudget(make(), 0.05)
    n = 1500
    for value in rng.standard_normal(n).tolist():
        model.learn_one({"a": value})
    assert abs(model.n_alerts_ - 0.05 * n) <= allowance(0.05, n)[-1] + 1
    again = pickle.loads(pickle.dumps(model))
    assert again.score_one({"a": 0.3}) == model.score_one({"a": 0.3})
    assert again.threshold_ == model.threshold_
    if "ClippedZScore" not in str(model):
        with pytest.raises(ValueError, match="pickle the whole"):
            model.to_bytes()
        assert not hasattr(model, "expect_one")


def test_progressive_validation_takes_it() -> None:
    model = AlertBudget(preprocessing.StandardScaler() | ClippedZScore(), 0.02)
    assert isinstance(model, AnomalyFilter)
    rng = np.random.default_rng(13)
    odd = rng.random(2000) < 0.01
    values = rng.standard_normal(2000) + 50.0 * odd
    stream = [({"a": v}, bool(y)) for v, y in zip(values.tolist(), odd.tolist(), strict=True)]
    found = evaluate.progressive_val_score(stream, model, metrics.ROCAUC())
    assert found.get() > 0.9
    assert model.n_alerts_ >= odd.sum() - 4
    pipeline = compose.Pipeline(preprocessing.StandardScaler(), AlertBudget(ClippedZScore()))
    with pytest.raises(AttributeError, match="classify"):
        evaluate.progressive_val_score(stream, pipeline, metrics.ROCAUC())


def test_alerts_of_a_stream_come_as_they_happen() -> None:
    rng = np.random.default_rng(14)
    stream = [({"a": v}, None) for v in rng.standard_normal(500).tolist()] + [({"a": 80.0}, None)]
    model = AlertBudget(ClippedZScore(), 0.01)
    found = list(model.alerts(iter(stream)))
    assert found[-1].features[0].actual == 80.0
    assert len(found) == model.n_alerts_


def test_copies_share_nothing() -> None:
    model = AlertBudget(ClippedZScore(), 0.1)
    for value in np.random.default_rng(15).standard_normal(200).tolist():
        model.learn_one({"a": value})
    other = copy.deepcopy(model)
    before = model.to_bytes()
    other.learn_one({"a": 9.0})
    assert model.to_bytes() == before
