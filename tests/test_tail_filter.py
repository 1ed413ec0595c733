"""TailFilter: p-values, alerts at the risk asked for, any detector underneath, River around it."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import name_of
from river import anomaly as river_anomaly
from river import checks as river_checks
from river import compose, evaluate, linear_model, metrics, neighbors, preprocessing
from river.base import AnomalyDetector, AnomalyFilter

from clipsgd_river import COMPILED, checks
from clipsgd_river.alerts import TailFilter
from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore, ResidualDetector
from clipsgd_river.proba import SplicedBinnedPareto

Event = dict[Any, Any]

# Found by discovery: that around a ClippedZScore, at its defaults.
FILTERS = [
    TailFilter(ClippedZScore(), q=1e-3, protect_anomaly_detector=True, warm_up=50),
    TailFilter(ResidualDetector()),
]


class Echo(AnomalyDetector):
    """Gives the feature ``r`` back as its distance."""

    def __init__(self) -> None:
        self.learned = 0

    def learn_one(self, x: Event) -> None:
        self.learned += 1

    def score_one(self, x: Event) -> float:
        return math.nan

    def distance_one(self, x: Event) -> float:
        return float(x["r"])


class ScoreOnly(AnomalyDetector):
    """Gives the feature ``r`` back as its score, and has no distance."""

    def learn_one(self, x: Event) -> None:
        """Learn nothing."""

    def score_one(self, x: Event) -> float:
        return float(x["r"])


def normal_events(count: int, seed: int = 0, location: float = 0.0) -> Iterator[Event]:
    rng = np.random.default_rng(seed)
    for a, b in rng.normal(location, 1.0, (count, 2)).tolist():
        yield {"a": a, "b": b}


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
def test_promise(model: Any, check: Any) -> None:
    check(model)


@pytest.mark.parametrize("model", FILTERS, ids=name_of)
def test_rivers_suite(model: Any) -> None:
    for check in river_checks.yield_checks(model):
        check(model.clone())


def test_p_values_are_those_of_the_distribution_of_distances() -> None:
    distances = np.random.default_rng(0).gamma(2.0, 1.0, 3000)
    model, distribution = TailFilter(Echo()), SplicedBinnedPareto()
    for i, r in enumerate(distances.tolist()):
        found = model.tail_probability({"r": r})
        assert found == distribution.sf(r)
        score = model.score_one({"r": r})
        bits = -math.log2(found)
        assert score == pytest.approx(bits / (1 + bits), rel=1e-12)
        assert model.classify(score) == (i >= 200 and found < 1e-4)
        model.learn_one({"r": r})
        distribution.update(r)
    assert model.threshold_ == distribution.isf(1e-4)
    assert model.tail_probability({"r": model.threshold_}) == pytest.approx(1e-4, rel=1e-6)
    assert model.tail_probability({"r": 1e300}) > 0


@pytest.mark.either_mode
@pytest.mark.parametrize(
    ("detector", "law"),
    [(ClippedZScore(), "lognormal"), (ClippedMahalanobis(), "standard_normal")],
    ids=name_of,
)
def test_share_of_alerts_is_the_risk(detector: Any, law: str) -> None:
    rows = getattr(np.random.default_rng(0), law)(size=(20_000, 2))
    model = TailFilter(detector.clone(), q=5e-3)
    scores = model.score_learn_many(rows)
    assert 5e-3 / 1.5 < model.alert_rate_ < 5e-3 * 1.5
    p_values = np.sort(2.0 ** (-scores[5000:] / (1.0 - scores[5000:])))
    expected = (np.arange(len(p_values)) + 0.5) / len(p_values)
    assert np.abs(p_values - expected).max() < 0.03


def test_no_burst_at_the_start() -> None:
    alerts = []
    for seed in range(20 if COMPILED else 6):
        model = TailFilter(ClippedZScore(), q=1e-3)
        model.score_learn_many(np.random.default_rng(seed).standard_t(3, (2000, 2)))
        alerts.append(round(2000 * model.alert_rate_))
    assert np.mean(alerts) < 4
    assert max(alerts) < 12


@pytest.mark.parametrize("protect", [False, True])
def test_alerts_on_what_is_far_and_recovers_after_a_shift(protect: bool) -> None:
    model = TailFilter(ClippedZScore(), q=1e-4, protect_anomaly_detector=protect)
    for x in normal_events(3000):
        model.learn_one(x)
    assert model.classify(model.score_one({"a": 30.0, "b": 0.0}))
    after = [
        model.classify(model.score_learn_one(x)) for x in normal_events(2000, seed=1, location=10.0)
    ]
    assert after[0]
    assert sum(after) < 150
    assert not any(after[-1000:])


def test_protected_detector_does_not_learn_alerts() -> None:
    detectors = {}
    for protect in (False, True):
        model = TailFilter(Echo(), q=1e-3, protect_anomaly_detector=protect)
        for r in [*np.random.default_rng(0).exponential(size=1000).tolist(), 1e6]:
            model.learn_one({"r": r})
        alerts = round(model.alert_rate_ * 1001)
        detectors[protect] = model.anomaly_detector.learned
        assert alerts >= 1
        assert detectors[protect] == (1001 - alerts if protect else 1001)
    assert detectors[False] == 1001


def test_pipeline_inside_scales_for_its_detector() -> None:
    scaler, detector, distances = (
        preprocessing.StandardScaler(),
        ClippedZScore(),
        SplicedBinnedPareto(),
    )
    model = TailFilter(preprocessing.StandardScaler() | ClippedZScore())
    assert isinstance(model, AnomalyFilter)
    for x in normal_events(400):
        scaled = scaler.transform_one(x)
        distance = detector.distance_one(scaled)
        assert model.distance_one(x) == distance
        assert model.tail_probability(x) == distances.sf(distance)
        if detector.ready:
            distances.update(distance)
        model.learn_one(x)
        scaler.learn_one(x)
        detector.learn_one(scaler.transform_one(x))
    scaled = scaler.transform_one(x)
    assert model.explain_one(x) == detector.explain_one(scaled)
    assert model.expect_one(x) == detector.expect_one(scaled)
    assert model.expect_one() == detector.expect_one()


@pytest.mark.parametrize(
    "detector",
    [
        river_anomaly.HalfSpaceTrees(seed=1, window_size=100),
        preprocessing.StandardScaler() | river_anomaly.OneClassSVM(nu=0.1),
        preprocessing.MinMaxScaler()
        | river_anomaly.LocalOutlierFactor(
            n_neighbors=5, engine=neighbors.LazySearch(window_size=50)
        ),
    ],
    ids=name_of,
)
def test_detectors_of_river(detector: Any) -> None:
    model = TailFilter(detector.clone(), q=1e-3)
    alerts = 0
    for x in normal_events(500):
        score = model.score_learn_one(x)
        assert 0 <= score < 1
        alerts += model.classify(score)
    assert alerts <= 15
    assert model.distance_one(x) == detector.__class__.score_one(model.anomaly_detector, x)
    assert not hasattr(model, "explain_one")


def test_score_is_judged_where_there_is_no_distance() -> None:
    with_score, with_distance = TailFilter(ScoreOnly()), TailFilter(Echo())
    for r in np.random.default_rng(0).beta(2, 5, 500).tolist():
        assert with_score.score_learn_one({"r": r}) == with_distance.score_learn_one({"r": r})


def test_nan_of_a_detector_says_nothing() -> None:
    model = TailFilter(Echo())
    for r in np.random.default_rng(0).exponential(size=300).tolist():
        model.learn_one({"r": r})
    before = pickle.dumps(model._kernel.distances)
    assert model.tail_probability({"r": math.nan}) == 1.0
    assert model.score_learn_one({"r": math.nan}) == 0.0
    assert pickle.dumps(model._kernel.distances) == before
    assert model.classify(model.score_learn_one({"r": math.inf}))


def test_supervised_detectors() -> None:
    model = TailFilter(ResidualDetector(linear_model.LinearRegression()), q=1e-3)
    assert model._supervised
    rng = np.random.default_rng(0)
    for a, noise in rng.normal(size=(2000, 2)).tolist():
        model.learn_one({"a": a}, 2 * a + 0.1 * noise)
    assert model.alert_rate_ < 0.01
    assert model.tail_probability({"a": 1.0}, 2.0) > 0.01
    assert model.tail_probability({"a": 1.0}, 5.0) < 1e-3
    assert model.classify(model.score_one({"a": 1.0}, 5.0))
    assert not TailFilter(ClippedZScore())._supervised
    assert model.tail_probability({"a": 1.0}, None) == 1.0


def test_rows_with_targets_are_the_loop() -> None:
    rows = np.random.default_rng(0).normal(size=(300, 2))
    rows[::9, 0] = np.nan
    many, loop = (
        TailFilter(ResidualDetector(), warm_up=50),
        TailFilter(ResidualDetector(), warm_up=50),
    )
    targets = np.nansum(rows, axis=1).tolist()
    wanted = [
        loop.score_learn_one({i: v for i, v in enumerate(row) if v == v}, y)
        for row, y in zip(rows.tolist(), targets, strict=True)
    ]
    assert many.score_learn_many(rows, targets).tolist() == wanted
    many.learn_many(rows, targets)
    with pytest.raises(ValueError, match="as many targets"):
        many.learn_many(rows, targets[:-1])


def test_state_files_hold_the_detector_if_it_is_ours() -> None:
    model = TailFilter(ClippedZScore(), q=1e-2)
    for x in normal_events(500):
        model.learn_one(x)
    again = TailFilter.from_bytes(model.to_bytes())
    assert (again.threshold_, again.alert_rate_) == (model.threshold_, model.alert_rate_)
    assert again.anomaly_detector.n_samples_seen_ == 500
    foreign = TailFilter(preprocessing.StandardScaler() | ClippedZScore())
    with pytest.raises(ValueError, match="pickle"):
        foreign.to_bytes()


@pytest.mark.parametrize("protect", [False, True])
@pytest.mark.parametrize("frame", [np.asarray, pd.DataFrame])
def test_rows_are_the_loop(protect: bool, frame: Any) -> None:
    rows = np.random.default_rng(0).standard_t(2, (600, 3))
    rows[::7, 1] = np.nan
    rows[300:, 0] += 20
    loop = TailFilter(ClippedZScore(), q=1e-2, protect_anomaly_detector=protect)
    many = loop.clone()
    wanted = [loop.score_learn_one(dict(enumerate(row))) for row in rows.tolist()]
    found = [many.score_learn_many(frame(part)) for part in (rows[:5], rows[5:150], rows[150:])]
    assert np.concatenate(found).tolist() == wanted
    assert many.alert_rate_ == loop.alert_rate_ > 0
    again = loop.clone()
    alerts = again.classify_learn_many(frame(rows))
    assert again.n_alerts_ == loop.n_alerts_ == alerts.sum()
    one = loop.clone()
    assert [one.alert_one(dict(enumerate(row))) is not None for row in rows.tolist()] == (
        alerts.tolist()
    )
    assert many.threshold_ == loop.threshold_
    learned = loop.clone()
    learned.learn_many(frame(rows))
    assert learned.threshold_ == loop.threshold_
    assert many.score_learn_many(rows[:0]).shape == (0,)


def test_rows_of_a_pipeline_are_the_loop() -> None:
    rows = np.random.default_rng(0).standard_t(2, (300, 2))
    many = TailFilter(preprocessing.StandardScaler() | ClippedZScore(), q=1e-2, warm_up=50)
    loop = many.clone()
    wanted = [loop.score_learn_one(dict(enumerate(row))) for row in rows.tolist()]
    assert many.score_learn_many(rows).tolist() == wanted


def test_progressive_validation() -> None:
    stream = [
        ({"a": x["a"] + 20 * (i % 500 == 499), "b": x["b"]}, i % 500 == 499)
        for i, x in enumerate(normal_events(3000))
    ]
    model = TailFilter(preprocessing.StandardScaler() | ClippedZScore(), q=5e-3)
    # Of a filter River takes the verdict, not the score.
    metric = evaluate.progressive_val_score(stream, model, metrics.ROCAUC())
    assert metric.get() > 0.95


def test_filter_in_front_of_a_model() -> None:
    alerts = TailFilter(ClippedZScore(), q=1e-3, resolved_after=0)
    model = compose.Pipeline(alerts, preprocessing.StandardScaler())
    for x in normal_events(1000):
        model.learn_one(x)
    model.learn_one({"a": 1e9, "b": 0.0})
    assert abs(model["StandardScaler"].means["a"]) < 1


def test_constant_distances_then_a_change() -> None:
    model = TailFilter(Echo(), q=1e-2)
    for _ in range(300):
        model.learn_one({"r": 0.0})
    assert model.classify(model.score_one({"r": 1.0}))
    assert not model.classify(model.score_one({"r": 0.0}))
    alerts = 0
    for r in np.random.default_rng(0).exponential(size=3000).tolist():
        alerts += model.classify(model.score_learn_one({"r": r}))
    assert alerts < 60


def test_many_equal_distances() -> None:
    rng = np.random.default_rng(0)
    model = TailFilter(Echo(), q=1e-3)
    for r in np.where(rng.random(20_000) < 0.95, 0.25, 0.25 + rng.random(20_000)).tolist():
        model.learn_one({"r": r})
    assert model.alert_rate_ < 2e-3
    assert not model.classify(model.score_one({"r": 0.25}))
    assert model.tail_probability({"r": 9.0}) < 1e-2


def test_a_wild_distance_does_no_lasting_harm() -> None:
    calm = np.random.default_rng(0).exponential(size=2000).tolist()
    plain, hit = TailFilter(Echo()), TailFilter(Echo())
    for r in calm:
        plain.learn_one({"r": r})
    for r in [*calm[:1000], 1e6, *calm[1000:]]:
        hit.learn_one({"r": r})
    assert hit.threshold_ == pytest.approx(plain.threshold_, rel=0.5)


@pytest.mark.parametrize("seen", [0, 30, 400])
def test_copies_go_on_alike(seen: int) -> None:
    model = TailFilter(preprocessing.StandardScaler() | ClippedMahalanobis(), q=1e-2)
    for x in normal_events(seen):
        model.learn_one(x)
    copies = [
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
        model.clone(include_attributes=True),
    ]
    fresh = model.clone()
    assert (fresh.alert_rate_, fresh.q) == (0.0, 1e-2)
    for x in normal_events(200, seed=1):
        wanted = model.score_learn_one(x)
        assert [other.score_learn_one(x) for other in copies] == [wanted] * 3
    assert {other.threshold_ for other in copies} == {model.threshold_}


@pytest.mark.parametrize(
    "parameters",
    [{"q": 0.0}, {"q": 1.0}, {"q": "1e-4"}, {"tail": 0.5}, {"warm_up": 0}, {"warm_up": 0.5}],
    ids=str,
)
def test_wrong_parameters_are_named(parameters: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match=next(iter(parameters))):
        TailFilter(ClippedZScore(), **parameters)
