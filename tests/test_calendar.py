"""Calendars, against enumerations of every day and hour."""

from __future__ import annotations

import pickle
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipsgd_river.alerts.rules import (
    Calendar,
    Daily,
    Holidays,
    Monthly,
    NthWeekday,
    Once,
    Weekly,
    Yearly,
)

pytestmark = pytest.mark.either_mode

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A leap year and one that is none.
DAYS = [date(2027, 1, 1) + timedelta(n) for n in range(731)]
NAMES = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12))


def test_days_of_the_year_include_both_ends() -> None:
    christmas = {d for d in DAYS if d.month == 12 and d.day in (24, 25, 26)}
    assert {d for d in DAYS if Yearly("12-24", "12-26").contains(noon(d))} == christmas
    turn = {d for d in DAYS if (d.month, d.day) >= (12, 22) or (d.month, d.day) <= (1, 2)}
    assert {d for d in DAYS if Yearly("12-22", "01-02").contains(noon(d))} == turn
    assert [d for d in DAYS if Yearly("02-29", "02-29").contains(noon(d))] == [date(2028, 2, 29)]


@settings(max_examples=30, deadline=None)
@given(first=st.integers(-31, 31).filter(bool), last=st.integers(-31, 31).filter(bool))
def test_days_of_the_month_are_counted_from_both_ends(first: int, last: int) -> None:
    wanted = set()
    for at in DAYS:
        length = (date(at.year + at.month // 12, at.month % 12 + 1, 1) - DAY).day
        # Each day of the month with its number from the end.
        since, until = ((d if d > 0 else length + 1 + d) for d in (first, last))
        day = at.day
        inside = since <= day <= until if since <= until else not until < day < since
        wanted |= {at} if inside else set()
    window = Monthly(first, last)
    assert {d for d in DAYS if window.contains(noon(d))} == wanted


@settings(max_examples=80, deadline=None)
@given(
    n=st.integers(-5, 5).filter(bool),
    weekday=st.sampled_from(NAMES),
    month=st.none() | st.integers(1, 12),
    shift=st.integers(-31, 31),
    days=st.integers(1, 31),
)
def test_weekdays_of_a_month_are_counted(
    n: int, weekday: str, month: int | None, shift: int, days: int
) -> None:
    wanted = set()
    longer = [date(2026, 9, 1) + timedelta(k) for k in range(1000)]
    months = {(d.year, d.month) for d in longer if month in (None, d.month)}
    for of_month in months:
        found = [
            d
            for d in longer
            if (d.year, d.month) == of_month and d.weekday() == NAMES.index(weekday)
        ]
        if -len(found) <= n <= len(found):
            anchor = found[n - 1 if n > 0 else n]
            wanted |= {anchor + timedelta(shift + k) for k in range(days)}
    window = NthWeekday(n, weekday, month=month, shift=shift, days=days)
    assert {d for d in DAYS if window.contains(noon(d))} == wanted & set(DAYS)


def test_days_far_from_their_weekday_are_found() -> None:
    # The first Monday of March 2021 is the 1st, the last Thursday of 2020 the 31st of December.
    assert NthWeekday(1, "monday", shift=-29).contains(datetime(2021, 1, 31))
    assert NthWeekday(-1, "thursday", shift=31, days=31).contains(datetime(2021, 3, 2))


def test_hours_may_pass_midnight() -> None:
    hours = [datetime(2027, 1, 1) + k * HOUR for k in range(24 * 21)]
    day = [h for h in hours if 9 <= h.hour < 17]
    assert [h for h in hours if Daily("09:00", "17:00").contains(h)] == day
    night = [h for h in hours if h.hour >= 22 or h.hour < 6]
    assert [h for h in hours if Daily("22:00", "06:00").contains(h)] == night
    weekend = ["friday", "saturday"]
    late = [h for h in night if NAMES[(h - 6 * HOUR).weekday()] in weekend]
    assert [h for h in hours if Daily("22:00", "06:00", days=weekend).contains(h)] == late
    assert Daily(time(9), "24:00", "monday").contains(datetime(2027, 1, 4, 23, 59, 59))


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, 167), length=st.integers(1, 167))
def test_weeks_may_pass_sunday(start: int, length: int) -> None:
    end = (start + length) % 168
    texts = [f"{NAMES[h // 24]} {h % 24:02}:00" for h in (start, end)]
    window = Weekly(*texts)
    monday = datetime(2027, 1, 4)
    found = {h for h in range(168) if window.contains(monday + h * HOUR)}
    assert found == {(start + k) % 168 for k in range(length)}


