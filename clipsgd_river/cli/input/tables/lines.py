"""Lines of text that are numbered, and can be given back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


class Lines:
    """Lines of text in blocks, with those of the present record at hand.

    Parameters
    ----------
    blocks
        Lines with their ends, as many as came at once.

    Examples
    --------
    >>> lines = Lines([["a", "b"], ["c"]])
    >>> reader = iter(lines)
    >>> next(reader), next(reader), lines.taken
    ('a', 'b', ['a', 'b'])
    >>> lines.give_back(["b"])
    >>> list(lines), lines.number
    (['b', 'c'], 3)
    """

    def __init__(self, blocks: Iterable[list[str]]) -> None:
        self._blocks = iter(blocks)
        self._again: list[str] = []
        #: Those of the present record; whoever reads records clears it.
        self.taken: list[str] = []
        #: How many were taken.
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        """Yield the lines; begin anew after giving some back."""
        return self._one_by_one(to_the_end=True)

    def begun(self) -> Iterator[str]:
        """Yield the lines of the present block, and of others as far as a record reaches into them.

        A record has ended where `taken` is cleared.
        """
        return self._one_by_one(to_the_end=False)

    def next_block(self) -> list[str] | None:
        """Take what is left of the present block, or the next one; None where there is none."""
        if self._again:
            block, self._again = self._again[::-1], []
            return block
        return next(self._blocks, None)

    @property
    def place(self) -> int:
        """The number of the first line of the present record."""
        return self.number - len(self.taken) + 1

    def give_back(self, lines: Sequence[str]) -> None:
        """Have lines, the last that were taken, come again."""
        self.put_before(lines)
        self.number -= len(lines)
        del self.taken[len(self.taken) - len(lines) :]

    def put_before(self, lines: Sequence[str]) -> None:
        """Have lines that were not counted come next."""
        self._again.extend(reversed(lines))

    def _one_by_one(self, *, to_the_end: bool) -> Iterator[str]:
        taken = self.taken
        while True:
            while self._again:
                self.number += 1
                taken.append(line := self._again.pop())
                yield line
            if not taken and not to_the_end:
                return
            block = next(self._blocks, None)
            if block is None:
                return
            self.put_before(block)
