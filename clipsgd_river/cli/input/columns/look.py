"""What a column holds, from its name and its first values, whatever the format of the stream."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from clipsgd_river.cli.input.columns.cells import Cells
from clipsgd_river.cli.input.columns.kinds import Kind, Look
from clipsgd_river.cli.input.columns.numbers import look_at_numbers
from clipsgd_river.cli.input.columns.spelling import (
    LARGEST_SHARE_OF_SLIPS,
    Numbers,
    flags_in,
    numbers_in,
)
from clipsgd_river.cli.input.columns.texts import look_at_texts

#: Words among numbers are categories, as the numbers then are, where they are more than slips and
#: so few different values come.
_VALUES_PER_CATEGORY: Final = 10
_LARGEST: Final = 10**300
#: A float holds whole numbers up to here.
_WHOLE: Final = 2**53
_PLAIN: Final = Cells()


def look_at(name: str, values: Sequence[Any], cells: Cells = _PLAIN) -> Look:
    """Tell what a column holds.

    Parameters
    ----------
    name
        Of the column.
    values
        The first ones, as they were read, in their order: cells of text, or what JSON and Parquet
        have. Missing ones do not count.
    cells
        How cells are written, as far as that is known.

    Examples
    --------
    >>> look_at("latency", ["3.5", "", "4.25"]).kind, look_at("up", ["true", "False"]).kind
    (<Kind.NUMBER: 'number'>, <Kind.FLAG: 'flag'>)
    >>> look_at("port", ["80", "http", "http"] * 10).kind
    <Kind.TEXT: 'text'>
    >>> look_at("load", [*map(str, range(90, 30, -1)), "off", "off"]).spelling.told
    "with 'off' as no value"
    """
    present = [value for value in values if not cells.is_no_value(value)]
    if not present:
        return Look(Kind.EMPTY, spelling=Numbers(cells))
    if isinstance(present[0], dict):
        return Look(Kind.NESTED, why="its first value is an object: flatten it")
    if isinstance(present[0], list):
        return Look(Kind.NESTED, why="its first value is an array: give its values names")
    flat = [value for value in present if not isinstance(value, dict | list)]
    texts = list(map(as_text, flat))
    flags = flags_in(texts, cells)
    if flags is not None:
        return Look(Kind.FLAG, holds_numbers=True, spelling=flags)
    spelling = numbers_in(texts, cells)
    read = [_as_number(value, spelling) for value in flat]
    numbers = [_bounded(number) for number in read if number is not None]
    if _are_numbers(texts, len(numbers)):
        words = _words_that_recur(
            value for value, number in zip(texts, read, strict=True) if number is None
        )
        found = (spelling or Numbers(cells)).without(words)
        return replace(look_at_numbers(name, numbers), spelling=found)
    return replace(look_at_texts(name, texts), spelling=Numbers(cells))


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


def _words_that_recur(slips: Iterable[str]) -> list[str]:
    """Return what among numbers is none, has no digit and comes again: words for no value.

    What comes once may be a slip of the pen, and is an error where it is read.
    """
    counted = Counter(slips)
    return [word for word, n in counted.items() if n > 1 and not any(map(str.isdigit, word))]


def _are_numbers(texts: Sequence[str], count: int) -> bool:
    """Tell whether a column with so many numbers in it is one of numbers, and words are errors."""
    total = len(texts)
    if total - count <= LARGEST_SHARE_OF_SLIPS * total:
        return True
    return 2 * count >= total and total < _VALUES_PER_CATEGORY * len(set(texts))


def _as_number(value: Any, spelling: Numbers | None) -> int | float | None:
    if isinstance(value, str):
        return _read_number(value, spelling)
    if isinstance(value, int | float):
        return value
    if isinstance(value, Decimal):
        is_whole = value.is_finite() and value == value.to_integral_value()
        return int(value) if is_whole else float(value)
    return None


def _read_number(cell: str, spelling: Numbers | None) -> int | float | None:
    # Python reads 2024_01 as the number 202401; as a value of a column it is a name.
    if "_" in cell:
        return None
    try:
        number = float(cell) if spelling is None else spelling.read(cell)
    except ValueError:
        return None
    if (spelling is None or spelling.is_plain) and abs(number) >= _WHOLE:
        try:
            return int(cell)  # a float would not tell neighbours apart
        except ValueError:
            return number
    return int(number) if number.is_integer() else number


def _bounded(number: int | float) -> int | float:
    """Return an integer beyond the range of floats as infinite, so that it has differences."""
    if isinstance(number, int) and abs(number) > _LARGEST:
        return math.inf if number > 0 else -math.inf
    return number
