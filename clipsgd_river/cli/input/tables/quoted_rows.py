"""Rows of cells, some in quotes; a stray quote costs the line that it is in, not the file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from clipsgd_river.cli.input.blocks import Block, pieces
from clipsgd_river.cli.input.tables.lines import Lines

Rows = list[list[str]]


class QuotedRows:
    """Split lines into rows of cells.

    Parameters
    ----------
    lines
        The lines.
    delimiter
        One character.
    refuse
        Called with the number of a line and what is wrong with it; may raise.

    Examples
    --------
    >>> refused = []
    >>> lines = Lines([['1,"a', '2,b', '3,"c, d"']])
    >>> list(QuotedRows(lines, ",", lambda *found: refused.append(found)))
    [['2', 'b'], ['3', 'c, d']]
    >>> refused[0][0]
    1
    """

    def __init__(self, lines: Lines, delimiter: str, refuse: Callable[[int, str], None]) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._refuse = refuse
        self._anew = False
        self._reader: Any = None
        self._passed_over: frozenset[str] = frozenset()
        self._header: list[str] = []
        #: Tells lines, such as comments, that are no rows.
        self.no_row: Callable[[str], object] | None = None
        #: Called where it is passed over.
        self.note: Callable[[], object] = _nothing
        #: Whether no cell of the present row is quoted or has to be.
        self.is_plain = False

    @property
    def line(self) -> int:
        """The number of the line, from 1, where the present row begins."""
        if self.is_plain and self._reader is not None:
            return self._lines.number + int(self._reader.line_num)
        return self._lines.place

    def pass_over(self, lines: Iterable[str], header: list[str]) -> None:
        """Pass over lines without their ends that are no rows, and a header in other quotes."""
        self._passed_over = frozenset(line + end for line in lines for end in ("", "\n", "\r\n"))
        self._header = header

    def passes_over(self, line: str) -> bool:
        """Tell whether a line is one of those that are passed over."""
        return line in self._passed_over

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the rows in turn, empty ones as empty lists."""
        return self.parts(_none)  # type: ignore[return-value]  # there is no block among them

    def parts(self, block_of: Callable[[Rows], Block | None]) -> Iterator[list[str] | Block]:
        """Yield the rows in turn, those that came at once as a block if one is made of them."""
        lines = self._lines
        while (block := lines.next_block()) is not None:
            # Nearly all blocks have no quotes; their rows come without a step of Python.
            self.is_plain = not any('"' in line for line in block)
            if not self.is_plain:
                lines.put_before(block)
                yield from self._quoted()
                continue
            if self.no_row is not None:
                no_row = self.no_row
                block = ["\n" if no_row(each) else each for each in block]
            if not self._passed_over.isdisjoint(block):
                self.note()
                block = ["\n" if each in self._passed_over else each for each in block]
            if block_of is _none:
                yield from self._plain(block)
                continue
            for few in pieces(block):
                found = self._block(few, block_of)
                if found is None:
                    yield from self._plain(few)
                else:
                    yield found
                    lines.number += len(few)

    def _block(self, lines: list[str], block_of: Callable[[Rows], Block | None]) -> Block | None:
        try:
            return block_of(list(csv.reader(lines, delimiter=self._delimiter, strict=True)))
        except csv.Error:
            return None

    def _plain(self, block: list[str]) -> Iterator[list[str]]:
        while block:
            self._reader = csv.reader(block, delimiter=self._delimiter, strict=True)
            try:
                yield from self._reader
                read = len(block)
            except csv.Error as error:
                read = self._reader.line_num
                self._refuse(self._lines.number + read, f"{error}: shorten it")
            self._lines.number += read
            self._reader = None
            block = block[read:]

    def _quoted(self) -> Iterator[list[str]]:
        lines, taken = self._lines, self._lines.taken
        while True:
            taken.clear()
            self._anew = False
            try:
                for row in csv.reader(lines.begun(), delimiter=self._delimiter, strict=True):
                    again = len(taken) == 1 and taken[0] in self._passed_over
                    if row and (again or row == self._header):
                        self.note()
                        row = []
                    elif self.no_row is not None and len(taken) == 1 and self.no_row(taken[0]):
                        row = []
                    yield row
                    if self._anew:
                        break
                    taken.clear()
                else:
                    return
            except csv.Error as error:
                self._give_up_line(str(error))

    def give_up(self, width: int) -> None:
        """Hear that the last row was refused, of which there should be `width` cells.

        If the lines after its first make whole rows by themselves, a stray quote took them in, and
        they come again.
        """
        rest = self._lines.taken[1:]
        if rest and not self.is_plain:
            try:
                rows = list(csv.reader(rest, delimiter=self._delimiter, strict=True))
            except csv.Error:
                return
            if all(len(row) == width for row in rows):
                self._lines.give_back(rest)
                self._anew = True

    def _give_up_line(self, error: str) -> None:
        """Give up the line where the quote opened that is not closed; the rest comes again."""
        taken = list(self._lines.taken)
        quotes = opened = 0
        for at, line in enumerate(taken):
            count = line.count('"')
            if quotes % 2 == 0 and count % 2:
                opened = at
            quotes += count
        number = self._lines.place + opened
        self._lines.give_back(taken[opened + 1 :])
        self._refuse(
            number,
            f"a quote that opens here is not closed as it should be ({error}): a quote may be "
            "missing or one too many",
        )


def _nothing() -> None:
    pass


def _none(_: Rows) -> None:
    pass
