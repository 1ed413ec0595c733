"""State files of runs: what was learned is not learned again, and one run at a time writes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import call, csv_text, json_objects, ordinary_rows, start

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.cli.scoring.state_file import StateFile
from clipsgd_river.cli.terminal.errors import UsageError

ROWS = ordinary_rows(600)
ASKED = ("--detector", "zscore", "--alert-rate", "0.01")


def table(path: Path, rows: np.ndarray) -> Path:
    path.write_text(csv_text(rows))
    return path


def test_nights_resumed_are_one_run(tmp_path: Path) -> None:
    whole, state = tmp_path / "whole.state", tmp_path / "state"
    one = call("score", table(tmp_path / "all.csv", ROWS), *ASKED, "--state", whole)
    parts = []
    for night in range(30):
        path = table(tmp_path / f"{night}.csv", ROWS[20 * night : 20 * night + 20])
        parts.append(call("score", path, *ASKED, "--state", state))
    assert [row for part in parts for row in part.rows] == one.rows
    assert AlertBudget.load(state).to_bytes() == AlertBudget.load(whole).to_bytes()


def test_the_same_night_twice_changes_nothing(tmp_path: Path) -> None:
    state, out = tmp_path / "state", tmp_path / "out.csv"
    path = table(tmp_path / "night.csv", ROWS)
    asked = ("score", path, *ASKED, "--state", state, "--out", out)
    assert call(*asked).code == 0
    before, written = state.read_bytes(), out.read_bytes()
    again = call(*asked)
    assert again.code == 0
    assert "has learned all 600 rows" in again.err
    assert (state.read_bytes(), out.read_bytes()) == (before, written)
    # Another night between changes nothing about that, nor does another name.
    assert (
        call("score", table(tmp_path / "b.csv", ROWS[:50] + 1), *ASKED, "--state", state).code == 0
    )
    copied = tmp_path / "copy.csv"
    copied.write_bytes(path.read_bytes())
    assert "has learned all 600 rows" in call("score", copied, *ASKED, "--state", state).err
    assert AlertBudget.load(state).anomaly_detector.n_samples_seen_ == 650
    assert call(*asked, "--again").code == 0
    assert AlertBudget.load(state).anomaly_detector.n_samples_seen_ == 1250


def test_a_file_that_has_grown_goes_on_after_what_was_learned(tmp_path: Path) -> None:
    state, path = tmp_path / "state", tmp_path / "log.csv"
    first = call("score", table(path, ROWS[:300]), *ASKED, "--state", state)
    second = call("score", table(path, ROWS), *ASKED, "--state", state)
    assert "has learned the first 300 rows" in second.err
    assert len(first.rows) == len(second.rows) == 300
    assert AlertBudget.load(state).anomaly_detector.n_samples_seen_ == 600


def test_checkpoints_have_the_row_reached(tmp_path: Path) -> None:
    state, path = tmp_path / "state", tmp_path / "bad.csv"
    text = csv_text(ROWS).splitlines(keepends=True)
    path.write_text("".join(text[:251]) + "oops,1,2\n")
    asked = ("score", path, *ASKED, "--state", state, "--checkpoint-every", 100)
    assert call(*asked).code == 1
    assert AlertBudget.load(state).anomaly_detector.n_samples_seen_ == 250
    path.write_text("".join(text))
    assert call("score", path, *ASKED, "--state", state).code == 0


def told(path: Path) -> list[tuple[object, ...]]:
    """Return what a file of alerts tells, without when it was found out."""
    lines = json_objects(path.read_text())
    return [tuple(line[name] for name in ("status", "uid", "update", "row")) for line in lines]


@pytest.mark.slow
def test_a_killed_run_loses_no_more_than_since_the_last_checkpoint(tmp_path: Path) -> None:
    state, path, alerts = tmp_path / "state", tmp_path / "night.csv", tmp_path / "alerts.jsonl"
    table(path, ordinary_rows(60_000))
    asked = ("score", path, *ASKED, "-q", "--alerts", alerts, "--state", state)
    run = start(*asked, "--checkpoint-every", "500", stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not state.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    reached = AlertBudget.load(state).anomaly_detector.n_samples_seen_
    assert reached % 500 == 0
    assert call(*asked).code == 0
    assert AlertBudget.load(state).anomaly_detector.n_samples_seen_ == 60_000
    whole = tmp_path / "whole.jsonl"
    call("score", path, *ASKED, "-q", "--alerts", whole)
    assert told(alerts) == told(whole) != []


def test_one_process_at_a_time_has_the_state(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    state = str(tmp_path / "state")
    path = table(tmp_path / "night.csv", ROWS[:50])
    with StateFile(state, "-"):
        refused = call("score", path, *ASKED, "--state", state)
        assert refused.code == 2
        assert "is in use by another process" in refused.err
        with pytest.raises(UsageError):
            StateFile(state, "-")
    assert call("score", path, *ASKED, "--state", state).code == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["night.csv", "state"]


def test_rate_and_floor_change_and_the_history_stays() -> None:
    model = AlertBudget(ClippedZScore(), 0.01)
    rng = np.random.default_rng(0)
    model.learn_many(rng.standard_normal((3_000, 2)))
    threshold = model.threshold_
    same = model.changed(floor="auto", resolved_after=10)
    assert (same.n_alerts_, same.floor, same.resolved_after) == (model.n_alerts_, "auto", 10)
    assert same.threshold_ == threshold
    rarer = AlertBudget.from_bytes(model.to_bytes()).changed(alert_rate=0.0001)
    assert rarer.n_alerts_ == 0
    assert rarer.threshold_ > threshold
    assert rarer.anomaly_detector.n_samples_seen_ == 3_000
    timed = model.changed(alerts_per=(5, "day"), time="t")
    assert timed.judge_learn_one({0: 40.0, 1: 0.0, "t": 0.0}).score > 0.9
    with pytest.raises(ValueError, match="detector stays"):
        model.changed(anomaly_detector=ClippedZScore())
