"""Alerts of `score`: at the rate asked for, with reasons, each written as it happens."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import COLUMNS, call, csv_rows, csv_text, new_alerts, ordinary_rows, start

from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.anomaly import ClippedEnsemble

ROWS = ordinary_rows(3000)
ROWS[[1500, 2500], [0, 1]] += [60.0, -2000.0]
TEXT = csv_text(ROWS)


def timed(text: str, step: float = 60.0) -> str:
    """Put a column of seconds before the others."""
    head, *lines = text.splitlines()
    return "\n".join([f"t,{head}", *(f"{step * i},{line}" for i, line in enumerate(lines))]) + "\n"


def expected(model: Any) -> list[bool]:
    """Judge the rows with plain calls of the public methods."""
    events = (dict(zip(COLUMNS, row, strict=True)) for row in ROWS.tolist())
    return [model.alert_one(x) is not None for x in events]


def test_alerts_are_those_of_the_budget(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    result = call(
        "score", "-", "--format", "csv", "--alert-rate", 0.005, "--alerts", path, stdin=TEXT
    )
    assert result.code == 0
    wanted = expected(AlertBudget(ClippedEnsemble(), 0.005, floor="auto"))
    assert [row["is_anomaly"] == "1" for row in result.rows] == wanted
    alerts = new_alerts(path)
    assert [alert["row"] for alert in alerts] == (np.flatnonzero(wanted) + 1).tolist()
    assert {1501, 2501} <= {alert["row"] for alert in alerts}
    first = next(alert for alert in alerts if alert["row"] == 2501)
    assert first["features"][0]["feature"] == "memory"
    assert first["features"][0]["actual"] == ROWS[2500, 1]
    assert f"alerts per event: {np.mean(wanted):.4g}, asked 0.005" in result.err
    assert "memory was " in result.err
    assert first["sentence"] in result.err


def test_alerts_of_a_risk() -> None:
    result = call("score", "-", "--format", "csv", "--tail-risk", 1e-3, stdin=TEXT)
    assert result.code == 0
    wanted = expected(TailFilter(ClippedEnsemble(), q=1e-3))
    assert [row["is_anomaly"] == "1" for row in result.rows] == wanted
    assert "risk 0.001" in result.err


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_alerts_a_day_in_every_format(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"in.{kind}"
    (tmp_path / "in.csv").write_text(timed(TEXT))
    if kind == "jsonl":
        path.write_text(
            "".join(
                f'{{"t": {60.0 * i}, "cpu": {a}, "memory": {b}, "disk": {c}}}\n'
                for i, (a, b, c) in enumerate(ROWS.tolist())
            )
        )
    if kind == "parquet":
        pyarrow_csv = pytest.importorskip("pyarrow.csv")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow_csv.read_csv(tmp_path / "in.csv"), path)
    out, alerts = tmp_path / "out.csv", tmp_path / "alerts.jsonl"
    options = ["--time", "t", "--alerts-per-day", 10, "--out", out, "--alerts", alerts]
    result = call("score", path, *options, "--out-format", "csv")
    assert result.code == 0, result.err
    found = [row["is_anomaly"] == "1" for row in csv_rows(out.read_text())]
    assert abs(sum(found) - 10 * 3000 * 60 / 86400) <= 6
    assert "alerts a day: " in result.err
    times = [alert["time"] for alert in new_alerts(alerts)]
    assert times == [60.0 * i for i in np.flatnonzero(found)]


def test_an_alerts_file_of_an_earlier_run_is_replaced_even_without_alerts(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text("old")
    options = ["--alert-rate", 0.01, "--alerts", path]
    assert call("score", "-", "--format", "csv", *options, stdin="a\n1\n2\n").code == 0
    assert path.read_text() == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_alert_that_cannot_be_written_is_no_bad_event_to_skip() -> None:
    options = ["--alert-rate", 0.01, "--alerts", "/dev/full", "--on-error", "skip"]
    result = call("score", "-", "--format", "csv", *options, stdin=TEXT)
    assert result.code == 1
    assert "cannot write /dev/full: No space left" in result.err


def test_dates_are_times(tmp_path: Path) -> None:
    rows = [f"2026-01-{1 + i // 24:02d}T{i % 24:02d}:00:00Z,{i % 7}" for i in range(200)]
    rows.append("2026-01-09T08:00:00Z,900")
    text = "when,a\n" + "\n".join(rows) + "\n"
    path = tmp_path / "alerts.jsonl"
    options = ["--time", "when", "--alert-rate", 0.01, "--alerts", path, "--detector", "ensemble"]
    assert call("score", "-", "--format", "csv", *options, stdin=text).code == 0
    assert new_alerts(path)[-1]["time"] == "2026-01-09T08:00:00+00:00"


@pytest.mark.parametrize(
    ("factor", "unit"), [(1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds")]
)
def test_units_of_times_are_read_and_said(factor: float, unit: str) -> None:
    rows = [f"{int((1_780_000_000 + 60 * i) * factor)},{i % 7}" for i in range(300)]
    options = ["--time", "t", "--alerts-per-day", 100]
    text = "t,a\n" + "\n".join(rows) + "\n"
    result = call("score", "-", "--format", "csv", *options, stdin=text)
    assert f"times in 't' are read as {unit} since 1970" in result.err
    alerts = sum(row["is_anomaly"] == "1" for row in result.rows)
    assert alerts <= 100 * 300 / 1440 + 17


def test_a_file_with_the_newest_event_first_is_scored_and_said_to_be_one() -> None:
    rows = [f"{1_780_000_000 - 60 * i},{900 if i == 250 else i % 7}" for i in range(300)]
    options = ["--time", "t", "--alerts-per-day", 100]
    text = "t,a\n" + "\n".join(rows) + "\n"
    result = call("score", "-", "--format", "csv", *options, stdin=text)
    assert result.err.count("times in 't' run backwards") == 1
    assert result.rows[250]["is_anomaly"] == "1"


def test_a_bad_time_is_a_bad_event() -> None:
    text = "t,a\n1,1\nnoon,2\n3,3\n"
    options = ["score", "-", "--format", "csv", "--time", "t", "--alert-rate", "0.1"]
    result = call(*options, stdin=text)
    assert result.code == 1
    assert "row 2: its time is 'noon'" in result.err
    skipped = call(*options, "--on-error", "skip", stdin=text)
    assert skipped.code == 0
    assert len(skipped.rows) == 2


def test_a_state_file_goes_on_with_budget_and_alerts(tmp_path: Path) -> None:
    state, path = tmp_path / "model.state", tmp_path / "alerts.jsonl"
    options = ["score", "-", "--format", "csv", "--alert-rate", "0.01"]
    files = ["--state", state, "--alerts", path]
    whole = call(*options, stdin=TEXT)
    parts = [call(*options, *files, stdin=csv_text(part)) for part in (ROWS[:1700], ROWS[1700:])]
    assert [part.code for part in parts] == [0, 0]
    joined = [row["is_anomaly"] for part in parts for row in part.rows]
    assert joined == [row["is_anomaly"] for row in whole.rows]
    assert len(new_alerts(path)) == joined.count("1")
    other = call("score", "-", "--format", "csv", "--alert-rate", 0.02, *files, stdin=TEXT)
    assert other.code == 0
    changed = AlertBudget.load(state)
    assert changed.alert_rate == 0.02
    assert changed.anomaly_detector.n_samples_seen_ == 2 * len(ROWS)
    assert sum(row["is_anomaly"] == "1" for row in other.rows) > 1.5 * joined.count("1")
    plain = call("score", "-", "--format", "csv", "--state", state, stdin=TEXT)
    assert plain.code == 1
    assert "AlertBudget" in plain.err


@pytest.mark.slow
def test_alerts_are_there_when_the_reader_of_events_is_gone(tmp_path: Path) -> None:
    source, path = tmp_path / "events.csv", tmp_path / "alerts.jsonl"
    source.write_text(TEXT)
    run = start("score", source, "--alert-rate", "0.01", "--alerts", path, stdin=subprocess.DEVNULL)
    assert run.stdout is not None
    run.stdout.close()
    run.stdout = None
    try:
        _, err = run.communicate(timeout=60)
    finally:
        run.kill()
    alerts = new_alerts(path)
    assert f" {len(alerts)} alerts" in err.decode()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--alert-rate", "0.1", "--tail-risk", "0.1"], "choose one of them"),
        (["--alert-rate", "0.1", "--contamination", "0.1"], "choose one of them"),
        (["--alerts-per-day", "3"], "needs --time"),
        (["--alerts", "a.jsonl"], "needs a rule for alerts"),
        (["--time", "cpu"], "needs a rule for alerts"),
        (["--alert-rate", "2"], "alert_rate"),
        (["--alert-rate", "0.1", "--time", "nope"], "--time names 'nope'"),
        (["--alert-rate", "0.1", "--alerts", "-"], "both go to standard output"),
    ],
)
def test_options_that_make_no_sense_are_named(options: list[str], words: str) -> None:
    result = call("score", "-", "--format", "csv", *options, stdin=TEXT)
    assert result.code == 2
    assert words in result.err
