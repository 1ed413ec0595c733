"""What a column holds, told from its name and its first values, whatever the format."""

from __future__ import annotations

import hashlib
import math
import random
import uuid
from decimal import Decimal
from typing import Any

import pytest
from command_line import call  # noqa: F401 (skips these tests where the extra is missing)

from clipsgd_river.cli.input.columns.kinds import Kind, Look
from clipsgd_river.cli.input.columns.look import look_at
from clipsgd_river.cli.input.columns.roles import AUTO, Role, Wishes, all_roles, role_of

random_numbers = random.Random(0)
SECONDS = [1_700_000_000 + 7 * n for n in range(100)]


def numbers(n: int, least: int, most: int) -> list[int]:
    return [random_numbers.randint(least, most) for _ in range(n)]


def shuffled(values: list[Any]) -> list[Any]:
    return random_numbers.sample(values, len(values))


def rising(n: int, most: int, start: int = 0) -> list[int]:
    """Return whole numbers that rise by steps of all lengths."""
    found = [start]
    while len(found) < n:
        found.append(found[-1] + random_numbers.randint(1, most))
    return found


def texts(values: list[Any]) -> list[str]:
    return list(map(str, values))


COUNTERS = {
    "lines": ("x", list(range(1, 300))),
    "lines backwards": ("x", list(range(300, 1, -1))),
    "lines of a short file": ("line", [1, 2, 3]),
    "a sheet's index": ("column_1", [0, 1, 2]),
    "pandas' index": ("Unnamed: 0", [0, 1]),
    "every tenth": ("x", list(range(0, 300, 10))),
    "sequence with gaps": ("x", rising(100, 4)),
    "bytes sent": ("tx", rising(1000, 10**6, 10**12)),
    "an identifier in a short file": ("order_id", rising(12, 9, 70_000)),
    "whole floats": ("x", [float(n) for n in range(100)]),
    "a total that stands still": ("requests_total", [n // 3 for n in range(100)]),
    "a total of seconds": ("cpu_seconds_total", [n * 0.1 for n in range(100)]),
}
IDENTIFIERS = {
    "pid": ("pid", numbers(200, 300, 320)),
    "session": ("sessionId", shuffled(list(range(5000, 5200)))),
    "one row": ("id", [7123]),
    "customers that hardly come again": ("customer-id", numbers(100, 1, 10**6)),
    "random 64 bits": ("x", numbers(50, 10**18, 10**19)),
    "uuid": ("x", [str(uuid.UUID(int=n, version=4)) for n in numbers(5, 0, 2**128 - 1)]),
    "hash": ("x", [hashlib.md5(str(n).encode()).hexdigest() for n in range(5)]),
    "free text": ("x", [f"user {n} logged in" for n in shuffled(list(range(100)))]),
    "new addresses": ("x", [f"10.{n % 256}.{n // 256}.9" for n in shuffled(list(range(9000)))]),
    "batches": ("x", [f"batch-{n // 10}" for n in range(200)]),
    "trace in words": ("trace_id", ["a-b", "a-b", "c-d"]),
}
TIMES = {
    "seconds": ("ts", SECONDS),
    "seconds out of order": ("timestamp", shuffled(SECONDS)),
    "one": ("time", [1_700_000_000]),
    "with a fraction": ("epoch", [each + 0.25 for each in SECONDS]),
    "with a fraction, no name": ("x", [each + 0.25 for each in SECONDS]),
    "milliseconds": ("created_at", [1000 * each + 1 for each in SECONDS]),
    "microseconds": ("event_time", [10**6 * each for each in SECONDS]),
    "nanoseconds": ("timestamp_ns", [10**9 * each for each in SECONDS]),
    "seconds since the start": ("Time", [n // 2 for n in range(100)]),
    "iso": ("x", ["2026-01-31T12:00:00", "2026-01-31 12:00:01.5+02:00", "2026-02-01"]),
    "time of day": ("x", ["12:00:00", "12:00:05"]),
    "common log": ("time", ["01/Jun/2026:13:55:36 +0000"] * 3),
    "syslog": ("Date", ["Jun  1 13:55:36", "Jun  1 13:55:37"]),
}
MEASURED = {
    "amounts in cents": ("amount", shuffled(list(range(10_000, 90_000, 77)))),
    "large bytes": ("bytes", numbers(500, 10**6, 10**14)),
    "bytes in the range of times": ("bytes", numbers(500, 10**9, 4 * 10**9)),
    "durations in nanoseconds": ("time", numbers(500, 10**9, 4 * 10**9)),
    "durations that rise and fall": ("time", [5.0, 7.5, 3.0] * 30),
    "temperature that rises": ("temp", [20 + n / 100 for n in range(1000)]),
    "level that rises with rests": ("level", [500 + n // 2 for n in range(1000)]),
    "level that rises, then falls": ("level", [*range(500), *range(500, 400, -1)]),
    "a few rising numbers": ("load", [3, 5, 6, 9, 12, 13, 17, 21, 22, 30]),
    "drift with noise": ("x", [10 * n + random_numbers.randint(-20, 20) for n in range(500)]),
    "ports of callers": ("src_port", numbers(200, 1024, 65535)),
    "index of the sun": ("uv_index", numbers(10, 0, 90)),
    "prices with an odd word": ("price", [*[n + 0.5 for n in range(60)], "oops"]),
    "one number": ("x", [3]),
    "beyond floats": ("x", [1, 10**400, -(10**400)]),
    "a constant": ("errors", [0] * 100),
    "infinite": ("x", [1.0, math.inf, 2.0]),
    "decimals": ("x", [Decimal("1.5"), Decimal(2)]),
}
COUNTS = {
    "errors": ("errors", [0] * 90 + [1, 0, 2, 0, 5, 0, 1, 0, 1, 0]),
    "hops": ("hops", numbers(100, 10, 17)),
}
FLAGS = {
    "yes and no": ("x", ["yes", "No"]),
    "on and off": ("x", ["ON", "off", "on"]),
    "bits": ("x", numbers(100, 0, 1)),
    "words": ("x", ["True", "false", " TRUE"]),
    "truth": ("x", [True, None, False]),
}
TEXTS = {
    "users": ("user", ["alice", "bob", "alice"]),
    "few rows": ("user", [f"u{n}" for n in range(15)]),
    "many users": ("user", [f"u{n}" for n in numbers(1000, 1, 3000)]),
    "ports and words": ("port", ["80", "443", "http"] * 20),
    "names that are numbers at times": ("user", ["alice", "1001", "bob", "carol"] * 5),
    "devices by uuid": ("x", [str(uuid.UUID(int=n)) for n in numbers(100, 1, 9)]),
    "Norway": ("country", ["NO", "NO"]),
    "units of two kinds": ("x", ["3 kg", "5 ms", "3 apples", "4 pears"]),
    "versions": ("x", ["1.2.3", "1.2.3", "1.2.4"]),
    "addresses": ("x", ["10.0.0.1", "10.0.0.2", "10.0.0.1"]),
    "an outcome": ("time_zone", ["UTC", "CET"]),
}
SPELLED = {
    "marks of two kinds": ("x", ["1.234,5", "12,345,678.9", "12'000"]),
    "units of two kinds": ("x", ["3 kg", "5 ms"]),
}
READ = {
    "comma": ("x", ["1,5", "2", "0,25"]),
    "comma and groups": ("x", ["1.234,5", "12.345.678,9", "12"]),
    "groups": ("x", ["1,234.5", "12,345,678.9", "12"]),
    "groups alone": ("x", ["1,234", "12,345", "999"]),
    "groups in Switzerland": ("x", ["12'000", "1'234'567.5"]),
    "groups in France": ("x", ["12\u202f000", "1 234 567,5", "-3"]),
    "share": ("x", ["12%", "3.5 %"]),
    "duration": ("response_time", ["3.5ms", "12 s"]),
    "size": ("x", ["1.5k", "3 MiB"]),
    "prices": ("x", ["$1,234.50", "-$3.00", "(1,200.00)"]),
    "odd words": ("x", [*["1,5", "2,5"] * 20, "oops"]),
}
CODES = {
    "customers": ("customer_id", numbers(500, 1, 40)),
    "as text": ("hostId", texts(numbers(500, 1, 40))),
    "ports": ("dst_port", numbers(100, 440, 447)),
    "one port": ("port", [443]),
    "status": ("statusCode", [200, 200, 404]),
    "events of Windows": ("event_id", [4624, 4625, 4624, 4688] * 25),
}
ALL: dict[Kind, dict[str, tuple[str, list[Any]]]] = {
    Kind.COUNTER: COUNTERS,
    Kind.IDENTIFIER: IDENTIFIERS,
    Kind.TIME: TIMES,
    Kind.NUMBER: MEASURED,
    Kind.COUNT: COUNTS,
    Kind.FLAG: FLAGS,
    Kind.TEXT: TEXTS,
    Kind.SPELLED: SPELLED,
    Kind.CODE: CODES,
}
CASES = [
    pytest.param(kind, *case, id=f"{kind}: {what}")
    for kind, cases in [*ALL.items(), (Kind.NUMBER, READ)]
    for what, case in cases.items()
]


@pytest.mark.parametrize(("kind", "name", "values"), CASES)
def test_a_column_is_what_it_is(kind: Kind, name: str, values: list[Any]) -> None:
    look = look_at(name, values)
    assert look.kind is kind
    if kind in (Kind.COUNTER, Kind.IDENTIFIER, Kind.TIME):
        assert "looks like" in look.why or "value" in look.why


@pytest.mark.parametrize(("kind", "name", "values"), CASES)
def test_gaps_and_the_format_change_nothing(kind: Kind, name: str, values: list[Any]) -> None:
    spelled = ["true" if each is True else "false" if each is False else each for each in values]
    cells = [each if each is None else str(each) for each in spelled]
    with_gaps = [part for cell in cells for part in (cell, "", None, "NA")]
    assert look_at(name, with_gaps).kind is kind


def test_nothing_and_what_is_nested() -> None:
    assert look_at("x", []).kind is look_at("x", [None, "", math.nan]).kind is Kind.EMPTY
    assert look_at("x", [None, {"a": 1}]).kind is look_at("x", [[1]]).kind is Kind.NESTED


MARK = Look(Kind.COUNTER, holds_numbers=True, why="it rises")
TEXT = Look(Kind.TEXT, why="it is text")
NUMBER = Look(Kind.NUMBER, holds_numbers=True)
CODE = Look(Kind.CODE, holds_numbers=True)
CUSTOMER = Look(Kind.CODE, holds_numbers=True, why="by its name")
NO_CATEGORIES = Wishes(categorical=frozenset())


@pytest.mark.parametrize(
    ("look", "wishes", "role"),
    [
        (NUMBER, Wishes(), Role.NUMBER),
        (NUMBER, Wishes(categorical=frozenset({"x"})), Role.CATEGORY),
        (NUMBER, Wishes(categories=frozenset({"x"})), Role.CATEGORY),
        (TEXT, Wishes(), Role.CATEGORY),
        (TEXT, NO_CATEGORIES, Role.LEFT_OUT),
        (TEXT, Wishes(categorical=frozenset({"y"})), Role.LEFT_OUT),
        (TEXT, Wishes(numbers=frozenset({"x"})), Role.LEFT_OUT),
        (MARK, Wishes(), Role.LEFT_OUT),
        (MARK, Wishes(asked=frozenset({"x"})), Role.NUMBER),
        (MARK, Wishes(numbers=frozenset({"x"})), Role.NUMBER),
        (MARK, Wishes(categorical=frozenset({AUTO, "x"})), Role.CATEGORY),
        (CODE, Wishes(), Role.CATEGORY),
        (CODE, NO_CATEGORIES, Role.NUMBER),
        (CUSTOMER, Wishes(), Role.CATEGORY),
        (CUSTOMER, NO_CATEGORIES, Role.LEFT_OUT),
        (CUSTOMER, Wishes(asked=frozenset({"x"})), Role.CATEGORY),
        (CUSTOMER, Wishes(frozenset(), asked=frozenset({"x"})), Role.NUMBER),
        (Look(Kind.EMPTY), Wishes(), Role.OPEN),
        (Look(Kind.NESTED, why="an array"), Wishes(asked=frozenset({"x"})), Role.LEFT_OUT),
        (Look(Kind.SPELLED, why="1,5"), Wishes(), Role.LEFT_OUT),
        (Look(Kind.SPELLED, why="1,5"), Wishes(asked=frozenset({"x"})), Role.CATEGORY),
    ],
)
def test_roles(look: Look, wishes: Wishes, role: Role) -> None:
    column = role_of("x", look, wishes)
    assert column.role is role
    assert bool(column.why) == (role is Role.LEFT_OUT)


def test_a_counter_stays_where_nothing_else_is_left() -> None:
    time = Look(Kind.TIME, holds_numbers=True, why="a time")
    alone = all_roles({"time": time, "x": MARK}, Wishes())
    assert [column.role for column in alone] == [Role.LEFT_OUT, Role.NUMBER]
    beside = all_roles({"x": MARK, "y": NUMBER}, Wishes())
    assert [column.role for column in beside] == [Role.LEFT_OUT, Role.NUMBER]


ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 10**400, -(10**400), 1e308, math.inf, -math.inf, math.nan),
    *("", "NA", "inf", "1e999", "1" * 5000, "é" * 30, "\x00", "1_000", "0x1f", "T12", "1,5"),
    *({}, {"a": 1}, [], [1], b"ab", b"\xff", Decimal("NaN"), Decimal("Infinity"), Decimal("1.5")),
    *(SECONDS[0], f"{SECONDS[0]}.5", "12:00", "2026-01-01"),
]
ODD_NAMES = ("", "id", "ts", "pid", "requests_total", "status", "température", "__", "#")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_no_value_is_too_odd(name: str) -> None:
    generator = random.Random(1)
    for _ in range(1000):
        few = generator.sample(ODD, generator.randint(1, 4))
        look = look_at(name, generator.choices(few, k=generator.choice([1, 2, 10, 60])))
        assert isinstance(look.kind, Kind)
