"""Repeats are folded into one alert, and counted."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.alerts.rules import Cooldown, Direction, LeastDeviation
from clipsgd_river.anomaly import ClippedZScore


def cooled(duration: float, *, q: float = 0.05, **params: Any) -> Cooldown:
    """A rule around a filter that has learned ordinary events; q is a risk that bears repeats."""
    alerts = TailFilter(ClippedZScore(), q)
    rng = random.Random(0)
    for _ in range(600):
        alerts.learn_one({"a": rng.gauss(50, 5)})
    return Cooldown(alerts, duration, **params)


def told(model: Any, events: list[dict[str, Any]], **more: Any) -> list[bool]:
    return [model.alert_one(x, **more) is not None for x in events]


def test_without_times_the_cooldown_is_in_events() -> None:
    model = cooled(3)
    assert told(model, [{"a": 500.0}] * 7) == [True, False, False] * 2 + [True]
    longer = cooled(3, extend=True)
    assert told(longer, [{"a": 500.0}] * 7) == [True] + [False] * 6
    assert longer.folded().count == 7
    # Two ordinary events later it is over.
    assert told(longer, [{"a": 50.0}] * 2 + [{"a": 500.0}]) == [False, False, True]


def test_each_key_has_its_own() -> None:
    model = cooled(100)
    far = {"a": 500.0}
    keys = ["x", "y", "x", None, "y", None, "z"]
    assert [model.alert_one(far, key=key) is not None for key in keys] == [1, 1, 0, 1, 0, 0, 1]
    assert {alert.key: alert.count for alert in model.episodes()} == {
        "x": 2,
        "y": 2,
        None: 2,
        "z": 1,
    }
    assert model.folded("nobody") is None


def test_a_feature_can_be_the_key() -> None:
    model = cooled(100, key="port")
    assert model.alert_one({"a": 500.0, "port": 80}).key == 80
    assert model.alert_one({"a": 500.0, "port": np.int64(80)}) is None
    assert model.alert_one({"a": 500.0}).key is None


def test_times_may_be_of_any_kind_and_go_backward() -> None:
    start = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    kinds: list[Any] = [
        lambda s: start + timedelta(seconds=s),
        lambda s: np.datetime64("2026-03-29T00:00:00") + np.timedelta64(s, "s"),
        lambda s: float(s),
    ]
    for moment in kinds:
        model = cooled(60, time="t")
        seconds = [1000, 1059, 990, 1061, 1001, 940, 900]
        events = [{"t": moment(s), "a": 500.0} for s in seconds]
        # The first of an episode counts: 1001 is 60 before 1061, 940 is 61 before 1001.
        assert told(model, events) == [True, False, False, True, True, True, False]
        last = model.folded()
        assert (last.count, last.first, last.last) == (2, moment(900), moment(940))


def test_the_count_is_in_the_alert() -> None:
    model = cooled(3600, time="t")
    for second in (10, 20, 30):
        model.learn_one({"t": second, "a": 500.0})
    found = model.folded()
    assert "a was 500" in found.sentence
    assert "3 times from 10 to 30" in found.sentence
    as_dict = found.to_dict()
    assert (as_dict["count"], as_dict["first"], as_dict["last"]) == (3, 10, 30)


def test_the_longest_quiet_keys_are_forgotten() -> None:
    model = cooled(1000, max_keys=2)
    keys = ["x", "y", "x", "z", "y", "x"]
    found = [model.alert_one({"a": 500.0}, key=key) is not None for key in keys]
    assert found == [True, True, False, True, False, True]
    assert [alert.key for alert in model.episodes()] == ["z", "x"]


def test_repeats_leave_the_budget_to_others() -> None:
    rng = random.Random(0)
    alone, cooled = (AlertBudget(ClippedZScore(), 0.01) for _ in range(2))
    model = Cooldown(cooled, 10_000)
    found = {"alone": 0, "cooled": 0}
    for t in range(8_000):
        value, key = rng.gauss(50, 5), "quiet"
        if t > 2_000 and t % 50 == 0:
            value, key = 1e6, "noisy"
        for name, alerts in (("alone", alone), ("cooled", model)):
            alert = alerts.alert_one(
                {"a": value}, key=key if name == "alone" else t if key == "quiet" else key
            )
            found[name] += alert is not None and alert.key != "noisy"
    assert model.folded("noisy").count > 100
    assert found["cooled"] > 2 * found["alone"]
    assert cooled.alert_rate_ == pytest.approx(0.01, rel=0.15)


@pytest.mark.parametrize(
    "nest",
    [
        lambda alerts: Cooldown(Direction(alerts), 50),
        lambda alerts: Direction(Cooldown(alerts, 50)),
        lambda alerts: LeastDeviation(Cooldown(Direction(alerts), 50), absolute=1),
    ],
)
def test_only_what_no_rule_vetoes_is_counted(nest: Any) -> None:
    model = nest(cooled(1).anomaly_filter)
    cooldown = model
    while not isinstance(cooldown, Cooldown):
        cooldown = cooldown.anomaly_filter
    assert told(model, [{"a": -500.0}, {"a": 500.0}, {"a": -500.0}, {"a": 500.0}]) == [
        *[False, True],
        *[False, False],
    ]
    assert cooldown.folded().count == 2


class Reference:
    """The rule once more, as told by its documentation."""

    def __init__(self, duration: float, extend: bool) -> None:
        self.duration, self.extend = duration, extend
        self.episodes: list[dict[str, Any]] = []

    def tell(self, key: Any, now: float) -> bool:
        of_key = [e for e in self.episodes if e["key"] == key]
        if of_key:
            times = of_key[-1]["times"]
            since = max(times) if self.extend else times[0]
            if -self.duration < now - since < self.duration:
                times.append(now)
                return False
        self.episodes.append({"key": key, "times": [now]})
        return True


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(-40, 60), st.sampled_from("abc"), st.booleans()), max_size=80
    ),
    duration=st.sampled_from([1.0, 25.0, 1e9]),
    extend=st.booleans(),
)
def test_folding_is_what_is_documented(
    steps: list[tuple[int, str, bool]], duration: float, extend: bool
) -> None:
    model = cooled(duration, extend=extend, time="t")
    reference = Reference(duration, extend)
    now, beyond, alerts = 0.0, 0, model.n_alerts_
    finals: dict[int, int] = {}
    for step, key, far in steps:
        now += step
        asked: list[Any] = []
        found = model.alert_one(
            {"t": now, "a": 500.0 if far else 50.0}, key=key, unless=asked.append
        )
        beyond += len(asked)
        assert (found is not None) == bool(asked and reference.tell(key, now))
        alerts += found is not None
        if asked:
            number = max(i for i, e in enumerate(reference.episodes) if e["key"] == key)
            finals[number] = model.folded(key).count
            times = reference.episodes[number]["times"]
            assert model.folded(key).last == max(times)
    assert model.n_alerts_ == alerts
    assert sum(finals.values()) == beyond
    assert len(reference.episodes) <= beyond


def test_state_files_keep_counts_keys_and_times() -> None:
    moments = [datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 2), np.datetime64("2026-01-03")]
    model = cooled(3600, time="t")
    for key, moment in zip(["x", ("y", 1), 3], moments, strict=True):
        for _ in range(3):
            model.alert_one({"t": moment, "a": 500.0}, key=key)
    again = Cooldown.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
    for key, moment in zip(["x", ("y", 1)], moments, strict=False):
        kept, known = again.folded(key), model.folded(key)
        assert (kept.count, kept.first, kept.last) == (3, moment, moment)
        assert (kept.score, kept.severity) == (known.score, known.severity)
    for each in (model, again):
        assert each.alert_one({"t": moments[0], "a": 500.0}, key="x") is None
        assert each.folded("x").count == 4
    model.alert_one({"t": moments[0], "a": 500.0}, key=frozenset("z"))
    with pytest.raises(TypeError, match="frozenset"):
        model.to_bytes()


def test_a_refused_event_is_none() -> None:
    model = Cooldown(AlertBudget(ClippedZScore(), 0.01), 3)
    before = model.to_bytes()
    with pytest.raises(TypeError, match="feature 'a'"):
        model.learn_one({"a": "text"})
    assert model.to_bytes() == before
    timed = Cooldown(AlertBudget(ClippedZScore(), 0.01), 3, time="t")
    before = timed.to_bytes()
    for bad in (None, float("nan"), float("inf"), "yesterday"):
        with pytest.raises((TypeError, ValueError)):
            timed.learn_one({"t": bad, "a": 500.0})
    assert timed.to_bytes() == before
