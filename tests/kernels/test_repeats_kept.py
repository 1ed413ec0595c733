"""What awake features keep: snapshots at any event, rows as events, damage, failures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repeating_streams import COLUMNS, repeats_of, rows_of

from clipsgd_river.anomaly import (
    ClippedEnsemble,
    ClippedMahalanobis,
    ClippedSubspace,
    ClippedZScore,
)
from clipsgd_river.linear_model import ClippedLinearRegression
from clipsgd_river.preprocessing import ClippedScaler

# tests/test_compiled.py compares both modes on columns that repeat.
pytestmark = pytest.mark.either_mode

MAKERS = [
    ClippedScaler,
    ClippedZScore,
    ClippedMahalanobis,
    ClippedSubspace,
    lambda: ClippedEnsemble(),
]
IDS = ["scaler", "z-score", "mahalanobis", "subspace", "ensemble"]
makers = pytest.mark.parametrize("make", MAKERS, ids=IDS)


def restored(kernel: Any, numbers: Any = None) -> Any:
    """A kernel from the numbers of another one, or from these."""
    rebuild, (kind, arguments, names, own) = kernel.__reduce__()
    return rebuild(kind, arguments, names, own if numbers is None else numbers)


def waking_and_sleeping() -> Any:
    """Three columns: repeats begin, change and end; one has gaps."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(900, 3))
    rows[:300, 0] = rng.integers(0, 3, 300)
    rows[60:500, 1] = np.where(rng.random(440) < 0.6, 2.5, rows[60:500, 1])
    rows[:450, 2] = 0.0
    rows[rng.random(900) < 0.2, 1] = np.nan
    return rows


@makers
def test_a_copy_from_numbers_goes_on_alike_from_any_event(make: Any) -> None:
    subject = make()
    changes = set()
    rows = waking_and_sleeping().tolist()
    for t, row in enumerate(rows):
        event = dict(enumerate(row))
        if t % 3 == 0 or t < 120:
            twin = restored(subject._kernel)
            twin.learn_one(event)
            subject.learn_one(event)
            assert twin.snapshot() == subject._kernel.snapshot(), t
            twin.learn_one(event)
        else:
            subject.learn_one(event)
        if hasattr(subject._kernel, "standard"):
            changes.add(repeats_of(subject).changes)
    assert len(changes) > 3


@makers
@pytest.mark.parametrize("block", [900, 7])
def test_rows_learn_what_events_do(make: Any, block: int) -> None:
    rows = waking_and_sleeping()
    by_events, by_rows = make(), make()
    for row in rows.tolist():
        by_events.learn_one(dict(enumerate(row)))
    for first in range(0, len(rows), block):
        by_rows.learn_many(rows[first : first + block])
    assert by_rows._kernel.snapshot() == by_events._kernel.snapshot()


@pytest.mark.parametrize("make", MAKERS[1:], ids=IDS[1:])
def test_scores_of_rows_are_those_of_events(make: Any) -> None:
    rows = rows_of(COLUMNS, 0, 400, 0.1)
    by_events, by_rows, fitted = make(), make(), make()
    scores = [by_events.score_learn_one(dict(enumerate(row))) for row in rows.tolist()]
    assert by_rows.score_learn_many(rows).tolist() == scores
    for first in range(0, len(rows), 50):
        fitted.partial_fit(rows[first : first + 50])
    assert by_rows._kernel.snapshot() == by_events._kernel.snapshot()
    assert fitted._kernel.snapshot() == by_events._kernel.snapshot()


@pytest.mark.parametrize("make", MAKERS[1:], ids=IDS[1:])
def test_scoring_and_learning_apart(make: Any) -> None:
    """An event is judged the same whether or not it is learned at once."""
    for column in COLUMNS:
        at_once, apart = make(), make()
        for t, (x,) in enumerate(rows_of([column], 0, 450).tolist()):
            assert at_once.score_learn_one({0: x}) == apart.score_one({0: x}), (column, t)
            apart.learn_one({0: x})


