"""The plane stays orthonormal, is the principal one, and no event turns it far."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np
import pytest
from event_streams import hostile, missing
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clipsgd_river import COMPILED
from clipsgd_river._kernels.anomaly.detector import DetectorKernel
from clipsgd_river._kernels.anomaly.subspace import SubspacePart
from clipsgd_river.anomaly import ClippedSubspace

Rows = NDArray[np.float64]
CAUSES, FEATURES = 3, 12


def mixing(seed: int = 0) -> Rows:
    """Three causes of unlike strength, each seen by all features."""
    rng = np.random.default_rng(seed)
    return np.diag([3.0, 2.0, 1.0]) @ rng.normal(size=(CAUSES, FEATURES))


def planted(n: int, seed: int = 0, noise: float = 0.3) -> Rows:
    rng = np.random.default_rng(seed + 100)
    causes = rng.normal(size=(n, CAUSES))
    return np.asarray(causes @ mixing(seed) + noise * rng.normal(size=(n, FEATURES)))


def orthonormality_error(axes: Rows) -> float:
    return float(np.abs(axes @ axes.T - np.eye(len(axes))).max())


def largest_angle(first: Rows, second: Rows) -> float:
    """Largest principal angle between the planes that two sets of orthonormal rows span."""
    cosines = np.linalg.svd(first @ second.T, compute_uv=False)
    return float(np.arccos(np.clip(cosines.min(), -1.0, 1.0)))


def basis(detector: ClippedSubspace) -> Rows:
    """The directions as the kernel holds them."""
    plane = detector._kernel.part.subspace
    flat = np.array(plane.basis.memory[: plane.used * plane.size])
    return flat.reshape(plane.used, plane.size)


def test_no_round_off_gathers_over_many_events() -> None:
    """200,000 events compiled; uncompiled a hundredth of them."""
    detector = ClippedSubspace(n_components=5, learning_rate=0.1)
    for seed in range(20):
        detector.learn_many(planted(10_000 if COMPILED else 100, seed))
        assert orthonormality_error(basis(detector)) < 1e-14


@pytest.mark.parametrize("learning_rate", ["auto", "doubling", 0.02, 1.0])
@pytest.mark.parametrize("components", [1, 3, "auto"])
@pytest.mark.parametrize("stream", [hostile, missing])
def test_orthonormal_on_any_stream(stream: Any, components: Any, learning_rate: Any) -> None:
    detector = ClippedSubspace(n_components=components, learning_rate=learning_rate)
    for event in stream(np.random.default_rng(0), 2000 if COMPILED else 200, 8):
        detector.learn_one(event)
    assert orthonormality_error(basis(detector)) < 1e-13
    assert orthonormality_error(detector.components_) < 1e-12
    assert np.all(np.diff(detector.explained_variance_) <= 0.0)
    assert np.all(detector.explained_variance_ >= -1e-12)


def test_the_plane_is_the_principal_one() -> None:
    rows = planted(3000)
    detector = ClippedSubspace(n_components=CAUSES).partial_fit(rows)
    variances, axes = np.linalg.eigh(np.cov((rows / detector.unit_).T))
    principal = axes.T[::-1][:CAUSES]
    assert largest_angle(detector.components_, principal) < 0.15
    # Averages over 100 events of which long ones are clipped.
    assert detector.explained_variance_ == pytest.approx(variances[::-1][:CAUSES], rel=0.5)
    assert detector.location_ == pytest.approx(rows.mean(axis=0), abs=0.5 * rows.std())


def test_the_plane_is_followed_when_it_changes() -> None:
    """Ten times the memory of 50 events after the change, the old plane is left."""
    detector = ClippedSubspace(n_components=CAUSES).partial_fit(planted(2000, 0))
    rows = planted(500, 1)
    before = np.median(detector.score_many(rows[:50]))
    detector.learn_many(rows)
    after = np.median(detector.score_many(planted(550, 1)[500:]))
    assert before > 0.6 > after


@cache
def trained() -> ClippedSubspace:
    return ClippedSubspace(n_components=CAUSES).partial_fit(planted(1000))


@settings(max_examples=30, deadline=None)
@given(
    event=st.lists(
        st.floats(allow_nan=False, allow_infinity=True), min_size=FEATURES, max_size=FEATURES
    )
)
def test_one_event_turns_the_plane_little(event: list[float]) -> None:
    """The norm of what is learned is at most twice a median of about the square root of d."""
    detector = deepcopy(trained())
    detector.learn_one(dict(enumerate(event)))
    assert largest_angle(basis(trained()), basis(detector)) < 0.05
    moved = (detector.location_ - trained().location_) / trained().unit_
    assert np.linalg.norm(moved) <= 0.02 * 2.0 * 1.3 * np.sqrt(FEATURES)


def test_one_gross_outlier_in_ten_leaves_the_plane() -> None:
    rng = np.random.default_rng(0)
    rows = planted(2000)
    clean = ClippedSubspace(n_components=CAUSES).partial_fit(rows)
    rows[::10] = 1e6 * rng.normal(size=(200, FEATURES))
    dirty = ClippedSubspace(n_components=CAUSES).partial_fit(rows)
    principal = np.linalg.qr((mixing() / clean.unit_).T)[0].T
    assert largest_angle(clean.components_, principal) < 0.1
    principal = np.linalg.qr((mixing() / dirty.unit_).T)[0].T
    assert largest_angle(dirty.components_, principal) < 0.1


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), exponent=st.integers(-60, 60))
def test_a_common_scale_that_is_a_power_of_two_changes_no_bit(seed: int, exponent: int) -> None:
    rows = planted(120, seed)
    expected = ClippedSubspace().score_learn_many(rows)
    found = ClippedSubspace().score_learn_many(np.ldexp(rows, exponent))
    assert found == pytest.approx(expected, rel=1e-9)


def test_features_of_one_unit_share_it_and_unlike_ones_keep_their_own() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1000, 6)) * np.array([1.0, 1.2, 0.8, 1.5, 1.0, 0.7])
    alike = ClippedSubspace().partial_fit(rows).unit_
    assert alike.max() < 1.05 * alike.min()
    unlike = ClippedSubspace().partial_fit(rows * 10.0 ** np.arange(6)).unit_
    assert unlike == pytest.approx(rows.std(axis=0) * 10.0 ** np.arange(6), rel=0.3)


def test_a_feature_that_seldom_moves_has_the_unit_of_its_moves() -> None:
    """It is 0 in 49 of 50 events: its standard deviation is 0.7, and what is there is about 5."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4000, 3)) * np.array([1.0, 1e3, 1e6])
    lit = rng.random(4000) < 0.02
    rows[:, 0] = np.where(lit, rng.normal(5.0, 0.5, size=4000), 0.0)
    unit = ClippedSubspace().partial_fit(rows).unit_[0]
    assert 2.0 < unit < 6.0


