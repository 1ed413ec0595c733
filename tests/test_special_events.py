"""In known windows other things are usual, and what happens there stays there."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import name_of

from clipsgd_river import COMPILED, checks
from clipsgd_river._state import file_format
from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.alerts.rules import (
    Calendar,
    Daily,
    Direction,
    LeastDeviation,
    SpecialEvents,
    Yearly,
)
from clipsgd_river.anomaly import ClippedZScore, ResidualDetector
from clipsgd_river.checks import state_files

NIGHT = Calendar({"night": Daily("22:00", "04:00")})
BACKUP = Calendar({"backup": Daily("02:00", "03:00")})


class InWindow(SpecialEvents):
    """A rule that lives in a window."""

    def __init__(
        self,
        anomaly_filter: Any,
        calendar: Any = None,
        *,
        inside: str = "profile",
        share: float = 0.1,
        time: Any = None,
    ) -> None:
        super().__init__(anomaly_filter, calendar, inside=inside, share=share, time=time)
        self.begin("always")


INSIDE = InWindow(AlertBudget(ClippedZScore(), 0.1))


@pytest.mark.parametrize(
    "check",
    list(checks.yield_checks(INSIDE)),
    ids=name_of,
)
def test_promise_within_a_window(check: Any) -> None:
    check(INSIDE)


def minutes(days: int, seed: int = 0, first: int = 0) -> Iterator[dict[str, Any]]:
    """A load of 30, and of 90 from two to three o'clock."""
    rng = random.Random(seed)
    for minute in range(first * 1440, (first + days) * 1440):
        level = 90 if 120 <= minute % 1440 < 180 else 30
        yield {"time": minute * 60, "load": rng.gauss(level, 3)}


def is_backup(alert: Any) -> bool:
    return 7200 <= alert.time % 86_400 < 10_800


@pytest.mark.parametrize(
    "alerts",
    [
        lambda: AlertBudget(ClippedZScore(), alerts_per=(10, "day"), time="time"),
        lambda: TailFilter(ClippedZScore(), 1e-3),
    ],
)
def test_false_alarms_leave_and_attacks_stay(alerts: Any) -> None:
    days = 10 if COMPILED else 5
    model = SpecialEvents(alerts(), BACKUP, time="time")
    found = []
    for x in minutes(days):
        if x["time"] == (days - 1) * 86_400 + 9000:
            x["load"] = 500.0
        alert = model.alert_one(x)
        found += [alert] if alert else []
    inside = [alert for alert in found if is_backup(alert)]
    assert (days - 1) * 86_400 + 9000 in [alert.time for alert in inside]
    assert len(inside) <= 6
    low, expected, high = model.expect_one({"time": 9000, "load": 0.0})["load"]
    assert low < 90 < high
    assert expected == pytest.approx(90, abs=3)
    assert model.expect_one({"time": 0, "load": 0.0})["load"][1] == pytest.approx(30, abs=2)
    assert model.n_alerts_ == len(found)


def test_the_ordinary_profile_learns_nothing_of_the_window() -> None:
    ordinary = AlertBudget(ClippedZScore(), alerts_per=(5, "day"), time="time")
    model = SpecialEvents(ordinary, BACKUP)
    twin = copy.deepcopy(ordinary)
    for x in minutes(3):
        model.learn_one(x)
        if not 7200 <= x["time"] % 86_400 < 10_800:
            twin.learn_one(x)
    assert ordinary.to_bytes() == twin.to_bytes()


