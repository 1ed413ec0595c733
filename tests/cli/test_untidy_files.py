"""Untidy files by their names alone: the odd event is found, or a word says what to add."""

from __future__ import annotations

from pathlib import Path

import pytest
import untidy_files
from command_line import call
from test_field_files import rows_of

from clipsgd_river.cli.input.tables.haproxy_log import HAPROXY_LOG


@pytest.mark.parametrize("name", untidy_files.ALL)
def test_the_odd_event_is_among_the_first_three(tmp_path: Path, name: str) -> None:
    data = untidy_files.ALL[name]()
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    result = call("score", path)
    assert result.code == 0, result.err
    assert untidy_files.ODD_AT + 1 in rows_of(result)[:3]
    assert untidy_files.N <= result.out.count("\n") <= untidy_files.N + 2
    assert "skipped" not in result.err


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a.x 443 6 1200\na.y 80 7 900\na.x 443 6 800\na.z 80 9 1300\n", "say --no-header"),
        ("Linux 6.1.0 (web1) \t06/01/2026 \t_x86_64_\t(4 CPU)\n\n12:00:01 AM CPU\n", "sadf -d"),
    ],
)
def test_a_word_says_what_to_add(text: str, word: str) -> None:
    result = call("score", "-", stdin=text)
    assert result.code == 2
    assert word in result.err


def test_years_are_names() -> None:
    text = "land,2024,2025\n" + "".join(f"x{at},{at * at % 97},{at % 13}\n" for at in range(60))
    assert "'2024', '2025'" in call("score", "-", stdin=text).err
    assert "'1', '2'" in call("score", "-", stdin=text.replace("2024,2025", "1,2")).err


def test_a_last_line_that_says_how_many_rows_there_are() -> None:
    text = "a,b\n" + "".join(f"{at % 7},{at % 5}\n" for at in range(60))
    result = call("score", "-", stdin=f"{text}(60 rows)\n")
    assert result.code == 0
    assert "the last line of standard input, '(60 rows)', is no row" in result.err
    assert call("score", "-", stdin=f"{text}(60 rows)\n1,2\n").code == 1


def test_tables_in_json_that_are_not_alone_are_events() -> None:
    line = '{"a": [1, 2], "b": [3, 4]}\n'
    assert len(call("score", "-", stdin=line * 5).objects) == 5
    assert len(call("score", "-", stdin=line).objects) == 2
    assert [each["1"] for each in call("score", "-", stdin="[[1, 2], [3, 4]]").objects] == [2, 4]


def test_a_line_of_haproxy_in_its_parts() -> None:
    line = (
        "10.0.1.2:33317 [06/Feb/2026:12:14:14.655] web~ static/srv1 10/0/-1/-1/109 503 2750 - - "
        'sC-- 1/1/1/1/+2 0/3 "GET /a?b=1 HTTP/1.1"'
    )
    row = dict(zip(HAPROXY_LOG.columns, HAPROXY_LOG.split(line) or [], strict=True))
    assert (row["frontend"], row["server"]) == ("web", "srv1")
    assert (row["method"], row["path"]) == ("GET", "/a")
    assert (row["connect_ms"], row["total_ms"]) == ("", "109")
    assert (row["status"], row["bytes"], row["end"]) == ("503", "2750", "sC--")
    assert (row["retries"], row["queued"]) == ("2", "3")
    line = "10.0.1.2:3 [06/Feb/2026:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0"
    tcp = HAPROXY_LOG.split(line)
    assert tcp is not None
    assert tcp[5:12] == ["", "0", "0", "", "5007", "", "212"]
