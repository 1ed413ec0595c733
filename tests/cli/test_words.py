"""What is said on standard error: progress for people and for logs, nothing a terminal obeys."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

import pytest
from command_line import call, csv_text, ordinary_rows, start

from clipsgd_river.alerts.alert import AlertFeature
from clipsgd_river.cli import reporter
from clipsgd_river.cli.scoring.watch import MostAnomalous, Watch, reason
from clipsgd_river.cli.summary import Tally, summary_lines
from clipsgd_river.cli.terminal.text import listed, near_matches, short_number, shown


def test_progress_without_a_terminal_is_a_plain_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with reporter.Reporter() as words:
        for step in range(1, 13):
            clock[0] += 1.0
            words.progress("scoring", step * 1000, step / 20)
    assert capsys.readouterr().err.splitlines() == [
        "scoring: 5,000 events, 1,000 a second, 25%",
        "scoring: 10,000 events, 1,000 a second, 50%",
    ]


def test_progress_of_a_pipe_has_no_share(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reporter, "_SECONDS_BETWEEN_LINES", 0.0)
    reporter.Reporter().progress("scoring", 7, None)
    reporter.Reporter(quiet=True).progress("scoring", 8, None)
    line = capsys.readouterr().err
    assert line.startswith("scoring: 7 events, ")
    assert line.endswith(" a second\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_on_a_terminal_is_live_and_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(csv_text(ordinary_rows(20_000)))
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = start("score", path, "--out", tmp_path / "o.csv", stderr=theirs, env=environment)
    os.close(theirs)
    seen = b""
    # A terminal whose other side is closed gives an error instead of an end.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 65536):
            seen += part
    os.close(ours)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"scoring: " in seen
    assert b"ClippedEnsemble: 20,000 events" in seen
    assert seen.count(b"\x1b[?25l") == seen.count(b"\x1b[?25h") == 1


def test_names_and_values_cannot_command_the_terminal() -> None:
    text = '{"\\u001b[31mred": 1, "[bold]x[/bold]": 2}\n' * 30 + '{"\\u001b[31mred": "\\u0007"}\n'
    result = call("score", "-", "--format", "jsonl", stdin=text)
    assert result.code == 1
    assert "\x1b" not in result.err
    assert "\x07" not in result.err
    assert "[31mred" in result.err
    long = "x" * 5000
    result = call("score", "-", "--format", "jsonl", stdin=f'{{"a": 1, "{long}": "{long}"}}\n')
    assert all(len(line) < 300 for line in result.err.splitlines())


def test_a_run_within_the_warm_up_says_so() -> None:
    result = call("score", "-", "--format", "csv", stdin=csv_text(ordinary_rows(5)))
    assert "still warming up: no alerts" in result.err
    assert "most anomalous" not in result.err


def test_a_driver_in_words() -> None:
    feature = AlertFeature("f3", 9.5, 812.0, 25.0, 12.0, 40.0, "above", "rare")
    assert reason(feature, {}) == "f3 = 812, usually between 12 and 40"


def test_of_equally_far_events_the_first_ten_stay() -> None:
    most = MostAnomalous(3)
    for row, distance in enumerate([1.0, 5.0, 5.0, 5.0, 5.0, 2.0], start=1):
        if distance > most.least_distance:
            most.add(row, 0.5, distance, ())
    assert [int(line.split()[0]) for line in most.lines()] == [2, 3, 4]


def test_an_empty_run_divides_by_nothing() -> None:
    lines = list(summary_lines(Tally(), Watch(object()), 0.0))
    assert lines[0] == "object: 0 events, 0 alerts, 0 events a second"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-1e-12, "-1e-12"), (1e308, "1e+308"), (123456.7, "123457"), (0.30001, "0.3")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short_number(value) == text


def test_words_about_names() -> None:
    assert near_matches("Memroy", ["cpu", "memory"]) == "did you mean 'memory'?"
    assert near_matches("zzz", ["cpu"]) == "there are 'cpu'"
    assert near_matches("zzz", []) == "there is none"
    assert listed(map(str, range(12))) == ", ".join(f"'{n}'" for n in range(10)) + " and 2 more"
    assert shown("naïve\n") == "naïve\\n"
