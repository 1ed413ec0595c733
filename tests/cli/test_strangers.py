"""Strangers' files without an option: text counts, identifiers and times are left out with a word.

Each file is scored as it is; what is said of its columns must hold for every format alike.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import strangers
from command_line import Result, call, csv_rows, json_objects, start
from strangers import csv_of, json_of

from clipsgd_river.cli.input.byte_input import _SECONDS_TO_LOOK
from clipsgd_river.cli.scoring import default_detector as rule
from clipsgd_river.cli.scoring.detectors import detector_classes

N = 600


def score(rows: Sequence[dict[str, Any]], *options: str | Path, kind: str = "csv") -> Result:
    text = csv_of(rows) if kind == "csv" else json_of(rows)
    return call("score", "-", "--format", kind, *options, stdin=text)


def understood(result: Result) -> dict[str, list[str]]:
    """Return the columns by what the one line says of them."""
    (line,) = [
        line for line in result.err.splitlines() if line.startswith("Clipped") and " on " in line
    ]
    parts = line.split(" on ", 1)[1].split("; ")
    found = {}
    for part in parts:
        for what in ("numbers", "categories", "left out", "no value yet"):
            if part.startswith(what):
                found[what] = [
                    name.strip("'") for name in part.removeprefix(what + " ").split(", ")
                ]
    return found


FILES = {
    "firewall_log": {
        "numbers": ["src_port", "bytes", "packets", "nat"],
        "categories": ["src_ip", "dst_ip", "dst_port", "protocol", "action"],
        "left out": ["time", "log_id"],
    },
    "access_log": {
        "numbers": ["size", "ms"],
        "categories": ["method", "path", "status", "agent"],
        "left out": ["timestamp", "client", "request_id"],
    },
    "sheet": {
        "numbers": ["cents", "items"],
        "categories": ["shop"],
        "left out": ["column_1"],
    },
    "metrics": {
        "numbers": ["cpu", "temperature", "disk_mb"],
        "left out": ["ts", "tx_bytes"],
    },
    "messages": {
        "numbers": ["latency", "cached"],
        "categories": ["level", "customer_id"],
        "left out": ["@timestamp", "traceId", "pid", "message"],
    },
}


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_understood_and_left_out_columns_can_be_kept(name: str) -> None:
    rows = getattr(strangers, name)(N)
    wanted = FILES[name]
    result = score(rows)
    assert result.code == 0
    assert understood(result) == wanted
    for column in wanted["left out"]:
        assert f"note: column '{column}' is left out: " in result.err
        assert f"; --keep {column} takes it as a feature" in result.err
    drivers = {row[f"driver_{place}"] for row in result.rows for place in (1, 2, 3)}
    assert drivers.isdisjoint(wanted["left out"])
    assert [row[column] for row in result.rows for column in wanted["numbers"]] == [
        str(row[column]) for row in rows for column in wanted["numbers"]
    ]
    kept = wanted["left out"][-1]
    again = score(rows, "--keep", kept)
    assert again.code == 0
    assert f"column '{kept}' is left out" not in again.err
    assert kept not in understood(again).get("left out", [])


@pytest.mark.parametrize("name", FILES)
def test_formats_agree(tmp_path: Path, name: str) -> None:
    rows = [
        {
            key or "column_1": value if isinstance(value, bool | int | float) else str(value)
            for key, value in row.items()
        }
        for row in getattr(strangers, name)(N)
    ]
    from_csv, from_json = score(rows), score(rows, kind="jsonl")
    assert understood(from_json) == understood(from_csv)
    distances = [float(row["distance"]) for row in from_csv.rows]
    # Their features come in another order.
    assert [row["distance"] for row in from_json.objects] == pytest.approx(distances)
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "in.parquet"
    parquet.write_table(arrow.Table.from_pylist(rows), path)
    from_parquet = call("score", path)
    assert understood(from_parquet) == understood(from_csv)
    assert [float(row["distance"]) for row in from_parquet.rows] == pytest.approx(distances)


def test_odd_events_of_a_firewall_are_found_among_what_repeats() -> None:
    rows = [{**row, "action": "allow"} for row in strangers.firewall_log(1500)]
    odd = {
        1001: {"protocol": "GRE"},
        1101: {"dst_port": 81},
        1202: {"dst_ip": "198.51.100.7", "bytes": 90_000_000},
    }
    for at, change in odd.items():
        rows[at].update(change)
    result = score(rows, "--alert-rate", "0.01")
    alerts = [at for at, row in enumerate(result.rows) if row["is_anomaly"] == "1"]
    assert odd.keys() <= set(alerts)
    assert "protocol was 'GRE', never seen" in result.err


def test_what_is_new_in_every_event_does_not_alarm() -> None:
    rng = np.random.default_rng(0)
    rows = [{"load": round(float(rng.normal()), 3)} for _ in range(2000)]
    wanted = [row["distance"] for row in score(rows).rows]
    for new in (
        lambda at: f"10.{at % 256}.{at // 256}.1",
        lambda at: f"job {at} done",
        lambda at: f"{at:032x}",
    ):
        result = score([{**row, "x": new(at)} for at, row in enumerate(rows)])
        assert [row["distance"] for row in result.rows] == wanted
    # Kept all the same, it does not fill the alerts: nothing is surprising where all is new.
    kept = score([{**row, "x": f"job {at}"} for at, row in enumerate(rows)], "--keep", "x")
    assert understood(kept)["categories"] == ["x"]
    alerts = [row for row in kept.rows if row["is_anomaly"] == "1"]
    assert len(alerts) < 60
    assert sum(row["driver_1"] == "x" for row in alerts) < len(alerts) / 10


def test_asking_for_a_column_by_any_option_keeps_it() -> None:
    rows = strangers.metrics(N)
    only = score(rows, "--only", "ts,cpu")
    assert understood(only) == {"numbers": ["ts", "cpu"]}
    counted = score(rows, "--categorical", "auto,tx_bytes")
    assert understood(counted)["categories"] == ["tx_bytes"]
    assert score(rows, "--ignore", "ts,tx_bytes").err.count("left out") == 0
    wrong = score(rows, "--keep", "tz")
    assert wrong.code == 2
    assert "--keep names 'tz', which is no column" in wrong.err


def test_the_time_of_alerts_is_not_left_out_twice() -> None:
    result = score(strangers.metrics(N), "--time", "ts", "--alerts-per-day", "5")
    assert result.code == 0
    assert "'ts'" not in result.err


def test_a_counter_alone_is_scored() -> None:
    rows = [{"time": strangers.EPOCH + at, "visits": at} for at in range(100)]
    result = score(rows)
    assert result.code == 0
    assert understood(result) == {"numbers": ["visits"]}


def test_text_after_the_first_rows_is_a_bad_event_of_a_column_of_numbers() -> None:
    rows: list[dict[str, Any]] = [{"a": at % 7, "b": at % 5 / 2} for at in range(1500)]
    rows += [{"a": "broken", "b": 1.0}, {"a": 3, "b": 1.0}]
    result = score(rows)
    assert result.code == 1
    assert "row 1,501 (line 1,502): column 'a' has 'broken', which is no number" in result.err
    assert len(result.rows) == 1500
    assert score(rows, "--on-error", "skip").code == 0


def test_text_within_the_first_rows_makes_categories_of_few_values() -> None:
    rows: list[dict[str, Any]] = [{"a": 80 + at % 3, "b": at % 5 / 2} for at in range(150)]
    rows += [{"a": "http" if at % 2 else 80, "b": 1.0} for at in range(1500)]
    for kind in ("csv", "jsonl"):
        result = score(rows, kind=kind)
        assert result.code == 0
        assert understood(result)["categories"] == ["a"]
    distances = [row["distance"] for row in score(rows, kind="jsonl").objects]
    assert [float(row["distance"]) for row in score(rows).rows] == distances


def test_what_comes_late_is_judged_when_it_comes() -> None:
    rows: list[dict[str, Any]] = [
        {"a": at % 7, "word": None, "id": None, "late": None} for at in range(1200)
    ]
    rows += [{"a": 3, "word": "x", "id": "0" * 32, "late": 5} for _ in range(5)]
    # One that takes no text by itself.
    zscore = ("--detector", "zscore")
    result = score(rows, *zscore)
    assert result.code == 0
    assert understood(result) == {"numbers": ["a"], "no value yet": ["word", "id", "late"]}
    assert result.err.count("is left out") == 1
    assert "column 'id' is left out: it looks like an identifier" in result.err
    sparse = [{k: v for k, v in row.items() if v is not None} for row in rows]
    from_json = score(sparse, *zscore, kind="jsonl")
    # JSON lines do not say beforehand that a key will come.
    assert from_json.err.count("is left out") == 2
    assert "column 'word' is left out: its first value is 'x', no number, and" in from_json.err
    asked = score(sparse, *zscore, "--categorical", "auto", kind="jsonl")
    assert asked.err.count("is left out") == 1
    assert [each["distance"] for each in asked.objects] == [
        float(row["distance"]) for row in result.rows
    ]


def test_a_state_file_says_what_columns_are(tmp_path: Path) -> None:
    state = tmp_path / "state"
    rows = [{"a": at % 7, "user": f"u{at % 5}"} for at in range(200)]
    assert score(rows, "--state", state).code == 0
    # Now both would be judged otherwise.
    other = [{"a": at, "user": at % 5 + 1} for at in range(200)]
    result = score(other, "--state", state)
    assert result.code == 0
    assert understood(result) == {"numbers": ["a"], "categories": ["user"]}
    words = score([{"a": "x", "user": "u1"}] * 9, "--state", state)
    assert words.code == 0
    assert "column 'a' is left out: the state file has it as numbers" in words.err


def test_a_state_file_without_text_goes_on_without_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    rows = [{"a": at % 7} for at in range(100)]
    assert score(rows, "--state", state, "--detector", "zscore").code == 0
    result = score([{**row, "user": "u"} for row in rows], "--state", state)
    assert result.code == 0
    assert "column 'user' is left out" in result.err
    assert f"the state file {state} was begun without columns of text" in result.err


def test_a_thousand_columns() -> None:
    rng = np.random.default_rng(0)
    rows = [
        dict(zip((f"c{at}" for at in range(1000)), values, strict=True))
        for values in rng.normal(size=(30, 1000)).round(2).tolist()
    ]
    result = score([{"line": at, **row} for at, row in enumerate(rows)])
    assert result.code == 0
    assert understood(result)["left out"] == ["line"]
    assert "--detector zscore is faster" in result.err


def test_the_rule_chooses_what_exists() -> None:
    def chosen(rows: Sequence[dict[str, Any]], *known: str, time: str | None = None) -> str:
        from clipsgd_river.cli.input.columns.look import look_at
        from clipsgd_river.cli.input.columns.roles import Wishes, all_roles

        looks = {name: look_at(name, [row[name] for row in rows]) for name in rows[0]}
        return rule.default_detector(all_roles(looks, Wishes()), [*known, rule.STAND_IN], time)

    both = ("ClippedTimeSeries", "ClippedSurprisal")
    series = [{"ts": strangers.EPOCH + at, "x": at % 7 + 0.5} for at in range(100)]
    assert chosen(series, *both) == "ClippedTimeSeries"
    assert chosen(series) == "ClippedEnsemble"
    alone = [{"x": row["x"]} for row in series]
    assert chosen(alone, *both) == "ClippedEnsemble"
    assert chosen(alone, *both, time="ts") == "ClippedTimeSeries"
    assert chosen(strangers.firewall_log(100), *both) == "ClippedSurprisal"
    counts = [{"x": 0.5 * at, "errors": at % 3} for at in range(50)]
    assert chosen(counts, *both) == "ClippedSurprisal"
    assert chosen([{**row, "y": 1.5, "z": 2.5} for row in counts], *both) == "ClippedEnsemble"
    assert chosen(strangers.metrics(100), *both) == "ClippedEnsemble"


def test_numbers_over_time_are_told_of_the_detector_for_them() -> None:
    assert "--detector timeseries judges each" in score(strangers.metrics(100)).err
    without_time = [{"a": row * 0.37 % 1, "b": row * 0.73 % 1} for row in range(100)]
    assert "--detector timeseries" not in score(without_time).err


def test_the_help_lists_the_detectors_there_are_and_the_rule() -> None:
    assert set(rule.NAMES) == set(detector_classes())
    words = call("score", "--help").out.replace("│", " ").split()
    found = " ".join(words)
    assert rule.list_of_detectors() in found
    assert " ".join(rule.RULE.split()) in found


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes")
def test_a_live_stream_waits_a_second_and_is_judged_by_what_is_there() -> None:
    process = start("score", "-", "--format", "jsonl")
    assert process.stdin is not None
    assert process.stdout is not None
    rows = strangers.messages(12)
    process.stdin.write(json_of(rows).encode())
    process.stdin.flush()
    first = [process.stdout.readline().decode() for _ in rows]
    assert [row["pid"] for row in json_objects("".join(first))] == [row["pid"] for row in rows]
    began = time.monotonic()
    for row in rows:
        process.stdin.write(json.dumps(row).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
    assert time.monotonic() - began < len(rows) * _SECONDS_TO_LOOK / 2
    out, err = process.communicate(timeout=60)
    assert out == b""
    assert b"left out '@timestamp', 'traceId', 'pid'\n" in err


def test_a_pipe_is_read_as_its_file(tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text(csv_of(strangers.firewall_log(300)))
    process = start("score", "-", "--format", "csv", "--out", out)
    _, err = process.communicate(path.read_bytes(), timeout=120)
    result = call("score", path)
    assert csv_rows(out.read_text()) == result.rows
    assert err.decode().splitlines()[:3] == result.err.splitlines()[:3]
    assert process.returncode == 0
