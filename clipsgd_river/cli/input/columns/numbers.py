"""What a column of numbers holds: measurements, counts, flags, or marks of rows and times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from clipsgd_river.cli.input.columns import names
from clipsgd_river.cli.input.columns.kinds import Kind, Look
from clipsgd_river.cli.terminal.text import shown

#: Values that never once fall are chance in few rows, or a level that rises for a while.
_MANY: Final = 50
_FEW: Final = 8
_SOME: Final = 20
#: The years 2000 to 2100 in seconds, and what a second is in each unit.
_EPOCH: Final = (946_684_800, 4_102_444_800)
_UNITS: Final = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
#: Times of one log are close to each other, seen from 1970; durations are not.
_WIDEST_SPAN: Final = 0.1
#: No measurement has so many digits.
_DIGITS_OF_IDENTIFIERS: Final = 16

Numbers = Sequence[int | float]


def look_at_numbers(name: str, values: Numbers) -> Look:
    """Tell what a column holds from its name and the first of its numbers, none of them missing.

    In doubt it is a measurement: only what never falls, or has a name that says so, is left out.

    Examples
    --------
    >>> look_at_numbers("line", range(100)).kind
    <Kind.COUNTER: 'counter'>
    >>> look_at_numbers("cents", [1999, 250, 4999, 1250]).kind
    <Kind.NUMBER: 'number'>
    """
    return (
        _time(name, values)
        or _counter(name, values)
        or _identifier(name, values)
        or Look(_measured(values), holds_numbers=True)
    )


def unit_since_1970(values: Numbers) -> str | None:
    """Return the unit in which all numbers are times from 2000 to 2100, None if there is none.

    Examples
    --------
    >>> unit_since_1970([1_700_000_000_123, 1_700_000_060_000]), unit_since_1970([3.5])
    ('milliseconds', None)
    """
    least, most = min(values), max(values)
    for unit, per_second in _UNITS.items():
        if _EPOCH[0] * per_second <= least and most <= _EPOCH[1] * per_second:
            return unit
    return None


def _time(name: str, values: Numbers) -> Look | None:
    unit = unit_since_1970(values)
    if unit is not None:
        close = max(values) - min(values) <= _WIDEST_SPAN * max(values)
        named = names.names_a_time(name) and close
        # Whole numbers that only rise may be bytes as well, and are left out as counters.
        rising = len(values) >= _MANY and _goes_one_way(values) and not _all_whole(values)
        if named or rising:
            return _mark(Kind.TIME, f"it looks like a time, in {unit} since 1970", values)
    elif names.names_only_a_time(name) and len(values) >= _FEW and _never_turns(values):
        return _mark(Kind.TIME, "it looks like a time, which never goes back", values)
    return None


def _counter(name: str, values: Numbers) -> Look | None:
    if len(values) >= _MANY and names.names_a_total(name) and _never_turns(values):
        return _mark(Kind.COUNTER, "it looks like a total, which never falls", values)
    if not _all_whole(values) or not _goes_one_way(values):
        return None
    steps = {after - before for before, after in pairwise(values)}
    by_one = steps in ({1}, {-1})
    enough = (
        len(values) >= _MANY
        or (len(values) >= _SOME and len(steps) == 1)
        or (len(values) >= _FEW and names.names_an_identifier(name))
        or (by_one and names.names_an_index(name))
    )
    if not enough:
        return None
    way = "rises" if values[1] > values[0] else "falls"
    often = "by 1 in every row" if by_one else "in every row"
    return _mark(Kind.COUNTER, f"it looks like a counter, which {way} {often}", values)


def _identifier(name: str, values: Numbers) -> Look | None:
    if not _all_whole(values):
        return None
    distinct = len(set(values))
    comes_again = 2 * distinct <= len(values)
    if names.names_a_code(name) and (comes_again or len(values) < _SOME):
        return Look(Kind.CODE, holds_numbers=True)
    if names.names_something_transient(name):
        return _mark(Kind.IDENTIFIER, "it looks like an identifier, by its name", values)
    if names.names_an_identifier(name):
        if distinct < len(values) and (comes_again or len(values) < _SOME):
            return Look(Kind.CODE, holds_numbers=True, why="by its name its numbers are no amounts")
        return _mark(Kind.IDENTIFIER, "it looks like an identifier, by its name", values)
    long = min(map(abs, values)) >= 10 ** (_DIGITS_OF_IDENTIFIERS - 1)
    if long and distinct == len(values) >= _FEW:
        return _mark(
            Kind.IDENTIFIER,
            f"it looks like an identifier of {_DIGITS_OF_IDENTIFIERS} digits or more",
            values,
        )
    return None


def _measured(values: Numbers) -> Kind:
    if len(values) >= _SOME and _all_whole(values) and min(values) >= 0:
        different = set(values)
        if different == {0, 1}:
            return Kind.FLAG
        if len(different) > 1 and 10 * len(different) <= len(values):
            return Kind.COUNT
    return Kind.NUMBER


def _mark(kind: Kind, why: str, values: Numbers) -> Look:
    return Look(kind, holds_numbers=True, why=f"{why} ({_examples(values)})")


def _examples(values: Numbers) -> str:
    few = [shown(value, 24) for value in values[:3]]
    return ", ".join([*few, "..."] if len(values) > len(few) else few)


def _goes_one_way(values: Numbers) -> bool:
    """Whether each number is above the last, or each below it."""
    rises = all(after > before for before, after in pairwise(values))
    falls = all(after < before for before, after in pairwise(values))
    return len(values) > 1 and (rises or falls)


def _never_turns(values: Numbers) -> bool:
    """Whether there are some different numbers, and none below the last, or none above it."""
    rises = all(after >= before for before, after in pairwise(values))
    falls = all(after <= before for before, after in pairwise(values))
    return len(set(values)) > 2 and (rises or falls)


def _all_whole(values: Numbers) -> bool:
    return all(
        isinstance(value, int) or (math.isfinite(value) and value.is_integer()) for value in values
    )
