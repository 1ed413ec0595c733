"""What reads rows of cells, whatever stands between them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Protocol


class Records(Protocol):
    """Rows of cells under names.

    `columns` are the names, `keys` what the detector calls them, `missing` the words that the
    format itself has for no value, `free_text` columns that others have in parts, and `told` says
    what was understood of the layout.
    """

    columns: Sequence[str]
    keys: Sequence[Hashable]
    missing: frozenset[str]
    free_text: frozenset[str]
    told: str

    @property
    def line(self) -> int:
        """The number of the line, from 1, where the last row begins."""
        ...

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the rows in turn, of any number of cells."""
        ...

    def first(self) -> Sequence[Sequence[str]]:
        """Return the rows at the beginning without taking them."""
        ...

    def give_up(self) -> None:
        """Hear that the last row was refused."""
