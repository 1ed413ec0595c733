"""JSON as programs write it: nested, over several lines, in arrays and envelopes."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from command_line import Result, call, ordinary_rows
from hypothesis import given
from hypothesis import strategies as st

from clipsgd_river.cli.input import byte_input
from clipsgd_river.cli.input.json_values.decoder import Decoder
from clipsgd_river.cli.input.json_values.envelopes import records_in
from clipsgd_river.cli.input.json_values.values import Values

ROWS: list[dict[str, Any]] = [
    {"a": a, "http": {"latency": b, "tags": ["x", "y"]}, "up": True}
    for a, b, _ in ordinary_rows(60).tolist()
]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def score(text: str, *options: str) -> Result:
    return call("score", "-", "--format", "jsonl", *options, stdin=text)


WANTED = [each["distance"] for each in score(LINES).objects]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        json.dumps(ROWS, indent=0),
        "[" + ",\n".join(map(json.dumps, ROWS)) + "]",
        "[\n" + "\n, ".join(map(json.dumps, ROWS)) + "\n]\n",
        "[{\n" + "\n}, {\n".join(json.dumps(row)[1:-1] for row in ROWS) + "}]",
        "\n".join(json.dumps(row, indent=4) for row in ROWS),
        "".join(map(json.dumps, ROWS)),
        json.dumps({"Records": ROWS}),
        json.dumps({"Records": ROWS}, indent=1),
        json.dumps({"took": 3, "hits": {"total": 60, "hits": ROWS}}),
        json.dumps({"took": 3, "hits": {"total": 60, "hits": ROWS}}, indent=2),
        json.dumps({"events": ROWS, "nextToken": "}{"}, indent=2),
        "".join(json.dumps({"Records": ROWS[at : at + 20]}) + "\n" for at in (0, 20, 40)),
        "".join(json.dumps({"Records": ROWS[at : at + 20]}, indent=2) for at in (0, 20, 40)),
    ],
)
def test_events_are_found_wherever_they_are(text: str) -> None:
    result = score(text)
    assert result.code == 0, result.err
    assert [each["a"] for each in result.objects] == [row["a"] for row in ROWS]
    assert [each["distance"] for each in result.objects] == WANTED
    assert "skipped" not in result.err


@pytest.mark.parametrize("whole", [ROWS, {"Records": ROWS}, {"Records": ROWS, "next": "x"}])
def test_a_long_document_on_one_line_is_read_piece_by_piece(
    monkeypatch: pytest.MonkeyPatch, whole: Any
) -> None:
    monkeypatch.setattr(byte_input, "_CHUNK", 256)
    monkeypatch.setattr(byte_input, "_LONGEST_DOCUMENT", 300)
    monkeypatch.setattr(byte_input, "_LONGEST_LINE", 2000)
    result = score(json.dumps(whole))
    assert result.code == 0, result.err
    assert [each["distance"] for each in result.objects] == WANTED


def test_nested_values_have_dotted_names() -> None:
    result = score(LINES)
    names = "numbers 'a', 'http.latency', 'http.tags.length', 'up'"
    assert f"{names}; categories 'http.tags.0', 'http.tags.1'" in result.err
    assert result.objects[0]["http"] == ROWS[0]["http"]
    without = score(LINES, "--ignore", "http.tags")
    assert "on numbers 'a', 'http.latency', 'up'\n" in without.err
    assert "no event had" not in without.err
    assert "on numbers 'http.latency'" in score(LINES, "--only", "http.latency").err
    labelled = LINES.replace("}\n", ', "truth": {"y": 0}}\n')
    assert "60 labelled normal" in score(labelled, "--label", "truth.y").err


def test_a_long_array_is_its_length() -> None:
    rows = [{"a": at % 5, "ids": list(range(9 + at % 2))} for at in range(40)]
    rows.append({"a": 1, "ids": list(range(900))})
    result = score("".join(json.dumps(row) + "\n" for row in rows))
    assert "numbers 'a', 'ids.length'\n" in result.err
    assert result.objects[-1]["distance"] == max(each["distance"] for each in result.objects)


def test_of_a_key_given_twice_the_last_value_counts() -> None:
    result = score('{"a": 1, "b": 5, "a": 2}\n{"a": 3, "b": 6}\n', "--out-format", "csv")
    assert [row["a"] for row in result.rows] == ["2", "3"]
    assert "'a' comes more than once in an object: the last value counts" in result.err


def test_whole_numbers_of_any_length_are_numbers() -> None:
    rows = [{"a": value} for value, _, _ in ordinary_rows(60).tolist()]
    text = "".join(json.dumps(row) + "\n" for row in rows) + '{"a": ' + "9" * 5000 + "}\n"
    result = call("score", "-", "--format", "jsonl", "--out-format", "csv", stdin=text)
    assert result.code == 0
    distances = [float(row["distance"]) for row in result.rows]
    assert distances[-1] == max(distances)
    assert "exceeds" not in result.err.lower()


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("place", [0, 7, 59])
def test_a_value_cut_off_costs_itself_alone(indent: int | None, place: int) -> None:
    texts = [json.dumps(row, indent=indent) for row in ROWS]
    texts[place] = texts[place][: len(texts[place]) // 2]
    result = score("\n".join(texts) + "\n", "--on-error", "skip")
    assert result.code == 0
    assert "1 bad events were skipped" in result.err
    assert len(result.objects) == len(ROWS) - 1


def test_series_of_a_range_query_are_columns() -> None:
    series = [
        {
            "metric": {"__name__": "up", "job": "node", "instance": f"web{n}"},
            "values": [[1_780_300_800 + 15 * t, str(10 * n + t % 3)] for t in range(n, 50)],
        }
        for n in range(3)
    ]
    answer = {"status": "success", "data": {"resultType": "matrix", "result": series}}
    for text in (json.dumps(answer), json.dumps(answer, indent=1)):
        result = score(text)
        assert result.code == 0
        assert "numbers 'web0', 'web1', 'web2'; left out 'time'" in result.err
        times = [each["time"] for each in result.objects]
        assert times == sorted(set(times))
        assert result.objects[20]["web2"] == "22"


def test_an_object_with_an_array_is_an_event_where_there_are_others() -> None:
    rows = [{"user": "ann", "items": [{"price": at % 7}] * 2} for at in range(30)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    assert len(score(text).objects) == 30
    assert records_in(rows[0], alone=True) == rows[0]["items"]


nested = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=3), nested, max_size=3), max_size=5),
    st.sampled_from([None, 0, 2]),
    st.sampled_from(["", "\n", " \n"]),
)
def test_objects_one_after_the_other_are_all_found(
    rows: list[dict[str, Any]], indent: int | None, between: str
) -> None:
    text = between.join(json.dumps(row, indent=indent) for row in rows)
    for whole in (text, json.dumps(rows, indent=indent)):
        found = [each.value for each in Values(Decoder(), _fail).of(whole.splitlines(True))]
        assert list(map(repr, found)) == list(map(repr, rows))


def _fail(line: int, error: str) -> None:
    raise AssertionError(f"line {line}: {error}")


def test_no_text_is_too_odd() -> None:
    generator = random.Random(0)
    text = json.dumps({"Records": ROWS[:3]}, indent=1) + "\n" + LINES[:400]
    for _ in range(2000):
        letters = list(text[generator.randrange(400) :][: generator.randrange(400)])
        for _ in range(generator.randrange(4)):
            if letters:
                letters[generator.randrange(len(letters))] = generator.choice('{}[]",:\n\\1 ')
        for found in Values(Decoder(), lambda *_: None).of("".join(letters).splitlines(True)):
            records_in(found.value, alone=True)
