"""Columns that repeat one value have the scale, the scores and the constancy that they have."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clipsgd_river.anomaly import ClippedEnsemble, ClippedMahalanobis, ClippedZScore
from clipsgd_river.checks import _columns
from clipsgd_river.checks._columns import Draw
from clipsgd_river.drift import ClippedOCPD
from clipsgd_river.preprocessing import ClippedScaler

pytestmark = pytest.mark.either_mode

Rows = NDArray[np.float64]
OWNERS = [ClippedScaler, ClippedZScore, ClippedMahalanobis]
# Events of the rarer kind, by which the standard deviation of a sample is known to a tenth.
RARER = 60
LEAST = 2_000


@dataclass(frozen=True)
class Drawn:
    """A column, and how often its rarer values come."""

    kind: str
    draw: Draw
    rarer: float

    def values(self, seed: int) -> Rows:
        """Enough of its values for a fair claim about their spread."""
        n = max(LEAST, ceil(RARER / self.rarer))
        return self.draw(np.random.default_rng(seed), n)


def flags(share: float) -> Drawn:
    return Drawn(f"flag {share}", _columns.flag(share), min(share, 1.0 - share))


def counts(mean: float) -> Drawn:
    return Drawn(f"Poisson({mean})", _columns.poisson(mean), min(mean, 1.0))


def mostly(share: float, value: float) -> Drawn:
    column = _columns.partly(share, value, _columns.gaussian(3.0, 1.0))
    return Drawn(f"{value} in {share}, otherwise N(3, 1)", column, min(share, 1.0 - share))


def sums(share: float) -> Drawn:
    column = _columns.partly(share, 0.0, _columns.amounts())
    return Drawn(f"0 in {share}, otherwise lognormal", column, 1.0 - share)


def readings(step: float) -> Drawn:
    return Drawn(f"N(20, 1) to {step}", _columns.rounded(20.0, 1.0, step), 0.1)


def cut(share: float) -> Drawn:
    return Drawn(f"{share} at a cap", _columns.capped(share), 1.0 - share)


def drifting(first: float, last: float) -> Drawn:
    column = _columns.drifting_flag(first, last)
    return Drawn(f"flag from {first} to {last}", column, min(first, last))


repeating = st.one_of(
    st.builds(flags, st.floats(0.001, 0.999)),
    st.builds(counts, st.floats(0.01, 10.0)),
    st.builds(mostly, st.floats(0.01, 0.999), st.sampled_from([0.0, 3.0, -1.0, 8.0])),
    st.builds(sums, st.floats(0.55, 0.99)),
    st.builds(readings, st.floats(0.01, 3.0)),
    st.builds(cut, st.floats(0.5, 0.95)),
    st.builds(drifting, st.floats(0.02, 0.5), st.floats(0.02, 0.5)),
)
seeds = st.integers(0, 1000)


def beside(values: Rows, others: int) -> Rows:
    """The column in front of so many Gaussians."""
    return np.column_stack([values, np.random.default_rng(0).normal(size=(len(values), others))])


def scale_of(owner: Any, rows: Rows) -> float:
    owner.learn_many(rows)
    return float(owner.scale_[0])


def said_of(owner: Any, rows: Rows) -> Rows:
    """What an owner makes of rows, each before it is learned: scores, or deviations."""
    if hasattr(owner, "score_learn_many"):
        return np.asarray(owner.score_learn_many(rows))
    owner.learn_many(rows[:-100])
    return np.asarray(owner.transform_many(rows[-100:]))


@pytest.mark.parametrize("cls", OWNERS)
@settings(max_examples=40, deadline=None)
@given(column=repeating, seed=seeds, others=st.sampled_from([0, 1, 5]))
def test_the_scale_is_about_the_standard_deviation(
    cls: Any, column: Drawn, seed: int, others: int
) -> None:
    """Of a column whose spread changes, somewhere between its least and its largest."""
    values = column.values(seed)
    deviations = [part.std() for part in np.array_split(values, 5)]
    scale = scale_of(cls(), beside(values, others))
    assert 0.5 * min(deviations) <= scale <= 2.0 * max(deviations)


@pytest.mark.parametrize("cls", [*OWNERS[1:], ClippedEnsemble])
@settings(max_examples=20, deadline=None)
@given(column=repeating, seed=seeds, others=st.sampled_from([0, 2]))
def test_scores_are_in_range_and_distances_finite(
    cls: Any, column: Drawn, seed: int, others: int
) -> None:
    rows = beside(column.values(seed)[:LEAST], others)
    detector = cls()
    scores = detector.score_learn_many(rows)
    assert ((scores >= 0.0) & (scores < 1.0)).all()
    assert np.isfinite(detector.score_samples(rows)).all()
    assert np.isfinite(detector.location_).all() if hasattr(detector, "location_") else True


@pytest.mark.parametrize("cls", OWNERS)
@settings(max_examples=20, deadline=None)
@given(column=repeating, seed=seeds, unit=st.integers(-60, 60))
def test_a_unit_that_is_a_power_of_two_changes_no_bit(
    cls: Any, column: Drawn, seed: int, unit: int
) -> None:
    values = column.values(seed)[:LEAST]
    plain, other = cls(), cls()
    said = said_of(plain, beside(values, 1))
    assert (said_of(other, beside(np.ldexp(values, unit), 1)) == said).all()
    assert other.scale_[0] == np.ldexp(plain.scale_[0], unit)


@pytest.mark.parametrize("cls", OWNERS)
# The same examples each time: rounding may turn a tie among the first values.
@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    column=repeating,
    seed=seeds,
    unit=st.floats(1e-3, 1e3),
    origin=st.floats(-100.0, 100.0),
)
def test_the_scale_goes_with_unit_and_origin(
    cls: Any, column: Drawn, seed: int, unit: float, origin: float
) -> None:
    values = column.values(seed)[:LEAST]
    moved = (values + origin) * unit
    plain, other = cls(), cls()
    said, said_of_moved = said_of(plain, beside(values, 1)), said_of(other, beside(moved, 1))
    assert other.scale_[0] == pytest.approx(unit * plain.scale_[0], rel=1e-6)
    assert said_of_moved == pytest.approx(said, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("cls", OWNERS)
@settings(max_examples=20, deadline=None)
@given(column=repeating, seed=seeds)
def test_direction_matters_little(cls: Any, column: Drawn, seed: int) -> None:
    """Of two values that come equally often, the smaller one may be the more frequent one."""
    values = column.values(seed)[:LEAST]
    plain, mirrored = scale_of(cls(), beside(values, 1)), scale_of(cls(), beside(-values, 1))
    assert mirrored == pytest.approx(plain, rel=0.1, abs=1e-12)


@pytest.mark.parametrize("cls", OWNERS)
@settings(max_examples=30, deadline=None)
@given(value=st.floats(-1e100, 1e100), n=st.integers(1, 300))
def test_a_constant_stays_a_constant(cls: Any, value: float, n: int) -> None:
    owner = cls()
    assert scale_of(owner, beside(np.full(n, value), 1)) == 0.0
    assert owner.location_[0] == value


@pytest.mark.parametrize("cls", OWNERS)
@settings(max_examples=30, deadline=None)
@given(
    value=st.floats(1e-9, 1e9),
    roundings=st.lists(st.integers(-2, 2), min_size=1, max_size=50),
    repeats=st.integers(1, 20),
)
def test_round_off_is_no_change(cls: Any, value: float, roundings: list[int], repeats: int) -> None:
    """A few units in the last place, as a sum in another order gives them."""
    values = value * (1.0 + np.array(roundings * repeats) * np.finfo(float).eps)
    owner = cls()
    assert scale_of(owner, values[:, None]) == 0.0
    if hasattr(owner, "distance_one"):
        assert owner.distance_one({0: value}) == owner.distance_one({0: float(values[0])}) == 0.0
    else:
        assert owner.transform_one({0: value}) == {0: 0.0}


@pytest.mark.parametrize("column", _columns.ALL, ids=lambda column: column.name)
def test_the_standard_deviation_of_a_column_is_of_its_ordinary_values(column: Any) -> None:
    values = column.draw(np.random.default_rng(0), 2_000)
    assert values.shape == (2_000,)
    assert np.isfinite(values).all()
    deviation = column.deviation(values)
    assert (deviation == 0.0) == (column in _columns.CONSTANT)
    assert deviation <= values.std() * 1.5 + 1e-12


@settings(max_examples=20, deadline=None)
@given(share=st.floats(0.6, 0.99), seed=seeds)
def test_amounts_that_are_mostly_zero_are_told_apart_when_squashed(share: float, seed: int) -> None:
    scaler = ClippedScaler(squash=True)
    scaler.learn_many(sums(share).values(seed)[:, None])
    squashed = [scaler.transform_one({0: amount})[0] for amount in (0.0, 0.1, 1.0, 10.0, 1000.0)]
    assert (np.diff(squashed) > 1e-3).all(), squashed
    assert 0.3 < squashed[0] < 0.5


@pytest.mark.parametrize("cls", OWNERS)
@settings(max_examples=10, deadline=None)
@given(seed=seeds, frozen=st.integers(100, 2_000))
def test_a_feature_that_freezes_leaves_the_scales_of_others(
    cls: Any, seed: int, frozen: int
) -> None:
    rows = np.random.default_rng(seed).normal(20.0, 0.3, (2_000 + frozen, 3))
    rows[2_000:, 0] = rows[2_000, 0]
    owner = cls()
    owner.learn_many(rows[:2_000])
    before = owner.scale_
    owner.learn_many(rows[2_000:])
    assert owner.scale_[1:] == pytest.approx(before[1:], rel=0.35)


@pytest.mark.parametrize("value", [0.3, 435.0, -1.1e6])
def test_round_off_is_no_change_point(value: float) -> None:
    detector = ClippedOCPD()
    for position in range(400):
        detector.update(value * (1.0 + np.finfo(float).eps * (position > 200)))
        assert not detector.drift_detected
