"""Detectors that judge a target given an event."""

from __future__ import annotations

import copy
import pickle
import random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from river import anomaly, linear_model, preprocessing, time_series
from river.optim import schedulers

from clipsgd_river._state import file_format
from clipsgd_river.anomaly import (
    ClippedMahalanobis,
    ClippedZScore,
    LabelDetector,
    ResidualDetector,
)
from clipsgd_river.anomaly.residual import LONGEST_WAIT
from clipsgd_river.linear_model import ClippedLinearRegression, ClippedLogisticRegression


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


class Faulty(time_series.base.Forecaster):
    """Forecasts the last value, but for the faults it is told to have."""

    def __init__(self, needs: int = 3, fault: type[Exception] = IndexError, at: int = -1) -> None:
        self.needs = needs
        self.fault = fault
        self.at = at
        self.seen: list[float] = []

    def learn_one(self, y: Any, x: Any = None) -> None:
        self.seen = [*self.seen[-self.needs :], y]
        self.at -= 1

    def forecast(self, horizon: int, xs: Any = None) -> list[float]:
        if self.at == 0:
            raise self.fault("broken")
        return [self.seen[-self.needs]] * horizon


def test_a_forecaster_that_has_not_seen_enough_is_waited_for() -> None:
    detector = ResidualDetector(Faulty(needs=30))
    for n in range(29):
        assert detector.predict_one({}) == 0.0
        assert detector.score_one({}, 1e9) == 0.0
        assert detector.distance_one({}, 1e9) == 0.0
        detector.learn_one({}, 1000.0 + n % 2)
    # What came before a forecast says nothing of residuals.
    assert detector._residuals._kernel.events == 0
    for n in range(29, 200):
        detector.learn_one({}, 1000.0 + n % 2)
    assert detector.score_one({}, 1100.0) > 0.9 > detector.score_one({}, 1000.0)


@pytest.mark.parametrize("fault", [AttributeError, TypeError, ValueError, ZeroDivisionError])
def test_a_forecaster_that_breaks_is_not_taken_for_one_that_waits(fault: Any) -> None:
    detector = ResidualDetector(Faulty(needs=30, fault=fault, at=5))
    for _ in range(5):
        detector.learn_one({}, 1.0)
    for ask in (detector.score_one, detector.learn_one, detector.distance_one):
        with pytest.raises(fault, match="broken"):
            ask({}, 1.0)


def test_a_forecaster_that_has_forecast_must_go_on() -> None:
    detector = ResidualDetector(Faulty(needs=3, fault=IndexError, at=10))
    for _ in range(10):
        detector.learn_one({}, 1.0)
    before = pickle.dumps(detector)
    with pytest.raises(IndexError, match="broken") as caught:
        detector.learn_one({}, 1.0)
    assert caught.value.__notes__ == ["Faulty should be able to forecast by now"]
    assert pickle.dumps(detector) == before


def test_a_forecaster_is_not_waited_for_without_end() -> None:
    detector = ResidualDetector(Faulty(needs=2 * LONGEST_WAIT))
    detector._model.seen = [0.0]
    detector._patience = 2
    detector.learn_one({}, 1.0)
    detector.learn_one({}, 1.0)
    with pytest.raises(IndexError):
        detector.learn_one({}, 1.0)


def labelled(detector: Any, count: int, seed: int = 0) -> list[tuple[dict[str, float], Any]]:
    judge = isinstance(detector, LabelDetector)
    return [(x, "high" if y > 70 else "low") if judge else (x, y) for x, y in loads(count, seed)]


@pytest.mark.parametrize(
    "detector",
    [
        ResidualDetector(ClippedLinearRegression(clip=3.0), ClippedMahalanobis(warm_up=5)),
        ResidualDetector(residuals=ClippedZScore(contamination=0.1)),
        LabelDetector(ClippedLogisticRegression(label_noise=0.1)),
    ],
)
def test_state_files_keep_parts_that_were_given(detector: Any, tmp_path: Any) -> None:
    detector = detector.clone()
    for x, y in labelled(detector, 200):
        detector.learn_one(x, y)
    detector.save(tmp_path / "state")
    other = type(detector).load(tmp_path / "state")
    assert repr(other) == repr(detector)
    assert other.model is None or other.model is other._model
    for x, y in labelled(detector, 50, seed=1):
        assert other.score_learn_one(x, y) == detector.score_learn_one(x, y)
    assert other.to_bytes() == detector.to_bytes()
    with pytest.raises(ValueError, match=r"state is of a"):
        ClippedZScore.from_bytes(detector.to_bytes())


def test_a_foreign_part_has_no_state_file() -> None:
    foreign = preprocessing.StandardScaler() | linear_model.LinearRegression()
    with pytest.raises(ValueError, match=r"StandardScaler of Pipeline, a .*; pickle the whole"):
        ResidualDetector(foreign).to_bytes()
    with pytest.raises(ValueError, match=r"model of ResidualDetector, a .*; pickle the whole"):
        ResidualDetector(time_series.SNARIMAX(1, 0, 1)).to_bytes()
    with pytest.raises(ValueError, match="residuals of ResidualDetector, a HalfSpaceTrees"):
        ResidualDetector(residuals=anomaly.HalfSpaceTrees()).to_bytes()
    with pytest.raises(ValueError, match="River"):
        ResidualDetector(ClippedLinearRegression(learning_rate=schedulers.Constant(0.1))).to_bytes()


def test_parts_of_the_wrong_kind_are_refused() -> None:
    fields, numbers = file_format.decode(ResidualDetector().to_bytes())
    (model, first), (residuals, second) = fields["parts"]
    for parts in ([[model, second], [residuals, first]], [[model, first], ["extra", second]]):
        forged = file_format.make_header({**fields, "parts": parts})
        with pytest.raises(ValueError, match="state"):
            ResidualDetector.from_bytes(file_format.encode(forged, numbers))


@pytest.mark.parametrize(
    "model", [None, preprocessing.StandardScaler() | linear_model.PARegressor()]
)
def test_rows_are_events_whoever_learns_them(model: Any) -> None:
    rows = np.random.default_rng(0).normal(size=(120, 3))
    rows[::7, 1] = np.nan
    targets = np.nansum(rows, axis=1)
    targets[::11] = np.nan
    frame = pd.DataFrame(rows, columns=list("abc"), index=range(5, 125))
    by_rows, by_events = ResidualDetector(model).clone(), ResidualDetector(model).clone()
    found = by_rows.score_learn_many(frame, pd.Series(targets))
    events = [{k: v for k, v in zip("abc", row, strict=True) if v == v} for row in rows.tolist()]
    wanted = [by_events.score_learn_one(x, y) for x, y in zip(events, targets, strict=True)]
    assert found.tolist() == wanted
    again = by_rows.score_many(frame, list(targets))
    assert list(again.index) == list(range(5, 125))
    assert again.tolist() == [
        by_events.score_one(x, y) for x, y in zip(events, targets, strict=True)
    ]
    for wrong in (targets[:-1], targets.reshape(-1, 1), 1.0):
        with pytest.raises(ValueError, match="as many targets"):
            by_rows.learn_many(frame, wrong)
