"""Times of events: read as they come, shown as they are."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call, csv_text, ordinary_rows

from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.scoring.clock import Clock

NOON = datetime(2026, 3, 1, 12)


def clock_and_seconds(values: list[Any]) -> tuple[Clock, list[float]]:
    clock = Clock("t", lambda event, column: event.record[column])
    events = [Event(row, {}, -1, {"t": value}) for row, value in enumerate(values)]
    return clock, [clock.seconds(event) for event in events]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (NOON, "2026-03-01 12:00:00"),
        ("2026-03-01T12:00:00", "2026-03-01 12:00:00"),
        ("2026-03-01T12:00:00Z", "2026-03-01 12:00:00 UTC"),
        (NOON.replace(tzinfo=timezone(timedelta(hours=2))), "2026-03-01 10:00:00 UTC"),
        (NOON.replace(tzinfo=UTC).timestamp(), "2026-03-01 12:00:00 UTC"),
        ("17.5", "17.5 s"),
        ("soon", "unknown"),
        (None, "unknown"),
    ],
)
def test_times_are_shown(value: Any, shown: str) -> None:
    clock, (seconds,) = clock_and_seconds([value])
    assert clock.shown(seconds) == shown


def test_positions_are_times_as_they_came() -> None:
    clock, seconds = clock_and_seconds([NOON, NOON + timedelta(minutes=1)])
    assert clock.positions(seconds) == [NOON, NOON + timedelta(minutes=1)]
    clock, seconds = clock_and_seconds(["2026-03-01T12:00:00+01:00"])
    assert clock.positions(seconds) == [NOON.replace(hour=11, tzinfo=UTC)]
    clock, seconds = clock_and_seconds([1.5, 2, "7"])
    assert clock.positions(seconds) == [1.5, 2.0, 7.0]


def test_times_that_are_unknown_or_run_backwards_place_nothing() -> None:
    clock, seconds = clock_and_seconds([1.0, "", 3.0])
    assert math.isnan(seconds[1])
    assert clock.positions(seconds) is None
    clock, seconds = clock_and_seconds([2.0, 1.0])
    assert clock.positions(seconds) is None


def test_the_picture_stands_at_the_times(tmp_path: Path) -> None:
    head, *lines = csv_text(ordinary_rows(300)).splitlines()
    start, minute = np.datetime64("2026-03-01T00:00:00"), np.timedelta64(60, "s")
    rows = [f"{start + i * minute},{line}" for i, line in enumerate(lines)]
    text = "\n".join([f"t,{head}", *rows]) + "\n"
    path = tmp_path / "picture.svg"
    options = ["--time", "t", "--plot", path]
    assert call("score", "-", "--format", "csv", *options, stdin=text).code == 0
    svg = path.read_text()
    assert "<!-- 04:00 -->" in svg
    assert "<!-- 2026-Mar-01 -->" in svg
