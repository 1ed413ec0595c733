"""Rows of a table: comma-separated values, and values between other characters or blanks."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from clipsgd_river.cli.input.blocks import Block
from clipsgd_river.cli.input.byte_input import ByteInput
from clipsgd_river.cli.input.columns.times import is_time
from clipsgd_river.cli.input.events import ROWS_TO_LOOK_AT, Reading
from clipsgd_river.cli.input.tables.delimiters import BLANK, layout_of, no_rows_in, split
from clipsgd_river.cli.input.tables.headers import is_header, looks_like_values, names_of
from clipsgd_river.cli.input.tables.lines import Lines
from clipsgd_river.cli.input.tables.quoted_rows import QuotedRows, Rows
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.text import has_undecodable_bytes, listed, shown

_LINES_OF_LAYOUT: Final = 100
_SAR: Final = re.compile(r"Linux \S+ \(.*\)\s.*\([0-9]+ CPU\)")
_SPELLED: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANK: "blanks"}


class CsvRecords:
    """Read a table: a header, then one row per record.

    A header that comes again, as it does where a log is rotated, is no row.

    Parameters
    ----------
    lines
        The bytes to read.
    reading
        Treatment of bad events.
    delimiter
        One character, `BLANK` for any stretch of blanks; None to find it out.
    header
        Whether the first row names the columns; otherwise they are 0, 1, 2, ...

    Raises
    ------
    DataError
        If the input is empty or begins with an unreadable row.
    UsageError
        If the header is none.
    """

    missing: frozenset[str] = frozenset()
    free_text: frozenset[str] = frozenset()

    def __init__(
        self, lines: ByteInput, reading: Reading, delimiter: str | None, *, header: bool = True
    ) -> None:
        self._reading = reading
        self._name = lines.name
        look = lines.first_lines(ROWS_TO_LOOK_AT + header, at_once=1 + header)
        if look and _SAR.match(look[0]):
            raise UsageError(
                f"{self._name} is a report of sar, with a table after the other: write it as one "
                "with sadf -d, or sadf -j"
            )
        layout = layout_of(look[:_LINES_OF_LAYOUT], delimiter)
        self.delimiter = layout.delimiter
        if self.delimiter == ";":  # because the comma is taken
            reading.cells = replace(reading.cells, prefers_comma=True)
        no_row = no_rows_in(look[:_LINES_OF_LAYOUT], self.delimiter)
        again = {line for line in look[: layout.before] if line.strip()}
        below = look[layout.before + 1 :]
        below = [line for line in below if line not in again and not (no_row and no_row(line))]
        rows = split(look[layout.before :][:1] + below, self.delimiter)
        self._first = rows[:1] + [row for row in rows[1:] if not header or row != rows[0]]
        self._lines = Lines(lines.blocks())
        before = [line for _, line in zip(range(layout.before), self._lines, strict=False)]
        #: What reads the rows, unless they are between blanks.
        self.rows = QuotedRows(self._lines, self.delimiter, self._refuse)
        self.rows.note = self._note_header
        self.rows.no_row = no_row
        self._header = self._first_row(before) if header or not self._first else self._first[0]
        if lines.undecodable and any(map(has_undecodable_bytes, self._header)):
            raise DataError(
                f"{self._name} has a header that is no UTF-8 text: convert the file, for instance "
                "with iconv -f latin1 -t utf-8"
            )
        self.told = self._layout(layout.before)
        if header:
            self._name_columns()
        else:
            self._width = len(self._header)
            self._header = []
            self.columns: Sequence[str] = list(map(str, range(self._width)))
            # An array's columns are features 0, 1, 2, ...: the same state fits both.
            self.keys: Sequence[Hashable] = list(range(self._width))

    @property
    def line(self) -> int:
        """The number of the line, from 1, where the last row begins."""
        return self._lines.place if self.delimiter == BLANK else self.rows.line

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the rows in turn, of any number of cells."""
        if self.delimiter == BLANK:
            return self._blank_rows()
        rows = filter(None, self.rows)
        return self._without_last(rows) if self._width > len(self.columns) else rows

    def parts(self, block_of: Callable[[Rows], Block | None]) -> Iterator[list[str] | Block]:
        """Yield the rows in turn, those that came at once as a block if one is made of them."""
        if self.delimiter == BLANK or self._width > len(self.columns):
            return iter(self)
        return filter(None, self.rows.parts(block_of))

    def first(self) -> Sequence[Sequence[str]]:
        """Return the rows at the beginning without taking them."""
        rows = self._first[1:] if self._header else self._first
        if self._width > len(self.columns):
            return list(self._without_last(iter(rows)))
        return rows

    def give_up(self) -> None:
        """Hear that the last row was refused: lines that a stray quote took in come again."""
        if self.delimiter != BLANK:
            self.rows.give_up(self._width)

    def _blank_rows(self) -> Iterator[list[str]]:
        lines, header, rows = self._lines, self._header, self.rows
        # The last column may hold blanks, as commands in a list of processes do.
        most = len(self.columns) - 1
        for line in lines:
            row = line.rstrip().split(None, most)
            if row == header or rows.passes_over(line):
                self._note_header()
            elif row and not (rows.no_row is not None and rows.no_row(line)):
                yield row
            lines.taken.clear()

    def _without_last(self, rows: Iterator[list[str]]) -> Iterator[list[str]]:
        """Yield rows without the empty cell behind a delimiter at the end of a line."""
        for row in rows:
            yield row[:-1] if len(row) == self._width and not row[-1].strip() else row

    def _first_row(self, before: Sequence[str]) -> list[str]:
        """Take the row with the names; it and the lines before it are passed over from then on."""
        self._lines.taken.clear()
        if self.delimiter == BLANK:
            rows: Iterator[list[str]] = map(str.split, self._lines)
        else:
            rows = csv.reader(self._lines, delimiter=self.delimiter, strict=True)
        try:
            for row in rows:
                if row:
                    head = [line.rstrip("\r\n") for line in (*before, *self._lines.taken)]
                    self.rows.pass_over(filter(str.strip, head), row)
                    return row
                self._lines.taken.clear()
        except csv.Error as error:
            raise DataError(f"{self._name} has an unreadable first row: {error}") from None
        raise DataError(f"{self._name} is empty: a header and rows are expected")

    def _name_columns(self) -> None:
        if not is_header(self._header):
            raise UsageError(
                f"{self._name} begins with numbers, not with names of columns: if it has "
                "no header, say --no-header"
            )
        if looks_like_values(self._header, self._first[1:]):
            raise UsageError(
                f"{self._name} begins with {listed(self._header, 4)}, which look like values and "
                "not like names of columns: if it has no header, say --no-header"
            )
        next_row = self._first[1] if len(self._first) > 1 else []
        for cell, below in zip(self._header, next_row, strict=False):
            if ":" in cell and ":" in below and is_time(cell) and is_time(below):
                raise UsageError(
                    f"{self._name} begins with '{shown(cell)}', a time and no name of a column: if "
                    "it has no header, say --no-header; a log in a form of its own has to become a "
                    "table or JSON first"
                )
        self.columns, self._width = names_of(self._header, self._first[1:])
        self.keys = self.columns
        given = [name.strip() for name in self._header]
        heads = {name: name.rpartition("_")[0] for name in self.columns}
        doubled = [name for name, head in heads.items() if head and given.count(head) > 1]
        if doubled:
            self._reading.say(f"names that come again were changed: there are {listed(doubled)}")

    def _layout(self, before: int) -> str:
        parts = []
        if self.delimiter != ",":
            between = _SPELLED.get(self.delimiter, repr(self.delimiter))
            parts.append(f"cells between {between}")
        if before:
            parts.append(f"{before:,} line{'s' if before > 1 else ''} before the header")
        return ", ".join(parts)

    def _note_header(self) -> None:
        self._reading.note_once(f"the header of {self._name} comes again, and is no event")

    def _refuse(self, number: int, error: str) -> None:
        self._reading.refuse(DataError(f"{self._name}, line {number:,}: {error}"))
