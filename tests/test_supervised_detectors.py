"""Detectors that judge a target given an event."""

from __future__ import annotations

import copy
import pickle
import random
from typing import Any

import pytest
from river import linear_model, preprocessing, time_series

from clipsgd_river.anomaly import LabelDetector, ResidualDetector


def loads(count: int, seed: int = 0) -> list[tuple[dict[str, float], float]]:
    rng = random.Random(seed)
    events = []
    for _ in range(count):
        load = rng.gauss(50, 10)
        events.append(({"load": load}, 20 + load + rng.gauss(0, 1)))
    return events


@pytest.mark.parametrize(
    "model",
    [
        None,
        preprocessing.StandardScaler() | linear_model.LinearRegression(),
    ],
    ids=["default", "river"],
)
def test_a_target_off_its_expectation_scores_high(model: Any) -> None:
    detector = ResidualDetector(model)
    for x, y in loads(2000):
        detector.learn_one(x, y)
    assert detector.predict_one({"load": 60.0}) == pytest.approx(80.0, abs=1.0)
    near, far = (detector.score_one({"load": 60.0}, y) for y in (80.5, 100.0))
    assert near < 0.8 < 0.95 < far
    assert detector.distance_one({"load": 60.0}, 100.0) > 1.0
    assert detector.score_one({"load": 60.0}, None) == 0.0


def test_a_forecaster_is_asked_for_the_next_value() -> None:
    model = time_series.HoltWinters(alpha=0.3, beta=0.1, gamma=0.3, seasonality=4)
    detector = ResidualDetector(model)
    for n in range(400):
        detector.learn_one({}, (10.0, 20.0, 30.0, 20.0)[n % 4] + 0.1 * (n % 3))
    right, wrong = detector.score_one({}, 10.0), detector.score_one({}, 30.0)
    assert right < wrong
    assert wrong > 0.95


def test_anomalous_targets_do_not_teach_the_detector_to_expect_them() -> None:
    detector = ResidualDetector()
    for n, (x, y) in enumerate(loads(3000)):
        detector.learn_one(x, 1e6 if n % 20 == 19 else y)
    assert detector.score_one({"load": 60.0}, 100.0) > 0.9
    assert detector.predict_one({"load": 60.0}) == pytest.approx(80.0, abs=1.5)


def test_an_unlikely_label_scores_high() -> None:
    rng = random.Random(0)
    detector = LabelDetector()
    for n in range(3000):
        load = rng.gauss(50, 10)
        label = "busy" if load + rng.gauss(0, 3) > 50 else "idle"
        detector.learn_one({"load": load}, rng.choice(["busy", "idle"]) if n % 20 == 0 else label)
    assert detector.score_one({"load": 70}, "idle") > 0.9 > detector.score_one({"load": 70}, "busy")
    assert detector.score_one({"load": 70}, "never seen") > 0.999
    assert detector.score_one({"load": 70}, None) == 0.0


@pytest.mark.parametrize("detector", [ResidualDetector(), LabelDetector()])
def test_copies_go_on_identically(detector: Any) -> None:
    detector = detector.clone()
    events = [(x, y if isinstance(detector, ResidualDetector) else y > 70) for x, y in loads(400)]
    for x, y in events[:200]:
        detector.learn_one(x, y)
    twins = [pickle.loads(pickle.dumps(detector)), copy.deepcopy(detector)]
    for x, y in events[200:]:
        expected = detector.score_one(x, y)
        for twin in twins:
            assert twin.score_one(x, y) == expected
            twin.learn_one(x, y)
        detector.learn_one(x, y)


def test_a_target_that_is_no_number_is_refused_before_anything_is_learned() -> None:
    detector = ResidualDetector()
    for x, y in loads(50):
        detector.learn_one(x, y)
    before = pickle.dumps(detector)
    with pytest.raises(TypeError, match="the target"):
        detector.learn_one({"load": 1.0}, "high")
    assert pickle.dumps(detector) == before
