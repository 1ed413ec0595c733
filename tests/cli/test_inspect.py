"""What is understood of a file, said without scoring it."""

from __future__ import annotations

import shlex
from pathlib import Path

import field_files
import pytest
import strangers
from command_line import call
from strangers import csv_of, json_of


def table_of(out: str) -> dict[str, list[str]]:
    """Return the lines about columns, by column."""
    lines = out.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("column "))
    last = next(at for at, line in enumerate(lines) if line.startswith("detector: "))
    head = lines[first]
    starts = [head.index(word) for word in ("column", "holds", "missing", "values", "becomes")]
    cut = zip(starts, [*starts[1:], None], strict=True)
    pieces = [slice(start, end) for start, end in cut]
    rows = [[line[piece].strip() for piece in pieces] for line in lines[first + 1 : last]]
    return {row[0]: row[1:] for row in rows}


def test_columns_of_all_kinds_are_told(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(csv_of(strangers.firewall_log(600)))
    result = call("inspect", path)
    assert result.code == 0
    assert result.err == ""
    assert result.out.startswith(f"{path}: the first 600 events\n")
    table = table_of(result.out)
    assert [table[name][0] for name in ("time", "src_ip", "bytes", "nat", "log_id")] == [
        *("time", "category", "number", "flag", "counter"),
    ]
    assert table["log_id"][3] == "left out"
    assert table["protocol"] == ["category", "0%", "2: TCP, UDP", "a category"]
    assert " to " in table["packets"][2]
    assert "note: column 'log_id' is left out: it looks like a counter" in result.out
    (command,) = [line for line in result.out.splitlines() if line.startswith("next: ")]
    assert command.endswith("--time time --alerts-per-day 10 --alerts alerts.jsonl")


def test_missing_values_units_and_text_are_told() -> None:
    rows = [
        f"{'-' if at % 4 else at * 37 % 11 / 2},{at * 7 % 13} ms,job {at} done" for at in range(80)
    ]
    result = call("inspect", "-", stdin="a,b,message\n" + "\n".join(rows) + "\n")
    table = table_of(result.out)
    assert table["a"][:2] == ["number", "75%"]
    assert table["b"] == ["number", "0%", "0 to 12", "a number in ms"]
    assert table["message"][0] == "text"
    assert "'-' as no value" in result.out


@pytest.mark.parametrize("name", field_files.ALL)
def test_the_command_that_is_named_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    data, _ = field_files.ALL[name]()
    Path(name).write_bytes(data if isinstance(data, bytes) else data.encode())
    result = call("inspect", name)
    assert result.code == 0
    (command,) = [line for line in result.out.splitlines() if line.startswith("next: ")]
    words = shlex.split(command.removeprefix("next: "))
    assert words[0] == "clipsgd-river"
    assert call(*words[1:]).code == 0
    assert Path("alerts.jsonl").exists()


def test_formats_agree() -> None:
    rows = [{k: v for k, v in row.items() if k} for row in strangers.metrics(300)]
    as_csv = call("inspect", "-", stdin=csv_of(rows))
    as_json = call("inspect", "-", stdin=json_of(rows))
    assert table_of(as_csv.out) == table_of(as_json.out)


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("", 1, "is empty"),
        ("{}\n", 2, "has no event whose columns could be told"),
        ("1,2\n3,4\n", 2, "say --no-header"),
        ("a,b\n", 0, "the first 0 events"),
        ('{"a": 1}\n{"a": 2, "b', 0, "the first 1 events"),
    ],
)
def test_what_cannot_be_told(text: str, code: int, word: str) -> None:
    result = call("inspect", "-", stdin=text)
    assert result.code == code
    assert word in (result.err if code else result.out)


def test_options_and_many_columns() -> None:
    text = ",".join(f"c{n}" for n in range(1000)) + "\n" + ",".join(["1.5"] * 1000) + "\n"
    result = call("inspect", "-", stdin=text)
    assert "... and 800 more columns" in result.out
    assert "--detector zscore is faster" in result.out
    chosen = call("inspect", "-", "--only", "c1,c2", "--delimiter", ",", stdin=text)
    assert "--delimiter , --only c1,c2" in chosen.out
    assert list(table_of(chosen.out)) == ["c1", "c2"]
