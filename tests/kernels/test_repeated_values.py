"""Which values are kept, when a feature wakes and sleeps, and what becomes an atom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from repeating_streams import repeats_of, table_of

from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.preprocessing import ClippedScaler


def learned(*parts: Any) -> ClippedScaler:
    """A scaler of one feature after columns of values, one after the other."""
    scaler = ClippedScaler()
    for part in parts:
        scaler.learn_many(np.asarray(part, dtype=float).reshape(-1, 1))
    return scaler


def is_awake(scaler: Any) -> bool:
    return bool(repeats_of(scaler).awake)


def normal(n: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=n)


@pytest.mark.parametrize("seed", range(3))
def test_shares_are_those_of_the_stream(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, atoms = table_of(learned(rng.choice([0.0, 1.0, -7.5], 5000, p=[0.6, 0.3, 0.1])))
    assert values == pytest.approx({0.0: 0.6, 1.0: 0.3, -7.5: 0.1}, abs=0.06)
    assert set(atoms) == {0.0, 1.0, -7.5}
    # What the start had once is not kept.
    assert sum(values.values()) == pytest.approx(1.0, abs=1e-3)


def test_shares_forget() -> None:
    values, atoms = table_of(learned(np.zeros(3000), np.ones(3000)))
    assert values == pytest.approx({0.0: np.exp(-3.0), 1.0: 1.0 - np.exp(-3.0)}, abs=0.003)
    assert atoms == [1.0]


@pytest.mark.parametrize("whole", [0.3, 1.0])
def test_shares_sum_to_one_at_most(whole: float) -> None:
    rng = np.random.default_rng(0)
    scaler = ClippedScaler()
    drawn = np.where(rng.random(1500) < whole, rng.poisson(12.0, 1500), rng.normal(size=1500))
    for x in drawn.tolist():
        scaler.learn_one({"x": x})
        values, atoms = table_of(scaler)
        assert sum(values.values()) <= 1.0 + 1e-12
        assert len(values) <= 16
        assert set(atoms) <= set(values)


@pytest.mark.parametrize("other", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_no_value_of_a_burst_becomes_an_atom(other: float, seed: int) -> None:
    """200 equal events beside a continuous feature, or beside one that is 0 in half of them."""
    rng = np.random.default_rng(seed)
    drawn = np.where(rng.random(2500) < other, 0.0, rng.normal(size=2500))
    drawn[1500:1700] = 7.0
    scaler = learned(drawn[:1500])
    for x in drawn[1500:].tolist():
        scaler.learn_one({0: x})
        assert 7.0 not in table_of(scaler)[1]


@pytest.mark.parametrize("seed", range(4))
def test_a_value_at_two_percent_becomes_an_atom(seed: int) -> None:
    rng = np.random.default_rng(seed)
    draw = rng.random(6000)
    drawn = np.where(draw < 0.5, 0.0, np.where(draw < 0.52, 99.0, rng.normal(40.0, 10.0, 6000)))
    scaler = learned(drawn[:2000])
    found = 0
    for x in drawn[2000:].tolist():
        scaler.learn_one({0: x})
        found += 99.0 in table_of(scaler)[1]
    assert found > 2000
    assert repeats_of(scaler).highest.memory[0] == 99.0


def test_a_value_at_two_in_a_thousand_does_not() -> None:
    rng = np.random.default_rng(0)
    draw = rng.random(8000)
    drawn = np.where(draw < 0.6, 0.0, np.where(draw < 0.602, 99.0, 1.0))
    scaler = learned(drawn[:1000])
    for x in drawn[1000:].tolist():
        scaler.learn_one({0: x})
        assert 99.0 not in table_of(scaler)[1]


def test_frequent_values_are_not_evicted_by_new_ones() -> None:
    rng = np.random.default_rng(0)
    drawn = np.where(rng.random(4000) < 0.5, rng.normal(size=4000), rng.integers(1, 6, 4000) * 10.0)
    scaler = learned(drawn[:1500])
    for x in drawn[1500:].tolist():
        scaler.learn_one({0: x})
        assert {10.0, 20.0, 30.0, 40.0, 50.0} <= set(table_of(scaler)[0])


def test_what_differs_by_round_off_is_one_value() -> None:
    drawn = [0.3 if n % 3 else 0.1 + 0.2 for n in range(500)]
    values, atoms = table_of(learned(drawn))
    assert list(values.values()) == pytest.approx([1.0])
    assert len(atoms) == 1
    assert learned(drawn).scale_ == [0.0]
    near = table_of(learned([1.0 if n % 2 else 1.0 + 1e-12 for n in range(500)]))
    assert len(near[1]) == 2


@pytest.mark.parametrize("seed", range(10))
def test_a_feature_without_repeats_sleeps(seed: int) -> None:
    scaler = ClippedScaler()
    rows = np.random.default_rng(seed).standard_t(3, size=(5000, 10))
    scaler.learn_many(rows)
    assert repeats_of(scaler).awake == 0
    assert repeats_of(scaler).changes == 0
    assert repeats_of(scaler).shares.capacity == 0


def test_it_wakes_and_sleeps_with_the_repeats() -> None:
    scaler = learned(normal(1000))
    assert not is_awake(scaler)
    for n in range(100):
        scaler.learn_one({0: float(n % 2)})
    assert is_awake(scaler)
    scaler.learn_many(normal(6000, 1).reshape(-1, 1))
    assert not is_awake(scaler)
    assert table_of(scaler) == ({}, [])
    # The slot serves again.
    scaler.learn_many(np.zeros((100, 1)))
    assert is_awake(scaler)
    assert repeats_of(scaler).shares.capacity == 2


def test_asleep_again_it_is_as_any_other_feature() -> None:
    """The same location and scale as without the repeats, once they are long past."""
    repeating = learned(normal(500), np.round(normal(1500, 1)), normal(30_000, 2))
    plain = learned(normal(500), normal(1500, 1), normal(30_000, 2))
    assert not is_awake(repeating)
    assert repeating.scale_ == pytest.approx(plain.scale_, rel=0.03)
    assert repeating.location_ == pytest.approx(plain.location_, abs=0.03)


def test_it_does_not_sleep_while_values_are_held() -> None:
    scaler = learned(np.repeat(normal(1000), 5))
    assert is_awake(scaler)
    assert table_of(scaler)[1] == []


@pytest.mark.either_mode
@pytest.mark.parametrize("period", range(2, 65))
def test_no_pattern_escapes_the_probe(period: int) -> None:
    """0 in the first half of each period; whatever the phase, some probe falls on it."""
    for phase in (0, period // 3):
        t = np.arange(1500) + phase
        drawn = np.where(t % period < (period + 1) // 2, 0.0, normal(1500, period))
        assert is_awake(learned(normal(30), drawn))


@pytest.mark.parametrize("period", [2, 3, 5, 8])
@pytest.mark.parametrize("every", range(1, 6))
def test_no_round_of_values_escapes_the_probe(period: int, every: int) -> None:
    """A cycle of distinct values; the feature is present in every so manieth event."""
    scaler = learned(normal(30))
    scaler.learn_many(normal(40).reshape(-1, 1))
    for n in range(20_000):
        scaler.learn_one({0: float(n // every % period)} if n % every == 0 else {1: n * 0.1})
        if repeats_of(scaler).slots.memory[0]:
            return
    pytest.fail("still asleep")


def test_shortening_keeps_shares_and_lets_them_move() -> None:
    detector = ClippedZScore()
    rng = np.random.default_rng(0)
    detector.learn_many((rng.random((3000, 1)) < 0.2).astype(float))
    before = table_of(detector)
    detector.shorten_memory(40)
    assert table_of(detector) == before
    detector.learn_many(np.ones((40, 1)))
    assert table_of(detector)[0][1.0] > 0.5