def test_a_day_of_the_week_alone_is_the_whole_of_it() -> None:
    monday = datetime(2027, 1, 4)
    hours = [monday + k * HOUR for k in range(168)]
    assert sum(map(Weekly("saturday", "sunday").contains, hours)) == 48
    assert sum(map(Weekly("sunday", "sunday").contains, hours)) == 24


def test_once_is_by_the_clock_or_by_the_moment() -> None:
    calendar = Calendar(
        {
            "days": Once("2026-03-01", date(2026, 3, 2)),
            "clock": Once("2026-04-01 22:00", datetime(2026, 4, 2, 6)),
            "moment": Once("2026-05-01T22:00+00:00", "2026-05-02T06:00+00:00"),
        },
        "America/New_York",
    )
    zone = ZoneInfo("America/New_York")
    for name, start, end in (
        ("days", datetime(2026, 3, 1, tzinfo=zone), datetime(2026, 3, 3, tzinfo=zone)),
        ("clock", datetime(2026, 4, 1, 22, tzinfo=zone), datetime(2026, 4, 2, 6, tzinfo=zone)),
        ("moment", datetime(2026, 5, 1, 22, tzinfo=UTC), datetime(2026, 5, 2, 6, tzinfo=UTC)),
    ):
        second = timedelta(seconds=1)
        moments = [start - second, start, end - second, end]
        assert [calendar.at(m.astimezone(UTC)) for m in moments] == [None, name, name, None]


@pytest.mark.parametrize(
    ("zone", "day", "seconds"),
    [
        ("Europe/Berlin", date(2026, 3, 28), 3600),
        # The clock goes from 2:00 to 3:00, so the window never is; later it is twice.
        ("Europe/Berlin", date(2026, 3, 29), 0),
        ("Europe/Berlin", date(2026, 10, 25), 7200),
        ("Asia/Kolkata", date(2026, 3, 29), 3600),
        # Half an hour is twice there.
        ("Australia/Lord_Howe", date(2026, 4, 5), 3600),
    ],
)
def test_clocks_that_change(zone: str, day: date, seconds: int) -> None:
    calendar = Calendar({"backup": Daily("02:00", "03:00")}, zone)
    start = datetime.combine(day, time(0), ZoneInfo(zone)).timestamp()
    found = 0
    for step in range(0, 30 * 3600, 60):
        moment = datetime.fromtimestamp(start + step, UTC)
        local = moment.astimezone(ZoneInfo(zone))
        inside = calendar.at(moment) == "backup"
        assert inside == (local.hour == 2)
        assert inside == (calendar.at(start + step) == "backup")
        found += 60 * (inside and local.date() == day)
    assert found == seconds


def test_times_are_those_that_events_have() -> None:
    calendar = Calendar({"noon": Daily("12:00", "13:00")}, "Asia/Tokyo")
    moment = datetime(2026, 1, 1, 3, 30, tzinfo=UTC)
    same: list[Any] = [
        moment,
        moment.replace(tzinfo=None),
        moment.astimezone(timezone(timedelta(hours=-7))),
        np.datetime64("2026-01-01T03:30"),
        moment.timestamp(),
        int(moment.timestamp()),
    ]
    assert [calendar.at(each) for each in same] == ["noon"] * 6
    assert Calendar({"day": Yearly("01-01", "01-01")}).at(date(2026, 1, 1)) == "day"
    # Beyond the years that there are, there is no window.
    assert calendar.at(1e300) is calendar.at(-1e300) is calendar.at(datetime.max) is None
    for bad in (None, float("nan"), float("inf"), "noon"):
        with pytest.raises((TypeError, ValueError)):
            calendar.at(bad)


