"""What a column holds, from its name and its first values, whatever the format of the stream."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from clipsgd_river.cli.input.columns.kinds import Kind, Look
from clipsgd_river.cli.input.columns.numbers import look_at_numbers
from clipsgd_river.cli.input.columns.texts import look_at_texts
from clipsgd_river.cli.terminal.text import is_missing, looks_numeric, parse_number

_TRUTHS: Final = frozenset({"true", "false"})
#: Words among numbers are categories, as the numbers then are, where they are more than slips and
#: so few different values come.
_LARGEST_SHARE_OF_SLIPS: Final = 0.05
_VALUES_PER_CATEGORY: Final = 10
_LARGEST: Final = 10**300


def look_at(name: str, values: Sequence[Any]) -> Look:
    """Tell what a column holds.

    Parameters
    ----------
    name
        Of the column.
    values
        The first ones, as they were read, in their order: cells of text, or what JSON and Parquet
        have. Missing ones do not count.

    Examples
    --------
    >>> look_at("latency", ["3.5", "", "4.25"]).kind, look_at("up", ["true", "False"]).kind
    (<Kind.NUMBER: 'number'>, <Kind.FLAG: 'flag'>)
    >>> look_at("port", ["80", "http", "http"] * 10).kind
    <Kind.TEXT: 'text'>
    """
    present = [value for value in values if not is_no_value(value)]
    if not present:
        return Look(Kind.EMPTY)
    if isinstance(present[0], dict):
        return Look(Kind.NESTED, why="its first value is an object: flatten it")
    if isinstance(present[0], list):
        return Look(Kind.NESTED, why="its first value is an array: give its values names")
    flat = [value for value in present if not isinstance(value, dict | list)]
    if all(isinstance(value, bool) or as_text(value).strip().lower() in _TRUTHS for value in flat):
        return Look(Kind.FLAG, holds_numbers=True)
    read = [_as_number(value) for value in flat]
    numbers = [_bounded(number) for number in read if number is not None]
    if _are_numbers(flat, len(numbers)):
        return look_at_numbers(name, numbers)
    return look_at_texts(name, list(map(as_text, flat)))


def is_no_value(value: Any) -> bool:
    """Tell whether a value, as it was read, is a missing one."""
    if isinstance(value, str):
        return is_missing(value)
    return value is None or (isinstance(value, float | Decimal) and math.isnan(value))


def as_text(value: Any) -> str:
    """Return a value as CSV has it, so that formats agree on categories.

    Examples
    --------
    >>> as_text(80.0), as_text(True), as_text("GET")
    ('80', 'true', 'GET')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


def _are_numbers(values: Sequence[Any], count: int) -> bool:
    """Tell whether a column with so many numbers in it is one of numbers, and words are errors."""
    total = len(values)
    if total - count <= _LARGEST_SHARE_OF_SLIPS * total:
        return True
    different = len(set(map(as_text, values)))
    return 2 * count >= total and total < _VALUES_PER_CATEGORY * different


def _as_number(value: Any) -> int | float | None:
    if isinstance(value, str):
        return _read_number(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, Decimal):
        is_whole = value.is_finite() and value == value.to_integral_value()
        return int(value) if is_whole else float(value)
    return None


def _read_number(cell: str) -> int | float | None:
    if not looks_numeric(cell):
        return None
    try:
        return int(cell)  # beyond 2**53 a float would not tell neighbours apart
    except ValueError:
        return parse_number(cell)


def _bounded(number: int | float) -> int | float:
    """Return an integer beyond the range of floats as infinite, so that it has differences."""
    if isinstance(number, int) and abs(number) > _LARGEST:
        return math.inf if number > 0 else -math.inf
    return number
