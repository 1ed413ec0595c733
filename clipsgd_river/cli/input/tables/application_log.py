"""Lines of applications: a time, a level, and what happened."""

from __future__ import annotations

import re
from typing import Final

from clipsgd_river.cli.input.tables.log_records import LogFormat
from clipsgd_river.cli.input.tables.syslog import address_in, kind_of

_DATE: Final = (
    "(?:[0-9]{4}[-/.][0-9]{2}[-/.][0-9]{2}[T ]|[0-9]{1,2}[-/ ][A-Z][a-z]{2}[-/ ][0-9]{4}[ :])"
)
#: A word behind the time may be a level as well as a zone.
_ZONE: Final = "(?:Z| ?[+-][0-9]{2}:?[0-9]{2}| (?!CRIT)(?:UTC|[A-Z]{1,3}[SD]?T)(?= ))?"
_TIME: Final = rf"{_DATE}[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]{{1,9}})?)?{_ZONE}"
_LINE: Final = re.compile(rf"[\[(<]?(?P<time>{_TIME})[\])>]?(?P<rest>[ :\]-].*)")
_LEVEL: Final = re.compile(
    r"(?<![A-Za-z])(TRACE|VERBOSE|DEBUG|INFO|INFORMATION|NOTICE|LOG|WARN|WARNING|ERROR|ERR|SEVERE"
    r"|CRIT|CRITICAL|FATAL|PANIC|ALERT|EMERG|(?<=[\[<])[DIWEF](?=[\]>]))(?![A-Za-z])",
    re.IGNORECASE,
)
#: A level stands near the beginning.
_NEAR: Final = 80
_COLUMNS: Final = ("time", "level", "kind", "address", "message")


def _split(line: str) -> list[str] | None:
    match = _LINE.match(line)
    if match is None:
        return None
    rest = match["rest"].strip()
    level = _LEVEL.search(rest[:_NEAR])
    if level is None:
        return None
    return [match["time"], level[0].upper(), kind_of(rest), address_in(rest), rest]


#: Lines without a time go on with what the one before says, as a traceback does.
APPLICATION_LOG: Final = LogFormat(
    "an application's log", _COLUMNS, _split, frozenset({"message"}), goes_on=True
)
