"""Logs of HAProxy: of HTTP and of TCP, behind syslog or alone."""

from __future__ import annotations

import re
from typing import Final

from clipsgd_river.cli.input.tables.log_records import LogFormat

_LINE: Final = re.compile(
    r"(?:.*?\bhaproxy\[[0-9]+\]: )?(?P<client>\S+):[0-9]+ \[(?P<time>[^\]]+)\] (?P<frontend>\S+) "
    r"(?P<backend>[^\s/]+)/(?P<server>\S+) (?P<timers>[-+0-9]+(?:/[-+0-9]+){2,4}) "
    r"(?:(?P<status>-?[0-9]{1,3}) )?\+?(?P<bytes>[0-9]+) (?:\S+ \S+ )?(?P<end>[-A-Za-z]{2,4}) "
    r"(?P<connections>[0-9]+/[0-9]+/[0-9]+/[0-9]+/\+?[0-9]+) (?P<queues>[0-9]+/[0-9]+)"
    r'(?P<headers>(?: \{[^}]*\})*)(?: "(?P<request>.*)"?)?'
)
_COLUMNS: Final = (
    *("time", "client", "frontend", "backend", "server", "wait_request_ms", "queue_ms"),
    *("connect_ms", "response_ms", "total_ms", "status", "bytes", "end", "connections"),
    *("retries", "queued", "method", "path"),
)
#: In logs of TCP there is neither the wait for a request nor the one for its response.
_TIMERS_OF_TCP: Final = 3


def _split(line: str) -> list[str] | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    timers = match["timers"].split("/")
    if len(timers) == _TIMERS_OF_TCP:
        timers = ["", timers[0], timers[1], "", timers[2]]
    timers += [""] * (5 - len(timers))
    # -1 says that it did not come so far.
    timers = ["" if each.startswith("-") else each.lstrip("+") for each in timers]
    connections = match["connections"].split("/")
    method, _, rest = (match["request"] or "").rstrip('"').partition(" ")
    path = rest.partition(" ")[0].partition("?")[0]
    row = [match["time"], match["client"], match["frontend"].rstrip("~"), match["backend"]]
    row += [match["server"], *timers, match["status"] or "", match["bytes"], match["end"]]
    queued = match["queues"].split("/")[1]
    return [*row, connections[0], connections[4].lstrip("+"), queued, method, path]


HAPROXY_LOG: Final = LogFormat("a log of HAProxy", _COLUMNS, _split)
