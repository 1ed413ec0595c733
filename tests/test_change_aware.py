"""ChangeAwareDetector: back to normal sooner after a change, and otherwise the detector it has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from river import anomaly as river_anomaly
from river import drift

from clipsgd_river.anomaly import ChangeAwareDetector, ClippedMahalanobis, ClippedZScore
from clipsgd_river.drift import ClippedOCPD

Event = dict[str, float]


def events(count: int, level: float, seed: int) -> list[Event]:
    rows = np.random.default_rng(seed).normal(level, 1, (count, 3))
    return [dict(zip("abc", row, strict=True)) for row in rows.tolist()]


@pytest.mark.parametrize("kind", [ClippedZScore, ClippedMahalanobis])
@pytest.mark.parametrize("rate", ["doubling", 0.002])
def test_it_recovers_in_fewer_events(kind: Any, rate: Any) -> None:
    plain, aware = kind(learning_rate=rate), ChangeAwareDetector(kind(learning_rate=rate))
    needed = []
    for model in (plain, aware):
        for event in events(1500, 0.0, seed=0):
            model.learn_one(event)
        after = events(1200, 6.0, seed=1)
        assert model.score_one(after[0]) > 0.9
        needed.append(0)
        while any(abs(expected - 6) > 1 for _, expected, _ in model.expect_one().values()):
            model.learn_one(after[needed[-1]])
            needed[-1] += 1
    assert needed[1] < 0.75 * needed[0]
    assert needed[1] < 200
    assert aware._drift_detector.n_detections == 1


def test_without_a_change_it_is_its_detector() -> None:
    plain, aware = ClippedZScore(), ChangeAwareDetector(ClippedZScore())
    for event in events(500, 0.0, seed=0):
        assert aware.score_one(event) == plain.score_one(event)
        plain.learn_one(event)
        aware.learn_one(event)
    event = events(1, 3.0, seed=1)[0]
    assert aware.explain_one(event) == plain.explain_one(event)
    assert aware.expect_one() == plain.expect_one()


@pytest.mark.parametrize("watcher", [drift.ADWIN, ClippedOCPD])
def test_any_drift_detector_may_watch_the_distance(watcher: Any) -> None:
    aware = ChangeAwareDetector(
        ClippedZScore(learning_rate="doubling"), watcher(), watch="distance"
    )
    for event in events(1000, 0.0, seed=0) + events(200, 8.0, seed=1):
        aware.learn_one(event)
    assert abs(aware.expect_one()["a"][1] - 8) < 1


@pytest.mark.parametrize("watcher", [drift.ADWIN, drift.PageHinkley])
def test_drift_detectors_of_river_watch_the_distance_by_default(watcher: Any) -> None:
    plain = ChangeAwareDetector(ClippedZScore(), watcher())
    chosen = ChangeAwareDetector(ClippedZScore(), watcher(), watch="distance")
    for event in events(300, 0.0, seed=0) + events(100, 8.0, seed=1):
        plain.learn_one(event)
        chosen.learn_one(event)
    assert plain.expect_one() == chosen.expect_one()
    assert plain.clone().watch is None
    with pytest.raises(ValueError, match="takes numbers, not events: use watch='distance'"):
        ChangeAwareDetector(ClippedZScore(), watcher(), watch="features")


def test_memory_is_shortened_and_nothing_else() -> None:
    detector = ClippedZScore(learning_rate=0.001)
    detector.learn_many(np.random.default_rng(0).normal(size=(3000, 2)))
    location, scale = detector.location_, detector.scale_
    detector.shorten_memory(50)
    assert (detector.location_ == location).all()
    assert (detector.scale_ == scale).all()
    assert detector.n_samples_seen_ == 3000
    detector.learn_one({0: 0.5, 1: 0.5})
    # The 51st event's share of a deviation that is not clipped.
    np.testing.assert_allclose(detector.location_, location + (0.5 - location) / 51, rtol=1e-9)
    with pytest.raises(ValueError, match="events"):
        detector.shorten_memory(0)


def test_wrong_parts_are_named() -> None:
    with pytest.raises(TypeError, match="shorten_memory"):
        ChangeAwareDetector(river_anomaly.HalfSpaceTrees())
    with pytest.raises(ValueError, match="watch"):
        ChangeAwareDetector(watch="everything")
