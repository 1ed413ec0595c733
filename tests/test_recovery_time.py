"""Times to recover after a change, against their definition on whole sequences."""

from __future__ import annotations

import datetime as dt
import math
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import datasets, evaluate, linear_model, preprocessing, utils

from clipsgd_river.metrics import RecoveryTime

pytestmark = pytest.mark.either_mode

levels = st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9]), max_size=50)
positions = st.sets(st.integers(0, 55), max_size=4).map(sorted)


def recoveries(
    values: list[float], changes: list[int], window: int, tolerance: float
) -> list[tuple[float, bool]]:
    """Time of each change in the past, and whether it was recovered from."""
    n, found, limit, calm, last = len(values), [], None, True, 0
    for change, end in zip(changes, [*changes, n][1:], strict=True):
        if change >= n:
            break
        before = values[max(last, change - window) : change]
        if calm and before:
            limit = fmean(before) + tolerance * fmean(before)
        last = change
        if limit is None:
            continue
        end = min(end, n)
        starts = [
            k for k in range(change, end - window + 1) if fmean(values[k : k + window]) <= limit
        ]
        calm = bool(starts)
        found.append((float(starts[0] - change), True) if calm else (float(end - change), False))
    return found


@settings(max_examples=200, deadline=None)
@given(levels, positions, st.integers(1, 8), st.sampled_from([0.0, 0.1, 1.0]))
def test_scores_back_at_the_level_of_before(
    values: list[float], changes: list[int], window: int, tolerance: float
) -> None:
    metric = RecoveryTime(changes, of="score", window=window, tolerance=tolerance)
    for n, value in enumerate(values, start=1):
        metric.update(None, value)
        wanted = recoveries(values[:n], changes, window, tolerance)
        assert metric.delays == [time if back else None for time, back in wanted]
        assert metric.n_missed == sum(not back for _, back in wanted)
        assert metric.get() == pytest.approx(fmean(t for t, _ in wanted) if wanted else 0.0)
        backs = [back for _, back in wanted]
        assert metric.share_recovered == (fmean(map(float, backs)) if backs else 0.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), max_size=40), positions, st.integers(1, 5))
def test_alerts_are_ones_and_zeros(values: list[float], changes: list[int], window: int) -> None:
    metric = RecoveryTime(changes, window=window, threshold=0.6)
    verdicts = RecoveryTime(changes, window=window)
    for value in values:
        metric.update(None, value)
        verdicts.update(None, value >= 0.6)
    wanted = recoveries([float(v >= 0.6) for v in values], changes, window, 0.1)
    assert metric.delays == verdicts.delays == [time if back else None for time, back in wanted]


def test_a_change_without_effect_takes_no_time() -> None:
    metric = RecoveryTime([10], of="score", window=3)
    for _ in range(13):
        metric.update(None, 0.5)
    assert metric.delays == [0.0]
    assert repr(metric) == "RecoveryTime: 0."


def test_while_it_lasts_the_time_goes_on() -> None:
    metric = RecoveryTime([5], window=5)
    for t in range(20):
        metric.update(None, t >= 5)
        assert metric.get() == max(0, t - 4)
    assert metric.mean is None
    assert metric.median is None


def test_errors_of_a_regressor() -> None:
    stream = [({"x": float(t % 7)}, float(t % 7) * (2.0 if t < 500 else -3.0)) for t in range(1500)]
    model = preprocessing.StandardScaler() | linear_model.LinearRegression()
    metric = RecoveryTime([500], of="error", window=50, tolerance=0.5)
    found = evaluate.progressive_val_score(stream, model, metric)
    assert found.share_recovered == 1.0
    assert 50 < found.get() < 1000


def test_errors_of_estimates_and_of_classifiers() -> None:
    vectors = RecoveryTime([2], of="error", window=1)
    for estimate in ({"a": 1.0}, {"a": 1.0}, {"a": 4.0, "b": 4.0}, {"a": 1.0}):
        vectors.update({"a": 1.0}, estimate)
    assert vectors.delays == [1.0]
    shares = RecoveryTime([1], of="error", window=1, tolerance=0.0)
    for share in (0.8, 0.5, 0.7, 0.9):
        shares.update(True, {True: share, False: 1.0 - share})
    assert shares.delays == [2.0]
    model = preprocessing.StandardScaler() | linear_model.LogisticRegression()
    metric = RecoveryTime([200], of="error")
    evaluate.progressive_val_score(datasets.Phishing().take(400), model, metric)
    assert len(metric.delays) == 1


def test_times_in_units() -> None:
    start = dt.datetime(2026, 1, 1)
    metric = RecoveryTime([start + dt.timedelta(minutes=150)], of="score", window=2, unit="hour")
    for hour, score in enumerate([0.2, 0.2, 0.2, 0.9, 0.8, 0.2, 0.1]):
        metric.update(None, score, time=start + dt.timedelta(hours=hour))
    assert metric.delays == [2.5]


def test_missing_values_are_as_bad_as_can_be() -> None:
    metric = RecoveryTime([2], of="score", window=1)
    for score in (0.5, 0.5, math.nan, math.inf, 0.5):
        metric.update(None, score)
    assert metric.delays == [2.0]


def test_in_a_window_are_the_changes_in_it() -> None:
    rolling = utils.Rolling(RecoveryTime, window_size=10, changes=[5, 12], of="score", window=1)
    seen = []
    for t in range(25):
        rolling.update(None, 0.9 if t in (5, 6, 12) else 0.2)
        seen.append(list(rolling.delays))
    assert seen[4:15] == [[], [None], [None], *[[2.0]] * 5, [2.0, None], [2.0, 1.0], [2.0, 1.0]]
    assert seen[15:] == [*[[1.0]] * 7, [], [], []]


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"of": "recall"}, ValueError, "of is"),
        ({"window": 0}, ValueError, "window"),
        ({"tolerance": -0.1}, ValueError, "tolerance"),
        ({"tolerance": math.inf}, ValueError, "tolerance"),
        ({"tolerance": "0.1"}, TypeError, "tolerance"),
        ({"changes": [4, 4]}, ValueError, "rise"),
        ({"unit": "eon"}, ValueError, "unit"),
    ],
)
def test_parameters_are_checked(parameters: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        RecoveryTime(**parameters)
