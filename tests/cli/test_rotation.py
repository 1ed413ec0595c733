"""Streams behind ``tail -F``: what begins a file is no event when it comes again."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Result, call

N = 60
HALF = N // 2
ZEEK = "#separator \\x09\n#unset_field\t-\n#fields\tts\thost\tn\n"
W3C = "#Version: 1.0\n#Fields: date time cs-method n\n"


def through_a_pipe(path: Path, pieces: list[str], *options: str) -> Result:
    """Score what a pipe brings piece by piece."""
    os.mkfifo(path)

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            for piece in pieces:
                pipe.write(piece.encode())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return call("score", path, "--out-format", "jsonl", *options)
    finally:
        writer.join()


def rows(delimiter: str = ",", end: str = "\n") -> Callable[[int], str]:
    return lambda at: delimiter.join([str(at), f"{at % 5}.5", "abc"]) + end


def line_of_json(at: int) -> str:
    return json.dumps({"n": at, "s": "abc"}) + "\n"


def w3c(at: int) -> str:
    return f"2026-06-01 13:00:{at % 60:02} GET {at}\n"


CASES: dict[str, tuple[str, Callable[[int], str], str]] = {
    "csv": ("n,y,s\n", rows(), "n,y,s\n"),
    "other line ends": ("n,y,s\r\n", rows(end="\r\n"), "n,y,s\n"),
    "byte order marks": ("\ufeffn,y,s\n", rows(), "\ufeffn,y,s\n"),
    "quotes": ('"n","y","s"\n', rows(), '"n","y","s"\n'),
    "title": ("Export of 1 June\n\nn,y,s\n", rows(), "Export of 1 June\n\nn,y,s\n"),
    "separator": ("sep=;\nn;y;s\n", rows(";"), "sep=;\nn;y;s\n"),
    "delimiter at the end": ("n;y;s;\n", rows(";", ";\n"), "n;y;s;\n"),
    "blanks": ("n y s\n", rows(" "), "n y s\n"),
    "several files": ("==> a.csv <==\nn,y,s\n", rows(), "\n==> b.csv <==\nn,y,s\n"),
    "json lines": ("", line_of_json, "\ufeff"),
    "json arrays": ("[\n", lambda at: line_of_json(at).rstrip() + ",\n", "{}]\n[\n"),
    "several logs of json": ("", line_of_json, "\n==> b.jsonl <==\n"),
    "zeek": (ZEEK, lambda at: f"17803008{at:02}.5\tweb\t{at}\n", "#close\tx\n" + ZEEK),
    "w3c": (W3C, w3c, W3C),
    "syslog": ("", lambda at: f"Jun  1 13:00:{at:02} web1 app: n={at}\n", "\n==> syslog.1 <==\n"),
    "logfmt": ("", lambda at: f"n={at} level=info\n", "\n==> app.log <==\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_head_that_comes_again_is_no_event(tmp_path: Path, name: str) -> None:
    head, event, again = CASES[name]
    first, second = ("".join(map(event, part)) for part in (range(HALF), range(HALF, N)))
    result = through_a_pipe(tmp_path / "pipe", [head, first, again, second])
    assert result.code == 0, result.err
    found = [each.get("n", each.get("kind")) for each in result.objects if len(each) > 4]
    assert list(map(str, found)) == ["n=#" if name == "syslog" else str(at) for at in range(N)]


def test_columns_in_another_order_are_found_by_their_names(tmp_path: Path) -> None:
    text = ["n,y,s\n", *map(rows(), range(9)), "s,n,z,y\n", "abc,9,1,0.5\n", "abc,10,1\n"]
    result = through_a_pipe(tmp_path / "pipe", ["".join(text)], "--on-error", "skip")
    assert [each["n"] for each in result.objects] == list(range(10))
    assert result.objects[-1]["s"] == "abc"
    assert "are in another order now, with 'z', of which no more is read" in result.err
    assert "1 bad events were skipped" in result.err


def test_a_line_cut_off_by_rotation_costs_its_line_alone(tmp_path: Path) -> None:
    text = "".join(map(line_of_json, range(9)))
    result = through_a_pipe(tmp_path / "pipe", [text, '{"n": 9, "s', text], "--on-error", "skip")
    assert [each["n"] for each in result.objects] == [*range(9), *range(1, 9)]
    assert "1 bad events were skipped" in result.err
    assert "a value is not complete" in result.err


@pytest.mark.parametrize("apart", [True, False])
def test_envelopes_that_follow_each_other(tmp_path: Path, apart: bool) -> None:
    envelope = {"Records": [{"n": at} for at in range(9)], "region": "eu"}
    text = json.dumps(envelope, indent=1 if apart else None) + "\n"
    result = through_a_pipe(tmp_path / "pipe", [text, text])
    assert [each["n"] for each in result.objects] == [*range(9), *range(9)]


def test_lines_within_quotes_are_no_heads() -> None:
    text = 'n,s\n1,"x\nn,s\n"\n' + "2,y\n" * 5
    result = call("score", "-", "--out-format", "jsonl", stdin=text)
    assert [each["n"] for each in result.objects] == [1, 2, 2, 2, 2, 2]
    assert result.objects[0]["s"] == "x\nn,s\n"
