"""What a column of text holds: categories, or marks of events and times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from itertools import islice, pairwise
from typing import Final

from clipsgd_river.cli.input.columns import names
from clipsgd_river.cli.input.columns.cells import Cells
from clipsgd_river.cli.input.columns.kinds import Kind, Look
from clipsgd_river.cli.input.columns.spelling import (
    LARGEST_SHARE_OF_SLIPS,
    decimal_marks,
    written_number,
)
from clipsgd_river.cli.input.columns.times import is_time
from clipsgd_river.cli.input.columns.units import unit_of
from clipsgd_river.cli.terminal.text import shown

#: So few values may all be new although they come again later.
_SOME: Final = 20
_MANY: Final = 50
#: Of values of which nearly every one is new, so many may have come before.
_MOST_SEEN: Final = 0.02
_FEWEST_STAGES: Final = 10
#: A token of random hexadecimal digits: UUIDs, hashes, trace ids.
_RANDOM: Final = re.compile("[0-9a-f]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGITS: Final = re.compile("[0-9]+")


def look_at_texts(name: str, values: Sequence[str]) -> Look:
    """Tell what a column holds from its name and the first of its values, none of them missing.

    Examples
    --------
    >>> look_at_texts("user", ["alice", "bob", "alice"]).kind
    <Kind.TEXT: 'text'>
    >>> look_at_texts("seen", ["2026-01-31T12:00:00Z"]).kind
    <Kind.TIME: 'time'>
    """
    first = f"('{shown(values[0], 24)}')"
    if _are_times(name, values):
        return Look(Kind.TIME, why=f"it looks like a time {first}")
    if all(map(_is_written_number, values)):
        return Look(
            Kind.SPELLED, why=f"it looks like numbers, but not all are written alike {first}"
        )
    if names.names_something_transient(name) or _are_random(values):
        return Look(Kind.IDENTIFIER, why=f"it looks like an identifier {first}")
    if _are_new(values):
        return Look(Kind.IDENTIFIER, why=f"nearly every value in it is new {first}")
    if _never_come_back(values):
        return Look(Kind.IDENTIFIER, why=f"its values pass and never come back {first}")
    return Look(Kind.TEXT, why=f"its first value is {first[1:-1]}, no number")


def _is_written_number(value: str) -> bool:
    written = written_number(value)
    if written is None or not decimal_marks(written.digits, Cells()):
        return False
    return not written.unit or unit_of(written.unit) is not None


def _are_times(name: str, values: Sequence[str]) -> bool:
    # A sum stands under a column of dates, too. Looked at lazily: most texts are no times at all.
    slips = (value for value in values if not _is_moment(value))
    few = int(LARGEST_SHARE_OF_SLIPS * len(values))
    if next(islice(slips, few, None), None) is None:
        return True
    # Written in one of the many other ways: its name and its digits have to do.
    return names.names_a_time(name) and all(len(_DIGITS.findall(value)) > 2 for value in values)


def _is_moment(value: str) -> bool:
    text = value.strip()
    if text.isdigit():
        return False
    if is_time(text):
        return True
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def _are_random(values: Sequence[str]) -> bool:
    different = {value.strip().lower() for value in values}
    return 2 * len(different) > len(values) and all(map(_RANDOM.fullmatch, different))


def _are_new(values: Sequence[str]) -> bool:
    """Whether, once half of the values are known, nearly every other one still is new."""
    half = len(values) // 2
    if len(values) < _SOME:
        return False
    known = set(values[:half])
    seen = 0
    for value in values[half:]:
        seen += value in known
        known.add(value)
    return seen <= _MOST_SEEN * (len(values) - half)


def _never_come_back(values: Sequence[str]) -> bool:
    """Whether each value comes for a while and then no more, as times and batches do."""
    stages = 1 + sum(before != after for before, after in pairwise(values))
    return len(values) >= _MANY and stages >= _FEWEST_STAGES and stages == len(set(values))
