"""Distances from the nearest of a sample: against their formula, and what the sample holds."""

from __future__ import annotations

from math import isclose
from typing import Any

import numpy as np
import pytest
from event_streams import STREAMS, Event, hostile
from naive_neighbours import NaiveNeighbours, NaiveSample
from scipy import stats

from clipsgd_river.anomaly import ClippedNeighbours

# Long uncompiled; tests/test_compiled.py compares both modes bit for bit.
pytestmark = pytest.mark.either_mode

OPTIONS: list[dict[str, Any]] = [
    {"reservoir_size": 20},
    {"reservoir_size": 24, "n_neighbors": 1, "memory": 60, "seed": 5},
    {"reservoir_size": 3, "n_neighbors": 3, "memory": 1, "warm_up": 2},
]


def assert_same_on(events: list[Event], options: dict[str, Any]) -> None:
    detector, twin = ClippedNeighbours(**options), NaiveNeighbours(**options)
    for t, event in enumerate(events):
        assert isclose(
            detector.distance_one(event), twin.distance(event), rel_tol=1e-8, abs_tol=1e-9
        ), t
        if t % 10 == 0:
            expected = twin.contributions(event)
            assert detector.explain_one(event) == pytest.approx(expected, rel=1e-7, abs=1e-7), t
        detector.learn_one(event)
        twin.learn(event)
    assert detector.offset_ == pytest.approx(-twin.limit.value, rel=1e-8)


@pytest.mark.parametrize("stream", STREAMS)
def test_kinds_of_streams(stream: Any) -> None:
    assert_same_on(stream(np.random.default_rng(3), 80, 5), OPTIONS[0])


@pytest.mark.parametrize("options", OPTIONS)
def test_parameters(options: Any) -> None:
    rng = np.random.default_rng(5)
    assert_same_on([x for stream in STREAMS[4:] for x in stream(rng, 30, 5)], options)


def test_hostile_values() -> None:
    assert_same_on(hostile(np.random.default_rng(0), 100, 4), OPTIONS[1])


def test_the_sample_is_uniform_up_to_the_memory_and_fades_beyond() -> None:
    """Of the oracle, which the tests above hold the kernel against."""
    ages = []
    for n in (900, 3000):
        samples = [NaiveSample(64, 1000, seed) for seed in range(20)]
        for sample in samples:
            for t in range(n):
                sample.offer({"t": t})
        ages.append([n - member["t"] for sample in samples for member in sample.members])
    assert stats.kstest(ages[0], stats.uniform(0, 900).cdf).pvalue > 0.01
    assert stats.kstest(ages[1], stats.truncexpon(3.0, scale=1000.0).cdf).pvalue > 0.01


@pytest.mark.parametrize("change", ["jump", "scale"])
def test_coordinates_as_of_then_follow_a_change_of_location_or_scale(change: str) -> None:
    """Events are as far from the sample of before as they were, long before it is another one."""
    rows = np.random.default_rng(0).normal(size=(6300, 4))
    rows[6000:] = rows[6000:] + 30.0 if change == "jump" else 5.0 * rows[6000:]
    distances = ClippedNeighbours().distance_learn_many(rows)
    before, after = np.median(distances[5000:6000]), np.median(distances[6150:])
    assert after < 1.3 * before


def test_a_burst_stays_unusual_for_as_long_as_stated() -> None:
    """Where location and scale follow slowly: k T / M events, until k are in the sample."""
    rows = np.random.default_rng(1).normal(size=(12_600, 6))
    rows[12_000:, :3] = 6.0 + 0.3 * rows[12_000:, :3]
    lasted = []
    for seed in range(8):
        detector = ClippedNeighbours(n_neighbors=5, learning_rate=0.0005, seed=seed)
        distances = detector.distance_learn_many(rows)
        below = distances[12_000:] < np.quantile(distances[6000:12_000], 0.99)
        lasted.append(np.argmax(np.convolve(below, np.ones(20), "valid") > 10))
    assert 195 / 1.5 < np.mean(lasted) < 195 * 1.5


def test_an_event_among_its_like_is_nearer_than_one_between_two_kinds() -> None:
    rng = np.random.default_rng(2)
    kind = rng.integers(0, 2, size=2000)
    rows = 0.2 * rng.normal(size=(2000, 8)) + np.where(kind, 1.0, -1.0)[:, None]
    detector = ClippedNeighbours().fit(rows)
    far, near = detector.score_samples(np.array([[0.2] * 8, [1.1] * 8]))
    assert far < 2.0 * near < 0.0


def test_more_neighbours_than_members_are_refused() -> None:
    with pytest.raises(ValueError, match="n_neighbors=6 nearest cannot be found among"):
        ClippedNeighbours(n_neighbors=6, reservoir_size=5).learn_one({"a": 1.0})
