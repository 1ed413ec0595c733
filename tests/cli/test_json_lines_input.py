"""JSON lines as they come: keys that come and go, nested values, constants beyond JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Result, call, json_text, ordinary_rows


def score(text: str | bytes, *options: str) -> Result:
    return call("score", "-", "--format", "jsonl", *options, stdin=text)


def test_lines_are_kept_as_they_are_and_continued() -> None:
    line = '{"a": 1.50, "note":"é \\u00e9 \\ud800", "big": 12345678901234567890}'
    result = score(line + "\n")
    assert result.code == 0
    assert result.out.startswith(line[:-1] + ', "score": 0.0, "distance": 0.0, "is_anomaly": false')
    assert result.objects[0].keys() == {
        *("a", "note", "big"),
        *("score", "distance", "is_anomaly", "drivers"),
    }


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_no_line_is_a_stream_without_events(text: str) -> None:
    result = score(text)
    assert (result.code, result.out) == (0, "")
    assert "0 events" in result.err


def test_an_empty_object_is_an_event_without_features() -> None:
    result = score('{"a": 1}\n{}\n  {"a": 2}  \r\n')
    assert result.code == 0
    assert len(result.objects) == 3
    assert result.objects[1]["distance"] == 0.0


def test_keys_may_come_and_go() -> None:
    rows = [dict(zip("abc", row, strict=True)) for row in ordinary_rows(400).tolist()]
    for number, row in enumerate(rows):
        if number < 200:
            del row["c"]
        elif number % 2:
            del row["a"]
    result = score("".join(json.dumps(row) + "\n" for row in rows))
    assert result.code == 0
    assert [set(each) & set("abc") for each in result.objects] == [set(row) for row in rows]


@pytest.mark.parametrize("word", ["null", "NaN", '""', '"NA"'])
def test_missing_values_equal_missing_keys(word: str) -> None:
    rows = [dict(zip("abc", row, strict=True)) for row in ordinary_rows(200).tolist()]
    without, with_gaps = "", ""
    for number, row in enumerate(rows):
        if number % 3 == 1:
            del row["b"]
            with_gaps += json.dumps(row)[:-1] + f', "b": {word}}}\n'
        else:
            with_gaps += json.dumps(row) + "\n"
        without += json.dumps(row) + "\n"
    found = [each["distance"] for each in score(with_gaps).objects]
    assert found == [each["distance"] for each in score(without).objects]


def test_constants_beyond_json_come_out_as_json() -> None:
    result = score('{"a": NaN, "b": Infinity, "c": {"d": [-Infinity]}, "e": 1}\n')
    assert result.code == 0
    first = result.objects[0]
    assert (first["a"], first["b"], first["c"]) == (None, "Infinity", {"d": ["-Infinity"]})
    assert score(result.out, "--prefix", "new_").objects[0]["b"] == "Infinity"


def test_numbers_beyond_floats_are_scored() -> None:
    text = json_text(ordinary_rows(100))
    last = f'{{"cpu": {10**400}, "memory": 500, "disk": -3}}\n'
    result = score(text + last)
    assert result.code == 0
    assert result.objects[-1]["distance"] == max(each["distance"] for each in result.objects)


def test_booleans_and_strings_of_numbers_are_numbers() -> None:
    plain = score('{"a": 1, "b": 2.5}\n{"a": 0, "b": -1}\n', "--detector", "zscore")
    other = score('{"a": true, "b": "2.5"}\n{"a": false, "b": "-1"}\n', "--detector", "zscore")
    assert [e["distance"] for e in plain.objects] == [e["distance"] for e in other.objects]
    assert "left out" not in other.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "row 2 (line 3): a value is not complete"),
        ('{"a" 1}', "row 2 (line 3): no valid JSON"),
        ("[1]", "row 2 (line 3): it is 1, not an object"),
        ("3", "row 2 (line 3): it is 3, not an object"),
        ('{"a": "x"}', "row 2 (line 3): 'a' has \"x\", which is no number"),
        ('{"a": {"b": 1}}', "row 2 (line 3): 'a' has {\"b\": 1}, which is no number"),
        ('{"a": [1, 2]}', "row 2 (line 3): 'a' has [1, 2], which is no number"),
        (b'{"a": 1, "b": "\x81"}', "row 2 (line 3): it has bytes that are no UTF-8"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"a": 1, "distance": 2}', "row 2 already has 'distance'"),
    ],
)
def test_bad_lines_are_named_and_can_be_skipped(line: str | bytes, message: str) -> None:
    data = line if isinstance(line, bytes) else line.encode()
    text = b'{"a": 1}\n\n' + data + b'\n{"a": 2}\n'
    failed = score(text)
    assert failed.code == 1
    assert message in failed.err
    assert [each["a"] for each in failed.objects] == [1]
    skipped = score(text, "--on-error", "skip")
    assert skipped.code == 0
    assert [each["a"] for each in skipped.objects] == [1, 2]
    assert "1 bad events were skipped" in skipped.err


def test_a_misspelt_column_that_no_event_had_is_told() -> None:
    result = score(json_text(ordinary_rows(3)), "--ignore", "memroy")
    assert result.code == 0
    assert "--ignore names 'memroy', which no event had: did you mean 'memory'?" in result.err


def test_hostile_keys_do_not_exhaust_the_memory() -> None:
    text = "".join(json.dumps({f"k{i}_{j}": "x" for j in range(1000)}) + "\n" for i in range(101))
    result = score(text, "--categorical", "none")
    assert result.code == 1
    assert "more than 100,000 different keys" in result.err
    assert len(result.err.splitlines()) < 40


def test_the_detectors_own_limit_is_reported() -> None:
    text = json.dumps({"a": 1}) + "\n" + json.dumps({f"k{i}": i for i in range(20_000)}) + "\n"
    result = score(text)
    assert result.code == 1
    assert "row 2: " in result.err
    assert "max_features" in result.err
    assert len(result.objects) == 1


def test_a_new_key_does_not_fit_csv(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    result = score('{"a": 1}\n{"a": 2, "b": 3}\n', "--out", str(out))
    assert result.code == 1
    assert "row 2 has the new key 'b'" in result.err
    assert len(out.read_text().splitlines()) == 2
