"""Rows of any content, text beside numbers, as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river.utils.dataframe import into_frame
from sklearn.utils.validation import validate_data

from clipsgd_river._kernels.as_float import as_float


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

    def events(self) -> Iterator[dict[Any, Any]]:
        """Rows as events, one by one."""
        if not self.columns:
            yield from ({} for _ in range(self.count))
            return
        for row in zip(*self.columns, strict=True):
            yield dict(zip(self.names, row, strict=True))

    def map(self, encode: Callable[[dict[Any, Any]], dict[Any, Any]]) -> NDArray[np.float64]:
        """Numbers that a function makes of the events; shape (n, d)."""
        values = np.empty((self.count, len(self.names)))
        for row, event in zip(values, self.events(), strict=True):
            encoded = encode(event)
            row[:] = [as_float(name, encoded[name]) for name in self.names]
        return values


def mixed_rows_of(X: Any) -> MixedRows:
    """Take a table apart.

    Parameters
    ----------
    X
        Array-like of shape (n, d), or a pandas, polars or pyarrow frame.

    Raises
    ------
    TypeError
        If it is sparse.
    ValueError
        If it is not two-dimensional.
    """
    if hasattr(X, "columns") or hasattr(X, "column_names"):
        frame = into_frame(X)
        names = list(frame.columns)
        return MixedRows([frame[name].to_list() for name in names], names, len(frame), frame)
    if hasattr(X, "toarray"):
        raise TypeError("rows are dense; convert a sparse matrix with X.toarray() first")
    values = _as_array(X)
    if values.ndim != 2:
        raise ValueError(
            f"rows have shape (n, d), not {values.shape}; for one event call the method that "
            "ends in _one with a dict, or reshape(1, -1) it; for one feature reshape(-1, 1)"
        )
    return _of_array(values, list(range(values.shape[1])))


def validated_mixed_rows(estimator: Any, X: Any, *, reset: bool) -> MixedRows:
    """Take a table apart as scikit-learn's estimators do, which remember its width and names.

    Parameters
    ----------
    estimator
        Gets ``n_features_in_`` and ``feature_names_in_``, or has them.
    X
        Array-like or frame of shape (n, d).
    reset
        Whether these rows say what later ones must look like, or are held against it.

    Raises
    ------
    ValueError
        If the rows do not fit those that came first.
    """
    given = X if hasattr(X, "shape") else _as_array(X)
    values = validate_data(estimator, given, reset=reset, dtype=None, ensure_all_finite=False)
    names = getattr(estimator, "feature_names_in_", None)
    return _of_array(values, list(range(values.shape[1])) if names is None else list(names))


def _as_array(X: Any) -> NDArray[Any]:
    # Without a type NumPy would make text of the numbers beside text.
    return X if isinstance(X, np.ndarray) else np.asarray(X, dtype=object)


def _of_array(values: NDArray[Any], names: list[Any]) -> MixedRows:
    return MixedRows([column.tolist() for column in values.T], names, len(values))
