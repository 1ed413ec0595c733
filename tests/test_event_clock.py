"""The clock: wrong stamps move nothing, the right ones count, and alerts are bounded by it."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_clock import NaiveClock
from numpy.typing import NDArray
from river.base import AnomalyDetector

from clipsgd_river._kernels.alerts.event_clock import EventClock
from clipsgd_river.alerts import AlertBudget
from clipsgd_river.alerts._event_time import seconds_of, unit_of
from clipsgd_river.anomaly import ClippedZScore

Times = NDArray[np.float64]
DAY = 86400.0
LATENCY = 1.6 * DAY
GAP = 10.0
EVENTS = 30_000
START = 1.78e9


class Echo(AnomalyDetector):
    """Gives the feature ``s`` back as its score."""

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn nothing."""

    def score_one(self, x: dict[Any, Any]) -> float:
        return float(x["s"])


def elapsed(times: Any, latency: float = LATENCY) -> float:
    clock = EventClock(latency)
    for stamp in np.asarray(times).tolist():
        clock.observe(stamp)
    return float(clock.elapsed)


def true_times() -> Times:
    return START + GAP * np.arange(EVENTS)


def _at(place: int | slice, value: float) -> Callable[[Times], Times]:
    def spoil(times: Times) -> Times:
        times[place] = value
        return times

    return spoil


def _shifted(places: Callable[[Times], Any], seconds: float) -> Callable[[Times], Times]:
    def spoil(times: Times) -> Times:
        times[places(times)] += seconds
        return times

    return spoil


def _one_in_twenty(times: Times) -> Times:
    rng = np.random.default_rng(0)
    wrong = rng.random(len(times)) < 0.05
    times[wrong] = rng.uniform(-1e10, 1e10, int(wrong.sum()))
    return times


def _restarting(times: Times) -> Times:
    for at in range(1000, len(times), 1500):
        times[at : at + 20] = GAP * np.arange(20)
    return times


# Streams with an event every 10 seconds whose stamps are not all right.
WRONG = {
    "none": lambda times: times,
    "first at 0": _at(0, 0.0),
    "a year of silence after event 5": _shifted(lambda _: slice(6, None), 365 * DAY),
    "one ten years ahead": _shifted(lambda _: 600, 3650 * DAY),
    "fifty in 2106": _at(slice(500, 550), 4294967295.0),
    "the farthest two first": lambda t: _at(1, 1.7e308)(_at(0, -1.7e308)(t)),
    "one in twenty anywhere": _one_in_twenty,
    "clocks that restart at 0": _restarting,
    "a second clock five hours ahead": _shifted(lambda t: np.arange(len(t)) % 2 == 0, 5 * 3600.0),
    "a third of them five minutes late": _shifted(lambda t: np.arange(len(t)) % 3 == 1, -300.0),
    "newest first": lambda times: times[::-1],
    "ten at a time": lambda times: START + 10 * GAP * (np.arange(len(times)) // 10),
    "pages, the newest first": lambda t: t.reshape(-1, 100)[:, ::-1].ravel(),
}


@pytest.mark.parametrize("name", WRONG)
def test_time_passes_as_the_right_stamps_say(name: str) -> None:
    assert elapsed(WRONG[name](true_times())) == pytest.approx(GAP * EVENTS, rel=0.08)


def test_two_clocks_at_random_are_no_faster_than_one() -> None:
    times = true_times()
    times[np.random.default_rng(1).random(EVENTS) < 0.5] += 3650 * DAY
    assert 0.2 * GAP * EVENTS < elapsed(times) <= GAP * EVENTS


def test_nights_that_come_again_count() -> None:
    day = 0.005 * EVENTS * GAP
    times = true_times() + 2.0 * day * (np.arange(EVENTS) // (EVENTS // 200))
    assert elapsed(times) > 0.9 * (times[-1] - times[0])


def test_a_reversed_stream_is_known_as_one() -> None:
    clock = EventClock(LATENCY)
    for stamp in true_times()[:200].tolist():
        clock.observe(stamp)
    assert not clock.runs_backwards()
    clock = EventClock(LATENCY)
    for stamp in true_times()[:200][::-1].tolist():
        clock.observe(stamp)
    assert clock.runs_backwards()


hostile_stamp = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(0, 50).map(lambda i: START + GAP * i),
    st.sampled_from([0.0, START, START + 1e8, -1.7e308, 1.7e308, 4294967295.0]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(hostile_stamp, max_size=60), st.sampled_from([0.0, 50.0, 1e6]))
def test_the_clock_is_the_one_that_is_documented(stamps: list[float], latency: float) -> None:
    clock, naive = EventClock(latency), NaiveClock(latency)
    for stamp in stamps:
        assert clock.observe(stamp) == naive.observe(stamp)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 1e6), min_size=2, max_size=100))
