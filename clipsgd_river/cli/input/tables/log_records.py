"""Rows of logs in which every line has the same form."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, NamedTuple

from clipsgd_river.cli.input.byte_input import ByteInput
from clipsgd_river.cli.input.events import ROWS_TO_LOOK_AT, Reading
from clipsgd_river.cli.input.tables.lines import Lines
from clipsgd_river.cli.terminal.errors import DataError
from clipsgd_river.cli.terminal.text import shown

#: Of the first lines so many must have the form of a log to be taken for one.
_LEAST_SHARE: Final = 0.8
#: Of a log whose messages go on over lines, fewer.
_LEAST_SHARE_OF_FIRST: Final = 0.3


class LogFormat(NamedTuple):
    """A form of lines.

    Parameters
    ----------
    name
        In words.
    columns
        What a line has.
    split
        Returns the cells of a line, without its end; None where it has another form.
    free_text
        Columns that say in words what others have in parts.
    goes_on
        Whether lines of another form belong to the one before.
    """

    name: str
    columns: Sequence[str]
    split: Callable[[str], list[str] | None]
    free_text: frozenset[str] = frozenset()
    goes_on: bool = False


class LogRecords:
    """Read a log line by line.

    Parameters
    ----------
    lines
        The bytes to read.
    reading
        Treatment of bad events.
    form
        The form of its lines.
    """

    #: As access logs have it.
    missing: frozenset[str] = frozenset({"-"})

    def __init__(self, lines: ByteInput, reading: Reading, form: LogFormat) -> None:
        self._reading = reading
        self._name = lines.name
        self._form = form
        look = lines.first_lines(ROWS_TO_LOOK_AT)
        self._first = [row for line in look if (row := form.split(line.rstrip("\r\n")))]
        self._lines = Lines(lines.blocks())
        self.columns: Sequence[str] = form.columns
        self.keys: Sequence[Hashable] = form.columns
        self.free_text = form.free_text
        self.told = form.name

    @property
    def line(self) -> int:
        """The number of the last line, from 1."""
        return self._lines.number

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the rows in turn."""
        lines, split = self._lines, self._form.split
        for line in lines:
            lines.taken.clear()
            text = line.rstrip("\r\n")
            row = split(text)
            if row is not None:
                yield row
            elif not text.strip():
                pass
            elif self._form.goes_on:
                self._reading.note_once("lines that go on with the one before are no events")
            else:
                self._reading.refuse(
                    DataError(
                        f"{self._name}, line {self.line:,}: '{shown(text)}' has not the form of "
                        f"{self._form.name}"
                    )
                )

    def first(self) -> Sequence[Sequence[str]]:
        """Return the rows at the beginning without taking them."""
        return self._first

    def give_up(self) -> None:
        """Hear that the last row was refused."""


def has_form(lines: Sequence[str], form: LogFormat) -> bool:
    """Tell whether most lines have a form."""
    texts = [text for line in lines if (text := line.rstrip("\r\n")).strip()]
    fitting = sum(form.split(text) is not None for text in texts)
    least = _LEAST_SHARE_OF_FIRST if form.goes_on else _LEAST_SHARE
    return bool(texts) and fitting >= least * len(texts)
