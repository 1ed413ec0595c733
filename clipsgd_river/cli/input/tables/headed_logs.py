"""Logs whose columns are named in lines that begin with ``#``: of Zeek, and as the W3C has them."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterator, Sequence
from typing import Final

from clipsgd_river.cli.input.byte_input import ByteInput
from clipsgd_river.cli.input.events import ROWS_TO_LOOK_AT, Reading
from clipsgd_river.cli.input.tables.lines import Lines
from clipsgd_river.cli.terminal.errors import DataError

_NAMES: Final = ("#fields", "#Fields:")
_WHEN: Final = ("date", "time")


class HeadedRecords:
    """Read a log in which a line names the columns of those after it.

    The line may come again, as it does where a log is rotated or a server starts anew; columns that
    the first one had not are passed over. ``date`` and ``time`` become one column, in UTC, as
    both formats have it.

    Parameters
    ----------
    lines
        The bytes to read.
    reading
        Treatment of bad events.

    Raises
    ------
    DataError
        If no line names the columns.
    """

    free_text: frozenset[str] = frozenset()

    def __init__(self, lines: ByteInput, reading: Reading) -> None:
        self._reading = reading
        self._name = lines.name
        self._delimiter: str | None = None
        self._order: list[int] = []
        self._joins_time = False
        self._width = 0
        self.columns: Sequence[str] = ()
        self.missing = frozenset({"-"})
        self.told = ""
        self._lines = Lines(lines.blocks())
        look = lines.first_lines(ROWS_TO_LOOK_AT)
        self._first = list(self._rows(Lines([look])))
        if not self.columns:
            raise DataError(f"{self._name} has no line that begins with #fields or #Fields:")
        self.keys: Sequence[Hashable] = self.columns

    @property
    def line(self) -> int:
        """The number of the last line, from 1."""
        return self._lines.number

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the rows in turn, of any number of cells."""
        return self._rows(self._lines)

    def first(self) -> Sequence[Sequence[str]]:
        """Return the rows at the beginning without taking them."""
        return self._first

    def give_up(self) -> None:
        """Hear that the last row was refused."""

    def _rows(self, lines: Lines) -> Iterator[list[str]]:
        for line in lines:
            lines.taken.clear()
            text = line.rstrip("\r\n")
            if text.startswith("#"):
                self._read_directive(text)
                continue
            cells = text.split(self._delimiter)
            if not text.strip() or not self.columns:
                continue
            if len(cells) != self._width:
                yield cells[: self._width - self._joins_time] + cells[self._width :]
                continue
            row = [cells[at] if at >= 0 else "" for at in self._order]
            if self._joins_time:
                row[0] = f"{cells[self._date_at]} {cells[self._time_at]}Z"
            yield row

    def _read_directive(self, text: str) -> None:
        word, _, rest = text.partition("\t" if "\t" in text else " ")
        if word.startswith("#separator"):
            with contextlib.suppress(UnicodeDecodeError):  # a tab, as nearly always
                self._delimiter = rest.strip().encode().decode("unicode_escape") or None
        elif word in ("#unset_field", "#empty_field"):
            self.missing |= {rest.strip().lower()}
        elif word in _NAMES:
            if word == _NAMES[0]:
                self._delimiter = self._delimiter or "\t"
                self.told = "a log of Zeek"
            else:
                self._delimiter = "\t" if "\t" in rest else None
                self.told = "a log as the W3C has it"
            self._read_names(rest.split(self._delimiter))

    def _read_names(self, names: Sequence[str]) -> None:
        self._width = len(names)
        self._joins_time = set(_WHEN) <= set(names)
        if self._joins_time:
            self._date_at, self._time_at = map(list(names).index, _WHEN)
        ours = ["time", *(n for n in names if n not in _WHEN)] if self._joins_time else list(names)
        if not self.columns:
            self.columns = ours
        places = {name: at for at, name in enumerate(names)}
        self._order = [places.get(name, -1) for name in self.columns]
