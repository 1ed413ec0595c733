"""Delays of detection, against their definition on whole sequences."""

from __future__ import annotations

import datetime as dt
from statistics import fmean, median
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import utils

from clipsgd_river.metrics import DetectionDelay

pytestmark = pytest.mark.either_mode

Spans = list[tuple[int, int]]
bools = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40)


def runs(labels: list[bool]) -> Spans:
    """Beginning and end of each run of True, the end outside."""
    marked = np.flatnonzero(np.diff([0, *map(int, labels), 0])).tolist()
    return list(zip(marked[::2], marked[1::2], strict=True))


def stretches(changes: list[int], n: int) -> Spans:
    ends = [*changes, n][1:]
    return [(c, min(end, n)) for c, end in zip(changes, ends, strict=True) if c < n]


def delays_in(spans: Spans, alerts: list[bool], within: float) -> list[tuple[float, bool]]:
    """Delay of each span, and whether it was found."""
    found = []
    for start, end in spans:
        hits = [t - start for t in range(start, end) if alerts[t] and t - start <= within]
        found.append((float(hits[0]), True) if hits else (min(end - start, within), False))
    return found


def agrees(metric: Any, wanted: list[tuple[float, bool]]) -> None:
    assert metric.delays == [delay if hit else None for delay, hit in wanted]
    assert metric.n_missed == sum(not hit for _, hit in wanted)
    assert metric.get() == pytest.approx(fmean(d for d, _ in wanted) if wanted else 0.0)
    hits = [delay for delay, hit in wanted if hit]
    assert metric.share_detected == (len(hits) / len(wanted) if wanted else 0.0)
    assert metric.mean == (pytest.approx(fmean(hits)) if hits else None)
    assert metric.median == (median(hits) if hits else None)


@settings(max_examples=150, deadline=None)
@given(bools, st.none() | st.integers(1, 6) | st.floats(0.5, 4.0))
def test_runs_of_labels(pairs: list[tuple[bool, bool]], within: float | None) -> None:
    metric = DetectionDelay(within=within)
    labels, alerts = [y for y, _ in pairs], [alert for _, alert in pairs]
    for n in range(len(pairs)):
        metric.update(*pairs[n])
        wanted = delays_in(runs(labels[: n + 1]), alerts, within or np.inf)
        agrees(metric, wanted)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.booleans(), max_size=40),
    st.sets(st.integers(0, 45), max_size=5).map(sorted),
    st.none() | st.integers(1, 6),
)
def test_changes(alerts: list[bool], changes: list[int], within: int | None) -> None:
    metric = DetectionDelay(changes, within=within)
    for n, alert in enumerate(alerts, start=1):
        # Labels are of no account.
        metric.update(n % 2 == 0, alert)
        agrees(metric, delays_in(stretches(changes, n), alerts, within or np.inf))


@settings(max_examples=60, deadline=None)
@given(bools)
def test_units_of_time(pairs: list[tuple[bool, bool]]) -> None:
    """At one event an hour, delays in hours are delays in events; misses end with the last one."""
    by_event, by_hour = DetectionDelay(), DetectionDelay(unit="hour")
    for hour, (label, alert) in enumerate(pairs):
        by_event.update(label, alert)
        by_hour.update(label, alert, time=dt.datetime(2026, 1, 1) + dt.timedelta(hours=hour))
    assert by_hour.delays == pytest.approx(by_event.delays)
    ongoing = bool(pairs) and pairs[-1][0] and by_event.delays[-1] is None
    assert by_hour.get() == pytest.approx(
        by_event.get() - (1.0 / len(by_event.delays) if ongoing else 0.0)
    )


def test_changes_at_times() -> None:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    changes = [start + dt.timedelta(minutes=90), start + dt.timedelta(minutes=305)]
    metric = DetectionDelay(changes, within=2.0, unit="hour")
    for hour in range(10):
        metric.update(None, hour in (3, 8), time=start + dt.timedelta(hours=hour))
    assert metric.delays == [1.5, None]
    assert metric.get() == pytest.approx((1.5 + 2.0) / 2)


def test_scores_alert_from_the_threshold_on() -> None:
    metric = DetectionDelay(threshold=0.8)
    for score in (0.7, 0.79, 0.8, 0.9):
        metric.update(1, score)
    assert metric.delays == [2.0]
    assert repr(metric) == "DetectionDelay: 2."


@settings(max_examples=60, deadline=None)
@given(bools, st.integers(1, 15))
def test_in_a_window_are_the_anomalies_that_began_in_it(
    pairs: list[tuple[bool, bool]], window: int
) -> None:
    rolling = utils.Rolling(DetectionDelay, window_size=window)
    labels, alerts = [y for y, _ in pairs], [alert for _, alert in pairs]
    for n in range(len(pairs)):
        rolling.update(*pairs[n])
        inside = [span for span in runs(labels[: n + 1]) if span[0] > n - window]
        agrees(rolling, delays_in(inside, alerts, np.inf))


def test_a_window_of_times() -> None:
    rolling = utils.Rolling(DetectionDelay, window_size=3, unit="second")
    for second, (label, alert) in enumerate([(1, 0), (1, 1), (0, 0), (0, 0), (1, 1)]):
        rolling.update(label, bool(alert), time=float(second))
        assert rolling.delays == ([None], [1.0], [1.0], [], [0.0])[second]


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"changes": [3, 2]}, ValueError, "rise"),
        ({"changes": [2, 2]}, ValueError, "rise"),
        ({"changes": [1.5]}, ValueError, "positions"),
        ({"changes": [-1]}, ValueError, "positions"),
        ({"changes": ["noon"], "unit": "day"}, TypeError, "changes"),
        ({"changes": "123"}, TypeError, "sequence"),
        ({"changes": 5}, TypeError, "sequence"),
        ({"within": 0}, ValueError, "within"),
        ({"unit": "fortnight"}, ValueError, "unit"),
        ({"threshold": None}, TypeError, "threshold"),
    ],
)
def test_parameters_are_checked(parameters: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        DetectionDelay(**parameters)


def test_a_unit_of_time_asks_for_times() -> None:
    metric = DetectionDelay(unit="hour")
    with pytest.raises(ValueError, match="time="):
        metric.update(1, True)
    assert metric.delays == []
