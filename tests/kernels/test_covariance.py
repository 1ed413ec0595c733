"""The inverse covariance stays what it is said to be: symmetric, positive, the inverse of S."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from event_streams import hostile, missing
from naive_mahalanobis import NaiveMahalanobis
from naive_repeats import REGULAR
from numpy.typing import NDArray

from clipsgd_river import COMPILED
from clipsgd_river.anomaly import ClippedMahalanobis

RATES = ["auto", "doubling", 0.02, 0.5]


def assert_symmetric_and_positive(precision: NDArray[np.float64]) -> None:
    assert np.array_equal(precision, precision.T)
    assert np.linalg.eigvalsh(precision).min() > 0.0


def covariance_from_scratch(
    detector: ClippedMahalanobis, rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Covariance by the formula over these rows alone, the detector learning them meanwhile.

    It starts from the identity, which 0.995**n of it remains after n rows. Location and scale
    are the detector's.
    """
    twin = NaiveMahalanobis(clip=detector.clip)
    twin.start_features(dict(enumerate(rows[0])))
    every = np.arange(rows.shape[1])
    settled = np.ones(len(every), dtype=bool)
    for row in rows:
        twin.location, twin.scale = detector.location_, detector.scale_
        twin.seen[:] = twin.events = detector.n_samples_seen_
        twin.events += 1
        twin.judged, twin.kinds = twin.tempered(every, row), [REGULAR] * len(every)
        twin.learn_covariance(every, row, settled)
        detector.learn_many(row[None, :])
    return twin.covariance


def test_no_round_off_gathers_over_many_rows() -> None:
    """200,000 rows compiled; uncompiled a tenth of them."""
    rng = np.random.default_rng(0)
    mixing = np.eye(5) + rng.normal(size=(5, 5))

    def rows(n: int) -> NDArray[np.float64]:
        return rng.normal(size=(n, 5)) @ mixing

    detector = ClippedMahalanobis(clip=3.0)
    detector.learn_many(rows(194_000 if COMPILED else 14_000))
    covariance = covariance_from_scratch(detector, rows(6_000))
    inverse = np.linalg.inv(covariance)
    assert_symmetric_and_positive(detector.precision_)
    assert detector.precision_ == pytest.approx(inverse, rel=1e-6, abs=1e-9 * np.abs(inverse).max())


@pytest.mark.parametrize("learning_rate", RATES)
@pytest.mark.parametrize("stream", [hostile, missing])
def test_symmetric_and_positive_after_a_long_run(stream: Any, learning_rate: Any) -> None:
    rng = np.random.default_rng(0)
    detector = ClippedMahalanobis(learning_rate=learning_rate)
    for event in stream(rng, 5000 if COMPILED else 500, 8):
        detector.learn_one(event)
    assert_symmetric_and_positive(detector.precision_)


def test_collinear_features_are_held_by_the_ridge() -> None:
    """Ten copies of one feature: S has rank 1 without the ridge."""
    rng = np.random.default_rng(0)
    detector, twin = ClippedMahalanobis(), NaiveMahalanobis()
    for x in rng.normal(size=600).tolist():
        event = dict.fromkeys("abcdefghij", x)
        detector.learn_one(event)
        twin.learn(event)
    inverse = np.linalg.inv(twin.covariance)
    assert_symmetric_and_positive(detector.precision_)
    assert detector.precision_ == pytest.approx(inverse, rel=1e-6, abs=1e-9 * inverse.max())


def test_state_can_be_saved_at_any_time() -> None:
    rng = np.random.default_rng(0)
    detector = ClippedMahalanobis(learning_rate=0.5)
    for row in rng.normal(size=(400, 60)):
        detector.learn_many(row[None, :])
        ClippedMahalanobis.from_bytes(detector.to_bytes())
