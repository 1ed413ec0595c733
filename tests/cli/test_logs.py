"""Logs line by line: known by their first lines, odd ones named, rotation no event."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from command_line import Result, call
from strangers import START

from clipsgd_river.cli.input.json_values.pairs import pairs_in
from clipsgd_river.cli.input.tables.access_log import access_log
from clipsgd_river.cli.input.tables.syslog import SYSLOG
from clipsgd_river.cli.recognise import Format, format_of_lines

COMMON = '10.0.0.7 - ann [01/Jun/2026:13:55:36 +0000] "GET /a?b=1 HTTP/1.1" 200 2326'
COMBINED = COMMON + ' "http://x/\\"y" "Mozilla/5.0 (X11; \\"q\\")"'
SYSLOG_LINE = "Jun  1 13:55:36 web1 sshd[311]: Failed password for root from 10.0.0.9 port 5 ssh2"
LOGFMT = 'ts=2026-06-01T13:55:36Z level=info msg="a \\"b\\" c" dur=12ms q=x=1 retry'
ZEEK = "#separator \\x09\n#unset_field\t-\n#fields\tts\thost\tn\n#types\ttime\taddr\tcount\n"
W3C = "#Version: 1.0\n#Fields: date time cs-method sc-status\n"


def score(text: str, *options: str) -> Result:
    return call("score", "-", "--out-format", "jsonl", *options, stdin=text)


@pytest.mark.parametrize(
    ("line", "form"),
    [
        (COMMON, Format.ACCESS_LOG),
        (COMBINED, Format.ACCESS_LOG),
        ("www.x.org:443 " + COMBINED, Format.ACCESS_LOG),
        ('::1 - - [01/Jun/2026:13:55:36 +0000] "-" 408 -', Format.ACCESS_LOG),
        (SYSLOG_LINE, Format.SYSLOG),
        ("<13>" + SYSLOG_LINE, Format.SYSLOG),
        ("2026-06-01T13:55:36.123456+02:00 web1 systemd[1]: Started x.", Format.SYSLOG),
        ('<34>1 2026-06-01T13:55:36Z web1 app 12 ID47 [a x="\\]"] hello', Format.SYSLOG),
        ("Jun 11 13:55:36 web1 kernel: [12.5] eth0: link up", Format.SYSLOG),
        (LOGFMT, Format.LOGFMT),
        ('date=2026-06-01 time=13:55:36 devname="FG" srcip=10.0.0.7 sent=120', Format.LOGFMT),
        ("a=b", Format.CSV),
        ("the answer = 5, b=6", Format.CSV),
        ('{"a": 1}', Format.JSON_LINES),
        ("[", Format.JSON_LINES),
        ("[1, 2]", Format.CSV),
        (ZEEK, Format.ZEEK),
        (W3C, Format.W3C),
        ("# a comment", Format.CSV),
        ("time,message", Format.CSV),
        ("", Format.CSV),
    ],
)
def test_formats_are_known_by_their_lines(line: str, form: Format) -> None:
    assert format_of_lines([part + "\n" for part in line.split("\n")]) is form


def test_an_access_log_in_its_parts() -> None:
    form = access_log([COMBINED + " 0.005 -"])
    assert form is not None
    row = dict(zip(form.columns, form.split(COMBINED + " 0.005 -") or [], strict=True))
    assert row == {
        "host": "",
        "client": "10.0.0.7",
        "identity": "-",
        "user": "ann",
        "time": "01/Jun/2026:13:55:36 +0000",
        "method": "GET",
        "path": "/a",
        "query": "b=1",
        "protocol": "HTTP/1.1",
        "status": "200",
        "bytes": "2326",
        "request_length": "19",
        "referer": 'http://x/\\"y',
        "agent": 'Mozilla/5.0 (X11; \\"q\\")',
        "extra_1": "0.005",
        "extra_2": "-",
    }
    odd = form.split('10.0.0.7 - - [x] "\\x16\\x03" 400 -')
    assert odd is not None
    assert odd[5:9] == ["", "\\x16\\x03", "", ""]
    assert form.split("nonsense") is None


def test_syslog_in_its_parts() -> None:
    row = dict(zip(SYSLOG.columns, SYSLOG.split(SYSLOG_LINE) or [], strict=True))
    assert (row["host"], row["program"], row["pid"]) == ("web1", "sshd", "311")
    assert row["kind"] == "Failed password for root from # port # ssh#"
    assert row["address"] == "10.0.0.9"
    new = SYSLOG.split('<34>1 2026-06-01T13:55:36Z web1 app 12 ID47 [a x="\\]"][b] \ufeffhello 5')
    assert new is not None
    assert new[1:6] == ["34", "web1", "app", "12", "ID47"]
    assert new[6] == "hello #"
    assert SYSLOG.split("<34>1 - - - - - -") is not None


def test_messages_are_left_out_for_their_parts() -> None:
    text = f"{SYSLOG_LINE}\n" * 30
    result = score(text)
    assert "column 'message' is left out: it is free text; --keep message takes it" in result.err
    assert "'kind', 'address'" in result.err
    assert "'address', 'message'" in score(text, "--keep", "message").err


def test_pairs_in_their_parts() -> None:
    assert pairs_in(LOGFMT + "\n") == {
        "ts": "2026-06-01T13:55:36Z",
        "level": "info",
        "msg": 'a "b" c',
        "dur": "12ms",
        "q": "x=1",
        "retry": True,
    }
    assert pairs_in("a='b c', d=, e=\"\\x\"") == {"a": "b c", "d": "", "e": "x"}
    when = pairs_in("date=2026-06-01 time=13:55:36 a=1")
    assert when == {"time": "2026-06-01 13:55:36", "a": "1"}
    assert pairs_in("alone") is None
    assert pairs_in('a="b') is None


def test_an_odd_line_among_pairs_is_found() -> None:
    rng = np.random.default_rng(0)
    lines = [
        f"ts={START + timedelta(seconds=at):%FT%T}Z level={'info' if at % 9 else 'warn'} "
        f'msg="request done" dur={950 if at == 800 else rng.normal(12, 2):.1f}ms'
        + (f" retries={rng.integers(1, 4)}" if at % 7 == 0 else "")
        for at in range(1000)
    ]
    result = score("\n".join(lines))
    assert result.code == 0
    assert "read: lines of key=value; 'dur' in ms" in result.err
    assert "         801  " in result.err.partition("why\n")[2].splitlines()[0]
    assert result.objects[7]["retries"] in "123"
    assert "retries" not in result.objects[8]


@pytest.mark.parametrize("line", [COMMON, SYSLOG_LINE, LOGFMT])
def test_a_line_of_another_form_is_named_and_can_be_skipped(line: str) -> None:
    text = "".join(f"{line}\n" for _ in range(9)) + "nonsense\n" + line + "\n"
    failed = score(text)
    assert failed.code == 1
    assert "line 10" in failed.err
    assert "'nonsense' " in failed.err
    skipped = score(text, "--on-error", "skip")
    assert skipped.code == 0
    assert len(skipped.objects) == 10
    assert "1 bad events were skipped" in skipped.err


def test_a_log_that_is_rotated_says_its_columns_again() -> None:
    rows = "".join(f"1780300800.{n}\t10.0.0.{n}\t{n}\n" for n in range(9))
    zeek = score(ZEEK + rows + "#close\tx\n" + ZEEK + rows)
    assert zeek.code == 0
    assert [each["n"] for each in zeek.objects] == [*range(9)] * 2
    other = "#Fields: date time x sc-status cs-method\n"
    rows = "2026-06-01 13:55:0{} GET 200\n"
    text = W3C + "".join(rows.format(n) for n in range(9))
    w3c = score(text + other + "2026-06-01 14:00:00 y 404 PUT\n2026-06-01 14:00:00 y 404\n")
    assert w3c.code == 1
    assert w3c.objects[-1]["time"] == "2026-06-01 14:00:00Z"
    assert (w3c.objects[-1]["cs-method"], w3c.objects[-1]["sc-status"]) == ("PUT", "404")
    assert "line 14" in w3c.err


def test_a_separator_that_is_none_is_a_tab() -> None:
    text = ZEEK.replace("x09", "x0") + "1780300800.5\ta\t1\n" * 3
    assert [each["n"] for each in score(text).objects] == [1, 1, 1]


def test_unset_fields_are_missing_among_categories_too() -> None:
    rows = "".join(f"178030080{n % 9}.5\t{'ab'[n % 2]}\t{n % 3}\n" for n in range(40))
    result = score(ZEEK + rows + "1780300809.5\t-\t-\n")
    assert result.objects[-1]["host"] is None
    assert result.objects[-1]["n"] is None


@pytest.mark.parametrize(("name", "text"), [("x.log", W3C), ("x.csv", ZEEK), ("x", "")])
def test_a_log_without_events(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    result = call("score", path)
    assert result.code == (0 if text else 1)
    assert "Traceback" not in result.err


def test_the_format_can_be_said() -> None:
    assert score(COMMON + "\n", "--format", "syslog").code == 1
    assert score(json.dumps([{"a": 1}, {"a": 2}]), "--format", "json").code == 0
    assert score("a,b\n1,2\n", "--format", "zeek").code == 1
    assert score("a,b\n1,2\n", "--format", "access").code == 1
    assert score(SYSLOG_LINE + "\n", "--format", "csv", "--no-header").code == 0
