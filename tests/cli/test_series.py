"""A file with a time and one number is a time series."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from command_line import call

WEEKS = 48 * 21


def series(folder: Path, *, seconds: bool = False) -> str:
    """Write half-hourly values with a season of a day; the last one is that of noon."""
    start = datetime(2026, 3, 2)
    hours = np.arange(WEEKS) / 2.0
    values = 50.0 + 20.0 * np.sin(2.0 * np.pi * hours / 24.0)
    values += np.random.default_rng(0).normal(size=WEEKS)
    values[-1] = values[-25]
    lines = ["at,load"]
    for n, value in enumerate(values):
        moment = start + timedelta(minutes=30 * n)
        told = str(int((moment - datetime(1970, 1, 1)).total_seconds())) if seconds else str(moment)
        lines.append(f"{told},{value:.2f}")
    path = folder / "series.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_it_is_the_default_and_knows_the_time_of_day(tmp_path: Path) -> None:
    for seconds in (False, True):
        result = call("score", series(tmp_path, seconds=seconds), "--alert-rate", "0.001")
        assert result.code == 0, result.err
        assert "ClippedTimeSeries on numbers 'load'" in result.err
        assert "the times of 'at' tell the detector" in result.err
        alerts = [n for n, row in enumerate(result.out.splitlines()) if row.split(",")[4] == "1"]
        assert len(alerts) <= 4
        assert alerts[-1] == WEEKS


def test_the_report_draws_what_is_expected_next(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    for others in ((), ("--detector", "zscore")):
        options = ("--alert-rate", "0.01", "--report", str(page), *others)
        result = call("score", series(tmp_path), *options)
        assert result.code == 0, result.err
        said = "Beyond the last value is drawn what is expected." in page.read_text()
        assert said is not bool(others)


def test_budgets_by_the_day_and_state_files(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    options = ("--alerts-per-day", "1", "--time", "at", "--state", state)
    result = call("score", series(tmp_path), *options)
    assert result.code == 0, result.err
    assert "ClippedTimeSeries" in result.err
    again = call("score", series(tmp_path), *options, "--again")
    assert again.code == 0, again.err
    assert "ClippedTimeSeries" in again.err


def test_several_metrics_are_one_detector(tmp_path: Path) -> None:
    path = Path(series(tmp_path))
    lines = path.read_text().splitlines()
    memory = np.random.default_rng(1).normal(60.0, 2.0, WEEKS)
    memory[900] = 10.0
    rows = [f"{line},{value:.2f}" for line, value in zip(lines[1:], memory, strict=True)]
    path.write_text("\n".join([f"{lines[0]},memory", *rows]) + "\n")
    result = call(
        "score", str(path), "--detector", "timeseries", "--time", "at", "--alert-rate", "0.002"
    )
    assert result.code == 0, result.err
    assert "ClippedTimeSeries on numbers 'load', 'memory'" in result.err
    alerts = [n for n, row in enumerate(result.out.splitlines()) if row.split(",")[5] == "1"]
    assert 901 in alerts


def test_one_thing_is_said_of_the_time(tmp_path: Path) -> None:
    path = series(tmp_path)
    result = call("score", path)
    assert "the times of 'at' tell the detector when events were" in result.err
    assert "left out" not in result.err
    assert "ClippedTimeSeries on numbers 'load', by the times of 'at'" in call("inspect", path).out
    other = call("score", path, "--detector", "zscore")
    assert "column 'at' is left out: it looks like a time" in other.err