def test_no_more_time_passes_than_stamps_that_rise_span(gaps: list[float]) -> None:
    times = START + np.cumsum(gaps)
    assert elapsed(times) <= times[-1] - times[0] + 1e-3


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.integers(5, 60).map(lambda i: 3 * i), st.floats(-1e300, 1e300), max_size=40)
)
def test_lone_stamps_change_next_to_nothing(wrong: dict[int, float]) -> None:
    times = START + GAP * np.arange(200.0)
    for place, value in wrong.items():
        times[place] = value
    assert abs(elapsed(times) - GAP * 199) <= 6 * GAP


def test_alerts_in_next_to_no_time_have_a_finite_rate() -> None:
    model = AlertBudget(Echo(), alerts_per=(10, "day"), time="t")
    for stamp, score in [*[(0.0, 0.0)] * 37, (1.0, 0.0), (2.0, 0.0), (5e-324, 1.0)] * 3:
        model.learn_one({"s": score, "t": stamp})
        assert math.isfinite(model.alert_rate_)
    assert model.n_alerts_ > 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(hostile_stamp, st.floats()), min_size=40, max_size=120),
    st.sampled_from([(10, "day"), (1, "second"), (3.0, "week")]),
    st.sampled_from([(Echo, None), (Echo, "auto"), (ClippedZScore, None), (ClippedZScore, 0.5)]),
)
def test_alerts_are_bounded_whatever_values_and_times_are(
    events: list[tuple[float, float]], per: tuple[float, str], how: tuple[Any, Any]
) -> None:
    make, floor = how
    model = AlertBudget(make(), alerts_per=per, time="t", floor=floor)
    passed = 0.0
    unit = {"second": 1.0, "day": DAY, "week": 7 * DAY}[per[1]]
    naive = NaiveClock(16.0 * unit / per[0])
    for stamp, score in events * 3:
        if math.isfinite(stamp):
            model.learn_one({"s": score, "t": stamp})
            passed += naive.observe(seconds_of("t", stamp))
            assert model.n_alerts_ <= per[0] * passed / unit + 17.0
            assert math.isfinite(model.alert_rate_)
    # As a state file does, it refuses what is not finite or impossible.
    again = pickle.loads(pickle.dumps(model._budget))
    assert again.snapshot() == model._budget.snapshot()


@pytest.mark.parametrize("name", ["first at 0", "one ten years ahead", "one in twenty anywhere"])
def test_ten_alerts_an_hour_are_ten_an_hour(name: str) -> None:
    rng = np.random.default_rng(2)
    scores = rng.standard_normal(5_000)
    spikes = [2_500, 4_900]
    scores[spikes] = 50.0
    model = AlertBudget(Echo(), alerts_per=(10, "hour"), time="t")
    times = WRONG[name](true_times())[:5_000]
    found = [
        i
        for i, (s, t) in enumerate(zip(scores.tolist(), times.tolist(), strict=True))
        if model.alert_one({"s": s, "t": t})
    ]
    assert abs(len(found) - 10 * GAP * 5_000 / 3600) <= 17
    assert set(spikes) <= set(found)


@pytest.mark.parametrize(
    ("number", "unit"),
    [
        (0, "seconds"),
        (-5.5, "seconds"),
        (1_780_000_000, "seconds"),
        (1_780_000_000_000, "milliseconds"),
        (1_780_000_000_000_000, "microseconds"),
        (1_780_000_000_000_000_000, "nanoseconds"),
    ],
)
def test_numbers_are_times_of_the_unit_that_their_size_tells(number: float, unit: str) -> None:
    assert unit_of(number) == unit
    seconds = seconds_of("t", number)
    assert seconds == (START if number > 1e9 else number)
    # What was read once is read as the same again.
    assert seconds_of("t", seconds) == seconds


@pytest.mark.parametrize("moment", [1.7e308, -1.7e308, 1e20, datetime(9999, 1, 1, tzinfo=UTC)])
def test_times_have_an_end(moment: Any) -> None:
    seconds = seconds_of("t", moment)
    assert 9e10 < abs(seconds) < 1e11
    assert seconds_of("t", seconds) == seconds


def test_milliseconds_give_the_alerts_of_seconds() -> None:
    rng = np.random.default_rng(3)
    rows = [{"s": s, "t": START + i} for i, s in enumerate(rng.standard_normal(500).tolist())]
    budgets = [AlertBudget(Echo(), alerts_per=(30, "hour"), time="t") for _ in range(2)]
    for x in rows:
        budgets[0].learn_one(x)
        budgets[1].learn_one({**x, "t": 1000.0 * x["t"]})
    assert budgets[0]._budget.snapshot() == budgets[1]._budget.snapshot()
