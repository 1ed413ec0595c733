"""CSV as it comes: odd but right is read, wrong is named with its row, column and cure."""

from __future__ import annotations

import csv
import gzip
import io
import random
import tempfile
from pathlib import Path

import pytest
from command_line import Result, call, csv_text, ordinary_rows
from hypothesis import given, settings
from hypothesis import strategies as st

DRIVERS = "driver_1|driver_2|driver_3"


def score(text: str | bytes, *options: str) -> Result:
    return call("score", "-", "--format", "csv", *options, stdin=text)


def without_verdict(result: Result) -> list[list[str]]:
    return [list(row.values())[:-6] for row in result.rows]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "a,b\r\n1,2\r\n3,4\r\n",
        "a,b\r1,2\r3,4\r",
        "a,b\n1,2\n3,4",
        "\ufeffa,b\n1,2\n3,4\n",
        '"a","b"\n"1","2"\n3,4\n',
        "\n\na,b\n\n1,2\n\n3,4\n\n",
        " a,b \n1,2\n3,4\n",
    ],
)
def test_the_same_table_in_many_spellings(text: str) -> None:
    result = score(text)
    assert result.code == 0
    assert result.out.splitlines()[0].startswith("a,b,score,")
    assert without_verdict(result) == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("delimiter", "option"), [(";", ";"), ("\t", "tab"), ("\t", "\t"), ("|", "pipe")]
)
def test_other_delimiters_are_kept(delimiter: str, option: str) -> None:
    result = score(delimiter.join("ab") + "\n" + delimiter.join("12") + "\n", "--delimiter", option)
    assert result.code == 0
    assert result.out.splitlines()[1].startswith(delimiter.join("12") + delimiter)


