"""Columns of every type that pandas, polars and pyarrow have, and what they are to a detector."""

# ruff: noqa: ARG005 (every builder is given the library)
from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

NAN = float("nan")
# More missing values than a library looks at to guess the type of a column.
MANY = 120
LATE = [None] * MANY + [1.5, 2.0]
DAYS = [dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 2), None]

# Name -> the values as numbers, None where one is missing, and the column by library.
Column = tuple[list[float | None], Callable[[Any], Any]]
PANDAS: dict[str, Column] = {
    "Int64": ([1, None, 3], lambda pd: pd.array([1, None, 3], dtype="Int64")),
    "UInt8": ([1, None, 3], lambda pd: pd.array([1, None, 3], dtype="UInt8")),
    "Float64": ([0.5, None, 3], lambda pd: pd.array([0.5, None, 3], dtype="Float64")),
    "boolean": ([1, None, 0], lambda pd: pd.array([True, None, False], dtype="boolean")),
    "bool": ([1, 0, 0], lambda pd: np.array([True, False, False])),
    "int8": ([1, -2, 3], lambda pd: np.array([1, -2, 3], dtype=np.int8)),
    "float16": ([0.5, None, 3], lambda pd: np.array([0.5, NAN, 3], dtype=np.float16)),
    "float32": ([0.5, None, 3], lambda pd: np.array([0.5, NAN, 3], dtype=np.float32)),
    "longdouble": ([0.5, None, 3], lambda pd: np.array([0.5, NAN, 3], dtype=np.longdouble)),
    "numbers as categories": ([7, None, 9], lambda pd: pd.Categorical([7, None, 9])),
    "flags as categories": ([1, None, 0], lambda pd: pd.Categorical([True, None, False])),
    "Sparse": ([0.5, None, 3], lambda pd: pd.arrays.SparseArray([0.5, NAN, 3])),
    "None among objects": ([1, None, 3], lambda pd: np.array([1, None, 3], dtype=object)),
    "NaN among objects": ([1, None, 3], lambda pd: np.array([1, NAN, 3], dtype=object)),
    "NA among objects": ([1, None, 3], lambda pd: np.array([1, pd.NA, 3], dtype=object)),
    "NaT among objects": ([1, None, 3], lambda pd: np.array([1, pd.NaT, 3], dtype=object)),
    "many kinds of numbers": (
        [1, 0.5, 2.5, 3, 1, None],
        lambda pd: np.array(
            [True, Decimal("0.5"), Fraction(5, 2), np.uint8(3), np.float32(1), Decimal("NaN")],
            dtype=object,
        ),
    ),
    "the first missing": (LATE, lambda pd: np.array(LATE, dtype=object)),
    "the first NA": (LATE, lambda pd: np.array([pd.NA] * MANY + [1.5, 2.0], dtype=object)),
    "all None": ([None] * 3, lambda pd: np.array([None] * 3, dtype=object)),
    "all NaN": ([None] * 3, lambda pd: np.full(3, NAN)),
    "all NA": ([None] * 3, lambda pd: np.array([pd.NA] * 3, dtype=object)),
    "all NaT": ([None] * 3, lambda pd: np.array([pd.NaT] * 3, dtype=object)),
    "all missing Int64": ([None] * 3, lambda pd: pd.array([None] * 3, dtype="Int64")),
    "all missing string": ([None] * 3, lambda pd: pd.array([None] * 3, dtype="string")),
    "all missing times": ([None] * 3, lambda pd: np.array(["NaT"] * 3, dtype="M8[ns]")),
    "all missing spans": ([None] * 3, lambda pd: np.array(["NaT"] * 3, dtype="m8[ns]")),
    "all missing categories": ([None] * 3, lambda pd: pd.Categorical([None] * 3, ["a", "b"])),
}
POLARS: dict[str, Column] = {
    "Int8": ([1, None, 3], lambda pl: pl.Series([1, None, 3], dtype=pl.Int8)),
    "UInt64": ([1, None, 3], lambda pl: pl.Series([1, None, 3], dtype=pl.UInt64)),
    "Float32": ([0.5, None, 3], lambda pl: pl.Series([0.5, None, 3], dtype=pl.Float32)),
    "Boolean": ([1, None, 0], lambda pl: pl.Series([True, None, False])),
    "Decimal": ([0.5, None], lambda pl: pl.Series([Decimal("0.5"), None])),
    "Null": ([None] * 3, lambda pl: pl.Series([None] * 3)),
    "NaN": ([0.5, None], lambda pl: pl.Series([0.5, NAN])),
    "the first missing": (LATE, lambda pl: pl.Series(LATE)),
    "all missing String": ([None] * 3, lambda pl: pl.Series([None] * 3, dtype=pl.String)),
    "all missing Categorical": ([None] * 3, lambda pl: pl.Series([None] * 3, dtype=pl.Categorical)),
    "all missing Date": ([None] * 3, lambda pl: pl.Series([None] * 3, dtype=pl.Date)),
    "all missing Duration": ([None] * 3, lambda pl: pl.Series([None] * 3, dtype=pl.Duration)),
    "all missing List": ([None] * 3, lambda pl: pl.Series([None] * 3, dtype=pl.List(pl.Int8))),
}
PYARROW: dict[str, Column] = {
    "int8": ([1, None, 3], lambda pa: pa.array([1, None, 3], pa.int8())),
    "uint64": ([1, None, 3], lambda pa: pa.array([1, None, 3], pa.uint64())),
    "halffloat": ([0.5, None], lambda pa: pa.array([np.float16(0.5), None], pa.float16())),
    "bool": ([1, None, 0], lambda pa: pa.array([True, None, False])),
    "decimal128": ([0.5, None], lambda pa: pa.array([Decimal("0.5"), None], pa.decimal128(9, 2))),
    "dictionary": ([7, None, 7], lambda pa: pa.array([7, None, 7]).dictionary_encode()),
    "null": ([None] * 3, lambda pa: pa.nulls(3)),
    "the first missing": (LATE, lambda pa: pa.array(LATE)),
    "all missing string": ([None] * 3, lambda pa: pa.nulls(3, pa.string())),
    "all missing timestamp": ([None] * 3, lambda pa: pa.nulls(3, pa.timestamp("us", "UTC"))),
    "all missing list": ([None] * 3, lambda pa: pa.nulls(3, pa.list_(pa.int8()))),
}
NUMBERS = {"pandas": PANDAS, "polars": POLARS, "pyarrow": PYARROW}

