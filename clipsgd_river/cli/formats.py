"""Which format a file is in, and the source or sink for it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import PurePath
from typing import Final

from clipsgd_river.cli.input.byte_input import STANDARD_STREAM, ByteInput
from clipsgd_river.cli.input.events import Reading, Source
from clipsgd_river.cli.input.json_values.json_source import JsonSource
from clipsgd_river.cli.input.parquet_source import ParquetSource
from clipsgd_river.cli.input.tables.csv_records import CsvRecords
from clipsgd_river.cli.input.tables.delimiters import BLANK
from clipsgd_river.cli.input.tables.table_source import TableSource
from clipsgd_river.cli.output.parquet_sink import ParquetSink
from clipsgd_river.cli.output.sinks import CsvSink, JsonLinesSink, Sink
from clipsgd_river.cli.output.text_output import TextOutput
from clipsgd_river.cli.terminal.errors import UsageError
from clipsgd_river.cli.terminal.interrupts import Interrupts


class Format(StrEnum):
    """A format of events."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


_ENDINGS: Final = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".txt": Format.CSV,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
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


def format_of(path: str, chosen: Format | None, option: str) -> Format:
    """Return the chosen format, or the one the name of a file tells.

    Raises
    ------
    UsageError
        If neither tells.
    """
    if chosen is not None:
        return chosen
    name = path.lower().removesuffix(".gz")
    found = _ENDINGS.get(PurePath(name).suffix)
    if found is None:
        what = "standard input" if path == STANDARD_STREAM else f"the name of {path}"
        raise UsageError(f"{what} does not tell its format: say {option} csv, jsonl or parquet")
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
    kind: Format,
    reading: Reading,
    wait: tuple[Interrupts, Callable[[], None]],
    table: tuple[str | None, bool] = (None, True),
) -> Source:
    """Open the events of a file or of standard input.

    Parameters
    ----------
    path, kind, reading
        Where from, in which format, and how to read.
    wait
        What ends a blocked read, and what to do before each read.
    table
        Delimiter of CSV, None to find it out, and whether it has a header.
    """
    interrupts, before_wait = wait
    if kind is Format.PARQUET:
        return ParquetSource(path, reading, before_wait)
    lines = ByteInput(path, interrupts, before_wait)
    if kind is Format.JSON_LINES:
        return JsonSource(lines, reading)
    delimiter, header = table
    try:
        records = CsvRecords(lines, reading, delimiter, header=header)
        return TableSource(lines, records, reading)
    except BaseException:  # reading the header may fail, and be interrupted
        lines.close()
        raise


def open_sink(path: str, kind: Format, source: Source, prefix: str) -> Sink:
    """Open the place judged events go to; a file is created when the first of them is there."""
    if kind is Format.PARQUET:
        if path == STANDARD_STREAM:
            raise UsageError("Parquet cannot be written to standard output: name a file with --out")
        return ParquetSink(path, source, prefix)
    if path.lower().endswith(".gz"):
        raise UsageError("results are not compressed: choose a name for --out without .gz")
    output = TextOutput(path)
    if kind is Format.JSON_LINES:
        return JsonLinesSink(output, source, prefix)
    delimiter = source.delimiter if isinstance(source, TableSource) else ","
    return CsvSink(output, source, prefix, delimiter)
