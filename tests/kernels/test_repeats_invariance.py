"""What must not matter to locations and scales of columns that repeat: units and origins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repeating_streams import COLUMNS, Column, constant, rows_of

from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.preprocessing import ClippedScaler

# tests/test_compiled.py compares both modes on columns that repeat.
pytestmark = pytest.mark.either_mode

columns = st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=4)
seeds = st.integers(0, 10_000)
quick = settings(max_examples=25, deadline=None)


def learned(rows: Any) -> ClippedScaler:
    scaler = ClippedScaler()
    scaler.learn_many(rows)
    return scaler


@quick
@given(chosen=columns, seed=seeds, data=st.data())
def test_units_that_are_powers_of_two_change_no_bit(
    chosen: list[Column], seed: int, data: st.DataObject
) -> None:
    rows = rows_of(chosen, seed, 500, 0.05)
    count = len(chosen)
    units = data.draw(st.lists(st.integers(-60, 60), min_size=count, max_size=count))
    factors = np.ldexp(1.0, units)
    plain, scaled = learned(rows), learned(rows * factors)
    own = factors[plain.features_]
    assert np.array_equal(scaled.scale_, plain.scale_ * own)
    assert np.array_equal(scaled.location_, plain.location_ * own)


@settings(quick, max_examples=100, derandomize=True)
@given(chosen=columns, seed=seeds)
def test_directions_do_not_matter(chosen: list[Column], seed: int) -> None:
    """But where values come equally often, and the smaller one goes first: examples are fixed."""
    rows = rows_of(chosen, seed, 500, 0.05)
    plain, mirrored = learned(rows), learned(-rows)
    assert mirrored.scale_ == pytest.approx(plain.scale_, rel=1e-9, abs=1e-12)
    assert mirrored.location_ == pytest.approx(-plain.location_, rel=1e-9, abs=1e-9)


@quick
@given(chosen=columns, seed=seeds, exponent=st.integers(-3, 12))
def test_origins_do_not_matter(chosen: list[Column], seed: int, exponent: int) -> None:
    """Values are rounded so that the move is exact; a constant's round-off is no value apart."""
    rows = np.round(rows_of([c for c in chosen if c is not constant] or COLUMNS[:1], seed, 500), 6)
    rows = np.round(rows * 2.0**20) / 2.0**20
    plain, moved = learned(rows), learned(rows + 2.0**exponent)
    assert moved.scale_ == pytest.approx(plain.scale_, rel=1e-6, abs=1e-9)
    assert moved.location_ - 2.0**exponent == pytest.approx(plain.location_, rel=1e-6, abs=1e-7)


@quick
@given(chosen=columns, seed=seeds, level=st.floats(-1e12, 1e12))
def test_a_constant_stays_one_whatever_is_beside_it(
    chosen: list[Column], seed: int, level: float
) -> None:
    rows = np.column_stack([rows_of(chosen, seed, 400, 0.05), np.full(400, level)])
    scaler = learned(rows)
    at = scaler.features_.index(len(chosen))
    assert (scaler.location_[at], scaler.scale_[at]) == (level, 0.0)
    detector = ClippedZScore()
    detector.learn_many(rows)
    told = detector.explain_one({len(chosen): level})
    assert told == {len(chosen): 0.0}


@quick
@given(seed=seeds, order=st.permutations(range(len(COLUMNS))))
def test_the_order_of_columns_does_not_matter(seed: int, order: list[int]) -> None:
    rows = rows_of(COLUMNS, seed, 300)
    plain, shuffled = learned(rows), learned(rows[:, order])
    assert shuffled.scale_ == pytest.approx(plain.scale_[order], rel=1e-9, abs=1e-300)
    assert shuffled.location_ == pytest.approx(plain.location_[order], rel=1e-9, abs=1e-12)
