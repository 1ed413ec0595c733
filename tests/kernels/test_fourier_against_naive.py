"""Kernel mean and one-class support vector machine against their formulas, event by event."""

from __future__ import annotations

from math import isclose
from typing import Any

import numpy as np
import pytest
from event_streams import STREAMS, Event, hostile
from naive_fourier import NaiveCloseness, NaiveKernelMean, NaiveOneClassSVM
from river.optim import schedulers

from clipsgd_river.anomaly import ClippedKernelMean, ClippedOneClassSVM

# Long uncompiled; tests/test_compiled.py compares both modes bit for bit.
pytestmark = pytest.mark.either_mode

PAIRS = [
    (ClippedKernelMean, NaiveKernelMean, {"n_components": 8}),
    (ClippedKernelMean, NaiveKernelMean, {"n_components": 13, "seed": 7}),
    (ClippedOneClassSVM, NaiveOneClassSVM, {"n_components": 8}),
    (ClippedOneClassSVM, NaiveOneClassSVM, {"n_components": 5, "nu": 0.02}),
    (ClippedOneClassSVM, NaiveOneClassSVM, {"n_components": 6, "nu": 1.0}),
    (ClippedOneClassSVM, NaiveCloseness, {"kernel": "linear"}),
    (ClippedOneClassSVM, NaiveCloseness, {"kernel": "linear", "nu": 0.02}),
    (ClippedOneClassSVM, NaiveCloseness, {"kernel": "linear", "nu": 1.0}),
]
FIRST_OF_EACH = [PAIRS[0], PAIRS[2], PAIRS[5]]
RATES = ["auto", "doubling", 0.8, schedulers.InverseScaling(0.8, power=0.6)]
CLIPS = ["auto", "growing", 0.4, None]


def assert_same_on(detector: Any, twin: Any, events: list[Event]) -> None:
    for t, event in enumerate(events):
        assert isclose(
            detector.distance_one(event), twin.distance(event), rel_tol=1e-8, abs_tol=1e-11
        ), t
        if t % 25 == 0:
            expected = twin.contributions(event)
            assert detector.explain_one(event) == pytest.approx(expected, rel=1e-8, abs=1e-9), t
        detector.learn_one(event)
        twin.learn(event)
    assert detector.offset_ == pytest.approx(-twin.limit.value, rel=1e-8)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(("detector", "twin", "options"), FIRST_OF_EACH)
def test_kinds_of_streams(detector: Any, twin: Any, options: Any, stream: Any) -> None:
    events = stream(np.random.default_rng(5), 100, 5)
    assert_same_on(detector(**options), twin(**options), events)


@pytest.mark.parametrize(("detector", "twin", "options"), PAIRS)
def test_parameters_of_their_own(detector: Any, twin: Any, options: Any) -> None:
    rng = np.random.default_rng(5)
    events = [event for stream in STREAMS[4:7] for event in stream(rng, 50, 3)]
    assert_same_on(detector(**options), twin(**options), events)


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("learning_rate", RATES, ids=["auto", "doubling", "0.8", "scheduler"])
@pytest.mark.parametrize(("detector", "twin", "options"), FIRST_OF_EACH)
def test_options(detector: Any, twin: Any, options: Any, learning_rate: Any, clip: Any) -> None:
    rng = np.random.default_rng(7)
    events = [event for stream in STREAMS[:4] for event in stream(rng, 20, 3)]
    options = {**options, "learning_rate": learning_rate, "clip": clip, "warm_up": 7}
    assert_same_on(detector(**options), twin(**options), events)


@pytest.mark.parametrize(("detector", "twin", "options"), FIRST_OF_EACH)
def test_hostile_values(detector: Any, twin: Any, options: Any) -> None:
    events = hostile(np.random.default_rng(0), 200, 4)
    assert_same_on(detector(**options), twin(**options), events)