def test_a_profile_goes_on_where_it_was_last_year() -> None:
    calendar = Calendar({"feast": Yearly("12-24", "12-26")})
    model = SpecialEvents(TailFilter(ClippedZScore(), 1e-3), calendar, time="time")
    rng = random.Random(0)

    def seconds(*day: int) -> float:
        return datetime(*day, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]

    def day(moment: datetime, level: float) -> int:
        start = moment.replace(tzinfo=UTC).timestamp()
        return sum(
            model.alert_one({"time": start + 60 * k, "load": rng.gauss(level, 3)}) is not None
            for k in range(400)
        )

    day(datetime(2025, 12, 1), 30)
    # It takes the level for the news while it learns it.
    assert model.score_one({"time": seconds(2025, 12, 24), "load": 90.0}) > 0.9
    assert day(datetime(2025, 12, 24), 90) == 0
    assert model.score_one({"time": seconds(2025, 12, 26), "load": 90.0}) < 0.6
    day(datetime(2026, 6, 1), 30)
    assert model.score_one({"time": seconds(2026, 12, 24), "load": 90.0}) < 0.6
    assert model.score_one({"time": seconds(2026, 12, 23), "load": 90.0}) > 0.9
    assert day(datetime(2026, 12, 25), 90) == 0
    # What is usual at ordinary times is so at any time.
    assert day(datetime(2026, 12, 26), 30) == 0


def test_a_profile_starts_as_the_ordinary_one() -> None:
    model = SpecialEvents(AlertBudget(ClippedZScore(), alerts_per=(5, "day"), time="time"), BACKUP)
    for x in minutes(1):
        if x["time"] < 7200:
            model.learn_one(x)
    x = {"time": 7300, "load": 41.0}
    before = model.score_one(x)
    assert before == model.score_one({"time": 0, "load": 41.0})
    model.begin("backup")
    assert model.score_one(x) == before
    assert "profile" not in str(model._parts())
    model.learn_one(x)
    assert ("profile", "backup") in model._parts()


def test_muted_events_are_not_looked_at() -> None:
    model = SpecialEvents(
        AlertBudget(ClippedZScore(), alerts_per=(50, "day"), time="time"), BACKUP, inside="mute"
    )
    found = [alert for x in minutes(3) if (alert := model.alert_one(x))]
    assert found
    assert not any(map(is_backup, found))
    before = model.anomaly_filter.to_bytes()
    assert model.alert_one({"time": 4 * 86_400 + 9000, "load": 1e6}) is None
    assert model.anomaly_filter.to_bytes() == before
    assert model.alert_one({"time": 4 * 86_400 + 20_000, "load": 1e6}) is not None


def test_windows_are_announced_on_the_fly() -> None:
    model = SpecialEvents(AlertBudget(ClippedZScore(), 0.01), time="time", inside="mute")
    for x in minutes(1):
        model.learn_one(x)
    model.announce(100_000, 100_600)
    far = {"time": 100_000, "load": 1e6}
    assert model.special_event(far) == "announced"
    assert model.alert_one(far) is None
    assert model.special_event(far | {"time": 100_600}) is None
    model.begin("repair")
    assert model.special_event(far) == "repair"
    assert model.alert_one(far | {"time": 200_000}) is None
    model.end("repair")
    assert model.alert_one(far | {"time": 200_000}) is not None
    with pytest.raises(ValueError, match="no window 'repair' was begun"):
        model.end("repair")
    with pytest.raises(ValueError, match="ends before it starts"):
        model.announce(5, 5)
    untimed = SpecialEvents(AlertBudget(ClippedZScore(), 0.01))
    with pytest.raises(ValueError, match="no time here"):
        untimed.announce(1, 2)
    untimed.begin()
    assert untimed.special_event({}) == "announced"


def test_announcements_do_not_pile_up() -> None:
    model = SpecialEvents(AlertBudget(ClippedZScore(), 0.01), time="time")
    for start in range(1_500):
        model.announce(start, start + 1)
    assert model.special_event({"time": 0.5}) is None
    assert model.special_event({"time": 1_499.5}) == "announced"
    assert len(model.to_bytes()) < 50_000


