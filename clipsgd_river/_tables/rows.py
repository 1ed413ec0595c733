"""Rows of numbers as one flat buffer of doubles with named columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsgd_river._kernels import COMPILED
from clipsgd_river._tables.containers import table_of
from clipsgd_river._tables.tables import series_like

# Between chunks Ctrl-C is heard, and threads that wait for the interpreter's lock may take it.
CHUNK = 4096


@dataclass(frozen=True)
class Rows:
    """A table as the kernels read it.

    Parameters
    ----------
    values
        Shape (n, d), C order, float64; NaN is a missing value.
    names
        The feature in each column: its name in a frame, 0..d-1 in an array.
    frame
        The narwhals frame it came from, ``None`` for an array.
    clock
        Column of times in seconds, ``None`` if there is none.
    """

    values: NDArray[np.float64]
    names: list[Any]
    frame: Any = None
    clock: Any = None

    def __len__(self) -> int:
        return len(self.values)

    def parts(self) -> Iterator[tuple[slice, Rows]]:
        """Consecutive parts: the slice of rows, and these as a table of their own."""
        for start in range(0, len(self.values), CHUNK):
            part = slice(start, min(start + CHUNK, len(self.values)))
            yield part, Rows(self.values[part], self.names, clock=self.clock)

    def chunks(self) -> Iterator[tuple[slice, Any]]:
        """Consecutive parts: the slice of rows and their flat buffer, a list uncompiled."""
        for part, rows in self.parts():
            flat = rows.values.reshape(-1)
            # An ndarray hands out a new object per element; a list is several times faster.
            yield part, flat if COMPILED else flat.tolist()

    def events(self) -> Iterator[dict[Any, float]]:
        """Rows as events, one by one: a missing value is a missing key."""
        for row in self.values.tolist():
            yield {name: x for name, x in zip(self.names, row, strict=True) if x == x}

    def lists(self) -> list[list[float]]:
        """Values of each column."""
        columns: list[list[float]] = self.values.T.tolist()
        return columns

    def where(self, known: NDArray[np.bool_]) -> Rows:
        """The rows for which a mask is true, in order."""
        return self if known.all() else Rows(self.values[known], self.names)

    def like_input(self, values: NDArray[np.float64], name: str) -> Any:
        """One value per row in the caller's kind: a Series for a frame, with its index."""
        return series_like(self.frame, values, name)


def rows_of(X: Any) -> Rows:
    """Take a table of numbers apart; `Rows` stay as they are. `table_of` says what is a table."""
    if isinstance(X, Rows):
        return X
    table = table_of(X)
    return Rows(table.numbers(), table.names, table.frame, table.clock)


def rows_and_targets(X: Any, y: Any) -> tuple[Rows, list[Any]]:
    """Take a table apart, and its targets with it; ``ValueError`` if their numbers differ."""
    rows = rows_of(X)
    targets = np.asarray(y, dtype=None if hasattr(y, "dtype") else object)
    if targets.shape != (len(rows.values),):
        raise ValueError(
            f"{len(rows.values)} rows need as many targets, in one dimension: the shape is "
            f"{targets.shape}"
        )
    return rows, targets.tolist()
