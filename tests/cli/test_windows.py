"""Counters as rates, and windows of time: what stops and who falls silent alerts."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from command_line import Result, call
from hypothesis import given
from hypothesis import strategies as st
from strangers import csv_of, json_of

from clipsgd_river.cli.input.derived.counters import Keyed, Rates
from clipsgd_river.cli.input.events import Event

START = datetime(2026, 6, 1, tzinfo=UTC)


def score(rows: list[dict[str, Any]], *options: str, kind: str = "csv") -> Result:
    text = csv_of(rows) if kind == "csv" else json_of(rows)
    return call("score", "-", "--out-format", "jsonl", *options, stdin=text)


def top(result: Result) -> list[int]:
    lines = result.err.splitlines()
    heading = next(line for line in lines if line.startswith("most "))
    return [
        int(line.split()[0].replace(",", ""))
        for line in lines[lines.index(heading) + 1 :]
        if line.split()[0] != "row"
    ]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 100), st.integers(1, 9)), max_size=30)
)
def test_a_rate_is_what_a_counter_rises_by_in_a_second(steps: list[tuple[str, int, int]]) -> None:
    now = 0
    last: dict[str, tuple[int, int]] = {}
    rates = Rates(["n"], Keyed(lambda event: event.record[0], lambda event: float(event.record[1])))
    for row, (key, value, elapsed) in enumerate(steps):
        now += elapsed
        event = rates.of(Event(row, {"n": value, "x": 1.5}, -1, (key, now)))
        found = event.features["n per second"]
        assert event.features["x"] == 1.5
        if key not in last:
            assert math.isnan(found)
        else:
            before, then = last[key]
            rise = value - before if value >= before else value
            assert found == pytest.approx(rise / (now - then))
        last[key] = value, now


def counters(n: int = 600, seed: int = 0) -> list[dict[str, Any]]:
    """Return totals of two hosts; one is set back, and later one leaps."""
    rng = np.random.default_rng(seed)
    total = {"a": 10**9, "b": 5}
    rows = []
    for at in range(n):
        host = "ab"[at % 2]
        total[host] += int(rng.normal(1000 if host == "a" else 1200, 30))
        if at == 300:
            total[host] = 900
        if at == 501:
            total[host] += 400_000
        time = (START + timedelta(seconds=at)).isoformat()
        rows.append({"when": time, "host": host, "sent": total[host]})
    return rows


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_counter_becomes_a_rate(kind: str) -> None:
    rows = counters()
    options = ["--counter", "sent", "--by", "host", "--time", "when"]
    result = score(rows, *options, kind=kind)
    assert result.code == 0, result.err
    assert "for each host on numbers 'sent per second'" in result.err
    assert top(result)[0] == 502
    assert 301 not in top(result)[:1]
    assert [each["sent"] for each in result.objects] == [row["sent"] for row in rows]
    alone = score(rows, "--counter", "sent", "--ignore", "when", kind=kind)
    assert "'sent per event'" in alone.err


def requests(silent_from: int, silent_to: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return requests of three hosts for two days; one is silent for some hours."""
    rng = np.random.default_rng(seed)
    rows = []
    for minute in range(2 * 24 * 60):
        for host in ("web1", "web2", "web3"):
            if host == "web2" and silent_from <= minute < silent_to:
                continue
            for _ in range(int(rng.poisson(2))):
                second = rng.integers(60)
                time = START + timedelta(minutes=minute, seconds=int(second))
                rows.append((time, host, int(rng.normal(800, 90)), float(rng.normal(20, 2))))
    rows.sort()
    return [
        {"when": time.strftime("%d/%b/%Y:%H:%M:%S +0000"), "host": host, "bytes": size, "ms": ms}
        for time, host, size, ms in rows
    ]


def test_windows_count_sum_and_average() -> None:
    rows = requests(0, 0)[:3000]
    result = score(rows, "--time", "when", "--every", "5m")
    assert result.code == 0
    wanted: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        time = datetime.strptime(row["when"], "%d/%b/%Y:%H:%M:%S %z")
        start = time - timedelta(minutes=time.minute % 5, seconds=time.second)
        wanted[start.isoformat()].append(row)
    found = {each["when"]: each for each in result.objects}
    assert list(found) == list(wanted)[:-1]
    for when, each in found.items():
        inside = wanted[when]
        assert each["events"] == len(inside)
        assert each["bytes"] == sum(row["bytes"] for row in inside)
        assert each["ms"] == pytest.approx(sum(row["ms"] for row in inside) / len(inside))
    assert "windows of 300 s with counts of events, sums of bytes, means of ms" in result.err


