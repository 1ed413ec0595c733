"""What a key did lately is what a list of its events says, and floods teach at most once."""

from __future__ import annotations

import math
import pickle
import random
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from naive_activity import NaiveWindow
from river import compose

from clipsgd_river import COMPILED
from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedEnsemble, ClippedZScore
from clipsgd_river.feature_extraction import KeyActivity

SPANS = {"10s": 10.0, "1m": 60.0, "1h": 3600.0}
START = 1.78e9
SEEN = "events of user in 1m"


def stream(count: int, seed: int = 0, pace: float = 2.0) -> list[dict[str, Any]]:
    """Return events of few users, some seconds apart, in fits and starts."""
    rng = random.Random(seed)
    now, events = START, []
    for _ in range(count):
        now += rng.expovariate(1 / pace) if rng.random() < 0.95 else rng.uniform(0, 60 * pace)
        user = f"u{min(int(rng.paretovariate(0.8)), 6)}"
        port = rng.randrange(4 if user == "u1" else 40)
        events.append({"time": now, "user": user, "port": port, "bytes": rng.uniform(-2, 9)})
    return events


def by_user(**parameters: Any) -> KeyActivity:
    return KeyActivity("user", windows="1m", timestamp="time", log=False, **parameters)


def clock_free(activity: KeyActivity) -> None:
    """Show the clock what silences are usual, so that it believes the first of them."""
    for n in range(4):
        activity.learn_one({"time": START + 1000 * (n - 4), "user": None})


def test_counts_and_sums_are_those_of_the_formula() -> None:
    activity = KeyActivity(
        "user", list(SPANS), distinct=["port"], sums=["bytes"], timestamp="time", log=False
    )
    clock_free(activity)
    naive = {w: defaultdict(lambda length=s: NaiveWindow(length)) for w, s in SPANS.items()}
    last: dict[str, float] = {}
    for x in stream(600):
        now, user = x["time"], x["user"]
        seen = activity.transform_one(x)
        activity.learn_one(x)
        for name, users in naive.items():
            users[user].add(now, x["port"], x["bytes"])
            events, ports, total = users[user].seen(now)
            assert seen[f"events of user in {name}"] == pytest.approx(events, rel=1e-6)
            assert seen[f"bytes of user in {name}"] == pytest.approx(total, rel=1e-5, abs=1e-5)
            assert abs(seen[f"distinct port of user in {name}"] - ports) < 1 + 0.45 * ports
        silence = seen.get("seconds since user")
        assert silence == pytest.approx(now - last[user], abs=1e-5) if user in last else not silence
        last[user] = now


def test_a_bucket_that_is_over_teaches_one_of_its_events() -> None:
    activity = by_user()
    clock_free(activity)
    naive: dict[str, NaiveWindow] = defaultdict(lambda: NaiveWindow(60.0))
    of_bucket: dict[str, list[float]] = defaultdict(list)
    lessons = 0
    for x in stream(800, seed=1):
        activity.learn_one(x)
        lesson = activity.transform_one(x)
        over = naive[x["user"]].add(x["time"], x["port"], 0.0)
        assert (SEEN in lesson) == over
        if over:
            lessons += 1
            assert any(math.isclose(lesson[SEEN], c, rel_tol=1e-6) for c in of_bucket[x["user"]])
            of_bucket[x["user"]].clear()
        of_bucket[x["user"]].append(naive[x["user"]].seen(x["time"])[0])
        # It is asked once; then it is an event that comes again.
        assert activity.transform_one(x)[SEEN] >= 2.0
    assert 100 < lessons < 500


def test_each_event_of_a_bucket_is_as_likely_to_teach() -> None:
    activity = by_user()
    clock_free(activity)
    found = []
    for bucket in range(600):
        for k in range(10):
            x = {"time": START + 130 * bucket + k, "user": "eve"}
            activity.learn_one(x)
            found += list(activity.transform_one(x).values())[:1]
    assert len(found) == 599
    # Uniform on 1 to 10: a mean of 5.5, with a standard error of 0.12.
    assert abs(np.mean(found) - 5.5) < 0.4
    assert set(map(round, found)) == set(range(1, 11))


