"""Live streams that fall silent: windows end by the clock, and what stopped alerts."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import call, json_objects

from clipsgd_river.cli.input.columns.kinds import Kind, Look
from clipsgd_river.cli.input.columns.roles import Column, Role
from clipsgd_river.cli.input.derived.counters import Keyed
from clipsgd_river.cli.input.derived.windows import WindowSource
from clipsgd_river.cli.input.events import Event

START = datetime(2026, 6, 1, tzinfo=UTC)


class Clock:
    """Time that passes as a test wants it."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Stream:
    """Events at times, each a while after the one before; None is asked in between."""

    told = ""

    def __init__(self, clock: Clock, moments: list[tuple[float, float]]) -> None:
        self._clock = clock
        self._moments = moments

    def events(self) -> Iterator[Event]:
        for row, (elapsed, moment) in enumerate(self._moments, 1):
            self._clock.now += elapsed
            yield Event(row, {"n": 1.0}, -1, moment)


def windows(clock: Clock, moments: list[tuple[float, float]], **keyed: Any) -> WindowSource:
    source: Any = Stream(clock, moments)
    found = Keyed(None, lambda event: float(event.record), **keyed)
    columns = [Column("n", Look(Kind.COUNT, holds_numbers=True), Role.NUMBER)]
    return WindowSource(source, columns, found, "when", 60.0, clock)


def counts(events: Iterator[Event]) -> list[tuple[float, int]]:
    return [((e.record - START) / timedelta(minutes=1), e.features["events"]) for e in events]


def test_a_window_is_over_by_the_clock_and_a_tenth_of_it_later() -> None:
    clock, start = Clock(), START.timestamp()
    source = windows(clock, [(0.0, start + 10.0), (20.0, start + 30.0), (5.0, start + 20.0)])
    assert source.seconds_left() is None
    assert counts(source.events()) == []
    # The latest event, not the last, says what time it is: 30 s into the window, 5 s ago.
    assert source.seconds_left() == pytest.approx(30.0 - 5.0 + 6.0)
    clock.now += 30.9
    assert counts(source.over()) == []
    clock.now += 0.2
    assert counts(source.over()) == [(0.0, 3)]
    assert source.seconds_left() == pytest.approx(59.9)
    clock.now += 180.0
    assert counts(source.over()) == [(1.0, 0), (2.0, 0), (3.0, 0)]


def test_events_after_a_silence_go_on_in_the_open_window() -> None:
    clock, start = Clock(), START.timestamp()
    late = [(0.0, start), (200.0, start + 59.0), (1.0, start + 190.0), (1.0, start + 250.0)]
    source = windows(clock, late)
    events = source.events()
    found = counts(source.over())
    moments = source._source._moments  # type: ignore[attr-defined]
    source._source._moments = moments[:1]  # type: ignore[attr-defined]
    found += counts(events)
    clock.now += 186.0
    found += counts(source.over())
    source._source._moments = moments[1:]  # type: ignore[attr-defined]
    found += counts(source.events())
    assert found == [(0.0, 1), (1.0, 0), (2.0, 0), (3.0, 2)]


def test_a_stream_that_runs_backwards_ends_no_window() -> None:
    clock = Clock()
    source = windows(clock, [(0.0, 600.0), (1.0, 590.0)], backwards=True)
    list(source.events())
    clock.now += 1e6
    assert source.seconds_left() is None
    assert list(source.over()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="it takes a named pipe")
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_host_that_falls_silent_alerts_while_nothing_comes(tmp_path: Path, kind: str) -> None:
    pipe, out, alerts = tmp_path / f"pipe.{kind}", tmp_path / "out.jsonl", tmp_path / "alerts.jsonl"
    os.mkfifo(pipe)
    seen: list[str] = []

    def write() -> None:
        with pipe.open("w") as file:
            lines = ["when,host,n"] if kind == "csv" else []
            for at in range(400):
                when = (START + timedelta(milliseconds=50 * at)).isoformat()
                host = "ab"[at % 2]
                lines.append(
                    f"{when},{host},1"
                    if kind == "csv"
                    else f'{{"when": "{when}", "host": "{host}"}}'
                )
            file.write("\n".join(lines) + "\n")
            file.flush()
            until = time.monotonic() + 20.0
            while not seen and time.monotonic() < until:
                time.sleep(0.02)
                if alerts.exists() and "events was 0" in alerts.read_text():
                    seen.append(alerts.read_text())

    writer = threading.Thread(target=write)
    writer.start()
    options = ["--time", "when", "--every", "100ms", "--by", "host", "--alert-rate", "0.01"]
    result = call("score", pipe, *options, "--only", "host", "--alerts", alerts, "--out", out)
    writer.join()
    assert result.code == 0, result.err
    assert seen, "the pipe was still open, and silent"
    found = json_objects(out.read_text())
    assert found[198]["a: events"] == 1
    assert found[-1]["a: events"] == found[-1]["b: events"] == 0