def test_a_tsv_needs_no_option(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("a\tb\n1\t2\n")
    assert call("score", path).out.splitlines()[1].startswith("1\t2\t")


@pytest.mark.parametrize("option", ["", "ab", '"', "\n"])
def test_no_delimiter(option: str) -> None:
    result = score("a,b\n1,2\n", "--delimiter", option)
    assert result.code == 2
    assert "--delimiter is one character" in result.err


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    lines = ["a|b|c,d", '1|"x, y; z"|3,5', "2|x|4,5"]
    result = score("\n".join(lines).replace("|", delimiter) + "\n")
    assert result.code == 0
    assert result.out.splitlines()[0] == f"a|b|c,d|score|distance|is_anomaly|{DRIVERS}".replace(
        "|", delimiter
    )
    assert "read: cells between " in result.err
    assert "on numbers 'a', 'c,d'; categories 'b'" in result.err


def test_blanks_between_cells() -> None:
    lines = ["USER   PID  %CPU COMMAND", "root   1    0.5  init", "www    77   12.5 nginx -g off"]
    result = score("\n".join(lines) + "\n", "--keep", "PID")
    assert result.code == 0
    assert [row["COMMAND"] for row in result.rows] == ["init", "nginx -g off"]
    assert "numbers 'PID', '%CPU'; categories 'USER', 'COMMAND'" in result.err
    text = "a,b c\n1,2 3\n"
    assert score(text, "--delimiter", "blank").out.startswith('"a,b",c,score')


@pytest.mark.parametrize(
    ("text", "names", "told"),
    [
        ("sep=;\na;b\n1;2\n", ["a", "b"], "1 line before the header"),
        ("Sales;\n;\n\na;b\n1;2\n3;4\n", ["a", "b"], "3 lines before the header"),
        ("# made by hand\na,b\n1,2\n3,4\n", ["a", "b"], "1 line before the header"),
        ("# a,b\n1,2\n", ["a", "b"], ""),
        ("a,b\n1,2,\n3,4,\n", ["a", "b"], ""),
        ("a,b,\n1,2\n3,4\n", ["a", "b"], ""),
        ("a,b\nr1,1,2\nr2,3,4\n", ["column_1", "a", "b"], "categories 'column_1'"),
        ("a,a,a_2\n1,2,3\n", ["a", "a_3", "a_2"], "names that come again were changed"),
    ],
)
def test_headers_as_people_have_them(text: str, names: list[str], told: str) -> None:
    result = score(text, "--out-format", "jsonl")
    assert result.code == 0
    first = result.objects[0]
    assert list(first)[: len(names)] == names
    assert told in result.err
    assert first["b" if "b" in names else "a_3"] == 2


def test_a_header_that_comes_again_is_no_event() -> None:
    text = csv_text(ordinary_rows(40))
    twice = score(text + text)
    assert twice.code == 0
    assert len(twice.rows) == 80
    assert "comes again, and is no event" in twice.err
    assert twice.err.count("comes again") == 1


def test_a_row_cut_off_by_rotation_costs_itself_alone() -> None:
    lines = csv_text(ordinary_rows(40)).splitlines()
    text = "\n".join(lines)[:-9] + "\n".join(lines) + "\n"
    result = score(text, "--on-error", "skip")
    assert result.code == 0
    assert "1 bad events were skipped" in result.err
    assert len(result.rows) == 79


def test_text_of_western_windows_is_read() -> None:
    result = score("Größe;Ort\n1,5;Köln\n2,5;Genève\n".encode("cp1252"))
    assert result.code == 0
    assert [row["Ort"] for row in csv.DictReader(io.StringIO(result.out), delimiter=";")] == [
        "Köln",
        "Genève",
    ]
    assert "text in Windows-1252" in result.err
    assert score("ä,b\n1,2\n".encode() + b"\xe4,2\n").code == 1


def test_a_missing_header_is_noticed() -> None:
    result = score("1,2\n3,4\n")
    assert result.code == 2
    assert "say --no-header" in result.err
    result = score("1,2\n3,4\n", "--no-header")
    assert result.code == 0
    assert result.out.splitlines()[0].startswith("0,1,score,")
    assert without_verdict(result) == [["1", "2"], ["3", "4"]]


def test_a_first_line_with_a_time_is_no_header() -> None:
    lines = [f"2026-06-01 13:5{n}:36,12{n} INFO [main] took {n} s" for n in range(9)]
    result = score("\n".join(lines) + "\n")
    assert result.code == 2
    assert "begins with '2026-06-01 13:50:36', a time and no name of a column" in result.err
    # Dates may well be names.
    assert score("host,2026-06-01,2026-06-02\nweb1,5,6\nweb2,7,8\n").code == 0


def test_columns_without_header_can_be_chosen_by_number() -> None:
    result = score("1,x,2\n3,y,4\n", "--no-header", "--ignore", "1")
    assert result.code == 0
    assert "left out" not in result.err


def test_quoted_cells_survive() -> None:
    text = 'a,note\n1,"two\nlines"\n2,"comma, and ""quotes"""\n3,plain\n'
    assert without_verdict(score(text)) == [
        ["1", "two\nlines"],
        ["2", 'comma, and "quotes"'],
        ["3", "plain"],
    ]


def test_missing_values_are_missing() -> None:
    rows = ordinary_rows(200).tolist()
    with_gaps = [[repr(a), "" if i % 3 else repr(b), repr(c)] for i, (a, b, c) in enumerate(rows)]
    results = []
    for word in ("", " ", "NA", "NaN", "null", "None"):
        body = "\n".join(",".join(cell or word for cell in row) for row in with_gaps)
        result = score(f"a,b,c\n{body}\n")
        assert result.code == 0
        results.append([row["distance"] for row in result.rows])
    assert all(found == results[0] for found in results)
    assert "" not in results[0]


def test_a_column_is_judged_by_its_first_value_not_by_its_gaps() -> None:
    result = score("a,late,text\n1,,\n2,,\n3,5.5,x\n4,6,y\n", "--categorical", "none")
    assert result.code == 0
    assert "'text' is left out" in result.err
    assert "'late' is left out" not in result.err


def test_booleans_are_numbers_and_names_with_digits_are_not() -> None:
    result = score("a,flag,month\n1,True,2024_01\n2,false,2024_02\n")
    assert result.code == 0
    assert "on numbers 'a', 'flag'; categories 'month'\n" in result.err


@pytest.mark.parametrize("value", ["1e308", "-1e308", "inf", "-Infinity", "1e999"])
def test_extreme_values_are_scored(value: str) -> None:
    text = csv_text(ordinary_rows(100)) + f"20,{value},-3\n20,500,-3\n"
    result = score(text)
    assert result.code == 0
    scores = [float(row["score"]) for row in result.rows]
    assert scores[100] == max(scores[30:])
    assert scores[101] < 0.9
    assert result.rows[100]["memory"] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty: a header and rows are expected"),
        ("\n\n", "is empty: a header and rows are expected"),
        ("a,b\n1,2\n3\n", "row 2 (line 3): it has 1 cells where the header has 2"),
        ("a,b\n1,2\n3,4,5\n", "row 2 (line 3): it has 3 cells where the header has 2"),
        ("a,b\n1,2\nx,4\n", "row 2 (line 3): column 'a' has 'x', which is no number"),
        ("a,b\n1,2\n\x1b[31m,4\n", "column 'a' has '\\x1b[31m'"),
        ("a,b\n1,2\n1\x002,4\n", "column 'a' has '1\\x002'"),
        ("a,b\n01:00,\n01:05,12:00\n", "has no column for the detector among 'a', 'b'"),
        ("a,b\n,\n,\n", "has no column for the detector among 'a', 'b'"),
        ('a,b\n1,"2\n', "a quote may be missing"),
        ('a,b\n1,"2"3\n', "a quote may be missing"),
        (b"a,b\n1,2\n\x81,4\n", "row 2 (line 3): column 'a' has bytes that are no UTF-8"),
        (b"\x81,b\n1,2\n", "has a header that is no UTF-8 text"),
    ],
)
def test_bad_data_is_named_with_its_place_and_cure(text: str | bytes, message: str) -> None:
    result = score(text)
    assert result.code == 1
    assert message in result.err
    assert result.err.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in result.err


