"""Events as they were read, in text that fits a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from clipsgd_river._text import both_ends, printable

#: Names and values of an event that the page shows, and letters of each.
MOST_FIELDS: Final = 60
MOST_LETTERS: Final = 200

Fields = tuple[tuple[str, str], ...]


def readable(fields: Mapping[str, Any]) -> Fields:
    """Return names and values of an event as text.

    Examples
    --------
    >>> readable({"user": "u1", "bytes": 20.0, "tags": ["a"], "note": None})
    (('user', 'u1'), ('bytes', '20'), ('tags', '["a"]'), ('note', ''))
    """
    found = [
        (ends(name), ends(_text(value))) for name, value in islice(fields.items(), MOST_FIELDS)
    ]
    if len(fields) > MOST_FIELDS:
        found.append(("…", f"{len(fields) - MOST_FIELDS:,} more"))
    return tuple(found)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def ends(value: object, most: int = MOST_LETTERS) -> str:
    """Show a value of unknown origin, without its middle where it is long."""
    return printable(both_ends(str(value), most))
