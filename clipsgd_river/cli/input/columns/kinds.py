"""The kinds of columns, and what a look at one has found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from clipsgd_river.cli.input.columns.spelling import Numbers, Spelling


class Kind(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    #: Whole numbers from 0 on, of which few different ones come.
    COUNT = "count"
    #: True and false, or 0 and 1.
    FLAG = "flag"
    TEXT = "text"
    #: Numbers that name something and come again, such as those of ports and of customers.
    CODE = "code"
    #: When an event happened.
    TIME = "time"
    #: Whole numbers that only rise, or only fall: those of lines, and totals.
    COUNTER = "counter"
    #: What tells each event, session or process from all others; free text too.
    IDENTIFIER = "identifier"
    #: Numbers of which some are written in one way and some in another.
    SPELLED = "spelled"
    #: Objects and arrays.
    NESTED = "nested"
    #: Nothing but missing values so far.
    EMPTY = "empty"


#: Kinds that say nothing about how unusual an event is.
MARKS = frozenset({Kind.TIME, Kind.COUNTER, Kind.IDENTIFIER})


@dataclass(frozen=True)
class Look:
    """What a look at the first values of a column has found.

    Parameters
    ----------
    kind
        What the column holds.
    holds_numbers
        Whether its values can be read as numbers.
    why
        For what is left out, unless an option wants it, the reason in words that go after a colon.
    spelling
        How its numbers are written.
    """

    kind: Kind
    holds_numbers: bool = False
    why: str = ""
    spelling: Spelling = field(default_factory=Numbers, compare=False)
