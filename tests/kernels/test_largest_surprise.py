"""The most surprising feature: against its formula, and what it ranks first."""

from __future__ import annotations

from math import isclose
from typing import Any

import numpy as np
import pytest
from event_streams import STREAMS, Event, hostile
from members import LargestSurprise
from naive_largest import NaiveLargest

from clipsgd_river import checks

# Long uncompiled; tests/test_compiled.py compares both modes bit for bit.
pytestmark = pytest.mark.either_mode


def assert_same_on(events: list[Event], **options: Any) -> None:
    detector, twin = LargestSurprise(**options), NaiveLargest(**options)
    for t, event in enumerate(events):
        assert isclose(
            detector.distance_one(event), twin.distance(event), rel_tol=1e-7, abs_tol=1e-9
        ), t
        if t % 10 == 0:
            expected = twin.contributions(event)
            assert detector.explain_one(event) == pytest.approx(expected, rel=1e-7, abs=1e-9), t
        detector.learn_one(event)
        twin.learn(event)


@pytest.mark.parametrize("stream", STREAMS)
def test_kinds_of_streams(stream: Any) -> None:
    assert_same_on(stream(np.random.default_rng(3), 150, 4))


def test_parameters_and_hostile_values() -> None:
    rng = np.random.default_rng(5)
    events = [x for stream in STREAMS[4:] for x in stream(rng, 40, 4)]
    assert_same_on([*events, *hostile(rng, 100, 4)], memory=60, warm_up=3)


def test_it_keeps_the_promises_of_detectors() -> None:
    assert len(checks.check_detector(LargestSurprise())) > 60


def rank(rows: Any) -> int:
    """Rank among all events of one that is ordinary but for a 10 in the last column."""
    rows[1000, -1] = 10.0
    distances = LargestSurprise().distance_learn_many(rows)
    return 1 + int((distances > distances[1000]).sum())


@pytest.mark.parametrize("d", [10, 100, 200])
def test_one_odd_cell_among_many_columns_ranks_first(d: int) -> None:
    rngs = [np.random.default_rng(seed) for seed in range(3)]
    assert np.median([rank(rng.normal(size=(1500, d))) for rng in rngs]) == 1


def test_heavy_tails_do_not_own_the_top_ranks() -> None:
    """They do so where deviations alone are compared."""
    rng = np.random.default_rng(0)
    n = 12_000
    heavy, skewed = rng.standard_t(1.5, size=(n, 4)), rng.lognormal(size=(n, 4))
    rows = np.column_stack([heavy, skewed, rng.random((n, 4)) < 0.02, rng.normal(size=(n, 4))])
    assert rank(rows) < 6
    detector = LargestSurprise()
    detector.learn_many(rows[:-2000])
    late = rows[-2000:]
    top = np.argsort(detector.score_samples(late))[:40]
    owners = detector.explain_many(late[top], n=1)["feature_1"]
    deviations = np.abs(late - detector.location_) / detector.scale_
    furthest = np.argsort(-deviations.max(axis=1))[:40]
    assert np.mean(owners < 4) < np.mean(deviations[furthest].argmax(axis=1) < 4) - 0.2
