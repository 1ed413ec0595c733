"""The last events of a stream as rows of one array whose columns are remembered by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsgd_river._kernels.core.as_float import as_float, not_an_event

# scikit-learn's trees read single precision and refuse what is beyond 3e38; this lets a scaler come
# before them.
LARGEST = 1e30
# Rows allocated at first.
SMALLEST = 16


class EventWindow:
    """Ring of the last ``size`` events: one row each, NaN where a value is missing.

    Parameters
    ----------
    size
        Events kept, at least 1.
    max_features
        The most columns there may be.
    """

    def __init__(self, size: int, max_features: int) -> None:
        self.size = size
        self.max_features = max_features
        self.columns: dict[Any, int] = {}
        self.seen = 0
        # Grows with the events: a large size alone takes no memory.
        self._rows = np.empty((min(size, SMALLEST), 0))
        # The columns in which each row has a value, and how many rows have one in each column.
        self._columns_of: list[list[int]] = []
        self._filled = np.zeros(0, dtype=np.int64)

    def push(self, event: Mapping[Any, Any]) -> bool:
        """Take an event in; returns whether it had a value to keep.

        What is infinite, or beyond 1e30 in size, is kept as missing. A name with its first
        number becomes a column.

        Raises
        ------
        TypeError, ValueError
            If a value is not a number, or there would be more than ``max_features`` columns. The
            window is then as it was.
        """
        kept = self.read(event)
        if kept:
            self.take(kept)
        return bool(kept)

    def read(self, event: Mapping[Any, Any]) -> dict[Any, float]:
        """What `push` keeps of an event; raises as it does, and changes nothing."""
        numbers = {name: numeric(name, content) for name, content in items_of(event)}
        kept = {name: value for name, value in numbers.items() if abs(value) <= LARGEST}
        if not kept.keys() <= self.columns.keys():
            fresh = [name for name in kept if name not in self.columns]
            if len(self.columns) + len(fresh) > self.max_features:
                raise ValueError(
                    f"the event brings feature {fresh[0]!r}, and there are {len(self.columns)} of "
                    f"max_features={self.max_features}; if names carry values (ids, times), turn "
                    "them into values, otherwise raise max_features"
                )
        return kept

    def take(self, kept: Mapping[Any, float]) -> None:
        """Take in what `read` kept of an event, at least one value."""
        fresh = [name for name in kept if name not in self.columns]
        if fresh:
            self._widen(fresh)
        if self.seen == len(self._rows) < self.size:
            self._lengthen()
        position = self.seen % self.size
        row = self._rows[position]
        if self.seen < self.size:
            row[:] = np.nan
            self._columns_of.append([])
        for column in self._columns_of[position]:
            row[column] = np.nan
            self._filled[column] -= 1
        columns = [self.columns[name] for name in kept]
        for column, value in zip(columns, kept.values(), strict=True):
            row[column] = value
            self._filled[column] += 1
        self._columns_of[position] = columns
        self.seen += 1

    def row(self, event: Mapping[Any, Any]) -> NDArray[np.float64]:
        """What `push` would keep of an event, as one row; NaN elsewhere, shape (columns,)."""
        row = np.full(len(self.columns), np.nan)
        for name, content in items_of(event):
            value = numeric(name, content)
            if abs(value) <= LARGEST and name in self.columns:
                row[self.columns[name]] = value
        return row

    def last(self, count: int) -> NDArray[np.float64]:
        """The last ``count`` rows, oldest first; shape (count, columns)."""
        return self._rows[np.arange(self.seen - count, self.seen) % self.size]

    def all(self) -> NDArray[np.float64]:
        """All rows there are, oldest first."""
        return self.last(min(self.seen, self.size))

    def stored(self) -> NDArray[np.float64]:
        """All rows there are, without a copy; their order is that of `ages`."""
        return self._rows[: min(self.seen, self.size)]

    def filled(self) -> NDArray[np.intp]:
        """Columns in which a row has a value, ascending."""
        return np.flatnonzero(self._filled)

    def ages(self, positions: NDArray[np.intp]) -> NDArray[np.intp]:
        """How many events after the one just overwritten the rows of `stored` came."""
        return (positions - self.seen) % self.size

    def restore(self, names: list[Any], seen: int, rows: NDArray[np.float64]) -> None:
        """Take over columns and rows, oldest first, of another window; this one must be new."""
        self._rows = np.full((max(len(rows), self._rows.shape[0]), len(names)), np.nan)
        self.columns = {name: column for column, name in enumerate(names)}
        self.seen = seen
        self._rows[np.arange(seen - len(rows), seen) % self.size] = rows
        filled = ~np.isnan(self.stored())
        self._filled = filled.sum(axis=0)
        self._columns_of = [np.flatnonzero(row).tolist() for row in filled]

    def present(self) -> list[Any]:
        """Names that some event of the window has a value for, in an order of their own."""
        present = np.any(~np.isnan(self.all()), axis=0).tolist()
        return _in_order(name for name, column in self.columns.items() if present[column])

    def _widen(self, fresh: list[Any]) -> None:
        width = len(self.columns)
        wide = np.full((len(self._rows), width + len(fresh)), np.nan)
        wide[:, :width] = self._rows
        self._rows = wide
        self._filled = np.append(self._filled, np.zeros(len(fresh), dtype=np.int64))
        for name in fresh:
            self.columns[name] = len(self.columns)

    def _lengthen(self) -> None:
        more = min(len(self._rows), self.size - len(self._rows))
        self._rows = np.vstack([self._rows, np.full((more, self._rows.shape[1]), np.nan)])


def items_of(event: Any) -> Any:
    """Names and values of an event; ``TypeError`` if it is none."""
    if not isinstance(event, Mapping):
        raise not_an_event(event)
    return event.items()


def numeric(name: Any, content: Any) -> float:
    """Value of a feature as a float; NaN if it is missing; ``TypeError`` if it is not a number."""
    return content if type(content) is float else as_float(name, content)


def check_numbers(event: Mapping[Any, Any]) -> None:
    """Raise ``TypeError`` if a value of the event is not a number."""
    for name, content in items_of(event):
        numeric(name, content)


def _in_order(names: Iterable[Any]) -> list[Any]:
    """Names in an order that does not depend on which came first."""
    names = list(names)
    try:
        return sorted(names)
    except TypeError:
        return sorted(names, key=lambda name: (type(name).__name__, repr(name)))
