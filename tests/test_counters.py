"""`ClippedTimeSeries` judges a metric that only rises by its rate."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import isnan, nan
from typing import Any

import numpy as np
import pandas as pd
import pytest
from naive_series import NaiveCounter

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedTimeSeries

START = datetime(2026, 3, 2)


def counted(n: int, seed: int = 0) -> np.ndarray[Any, Any]:
    """Values of a counter whose rate has a season of 48 events."""
    rates = 1000.0 + 300.0 * np.sin(2.0 * np.pi * np.arange(n) / 48.0)
    return np.cumsum(np.round(rates + np.random.default_rng(seed).normal(0.0, 20.0, n)))


def troubled(n: int) -> list[tuple[float, float]]:
    """A counter with resets, a wrong reading, late and double values; at last a wave."""
    values = counted(n)
    values[n // 4 :] -= values[n // 4] - 3.0
    values[n // 2] *= 0.7
    wave = np.arange(n - 3 * n // 4)
    values[3 * n // 4 :] = 5e4 + 1e4 * np.sin(wave / 30.0)
    times = 60.0 * np.arange(n)
    times[n // 5] -= 200.0
    times[n // 6] = times[n // 6 - 1]
    return list(zip(times.tolist(), values.tolist(), strict=True))


@pytest.mark.parametrize("timed", [True, False])
def test_a_counter_is_seen_as_the_series_of_its_rates(timed: bool) -> None:
    naive, detector, of_rates = NaiveCounter(), *(ClippedTimeSeries(timestamp="t") for _ in "12")
    turns, compared = [], 0
    for n, (seconds, x) in enumerate(troubled(600)):
        at = seconds if timed else float(n)
        event = {"t": seconds if timed else nan, "x": x}
        seen = naive.rate(at, x) if naive.counting else x
        distance = detector.distance_learn_one(event)
        # Steps of location and scale have a clock that goes on where a metric starts anew.
        wanted = of_rates.distance_learn_one({**event, "x": seen})
        assert distance == pytest.approx(wanted, abs=0.05)
        compared += not isnan(seen)
        if naive.learn(at, x):
            # Nothing of values that were no rates is kept, or the other way round.
            turns.append(n)
            of_rates = ClippedTimeSeries(timestamp="t")
            for _ in range(n + 1):
                of_rates.learn_one({"t": nan})
    # A wrong reading in the middle ends nothing; the second fall of the wave does.
    assert turns == [32, 499]
    assert compared > 550


def events(values: Any) -> pd.DataFrame:
    times = [START + n * timedelta(minutes=30) for n in range(len(values))]
    return pd.DataFrame({"timestamp": times, "requests": values})


def test_a_rate_out_of_season_is_told_and_a_reset_is_not() -> None:
    values = counted(48 * 15)
    values[400:] -= values[400] - 7.0
    detector = ClippedTimeSeries()
    distances = detector.distance_learn_many(events(values[:-1]))
    assert distances[398:404].max() < 2.5
    assert distances[100:].max() < 3.5
    then = events(values).iloc[-1].to_dict()
    low, expected, high = detector.expect_one({"timestamp": then["timestamp"]})["requests"]
    assert values[-2] < low <= values[-1] <= high < values[-2] + 1300.0
    assert expected - values[-2] == pytest.approx(values[-1] - values[-2], abs=90.0)
    assert detector.describe_one(then) == {}
    # Usual as a rate, but not now.
    odd = {**then, "requests": values[-2] + 1250.0}
    assert detector.distance_one(odd) > 3.0
    words = detector.describe_one(odd)["requests"][1]
    assert words.startswith("rising per second by 0.6944, usually between 0.5")
    assert detector.range_one() == detector.values_one() == detector.rest_one() == {}
    assert detector.distance_one({**then, "requests": values[-2] - 900.0}) == 0.0


def test_an_alert_of_a_counter_speaks_of_its_rate() -> None:
    values = counted(600)
    values[-1] += 9000.0
    filter_ = AlertBudget(ClippedTimeSeries(), alert_rate=0.01)
    for event in events(values[:-1]).to_dict("records"):
        filter_.learn_one(event)
    alert = filter_.alert_one(events(values).iloc[-1].to_dict())
    assert "rising per second by" in alert.sentence


def test_counting_goes_on_from_a_saved_state() -> None:
    rows = np.array(troubled(300))
    whole, half = ClippedTimeSeries(timestamp=0), ClippedTimeSeries(timestamp=0)
    wanted = whole.distance_learn_many(rows)
    first = half.distance_learn_many(rows[:140])
    rest = ClippedTimeSeries.from_bytes(half.to_bytes()).distance_learn_many(rows[140:])
    assert wanted.tolist() == [*first, *rest]
