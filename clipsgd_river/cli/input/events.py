"""What sources of events have in common, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from clipsgd_river.cli.input.columns.cells import Cells
from clipsgd_river.cli.input.columns.kinds import Kind, Look
from clipsgd_river.cli.input.columns.look import look_at
from clipsgd_river.cli.input.columns.roles import (
    AUTO,
    ENCODE_IT,
    Column,
    Role,
    Wishes,
    all_roles,
    role_of,
)
from clipsgd_river.cli.input.columns.spelling import prefers_comma
from clipsgd_river.cli.input.labels import LabelRule
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.text import listed, near_matches, shown

#: More notes of one kind than these say nothing new.
_MOST_NOTES: Final = 20
#: Rows from which columns are judged.
ROWS_TO_LOOK_AT: Final = 1000
#: Keys of JSON objects that a run keeps in mind; hostile keys must not exhaust the memory.
MOST_COLUMNS: Final = 100_000


class Event(NamedTuple):
    """One event: its number from 1, what the detector sees, its label, and its source's record."""

    row: int
    features: dict[Hashable, Any]
    label: int
    record: Any


#: Makes an event of its parts, in half the time that the call of a named tuple takes.
new_event: Final = partial(tuple.__new__, Event)


class Source(Protocol):
    """Where events come from.

    `columns` are the column names where the format has fixed ones, and None otherwise.
    """

    @property
    def columns(self) -> Sequence[str] | None:
        """Names of the columns."""
        ...

    def events(self) -> Iterator[Event]:
        """Yield the events in turn."""
        ...

    def fields(self, event: Event) -> dict[str, Any]:
        """Return an event as names and values, whatever the format of its record."""
        ...

    def value(self, event: Event, name: str) -> Any:
        """Return the value in one column, as it was read; None where there is none."""
        ...

    @property
    def told(self) -> str:
        """What was understood of the layout, in words; empty where that is plain."""
        ...

    def fraction(self) -> float | None:
        """Return the share read so far, None where the end is unknown."""
        ...

    def on_silence(self, act: Callable[[], float | None]) -> None:
        """Have something done while a live stream is silent, again after the seconds it returns."""

    def close(self) -> None:
        """Close what was opened."""


@dataclass(frozen=True)
class Selection:
    """Which columns the detector may see: those of `only`, or all, without others named here.

    `categorical` are the columns of categories; `AUTO` among them stands for all of text. Those of
    `keep` are features although they look like times, counters or identifiers, and so are those of
    `only`.
    """

    only: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    labels: LabelRule | None = None
    time: str | None = None
    categorical: frozenset[str] = frozenset({AUTO})
    keep: frozenset[str] = frozenset()
    #: Counters that become rates, and the column that tells whose they are.
    counters: frozenset[str] = frozenset()
    by: str | None = None
    #: Columns that tell whose events are, kept from the detector.
    keys: tuple[str, ...] = ()

    @property
    def named_categories(self) -> frozenset[str]:
        """Columns whose values, numbers too, are categories."""
        return self.categorical - {AUTO}

    def wants(self, name: str) -> bool:
        """Tell whether a column is offered to the detector.

        The name of an object of JSON stands for all that is in it.
        """
        if name == self.time or name in self.keys:
            return False
        if self.labels is not None and name == self.labels.column:
            return False
        if not self.ignore and not self.only:
            return True
        names = {name, *(name[:at] for at, letter in enumerate(name) if letter == ".")}
        return names.isdisjoint(self.ignore) and (not self.only or not names.isdisjoint(self.only))

    def check(self, columns: Iterable[str]) -> None:
        """Refuse a selection that names columns which are not there."""
        known = list(columns)
        for option, name in self.unknown(known):
            raise UsageError(
                f"{option} names '{shown(name)}', which is no column: {near_matches(name, known)}"
            )

    def unknown(self, columns: Iterable[str]) -> list[tuple[str, str]]:
        """Return option and name of everything the selection names that is no column."""
        known = set(columns)
        asked = [("--only", name) for name in sorted(self.only)]
        asked += [("--ignore", name) for name in sorted(self.ignore)]
        asked += [("--keep", name) for name in sorted(self.keep)]
        asked += [("--counter", name) for name in sorted(self.counters)]
        asked += [("--categorical", name) for name in sorted(self.named_categories)]
        if self.labels is not None:
            asked.append(("--label", self.labels.column))
        asked += [("--time", self.time)] if self.time else []
        asked += [("--by", name) for name in (self.by, *self.keys) if name]
        return [(option, name) for option, name in asked if name not in known]


