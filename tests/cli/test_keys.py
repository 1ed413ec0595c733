"""Whose events are: a model for each value of a column, and what each value did lately."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import Result, call, json_objects
from strangers import csv_of, json_of

from clipsgd_river.anomaly import ClippedZScore

pytestmark = pytest.mark.either_mode

START = datetime(2026, 3, 1, tzinfo=UTC)
NUMBERS = ("--by", "user", "--alert-rate", "0.01")


def log_ins(count: int = 1500, users: int = 8, seed: int = 0) -> list[dict[str, Any]]:
    """Return log-ins of users of whom each has its own size; one is attacked by many passwords."""
    rng = np.random.default_rng(seed)
    rows = []
    at = 0.0
    for _ in range(count):
        at += rng.exponential(40.0)
        user = int(rng.integers(users))
        failed = int(rng.random() < 0.03)
        rows.append((at, f"u{user}", failed, float(rng.normal(10.0 ** (1 + user % 3), 1.0)), 22))
    begin = rows[count * 3 // 4][0]
    rows += [(begin + 0.3 * n, "u5", 1, 100.0, 1000 + n) for n in range(40)]
    return [
        {
            "when": (START + timedelta(seconds=at)).isoformat(),
            "user": user,
            "failed": failed,
            "level": size,
            "port": port,
        }
        for at, user, failed, size, port in sorted(rows)
    ]


def score(rows: list[dict[str, Any]], *options: str | Path, kind: str = "csv") -> Result:
    text = csv_of(rows) if kind == "csv" else json_of(rows)
    return call("score", "-", "--out-format", "jsonl", *options, stdin=text)


def scores_of_each(rows: list[dict[str, Any]], key: str) -> Iterator[float]:
    """Yield what a detector of each key alone says."""
    models: dict[Any, ClippedZScore] = {}
    for row in rows:
        x = {name: float(row[name]) for name in ("failed", "level")}
        yield models.setdefault(row[key], ClippedZScore()).score_learn_one(x)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_each_key_is_judged_by_its_own_past(kind: str) -> None:
    rows = log_ins()
    for row in rows[::50]:
        row["user"] = None
    for n, row in enumerate(rows):
        # Numbers are keys, too, and the same ones in all formats.
        row["user"] = None if row["user"] is None else int(row["user"][1:])
        row["level"] += 30.0 * (n == 1210)
    result = score(rows, *NUMBERS, "--only", "failed,level", "--detector", "zscore", kind=kind)
    assert result.code == 0, result.err
    assert "ClippedZScore for each user on numbers 'failed', 'level'" in result.err
    assert "keys: 9 of user" in result.err
    assert [row["score"] for row in result.objects] == list(scores_of_each(rows, "user"))
    assert result.objects[1210]["is_anomaly"]
    assert f"{rows[1210]['user']}: level was" in result.err


def test_what_a_key_did_lately_is_told_in_plain_words(tmp_path: Path) -> None:
    alerts = tmp_path / "alerts.jsonl"
    options = ["--time", "when", "--alerts-per-day", "20", "--by", "user", "--activity", "1m,1h"]
    result = score(log_ins(), *options, "--alerts", alerts)
    assert result.code == 0, result.err
    assert (
        "of user in 1m, 1h: events, seconds since the last one; different values of 'port'; "
        "sums of 'failed'; not 'level'"
    ) in result.err
    told = [each for each in json_objects(alerts.read_text()) if each["status"] == "new"]
    attack = [each for each in told if each["key"] == "u5" and "port of user" in each["sentence"]]
    said = r"distinct port of user in 1m was \d\S*, always 1\S* in \d+ events \(user u5\)"
    assert any(re.search(said, each["sentence"]) for each in attack), told


@pytest.mark.parametrize("extra", [[], ["--activity", "1m"]])
def test_a_run_goes_on_from_its_state(tmp_path: Path, extra: list[str]) -> None:
    rows = log_ins(600)
    options = ["--by", "user", "--time", "when", "--alerts-per-day", "20", "--max-keys", "50"]
    whole = score(rows, *options, *extra)
    state = tmp_path / "state"
    first = score(rows[:400], *options, *extra, "--state", state)
    rest = score(rows[400:], *options, *extra, "--state", state)
    assert rest.code == 0, rest.err
    found, wanted = first.objects + rest.objects, whole.objects
    assert [each["score"] for each in found] == [each["score"] for each in wanted]
    other = [] if extra else ["--activity", "1m"]
    for different in (other, [*extra, "--max-keys", "7"]):
        asked = [*options[:6], *different]
        refused = score(rows, *asked, "--state", state)
        assert refused.code == 2
        assert "was begun with --" in refused.err
    without = score(rows, *options[2:6], "--state", state)
    assert without.code == 2
    assert "was begun with --by user" in without.err


def test_many_keys_and_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [
        {"user": f"u{n % 800}", "level": value, "one": "same"}
        for n, value in enumerate(rng.normal(size=1200).tolist())
    ]
    state = tmp_path / "state"
    options = ["--only", "level", "--detector", "zscore", "--alert-rate", "0.01"]
    many = score(rows, "--by", "user", "--max-keys", "100", *options, "--state", state)
    assert many.code == 0, many.err
    assert "keys: 100 of user; those not seen for longest are forgotten" in many.err
    one = score(rows, "--by", "one", *options)
    alone = score(rows, *options)
    assert [x["score"] for x in one.objects] == [x["score"] for x in alone.objects]


def test_a_hint_where_a_column_looks_like_a_key() -> None:
    rows = log_ins(300)
    assert "--by user judges each by its own past" in score(rows, "--ignore", "port").err
    assert "--by user" not in score(rows, "--given", "port=user", "--ignore", "level").err
    assert "--by" not in score([{"level": n % 7, "place": "ab"[n % 2]} for n in range(99)]).err


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--by", "users"], "--by names 'users', which is no column"),
        (["--by", ","], "it names a column"),
        (["--activity", "1m"], "it needs --by"),
        (["--max-keys", "5"], "it needs --by"),
        (["--by", "user", "--activity", "1m"], "it needs --time"),
        (["--by", "user", "--activity", "1 apple", "--time", "when"], "it is a time such as"),
        (["--by", "user", "--activity", "5ms", "--time", "when"], "'5ms' is no time such as"),
        (["--by", "user", "--tail-risk", "0.01"], "--tail-risk judges by one model"),
        (
            ["--by", "user", "--activity", "1m", "--time", "when", "--every", "1h"],
            "it counts events: leave --every out",
        ),
    ],
)
def test_options_that_do_not_fit(options: list[str], word: str) -> None:
    result = score(log_ins(50), *options)
    assert result.code == 2
    assert word in " ".join(result.err.replace("│", " ").split())
