"""Tables one of whose columns says when a row was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw

from clipsgd_river._kernels.time_series.seconds import is_time
from clipsgd_river._tables.containers import table_of
from clipsgd_river._tables.tables import FrameTable, Table


def timed_table(X: Any, clock: Any) -> Table:
    """Take a table apart, with its column of times.

    Parameters
    ----------
    X
        What `table_of` takes.
    clock
        Name of the column; ``None`` for the first one that holds times of the calendar, if any.
    """
    table = table_of(X)
    if clock is None:
        clock = first_clock(table)
    return table if clock is None else replace(table, clock=clock)


def first_clock(table: Table) -> Any:
    """Name of the first column whose first value is a time; ``None`` if there is none."""
    if isinstance(table, FrameTable):
        for name, kind in table.frame.schema.items():
            if kind in (nw.Datetime, nw.Date):
                return name
            if kind == nw.Object and is_time(_first(table.frame[name].to_list())):
                return name
    elif table.values.dtype.kind == "O":
        for name, column in zip(table.names, table.values.T, strict=True):
            if is_time(_first(column)):
                return name
    return None


def _first(column: Any) -> Any:
    """First value that is there."""
    return next((value for value in column if value is not None), None)
