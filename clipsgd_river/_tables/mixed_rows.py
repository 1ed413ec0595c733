"""Rows of any content, text beside numbers, as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray
from river import compose
from river.utils.dataframe import into_frame, to_native_series
from sklearn.utils.validation import validate_data

from clipsgd_river._kernels.core.as_float import as_float, is_missing
from clipsgd_river._tables.rows import Rows, columns_of, is_frame, rows_of, two_dimensional


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
        if self.frame is None:
            return values
        return to_native_series(values, name=name, like=self.frame)


def mixed_rows_of(X: Any) -> MixedRows:
    """Take an array-like of shape (n, d) or a pandas, polars or pyarrow frame apart."""
    if is_frame(X):
        frame = into_frame(X)
        names = list(frame.columns)
        return MixedRows([frame[name].to_list() for name in names], names, len(frame), frame)
    values = two_dimensional(X, _as_array)
    return _of_array(values, list(range(values.shape[1])))


def rows_for(detector: Any, X: Any) -> Rows | MixedRows:
    """Take a table apart: numbers, or for a pipeline, whose first step may want it, text too."""
    is_pipeline = isinstance(detector, compose.Pipeline)
    return mixed_rows_of(X) if is_pipeline and _holds_others(X) else rows_of(X)


def _holds_others(X: Any) -> bool:
    """Whether a table holds anything but numbers, or might."""
    if is_frame(X):
        kinds = into_frame(X).schema.values()
        return not all(kind.is_numeric() or kind == nw.Boolean for kind in kinds)
    return _as_array(X).dtype.kind not in "biuf"


def validated_mixed_rows(estimator: Any, X: Any, *, reset: bool) -> MixedRows:
    """Take a table apart as `validated_rows` does."""
    given = X if hasattr(X, "shape") else _as_array(X)
    values = validate_data(estimator, given, reset=reset, dtype=None, ensure_all_finite=False)
    return _of_array(values, columns_of(estimator, values))


def _as_array(X: Any) -> NDArray[Any]:
    # Without a type NumPy would make text of the numbers beside text.
    return X if isinstance(X, np.ndarray) else np.asarray(X, dtype=object)


def _of_array(values: NDArray[Any], names: list[Any]) -> MixedRows:
    return MixedRows([column.tolist() for column in values.T], names, len(values))