def test_a_linear_model_learns_the_same_from_rows() -> None:
    rows = waking_and_sleeping()
    goals = np.nansum(rows, axis=1)
    by_events, by_rows = ClippedLinearRegression(), ClippedLinearRegression()
    for row, goal in zip(rows.tolist(), goals.tolist(), strict=True):
        by_events.learn_one(dict(enumerate(row)), goal)
    by_rows.partial_fit(rows, goals)
    assert by_rows._kernel.snapshot() == by_events._kernel.snapshot()


@pytest.mark.parametrize("make", [ClippedScaler, lambda: ClippedEnsemble()])
def test_a_damaged_number_is_refused_or_harmless(make: Any) -> None:
    subject = make()
    rows = waking_and_sleeping()
    subject.learn_many(rows[:310])
    _, numbers = subject._kernel.snapshot()
    refused = 0
    for position in range(len(numbers)):
        for damage in (float("nan"), -1.0, 0.5, 17.0, 1e9, -1e18, 1e200, 5e-324):
            changed = numbers[:]
            changed[position] = damage
            try:
                kernel = restored(subject._kernel, changed)
            except ValueError:
                refused += 1
                continue
            for row in rows[310:325].tolist():
                kernel.learn_one(dict(enumerate(row)))
            restored(kernel)
            assert np.isfinite(np.array(kernel.standard.location.memory)).all()
            assert np.isfinite(np.array(kernel.standard.scale.memory)).all()
    assert refused > 2 * len(numbers)


@pytest.mark.parametrize("make", [ClippedScaler, lambda: ClippedEnsemble()])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(1, 400))
def test_a_state_cut_short_is_refused(make: Any, seed: int, cut: int) -> None:
    subject = make()
    subject.learn_many(rows_of(COLUMNS, seed, 60))
    _, numbers = subject._kernel.snapshot()
    with pytest.raises(ValueError, match="state"):
        restored(subject._kernel, numbers[: -min(cut, len(numbers))])


@pytest.mark.parametrize("cls", [ClippedZScore, ClippedMahalanobis])
def test_a_scheduler_that_fails_now_and_then_changes_nothing(cls: Any) -> None:
    class Moody:
        def __init__(self, moods: Any) -> None:
            self.moods = moods

        def get(self, t: int) -> float:
            if next(self.moods, 1.0) < 0.3:
                raise KeyboardInterrupt
            return 0.05

    rows = waking_and_sleeping()
    steady = cls(learning_rate=Moody(iter([])))
    moody = cls(learning_rate=Moody(iter(np.random.default_rng(0).random(2000).tolist())))
    failures = 0
    for row in rows.tolist():
        event = dict(enumerate(row))
        steady.learn_one(event)
        while True:
            try:
                moody.learn_one(event)
                break
            except KeyboardInterrupt:
                failures += 1
    assert failures > 100
    assert moody._kernel.snapshot() == steady._kernel.snapshot()


def test_long_silence_can_be_kept() -> None:
    """Shares fade for as long as a value does not come back; they never fade away."""
    scaler = ClippedScaler()
    scaler.learn_many((np.random.default_rng(0).random((200, 1)) < 0.3).astype(float))
    for _ in range(8):
        scaler.learn_many(np.zeros((100_000, 1)))
        assert restored(scaler._kernel).snapshot() == scaler._kernel.snapshot()


@pytest.mark.parametrize("warm_up", [3, 1000, 1500])
def test_a_start_of_one_value_can_be_kept(warm_up: int) -> None:
    scaler = ClippedScaler(warm_up=warm_up)
    for _ in range(2):
        scaler.learn_many(np.zeros((warm_up, 1)))
        assert restored(scaler._kernel).snapshot() == scaler._kernel.snapshot()
    assert repeats_of(scaler).awake == 1
