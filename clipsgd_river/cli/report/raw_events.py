"""Events as they were read, in text that fits a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from clipsgd_river._text import printable

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
    """Return a text with its middle left out where it is long: names often differ at their ends.

    Examples
    --------
    >>> ends("system.network.interface.eth0.bytes_out", 24)
    'system.netwo…0.bytes_out'
    """
    text = str(value)
    if len(text) > most:
        end = (most - 1) // 2
        text = f"{text[: most - 1 - end]}…{text[len(text) - end :]}"
    return printable(text)
