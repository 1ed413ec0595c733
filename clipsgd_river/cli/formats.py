"""Which format a file is in, and the source or sink for it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Final

from clipsgd_river.cli.input.byte_input import STANDARD_STREAM, ByteInput
from clipsgd_river.cli.input.events import ROWS_TO_LOOK_AT, Reading, Source
from clipsgd_river.cli.input.json_values.json_source import JsonSource
from clipsgd_river.cli.input.parquet_source import ParquetSource
from clipsgd_river.cli.input.tables.access_log import access_log
from clipsgd_river.cli.input.tables.application_log import APPLICATION_LOG
from clipsgd_river.cli.input.tables.csv_records import CsvRecords
from clipsgd_river.cli.input.tables.delimiters import BLANK
from clipsgd_river.cli.input.tables.haproxy_log import HAPROXY_LOG
from clipsgd_river.cli.input.tables.headed_logs import HeadedRecords
from clipsgd_river.cli.input.tables.log_records import LogRecords
from clipsgd_river.cli.input.tables.records import Records
from clipsgd_river.cli.input.tables.syslog import SYSLOG
from clipsgd_river.cli.input.tables.table_source import TableSource
from clipsgd_river.cli.output.parquet_sink import ParquetSink
from clipsgd_river.cli.output.sinks import CsvSink, JsonLinesSink, Sink
from clipsgd_river.cli.output.text_output import TextOutput
from clipsgd_river.cli.recognise import Format, format_of_lines
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.interrupts import Interrupts


class OutFormat(StrEnum):
    """A format that results are written in."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


_ENDINGS: Final = {
    ".csv": OutFormat.CSV,
    ".tsv": OutFormat.CSV,
    ".txt": OutFormat.CSV,
    ".json": OutFormat.JSON_LINES,
    ".jsonl": OutFormat.JSON_LINES,
    ".ndjson": OutFormat.JSON_LINES,
    ".parquet": OutFormat.PARQUET,
    ".pq": OutFormat.PARQUET,
}
_PARQUET: Final = b"PAR1"
#: What a file with the name of a table may be all the same.
_HEADED: Final = frozenset({Format.JSON_LINES, Format.ZEEK, Format.W3C})
_LOGS: Final = {
    Format.SYSLOG: SYSLOG,
    Format.HAPROXY_LOG: HAPROXY_LOG,
    Format.APPLICATION_LOG: APPLICATION_LOG,
}
_SPELLED_DELIMITERS: Final = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "blank": BLANK,
    "space": BLANK,
}


def out_format_of(path: str) -> OutFormat:
    """Return the format that the name of a result tells.

    Raises
    ------
    UsageError
        If it does not.
    """
    found = _ENDINGS.get(_ending(path))
    if found is None:
        raise UsageError(
            f"the name of {path} does not tell its format: say --out-format csv, jsonl or parquet"
        )
    return found


def delimiter_of(path: str, chosen: str | None) -> str | None:
    """Return the CSV delimiter: the chosen one, a tab for ``.tsv``, otherwise None.

    Raises
    ------
    UsageError
        If it is not one ordinary character.
    """
    if chosen is None:
        return "\t" if path.lower().removesuffix(".gz").endswith(".tsv") else None
    delimiter = _SPELLED_DELIMITERS.get(chosen.lower(), chosen)
    if len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise UsageError(
            f"--delimiter is one character, or one of the words tab and blank, not '{chosen}'"
        )
    return delimiter


def open_source(
    path: str,
    chosen: Format | None,
    reading: Reading,
    wait: tuple[Interrupts, Callable[[], None]],
    table: tuple[str | None, bool] = (None, True),
) -> Source:
    """Open the events of a file or of standard input.

    Parameters
    ----------
    path, chosen, reading
        Where from, in which format (None where name and content tell), and how to read.
    wait
        What ends a blocked read, and what to do before each read.
    table
        Delimiter of CSV, None to find it out, and whether it has a header.
    """
    interrupts, before_wait = wait
    if chosen is Format.PARQUET or (chosen is None and _is_parquet(path)):
        return ParquetSource(path, reading, before_wait)
    lines = ByteInput(path, interrupts, before_wait)
    try:
        kind = chosen or _format_of_input(path, lines, table)
        if kind in (Format.JSON, Format.JSON_LINES):
            return JsonSource(lines, reading)
        if kind is Format.LOGFMT:
            return JsonSource(lines, reading, pairs=True)
        return TableSource(lines, _open_records(kind, lines, reading, table), reading)
    except BaseException:  # reading the first rows may fail, and be interrupted
        lines.close()
        raise


def _format_of_input(path: str, lines: ByteInput, table: tuple[str | None, bool]) -> Format:
    name = _ENDINGS.get(_ending(path))
    delimiter, header = table
    if name is OutFormat.JSON_LINES:
        return Format.JSON_LINES
    if not header or (delimiter is not None and _ending(path) != ".tsv"):
        return Format.CSV
    found = format_of_lines(lines.first_lines(ROWS_TO_LOOK_AT))
    if _ending(path) in (".csv", ".tsv") and found not in _HEADED:
        return Format.CSV
    return found


def _open_records(
    kind: Format, lines: ByteInput, reading: Reading, table: tuple[str | None, bool]
) -> Records:
    if kind in (Format.ZEEK, Format.W3C):
        return HeadedRecords(lines, reading)
    if kind in _LOGS:
        return LogRecords(lines, reading, _LOGS[kind])
    if kind is Format.ACCESS_LOG:
        form = access_log(lines.first_lines(ROWS_TO_LOOK_AT))
        if form is None:
            raise DataError(f"{lines.name} has no line of an access log: leave --format out")
        return LogRecords(lines, reading, form)
    delimiter, header = table
    return CsvRecords(lines, reading, delimiter, header=header)


def _ending(path: str) -> str:
    return PurePath(path.lower().removesuffix(".gz")).suffix


def _is_parquet(path: str) -> bool:
    if _ENDINGS.get(_ending(path)) is OutFormat.PARQUET:
        return True
    if path == STANDARD_STREAM or not Path(path).is_file():
        return False
    try:
        with Path(path).open("rb") as file:
            return file.read(len(_PARQUET)) == _PARQUET
    except OSError:  # told when it is opened
        return False


def written_as(source: Source) -> OutFormat:
    """Return the format in which the events of a source are written if nothing else is said."""
    return OutFormat.JSON_LINES if source.columns is None else OutFormat.CSV


def open_sink(
    path: str, kind: OutFormat, source: Source, prefix: str, *, safe: bool = False
) -> Sink:
    """Open the place judged events go to; a file is created when the first of them is there."""
    if kind is OutFormat.PARQUET:
        if path == STANDARD_STREAM:
            raise UsageError("Parquet cannot be written to standard output: name a file with --out")
        return ParquetSink(path, source, prefix)
    if path.lower().endswith(".gz"):
        raise UsageError("results are not compressed: choose a name for --out without .gz")
    output = TextOutput(path)
    if kind is OutFormat.JSON_LINES:
        return JsonLinesSink(output, source, prefix)
    delimiter = getattr(source, "delimiter", ",")
    return CsvSink(output, source, prefix, delimiter, safe=safe)
