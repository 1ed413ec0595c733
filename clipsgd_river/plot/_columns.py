"""Streams as columns of a picture: of many events is kept what can be seen of them."""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

#: More columns than these no screen shows.
MOST_COLUMNS: Final = 1200
#: Marks nearer to each other than this lie on each other, in points; a mark is four times as wide.
_CELL: Final = 1.4
#: Fewer marks than these are all drawn.
_FEW_MARKS: Final = 300


def vector(values: npt.ArrayLike, name: str, length: int | None = None, like: str = "") -> Floats:
    """Return numbers in a row, as many as there must be.

    Raises
    ------
    ValueError
        If the shape is another.
    """
    numbers = np.asarray(values, dtype=np.float64)
    check_shape(numbers, name, length, like)
    return numbers


def flags(values: npt.ArrayLike | None, name: str, length: int, like: str) -> npt.NDArray[np.bool_]:
    """Return which events are marked: those whose number is not 0; none without an array."""
    if values is None:
        return np.zeros(length, dtype=bool)
    return cast(npt.NDArray[np.bool_], vector(values, name, length, like) != 0)


def check_shape(array: npt.NDArray[Any], name: str, length: int | None, like: str) -> None:
    """Raise `ValueError` unless the array is a row of so many."""
    if array.ndim != 1 or (length is not None and len(array) != length):
        wanted = "(n,)" if length is None else f"({length},) like {like}"
        raise ValueError(f"{name} has shape {array.shape}, not {wanted}")


def column_starts(length: int, most: int = MOST_COLUMNS) -> Places:
    """Return where each column of the picture begins."""
    return np.unique(np.linspace(0, length, min(length, most), endpoint=False, dtype=int))


def reduced(ufunc: np.ufunc, values: Floats, starts: Places) -> Floats:
    """Return one number per column."""
    return cast(Floats, ufunc.reduceat(values, starts)) if len(starts) else values


def averaged(values: Floats, starts: Places) -> Floats:
    """Return the mean of each column's finite numbers, NaN where it has none."""
    if len(starts) == len(values):
        return values
    finite = np.isfinite(values)
    # Divided before it is summed, or the largest doubles would overflow.
    counts = reduced(np.add, finite.astype(float), starts)
    lengths = np.diff(np.append(starts, len(values)))
    shares = np.where(finite, values, 0.0) / np.repeat(np.maximum(counts, 1.0), lengths)
    return np.where(counts > 0, reduced(np.add, shares, starts), np.nan)


def isolated(values: Floats) -> Places:
    """Return where a number stands between gaps, so that no line would show it."""
    known = np.isfinite(values)
    before, after = np.append(False, known[:-1]), np.append(known[1:], False)
    return np.flatnonzero(known & ~before & ~after)


def visible(across: Floats, up: Floats, size: tuple[float, float]) -> Places:
    """Return which of many marks to draw, so that none that could be seen is missing.

    Parameters
    ----------
    across, up
        Where the marks are, on axes whose scale is linear.
    size
        Width and height of the axes in points.
    """
    if len(across) <= _FEW_MARKS:
        return np.arange(len(across))
    columns, rows = _cells(across, size[0]), _cells(up, size[1])
    _, first = np.unique(columns * (rows.max() + 1) + rows, return_index=True)
    return np.sort(first)


def _cells(places: Floats, points: float) -> Places:
    known = np.nan_to_num(places, posinf=np.nan, neginf=np.nan)
    low, high = float(known.min()), float(known.max())
    width = (high - low) or 1.0
    return ((known - low) / width * max(points / _CELL, 1.0)).astype(np.intp)
