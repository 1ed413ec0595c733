"""Lines of ``key=value``, as logs in logfmt and those of firewalls have them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final

from clipsgd_river.cli.input.json_values.values import Found
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


def are_pairs(lines: Sequence[str]) -> bool:
    """Tell whether most lines are pairs and nothing else.

    Examples
    --------
    >>> are_pairs(["ts=1 level=info dur=12ms"]), are_pairs(["a=b"]), are_pairs(["x y=5 z=6"])
    (True, False, False)
    """
    fitting = 0
    for line in lines:
        found = pairs_in(line)
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
            found = pairs_in(line)
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
