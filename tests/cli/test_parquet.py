"""Parquet in and out: types are kept, and a file appears only when it is complete."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import COLUMNS, call, csv_text, json_text, ordinary_rows

pa = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
pq = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")

ROWS = ordinary_rows(10_000)


def write_parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_parquet(
        tmp_path / "in.parquet", **{name: ROWS[:, at] for at, name in enumerate(COLUMNS)}
    )


def test_parquet_agrees_with_csv(source: Path) -> None:
    from_parquet = call("score", source)
    from_csv = call("score", "-", "--format", "csv", stdin=csv_text(ROWS))
    assert from_parquet.code == 0
    assert from_parquet.out == from_csv.out


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_verdicts_as_parquet(tmp_path: Path, source: Path, kind: str) -> None:
    (tmp_path / "in.csv").write_text(csv_text(ROWS))
    (tmp_path / "in.jsonl").write_text(json_text(ROWS))
    out = tmp_path / "out.parquet"
    assert call("score", tmp_path / f"in.{kind}", "--out", out).code == 0
    table = pq.read_table(out)
    assert table.schema.names == [
        *COLUMNS,
        *("score", "distance", "is_anomaly", "driver_1", "driver_2", "driver_3"),
    ]
    assert np.array_equal(np.column_stack([table[name] for name in COLUMNS]), ROWS)
    wanted = call("score", source).rows
    assert table["distance"].to_pylist() == [float(row["distance"]) for row in wanted]
    assert table["is_anomaly"].to_pylist() == [row["is_anomaly"] == "1" for row in wanted]
    assert table["driver_1"].to_pylist() == [row["driver_1"] or None for row in wanted]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["in.csv", "in.jsonl", "in.parquet", "out.parquet"]
    )


def test_types_of_every_kind_are_kept(tmp_path: Path) -> None:
    moment = dt.datetime(2024, 1, 2, 3, 4, 5, 6)
    columns = {
        "int": pa.array([1, None, 3]),
        "flag": pa.array([True, False, None]),
        "decimal": pa.array([Decimal("1.5"), None, Decimal("2.5")]),
        "text": pa.array(["a", None, "c"]),
        "moment": pa.array([moment, moment, None], pa.timestamp("ns", "UTC")),
        "list": pa.array([[1], [], None]),
        "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
    }
    source = write_parquet(tmp_path / "in.parquet", **columns)
    out = tmp_path / "out.parquet"
    result = call("score", source, "--out", out)
    assert result.code == 0
    assert pq.read_table(out).select(list(columns)).equals(pq.read_table(source))
    for name in ("moment", "list"):
        assert f"column '{name}' is left out: it is of type" in result.err
    assert (
        "on numbers 'int', 'flag', 'decimal'; categories 'text', 'kind'; left out 'moment', 'list'"
        in result.err
    )
    text = call("score", source, "--out-format", "jsonl").objects[0]
    assert text["moment"] == "2024-01-02 03:04:05.000006000Z"
    assert (text["list"], text["decimal"], text["kind"]) == ([1], "1.5", "x")


def test_row_groups_and_mixed_columns_from_text(tmp_path: Path, monkeypatch: Any) -> None:
    from clipsgd_river.cli.output import parquet_sink

    monkeypatch.setattr(parquet_sink, "_ROW_GROUP", 100)
    lines = [f"{i},{'' if i % 2 else i / 7},name {i}\n" for i in range(250)]
    out = tmp_path / "out.parquet"
    text = "number,gaps,text\n" + "".join(lines)
    assert call("score", "-", "--format", "csv", "--out", out, stdin=text).code == 0
    table = pq.read_table(out)
    assert pq.ParquetFile(out).num_row_groups == 3
    assert table["number"].to_pylist() == list(range(250))
    assert table["gaps"].to_pylist() == [None if i % 2 else i / 7 for i in range(250)]
    assert table["text"].to_pylist() == [f"name {i}" for i in range(250)]


def test_a_value_that_does_not_fit_its_column_leaves_no_file(
    tmp_path: Path, monkeypatch: Any
) -> None:
    from clipsgd_river.cli.output import parquet_sink

    monkeypatch.setattr(parquet_sink, "_ROW_GROUP", 10)
    text = "a,id\n" + "".join(f"{i},{i if i < 15 else 'x'}\n" for i in range(30))
    out = tmp_path / "out.parquet"
    result = call("score", "-", "--format", "csv", "--out", out, "--ignore", "id", stdin=text)
    assert result.code == 1
    assert "a value of rows 11 to 20 does not fit its Parquet column" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_stream_without_events(tmp_path: Path) -> None:
    for kind, text in (("csv", "a,b\n"), ("jsonl", "")):
        out = tmp_path / f"{kind}.parquet"
        assert call("score", "-", "--format", kind, "--out", out, stdin=text).code == 0
        assert pq.read_table(out).num_rows == 0


def test_bad_data_leaves_no_file_and_keeps_an_old_one(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    out.write_bytes(b"old")
    result = call("score", "-", "--format", "csv", "--out", out, stdin="a\n1\nx\n")
    assert result.code == 1
    assert out.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-", "--format", "parquet"], "Parquet cannot be read from standard input"),
        (["in.parquet", "--out-format", "parquet"], "cannot be written to standard output"),
        (["in.parquet", "--ignore", "cpv"], "did you mean 'cpu'?"),
        (["none.parquet"], "cannot read"),
    ],
)
def test_usage(source: Path, monkeypatch: Any, args: list[str], message: str) -> None:
    monkeypatch.chdir(source.parent)
    result = call("score", *args)
    assert result.code == 2
    assert message in result.err


def test_damaged_files(tmp_path: Path, source: Path) -> None:
    path = tmp_path / "bad.parquet"
    for data in (b"", b"a,b\n1,2\n", source.read_bytes()[:-10]):
        path.write_bytes(data)
        result = call("score", path)
        assert result.code == 1
        assert "is no readable Parquet file" in result.err
    text_only = write_parquet(tmp_path / "text.parquet", a=["x", "y"])
    result = call("score", text_only, "--categorical", "none")
    assert result.code == 1
    assert "has no column for the detector among 'a'" in result.err


def test_a_label_is_read_from_its_column(tmp_path: Path) -> None:
    columns = {name: ROWS[:, at] for at, name in enumerate(COLUMNS)}
    labels = np.zeros(len(ROWS), dtype=bool)
    labels[[500, 600]] = True
    columns["cpu"] = np.where(labels, 100.0, columns["cpu"])
    source = write_parquet(tmp_path / "in.parquet", **columns, y=labels)
    result = call("score", source, "--label", "y")
    assert "ROC AUC 1.0000" in result.err
    assert "(2 labelled anomalies, 9,998 labelled normal)" in result.err


def test_without_pyarrow_the_cure_is_named(source: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = call("score", source)
    assert result.code == 2
    assert 'pip install "clipsgd_river[parquet]"' in result.err


def test_a_device_is_not_replaced(source: Path) -> None:
    place = source.with_name("place")
    place.mkdir()
    result = call("score", source, "--out", place, "--out-format", "parquet")
    assert result.code == 2
    assert "it is no regular file" in result.err


def test_columns_named_alike_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table([pa.array([1.0]), pa.array([2.0])], names=["a", "a"]), path)
    result = call("score", path)
    assert result.code == 1
    assert "rename them" in result.err


def test_numbers_in_text_are_numbers_as_in_csv(tmp_path: Path) -> None:
    numbers = ROWS[:200, 0].tolist()
    as_text = write_parquet(tmp_path / "text.parquet", cpu=[repr(each) for each in numbers])
    as_numbers = write_parquet(tmp_path / "numbers.parquet", cpu=numbers)
    found, wanted = (call("score", path).rows for path in (as_text, as_numbers))
    assert [row["distance"] for row in found] == [row["distance"] for row in wanted]
    bad = write_parquet(tmp_path / "bad.parquet", cpu=[*map(repr, numbers), "oops"])
    result = call("score", bad)
    assert result.code == 1
    assert "row 201: column 'cpu' has 'oops', which is no number" in result.err


def test_a_parquet_file_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "events"
    write_parquet(path, a=[1.0, 2.0])
    assert len(call("score", path).rows) == 2
    path.write_bytes(b"PAR1....")
    assert "is no readable Parquet file" in call("score", path).err