@pytest.mark.parametrize("pace", [0.0, 0.01, 0.7, 45.0, 400.0])
def test_a_key_teaches_at_most_once_in_the_length_of_the_shortest_window(pace: float) -> None:
    activity = KeyActivity("user", list(SPANS), timestamp="time")
    clock_free(activity)
    taught: dict[str, list[float]] = defaultdict(list)
    for n in range(1500):
        x = {"time": START + n * pace, "user": "eve"}
        activity.learn_one(x)
        for name in activity.transform_one(x):
            taught[name].append(x["time"])
    for name in SPANS:
        times = taught[f"events of user in {name}"]
        assert len(times) <= 1500 * pace / SPANS["10s"]
        assert (len(times) > 0) == (1499 * pace >= SPANS["10s"])


def test_a_flood_does_not_teach_that_floods_are_normal() -> None:
    flood = [{"time": START + 40_000 + n / 100, "user": "eve"} for n in range(6000)]
    events = stream(4000, pace=5.0) + flood
    scores = {}
    for once in (True, False):
        model = by_user(once_per_window=once) | ClippedZScore()
        for x in events:
            scores[once] = model.score_one(x)
            model.learn_one(x)
    assert scores[False] < 0.6 < 0.97 < scores[True]


@pytest.mark.parametrize("count", [1, 10, 100, 1000])
def test_the_error_of_distinct_values_is_as_stated(count: int) -> None:
    seeds = 40 if COMPILED else 8
    found = []
    for seed in range(seeds):
        activity = by_user(distinct=["port"], seed=seed)
        for n in range(count):
            activity.learn_one({"time": START, "user": "eve", "port": n % count})
        seen = activity.transform_one({"time": START, "user": "eve", "port": 0})
        found.append(seen["distinct port of user in 1m"] / count)
    assert abs(np.mean(found) - 1.0) < (0.05 if COMPILED else 0.15)
    assert np.std(found) < (0.09 if count <= 10 else 0.17 if COMPILED else 0.25)


def test_values_that_come_again_count_once_and_missing_ones_not_at_all() -> None:
    activity = by_user(distinct=["port"], sums=["bytes"])
    for port in (80, 80.0, np.int64(80), True, 1, "80", None, math.nan):
        activity.learn_one({"time": START, "user": "eve", "port": port, "bytes": None})
    seen = activity.transform_one({"time": START, "user": "eve"})
    assert seen["distinct port of user in 1m"] == pytest.approx(3, rel=0.1)
    assert (seen[SEEN], seen["bytes of user in 1m"]) == (9.0, 0.0)


def test_of_a_pair_each_member_is_watched_too() -> None:
    activity = KeyActivity(("source", "destination"), "1m", timestamp="time", log=False)
    for n in range(50):
        activity.learn_one({"time": START, "source": "a", "destination": n})
    seen = activity.transform_one({"time": START, "source": "a", "destination": 7})
    assert seen["events of source and destination in 1m"] == 2.0
    assert seen["events of source in 1m"] == 51.0
    assert seen["distinct destination of source in 1m"] == pytest.approx(50, rel=0.4)
    assert seen["distinct source of destination in 1m"] == pytest.approx(1, rel=0.1)
    assert list(activity.transform_one({"time": START, "source": "a"})) == [
        "events of source in 1m",
        "distinct destination of source in 1m",
        "seconds since source",
    ]


def test_the_keys_unseen_longest_are_forgotten() -> None:
    activity = by_user(max_keys=3)
    for user in "abcadae":
        activity.learn_one({"time": START, "user": user})
    assert activity.n_keys_ == 3
    seen = {user: activity.transform_one({"time": START, "user": user})[SEEN] for user in "abcde"}
    assert seen == {"a": 4.0, "b": 1.0, "c": 1.0, "d": 2.0, "e": 2.0}


def test_clocks_that_are_wrong_move_little() -> None:
    activity = by_user()
    for n in range(100):
        activity.learn_one({"time": START + n, "user": "eve"})
    here = {"time": START + 100, "user": "eve"}
    before = activity.transform_one(here)[SEEN]
    for wrong in (0.0, 5e9, START - 1e6, START + 1e8, None, math.inf, START + 99):
        activity.learn_one({"time": wrong, "user": "bob"})
    assert activity.transform_one(here)[SEEN] == pytest.approx(before, abs=1)
    # A silence that three events agree on is one.
    for n in range(3):
        activity.learn_one({"time": START + 9000 + n, "user": "bob"})
    assert activity.transform_one({"time": START + 9003, "user": "eve"})[SEEN] == 1.0


def test_times_of_the_calendar_are_seconds() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    number, calendar = by_user(), by_user()
    for x in stream(200):
        number.learn_one(x)
        calendar.learn_one({**x, "time": start + timedelta(seconds=x["time"] - START)})
    asked = {"time": START + 500, "user": "u1"}
    later = {**asked, "time": start + timedelta(seconds=500)}
    assert number.transform_one(asked) == pytest.approx(calendar.transform_one(later), rel=1e-4)