def test_a_file_that_begins_with_its_latest_event() -> None:
    rows = requests(0, 0)[:3000]
    forward = score(rows, "--time", "when", "--every", "5m")
    turned = score(rows[::-1], "--time", "when", "--every", "5m", kind="jsonl")
    assert turned.code == 0
    assert "times run backwards" in turned.err
    assert turned.objects[0]["when"] > turned.objects[-1]["when"]
    counts = {each["when"]: each["events"] for each in forward.objects}
    found = {each["when"]: each["events"] for each in turned.objects}
    # Of either the last window is not over.
    assert found.items() >= {w: n for w, n in counts.items() if w != min(counts)}.items()
    options = ["--counter", "sent", "--by", "host", "--time", "when"]
    assert top(score(counters()[::-1], *options))[0] in (600 - 501, 600 - 501 + 2)


def test_a_metric_that_stops_alerts() -> None:
    rows = [
        row
        for row in requests(0, 0)
        if not row["when"].startswith(("02/Jun/2026:13", "02/Jun/2026:14:0"))
    ]
    result = score(rows, "--time", "when", "--every", "5m")
    assert result.code == 0
    silent = (24 + 13) * 12
    assert result.objects[silent]["events"] == 0
    assert result.objects[silent]["ms"] is None
    assert silent + 1 in top(result)[:3]


def test_a_host_that_falls_silent_alerts() -> None:
    rows = requests(36 * 60, 38 * 60)
    result = score(rows, "--time", "when", "--every", "10m", "--by", "host", "--only", "host,when")
    assert result.code == 0, result.err
    silent = 36 * 6
    assert result.objects[silent]["web2: events"] == 0
    assert result.objects[silent]["web1: events"] > 0
    assert silent + 1 in top(result)[:3]
    assert "web2: events = 0" in result.err


def test_odd_times_move_no_window() -> None:
    rows = requests(0, 0)[:2000]
    times = [row["when"] for row in rows]
    plain = score(rows, "--time", "when", "--every", "1m")
    rows[500] = {**rows[500], "when": "01/Jun/2036:00:00:00 +0000"}
    rows[900] = {**rows[900], "when": times[500]}
    odd = score(rows, "--time", "when", "--every", "1m")
    assert [each["when"] for each in odd.objects] == [each["when"] for each in plain.objects]
    assert sum(each["events"] for each in odd.objects) == pytest.approx(
        sum(each["events"] for each in plain.objects), abs=2
    )
    rows[500:500] = [{**rows[500], "when": "soon"}]
    bad = score(rows, "--time", "when", "--every", "1m", "--on-error", "skip")
    assert bad.code == 0
    assert "1 bad events were skipped" in bad.err
    leap = score(
        [
            *rows[:400],
            *({**row, "when": row["when"].replace("2026", "2028")} for row in rows[501:900]),
        ],
        *("--time", "when", "--every", "1m"),
    )
    assert leap.code == 0
    assert len(leap.objects) < 1000
    assert "times leap" in leap.err


def test_windows_alert_by_a_budget(tmp_path: Any) -> None:
    rows = requests(36 * 60, 38 * 60)
    path = tmp_path / "alerts.jsonl"
    options = ["--time", "when", "--every", "10m", "--by", "host", "--alerts-per-day", "3"]
    result = score(rows, *options, "--alerts", str(path), "--state", str(tmp_path / "state"))
    assert result.code == 0
    assert "web2: events was 0" in path.read_text()
    again = score(rows, *options, "--state", str(tmp_path / "state"))
    assert again.code == 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--every", "5m"], "it needs --time"),
        (["--every", "5 apples", "--time", "when"], "it is a time such as 30s, 5m"),
        (["--every", "0s", "--time", "when"], "it is a time such as 30s, 5m"),
        (["--every", "5m", "--time", "when", "--label", "host"], "windows have no labels"),
        (["--by", "host,ms", "--counter", "bytes"], "with --every and --counter it is one column"),
        (["--counter", "bites"], "--counter names 'bites', which is no column"),
        (["--counter", "ms", "--by", "hosts"], "--by names 'hosts', which is no column"),
        (["--counter", "host"], "--counter names 'host', which is no column of numbers"),
        (["--counter", "host", "--categorical", "none"], "which is no column of numbers"),
    ],
)
def test_options_that_do_not_fit(options: list[str], word: str) -> None:
    result = score(requests(0, 0)[:50], *options)
    assert result.code == 2
    assert word in " ".join(result.err.split())


def test_windows_and_rates_keep_units() -> None:
    rows = [
        {"when": (START + timedelta(seconds=at)).isoformat(), "took": f"{20 + at % 7} ms"}
        for at in range(600)
    ]
    assert re.search(r"took = [\d.]+ ms", score(rows, "--time", "when", "--every", "10s").err)
    rows = [{**row, "sent": f"{at * at} KB"} for at, row in enumerate(rows)]
    told = score(rows, "--time", "when", "--counter", "sent").err
    assert re.search(r"sent per second = [\d.]+ [kM]B", told)
