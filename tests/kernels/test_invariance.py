"""What must not matter: units, origins, and the order of features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clipsgd_river.anomaly import ClippedMahalanobis, ClippedSubspace, ClippedZScore

DETECTORS = [ClippedZScore, ClippedMahalanobis]
FEATURES = 3


def stream(seed: int) -> NDArray[np.float64]:
    """Correlated, heavy-tailed, with a change of level and some missing values."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_t(3, size=(150, FEATURES)) @ (np.eye(FEATURES) + 0.4)
    rows[100:] += 3.0
    rows[rng.random(rows.shape) < 0.1] = np.nan
    return rows


def scores(cls: Any, rows: NDArray[np.float64], names: list[str]) -> NDArray[np.float64]:
    detector = cls()
    return np.array(
        [detector.score_learn_one(dict(zip(names, row, strict=True))) for row in rows.tolist()]
    )


NAMES = ["a", "b", "c"]
seeds = st.integers(0, 1000)


@pytest.mark.parametrize("cls", DETECTORS)
@settings(max_examples=8, deadline=None)
@given(seed=seeds, units=st.lists(st.integers(-60, 60), min_size=3, max_size=3))
def test_units_that_are_powers_of_two_change_no_bit(cls: Any, seed: int, units: list[int]) -> None:
    rows = stream(seed)
    assert np.array_equal(scores(cls, np.ldexp(rows, units), NAMES), scores(cls, rows, NAMES))


@pytest.mark.parametrize("cls", DETECTORS)
@settings(max_examples=8, deadline=None)
@given(
    seed=seeds,
    units=st.lists(st.floats(1e-9, 1e9), min_size=3, max_size=3),
    signs=st.lists(st.sampled_from([-1.0, 1.0]), min_size=3, max_size=3),
    origins=st.lists(st.floats(-100.0, 100.0), min_size=3, max_size=3),
)
def test_units_directions_and_origins_do_not_matter(
    cls: Any, seed: int, units: list[float], signs: list[float], origins: list[float]
) -> None:
    rows = stream(seed)
    moved = (rows + np.array(origins)) * np.array(units) * np.array(signs)
    assert scores(cls, moved, NAMES) == pytest.approx(scores(cls, rows, NAMES), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("cls", [*DETECTORS, ClippedSubspace])
@settings(max_examples=8, deadline=None)
@given(seed=seeds, order=st.permutations(range(FEATURES)))
def test_order_of_features_does_not_matter(cls: Any, seed: int, order: list[int]) -> None:
    """Features first seen in another order get other positions; only round-off may differ."""
    rows = stream(seed)
    shuffled = scores(cls, rows[:, order], [NAMES[j] for j in order])
    assert shuffled == pytest.approx(scores(cls, rows, NAMES), rel=1e-9, abs=1e-12)
