"""Which format some lines are in."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from clipsgd_river.cli.input.json_values.pairs import are_pairs
from clipsgd_river.cli.input.tables.access_log import access_log
from clipsgd_river.cli.input.tables.application_log import APPLICATION_LOG
from clipsgd_river.cli.input.tables.haproxy_log import HAPROXY_LOG
from clipsgd_river.cli.input.tables.log_records import has_form
from clipsgd_river.cli.input.tables.syslog import SYSLOG

_LINES: Final = 100


class Format(StrEnum):
    """A format of events."""

    CSV = "csv"
    JSON = "json"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"
    ACCESS_LOG = "access"
    SYSLOG = "syslog"
    HAPROXY_LOG = "haproxy"
    APPLICATION_LOG = "app"
    ZEEK = "zeek"
    W3C = "w3c"
    LOGFMT = "logfmt"


def format_of_lines(lines: Sequence[str]) -> Format:
    """Return the format that the first lines are in; a table where nothing else fits.

    Examples
    --------
    >>> format_of_lines(['{"a": 1}']), format_of_lines(["#Fields: date time sc-status"])
    (<Format.JSON_LINES: 'jsonl'>, <Format.W3C: 'w3c'>)
    >>> format_of_lines(["ts=2026-06-01T13:55:36Z level=info dur=12ms"])
    <Format.LOGFMT: 'logfmt'>
    >>> format_of_lines(["Jun  1 13:55:36 web1 sshd[311]: Connection closed by 10.0.0.7"])
    <Format.SYSLOG: 'syslog'>
    >>> format_of_lines(["a,b", "1,2"])
    <Format.CSV: 'csv'>
    """
    texts = [text for line in lines[:_LINES] if (text := line.strip())]
    if not texts:
        return Format.CSV
    first = texts[0]
    if first[0] == "{" or (first[0] == "[" and first[1:].lstrip()[:1] in ("", "{", "[", "]")):
        return Format.JSON_LINES
    for text in texts:
        if not text.startswith("#"):
            break
        if text.startswith("#Fields:"):
            return Format.W3C
        if text.startswith(("#separator", "#fields\t")):
            return Format.ZEEK
    form = access_log(texts)
    if form is not None and has_form(texts, form):
        return Format.ACCESS_LOG
    if has_form(texts, HAPROXY_LOG):
        return Format.HAPROXY_LOG
    if has_form(texts, SYSLOG):
        return Format.LOGFMT if are_pairs(texts) else Format.SYSLOG
    # A table has a header before lines that may look like these.
    if APPLICATION_LOG.split(first) is not None and has_form(texts, APPLICATION_LOG):
        return Format.APPLICATION_LOG
    if are_pairs(texts):
        return Format.LOGFMT
    return Format.CSV
