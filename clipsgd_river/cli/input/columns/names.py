"""What the name of a column says, where its values leave a doubt."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_UNITS: Final = frozenset({"s", "sec", "seconds", "ms", "millis", "us", "micros", "ns", "nanos"})
_TIMES: Final = frozenset({"time", "timestamp", "ts", "date", "datetime", "epoch", "at"})
_TIMES_ALONE: Final = _TIMES - {"at"} | {"elapsed"}
# "column1" is what a first column without a name is called here, "unnamed0" what pandas calls it.
_INDEXES: Final = frozenset(
    {"index", "idx", "no", "nr", "num", "number", "counter", "serial", "offset"}
    | {"row", "rowno", "rownum", "rownumber", "line", "lineno", "linenum", "linenumber"}
    | {"record", "recordno", "recordnumber", "seq", "seqno", "seqnum", "seqnumber"}
    | {"sequence", "sequenceno", "sequencenumber", "column1", "unnamed0"}
)
_SIGNS: Final = frozenset({"#", "№"})
# Given anew to each process, session or request: what they were yesterday says nothing today.
_TRANSIENT: Final = frozenset(
    {"pid", "ppid", "tid", "processid", "threadid", "sessionid", "connid", "connectionid"}
    | {"requestid", "reqid", "traceid", "spanid", "transactionid", "txnid", "txid", "flowid"}
    | {"correlationid", "messageid", "msgid", "invocationid", "callid", "recordid", "rowid"}
    | {"logid", "uuid", "guid"}
)
_IDENTIFIERS: Final = frozenset({"id", "uid", "gid", "uuid", "guid"})
_IDENTIFIERS_IN_ONE_WORD: Final = re.compile(
    "(user|client|customer|account|device|host|node|sensor|machine|order|item|product|event|object|"
    "member|employee|patient|vehicle|station|ticket|passenger)id"
)

_CODES: Final = frozenset(
    {"status", "code", "errno", "protocol", "proto", "port", "sport", "dport", "srcport"}
    | {"dstport", "spt", "dpt", "statuscode", "errorcode"}
)
_WHOM: Final = frozenset(
    {"user", "username", "account", "login", "member", "employee", "customer", "client", "tenant"}
    | {"host", "hostname", "machine", "server", "node", "device", "sensor", "station", "vehicle"}
    | {"ip", "address", "addr", "mac", "source", "src", "srcip", "saddr", "card", "subscriber"}
)

#: As in id.resp_p; the port of the caller is any.
_PORT_OF_ZEEK: Final = ["resp", "p"]


def words(name: str) -> list[str]:
    """Split a name into its words, in lower case.

    Examples
    --------
    >>> words("@timestamp"), words("sessionId"), words("HTTP_status-code2")
    (['timestamp'], ['session', 'id'], ['http', 'status', 'code', '2'])
    """
    return [word.lower() for word in _WORD.findall(name)]


def names_a_time(name: str) -> bool:
    """Tell whether a name may be that of a time, and of a duration too.

    Examples
    --------
    >>> names_a_time("created_at"), names_a_time("epochMs"), names_a_time("temperature")
    (True, True, False)
    """
    found = _without_unit(words(name))
    return bool(found) and (found[-1] in _TIMES or found[0] in _TIMES - {"at"})


def names_only_a_time(name: str) -> bool:
    """Tell whether a name says time and nothing else.

    Examples
    --------
    >>> names_only_a_time("Time"), names_only_a_time("response_time")
    (True, False)
    """
    found = _without_unit(words(name))
    return len(found) == 1 and found[0] in _TIMES_ALONE


def names_an_index(name: str) -> bool:
    """Tell whether a name is that of a count of rows.

    Examples
    --------
    >>> names_an_index("Unnamed: 0"), names_an_index("#"), names_an_index("uv_index")
    (True, True, False)
    """
    return "".join(words(name)) in _INDEXES or name.strip() in _SIGNS


def names_something_transient(name: str) -> bool:
    """Tell whether a name is that of what is numbered anew all the time.

    Examples
    --------
    >>> names_something_transient("pid"), names_something_transient("user_id")
    (True, False)
    """
    return "".join(words(name)) in _TRANSIENT


def names_an_identifier(name: str) -> bool:
    """Tell whether a name is that of an identifier of any sort.

    Examples
    --------
    >>> names_an_identifier("customerId"), names_an_identifier("humid")
    (True, False)
    """
    found = words(name)
    if not found:
        return False
    in_one_word = _IDENTIFIERS_IN_ONE_WORD.fullmatch(found[-1]) is not None
    return found[-1] in _IDENTIFIERS or in_one_word or names_something_transient(name)


def names_a_code(name: str) -> bool:
    """Tell whether a name is that of numbers which are names, as those of ports are.

    Examples
    --------
    >>> names_a_code("http_status"), names_a_code("dstPort"), names_a_code("transport")
    (True, True, False)
    """
    found = words(name)
    return bool(found) and (found[-1] in _CODES or found[-2:] == _PORT_OF_ZEEK)


def names_whom(name: str) -> bool:
    """Tell whether a name is that of whom events are about: an account, a host, an address.

    Examples
    --------
    >>> names_whom("user_name"), names_whom("src_ip"), names_whom("customerId"), names_whom("shop")
    (True, True, True, False)
    """
    found = words(name)
    return not _WHOM.isdisjoint(found) or (names_an_identifier(name) and len(found) > 1)


def names_a_total(name: str) -> bool:
    """Tell whether a name is that of a sum since some start.

    Examples
    --------
    >>> names_a_total("http_requests_total"), names_a_total("requests")
    (True, False)
    """
    found = words(name)
    return len(found) > 1 and found[-1] == "total"


def _without_unit(found: list[str]) -> list[str]:
    return found[:-1] if len(found) > 1 and found[-1] in _UNITS else found
