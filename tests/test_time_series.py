"""`ClippedTimeSeries` says what its formulas say, and is of use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from math import nan
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_series import NaiveSeries

from clipsgd_river import COMPILED, checks
from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedTimeSeries

START = datetime(2026, 3, 2)
EVENTS = 520 if COMPILED else 300
HALF_HOUR = timedelta(minutes=30)


def daily(n: int, seed: int = 0, noise: float = 1.0) -> np.ndarray[Any, Any]:
    """Half-hourly values with a season of a day."""
    hours = np.arange(n) / 2.0
    wave = 10.0 * np.sin(2.0 * np.pi * hours / 24.0)
    return 50.0 + wave + noise * np.random.default_rng(seed).normal(size=n)


def events(values: Any, every: timedelta = HALF_HOUR) -> Iterator[dict[str, Any]]:
    for n, value in enumerate(values):
        yield {"timestamp": START + n * every, "value": float(value)}


def with_troubles(n: int) -> Iterator[tuple[float, float]]:
    """A season with a spike at the start, a shift, a frozen stretch, gaps and late values."""
    rng = np.random.default_rng(1)
    values = daily(n)
    values[7] = 1e4
    values[n // 2 :] += 30.0
    values[n // 3 : n // 3 + 40] = 47.0
    seconds = 1800.0 * np.arange(n)
    seconds[n // 4 :] += 1e5
    seconds[2 * n // 3] -= 7200.0
    for at in np.flatnonzero(rng.random(n) < 0.01):
        values[at] += rng.normal(0.0, 50.0)
    yield from zip(seconds.tolist(), values.tolist(), strict=True)


@pytest.mark.parametrize(("timed", "cycle"), [(True, 0.0), (False, 0.0), (True, 25.0)])
def test_channels_and_surprise_are_those_of_the_formulas(timed: bool, cycle: float) -> None:
    detector, naive = ClippedTimeSeries(timestamp="t", shapes=True), NaiveSeries()
    told, heard = set(), set()
    # Either troubles, or a season beside that of the day.
    wave = daily(EVENTS) + cycle * np.sin(2.0 * np.pi * np.arange(EVENTS) / 35.0)
    waves = zip((1800.0 * np.arange(EVENTS)).tolist(), wave.tolist(), strict=True)
    for n, (moment, x) in enumerate(waves if cycle else with_troubles(EVENTS)):
        seconds = moment if timed else nan
        event = {"t": seconds, "x": x}
        if n % 7 == 0 or n < 60:
            found = detector.channels_one(event).get("x", {})
            wanted = naive.rarities(seconds, x)
            assert found.keys() == wanted.keys()
            heard |= found.keys()
            assert found == pytest.approx(wanted, rel=1e-6, abs=1e-9)
            told.add(max(found, key=found.__getitem__, default=""))
            distance = detector.distance_one(event)
            assert distance == pytest.approx(naive.distance(seconds, x), abs=1e-6)
        detector.learn_one(event)
        naive.learn(seconds, x)
    assert len(told) >= (2 if cycle else 5)
    if COMPILED and cycle:
        assert detector._kernel.series.cycles.error.memory[0] < 0.25
    # Without times a season is found along the stream, which is too short for it uncompiled.
    assert "season" in heard or not (timed or COMPILED)


def trained(values: Any, every: timedelta = HALF_HOUR, **params: Any) -> ClippedTimeSeries:
    detector = ClippedTimeSeries(**params)
    for event in events(values, every):
        detector.learn_one(event)
    return detector


def reason(detector: ClippedTimeSeries, event: dict[str, Any]) -> str:
    said = detector.channels_one(event)["value"]
    return max(said, key=said.__getitem__)


WEEKS = 48 * 28


def at(n: int) -> datetime:
    return START + n * HALF_HOUR


def test_each_kind_of_anomaly_is_told_by_its_channel() -> None:
    detector = trained(daily(WEEKS))
    usual = {"timestamp": at(WEEKS), "value": 50.0}
    assert detector.distance_one(usual) < 2.0
    for value, channel in ((90.0, "level"), (58.0, "season")):
        odd = {"timestamp": at(WEEKS), "value": value}
        assert detector.distance_one(odd) > 3.0
        assert detector.channels_one(odd)["value"][channel] > 3.0
    late = {"timestamp": at(WEEKS + 48 * 5), "value": 50.0}
    assert detector.distance_one(late) > 3.0
    assert reason(detector, late) == "silence"
    reasons = []
    for n in range(40):
        frozen = {"timestamp": at(WEEKS + n), "value": 50.0}
        if detector.channels_one(frozen)["value"]["flat line"] > 3.0:
            reasons.append(n)
        rarity = detector.channels_one(frozen)["value"]["flat line"]
        stands_still = n >= 31 and reason(detector, frozen) == "flat line" and rarity >= 2.0
        words = {"value": (50.0, f"the same value {n + 1} times in a row")}
        assert detector.describe_one(frozen) == (words if stands_still else {})
        detector.learn_one(frozen)
    assert reasons[0] == 31


def test_what_was_told_is_no_news_until_it_gets_rarer() -> None:
    detector = trained(daily(WEEKS))
    distances = []
    for n in range(100):
        shifted = {"timestamp": at(WEEKS + n), "value": 150.0 + daily(WEEKS)[n]}
        distances.append(detector.distance_one(shifted))
        detector.learn_one(shifted)
    assert distances[0] > 3.0
    assert max(distances[1:]) < 3.0
    assert min(distances[1:3]) > 2.0
    bar, since = detector.told_one()["value"]
    assert bar > 2.0
    assert since == 99


def test_a_short_cooldown_lets_an_event_be_told_again() -> None:
    values = np.r_[daily(WEEKS), np.full(60, 150.0), daily(200, seed=3), np.full(5, 250.0)]
    counts = []
    for cooldown in (30, 3000):
        detector = ClippedTimeSeries(cooldown=cooldown)
        frame = pd.DataFrame(events(values))
        counts.append(int((detector.distance_learn_many(frame)[WEEKS:] > 3.0).sum()))
    assert counts[0] > counts[1] >= 1


@pytest.mark.parametrize("period", [7, 60])
def test_seasons_without_times_are_found(period: int) -> None:
    at = np.arange(1400 // period * period + period // 4 + 1)
    values = 50.0 + 10.0 * np.sin(2.0 * np.pi * at / period)
    values += np.random.default_rng(0).normal(size=len(at))
    detector = ClippedTimeSeries()
    detector.learn_many(values[:-1, None])
    said = detector.channels_one({0: 100.0 - values[-1 - period]})[0]
    assert detector.channels_one({0: values[-1]})[0]["season"] < 2.0
    assert said["season"] > 3.0 > said["level"]


@pytest.mark.parametrize("period", [35, 60])
def test_seasons_beside_those_of_the_calendar_are_found(period: int) -> None:
    n = 1400 // period * period + period // 4 + 1
    values = daily(n) + 10.0 * np.sin(2.0 * np.pi * np.arange(n) / period)
    detector = trained(values[:-1])
    usual = {"timestamp": at(n - 1), "value": float(values[-1])}
    # As by the calendar alone: there the other season is at its peak.
    odd = {**usual, "value": float(values[-1]) - 20.0}
    said = [detector.channels_one(event)["value"]["season"] for event in (usual, odd)]
    assert said[0] < 1.4 < 1.6 < said[1]
    low, expected, high = detector.expect_one(usual)["value"]
    assert low < values[-1] < high
    assert high - low < 8.0
    assert expected == pytest.approx(values[-1], abs=3.0)


def test_bands_follow_the_season() -> None:
    values = daily(WEEKS + 96)
    detector = trained(values[:WEEKS])
    inside = 0
    for n in range(96):
        low, expected, high = detector.expect_one({"timestamp": at(WEEKS + n)})["value"]
        assert low <= expected <= high
        assert high - low < 12.0
        inside += low <= values[WEEKS + n] <= high
    assert inside >= 80


def test_expected_of_the_next_value_is_that_of_its_time() -> None:
    detector = trained(daily(WEEKS))
    then = detector.expect_one({"timestamp": at(WEEKS), "value": 1.0})
    assert detector.expect_one()["value"] == pytest.approx(then["value"])


def test_weekends_are_learned() -> None:
    days = np.arange(48 * 70) // 48
    values = daily(48 * 70) + np.where(days % 7 >= 5, -25.0, 0.0)
    detector = trained(values)
    for day, wanted in ((70 + 2, 50.0), (70 + 5, 25.0)):
        _, expected, _ = detector.expect_one({"timestamp": at(48 * day)})["value"]
        assert expected == pytest.approx(wanted, abs=8.0)


@pytest.mark.parametrize("zone", [None, UTC, timezone(timedelta(hours=-7))])
def test_times_of_all_kinds_are_alike(zone: Any) -> None:
    stream = list(events(daily(300)))
    by_datetime, by_seconds = ClippedTimeSeries(), ClippedTimeSeries(timestamp="timestamp")
    by_frame, by_numpy = ClippedTimeSeries(), ClippedTimeSeries()
    distances = []
    for event in stream:
        moment = event["timestamp"]
        seconds = (moment - datetime(1970, 1, 1)).total_seconds()
        zoned = {**event, "timestamp": moment.replace(tzinfo=zone)}
        found = {
            by_datetime.distance_learn_one(zoned),
            by_seconds.distance_learn_one({**event, "timestamp": seconds}),
            by_numpy.distance_learn_one({**event, "timestamp": np.datetime64(moment)}),
        }
        assert len(found) == 1
        distances += found
    frame = pd.DataFrame(stream)
    frame["timestamp"] = frame["timestamp"].dt.tz_localize(zone)
    assert by_frame.distance_learn_many(frame).tolist() == distances
    assert by_frame.to_bytes() == by_datetime.to_bytes()
    assert ClippedTimeSeries().distance_learn_many(stream).tolist() == distances


def test_the_clock_is_no_metric_and_is_kept() -> None:
    detector = trained(daily(60))
    assert detector.features_ == ["value"]
    again = ClippedTimeSeries.from_bytes(detector.to_bytes())
    event = {"timestamp": at(60), "value": 51.0}
    assert again.channels_one(event) == detector.channels_one(event)
    with pytest.raises(TypeError, match="other"):
        detector.learn_one({**event, "other": at(60)})
    with pytest.raises(TypeError, match="timestamp"):
        detector.learn_one({**event, "timestamp": "noon"})


def test_a_clock_that_comes_late_is_refused() -> None:
    detector = ClippedTimeSeries()
    detector.learn_one({"value": 1.0})
    with pytest.raises(TypeError, match="when"):
        detector.learn_one({"value": 1.0, "when": START})


def test_fit_finds_the_clock_of_a_frame() -> None:
    frame = pd.DataFrame(events(daily(500)))
    detector = ClippedTimeSeries().fit(frame)
    assert list(detector.feature_names_in_) == ["timestamp", "value"]
    assert detector.features_ == ["value"]
    odd = frame.tail(1).assign(timestamp=at(500), value=200.0)
    assert detector.predict(odd).tolist() == [-1]
    renamed = frame.rename(columns={"timestamp": "when"})
    assert detector.fit(renamed).predict(renamed).mean() > 0.9


def test_a_stamp_years_ahead_does_no_lasting_harm() -> None:
    values = daily(WEEKS)
    detector, spoiled = ClippedTimeSeries(), ClippedTimeSeries()
    for n, event in enumerate(events(values)):
        detector.learn_one(event)
        moment = datetime(2036, 1, 1) if n == 600 else event["timestamp"]
        spoiled.learn_one({**event, "timestamp": moment})
    for value in (50.0, 70.0):
        event = {"timestamp": at(WEEKS), "value": value}
        assert spoiled.distance_one(event) == pytest.approx(detector.distance_one(event), abs=0.7)


def test_an_outlier_in_the_warm_up_hides_nothing() -> None:
    values = daily(WEEKS)
    values[10] = 1e4
    detector = trained(values)
    assert detector.distance_one({"timestamp": at(WEEKS), "value": 50.0}) < 2.0
    assert detector.distance_one({"timestamp": at(WEEKS), "value": 90.0}) > 3.0


def test_metrics_are_seen_together() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1000, 8))
    detector = ClippedTimeSeries()
    detector.learn_many(rows)
    usual = detector.distance_one(dict.fromkeys(range(8), 0.1))
    one = detector.distance_one({**dict.fromkeys(range(8), 0.1), 3: 8.0})
    many = detector.distance_one(dict.fromkeys(range(8), 2.5))
    assert one > usual
    assert many > usual
    shares = detector.explain_one({**dict.fromkeys(range(8), 0.1), 3: 8.0})
    assert max(shares, key=shares.__getitem__) == 3


def test_a_budget_tells_it_the_time() -> None:
    values = np.r_[daily(WEEKS), [50.0, 50.0 - 12.0]]
    values[-1] = daily(WEEKS)[24 * 2 + 36]
    frame = pd.DataFrame(events(values))
    by_rows, by_event, by_seconds = (
        AlertBudget(ClippedTimeSeries(), alerts_per=(1, "day"), time="timestamp") for _ in range(3)
    )
    found = by_rows.classify_learn_many(frame)
    assert found[-1]
    epoch = datetime(1970, 1, 1)
    for n, event in enumerate(events(values)):
        seconds = (event["timestamp"] - epoch).total_seconds()
        assert by_event.judge_learn_one(event).is_alert == found[n]
        assert by_seconds.judge_learn_one({**event, "timestamp": seconds}).is_alert == found[n]
    assert by_event.to_bytes() == by_rows.to_bytes()
    plain = AlertBudget(ClippedTimeSeries(), alert_rate=0.01)
    assert plain.classify_learn_many(frame)[-1]


moments = st.one_of(
    st.floats(), st.none(), st.datetimes(), st.integers(), st.just(np.datetime64("NaT"))
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(moments, st.floats()), max_size=60))
def test_whatever_comes_the_state_is_finite(stream: list[tuple[Any, float]]) -> None:
    detector = ClippedTimeSeries(timestamp="t")
    for moment, value in stream:
        event = {"t": moment, "value": value}
        distance = detector.distance_one(event)
        assert 0.0 <= distance < 20.0
        for low, expected, high in detector.expect_one(event).values():
            assert low <= expected <= high
        assert detector.distance_learn_one(event) == distance
    again = ClippedTimeSeries.from_bytes(detector.to_bytes())
    assert again.to_bytes() == detector.to_bytes()


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"timestamp": 1.5}, TypeError),
        ({"cooldown": 0}, ValueError),
        ({"cooldown": 2.5}, TypeError),
        ({"shapes": 1}, TypeError),
    ],
)
def test_wrong_parameters(params: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(params))):
        ClippedTimeSeries(**params).learn_one({"x": 1.0})


@pytest.mark.either_mode
@pytest.mark.parametrize("check", [checks.check_forged_states_are_refused, checks.check_deepcopy])
def test_shapes_keep_promises(check: Any) -> None:
    check(ClippedTimeSeries(shapes=True))


def test_the_state_is_as_large_as_the_docstring_says() -> None:
    for shapes, most in ((False, 16_000), (True, 48_000)):
        detector = ClippedTimeSeries(shapes=shapes)
        detector.learn_many(np.random.default_rng(0).normal(size=(100, 1)))
        assert len(detector.to_bytes()) < most


def test_a_wrong_shape_at_usual_levels_is_told() -> None:
    rng = np.random.default_rng(0)
    cycles = [
        np.r_[
            np.linspace(0.0, 10.0, 12), np.full(20, 10.0), np.linspace(10.0, 0.0, 12), np.zeros(16)
        ]
        for _ in range(60)
    ]
    cycles[50] = cycles[50][::-1]
    cycles[50][20:30] = 5.0
    values = np.concatenate(cycles) + rng.normal(0.0, 0.2, 3600)
    found = ClippedTimeSeries(shapes=True).distance_learn_many(values[:, None])
    assert abs(int(np.argmax(found[1200:])) + 1200 - 3030) < 45
