"""Cells as people write them: words for nothing, decimal commas, units, yes and no."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path

import pytest
from command_line import Result, call, ordinary_rows
from hypothesis import given
from hypothesis import strategies as st

from clipsgd_river.cli.input.columns.cells import Cells, declared
from clipsgd_river.cli.input.columns.spelling import Numbers, flags_in, numbers_in, prefers_comma


def score(text: str, *options: str, kind: str = "csv") -> Result:
    return call("score", "-", "--format", kind, "--out-format", "jsonl", *options, stdin=text)


def distances(result: Result) -> list[float]:
    assert result.code == 0, result.err
    return [each["distance"] for each in result.objects]


def table(cells: list[list[str]], delimiter: str = ";") -> str:
    return "\n".join(delimiter.join(row) for row in [["a", "b"], *cells]) + "\n"


ROWS = [[round(a, 2), round(100 * b, 1)] for a, b, _ in ordinary_rows(300).tolist()]
PLAIN = distances(score(table([[str(a), str(b)] for a, b in ROWS])))


def german(number: float) -> str:
    return f"{number:,}".translate(str.maketrans(",.", ".,"))


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (german, "'a', 'b' with a decimal comma"),
        (lambda x: f"{x:,}", ""),
        (lambda x: f"{x:,}".replace(",", " "), ""),
        (lambda x: f"{x}ms", "'a', 'b' in ms"),
        (lambda x: f"{x} %", "'a', 'b' in %"),
        (lambda x: f"€ {x:,}", "'a', 'b' in €"),
        (lambda x: f"{german(x)} kg", "'a', 'b' with a decimal comma in kg"),
    ],
)
def test_numbers_are_read_however_they_are_written(write: object, told: str) -> None:
    assert callable(write)
    result = score(table([[write(a), write(b)] for a, b in ROWS]))
    assert distances(result) == PLAIN
    assert told in result.err
    as_json = "".join(json.dumps({"a": write(a), "b": write(b)}) + "\n" for a, b in ROWS)
    found = score(as_json, kind="jsonl")
    assert distances(found) == PLAIN
    assert told in found.err


@pytest.mark.parametrize(
    "word", ["-", "n/a", "N/A", "None", "(null)", "?", "MISSING", "#N/A", "\\N", "unknown", "."]
)
def test_words_for_nothing_are_missing_among_numbers(word: str) -> None:
    gaps = [[str(a), "" if at % 3 else str(b)] for at, (a, b) in enumerate(ROWS)]
    wanted = distances(score(table(gaps)))
    result = score(table([[a, b or word] for a, b in gaps]))
    assert distances(result) == wanted
    assert f"read: cells between semicolons; '{word}' as no value" in result.err


def test_a_column_is_judged_by_more_than_its_first_cell() -> None:
    first = [["-", "x"], ["n/a", "y"]]
    result = score(table([*first, *([str(a), "x"] for a, _ in ROWS)]))
    assert result.code == 0
    assert "numbers 'a'; categories 'b'" in result.err


def test_words_for_nothing_are_values_among_categories() -> None:
    countries = ["NA", "DE", "null", "FR", "-"] * 60
    rows = [f"{at % 7},{country}" for at, country in enumerate(countries)]
    result = score("n,country\n" + "\n".join(rows) + "\n1,NO\n")
    assert result.code == 0
    assert "categories 'country'" in result.err
    assert "never seen" in result.err
    assert [each["country"] for each in result.objects[:5]] == countries[:5]
    said = score("n,country\n" + "\n".join(rows) + "\n", "--missing", "na,auto")
    assert [each["country"] for each in said.objects[:5]] == [None, *countries[1:5]]


def test_missing_words_of_ones_own() -> None:
    rows = [[str(a), "" if at % 3 else str(b)] for at, (a, b) in enumerate(ROWS)]
    wanted = distances(score(table(rows)))
    coded = table([[a, b or "-999"] for a, b in rows])
    assert distances(score(coded, "--missing", "-999")) == wanted
    as_json = "".join(
        json.dumps({"a": float(a), "b": float(b) if b else -999}) + "\n" for a, b in rows
    )
    found = score(as_json, "--missing", "-999", kind="jsonl")
    assert distances(found) == wanted
    nested = "".join(
        json.dumps({"x": {"a": float(a), "b": float(b) if b else None}}) + "\n" for a, b in rows
    )
    coded = nested.replace("null", "-999")
    without = distances(score(nested, kind="jsonl"))
    assert distances(score(coded, "--missing", "-999", kind="jsonl")) == without
    alone = score("a\n1\n2\nn/a\n", "--missing", "-999")
    assert alone.code == 1
    assert "column 'a' has 'n/a', which is no number" in alone.err
    assert "--missing" in alone.err


def test_ambiguous_numbers_are_read_as_other_columns_are() -> None:
    assert Numbers(Cells()).read("1,234") == 1234.0
    for text, option, wanted in (
        ('a,b\n"0,5","1,234"\n', [], 1.234),
        ('a,b\n0.5,"1,234"\n', [], 1234.0),
        ("a;b\n7;1,234\n", [], 1.234),
        ("a;b\n0,5;1.234\n", [], 1234.0),
        ("a;b\n7;1.234\n", [], 1.234),
        ('a,b\n7,"1,234"\n', ["--decimal", ","], 1.234),
        ("a;b\n0,5;1.234\n", ["--decimal", ".", "--thousands", "none"], None),
        ("a;b\n7;1,234\n", ["--decimal", "."], 1234.0),
        ('a,b\n7,"1,234"\n', ["--thousands", "none"], 1.234),
    ):
        result = score(text, *option)
        if wanted is None:
            assert "looks like numbers, but not all are written alike" in result.err
        else:
            assert result.objects[0]["b"] == wanted, (text, option)


def test_what_follows_the_first_rows_tells_too() -> None:
    text = "a;b\n" + "1;2\n" * 1200 + "3;4,5\n" * 2 + "1.234;1.234,5\n"
    found = score(text).objects
    assert [each["b"] for each in found[-3:]] == [4.5, 4.5, 1234.5]
    text = "a,b\n" + "1,2\n" * 1200 + "3,4.5k\n"
    assert score(text).objects[-1]["b"] == 4500.0
    bad = score("a,b\n" + "1,2 ms\n" * 1200 + "3,4 kg\n")
    assert bad.code == 1
    assert "column 'b' has '4 kg', which is no number" in bad.err


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--decimal", "x"], "--decimal"),
        (["--thousands", "ab"], "--thousands"),
        (["--decimal", ",", "--thousands", ","], "--thousands"),
    ],
)
def test_marks_that_are_none(options: list[str], word: str) -> None:
    result = score("a\n1\n", *options)
    assert result.code == 2
    assert word in result.err


@given(
    st.floats(-1e12, 1e12, allow_nan=False).map(lambda x: round(x, 3)),
    st.sampled_from([(".", ","), (",", "."), (".", " "), (",", "\u00a0"), (".", "'")]),
    st.sampled_from(["", "ms", " %", " GB", "k"]),
)
def test_what_is_written_in_any_way_is_read_back(
    x: float, marks: tuple[str, str], unit: str
) -> None:
    decimal, between = marks
    text = f"{x:,.3f}".translate(str.maketrans({",": between, ".": decimal})) + unit
    numbers = numbers_in([text, f"0{decimal}25{unit}"], Cells())
    assert numbers is not None
    scale = 1000.0 if unit == "k" else 1.0
    assert numbers.read(text) == float(f"{x:.3f}") * scale
    assert math.isnan(numbers.read("n/a"))


@given(st.text(max_size=12), st.sampled_from([".", ",", None]))
def test_no_cell_is_too_odd(cell: str, decimal: str | None) -> None:
    cells = Cells(decimal=decimal)
    for numbers in (Numbers(cells), numbers_in([cell], cells) or Numbers(cells)):
        with contextlib.suppress(ValueError):
            assert isinstance(numbers.read(cell), float)
    assert isinstance(prefers_comma([[cell]], cells), bool)
    flags_in([cell], cells)


def test_units_are_counted_in_the_smallest_common_way() -> None:
    numbers = numbers_in(["950", "1.5 KB", "3 GiB"], Cells())
    assert numbers is not None
    assert numbers.told == "in B"
    assert [numbers.read(each) for each in ("950", "1.5 KB", "1 KiB")] == [950, 1500, 1024]
    alone = numbers_in(["5 min", "7 min"], Cells())
    assert alone is not None
    assert [alone.read(each) for each in ("5 min", "2 h", "30 s")] == [5, 120, 0.5]


def test_a_sheet_with_words_for_nothing_and_a_sum_below() -> None:
    """Amounts with a decimal comma, some "entfällt", and in the last line a sum from a program."""
    amounts = [f"1.{at * 37 % 900 + 100},{at % 100:02}" for at in range(300)]
    for at in range(5, 300, 40):
        amounts[at] = "entfällt"
    rows = [f"{at % 28 + 1:02}.{at // 28 + 1:02}.2025;{each}" for at, each in enumerate(amounts)]
    result = score("Tag;Umsatz\n" + "\n".join([*rows, "Summe;437580.02"]) + "\n")
    assert result.code == 0
    assert "'Umsatz' with a decimal comma, with 'entfällt' as no value" in result.err
    assert "the times of 'Tag' tell the detector when events were" in result.err
    found = [each["Umsatz"] for each in result.objects]
    assert (found[0], found[5], found[-1]) == (1100.0, None, 437580.02)
    # A word that comes once may be a slip of the pen.
    once = score("Tag;Umsatz\n" + "\n".join([*rows, "Summe;siehe unten"]) + "\n")
    assert once.code == 1
    assert "column 'Umsatz' has 'siehe unten', which is no number" in once.err


def test_declared_words_keep_what_was_given() -> None:
    cells = declared(["X", "auto"], Cells(decimal=","))
    assert (cells.is_missing("x"), cells.is_missing("n/a"), cells.decimal) == (True, True, ",")


def test_sentences_have_units(tmp_path: Path) -> None:
    rows = [f"{at * 37 % 11 + 20} ms,{at * 7 % 13}" for at in range(400)]
    text = "latency,n\n" + "\n".join([*rows, "9000 ms,3", "21 ms,4"]) + "\n"
    assert "latency = 9 s, usually between 20 ms and " in score(text).err
    path = tmp_path / "alerts.jsonl"
    result = score(text, "--alert-rate", "0.01", "--alerts", str(path))
    assert result.code == 0
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    told = next(each for each in lines if "latency was 9 s, usually" in each["sentence"])
    # Numbers are as they were read, with the unit beside them.
    assert [told["features"][0][name] for name in ("feature", "actual", "unit")] == [
        *("latency", 9000.0, "ms")
    ]
    assert "latency was 9 s" in result.err
