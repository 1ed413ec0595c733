"""Distances from the nearest of a sample: against their formula, and what the sample holds."""

from __future__ import annotations

from math import isclose
from typing import Any

import numpy as np
import pytest
from event_streams import STREAMS, Event, hostile
from naive_neighbours import NaiveNeighbours

from clipsgd_river.anomaly import ClippedNeighbours

# Long uncompiled; tests/test_compiled.py compares both modes bit for bit.
pytestmark = pytest.mark.either_mode

OPTIONS: list[dict[str, Any]] = [
    {"reservoir_size": 16},
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
