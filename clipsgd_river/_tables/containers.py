"""Tables of any make: what is a table, and what to do with what is none.

Everything that takes rows takes them apart here, so that every method of both faces takes the same
tables and refuses others with the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.exceptions import DuplicateError
from numpy.typing import NDArray

from clipsgd_river._tables.tables import ArrayTable, FrameTable, Table

# What tables have that are not in memory, or in that of a library that is not read.
ELSEWHERE = ("collect", "compute", "columns", "__arrow_c_stream__", "__dataframe__")

SHAPE = (
    "Reshape your data: reshape(1, -1) for one event, or call the method that ends in _one with a "
    "dict; reshape(-1, 1) for one feature"
)


def table_of(X: Any) -> Table:
    """Take a table apart.

    Parameters
    ----------
    X
        A pandas or polars frame, a pyarrow table or record batch; a lazy polars frame is collected.
        Or an array, or what NumPy makes one of, of shape (n, d): its columns are the features
        0..d-1. Or a list of events, dicts of feature -> value. What was taken apart stays so.

    Raises
    ------
    TypeError, ValueError
        If it is anything else; the message says what to do with it.
    """
    if isinstance(X, FrameTable | ArrayTable):
        return X
    frame = frame_of(X)
    if frame is not None:
        return FrameTable(frame)
    if isinstance(X, list | tuple) and len(X) and is_event(X[0]):
        return _table_of_events(X)
    values = two_dimensional(X)
    return ArrayTable(values, list(range(values.shape[1])))


def frame_of(X: Any) -> Any:
    """The narwhals frame around a frame; ``None`` if the table is of another make.

    Raises
    ------
    ValueError
        If two columns share a name.
    """
    X = in_memory(X)
    if not (hasattr(X, "columns") or hasattr(X, "column_names")):
        return None
    try:
        found = nw.from_native(X, pass_through=True)
    except DuplicateError as error:
        said = " ".join(str(error).split()).replace("got: -", "got")
        raise ValueError(f"{said}; rename them so that each column has its own") from None
    return found if isinstance(found, nw.DataFrame) else None


def in_memory(X: Any) -> Any:
    """A table whose rows are there: a lazy polars frame collected, a record batch as a table."""
    if is_of(X, "polars", "LazyFrame"):
        return X.collect()
    if is_of(X, "pyarrow", "RecordBatch"):
        import pyarrow as pa

        return pa.Table.from_batches([X])
    return X


def is_of(X: Any, library: str, kind: str) -> bool:
    """Whether an object is of a class of a library, which need not be installed."""
    return type(X).__name__ == kind and type(X).__module__.partition(".")[0] == library


def is_event(row: Any) -> bool:
    """Whether a row of a list is an event: a dict, or a pandas Series that was a row of a frame."""
    return isinstance(row, Mapping) or is_of(row, "pandas", "Series")


def is_column(X: Any) -> bool:
    """Whether it is one column of values, not a table."""
    if frame_of(X) is not None or (isinstance(X, list | tuple) and len(X) and is_event(X[0])):
        return False
    return np.ndim(X) == 1


def two_dimensional(X: Any) -> NDArray[Any]:
    """Rows as an array; an error says what to do with anything that is not (n, d)."""
    kind = type(X).__name__
    if hasattr(X, "toarray") or hasattr(X, "todense"):
        raise TypeError("rows are dense; convert a sparse matrix with X.toarray() first")
    if isinstance(X, Mapping):
        raise TypeError(
            f"rows are a data frame, an array or a list of dicts, not one {kind}: for one event "
            "call the method that ends in _one; of a dict of columns make a frame, as with "
            "pandas.DataFrame(X)"
        )
    if _is_series(X):
        raise ValueError(
            f"rows have shape (n, d), and a {kind} has one dimension: for one event call the "
            "method that ends in _one with series.to_dict(), for one feature pass "
            f"series.to_frame(). {SHAPE}"
        )
    if any(hasattr(X, name) for name in ELSEWHERE):
        raise TypeError(
            f"a {type(X).__module__.partition('.')[0]} {kind} is not a table that is read: make a "
            "pandas, polars or pyarrow frame of it first, as its compute(), collect(), read_all() "
            "or to_pandas() may do"
        )
    values = array_of(X)
    if values.dtype.names:
        raise TypeError(
            f"an array with named fields {list(values.dtype.names)} is not read: make a frame of "
            "it, as with pandas.DataFrame(X), or {name: X[name] for name in X.dtype.names} for "
            "polars and pyarrow"
        )
    if values.ndim != 2:
        what = f"these have {values.shape}" if values.ndim else f"this is of type {kind}"
        raise ValueError(f"rows have shape (n, d), and {what}. {SHAPE}")
    if values.dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: column 0 is of type {values.dtype}; pass real and "
            "imaginary parts as columns of their own"
        )
    return values


def array_of(X: Any) -> NDArray[Any]:
    """An array of what was given; where it is not all numbers, of the very objects."""
    if isinstance(X, np.ma.MaskedArray) and not X.dtype.names:
        # A masked value is a missing one.
        values = np.array(X.data, dtype=object)
        values[np.ma.getmaskarray(X)] = None
        return values
    if isinstance(X, np.ndarray):
        return np.asarray(X)
    try:
        values = np.asarray(X)
    except ValueError as error:
        raise ValueError(f"rows have shape (n, d), all of the same length: {error}") from None
    # NumPy makes text of the numbers beside text.
    return values if values.dtype.kind in "biufcmMV" else np.asarray(X, dtype=object)


def _is_series(X: Any) -> bool:
    return hasattr(X, "to_frame") or isinstance(
        nw.from_native(X, series_only=True, pass_through=True), nw.Series
    )


def _table_of_events(X: Any) -> ArrayTable:
    for at, row in enumerate(X):
        if not is_event(row):
            raise TypeError(
                f"rows are all dicts or none, and row {at} is of type {type(row).__name__}; pass "
                "a list of dicts, an array or a frame"
            )
    names = list(dict.fromkeys(name for row in X for name in row.keys()))  # noqa: SIM118 (a Series)
    values = np.empty((len(X), len(names)), dtype=object)
    for cells, row in zip(values, X, strict=True):
        for at, name in enumerate(names):
            cells[at] = row.get(name)
    return ArrayTable(values, names, are_events=True)
