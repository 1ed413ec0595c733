"""Rows of any kind as one flat buffer of doubles with named columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray
from river.utils.dataframe import into_frame, to_native_series, to_numpy
from sklearn.utils.validation import validate_data

from clipsgd_river._kernels import COMPILED
from clipsgd_river._kernels.core.as_float import as_float

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
    """

    values: NDArray[np.float64]
    names: list[Any]
    frame: Any = None

    def __len__(self) -> int:
        return len(self.values)

    def parts(self) -> Iterator[tuple[slice, Rows]]:
        """Consecutive parts: the slice of rows, and these as a table of their own."""
        for start in range(0, len(self.values), CHUNK):
            part = slice(start, min(start + CHUNK, len(self.values)))
            yield part, Rows(self.values[part], self.names)

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

    def where(self, known: NDArray[np.bool_]) -> Rows:
        """The rows for which a mask is true, in order."""
        return self if known.all() else Rows(self.values[known], self.names)

    def like_input(self, values: NDArray[np.float64], name: str) -> Any:
        """One value per row in the caller's kind: a Series for a frame, with its index."""
        if self.frame is None:
            return values
        return to_native_series(values, name=name, like=self.frame)


def like_table(X: Any, values: NDArray[np.float64], name: str) -> Any:
    """One value per row in the kind of the table: a Series for a frame, with its index."""
    return to_native_series(values, name=name, like=into_frame(X)) if is_frame(X) else values


def rows_of(X: Any) -> Rows:
    """Take an array-like of shape (n, d) or a pandas, polars or pyarrow frame of numbers apart.

    `Rows` stay as they are.
    """
    if isinstance(X, Rows):
        return X
    if is_frame(X):
        frame = into_frame(X)
        _refuse_text(frame)
        values = (
            _numbers(to_numpy(frame, dtype=object), frame.columns)
            if _mixed(frame)
            else to_numpy(frame)
        )
        return Rows(writable(values), list(frame.columns), frame)
    values = two_dimensional(X, np.asarray)
    if values.dtype.kind == "O":
        values = _numbers(values, range(values.shape[1]))
    elif values.dtype.kind not in "biuf":
        raise TypeError(f"rows hold numbers, not {values.dtype.name}; convert or encode them first")
    return Rows(writable(values), list(range(values.shape[1])))


def validated_rows(
    estimator: Any, X: Any, *, reset: bool, ensure_all_finite: bool | str = False
) -> Rows:
    """Take a table apart as scikit-learn's estimators do, which remember its width and names.

    Parameters
    ----------
    estimator
        Gets ``n_features_in_`` and ``feature_names_in_``, or has them.
    X
        Array-like or frame of shape (n, d); NaN is missing.
    reset
        Whether these rows say what later ones must look like, or are held against it.
    ensure_all_finite
        What is refused, as in `sklearn.utils.check_array`: nothing, infinities (``"allow-nan"``),
        or what is missing too.

    Raises
    ------
    ValueError
        If the rows do not fit those that came first.
    """
    values = validate_data(
        estimator, X, reset=reset, dtype=np.float64, order="C", ensure_all_finite=ensure_all_finite
    )
    return Rows(writable(values), columns_of(estimator, values))


def columns_of(estimator: Any, values: NDArray[Any]) -> list[Any]:
    """The feature in each column: its name if scikit-learn has remembered names, else 0..d-1."""
    names = getattr(estimator, "feature_names_in_", None)
    return list(range(values.shape[1])) if names is None else list(names)


def two_dimensional(X: Any, convert: Callable[[Any], NDArray[Any]]) -> NDArray[Any]:
    """Rows as an array; an error says what to do with anything that is not (n, d)."""
    if hasattr(X, "toarray"):
        raise TypeError("rows are dense; convert a sparse matrix with X.toarray() first")
    values = convert(X)
    if values.ndim != 2:
        raise ValueError(
            f"rows have shape (n, d), not {values.shape}; for one event call the method that "
            "ends in _one with a dict, or reshape(1, -1) it; for one feature reshape(-1, 1)"
        )
    return values


def is_frame(X: Any) -> bool:
    """Whether a table is a pandas, polars or pyarrow frame."""
    return hasattr(X, "columns") or hasattr(X, "column_names")


def _refuse_text(frame: Any) -> None:
    for name, kind in frame.schema.items():
        if not (kind.is_numeric() or kind in (nw.Boolean, nw.Object, nw.Unknown)):
            raise TypeError(f"column {name!r} holds {kind}, not numbers; drop or encode it first")


def _mixed(frame: Any) -> bool:
    return any(kind in (nw.Object, nw.Unknown) for kind in frame.schema.values())


def _numbers(values: NDArray[Any], names: Sequence[Any]) -> NDArray[np.float64]:
    """Objects one by one, by the rules that hold for the values of a dict."""
    numbers = [
        [as_float(name, content) for name, content in zip(names, row, strict=True)]
        for row in values.tolist()
    ]
    return np.array(numbers, dtype=np.float64).reshape(values.shape)


def writable(values: NDArray[Any]) -> NDArray[np.float64]:
    """Values as the kernels take them, in a writable buffer in C order; most are already."""
    return np.require(values, dtype=np.float64, requirements=["C", "W"])


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
