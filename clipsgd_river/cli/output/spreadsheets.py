"""Cells that a spreadsheet shows instead of running them."""

from __future__ import annotations

from typing import Any, Final

from clipsgd_river.cli.input.columns.spelling import written_number

#: What a formula may begin with, after blanks too.
_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_HARMLESS: Final = frozenset({"-", "--", "+"})


def safe_cell(value: Any) -> Any:
    """Return a value of which no spreadsheet makes a formula: with an apostrophe before it.

    Numbers stay as they are.

    Examples
    --------
    >>> safe_cell("=cmd|' /C calc'!A0"), safe_cell("-3,5"), safe_cell("@SUM(A1)")
    ("'=cmd|' /C calc'!A0", '-3,5', "'@SUM(A1)")
    """
    if not isinstance(value, str) or not value.lstrip(" ").startswith(_BEGINNINGS):
        return value
    if value.strip() in _HARMLESS or written_number(value) is not None:
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