# What is no number in any row, and whether it is a category to who takes those.
Refused = tuple[Callable[[Any], Any], bool]
#: Those that say when an event was, to a detector that asks.
DATES = {"dates among objects", "Date", "date32"}
TIMES = DATES | {"times", "zoned times", "Datetime", "timestamp"}
NO_NUMBERS: dict[str, dict[str, Refused]] = {
    "pandas": {
        "str": (lambda pd: pd.Series(["ann", "bob", None]), True),
        "string": (lambda pd: pd.array(["ann", None, "bob"], dtype="string"), True),
        "text among objects": (lambda pd: np.array([1.5, "ann", None], dtype=object), True),
        "text at the end": (lambda pd: np.array([*LATE, "ann"], dtype=object), True),
        "categories": (lambda pd: pd.Categorical(["ann", None, "bob"]), True),
        "bytes": (lambda pd: np.array([b"ann", None], dtype=object), True),
        "times": (lambda pd: pd.to_datetime(pd.Series(DAYS)), False),
        "zoned times": (lambda pd: pd.to_datetime(pd.Series(DAYS)).dt.tz_localize("UTC"), False),
        "dates among objects": (lambda pd: np.array([dt.date(2026, 1, 1), 1], dtype=object), False),
        "spans": (lambda pd: pd.to_timedelta([1, 2, 3], unit="s"), False),
        "periods": (lambda pd: pd.period_range("2026", periods=3, freq="D"), False),
        "complex": (lambda pd: np.array([1 + 2j, 0j]), False),
        "lists": (lambda pd: pd.Series([[1.0], [2.0]]), False),
        "dicts": (lambda pd: pd.Series([{"a": 1.0}, {"a": 2.0}]), False),
    },
    "polars": {
        "String": (lambda pl: pl.Series(["ann", None, "bob"]), True),
        "Categorical": (lambda pl: pl.Series(["ann", None], dtype=pl.Categorical), True),
        "Enum": (lambda pl: pl.Series(["ann", None], dtype=pl.Enum(["ann", "bob"])), True),
        "Binary": (lambda pl: pl.Series([b"ann", None]), True),
        "Datetime": (lambda pl: pl.Series(DAYS), False),
        "Date": (lambda pl: pl.Series([dt.date(2026, 1, 1), None]), False),
        "Time": (lambda pl: pl.Series([dt.time(3), None]), False),
        "Duration": (lambda pl: pl.Series([dt.timedelta(1), None]), False),
        "List": (lambda pl: pl.Series([[1.0], [2.0]]), False),
        "Struct": (lambda pl: pl.Series([{"a": 1.0}, {"a": 2.0}]), False),
    },
    "pyarrow": {
        "string": (lambda pa: pa.array(["ann", None, "bob"]), True),
        "dictionary": (lambda pa: pa.array(["ann", None]).dictionary_encode(), True),
        "binary": (lambda pa: pa.array([b"ann", None]), True),
        "timestamp": (lambda pa: pa.array(DAYS), False),
        "date32": (lambda pa: pa.array([dt.date(2026, 1, 1), None]), False),
        "duration": (lambda pa: pa.array([dt.timedelta(1), None]), False),
        "list": (lambda pa: pa.array([[1.0], [2.0]]), False),
        "struct": (lambda pa: pa.array([{"a": 1.0}, {"a": 2.0}]), False),
    },
}


def frame(library: str, module: Any, columns: dict[str, Any]) -> Any:
    """Return a frame of a library."""
    return module.table(columns) if library == "pyarrow" else module.DataFrame(columns)