def test_automatic_directions_hold_four_fifths_of_the_variance() -> None:
    few = ClippedSubspace(n_components="auto").partial_fit(planted(600))
    assert 1 <= len(few.components_) <= CAUSES + 1
    rng = np.random.default_rng(0)
    many = ClippedSubspace(n_components="auto").partial_fit(rng.normal(size=(300, 40)))
    assert len(many.components_) > 10
    assert len(few.partial_fit(planted(600, 1)).components_) <= CAUSES + 2


def test_at_most_half_of_the_features_are_directions() -> None:
    rng = np.random.default_rng(0)
    for features in (1, 2, 3, 7):
        detector = ClippedSubspace().partial_fit(rng.normal(size=(100, features)))
        assert detector.components_.shape == (features // 2, features)


def test_a_new_feature_is_outside_the_plane_at_first() -> None:
    detector = ClippedSubspace(n_components=2)
    detector.learn_many(planted(300))
    for row in planted(detector.warm_up):
        detector.learn_one({**dict(enumerate(row)), "late": row[0]})
        assert detector.components_.shape == (2, FEATURES + 1)
        assert np.all(detector.components_[:, -1] == 0.0)
    detector.learn_one({**dict(enumerate(planted(1)[0])), "late": 1.0})
    assert np.all(detector.components_[:, -1] != 0.0)


def test_band_given_the_other_features_is_narrow_and_holds() -> None:
    detector = ClippedSubspace(n_components=CAUSES).partial_fit(planted(3000))
    alone = np.array(list(detector.expect_one().values()))
    inside, widths = [], []
    for row in planted(3200)[3000:].tolist():
        band = np.array(list(detector.expect_one(dict(enumerate(row))).values()))
        inside.append((band[:, 0] < row) & (row < band[:, 2]))
        widths.append(band[:, 2] - band[:, 0])
    assert np.mean(inside) == pytest.approx(0.95, abs=0.05)
    assert np.mean(widths) < 0.5 * np.mean(alone[:, 2] - alone[:, 0])


@pytest.mark.parametrize(
    ("components", "error", "word"),
    [
        (0, ValueError, "at least 1"),
        (-3, ValueError, "at least 1"),
        (2.5, TypeError, "whole number"),
        (True, TypeError, "whole number"),
        ("all", ValueError, "'auto'"),
        (None, TypeError, "whole number"),
    ],
)
def test_what_n_components_may_be(components: Any, error: type[Exception], word: str) -> None:
    with pytest.raises(error, match=word):
        ClippedSubspace(n_components=components).learn_one({"a": 1.0})


def test_directions_of_a_damaged_state_are_refused() -> None:
    detector = trained()
    names, numbers = detector._kernel.snapshot()
    first = len(numbers) - CAUSES * FEATURES - CAUSES * (CAUSES + 1) // 2
    for place, value, word in [(first, 3.0, "orthonormal"), (first + FEATURES, -1.0, "variance")]:
        forged = deepcopy(numbers)
        forged[place] = value
        with pytest.raises(ValueError, match=word):
            DetectorKernel(detector._kernel.settings, SubspacePart).restore(names, forged)