@pytest.mark.parametrize(
    "nest",
    [
        lambda alerts: SpecialEvents(Direction(LeastDeviation(alerts, absolute=1)), BACKUP),
        lambda alerts: Direction(SpecialEvents(LeastDeviation(alerts, absolute=1), BACKUP)),
        lambda alerts: LeastDeviation(Direction(SpecialEvents(alerts, BACKUP)), absolute=1),
        lambda alerts: SpecialEvents(SpecialEvents(alerts, BACKUP), NIGHT, share=0.5),
    ],
)
def test_rules_nest_in_any_order_and_are_kept(nest: Any) -> None:
    model = nest(AlertBudget(ClippedZScore(), alerts_per=(20, "day"), time="time"))
    for x in minutes(2):
        model.learn_one(x)
    again = type(model).from_bytes(model.to_bytes())
    fork = copy.deepcopy(model)
    found = []
    for x in minutes(1, seed=5, first=2):
        if x["time"] % 9000 == 0:
            x["load"] = 400.0
        alerts = [each.alert_one(x) for each in (model, again, fork)]
        assert len({alert is None for alert in alerts}) == 1
        found += [alerts[0]] if alerts[0] else []
    assert model.to_bytes() == again.to_bytes() == fork.to_bytes()
    assert any(map(is_backup, found))
    assert all("load was 400" in alert.sentence for alert in found if alert.time % 9000 == 0)
    fresh = model.clone()
    assert fresh.n_alerts_ == 0
    assert repr(fresh) == repr(model)


def test_forged_calendars_announcements_and_incidents_are_refused_or_work() -> None:
    model = SpecialEvents(
        AlertBudget(ClippedZScore(), 0.05),
        Calendar({"feast": Yearly("12-24", "12-26"), "backup": Daily("02:00", "03:00")}),
        time="time",
    )
    for x in minutes(1):
        if x["time"] % 180 == 0:
            model.learn_one(x)
    model.learn_one({"time": datetime(2026, 5, 1, 12, tzinfo=UTC), "load": 1e6})
    model.announce(10, 20)
    fields, numbers = file_format.decode(model.to_bytes())
    refused = 0
    for what, forged, values in state_files._forgeries(fields, numbers):
        data = file_format.encode(file_format.make_header(forged), values)
        try:
            other = SpecialEvents.from_bytes(data)
            score = other.score_one({"time": 9000, "load": 50.0})
            other.alert_one({"time": 9000, "load": 50.0})
        except ValueError:
            refused += 1
            continue
        assert "wrong count" not in what
        assert 0.0 <= score < 1.0
    assert refused > 100


def test_supervised_detectors_pass_through() -> None:
    rng = random.Random(0)
    model = SpecialEvents(AlertBudget(ResidualDetector(), 0.02))
    for step in range(900):
        if step == 400:
            model.begin("sale")
        x = rng.gauss(0, 1)
        model.learn_one({"x": x}, (5 if step >= 400 else 2) * x + rng.gauss(0, 0.1))
    assert model.score_one({"x": 2.0}, 10.0) < 0.7 < model.score_one({"x": 2.0}, 4.0)
    assert model.alert_one({"x": 1.0}, 500.0) is not None
    model.end("sale")
    assert model.score_one({"x": 2.0}, 4.0) < 0.7 < model.score_one({"x": 2.0}, 10.0)
    assert model.learn_one({"x": 2.0}, None) is None  # type: ignore[func-returns-value]


def test_a_refused_event_changes_nothing() -> None:
    model = SpecialEvents(AlertBudget(ClippedZScore(), alerts_per=(5, "day"), time="time"), BACKUP)
    model.learn_one({"time": 0, "load": 1.0})
    before = model.to_bytes()
    for bad in ({"time": 9000, "load": "x"}, {"load": 1.0}, {"time": None, "load": 1.0}):
        with pytest.raises((TypeError, ValueError)):
            model.learn_one(bad)
        assert model.to_bytes() == before


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda a: SpecialEvents(a, BACKUP), ValueError, "a calendar needs time="),
        (lambda a: SpecialEvents(a, {"x": 1}, time="t"), TypeError, "not a dict"),
        (lambda a: SpecialEvents(a, inside="silent"), ValueError, "'profile' or 'mute'"),
        (lambda a: SpecialEvents(a, share=0), ValueError, "share"),
        (lambda a: SpecialEvents(a).begin(3), TypeError, "named by strings"),
    ],
)
def test_senseless_settings_are_named(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make(AlertBudget(ClippedZScore(), 0.01))
