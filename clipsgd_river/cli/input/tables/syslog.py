"""Lines of syslog, in the old form, with ISO times, and as RFC 5424 has it."""

from __future__ import annotations

import re
from typing import Final

from clipsgd_river.cli.input.tables.log_records import LogFormat

_ISO: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]+(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_OLD: Final = re.compile(
    rf"(?:<(?P<priority>[0-9]{{1,3}})>)?(?P<time>[A-Z][a-z]{{2}} [ 0-9][0-9] [0-9:.]{{8,}}|{_ISO}) "
    r"(?P<host>\S+) (?P<program>[^\s:\[]+)(?:\[(?P<pid>[^\]]*)\])?: ?(?P<message>.*)"
)
_NEW: Final = re.compile(
    rf"<(?P<priority>[0-9]{{1,3}})>1 (?P<time>{_ISO}|-) (?P<host>\S+) (?P<program>\S+) "
    r"(?P<pid>\S+) (?P<id>\S+) (?P<data>-|(?:\[(?:[^\]\\]|\\.)*\])+)(?: \ufeff?(?P<message>.*))?"
)
_ADDRESS: Final = re.compile(
    r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b|\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]+\b"
)
#: What differs from message to message of one kind: numbers, addresses, hexadecimal digits.
_VARIABLE: Final = re.compile(
    r"0x[0-9a-f]+|\b[0-9a-f-]*[0-9][0-9a-f-]{7,}\b|\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]+\b"
    r"|SHA256:\S+|[0-9]+(?:[.:,][0-9]+)*",
    re.IGNORECASE,
)
_COLUMNS: Final = ("time", "priority", "host", "program", "pid", "id", "kind", "address", "message")


def kind_of(message: str) -> str:
    """Return a message without what differs between those of one kind.

    Examples
    --------
    >>> kind_of("Failed password for root from 203.0.113.9 port 51022 ssh2")
    'Failed password for root from # port # ssh#'
    """
    return _VARIABLE.sub("#", message)


def address_in(message: str) -> str:
    """Return the first address in a message; empty without one.

    Examples
    --------
    >>> address_in("Failed password for root from 203.0.113.9 port 51022 ssh2")
    '203.0.113.9'
    """
    found = _ADDRESS.search(message)
    return "" if found is None else found[0]


def _split(line: str) -> list[str] | None:
    match = _NEW.fullmatch(line)
    identifier = ""
    if match is not None:
        identifier = match["id"]
    else:
        match = _OLD.fullmatch(line)
        if match is None:
            return None
    message = match["message"] or ""
    return [
        match["time"],
        match["priority"] or "",
        match["host"],
        match["program"],
        match["pid"] or "",
        identifier,
        kind_of(message),
        address_in(message),
        message,
    ]


SYSLOG: Final = LogFormat("syslog", _COLUMNS, _split, frozenset({"message"}))