def test_rows_before_a_bad_one_are_written() -> None:
    result = score("a,b\n1,2\n3,4\nx,6\n7,8\n")
    assert result.code == 1
    assert without_verdict(result) == [["1", "2"], ["3", "4"]]


def test_bad_events_are_skipped_counted_and_told() -> None:
    text = b'a,b\n1,2\nx,4\n5\n\x81,1\n"7"7,8\n9,10\n'
    result = score(text, "--on-error", "skip")
    assert result.code == 0
    assert without_verdict(result) == [["1", "2"], ["9", "10"]]
    assert "4 bad events were skipped" in result.err
    assert "skipped: standard input, row 2 (line 3): column 'a' has 'x'" in result.err


def test_skipped_events_teach_nothing() -> None:
    good = csv_text(ordinary_rows(100))
    lines = good.splitlines(keepends=True)
    bad = "".join([*lines[:50], "oops,1,2\n", *lines[50:]])
    assert score(bad, "--on-error", "skip").out == score(good).out


def test_many_skipped_events_do_not_flood_the_terminal() -> None:
    result = score("a\n" + "1\n" * 1000 + "x\n" * 1000, "--on-error", "skip")
    assert "1,000 bad events were skipped" in result.err
    assert len(result.err.splitlines()) < 40


def test_a_header_alone_is_a_stream_without_events() -> None:
    result = score("a,b\n")
    assert result.code == 0
    assert result.out == "a,b,score,distance,is_anomaly,driver_1,driver_2,driver_3\n"
    assert "0 events, 0 alerts" in result.err


def test_an_unnamed_column_gets_a_name() -> None:
    result = score(",a\n0,5\n1,6\n", "--ignore", "column_1")
    assert result.code == 0
    assert result.out.startswith("column_1,a,score")


def test_columns_are_ignored_and_chosen() -> None:
    text = csv_text(ordinary_rows(100))
    ignored = score(text, "--ignore", "memory, disk")
    chosen = score(text, "--only", "cpu")
    alone = score("\n".join(line.split(",")[0] for line in text.splitlines()) + "\n")
    wanted = [row["distance"] for row in alone.rows]
    assert [row["distance"] for row in ignored.rows] == wanted
    assert [row["distance"] for row in chosen.rows] == wanted
    assert without_verdict(ignored) == without_verdict(score(text))


def test_a_quoted_column_name_may_hold_a_comma() -> None:
    assert score('"a,b",c\n1,2\n', "--ignore", '"a,b"').code == 0


@pytest.mark.parametrize("option", ["--ignore", "--only", "--label"])
def test_a_column_that_is_not_there_is_answered_with_near_ones(option: str) -> None:
    result = score(csv_text(ordinary_rows(3)), option, "Memroy")
    assert result.code == 2
    assert f"{option} names 'Memroy', which is no column: did you mean 'memory'?" in result.err


