"""Histograms of random projections: against their formula, and what they rank first."""

from __future__ import annotations

from math import isclose
from typing import Any

import numpy as np
import pytest
from event_streams import STREAMS, Event, hostile
from naive_projections import NaiveProjections
from sklearn.metrics import roc_auc_score

from clipsgd_river.anomaly import ClippedProjections

# Long uncompiled; tests/test_compiled.py compares both modes bit for bit.
pytestmark = pytest.mark.either_mode


def assert_same_on(events: list[Event], **options: Any) -> None:
    detector, twin = ClippedProjections(**options), NaiveProjections(**options)
    for t, event in enumerate(events):
        assert isclose(
            detector.distance_one(event), twin.distance(event), rel_tol=1e-7, abs_tol=1e-9
        ), t
        if t % 10 == 0:
            expected = twin.contributions(event)
            assert detector.explain_one(event) == pytest.approx(expected, rel=1e-6, abs=1e-7), t
        detector.learn_one(event)
        twin.learn(event)


@pytest.mark.parametrize("stream", STREAMS)
def test_kinds_of_streams(stream: Any) -> None:
    assert_same_on(stream(np.random.default_rng(3), 100, 5), n_projections=8)


def test_parameters_and_hostile_values() -> None:
    rng = np.random.default_rng(5)
    events = [x for stream in STREAMS[4:] for x in stream(rng, 40, 4)]
    events += hostile(rng, 100, 4)
    assert_same_on(events, n_projections=11, memory=60, warm_up=3, seed=9)


def test_correlations_are_seen() -> None:
    """Events whose features are independent, among such as move together."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4000, 6)) @ rng.normal(size=(6, 6))
    odd = rng.choice(np.arange(1000, 4000), 100, replace=False)
    rows[odd] = rng.normal(size=(100, 6)) * 2.0 * rows.std(axis=0)
    distances = ClippedProjections(n_projections=128).distance_learn_many(rows)[1000:]
    assert roc_auc_score(np.isin(np.arange(1000, 4000), odd), distances) > 0.9
