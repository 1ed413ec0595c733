"""What becomes of each column: a number, a category, or nothing the detector sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from clipsgd_river.cli.input.columns.kinds import MARKS, Kind, Look
from clipsgd_river.cli.terminal.text import shown

#: Stands for all columns of text.
AUTO: Final = "auto"
#: Stands for no column at all.
NONE: Final = "none"
#: What to do about a column of text.
ENCODE_IT: Final = "--categorical auto counts how often its values come"


class Role(Enum):
    """What the detector gets of a column."""

    NUMBER = auto()
    CATEGORY = auto()
    LEFT_OUT = auto()
    #: Nothing yet: all its values were missing.
    OPEN = auto()


@dataclass(frozen=True)
class Column:
    """A column, what it holds, and what becomes of it.

    Parameters
    ----------
    name, look, role
        Of the column.
    why
        For one that is left out, the reason and the cure.
    """

    name: str
    look: Look
    role: Role
    why: str = ""


@dataclass(frozen=True)
class Wishes:
    """What is known of columns beside their values.

    Parameters
    ----------
    categorical
        Names of categories; `AUTO` among them stands for all of text.
    asked
        Names that were asked for: they are features, whatever they look like.
    numbers, categories
        Names that a state file has as numbers and as categories.
    """

    categorical: frozenset[str] = frozenset({AUTO})
    asked: frozenset[str] = frozenset()
    numbers: frozenset[str] = field(default_factory=frozenset)
    categories: frozenset[str] = field(default_factory=frozenset)


def role_of(name: str, look: Look, wishes: Wishes) -> Column:
    """Decide what becomes of a column.

    Examples
    --------
    >>> role_of("id", Look(Kind.COUNTER, True), Wishes()).role
    <Role.LEFT_OUT: 3>
    >>> role_of("id", Look(Kind.COUNTER, True), Wishes(asked=frozenset({"id"}))).role
    <Role.NUMBER: 1>
    """
    kind = look.kind
    if kind is Kind.EMPTY:
        return Column(name, look, Role.OPEN)
    if kind is Kind.NESTED:
        return Column(name, look, Role.LEFT_OUT, look.why)
    if name in wishes.categorical or name in wishes.categories:
        return Column(name, look, Role.CATEGORY)
    if name in wishes.numbers:
        if look.holds_numbers:
            return Column(name, look, Role.NUMBER)
        why = f"the state file has it as numbers, now {look.why}"
        return Column(name, look, Role.LEFT_OUT, why)
    asked = name in wishes.asked
    if kind in MARKS and not asked:
        return Column(name, look, Role.LEFT_OUT, f"{look.why}; {_keep(name)}")
    if kind is Kind.SPELLED and not asked:
        cure = (
            "say --decimal or --thousands, write all in one unit, or count them as categories with "
            f"--categorical {shown(name)}"
        )
        return Column(name, look, Role.LEFT_OUT, f"{look.why}; {cure}")
    if kind is Kind.CODE and (AUTO in wishes.categorical or (look.why and not asked)):
        return _category(name, look, wishes, f"--categorical {shown(name)} or {_keep(name)}")
    if look.holds_numbers:
        return Column(name, look, Role.NUMBER)
    return _category(name, look, wishes, ENCODE_IT)


def first_time(columns: Iterable[Column]) -> str | None:
    """Return the first column of times; None where there is none."""
    return next((each.name for each in columns if each.look.kind is Kind.TIME), None)


def all_roles(looks: Mapping[str, Look], wishes: Wishes) -> list[Column]:
    """Decide what becomes of all columns: where nothing else is left, counters are features."""
    columns = [role_of(name, look, wishes) for name, look in looks.items()]
    if any(column.role is not Role.LEFT_OUT for column in columns):
        return columns
    return [
        replace(column, role=Role.NUMBER, why="")
        if column.look.holds_numbers and column.look.kind is not Kind.TIME
        else column
        for column in columns
    ]


def _category(name: str, look: Look, wishes: Wishes, cure: str) -> Column:
    if AUTO in wishes.categorical:
        return Column(name, look, Role.CATEGORY)
    return Column(name, look, Role.LEFT_OUT, f"{look.why}; {cure}")


def _keep(name: str) -> str:
    return f"--keep {shown(name)} takes it as a feature"
