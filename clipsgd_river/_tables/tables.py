"""A table taken apart: what its columns are called, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray
from river.utils.dataframe import to_native_series, to_numpy

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._kernels.time_series.seconds import seconds_of

# Types of columns that hold numbers and nothing else.
NUMBERS = {
    nw.Boolean,
    nw.Float32,
    nw.Float64,
    nw.Int8,
    nw.Int16,
    nw.Int32,
    nw.Int64,
    nw.UInt8,
    nw.UInt16,
    nw.UInt32,
    nw.UInt64,
}


@dataclass(frozen=True)
class FrameTable:
    """A pandas, polars or pyarrow frame.

    Parameters
    ----------
    frame
        The narwhals frame around it.
    clock
        Column of times, which are read as seconds; ``None``: there is none.
    """

    frame: Any
    clock: Any = None

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def names(self) -> list[Any]:
        """Names of the columns."""
        return list(self.frame.columns)

    def numbers(self) -> NDArray[np.float64]:
        """Values as doubles, shape (n, d), NaN where one is missing.

        Raises
        ------
        TypeError
            If a value is not a number; the message names the column and the cure.
        """
        if self.holds_numbers():
            return writable(to_numpy(self.frame))
        values = np.empty(self.frame.shape)
        for at, (name, column) in enumerate(
            zip(self.names, self.frame.iter_columns(), strict=True)
        ):
            read = _seconds if name == self.clock else _numbers
            values[:, at] = read(name, column)
        return values

    def lists(self) -> list[list[Any]]:
        """Values of each column, plain Python objects; decimals as floats."""
        return [_with_floats(column.to_list()) for column in self.frame.iter_columns()]

    def holds_numbers(self) -> bool:
        """Whether the types of the columns say that all values are numbers, or missing."""
        return all(kind in NUMBERS for kind in self.frame.schema.values())


@dataclass(frozen=True)
class ArrayTable:
    """An array, or lists or dicts of values.

    Parameters
    ----------
    values
        Shape (n, d), of any type.
    names
        0..d-1, or the keys of the dicts.
    are_events
        Whether they were dicts, whose keys have no order and may be missing.
    clock
        Column of times, as of a frame.
    """

    values: NDArray[Any]
    names: list[Any]
    are_events: bool = False
    clock: Any = None
    #: No frame, whose kind the answers would have.
    frame: None = None

    def __len__(self) -> int:
        return len(self.values)

    def numbers(self) -> NDArray[np.float64]:
        """Values as doubles, as those of a frame."""
        if self.holds_numbers():
            return writable(self.values)
        found = np.empty(self.values.shape)
        for at, (name, column) in enumerate(zip(self.names, self.lists(), strict=True)):
            if name == self.clock:
                found[:, at] = [seconds_of(name, value) for value in column]
            else:
                found[:, at] = [as_float(name, value, "column") for value in column]
        return found

    def lists(self) -> list[list[Any]]:
        """Values of each column, plain Python objects; decimals as floats."""
        values = self.values
        if values.dtype.kind in "mM":
            # Finer ones would become integers, and pass for numbers.
            values = values.astype(f"{values.dtype.kind}8[us]")
        return [_with_floats(column.tolist()) for column in values.T]

    def completed(self, names: list[Any]) -> ArrayTable:
        """The events with these names and in this order, missing where they have none."""
        values = np.full((len(self), len(names)), None, dtype=object)
        for at, name in enumerate(names):
            if name in self.names:
                values[:, at] = self.values[:, self.names.index(name)]
        return ArrayTable(values, names, clock=self.clock)

    def holds_numbers(self) -> bool:
        """Whether the type says that all values are numbers, or missing."""
        return self.values.dtype.kind in "biuf"


Table = FrameTable | ArrayTable


def series_like(frame: Any, values: NDArray[Any], name: str) -> Any:
    """One value per row in the kind of a frame: a Series, with its index; an array without one."""
    return values if frame is None else to_native_series(values, name=name, like=frame)


def writable(values: NDArray[Any]) -> NDArray[np.float64]:
    """Values as the kernels take them, in a writable buffer in C order; most are already."""
    # What is beyond the range of a double is infinite, and counts as huge.
    with np.errstate(over="ignore"):
        return np.require(values, dtype=np.float64, requirements=["C", "W"])


def _numbers(name: Any, column: Any) -> Any:
    """Values of a column of a frame as doubles.

    Whatever its type says: a column is what its values are, so that one of text or dates in which
    all are missing is missing, and categories that are numbers are numbers.
    """
    if column.dtype in NUMBERS:
        return to_numpy(column.to_frame())[:, 0]
    return [as_float(name, value, "column") for value in column.to_list()]


def _seconds(name: Any, column: Any) -> Any:
    """Times of a column of a frame in seconds; NaN where one is missing."""
    if column.dtype == nw.Datetime:
        times = column.dt.replace_time_zone(None).cast(nw.Datetime("us")).dt.timestamp("us")
        return to_numpy(times.cast(nw.Float64).to_frame())[:, 0] / 1e6
    return [seconds_of(name, value) for value in column.to_list()]


def _with_floats(column: list[Any]) -> list[Any]:
    """Values whose decimals are floats: arithmetic does not mix both."""
    if Decimal not in set(map(type, column)):
        return column
    return [as_float(None, value) if type(value) is Decimal else value for value in column]
