"""Columns of categories: every format, alerts, state files, options that contradict a state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call, json_objects

COLUMNS = ["user", "port", "bytes"]


def log_ins(count: int = 600, seed: int = 0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    rows = [
        {
            "user": f"u{int(rng.zipf(2.0)) % 9}",
            "port": int(rng.choice([22, 80, 443])),
            "bytes": round(float(rng.normal()), 3),
        }
        for _ in range(count)
    ]
    rows[-1] = {"user": "mallory, 'x'", "port": 31337, "bytes": 0.1}
    rows[50]["user"] = None
    return rows


ROWS = log_ins()
OPTIONS = ["--categorical", "auto,port"]


def csv_of(rows: list[dict[str, Any]]) -> str:
    cells = [[json.dumps(row[name]) for name in COLUMNS] for row in rows]
    lines = [",".join(cell.replace("null", "") for cell in line) for line in cells]
    return "\n".join([",".join(COLUMNS), *lines]) + "\n"


def json_of(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_text_is_encoded_by_default_and_can_be_left_out() -> None:
    for kind, text in (("csv", csv_of(ROWS)), ("jsonl", json_of(ROWS))):
        default = call("score", "-", "--format", kind, stdin=text)
        assert default.code == 0
        assert "left out" not in default.err
        understood = default.err.splitlines()[0]
        assert understood == ("ClippedSurprisal on numbers 'bytes'; categories 'user', 'port'")
        auto = call("score", "-", "--format", kind, "--categorical", "auto", stdin=text)
        assert auto.out == default.out
        result = call("score", "-", "--format", kind, "--categorical", "none", stdin=text)
        assert result.code == 0
        assert "column 'user' is left out: its first value is 'u" in result.err
        assert "--categorical auto" in result.err
        assert "ClippedEnsemble on numbers 'port', 'bytes'; left out 'user'\n" in result.err
    only_text = ["score", "-", "--format", "csv"]
    assert call(*only_text, stdin="user\nalice\nbob\n").code == 0
    nothing = call(*only_text, "--categorical", "none", stdin="user\nalice\nbob\n")
    assert nothing.code == 1
    assert "has no column for the detector among 'user'" in nothing.err
    both = call(*only_text, "--categorical", "none,user", stdin="user\nalice\n")
    assert both.code == 2
    assert "none goes with no other name" in both.err


def test_formats_agree_and_drivers_name_values(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    source = tmp_path / "events.parquet"
    parquet.write_table(pa.Table.from_pylist(ROWS), source)
    from_csv = call("score", "-", "--format", "csv", *OPTIONS, stdin=csv_of(ROWS))
    from_json = call("score", "-", "--format", "jsonl", *OPTIONS, stdin=json_of(ROWS))
    from_parquet = call("score", source, "--out-format", "jsonl", *OPTIONS)
    wanted = [float(row["score"]) for row in from_csv.rows]
    assert len(wanted) == len(ROWS)
    for other in (from_json, from_parquet):
        assert other.code == 0
        assert [row["score"] for row in json_objects(other.out)] == pytest.approx(wanted)
    last = json_objects(from_json.out)[-1]
    assert last["is_anomaly"] is True
    told = {driver["feature"]: driver for driver in last["drivers"]}
    assert told["user"]["category"] == "mallory, 'x'"
    assert told["port"]["category"] == 31337
    assert told["user"]["description"].startswith("never seen in 59")
    assert "category" not in told.get("bytes", {})
    assert "never seen in 59" in from_json.err


def test_named_columns_only() -> None:
    result = call("score", "-", "--format", "csv", "--categorical", "port", stdin=csv_of(ROWS))
    assert result.code == 0
    assert "column 'user' is left out" in result.err
    wrong = call("score", "-", "--format", "csv", "--categorical", "prot", stdin=csv_of(ROWS))
    assert wrong.code == 2
    assert "--categorical names 'prot'" in wrong.err
    assert "'port'" in wrong.err


def test_values_that_are_no_categories_are_bad_events() -> None:
    text = json_of([*ROWS[:5], {"user": ["a"]}])
    result = call("score", "-", "--format", "jsonl", *OPTIONS, stdin=text)
    assert result.code == 1
    assert "'user' has [\"a\"], which is no number and no category" in result.err


@pytest.mark.parametrize("rule", [[], ["--alert-rate", "0.02"]])
def test_a_state_file_goes_on(tmp_path: Path, rule: list[str]) -> None:
    state, path = tmp_path / "model.state", tmp_path / "alerts.jsonl"
    options = ["score", "-", "--format", "jsonl", *OPTIONS, *rule]
    alerts = ["--alerts", path] if rule else []
    whole = call(*options, stdin=json_of(ROWS))
    parts = [
        call(*options, *alerts, "--state", state, stdin=json_of(part))
        for part in (ROWS[:300], ROWS[300:])
    ]
    assert [part.code for part in parts] == [0, 0]
    joined = [row["score"] for part in parts for row in json_objects(part.out)]
    assert joined == [row["score"] for row in json_objects(whole.out)]
    if rule:
        last = json_objects(path.read_text())[-1]
        assert "user was \"mallory, 'x'\", never seen in 59" in last["sentence"]
        assert {part["value"] for part in last["features"]} >= {"mallory, 'x'", 31337}
    for other, word in (
        ([], "with --categorical auto"),
        (["--categorical", "auto"], "with --categorical auto"),
        (["--categorical", "none"], "with --categorical none"),
    ):
        wrong = call(
            "score", "-", "--format", "jsonl", *rule, *other, "--state", state, stdin=json_of(ROWS)
        )
        assert wrong.code == 2
        assert "was begun with --categorical port" in wrong.err
        assert word in wrong.err


def test_an_encoder_goes_before_other_detectors() -> None:
    named = ["score", "-", "--format", "jsonl", "--detector", "zscore"]
    result = call(*named, stdin=json_of(ROWS))
    assert result.code == 0
    assert "ClippedZScore behind SurprisalEncoder on numbers 'bytes'" in result.err


@pytest.mark.parametrize("detector", [[], ["--detector", "ensemble"]])
def test_a_category_given_another_one(tmp_path: Path, detector: list[str]) -> None:
    rng = np.random.default_rng(3)
    rows = []
    for user in rng.choice(["ann", "bob"], 800).tolist():
        home = "FR" if user == "bob" else "DE"
        rows.append({"user": user, "country": home, "bytes": float(rng.normal())})
    # Each is common, and they never come together.
    rows[-1] = {"user": "bob", "country": "DE", "bytes": 0.0}
    state = tmp_path / "model.state"
    command = ["score", "-", "--format", "jsonl", *detector, "--state", state]
    given = ["--given", "country=user"]
    parts = [call(*command, *given, stdin=json_of(part)) for part in (rows[:400], rows[400:])]
    assert [part.code for part in parts] == [0, 0]
    told = {driver["feature"]: driver for driver in json_objects(parts[1].out)[-1]["drivers"]}
    assert told["country"]["description"].startswith("never seen with user 'bob' in ")
    other = call(*command, "--given", "user=country", stdin=json_of(rows[:9]))
    assert other.code == 2
    assert "was begun with --given country=user" in other.err
    for wrong in ("country", "country=", "=user", "user=user"):
        refused = call("score", "-", "--given", wrong, stdin="user\nann\n")
        assert refused.code == 2
        assert "it takes two columns, as in country=user" in refused.err
