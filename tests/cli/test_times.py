"""Times however they are written, with and without zones, on both sides of a change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from command_line import Result, call
from hypothesis import given
from hypothesis import strategies as st

from clipsgd_river.cli.input.columns.times import Times, is_time

NOON = datetime(2026, 6, 21, 13, 55, 36)


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-21T13:55:36",
        "2026-06-21 13:55:36.000",
        "2026/06/21 13:55:36",
        "20260621135536",
        "20260621T135536",
        "21/Jun/2026:13:55:36",
        "21.06.2026 13:55:36",
        "21.6.2026, 13:55:36",
        "06/21/2026 01:55:36 PM",
        "6/21/26 1:55:36 p.m.",
        "21/06/2026 13:55:36",
        "Jun 21, 2026 1:55:36 PM",
        "Sun Jun 21 13:55:36 2026",
        "21 June 2026 13:55:36",
        "21-Jun-26 13:55:36",
        "21. Juni 2026 um 13:55:36",
        "Sunday, June 21, 2026 at 1:55:36 PM",
    ],
)
def test_one_time_in_many_forms(text: str) -> None:
    assert Times().read(f" {text} ") == NOON
    for zone, east in (
        ("Z", 0),
        ("+0000", 0),
        (" UTC", 0),
        ("+02:00", 2),
        (" -0730", -7.5),
        (" CEST", 2),
    ):
        if text[-1].isdigit() and not text.startswith("20260621"):
            read = Times().read(text + zone)
            assert read == NOON.replace(tzinfo=timezone(timedelta(hours=east)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "10.0.0.1",
        "1.2.3",
        "May",
        "5",
        "12:30",
        "2026",
        "31/31/2026",
        "13:99:00",
        "1/2/3/4",
        "2026-06-" + "9" * 30,
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert not is_time(text)


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2068, 1, 1)).map(lambda t: t.replace(microsecond=0))
)
def test_what_is_written_is_read_back(moment: datetime) -> None:
    forms = ["%d/%b/%Y:%H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%b %d, %Y %H:%M:%S"]
    for form in forms:
        assert Times(day_first=False).read(moment.strftime(form)) == moment
    assert Times(day_first=True).read(moment.strftime("%d/%m/%Y %H:%M:%S")) == moment
    assert Times(form="%S|%M|%H %y%m%d").read(moment.strftime("%S|%M|%H %y%m%d")) in (
        moment,
        moment.replace(year=moment.year),
    )
    assert Times().read(format_datetime(moment.replace(tzinfo=UTC))) == moment.replace(tzinfo=UTC)


@given(st.text(alphabet="0123456789:/.-, TZapmJunMarUTC+", max_size=24))
def test_no_text_is_too_odd(text: str) -> None:
    assert is_time(text) in (True, False)


def test_days_or_months_first() -> None:
    times = Times()
    assert times.look(["03/04/2026", "25/04/2026"]) == ""
    assert times.read("03/04/2026").month == 4
    # Where no number tells, times that run forward do.
    times = Times()
    assert times.look(["09/04/2026", "10/04/2026", "01/05/2026"]) == ""
    assert times.read("03/04/2026").month == 4
    times = Times()
    assert "months are taken to come before days" in times.look(["03/04/2026", "04/05/2026"])
    assert times.read("03/04/2026").month == 3


def test_years_turn_where_none_is_written() -> None:
    times = Times()
    read = [times.read(text) for text in ("Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:59")]
    assert read[1] - read[0] == timedelta(seconds=2)
    assert read[2] == read[0]


def test_the_hour_that_comes_twice() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 24, 23, tzinfo=UTC)
    moments = [start + timedelta(minutes=10 * n) for n in range(24)]
    texts = [moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") for moment in moments]
    times = Times(zone="Europe/Berlin")
    assert [times.read(text).astimezone(UTC) for text in texts] == moments


def table(times: list[str]) -> str:
    rows = [f"{time},{at * 37 % 11 / 2}" for at, time in enumerate(times)]
    return "\n".join(["when,x", *rows]) + "\n"


def alerts(times: list[str], *options: str) -> Result:
    quoted = [f'"{time}"' for time in times]
    return call(
        "score", "-", "--time", "when", "--alerts-per-day", "5", *options, stdin=table(quoted)
    )


def test_times_in_any_form_give_the_same_alerts() -> None:
    moments = [NOON + timedelta(minutes=7 * n) for n in range(400)]
    wanted = alerts([moment.isoformat() for moment in moments])
    assert wanted.code == 0
    for form in ("%d/%b/%Y:%H:%M:%S +0000", "%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%c"):
        result = alerts([moment.strftime(form) for moment in moments])
        assert result.code == 0, result.err
        assert [row["score"] for row in result.rows] == [row["score"] for row in wanted.rows]
        assert [row["is_anomaly"] for row in result.rows] == [r["is_anomaly"] for r in wanted.rows]
    odd = alerts([moment.strftime("%M.%H %d~%m~%y") for moment in moments])
    assert odd.code == 1
    assert "--time-format" in odd.err
    said = alerts(
        [m.strftime("%M.%H %d~%m~%y") for m in moments], "--time-format", "%M.%H %d~%m~%y"
    )
    assert said.code == 0
    wrong = alerts([moment.isoformat() for moment in moments], "--time-format", "%d/%m/%Y")
    assert wrong.code == 1
    assert "which --time-format does not fit" in wrong.err


def test_times_with_and_without_zones_together() -> None:
    moments = [NOON + timedelta(minutes=7 * n) for n in range(200)]
    texts = [m.isoformat() + ("Z" if at % 3 else "") for at, m in enumerate(moments)]
    assert alerts(texts).code == 0
    assert alerts(texts, "--zone", "Europe/Berlin").code == 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--zone", "Mars/Olympus"], "there is no zone"),
        (["--zone", "../etc"], "there is no zone"),
        (["--time-format", "%"], "--time-format"),
    ],
)
def test_zones_and_forms_that_are_none(options: list[str], word: str) -> None:
    result = alerts(["2026-06-21"], *options)
    assert result.code == 2
    assert word in result.err
    assert "it needs --time" in call("score", "-", "--zone", "UTC", stdin=table(["1"])).err


@pytest.mark.parametrize("odd", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
@pytest.mark.parametrize("options", [["--every", "1m"], ["--alerts-per-day", "5"]])
def test_times_beyond_the_calendar_are_bad_events(odd: str, options: list[str]) -> None:
    rows = [f"2026-06-01T00:{at // 60:02}:{at % 60:02},{at * at % 17}" for at in range(200)]
    text = "\n".join(["when,n", *rows, *[f"{odd},5"] * 4, rows[-1]])
    result = call("score", "-", "--time", "when", "--on-error", "skip", *options, stdin=text)
    assert result.code == 0
    assert "4 bad events were skipped" in result.err
