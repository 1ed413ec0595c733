"""The detectors against their formulas, event by event, for every option and kind of stream."""

from __future__ import annotations

from math import isclose
from typing import Any

import numpy as np
import pytest
from event_streams import STREAMS, Event, hostile
from naive import NaiveZScore
from naive_mahalanobis import NaiveMahalanobis
from naive_subspace import NaiveSubspace
from river.optim import schedulers

from clipsgd_river.anomaly import ClippedMahalanobis, ClippedSubspace, ClippedZScore

# Long uncompiled; tests/test_compiled.py compares both modes bit for bit.
pytestmark = pytest.mark.either_mode

PAIRS = [
    (ClippedZScore, NaiveZScore),
    (ClippedMahalanobis, NaiveMahalanobis),
    (ClippedSubspace, NaiveSubspace),
]
RATES = ["auto", "doubling", 0.8, schedulers.InverseScaling(0.8, power=0.6)]
CLIPS = ["auto", "growing", 2.5, None]


def close(value: float, expected: float) -> bool:
    """Whether round-off alone separates the two; near 0, x - m has lost digits already."""
    return isclose(value, expected, rel_tol=1e-9, abs_tol=1e-12)


def assert_same_state(detector: Any, twin: Any) -> None:
    assert detector.features_ == twin.names
    location = twin.centre if isinstance(twin, NaiveSubspace) else twin.location
    assert detector.location_ == pytest.approx(location, rel=1e-9, abs=1e-11)
    assert detector.scale_ == pytest.approx(twin.scale, rel=1e-9)
    assert detector.offset_ == pytest.approx(-twin.limit.value, rel=1e-9)
    if isinstance(twin, NaiveMahalanobis):
        inverse = np.linalg.inv(twin.covariance)
        largest = np.abs(inverse).max()
        assert detector.precision_ == pytest.approx(inverse, rel=1e-6, abs=1e-9 * largest)
    if isinstance(twin, NaiveSubspace):
        axes, variances = detector.components_, detector.explained_variance_
        assert detector.unit_ == pytest.approx(twin.units(), rel=1e-9)
        plane = twin.directions.T @ twin.directions
        assert axes.T @ axes == pytest.approx(plane, abs=1e-8)
        covariance = twin.directions.T @ twin.covariance @ twin.directions
        assert axes.T @ np.diag(variances) @ axes == pytest.approx(covariance, rel=1e-8, abs=1e-8)


def assert_same_on(detector: Any, twin: Any, events: list[Event]) -> None:
    for t, event in enumerate(events):
        assert close(detector.distance_one(event), twin.distance(event)), t
        assert close(detector.score_one(event), twin.score(event)), t
        if t % 10 == 0:
            expected = twin.contributions(event)
            assert detector.explain_one(event) == pytest.approx(expected, rel=1e-9, abs=1e-11), t
        detector.learn_one(event)
        twin.learn(event)
        if t % 50 == 0 and twin.names:
            assert_same_state(detector, twin)
    assert_same_state(detector, twin)


@pytest.mark.parametrize("d", [1, 3, pytest.param(8, marks=pytest.mark.slow)])
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(("detector", "twin"), PAIRS)
def test_kinds_of_streams(detector: Any, twin: Any, stream: Any, d: int) -> None:
    events = stream(np.random.default_rng(d), 200, d)
    assert_same_on(detector(), twin(), events)


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("learning_rate", RATES, ids=["auto", "doubling", "0.8", "scheduler"])
@pytest.mark.parametrize(("detector", "twin"), PAIRS)
def test_options(detector: Any, twin: Any, learning_rate: Any, clip: Any) -> None:
    rng = np.random.default_rng(7)
    events = [event for stream in STREAMS[:4] for event in stream(rng, 60, 3)]
    options = {"learning_rate": learning_rate, "clip": clip}
    assert_same_on(detector(**options), twin(**options), events)


@pytest.mark.parametrize("warm_up", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(("detector", "twin"), PAIRS)
def test_lengths_of_the_start(detector: Any, twin: Any, warm_up: int) -> None:
    rng = np.random.default_rng(warm_up)
    events = [event for stream in STREAMS[-3:] for event in stream(rng, 50, 3)]
    options = {"warm_up": warm_up, "contamination": 0.2}
    assert_same_on(detector(**options), twin(**options), events)


@pytest.mark.slow
@pytest.mark.parametrize(("detector", "twin"), PAIRS[:2])
def test_memories_at_their_longest(detector: Any, twin: Any) -> None:
    """At rest for longer than any memory; then scales and levels move while one value repeats."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2600, 3))
    rows[:, 1] = np.where(rng.random(2600) < 0.95, 4.0, rows[:, 1])
    rows[2300:, 0] += 0.5
    rows[2400:, 2] *= 4.0
    detector, twin = detector(), twin()
    for row in rows.tolist():
        detector.learn_one(dict(enumerate(row)))
        twin.learn(dict(enumerate(row)))
    assert_same_state(detector, twin)


@pytest.mark.slow
def test_memory_of_the_covariance_of_many_features() -> None:
    rng = np.random.default_rng(0)
    detector, twin = ClippedMahalanobis(), NaiveMahalanobis()
    for row in rng.normal(size=(120, 105)).tolist():
        detector.learn_one(dict(enumerate(row)))
        twin.learn(dict(enumerate(row)))
    assert_same_state(detector, twin)


@pytest.mark.parametrize(("detector", "twin"), PAIRS)
def test_state_after_hostile_values(detector: Any, twin: Any) -> None:
    detector, twin = detector(), twin()
    for event in hostile(np.random.default_rng(0), 1000, 4):
        detector.learn_one(event)
        twin.learn(event)
    assert_same_state(detector, twin)


@pytest.mark.parametrize(("detector", "twin"), PAIRS)
def test_rows_and_the_limit_that_fit_finds(detector: Any, twin: Any) -> None:
    rows = np.random.default_rng(0).standard_t(3, size=(300, 4))
    events = [dict(enumerate(row)) for row in rows.tolist()]
    detector, twin = detector(contamination=0.1).fit(rows), twin(contamination=0.1)
    for event in events:
        twin.learn(event)
    samples = np.array([-twin.distance(event) for event in events])
    assert detector.score_samples(rows) == pytest.approx(samples, rel=1e-9, abs=1e-12)
    assert detector.offset_ == pytest.approx(np.quantile(samples, 0.1), rel=1e-9)
    assert np.mean(detector.predict(rows) == -1) == 0.1
