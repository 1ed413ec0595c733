"""At normal data the estimates mean what they say, and they find back after a change."""

from __future__ import annotations

from math import log, sqrt
from typing import Any

import numpy as np
import pytest

from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore

DETECTORS = [ClippedZScore, ClippedMahalanobis]


@pytest.mark.parametrize("d", [1, 3, 20])
@pytest.mark.parametrize("cls", DETECTORS)
def test_scale_is_one_and_the_band_holds_95_percent(cls: Any, d: int) -> None:
    """Averages over looks at a stream: one look at d = 1 may be 3 % off."""
    rng = np.random.default_rng(d)
    detector = cls()
    detector.learn_many(rng.normal(size=(1000, d)))
    scales, inside = [], []
    for _ in range(12):
        detector.learn_many(rng.normal(size=(250, d)))
        low, _, high = np.array(list(detector.expect_one().values())).T
        rows = rng.normal(size=(2000, d))
        scales.append(detector.scale_.mean())
        inside.append(np.mean((low < rows) & (rows < high)))
    assert np.mean(scales) == pytest.approx(1.0, rel=0.05)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("d", [2, 8])
def test_band_given_the_other_features_holds_95_percent(d: int) -> None:
    """Features that share a cause: what the others say narrows the band, and it still holds."""
    rng = np.random.default_rng(d)
    detector = ClippedMahalanobis()

    def rows(n: int) -> Any:
        return rng.normal(size=(n, 1)) + 0.5 * rng.normal(size=(n, d))

    detector.learn_many(rows(2000))
    alone = np.array(list(detector.expect_one().values()))
    inside, widths = [], []
    for row in rows(400).tolist():
        band = np.array(list(detector.expect_one(dict(enumerate(row))).values()))
        inside.append((band[:, 0] < row) & (row < band[:, 2]))
        widths.append(band[:, 2] - band[:, 0])
    assert np.mean(inside) == pytest.approx(0.95, abs=0.04)
    assert np.mean(widths) < 0.75 * np.mean(alone[:, 2] - alone[:, 0])


@pytest.mark.parametrize("d", [1, 3, 20])
def test_mahalanobis_distances_of_normal_rows_average_d(d: int) -> None:
    rng = np.random.default_rng(d)
    detector = ClippedMahalanobis()
    detector.learn_many(rng.normal(size=(1000, d)))
    means = []
    for _ in range(6):
        detector.learn_many(rng.normal(size=(250, d)))
        means.append(-detector.score_samples(rng.normal(size=(1000, d))).mean())
    assert np.mean(means) == pytest.approx(d, rel=0.12)


@pytest.mark.parametrize("seen", [1, 5, 20, 150, 3000])
@pytest.mark.parametrize("cls", DETECTORS)
def test_a_constant_that_changes_deviates_by_the_root_of_its_events(cls: Any, seen: int) -> None:
    """Chebyshev's inequality lets n events say no more; beyond 1,000 nothing is added."""
    detector = cls()
    detector.learn_many(np.full((seen, 1), 5.0))
    assert detector.location_ == [5.0]
    assert detector.scale_ == [0.0]
    assert detector.distance_one({0: 5.0}) == 0.0
    deviation = sqrt(min(seen, 1000)) * seen / (seen + 3.0)
    if cls is ClippedZScore:
        expected = log(1.0 + deviation**2 / 3.0)
    else:
        precision = detector.precision_[0, 0]
        tail = 2.0 * log(max(deviation / 4.0, 1.0))
        expected = precision * min(deviation, 4.0) ** 2 + tail
    for change in (5.000001, -1e12, 1e300):
        assert detector.distance_one({0: change}) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("cls", DETECTORS)
def test_noise_lost_in_round_off_is_a_constant(cls: Any) -> None:
    """A few units in the last place of 1e9 are noise; what shrinks below one is none."""
    detector = cls()
    detector.learn_many(1e9 + 2e-6 * np.random.default_rng(0).normal(size=(60, 1)))
    assert detector.scale_[0] > 0.0
    detector.learn_many(np.full((4000, 1), 1e9))
    assert detector.scale_[0] == 0.0
    assert detector.location_[0] == 1e9
    assert detector.distance_one({0: 1e9}) == 0.0


@pytest.mark.parametrize("d", [1, 3, 20])
@pytest.mark.parametrize("cls", DETECTORS)
def test_distances_are_back_to_normal_200_events_after_a_change_of_scale(cls: Any, d: int) -> None:
    """Threefold wider and then as before again; the mean over streams, single ones stray."""
    wider, back = [], []
    for seed in range(8 if d == 1 else 2):
        rng = np.random.default_rng(seed)
        detector = cls()
        detector.learn_many(rng.normal(size=(600, d)))
        usual = -detector.score_samples(rng.normal(size=(400, d))).mean()
        at_once = -detector.score_samples(3.0 * rng.normal(size=(400, d))).mean()
        assert at_once > 2.0 * usual
        detector.learn_many(3.0 * rng.normal(size=(200, d)))
        wider.append(-detector.score_samples(3.0 * rng.normal(size=(400, d))).mean() / usual)
        detector.learn_many(3.0 * rng.normal(size=(200, d)))
        detector.learn_many(rng.normal(size=(200, d)))
        back.append(-detector.score_samples(rng.normal(size=(400, d))).mean() / usual)
    assert 1.0 / 1.5 < np.mean(wider) < 1.5
    assert 1.0 / 1.5 < np.mean(back) < 1.5
