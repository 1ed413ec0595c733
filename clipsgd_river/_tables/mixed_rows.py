"""Rows of any content, text beside numbers, as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from river import compose

from clipsgd_river._kernels.core.as_float import as_float, is_missing
from clipsgd_river._tables.containers import table_of
from clipsgd_river._tables.rows import Rows, rows_of
from clipsgd_river._tables.tables import Table, series_like

AnyRows = TypeVar("AnyRows")
Check = Callable[[Any, Any], Any]
# Types of which every value is a number or a category.
PLAIN = {str, float, int, bool, bytes, type(None)}


@dataclass(frozen=True)
class MixedRows:
    """A table as a list of values for each of its columns.

    Parameters
    ----------
    columns
        Values of each column, plain Python objects.
    names
        The feature in each column: its name in a frame, 0..d-1 in an array.
    count
        Rows.
    frame
        The narwhals frame it came from, ``None`` for an array.
    """

    columns: list[list[Any]]
    names: list[Any]
    count: int
    frame: Any = None

    def __len__(self) -> int:
        return self.count

    def events(self) -> Iterator[dict[Any, Any]]:
        """Rows as events, one by one: a missing value is a missing key."""
        for row in zip(*self.columns, strict=True) if self.columns else ((),) * self.count:
            yield {n: v for n, v in zip(self.names, row, strict=True) if not is_missing(v)}

    def lists(self) -> list[list[Any]]:
        """Values of each column."""
        return self.columns

    def map(self, encode: Callable[[dict[Any, Any]], dict[Any, Any]]) -> NDArray[np.float64]:
        """Numbers that a function makes of the events; shape (n, d), NaN where a value is missing.

        What it makes of other values than it was given is left out.
        """
        values = np.full((self.count, len(self.names)), np.nan)
        for row, event in zip(values, self.events(), strict=True):
            encoded = encode(event)
            row[:] = [as_float(name, encoded.get(name)) for name in self.names]
        return values

    def like_input(self, values: NDArray[np.float64], name: str) -> Any:
        """One value per row in the caller's kind: a Series for a frame, with its index."""
        return series_like(self.frame, values, name)


def mixed_rows_of(X: Any, check: Check | None = None) -> MixedRows:
    """Take a table of numbers and other values apart; `table_of` says what is a table.

    Parameters
    ----------
    X
        The table.
    check
        What raises, given the name of a column and a value, if the value may not be in an event.
    """
    table = table_of(X)
    return MixedRows(checked_lists(table, check), table.names, len(table), table.frame)


def checked_lists(table: Table, check: Check | None) -> list[list[Any]]:
    """Values of each column; one that is refused is refused before anything is done with others."""
    columns = table.lists()
    if check is not None:
        for name, column in zip(table.names, columns, strict=True):
            if not {type(value) for value in column} <= PLAIN:
                for value in column:
                    check(name, value)
    return columns


def rows_for(detector: Any, X: Any) -> Rows | MixedRows:
    """Take a table apart: numbers; text too for a pipeline, whose first step may want it.

    And for a detector that takes categories.

    ``ValueError`` if the rows lack the names that features known to the first step have.
    """
    rows: Rows | MixedRows
    takes_text = isinstance(detector, compose.Pipeline) or getattr(
        detector, "takes_categories", False
    )
    if takes_text and not isinstance(X, Rows):
        table = table_of(X)
        rows = rows_of(table) if table.holds_numbers() else mixed_rows_of(table)
    else:
        # A detector that takes text reads it itself.
        read = rows_of if isinstance(X, Rows) else getattr(detector, "_rows", rows_of)
        rows = read(X)
    return to_learn(detector, rows)


def to_learn(detector: Any, rows: AnyRows) -> AnyRows:
    """Rows for a detector or pipeline to learn; raises as `rows_for`."""
    while isinstance(detector, compose.Pipeline):
        detector = next(iter(detector.steps.values()))
    check: Callable[[AnyRows], AnyRows] | None = getattr(detector, "_to_learn", None)
    return rows if check is None else check(rows)
