"""How a line of `--alerts` says to whom it was delivered, and how that is changed in place.

The last field of a line has a word for each receiver, all of them five letters wide: a mark takes
the place of another, and the line stays one of JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

#: Not delivered yet, delivered, and refused for good.
WAITING: Final = b"false"
DELIVERED: Final = b"true "
REFUSED: Final = b"null "
_FIELD: Final = b', "delivered": {'
_IDENTITY: Final = re.compile(
    rb'^\{"schema": \d+, "status": "\w+", "uid": "(\w+)", "update": (\d+)'
)


class Identity(NamedTuple):
    """What a line is known by: which incident, and how often that was told before."""

    uid: str
    update: int


def with_marks(text: str, labels: Sequence[str]) -> str:
    """Return a line of JSON with marks for receivers, by which it waits.

    Examples
    --------
    >>> with_marks('{"a": 1}', ["exec"])
    '{"a": 1, "delivered": {"exec": false}}'
    """
    if not labels:
        return text
    marks = json.dumps(dict.fromkeys(labels, False))
    return f'{text[:-1]}, "delivered": {marks}}}'


def without_marks(line: bytes) -> bytes:
    r"""Return a line as receivers get it.

    Examples
    --------
    >>> without_marks(b'{"a": 1, "delivered": {"exec": false}}\n')
    b'{"a": 1}\n'
    """
    at = line.rfind(_FIELD)
    return line if at < 0 else line[:at] + b"}\n"


def mark_at(line: bytes, label: str) -> int | None:
    r"""Return where the mark for a receiver is if the line waits for it.

    Examples
    --------
    >>> mark_at(b'{"a": 1, "delivered": {"exec": false, "mail": true }}\n', "exec")
    31
    >>> mark_at(b'{"a": 1, "delivered": {"exec": false, "mail": true }}\n', "mail")
    """
    start = line.rfind(_FIELD)
    if start < 0 or not line.endswith(b"}}\n"):
        return None
    head = json.dumps(label).encode() + b": "
    at = line.find(head + WAITING, start)
    return None if at < 0 else at + len(head)


def identity_of(line: bytes) -> Identity | None:
    """Return what a line is known by; None where it is no line of `--alerts`."""
    found = _IDENTITY.match(line)
    return None if found is None else Identity(found[1].decode(), int(found[2]))
