"""Rates, precision, recall and F1 of alerts: from scores, verdicts and probabilities."""

from __future__ import annotations

import datetime as dt
import math
import pickle
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from river import metrics as river_metrics
from river import utils

from clipsgd_river.metrics import F1, AlertRate, Precision, Recall

pytestmark = pytest.mark.either_mode

DAY = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
JUDGED = [
    (Precision, sklearn.metrics.precision_score, river_metrics.Precision),
    (Recall, sklearn.metrics.recall_score, river_metrics.Recall),
    (F1, sklearn.metrics.f1_score, river_metrics.F1),
]
events = st.lists(st.tuples(st.booleans(), st.floats(0.0, 1.0, exclude_max=True)), max_size=50)


@pytest.mark.parametrize(("kind", "of_scikit_learn", "of_river"), JUDGED)
@settings(max_examples=40, deadline=None)
@given(pairs=events, threshold=st.floats(0.0, 1.0))
def test_scores_from_the_threshold_on_are_alerts(
    kind: Any, of_scikit_learn: Any, of_river: Any, pairs: Any, threshold: float
) -> None:
    metric, verdicts, plain = kind(threshold=threshold), kind(), of_river()
    for y, score in pairs:
        metric.update(y, score)
        verdicts.update(int(y), score >= threshold)
        plain.update(y, score >= threshold)
    labels, alerts = [y for y, _ in pairs], [score >= threshold for _, score in pairs]
    wanted = of_scikit_learn(labels, alerts, zero_division=0.0) if pairs else 0.0
    assert metric.get() == pytest.approx(wanted, abs=1e-12)
    assert metric.get() == verdicts.get() == plain.get()


@pytest.mark.parametrize("alert", [True, np.True_, 1, np.int64(1), 0.95, np.float32(0.95), 7.0])
def test_what_counts_as_an_alert(alert: Any) -> None:
    metric = Recall()
    metric.update(True, alert)
    assert metric.get() == 1.0


@pytest.mark.parametrize(
    "quiet", [False, np.False_, 0, 0.0, 0.5, np.float32(0.5), math.nan, None, {}, {False: 0.9}]
)
def test_what_is_no_alert(quiet: Any) -> None:
    metric = AlertRate()
    metric.update(None, quiet)
    assert metric.get() == 0.0
    assert metric.cm.n_samples == 1


def test_of_probabilities_the_likeliest_counts() -> None:
    metric = AlertRate(threshold=0.9)
    for share in (0.2, 0.6, 0.8, 0.4):
        metric.update(None, {True: share, False: 1.0 - share})
    assert metric.get() == 0.5


def test_labels_of_any_kind() -> None:
    metric = Recall()
    for anomaly in (1, True, np.True_, np.int8(1), 1.0):
        metric.update(anomaly, True)
    for usual in (0, False, None, np.False_, 0.0):
        metric.update(usual, False)
    assert metric.get() == 1.0
    assert metric.cm.support(True) == 5


@pytest.mark.parametrize("kind", [AlertRate, Precision, Recall, F1])
def test_thresholds_are_checked(kind: Any) -> None:
    for threshold, error in [("0.9", TypeError), (True, TypeError), (math.nan, ValueError)]:
        with pytest.raises(error, match="threshold"):
            kind(threshold=threshold)


def test_the_rate_is_the_weighted_share() -> None:
    metric = AlertRate()
    metric.update(None, True, w=3.0)
    metric.update(None, False)
    assert metric.get() == 0.75
    assert metric.n_alerts == 3.0
    assert repr(metric) == "AlertRate: 75.00%"
    other = AlertRate()
    other.update(None, False)
    assert other.is_better_than(metric)


@pytest.mark.parametrize(
    ("per", "wanted"),
    [("second", 1 / 2400), ("minute", 1 / 40), ("hour", 1.5), ("day", 36.0), ("week", 252.0)],
)
def test_alerts_per_unit_of_time(per: str, wanted: float) -> None:
    in_dates, in_seconds = AlertRate(per=per), AlertRate(per=per)
    for minute in range(0, 121, 10):
        alert = minute in (0, 40, 80)
        in_dates.update(None, alert, time=DAY + dt.timedelta(minutes=minute))
        in_seconds.update(None, alert, time=60.0 * minute)
    assert in_dates.get() == pytest.approx(wanted)
    assert in_seconds.get() == pytest.approx(wanted)
    assert in_dates.clone().per == per


def test_one_moment_is_no_time() -> None:
    metric = AlertRate(per="hour")
    assert metric.get() == 0.0
    for _ in range(3):
        metric.update(None, True, time=DAY)
    assert metric.get() == 0.0
    # Late events are counted, and the clock does not go back.
    metric.update(None, True, time=DAY + dt.timedelta(hours=2))
    metric.update(None, True, time=DAY + dt.timedelta(hours=1))
    assert metric.get() == 2.5


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_window_of_events_has_its_own_time(size: int) -> None:
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(1.0, 2.0, size=40)).tolist()
    alerts = (rng.random(40) < 0.4).tolist()
    metric = utils.Rolling(AlertRate, window_size=size, per="second")
    for n, (time, alert) in enumerate(zip(times, alerts, strict=True)):
        metric.update(None, alert, time=time)
        if n >= size:
            # From the event that left the window last.
            wanted = sum(alerts[n - size + 1 : n + 1]) / (time - times[n - size])
            assert metric.get() == pytest.approx(wanted)


@pytest.mark.parametrize("place", [0, 1, 300])
@pytest.mark.parametrize("stamp", [0.0, -1.7e308, 1.7e308, 1.78e9 + 3e8])
def test_a_wrong_stamp_is_no_time(place: int, stamp: float) -> None:
    times = 1.78e9 + 600.0 * np.arange(1_000)
    metric = AlertRate(per="day")
    for n, time in enumerate(times.tolist()):
        metric.update(None, n % 72 == 0, time=stamp if n == place else time)
    assert metric.get() == pytest.approx(2.0, rel=0.03)
    again = pickle.loads(pickle.dumps(metric))
    for each in (metric, again):
        each.update(None, True, time=1.78e9 + 6e5)
    assert again.get() == metric.get()


def test_a_window_of_time() -> None:
    metric = utils.TimeRolling(AlertRate, period=dt.timedelta(hours=6), per="day")
    for hour in range(24):
        moment = DAY.replace(tzinfo=None) + dt.timedelta(hours=hour)
        metric.update(None, hour % 3 == 0, t=moment, time=moment)
    assert metric.n_alerts == 2
    assert metric.get() == pytest.approx(8.0)


def test_undone_alerts_are_gone_and_time_has_passed() -> None:
    metric = AlertRate(per="hour")
    for hour in range(5):
        metric.update(None, True, time=3600.0 * hour)
    metric.revert(None, True, time=3600.0 * 4)
    assert metric.get() == 1.0


def test_units_and_times_are_checked() -> None:
    with pytest.raises(ValueError, match="'event', 'second'"):
        AlertRate(per="month")
    metric = AlertRate(per="day")
    for time, error in [(None, ValueError), ("noon", TypeError), (math.nan, ValueError)]:
        with pytest.raises(error, match="time"):
            metric.update(None, True, time=time)
    assert metric.n_alerts == 0
