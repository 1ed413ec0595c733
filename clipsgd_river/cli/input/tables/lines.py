"""Lines of text that are numbered, and can be given back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


class Lines:
    """Lines of text, with those of the present record at hand.

    Parameters
    ----------
    lines
        With their ends.

    Examples
    --------
    >>> lines = Lines(["a", "b", "c"])
    >>> reader = iter(lines)
    >>> next(reader), next(reader), lines.taken
    ('a', 'b', ['a', 'b'])
    >>> lines.give_back(["b"])
    >>> list(lines), lines.number
    (['b', 'c'], 3)
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: list[str] = []
        #: Those of the present record; whoever reads records clears it.
        self.taken: list[str] = []
        #: How many were taken.
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        """Yield those that were given back, then the others; begin anew after giving some back."""
        taken = self.taken
        while self._again:
            self.number += 1
            taken.append(line := self._again.pop())
            yield line
        for line in self._lines:
            self.number += 1
            taken.append(line)
            yield line

    @property
    def place(self) -> int:
        """The number of the first line of the present record."""
        return self.number - len(self.taken) + 1

    def give_back(self, lines: Sequence[str]) -> None:
        """Have lines, the last that were taken, come again."""
        self._again.extend(reversed(lines))
        self.number -= len(lines)
        del self.taken[len(self.taken) - len(lines) :]
