"""How names and numbers of the data are read and shown."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from typing import Final

from clipsgd_river._text import printable, shortened

#: Cells that say "no value here", as spreadsheets, R, SQL exports and pandas write them.
MISSING_WORDS: Final = frozenset(
    {"", "NA", "N/A", "#N/A", "<NA>", "NULL", "Null", "null", "None", "\\N"}
)
_TRUTH: Final = {"true": 1.0, "false": 0.0}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def parse_number(cell: str) -> float:
    """Return the number in a cell, NaN for a missing one; ``true`` and ``false`` are 1 and 0.

    Raises
    ------
    ValueError
        If the cell holds anything else.

    Examples
    --------
    >>> parse_number(" 1.5e3 "), parse_number("NA"), parse_number("True")
    (1500.0, nan, 1.0)
    """
    try:
        return float(cell)
    except ValueError:
        word = cell.strip()
        if word in MISSING_WORDS:
            return math.nan
        truth = _TRUTH.get(word.lower())
        if truth is None:
            raise
        return truth


def looks_numeric(cell: str) -> bool:
    """Tell whether a column that begins with this cell is one of numbers.

    Python reads ``2024_01`` as the number 202401; as the first value of a column it is a name.
    """
    if "_" in cell:
        return False
    try:
        parse_number(cell)
    except ValueError:
        return False
    return True


def is_missing(cell: str) -> bool:
    """Tell whether a cell holds no value."""
    return cell.strip() in MISSING_WORDS or cell.strip().lower() == "nan"


def has_undecodable_bytes(text: str) -> bool:
    """Tell whether decoding left bytes that are no UTF-8."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def shown(value: object, longest: int = 60) -> str:
    """Show a value of unknown origin: short, printable, no control characters."""
    return printable(shortened(str(value), longest))


def listed(names: Iterable[object], most: int = 10) -> str:
    """Join names for a message, quoting each and cutting a long list.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    quoted = [f"'{shown(name)}'" for name in names]
    more = f" and {len(quoted) - most:,} more" if len(quoted) > most else ""
    return ", ".join(quoted[:most]) + more


def near_matches(name: str, known: Iterable[str]) -> str:
    """Return words that say which known names come close to a mistaken one, or which there are."""
    known = list(known)
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=3, cutoff=0.6)
    if close:
        return f"did you mean {listed(by_lower[match] for match in close)}?"
    return f"there are {listed(known)}" if known else "there is none"


def short_number(value: float) -> str:
    """Show a number with four significant digits, large ones whole.

    Examples
    --------
    >>> short_number(812.0), short_number(0.123456), short_number(1234567.8)
    ('812', '0.1235', '1234568')
    """
    if 1e4 <= abs(value) < 1e9:
        return f"{value:.0f}"
    return f"{value:.4g}"