@dataclass
class Reading:
    """How a run reads: what it selects, what it does with bad events, whom it tells.

    `known_numbers` and `known_categories` are the columns that a state file has as such; `columns`
    are those on which was decided, by name.
    """

    selection: Selection
    say: Callable[[str], None]
    skip_bad_events: bool = False
    skipped: int = 0
    known_numbers: frozenset[str] = frozenset()
    known_categories: frozenset[str] = frozenset()
    columns: dict[str, Column] = field(default_factory=dict)
    cells: Cells = field(default_factory=Cells)
    #: What the time column, if one is named, has in the first rows.
    first_times: list[str] = field(default_factory=list)
    #: The first values of columns, and of how many rows they are.
    first_values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    first_rows: int = 0
    #: Whether there still is a place for categories, once the first rows were looked at.
    may_encode: bool = True
    _left_out: int = 0
    _missing_words: set[str] = field(default_factory=set)
    _said: set[str] = field(default_factory=set)
    #: What is to be said of columns of times, by name, until it is known who takes them.
    _of_times: dict[str, str] | None = field(default_factory=dict)

    def refuse(self, error: DataError) -> None:
        """Raise the error, or count and tell it where bad events are skipped."""
        if not self.skip_bad_events:
            raise error
        self.skipped += 1
        if self.skipped <= _MOST_NOTES:
            self.say(f"skipped: {error}")
        if self.skipped == _MOST_NOTES:
            self.say("further skipped events are only counted")

    def note_once(self, text: str) -> None:
        """Say what need not be said again."""
        if text not in self._said:
            self._said.add(text)
            self.say(text)

    def decide(self, values: Mapping[str, Sequence[Any]], rows: int) -> None:
        """Decide on columns that are offered to the detector, from their values in first rows."""
        self.first_values, self.first_rows = values, rows
        if self.cells.decimal is None:
            texts = ([cell for cell in v if isinstance(cell, str)] for v in values.values())
            comma = prefers_comma(texts, self.cells)
            self.cells = replace(self.cells, prefers_comma=comma)
        looks = {name: look_at(name, found, self.cells) for name, found in values.items()}
        for column in all_roles(looks, self._wishes):
            self._keep(column)
            if column.role is Role.NUMBER:
                self._note_missing(values[column.name])

    def _note_missing(self, values: Sequence[Any]) -> None:
        found = {each for each in values if isinstance(each, str) and self.cells.is_missing(each)}
        self._missing_words.update(word for each in found if (word := each.strip()))

    def decide_late(self, name: str, value: Any) -> Column:
        """Decide on a column whose first value has just come."""
        self.decide_as(name, look_at(name, [value], self.cells))
        return self.columns[name]

    def decide_as(self, name: str, look: Look) -> None:
        """Decide on a column whose type says what it holds."""
        column = role_of(name, look, self._wishes)
        if column.role is Role.CATEGORY and not self.may_encode:
            why = f"{look.why or 'a category'}, and there was none at first; {ENCODE_IT}"
            column = replace(column, role=Role.LEFT_OUT, why=why)
        self._keep(column)

    def leave_out(self, name: str, look: Look) -> None:
        """Leave out a column for what its type says."""
        self._keep(Column(name, look, Role.LEFT_OUT, look.why))

    def spellings(self) -> str:
        """Say how columns of numbers are written, other than as 1234.5 or with usual gaps."""
        told: dict[str, list[str]] = {}
        for name, column in self.columns.items():
            if column.role is Role.NUMBER and column.look.spelling.told:
                told.setdefault(column.look.spelling.told, []).append(name)
        parts = [f"{listed(names)} {how}" for how, names in told.items()]
        if self._missing_words:
            parts.append(f"{listed(sorted(self._missing_words))} as no value")
        return "; ".join(parts)

    def units(self) -> dict[str, str]:
        """Return what columns of numbers are counted in, of those that say it."""
        numbers = (each for each in self.columns.values() if each.role is Role.NUMBER)
        return {each.name: each.look.spelling.unit for each in numbers if each.look.spelling.unit}

    def has(self, role: Role) -> bool:
        """Tell whether a column plays a role."""
        return any(column.role is role for column in self.columns.values())

    @property
    def _wishes(self) -> Wishes:
        selection = self.selection
        asked = selection.only | selection.keep | selection.counters
        return Wishes(selection.categorical, asked, self.known_numbers, self.known_categories)

    def _keep(self, column: Column) -> None:
        name, selection = column.name, self.selection
        if name in selection.counters and column.role not in (Role.NUMBER, Role.OPEN):
            why = column.why or column.look.why or "it is a category"
            raise UsageError(
                f"--counter names '{shown(name)}', which is no column of numbers: {why}"
            )
        if column.role is Role.LEFT_OUT:
            for option, names in (
                ("--only", selection.only),
                ("--keep", selection.keep),
            ):
                if name in names:
                    raise UsageError(
                        f"{option} names '{shown(name)}', which is no feature: {column.why}"
                    )
            told = f"column '{shown(name)}' is left out: {column.why}"
            if column.look.kind is Kind.TIME and self._of_times is not None:
                self._of_times[name] = told
            else:
                self._say_left_out(told)
        self.columns[name] = column

    def say_of_times(self, taken: str | None) -> None:
        """Say which columns of times are left out: all but the one that the detector goes by."""
        waiting, self._of_times = self._of_times or {}, None
        for name, told in waiting.items():
            if name != taken:
                self._say_left_out(told)

    def _say_left_out(self, told: str) -> None:
        self._left_out += 1
        if self._left_out <= _MOST_NOTES:
            self.say(told)
        if self._left_out == _MOST_NOTES:
            self.say("further columns that are left out are only counted")