def test_the_first_of_overlapping_names_counts() -> None:
    calendar = Calendar({"a": Daily("01:00", "03:00"), "b": [Daily("02:00", "04:00")]})
    assert [calendar.at(hour * 3600) for hour in range(5)] == [None, "a", "a", "b", None]


CALENDAR = Calendar(
    {
        "all": [
            Once("2026-03-01", "2026-03-02"),
            Daily("22:00", "06:00", ["friday"]),
            Weekly("friday 18:00", "monday"),
            Monthly(-1, 2),
            Yearly("12-24", "12-26"),
            NthWeekday(1, "monday", month=5, shift=-1, days=3),
        ],
        "none": [],
    },
    "Europe/Berlin",
)


def test_calendars_are_kept_in_state_files() -> None:
    again = Calendar.from_bytes(CALENDAR.to_bytes())
    assert again == CALENDAR == pickle.loads(pickle.dumps(CALENDAR))
    assert repr(again) == repr(CALENDAR)
    assert hash(again) == hash(CALENDAR)
    assert again != Calendar({}, "Europe/Berlin")
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + 7 * k * HOUR for k in range(1500)]
    found = [CALENDAR.at(h) for h in hours]
    assert [again.at(h) for h in hours] == found
    assert 0 < found.count("all") < len(found)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Yearly("12-32", "12-26"), "day of the year"),
        (lambda: Yearly(1224, "12-26"), "day of the year"),
        (lambda: Daily("25:00", "06:00"), "start is a time of day"),
        (lambda: Daily("06:00", "06:00"), "empty"),
        (lambda: Daily("06:00+01:00", "07:00"), "neither an offset"),
        (lambda: Daily("06:00", "07:00", ["Friday"]), "day of the week"),
        (lambda: Weekly("friday 18:00", "friday 18:00"), "empty"),
        (lambda: Weekly(5, "friday"), "time of the week"),
        (lambda: Monthly(0, 3), "first is a day"),
        (lambda: Monthly(1, 32), "last is a day"),
        (lambda: NthWeekday(0, "monday"), "n is from"),
        (lambda: NthWeekday(1, "monday", month=13), "month"),
        (lambda: NthWeekday(1, "monday", days=0), "days is from"),
        (lambda: Once("2026-03-02", "2026-03-01"), "ends before it starts"),
        (lambda: Once("2026-03-02 10:00+00:00", "2026-03-03 11:00"), "at one end only"),
        (lambda: Once("soon", "2026-03-03"), "start is a date or a time"),
        (lambda: Calendar({}, "Mars/Olympus"), "no time zone"),
        (lambda: Calendar({}, ""), "no time zone"),
    ],
)
def test_senseless_windows_are_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_holidays_are_those_of_the_country_and_of_the_day_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calendar = Calendar({"holiday": Holidays("DE", "BY")}, "Europe/Berlin")
    assert Calendar.from_bytes(calendar.to_bytes()) == calendar
    # Epiphany is a holiday in Bavaria and not in Berlin, from midnight there.
    eve = datetime(2026, 1, 5, 22, 59, tzinfo=UTC)
    assert [calendar.at(eve + k * timedelta(minutes=1)) for k in range(2)] == [None, "holiday"]
    assert Calendar({"holiday": Holidays("DE")}).at(eve + 2 * HOUR) is None
    for country, part, message in (
        ("XX", None, "no holidays of 'XX'"),
        ("DE", "ZZ", "DE has no part 'ZZ': there are 'BB', .*'BY'"),
        ("XNYS", "NY", "XNYS has no part 'NY': there are none"),
    ):
        with pytest.raises(ValueError, match=message):
            Holidays(country, part)
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ImportError, match=r"pip install 'clipsgd-river\[holidays\]'"):
        Holidays("FR")


def test_what_is_no_window_is_named() -> None:
    for events in ({"x": "12-24"}, {3: Daily("01:00", "02:00")}, {"x": [None]}):
        with pytest.raises(TypeError):
            Calendar(events)  # type: ignore[arg-type]  # on purpose
