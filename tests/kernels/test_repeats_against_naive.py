"""Locations, scales and distances of columns that repeat, against their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from naive import NaiveZScore
from naive_mahalanobis import NaiveMahalanobis
from repeating_streams import COLUMNS, Column, repeats_of, rows_of, table_of
from test_against_naive import CLIPS, PAIRS, RATES, assert_same_state, close

from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore

# tests/test_compiled.py compares both modes on columns that repeat.
pytestmark = pytest.mark.either_mode


def assert_same_tables(detector: Any, twin: Any) -> None:
    kernel = repeats_of(detector)
    for j, repeats in enumerate(twin.repeats):
        values, atoms = table_of(detector, j)
        expected = [] if repeats.shares is None else repeats.shares.entries
        assert (kernel.lowest.memory[j], kernel.highest.memory[j]) == (
            repeats.lowest,
            repeats.highest,
        )
        assert list(values) == [entry.value for entry in expected]
        assert list(values.values()) == pytest.approx([entry.share for entry in expected])
        assert len(atoms) == (0 if repeats.shares is None else repeats.shares.atoms)


def assert_same_on(detector: Any, twin: Any, rows: Any) -> set[int]:
    """Hold the two against each other; returns which features were ever awake."""
    awake: set[int] = set()
    for t, row in enumerate(rows.tolist()):
        event = {f"f{j}": x for j, x in enumerate(row) if x == x}
        assert close(detector.distance_one(event), twin.distance(event)), t
        detector.learn_one(event)
        twin.learn(event)
        if t % 100 == 0:
            assert_same_state(detector, twin)
            assert_same_tables(detector, twin)
        awake |= {j for j, repeats in enumerate(twin.repeats) if repeats.shares is not None}
    assert_same_state(detector, twin)
    assert_same_tables(detector, twin)
    return awake


@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("column", COLUMNS)
def test_one_column(column: Column, gaps: float) -> None:
    rows = rows_of([column], 0, 900, gaps)
    awake = assert_same_on(ClippedZScore(), NaiveZScore(), rows)
    assert bool(awake) == (column.__name__ != "continuous")


@pytest.mark.parametrize(("detector", "twin"), PAIRS)
def test_all_side_by_side(detector: Any, twin: Any) -> None:
    rows = rows_of(COLUMNS, 1, 500, 0.1)
    assert len(assert_same_on(detector(), twin(), rows)) == len(COLUMNS) - 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("detector", "twin"), [(ClippedZScore, NaiveZScore), (ClippedMahalanobis, NaiveMahalanobis)]
)
def test_longer_than_the_memory_of_shares(detector: Any, twin: Any, seed: int) -> None:
    assert_same_on(detector(), twin(), rows_of(COLUMNS, seed, 4000, 0.1 * (seed % 2)))


def test_shares_remember_as_many_events_as_fixed_steps() -> None:
    rows = rows_of(COLUMNS, 3, 1500, 0.0)
    options = {"learning_rate": 2e-4}
    assert_same_on(ClippedZScore(**options), NaiveZScore(**options), rows)
    distances = {}
    for rate in (1e-3, 1e-4):
        detector = ClippedZScore(learning_rate=rate)
        values = np.random.default_rng(0).normal(size=12_000)
        for value in [*values.tolist(), *[10.0] * 800]:
            detector.learn_one({"a": value})
        distances[rate] = detector.distance_one({"a": 10.0})
    # A burst of 800 equal values is usual after a thousand events, and is not after ten thousand.
    assert distances[1e-3] < 2.0 < distances[1e-4]


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("learning_rate", RATES, ids=["auto", "doubling", "0.8", "scheduler"])
def test_options(learning_rate: Any, clip: Any) -> None:
    options = {"learning_rate": learning_rate, "clip": clip}
    rows = rows_of(COLUMNS, 2, 300, 0.1)
    assert_same_on(ClippedZScore(**options), NaiveZScore(**options), rows)


@pytest.mark.parametrize("warm_up", [1, 2, 3, 7, 100])
def test_lengths_of_the_start(warm_up: int) -> None:
    rows = rows_of(COLUMNS, warm_up, 400, 0.1)
    options = {"warm_up": warm_up}
    assert_same_on(ClippedZScore(**options), NaiveZScore(**options), rows)
