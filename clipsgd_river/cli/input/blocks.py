"""Rows of numbers that came at once, to be judged together."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from clipsgd_river.cli.input.events import Event

#: So few rows stay in the processor's cache.
_ROWS: Final = 200


def pieces(lines: list[str]) -> Iterator[list[str]]:
    """Yield some lines at a time."""
    return (lines[at : at + _ROWS] for at in range(0, len(lines), _ROWS))


class Block(NamedTuple):
    """Rows that have the same features, all of them numbers.

    Parameters
    ----------
    names
        What the detector calls the features.
    values
        The numbers, row by row; NaN is a missing one.
    records
        The rows as their source has them.
    event
        Makes an event of the number of a row, its values and its record.
    first
        The number of the first row.
    """

    names: Sequence[Hashable]
    values: array[float]
    records: Sequence[Any]
    event: Callable[[int, Sequence[float], Any], Event]
    first: int = 1

    def event_at(self, place: int) -> Event:
        """Return one of the rows as an event."""
        width = len(self.names)
        values = self.values[place * width : (place + 1) * width]
        return self.event(self.first + place, values, self.records[place])
