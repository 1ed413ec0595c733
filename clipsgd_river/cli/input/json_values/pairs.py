"""Lines of ``key=value``, as logs in logfmt and those of firewalls have them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final

from clipsgd_river.cli.input.json_values.values import Found
from clipsgd_river.cli.input.tables.syslog import SYSLOG
from clipsgd_river.cli.terminal.text import shown

_NAME: Final = r"[^\s=\"',;(){}\[\]|<>]+"
_PAIR: Final = re.compile(
    rf"({_NAME})(?:=(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|(?:[^\s\"'][^\s]*)?))?(?:[,;]?\s+|[,;]?$)"
)
#: Names that firewalls give the two halves of a time.
_WHEN: Final = ("date", "time")
_DATE: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: So many of the first lines must be pairs, and so many pairs each.
_LEAST_SHARE: Final = 0.8
_FEWEST: Final = 2
#: What syslog says of an event beside its message.
_OF_SYSLOG: Final = ("time", "host", "program")
_BEFORE_PAIRS: Final = re.compile(r"^(?:\[[^\]]*\]\s*|[^=\s]+:\s+)+")
_CEF_MARK: Final = "CEF:"
_OF_CEF: Final = ("cef", "vendor", "product", "version", "signature", "name", "severity")
_BAR: Final = re.compile(r"(?<!\\)\|")
#: Values of it are not quoted, and may have blanks in them.
_PAIR_OF_CEF: Final = re.compile(r"(?:^|\s)([\w.\[\]-]+)=((?:(?!\s[\w.\[\]-]+=).)*)")
_UNQUOTED: Final = re.compile(r"\\(.)")


def pairs_in(line: str) -> dict[str, Any] | None:
    r"""Return the pairs of a line; None where it is anything else.

    A word alone is true. ``date`` and ``time`` become one time.

    Examples
    --------
    >>> pairs_in('level=warn msg="disk \\"a\\" is full" used=93% retry')
    {'level': 'warn', 'msg': 'disk "a" is full', 'used': '93%', 'retry': True}
    >>> pairs_in("it is = 5") is None
    True
    """
    text = line.strip()
    found: dict[str, Any] = {}
    at = 0
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None:
            return None
        name, value = match.groups()
        found[name] = True if value is None else _plain(value.rstrip(",;"))
        at = match.end()
    if not any(isinstance(value, str) for value in found.values()):
        return None
    date, time = (found.get(name) for name in _WHEN)
    if isinstance(date, str) and isinstance(time, str) and _DATE.fullmatch(date):
        found = {"time": f"{date} {time}", **{k: v for k, v in found.items() if k not in _WHEN}}
    return found


def event_in(line: str) -> dict[str, Any] | None:
    """Return the pairs of a line, of a message of syslog, or of the Common Event Format.

    Examples
    --------
    >>> event_in("Jun  1 13:55:36 fw kernel: [12.5] IN=eth0 OUT= DPT=22")["DPT"]
    '22'
    >>> event_in("CEF:0|Sec|IDS|1.0|100|a scan|3|src=10.0.0.7 msg=port scan")["msg"]
    'port scan'
    """
    found = pairs_in(line)
    if found is not None:
        return found
    parts = SYSLOG.split(line.strip())
    if parts is None:
        return _cef(line.strip())
    head = {name: parts[SYSLOG.columns.index(name)] for name in _OF_SYSLOG}
    message = parts[-1]
    if _CEF_MARK in line:
        return _cef(line[line.index(_CEF_MARK) :], head)
    found = pairs_in(_BEFORE_PAIRS.sub("", message))
    return None if found is None else {**head, **found}


def _cef(text: str, head: dict[str, Any] | None = None) -> dict[str, Any] | None:
    if not text.startswith(_CEF_MARK):
        return None
    parts = _BAR.split(text, maxsplit=len(_OF_CEF))
    if len(parts) <= len(_OF_CEF):
        return None
    pairs = {match[1]: match[2].strip() for match in _PAIR_OF_CEF.finditer(parts[-1])}
    return {**(head or {}), **dict(zip(_OF_CEF[1:], parts[1:], strict=False)), **pairs}


def are_pairs(lines: Sequence[str]) -> bool:
    """Tell whether most lines are pairs and nothing else.

    Examples
    --------
    >>> are_pairs(["ts=1 level=info dur=12ms"]), are_pairs(["a=b"]), are_pairs(["x y=5 z=6"])
    (True, False, False)
    """
    fitting = 0
    for line in lines:
        found = event_in(line)
        if found is None:
            continue
        alone = sum(value is True for value in found.values())
        pairs = len(found) - alone
        fitting += pairs >= _FEWEST and 2 * alone < pairs  # words alone make prose
    return fitting >= _LEAST_SHARE * len(lines) and fitting > 0


class Pairs:
    """Find the pairs of each line.

    Parameters
    ----------
    refuse
        Called with the number of a line that is none, and with what is wrong; may raise.

    Examples
    --------
    >>> [found.value for found in Pairs(print).of(["a=1 b=x", "oh = no", "a=2"])]
    2 'oh = no' is not made of key=value
    [{'a': '1', 'b': 'x'}, {'a': '2'}]
    """

    told: Final = "lines of key=value"

    def __init__(self, refuse: Callable[[int, str], None]) -> None:
        self._refuse = refuse

    def of(self, lines: Iterable[str]) -> Iterator[Found]:
        """Yield the values in turn."""
        for number, line in enumerate(lines, start=1):
            found = event_in(line)
            if found is not None:
                yield Found(number, None, found)
            elif line.strip():
                self._refuse(number, f"'{shown(line.strip())}' is not made of key=value")

    def parts(self, blocks: Iterable[Any], _: Any = None) -> Iterator[Found]:
        """Yield the values in turn: there are no numbers among them to be judged together."""
        return self.of(chain.from_iterable(blocks))


def _plain(value: str) -> str:
    """Return a value without quotes around it and escapes in it."""
    if value[:1] not in ('"', "'") or len(value) < 2:
        return value
    try:
        found = json.loads(value) if value[0] == '"' and "\\" in value else value[1:-1]
    except ValueError:
        return _UNQUOTED.sub(r"\1", value[1:-1])
    return str(found)
