"""Holidays are days of their own to `ClippedTimeSeries`."""

from __future__ import annotations

import pickle
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from naive_series import NaiveSeries

from clipsgd_river.anomaly import ClippedTimeSeries

# A Monday.
START = datetime(2026, 3, 2)
HOUR = timedelta(hours=1)
DAYS = 70
CLOSED = [50, 53, 57, 60, 64, 69]
HOLIDAYS = {(START + timedelta(days=n)).date() for n in CLOSED}


class Container:
    """As an object of the package ``holidays`` is asked."""

    def __contains__(self, day: object) -> bool:
        return day in HOLIDAYS


def visitors() -> pd.DataFrame:
    """A shop that closes on Sundays and holidays, every hour."""
    times = [START + n * HOUR for n in range(24 * DAYS)]
    closed = [t.weekday() == 6 or t.date() in HOLIDAYS for t in times]
    rng = np.random.default_rng(0)
    open_ = 60.0 + 20.0 * np.sin(np.arange(24 * DAYS) * np.pi / 12.0)
    values = open_ - np.where(closed, 30.0, 0.0) + rng.normal(0.0, 4.0, 24 * DAYS)
    return pd.DataFrame({"t": times, "x": values})


def trained(holidays: Any, days: int = DAYS - 1) -> ClippedTimeSeries:
    return ClippedTimeSeries(holidays=holidays).fit(visitors()[: 24 * days])


def test_the_season_is_that_of_the_formulas() -> None:
    epoch = datetime(1970, 1, 1)
    days = frozenset((START - epoch).days + n for n in CLOSED)
    detector, naive = ClippedTimeSeries(holidays=HOLIDAYS), NaiveSeries(holidays=days)
    plain, differ = ClippedTimeSeries(), 0
    for event in visitors()[::3].to_dict("records"):
        seconds = (event["t"].to_pydatetime() - epoch).total_seconds()
        if event["t"].date() in HOLIDAYS:
            found = detector.channels_one(event)["x"]["season"]
            assert found == pytest.approx(naive.rarities(seconds, event["x"])["season"], abs=1e-6)
            differ += abs(found - plain.channels_one(event)["x"]["season"]) > 0.1
        for model in (detector, plain):
            model.learn_one(event)
        naive.learn(seconds, event["x"])
    assert differ > 20


def test_holidays_are_expected_to_be_like_those_before_and_the_first_like_a_sunday() -> None:
    noon = START + timedelta(days=CLOSED[0], hours=12)
    first = trained(HOLIDAYS, CLOSED[0]).expect_one({"t": noon})["x"][1]
    assert first < 38.0 < 50.0 < trained(None, CLOSED[0]).expect_one({"t": noon})["x"][1]
    closed = {"t": noon, "x": 30.0}
    said = [trained(each, CLOSED[0]).channels_one(closed)["x"]["season"] for each in (HOLIDAYS, ())]
    assert said[0] < 1.5 < said[1]
    noon = START + timedelta(days=CLOSED[-1], hours=12)
    assert trained(HOLIDAYS).expect_one({"t": noon})["x"][1] < 38.0


def test_all_ways_to_say_them_are_alike() -> None:
    wanted = trained(HOLIDAYS).distance_learn_many(visitors()[-24:]).tolist()
    dates = sorted(HOLIDAYS)
    for holidays in (dates, [day.isoformat() for day in dates], frozenset(dates), Container()):
        by_event = trained(holidays)
        events = visitors()[-24:].to_dict("records")
        assert [by_event.distance_learn_one(event) for event in events] == wanted
    for copied in (
        pickle.loads(pickle.dumps(trained(Container()))),
        ClippedTimeSeries.from_bytes(trained(HOLIDAYS).to_bytes()),
    ):
        assert copied.distance_learn_many(visitors()[-24:]).tolist() == wanted
    with pytest.raises(ValueError, match="cannot keep holidays of type Container"):
        trained(Container()).to_bytes()


@pytest.mark.parametrize(
    ("holidays", "error", "match"),
    [
        ("2026-12-25", TypeError, "holidays are dates in a set or list"),
        (7, TypeError, "holidays are dates in a set or list"),
        (["Christmas"], ValueError, "no ISO date"),
        ({datetime(2026, 12, 25)}, TypeError, "take its date"),
    ],
)
def test_what_are_no_holidays_is_refused(holidays: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        ClippedTimeSeries(holidays=holidays).learn_one({"t": START, "x": 1.0})


def test_times_beyond_the_calendar_are_no_holidays() -> None:
    detector = ClippedTimeSeries(timestamp="t", holidays=[date.max, date.min])
    for seconds in (1e300, -1e300, 3e11, float("inf"), float("nan"), 253402300799.0):
        detector.learn_one({"t": seconds, "x": 1.0})
    assert detector.distance_one({"t": 0.0, "x": 1.0}) >= 0.0