def test_scoring_changes_nothing_and_copies_go_on_alike() -> None:
    activity = KeyActivity(("user", "port"), sums=["bytes"], timestamp="time", max_keys=20)
    asked = KeyActivity(**activity.get_params())
    for n, x in enumerate(stream(400)):
        activity.learn_one(x)
        asked.learn_one(x)
        asked.describe_one(x)
        for _ in range(n % 3):
            asked.transform_one({**x, "time": x["time"] + 1e4, "bytes": 1e308})
        if n == 200:
            activity = KeyActivity.from_bytes(pickle.loads(pickle.dumps(activity)).to_bytes())
            assert activity.key == ("user", "port")
    assert activity.to_bytes() == asked.to_bytes()


def test_rows_are_events_that_come_next() -> None:
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(stream(300))
    activity = KeyActivity("user", distinct=["port"], timestamp="time")
    whole = activity.fit_transform(table)
    names = activity.get_feature_names_out().tolist()
    assert whole.shape == (300, len(names)) == (300, 7)
    parts = KeyActivity("user", distinct=["port"], timestamp="time").fit(table[:200])
    assert np.array_equal(parts.transform(table[200:]), whole[200:], equal_nan=True)
    parts.partial_fit(table[200:])
    x = {"time": START + 2000, "user": "u1", "port": 3}
    assert parts.transform_one(x) == activity.transform_one(x)
    with pytest.raises(ValueError, match="no column 'port'"):
        activity.fit(table.drop(columns="port"))


def test_an_alert_names_the_count_and_whose_it_is() -> None:
    model = AlertBudget(
        KeyActivity("user", "1m", timestamp="time") | ClippedEnsemble(), alert_rate=0.01
    )
    alerts = []
    scan = [{"time": START + 10_000 + n / 50, "user": "eve"} for n in range(600)]
    for x in sorted(stream(5000, pace=5.0) + scan, key=lambda x: x["time"]):
        found = model.judge_learn_one(x).alert
        if found is not None and x["user"] == "eve":
            alerts.append(found.sentence)
    said = r"events of user in 1m was \d+, usually between \d+ and \d+ \(user eve\)"
    assert re.search(said, alerts[0]), alerts[0]


def test_beside_other_features() -> None:
    both = by_user() + compose.Discard("time", "user")
    x = {"time": START, "user": "eve", "load": 3.0}
    both.learn_one(x)
    assert both.transform_one(x) == {"load": 3.0}
    assert both.transform_one({**x}) == {"load": 3.0, SEEN: 2.0, "seconds since user": 0.0}


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"user": "eve"}, "timestamp"),
        ({"time": "noon", "user": "eve"}, "'time' is 'noon'"),
        ({"time": START, "user": [1]}, "feature 'user' is"),
        ({"time": START, "user": "eve", "bytes": "many"}, "feature 'bytes' is 'many'"),
        ([1, 2], "an event is a dict"),
    ],
)
def test_what_cannot_be_counted_is_refused_and_counts_nothing(event: Any, error: str) -> None:
    activity = by_user(sums=["bytes"])
    activity.learn_one({"time": START, "user": "eve", "bytes": 1e308})
    before = activity.to_bytes()
    for method in (activity.learn_one, activity.transform_one):
        with pytest.raises((TypeError, ValueError), match=error):
            method(event)
    assert activity.to_bytes() == before


@pytest.mark.parametrize(
    "parameters",
    [
        {"key": []},
        {"key": ("a", "a")},
        {"key": 1.5},
        {"key": "a", "windows": "1 fortnight"},
        {"key": "a", "windows": ["1m", 60]},
        {"key": "a", "windows": [0.0]},
        {"key": "a", "windows": []},
        {"key": "a", "sums": ["b", "b"]},
        {"key": "a", "distinct": [None]},
        {"key": "a", "max_keys": 0},
        {"key": "a", "log": 1},
    ],
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        KeyActivity(**parameters).learn_one({"a": 1})


def test_amounts_of_any_size_stay_finite() -> None:
    activity = by_user(sums=["bytes"])
    for amount in (1e308, -math.inf, 10**400, -1e-320, 5):
        activity.learn_one({"time": START, "user": "eve", "bytes": amount})
    assert all(map(math.isfinite, activity.transform_one({"time": START, "user": "eve"}).values()))
    assert KeyActivity.from_bytes(activity.to_bytes()).n_keys_ == 1
