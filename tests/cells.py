"""Cells and columns of tables of any kind, as plain values."""

from __future__ import annotations

from typing import Any


def as_text(value: Any) -> Any:
    """A number rounded and written out; missing if it is."""
    if not is_number(value):
        return None
    try:
        return f"{float(value):.0f}"
    except OverflowError:
        return "huge"


def is_number(value: Any) -> bool:
    """Whether a value is a number and not missing."""
    try:
        return bool(float(value) == float(value)) and not isinstance(value, str | bytes)
    except OverflowError:
        return True
    except (TypeError, ValueError):
        return False


def names_of(table: Any) -> list[Any]:
    """Columns of a frame, none of an array."""
    return list(getattr(table, "column_names", getattr(table, "columns", [])))


def plain(column: Any) -> list[Any]:
    """Values of a column of any kind as a list."""
    for method in ("tolist", "to_list", "to_pylist"):
        if hasattr(column, method):
            values: list[Any] = getattr(column, method)()
            return values
    return list(column)
