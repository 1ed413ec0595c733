"""The last events of a stream as rows of one array whose columns are remembered by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsgd_river._kernels.as_float import as_float

# scikit-learn's trees read single precision and refuse what is beyond 3e38; this leaves room for a
# scaler before them.
LARGEST = 1e30


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
        self._rows = np.empty((size, 0))

    def push(self, event: Mapping[Any, Any]) -> bool:
        """Take an event in; returns whether it had a value to keep.

        What is infinite, or beyond 1e30 in size, is kept as missing. A name with its first
        number becomes a column.

        Raises
        ------
        TypeError
            If a value is no number; the window is then as it was.
        ValueError
            If there would be more than ``max_features`` columns; likewise.
        """
        numbers = {name: numeric(name, content) for name, content in event.items()}
        kept = {name: value for name, value in numbers.items() if abs(value) <= LARGEST}
        if not kept:
            return False
        fresh = [name for name in kept if name not in self.columns]
        if fresh:
            self._widen(fresh)
        row = self._rows[self.seen % self.size]
        row[:] = np.nan
        for name, value in kept.items():
            row[self.columns[name]] = value
        self.seen += 1
        return True

    def row(self, event: Mapping[Any, Any]) -> NDArray[np.float64]:
        """What `push` would keep of an event, as one row; NaN elsewhere, shape (columns,)."""
        row = np.full(len(self.columns), np.nan)
        for name, content in event.items():
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

    def present(self) -> list[Any]:
        """Names that some event of the window has a value for, in an order of their own."""
        present = np.any(~np.isnan(self.all()), axis=0).tolist()
        return _in_order(name for name, column in self.columns.items() if present[column])

    def _widen(self, fresh: list[Any]) -> None:
        width = len(self.columns) + len(fresh)
        if width > self.max_features:
            raise ValueError(
                f"the event brings feature {fresh[0]!r}, and there are {len(self.columns)} of "
                f"max_features={self.max_features}; if names carry values (ids, times), they are "
                "no features, otherwise raise max_features"
            )
        wide = np.full((self.size, width), np.nan)
        wide[:, : len(self.columns)] = self._rows
        self._rows = wide
        for name in fresh:
            self.columns[name] = len(self.columns)


def numeric(name: Any, content: Any) -> float:
    """Value of a feature as a float; NaN if it is missing; ``TypeError`` if it is no number."""
    return content if type(content) is float else as_float(name, content)


def check_numbers(event: Mapping[Any, Any]) -> None:
    """Raise ``TypeError`` if a value of the event is no number."""
    for name, content in event.items():
        numeric(name, content)


def _in_order(names: Iterable[Any]) -> list[Any]:
    """Names in an order that does not depend on which came first."""
    names = list(names)
    try:
        return sorted(names)
    except TypeError:
        return sorted(names, key=lambda name: (type(name).__name__, repr(name)))