def test_a_column_of_text_that_was_asked_for_is_an_error() -> None:
    assert score("a,host\n1,web\n", "--only", "host").code == 0
    result = score("a,host\n1,web\n", "--only", "host", "--categorical", "none")
    assert result.code == 2
    assert "--only names 'host', which is no feature: its first value is 'web'" in result.err


def test_nothing_left_to_look_at() -> None:
    result = score("a,b\n1,2\n", "--ignore", "a,b")
    assert result.code == 2
    assert "no column is left for the detector" in result.err


def test_added_columns_never_hide_the_inputs() -> None:
    result = score("a,score\n1,2\n")
    assert result.code == 2
    assert "already has 'score'" in result.err
    assert "--prefix" in result.err
    result = score("a,score\n1,2\n", "--prefix", "new_")
    assert result.code == 0
    assert result.out.startswith("a,score,new_score,new_distance,new_is_anomaly,new_driver_1")


def test_gzip_is_read_by_its_content(tmp_path: Path) -> None:
    text = csv_text(ordinary_rows(5000))
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert call("score", path).out == score(text).out


def test_damaged_gzip_keeps_what_was_whole(tmp_path: Path) -> None:
    text = csv_text(ordinary_rows(20_000))
    path = tmp_path / "a.csv.gz"
    data = gzip.compress(text.encode())
    path.write_bytes(data[: len(data) // 2])
    result = call("score", path)
    assert result.code == 1
    assert "is damaged gzip data" in result.err
    whole = score(text).out.splitlines()
    assert 1000 < len(result.rows) < 20_000
    assert result.out.splitlines() == whole[: len(result.rows) + 1]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"PK\x03\x04....", "a zip archive, as .xlsx files are: unpack it, or save it as CSV"),
    ],
)
def test_foreign_files_are_recognised(tmp_path: Path, data: bytes, word: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    result = call("score", path)
    assert result.code == 2
    assert word in result.err


def test_a_file_without_line_ends_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1" * (18 << 20))
    result = call("score", path)
    assert result.code == 1
    assert "has a line of more than 16 MiB" in result.err


@pytest.mark.parametrize("stray", ['7,"8', '"7,8', '7,"8"9', '7,8"', '"7",8,"'])
@pytest.mark.parametrize("quoted", [False, True])
def test_a_stray_quote_costs_its_line_alone(stray: str, quoted: bool) -> None:
    lines = [f'{n},"{n + 1}"' if quoted else f"{n},{n + 1}" for n in range(2000)]
    lines.insert(1000, stray)
    text = "a,b\n" + "\n".join(lines) + "\n"
    failed = score(text)
    assert failed.code == 1
    assert "line 1,002" in failed.err
    assert len(failed.rows) == 1000
    result = score(text, "--on-error", "skip")
    assert result.code == 0
    assert "1 bad events were skipped" in result.err
    assert [row["a"] for row in result.rows] == [str(n) for n in range(2000)]


def test_the_line_where_a_quote_opened_is_named() -> None:
    result = score('a,b\n1,"x\ny"\n3,"x\n' + "5,x\n" * 100_000)
    assert result.code == 1
    assert "line 4: a quote that opens here is not closed" in result.err
    long = score('a,b\n1,"x\ny"\n2,"z"\n3,"q\nr",4\n5,v\n', "--on-error", "skip")
    assert [row["b"] for row in long.rows] == ["x\ny", "z", "v"]
    assert "row 3 (line 5): it has 3 cells" in long.err


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_text_columns_come_back_as_they_were(cells: list[list[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["number", "one", "two"])
    for number, pair in enumerate(cells):
        writer.writerow([number, *pair])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.csv"
        # Through files: the stand-in for standard output translates line ends.
        assert score(text.getvalue(), "--ignore", "one,two", "--out", str(out)).code == 0
        with out.open(encoding="utf-8", newline="") as file:
            assert [row[1:3] for row in csv.reader(file)][1:] == cells


def test_chunks_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clipsgd_river.cli.input import byte_input

    generator = random.Random(0)
    lines = [f'{generator.gauss(0, 1)},"é, ""{i}""\n¶"\n' for i in range(300)]
    path = tmp_path / "a.csv"
    path.write_text("a,text\n" + "".join(lines), encoding="utf-8")
    whole = call("score", path).out
    for chunk in (1, 2, 7, 64, 1000):
        monkeypatch.setattr(byte_input, "_CHUNK", chunk)
        assert call("score", path).out == whole
