"""Rows of cells, some in quotes; a stray quote costs the line that it is in, not the file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator

from clipsgd_river.cli.input.tables.lines import Lines


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
    >>> lines = Lines(['1,"a', '2,b', '3,"c, d"'])
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

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the rows in turn, empty ones as empty lists."""
        lines, taken = self._lines, self._lines.taken
        while True:
            taken.clear()
            self._anew = False
            try:
                for row in csv.reader(lines, delimiter=self._delimiter, strict=True):
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
        if rest:
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
