"""Access logs of web servers: the common and the combined form, and what servers add to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from clipsgd_river.cli.input.tables.log_records import LogFormat

_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_COMMON: Final = re.compile(
    r"(?:(?P<host>[^\s:]+:[0-9]+) )?(?P<client>\S+) (?P<identity>\S+) (?P<user>.+?) "
    rf"\[(?P<time>[^\]]*)\] (?P<request>{_QUOTED}) (?P<status>[0-9]{{3}}|-) (?P<bytes>[0-9]+|-)"
    r"(?P<rest>.*)"
)
_MORE: Final = re.compile(rf" +({_QUOTED}|\S+)")
_REQUEST: Final = re.compile(r"([A-Za-z]+) (.*?)(?: (HTTP/[0-9.]+))?")
_COLUMNS: Final = (
    *("host", "client", "identity", "user", "time", "method", "path", "query", "protocol"),
    *("status", "bytes", "request_length"),
)
_COMBINED: Final = ("referer", "agent")


def access_log(lines: Sequence[str]) -> LogFormat | None:
    """Return the form of an access log that begins with some lines; None if it is none.

    Examples
    --------
    >>> line = '10.0.0.7 - ann [01/Jun/2026:13:55:36 +0000] "GET /a?b=1 HTTP/1.1" 200 2326 0.005'
    >>> form = access_log([line])
    >>> dict(zip(form.columns, form.split(line)))["path"], form.columns[-1]
    ('/a', 'extra_1')
    """
    matches = [match for line in lines if (match := _COMMON.fullmatch(line.rstrip("\r\n")))]
    if not matches:
        return None
    more = [_MORE.findall(match["rest"]) for match in matches]
    is_combined = all(len(each) >= 2 and each[0][0] == each[1][0] == '"' for each in more)
    width = max(map(len, more))
    named = _COMBINED if is_combined else ()
    extra = [f"extra_{at + 1}" for at in range(width - len(named))]
    columns = (*_COLUMNS, *named, *extra)

    def split(line: str) -> list[str] | None:
        match = _COMMON.fullmatch(line)
        if match is None:
            return None
        host, client, identity, user, time, request, status, size, rest = match.groups()
        request = request[1:-1]
        parts = _REQUEST.fullmatch(request)
        # What is no request, as the first bytes of another protocol, is all path.
        method, target, protocol = ("", request, "") if parts is None else parts.groups()
        path, _, query = target.partition("?")
        row = [host or "", client, identity, user, time, method, path, query, protocol or ""]
        row += [status, size, str(len(request))]
        found = [part[1:-1] if part[0] == '"' else part for part in _MORE.findall(rest)]
        return row + found[:width] + [""] * (width - len(found))

    return LogFormat(f"{'a combined' if is_combined else 'a common'} access log", columns, split)
