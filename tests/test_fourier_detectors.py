"""What the kernel mean and the one-class support vector machine are for, on obvious data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from clipsgd_river import COMPILED
from clipsgd_river.anomaly import ClippedKernelMean, ClippedMahalanobis, ClippedOneClassSVM

DETECTORS = [
    ClippedKernelMean(),
    ClippedOneClassSVM(),
    ClippedOneClassSVM(nu=0.05),
    ClippedOneClassSVM(kernel="linear", nu=0.1),
]
CLUSTERED = DETECTORS[:2]


def two_clusters(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return rng.normal(size=(n, 2)) + 8.0 * rng.integers(0, 2, size=(n, 1))


def standard(detector: Any, n: int = 400, d: int = 3) -> Any:
    return detector.clone().partial_fit(np.random.default_rng(0).normal(size=(n, d)))


@pytest.mark.parametrize("detector", CLUSTERED, ids=repr)
def test_what_lies_between_clusters_is_unusual(detector: Any) -> None:
    rng = np.random.default_rng(0)
    detector = detector.clone().partial_fit(two_clusters(rng, 800))
    usual = two_clusters(rng, 200)
    between = rng.normal(size=(200, 2)) * 0.7 + [4.0, 4.0]
    rows, truth = np.vstack([usual, between]), np.repeat([0, 1], 200)
    assert roc_auc_score(truth, -detector.score_samples(rows)) > 0.9
    one_cloud = ClippedMahalanobis().partial_fit(two_clusters(rng, 800))
    assert roc_auc_score(truth, -one_cloud.score_samples(rows)) < 0.5


@pytest.mark.parametrize("detector", DETECTORS, ids=repr)
@pytest.mark.parametrize("centre", [0.0, 100.0, -1e6])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_an_event_far_off_on_either_side_ranks_above_all_others(
    detector: Any, centre: float, sign: float
) -> None:
    rng = np.random.default_rng(1)
    detector = detector.clone().partial_fit(centre + rng.normal(size=(300, 4)))
    usual = detector.score_many(centre + rng.normal(size=(100, 4)))
    for j in range(4):
        off = dict.fromkeys(range(4), centre)
        off[j] = centre + sign * 60.0
        assert detector.score_one(off) > usual.max()


@pytest.mark.either_mode
@pytest.mark.parametrize("detector", DETECTORS, ids=repr)
@settings(max_examples=12, deadline=None)
@given(
    direction=st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3).filter(
        lambda u: max(map(abs, u)) > 0.1
    ),
    nearer=st.floats(0.0, 1e3),
)
def test_beyond_the_range_farther_is_farther(
    detector: Any, direction: list[float], nearer: float
) -> None:
    """Where every coordinate that moves is clipped, features stand still and the tail grows."""
    detector = standard(detector)
    ray = np.array(direction) * (np.abs(direction) > 0.1)
    first, second, third = (
        detector.distance_one(dict(enumerate((scale * ray).tolist())))
        for scale in (60.0 + nearer, 120.0 + 2 * nearer, 1e9)
    )
    assert first < second < third


@pytest.mark.parametrize("nu", [0.02, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_a_share_nu_of_the_events_has_slack(kernel: str, nu: float) -> None:
    """Within 0.02, on one distribution and then on another; the distance is 1 on the margin."""
    rng = np.random.default_rng(2)
    detector = ClippedOneClassSVM(nu=nu, kernel=kernel, n_components=16)
    shares = []
    for rows in (rng.normal(size=(2500, 3)), 5.0 + 3.0 * rng.standard_t(4, size=(2500, 3))):
        detector.learn_many(rows)
        assert detector.slack_share_ == pytest.approx(nu, abs=0.02)
        beyond = 0
        for row in (rows[:1000] if COMPILED else rows[:200]).tolist():
            event = dict(enumerate(row))
            beyond += detector.distance_one(event) > 1.0
            detector.learn_one(event)
        shares.append(beyond / (1000 if COMPILED else 200))
    assert np.mean(shares) == pytest.approx(nu, abs=0.03 if COMPILED else 0.1)


@pytest.mark.parametrize("detector", DETECTORS, ids=repr)
def test_one_event_moves_no_distance_far(detector: Any) -> None:
    """An event however far counts as one: the distances of others change by a few parts in 100."""
    rng = np.random.default_rng(3)
    probes = rng.normal(size=(50, 3))
    for far in (1e3, 1e300):
        changed = standard(detector)
        before = -changed.score_samples(probes)
        changed.learn_one(dict.fromkeys(range(3), far))
        after = -changed.score_samples(probes)
        assert np.abs(after - before).max() < 0.15 * before.mean()


@pytest.mark.parametrize("detector", CLUSTERED, ids=repr)
def test_a_shape_that_changes_is_followed(detector: Any) -> None:
    """A ring after a cloud of the same location and scale: the middle becomes the gap."""
    rng = np.random.default_rng(4)
    detector = detector.clone().partial_fit(rng.normal(size=(600, 2)))

    def middle_against_ring() -> float:
        angles = rng.uniform(0.0, 2.0 * np.pi, 100)
        ring = np.sqrt(2.0) * np.column_stack([np.cos(angles), np.sin(angles)])
        middle = 0.2 + 0.1 * rng.normal(size=(100, 2))
        return float(
            np.mean(detector.score_samples(middle)) - np.mean(detector.score_samples(ring))
        )

    assert middle_against_ring() > 0.0
    angles = rng.uniform(0.0, 2.0 * np.pi, 800)
    ring = np.sqrt(2.0) * np.column_stack([np.cos(angles), np.sin(angles)])
    detector.learn_many(ring + 0.1 * rng.normal(size=(800, 2)))
    assert middle_against_ring() < 0.0


@pytest.mark.either_mode
@pytest.mark.parametrize("seed", [0, 1, 2**62])
def test_another_seed_is_another_draw_of_the_same_detector(seed: int) -> None:
    rng = np.random.default_rng(5)
    rows, probes = rng.normal(size=(300, 4)), 2.0 * rng.normal(size=(100, 4))
    found = [
        -ClippedKernelMean(seed=s, n_components=512).partial_fit(rows).score_samples(probes)
        for s in (seed, seed + 1)
    ]
    assert not np.array_equal(*found)
    assert np.corrcoef(*found)[0, 1] > 0.95


@pytest.mark.parametrize("detector", DETECTORS, ids=repr)
def test_before_anything_is_learned_answers_are_defined(detector: Any) -> None:
    detector = detector.clone()
    assert detector.distance_one({"a": 1.0}) == 0.0
    assert detector.explain_one({"a": 1.0}) == {}
    assert detector.explain_one({}) == {}
    assert detector.expect_one() == {}
    assert type(detector).from_bytes(detector.to_bytes()).score_one({"a": 1.0}) == 0.0


@pytest.mark.parametrize(
    ("parameter", "value", "error"),
    [
        ("n_components", 0, ValueError),
        ("n_components", 5000, ValueError),
        ("n_components", 1.5, TypeError),
        ("seed", -1, ValueError),
        ("seed", 2**63, ValueError),
        ("seed", "0", TypeError),
        ("seed", None, TypeError),
        ("seed", True, TypeError),
        ("nu", 0.0, ValueError),
        ("nu", 1.1, ValueError),
        ("nu", float("nan"), ValueError),
        ("nu", "half", TypeError),
        ("kernel", "poly", ValueError),
        ("kernel", 1, ValueError),
    ],
)
def test_a_wrong_parameter_is_named(parameter: str, value: Any, error: Any) -> None:
    with pytest.raises(error, match=parameter):
        ClippedOneClassSVM(**{parameter: value}).learn_one({"a": 1.0})


# Places counted from the end of the numbers, behind which the part's last ones stand.
PLACES = [
    (ClippedKernelMean(), "cosines", 4),
    (ClippedKernelMean(), "norm", 1),
    (ClippedOneClassSVM(), "cosines", 6),
    (ClippedOneClassSVM(), "norm", 5),
    (ClippedOneClassSVM(), "share", 2),
    (ClippedOneClassSVM(kernel="linear"), "weight", 1),
    (ClippedOneClassSVM(kernel="linear"), "share", 5),
]


@pytest.mark.parametrize("number", [2.0, -2.0])
@pytest.mark.parametrize(("detector", "name", "place"), PLACES, ids=str)
def test_a_forged_state_is_refused(detector: Any, name: str, place: int, number: float) -> None:
    """No mean of cosines, norm, weight or share is beyond 1."""
    kernel = standard(detector, n=60)._kernel
    names, numbers = kernel.snapshot()
    numbers[-place] = number
    with pytest.raises(ValueError, match=name):
        type(kernel)(kernel.settings, type(kernel.part)).restore(names, numbers)
