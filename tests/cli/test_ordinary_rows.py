"""Rows that come at once are judged together; nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call

import clipsgd_river.cli.score
from clipsgd_river._state import file_format
from clipsgd_river.anomaly import ClippedEnsemble, ClippedZScore
from clipsgd_river.anomaly.base import ClippedDetector
from clipsgd_river.cli.input.blocks import Block
from clipsgd_river.cli.input.tables.table_source import TableSource

NAMES = ("cpu", "memory", "disk")


def numbers(n: int = 1500) -> list[list[float]]:
    rows = np.random.default_rng(0).normal(size=(n, 3)).round(3)
    rows[n // 2, 1] = 40.0
    return rows.tolist()


def table(cells: dict[int, str]) -> str:
    lines = [",".join(map(str, row)) for row in numbers()]
    for at, line in cells.items():
        lines[at] = line
    return "\n".join([",".join(NAMES), *lines]) + "\n"


def objects(lines: dict[int, str]) -> str:
    found = [json.dumps(dict(zip(NAMES, row, strict=True))) for row in numbers()]
    for at, line in lines.items():
        found[at] = line
    return "\n".join(found) + "\n"


ODD_ROWS = {500: "1,,2", 700: '"3","4","5"', 900: "1,2", 901: "", 902: "cpu,memory,disk"}
ODD_LINES = {
    500: '{"cpu": NaN, "memory": 1, "disk": 2}',
    700: '{"disk": 1, "cpu": true, "memory": 5}',
    901: "",
    903: '{"cpu": 1, "memory": "x", "disk": 2}',
    1100: '{"cpu": 1, "memory": 2, "disk": 3, "swap": 4}',
    1200: '[{"cpu": 1, "memory": 2, "disk": 3}]',
}


@pytest.mark.parametrize("rule", [[], ["--alert-rate", "0.01"]])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.csv", table({})),
        ("odd.csv", table(ODD_ROWS)),
        ("plain.jsonl", objects({})),
        ("odd.jsonl", objects(ODD_LINES)),
        ("one.jsonl", "".join(f'{{"a": {row[0]}}}\n' for row in numbers())),
    ],
)
def test_results_and_states_are_those_of_single_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, rule: list[str]
) -> None:
    path = tmp_path / name
    path.write_text(text)
    found: list[tuple[str, list[str], Any]] = []
    for takes_rows in (True, False):
        if not takes_rows:
            monkeypatch.setattr(clipsgd_river.cli.score, "takes_rows", lambda *_: False)
        state = tmp_path / f"state {takes_rows}"
        options = ["--detector", "zscore", "--on-error", "skip", "--state", state, *rule]
        result = call("score", path, *options)
        assert result.code == 0, result.err
        said = [line for line in result.err.splitlines() if "a second" not in line]
        fields, learned = file_format.decode(state.read_bytes())
        for run in fields["runs"]:
            del run["ended"]
        found.append((result.out, said, (fields, learned.tobytes())))
    assert found[0] == found[1]
    assert found[0][0].count("\n") > 1400


def test_only_rows_of_numbers_become_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[type] = []

    class Source(TableSource):
        def parts(self) -> Any:
            for part in super().parts():
                kinds.append(type(part))
                yield part

    monkeypatch.setattr("clipsgd_river.cli.formats.TableSource", Source)
    assert call("score", "-", "--detector", "zscore", stdin=table({700: "1,,2"})).code == 0
    assert kinds.count(Block) == 7
    assert len(kinds) == 7 + 200


@pytest.mark.parametrize("kind", [ClippedZScore, ClippedEnsemble])
def test_rows_are_learned_up_to_the_first_that_one_call_would_stop_at(
    kind: type[ClippedDetector],
) -> None:
    from clipsgd_river._tables.rows import Rows

    rows = np.random.default_rng(1).normal(size=(400, 3))
    one, many = kind().partial_fit(rows[:200]), kind().partial_fit(rows[:200])
    limit, begun, stops = 4.0, 200, 0
    while begun < len(rows):
        left = rows[begun:]
        scores, distances = np.empty(len(left)), np.empty(len(left))
        learned = many.learn_rows_within(Rows(left, [0, 1, 2]), limit, scores, distances)
        for at in range(learned + (begun + learned < len(rows))):
            event = dict(enumerate(left[at].tolist()))
            score, distance, own, _ = one.learn_one_within(event, np.inf, limit, True)
            assert (score, distance) == (scores[at], distances[at])
            assert (at == learned) == (distance > min(limit, own))
            if at == learned:
                stops += 1
                one.learn_one(event)
                many.learn_one(event)
        begun += learned + 1
    assert stops > 1
    assert one.to_bytes() == many.to_bytes()
