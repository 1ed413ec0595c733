"""Rows of any doubles whatever, from the very first row on."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import pytest
from conftest import discover_detectors, name_of
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from parts import discover_parts
from river.base import AnomalyFilter, SupervisedAnomalyDetector

from clipsgd_river.anomaly import ClippedDetector

HOSTILE = st.one_of(
    st.floats(width=64),
    st.sampled_from([0.0, -0.0, 1.0, 5e-324, 1e150, 1e308, -1e308, np.inf, -np.inf, np.nan]),
)
ROWS = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=40), elements=HOSTILE)


@pytest.mark.parametrize(
    "detector", [d for d in discover_detectors() if isinstance(d, ClippedDetector)], ids=name_of
)
@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_scores_are_finite_and_rows_agree_with_events(
    detector: ClippedDetector, rows: NDArray[np.float64]
) -> None:
    by_rows = detector.clone()
    by_events = detector.clone()
    scores = by_rows.score_learn_many(rows)
    expected = [by_events.score_learn_one(dict(enumerate(row))) for row in rows.tolist()]
    assert np.all(np.isfinite(scores))
    assert np.all((scores >= 0.0) & (scores < 1.0))
    np.testing.assert_array_equal(scores, expected)
    assert np.all(np.isfinite(by_rows.score_samples(rows)))


@pytest.mark.parametrize(
    "detector",
    [d for d in discover_detectors() if isinstance(d, SupervisedAnomalyDetector)],
    ids=name_of,
)
@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_scores_of_any_target_are_finite_and_rows_agree_with_events(
    detector: Any, rows: NDArray[np.float64]
) -> None:
    by_rows = detector.clone()
    by_events = detector.clone()
    targets = rows[::-1, -1]
    pairs = list(zip(map(dict, map(enumerate, rows.tolist())), targets.tolist(), strict=True))
    scores = by_rows.score_learn_many(rows, targets)
    assert np.all((scores >= 0.0) & (scores < 1.0))
    assert scores.tolist() == [by_events.score_learn_one(x, y) for x, y in pairs]
    assert by_rows.to_bytes() == by_events.to_bytes()
    again = by_rows.score_many(rows, targets)
    assert again.tolist() == [by_events.score_one(x, y) for x, y in pairs]
    assert np.all(np.isfinite([by_events.distance_one(x, y) for x, y in pairs]))


@pytest.mark.parametrize(
    "alerts", [d for d in discover_detectors() if isinstance(d, AnomalyFilter)], ids=name_of
)
@settings(max_examples=30, deadline=None)
@given(rows=ROWS)
def test_filters_stay_finite_and_rows_agree_with_events(
    alerts: Any, rows: NDArray[np.float64]
) -> None:
    rows = np.concatenate([rows] * 3)
    by_rows = alerts.clone()
    by_events = alerts.clone()
    scores = by_rows.score_learn_many(rows)
    assert scores.tolist() == [
        by_events.score_learn_one(dict(enumerate(row))) for row in rows.tolist()
    ]
    assert np.all((scores >= 0.0) & (scores < 1.0))
    assert np.isfinite([by_rows.threshold_, by_rows.alert_rate_]).all()
    assert by_rows.to_bytes() == by_events.to_bytes()


@pytest.mark.parametrize(
    "part", [part for part in discover_parts() if hasattr(part, "learn_many")], ids=name_of
)
@settings(max_examples=60, deadline=None)
@given(rows=ROWS.filter(lambda rows: rows.shape[1] > 1))
def test_parts_stay_finite_and_rows_agree_with_events(part: Any, rows: NDArray[np.float64]) -> None:
    by_rows = part.clone()
    by_events = part.clone()
    by_rows.learn_many(rows)
    for x in map(dict, map(enumerate, rows.tolist())):
        by_events.learn_one(x)
    numbers = [by_rows.numbers(x) for x in map(dict, map(enumerate, rows.tolist()))]
    assert np.all(np.isfinite(by_rows.part._kernel.snapshot()[1]))
    assert not np.any(np.isnan(list(chain.from_iterable(numbers))))
    assert numbers == [by_events.numbers(x) for x in map(dict, map(enumerate, rows.tolist()))]
