"""However a run ends, what was judged is written whole and what was learned is kept."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
from command_line import (
    call,
    csv_rows,
    csv_text,
    json_objects,
    json_text,
    new_alerts,
    ordinary_rows,
    start,
)
from pages import Page

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedEnsemble

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and pipes")

ROWS = ordinary_rows(20_000)
TEXT = csv_text(ROWS)


def piped(*args: str | Path, text: str = TEXT) -> subprocess.Popen[bytes]:
    """Start scoring a pipe that stays open after the text, as a live stream does."""
    process = start("score", "-", *args)
    assert process.stdin is not None
    process.stdin.write(text.encode())
    process.stdin.flush()
    return process


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something has happened; fail if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def wait_until_still(pid: int) -> None:
    """Wait until a process sleeps and goes on sleeping: it waits for its reader or writer."""
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        pytest.skip("needs /proc to see that a process waits")
    asleep = 0

    def has_slept() -> bool:
        nonlocal asleep
        asleep = asleep + 1 if status.read_text().rpartition(")")[2].split()[0] == "S" else 0
        return asleep >= 40

    wait_until(has_slept)


def read_line(stream: IO[bytes] | None) -> str:
    assert stream is not None
    return stream.readline().decode()


def close(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes to a process that has ended."""
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def end(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    out, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err
    return out.decode(), err.decode()


def test_an_event_is_answered_at_once() -> None:
    process = piped("--format", "jsonl", "-q", text="")
    for number in range(5):
        assert process.stdin is not None
        process.stdin.write(f'{{"a": {number}}}\n'.encode())
        process.stdin.flush()
        assert json_objects(read_line(process.stdout))[0]["a"] == number
    end(process)
    assert process.returncode == 0


def test_a_row_whose_end_has_not_come_holds_up_no_other() -> None:
    process = piped("--format", "csv", "-q", text='a,b\n1,x\n2,"y')
    assert read_line(process.stdout).startswith("a,b,score")
    assert read_line(process.stdout).startswith("1,x,")
    out, _ = process.communicate(b'\ny"\n', timeout=60)
    assert out.startswith(b'2,"y\ny",')


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow),
    ],
)
def test_a_signal_leaves_events_alerts_the_budget_and_a_report(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    pytest.importorskip("matplotlib", reason="a report has pictures")
    out, alerts, state = tmp_path / "out.csv", tmp_path / "alerts.jsonl", tmp_path / "state"
    report = tmp_path / "report.html"
    asked = ["--alert-rate", "0.01", "--alerts", alerts, "--state", state, "--report", report]
    process = piped("--format", "csv", "--out", out, *asked)
    wait_until(lambda: out.exists() and out.stat().st_size > 0)
    process.send_signal(number)
    _, err = end(process)
    assert process.returncode == code
    written = csv_rows(out.read_text())
    assert 0 < len(written) <= len(ROWS)
    assert f"ended by a signal after {len(written):,} events" in err
    rows = [n for n, row in enumerate(written, start=1) if row["is_anomaly"] == "1"]
    assert [alert["row"] for alert in new_alerts(alerts)] == rows != []
    kept = AlertBudget.load(state)
    assert kept.n_alerts_ == len(rows)
    assert kept.anomaly_detector.n_samples_seen_ == len(written)
    page = Page(report)
    assert f"in {len(written):,} events" in page.text
    assert "The run was ended by a signal: this is what was read until then." in page.text
    assert page.pictures()


@pytest.mark.slow
def test_a_signal_leaves_whole_lines_and_the_state_of_the_detector(tmp_path: Path) -> None:
    out, state = tmp_path / "out.jsonl", tmp_path / "state"
    process = piped("--format", "jsonl", "--out", out, "--state", state, text=json_text(ROWS))
    wait_until(lambda: out.exists() and out.stat().st_size > 0)
    process.send_signal(signal.SIGTERM)
    _, err = end(process)
    assert process.returncode == 143
    written = json_objects(out.read_text())
    assert 0 < len(written) <= len(ROWS)
    assert f"ended by a signal after {len(written):,} events" in err
    assert ClippedEnsemble.load(state).n_samples_seen_ == len(written)


def test_a_reader_of_alerts_that_leaves_ends_it_with_the_state(tmp_path: Path) -> None:
    path, out, state = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "state"
    path.write_text(TEXT)
    asked = ["--alert-rate", "0.01", "--alerts", "-", "--out", out, "--state", state]
    process = start("score", path, "-q", *asked)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0
    # The event whose alert nobody read is learned, but not written.
    written = csv_rows(out.read_text())
    assert not any(row["is_anomaly"] == "1" for row in written)
    assert AlertBudget.load(state).anomaly_detector.n_samples_seen_ == len(written) + 1
    close(process)


@pytest.mark.slow
def test_a_signal_while_waiting_for_the_first_byte(tmp_path: Path) -> None:
    state = tmp_path / "state"
    process = piped("--format", "csv", "--state", state, text="")
    wait_until_still(process.pid)
    process.send_signal(signal.SIGINT)
    out, _ = end(process)
    assert (process.returncode, out) == (130, "")


def test_a_run_in_two_parts_is_the_run_in_one(tmp_path: Path) -> None:
    state, lines = tmp_path / "state", TEXT.splitlines(keepends=True)
    whole = call("score", "-", "--format", "csv", stdin=TEXT).out.splitlines()
    first = "".join(lines[:8_001])
    rest = lines[0] + "".join(lines[8_001:])
    parts = [
        call("score", "-", "--format", "csv", "--state", state, stdin=text).out.splitlines()
        for text in (first, rest)
    ]
    assert [*parts[0], *parts[1][1:]] == whole


@pytest.mark.slow
def test_a_signal_with_parquet_leaves_no_half_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    out, state = tmp_path / "out.parquet", tmp_path / "state"
    text = TEXT + "".join(TEXT.splitlines(keepends=True)[1:])
    process = piped("--format", "csv", "--out", out, "--state", state, text=text)
    # The first row group is on its way.
    wait_until(lambda: any(path.name.startswith(".out") for path in tmp_path.iterdir()))
    process.send_signal(signal.SIGINT)
    _, err = end(process)
    assert process.returncode == 130
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    assert "out.parquet was not written" in err


@pytest.mark.slow
def test_a_second_signal_ends_a_blocked_write() -> None:
    process = start("score", "-", "--format", "csv", "-q")

    def feed() -> None:
        assert process.stdin is not None
        # The process ends with input unread, as it should.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(TEXT.encode())
            process.stdin.flush()

    writer = threading.Thread(target=feed)
    writer.start()
    # Nobody reads on; a pipe holds 64 KiB, so the command comes to wait for its reader.
    assert read_line(process.stdout).startswith("cpu,")
    wait_until_still(process.pid)
    process.send_signal(signal.SIGINT)
    wait_until_still(process.pid)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    writer.join(timeout=60)
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    close(process)


@pytest.mark.parametrize("kind", ["csv", pytest.param("jsonl", marks=pytest.mark.slow)])
def test_a_reader_that_leaves_ends_it_quietly(tmp_path: Path, kind: str) -> None:
    path, state = tmp_path / f"in.{kind}", tmp_path / "state"
    path.write_text({"csv": TEXT, "jsonl": json_text(ROWS)}[kind])
    process = start("score", path, "-q", "--state", state)
    read_line(process.stdout)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0
    assert 0 < ClippedEnsemble.load(state).n_samples_seen_ <= len(ROWS)
    close(process)


@pytest.mark.slow
def test_nobody_reading_the_words_does_not_disturb_the_data(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text," + TEXT.replace("\n", "\nx,").removesuffix("x,"))
    reading, writing = os.pipe()
    os.close(reading)
    process = start("score", path, stderr=writing)
    os.close(writing)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(csv_rows(out.decode())) == len(ROWS)


@pytest.mark.slow
def test_a_terminal_that_closes_does_not_disturb_the_data(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text," + TEXT.replace("\n", "\nx,").removesuffix("x,"))
    ours, theirs = os.openpty()
    process = start("score", path, stderr=theirs)
    os.close(ours)
    os.close(theirs)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(csv_rows(out.decode())) == len(ROWS)


@pytest.mark.parametrize(
    ("redirection", "code", "word"),
    [
        ("<&-", 2, "standard input is closed"),
        pytest.param(">&-", 2, "standard output is closed", marks=pytest.mark.slow),
        pytest.param("2>&-", 0, "", marks=pytest.mark.slow),
    ],
)
def test_closed_standard_streams(redirection: str, code: int, word: str) -> None:
    command = f'"{sys.executable}" -m clipsgd_river score - --format csv {redirection}'
    found = subprocess.run(
        command, shell=True, input="a\n1\n", capture_output=True, text=True, check=False
    )
    assert found.returncode == code
    assert word in found.stderr
    assert "Traceback" not in found.stderr
    assert not word or found.stdout == ""


def test_a_full_disk_leaves_whole_events(tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text(TEXT)
    limit = 1_000_000
    process = start("score", path, "--out", out, largest_file=limit)
    _, err = end(process)
    assert process.returncode == 1
    assert f"cannot write {out}: " in err
    written = out.read_text()
    assert 0 < len(written) <= limit
    assert written.endswith("\n")
    assert 0 < len(csv_rows(written)) < len(ROWS)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_as_standard_output() -> None:
    with Path("/dev/full").open("wb") as full:
        process = start("score", "-", "--format", "csv", stdout=full)
        _, err = process.communicate(TEXT.encode(), timeout=60)
    assert process.returncode == 1
    assert b"error: cannot write standard output: No space left on device" in err
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err


@pytest.mark.slow
def test_piped_results_have_no_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(TEXT)
    out, err = end(start("score", path))
    assert "\x1b" not in out + err
    assert "\r" not in err


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_memory_does_not_grow_with_the_stream(tmp_path: Path) -> None:
    script = (
        "import re, sys; from clipsgd_river.cli import main; code = main(); "
        "print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read()).group(1)); "
        "sys.exit(code)"
    )
    header, *lines = TEXT.splitlines(keepends=True)
    # So many alerts that what is kept of them has reached its bound with the shorter stream.
    report = ["--contamination", "0.3", "--report", tmp_path / "report.html"]
    peaks = []
    for repeats in (1, 15):
        path = tmp_path / f"{repeats}.csv"
        path.write_text(header + "".join(lines) * repeats)
        found = subprocess.run(
            [sys.executable, "-c", script, "score", path, "--out", tmp_path / "out.csv", *report],
            capture_output=True,
            check=True,
        )
        assert f"in {repeats * len(ROWS):,} events" in Page(tmp_path / "report.html").text
        peaks.append(int(found.stdout))
    # Kilobytes; 280,000 further events at 16 bytes each would be 4,480.
    assert peaks[1] - peaks[0] < 4000
