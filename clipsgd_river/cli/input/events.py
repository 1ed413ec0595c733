"""What sources of events have in common, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from clipsgd_river.cli.input.labels import LabelRule
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.text import near_matches, shown

#: More notes of one kind than these say nothing new.
_MOST_NOTES: Final = 20
#: Stands for all columns of text.
AUTO: Final = "auto"
#: What to do about a column of text.
ENCODE_IT: Final = "--categorical auto counts how often its values come"
#: Keys of JSON objects that a run keeps in mind; hostile keys must not exhaust the memory.
MOST_COLUMNS: Final = 100_000


class Event(NamedTuple):
    """One event: its number from 1, what the detector sees, its label, and its source's record."""

    row: int
    features: dict[Hashable, Any]
    label: int
    record: Any


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

    def fraction(self) -> float | None:
        """Return the share read so far, None where the end is unknown."""
        ...

    def close(self) -> None:
        """Close what was opened."""


@dataclass(frozen=True)
class Selection:
    """Which columns the detector may see: those of `only`, or all, without others named here.

    `categorical` are the columns of categories; `AUTO` among them stands for all of text.
    """

    only: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    labels: LabelRule | None = None
    time: str | None = None
    categorical: frozenset[str] = frozenset()

    @property
    def named_categories(self) -> frozenset[str]:
        """Columns whose values, numbers too, are categories."""
        return self.categorical - {AUTO}

    def is_category(self, name: str, *, is_number: bool) -> bool:
        """Tell whether a column, of numbers or of text, is one of categories."""
        return name in self.categorical or (AUTO in self.categorical and not is_number)

    def wants(self, name: str) -> bool:
        """Tell whether a column is offered to the detector."""
        if name in self.ignore or name == self.time:
            return False
        if self.labels is not None and name == self.labels.column:
            return False
        return not self.only or name in self.only

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
        asked += [("--categorical", name) for name in sorted(self.named_categories)]
        if self.labels is not None:
            asked.append(("--label", self.labels.column))
        if self.time is not None:
            asked.append(("--time", self.time))
        return [(option, name) for option, name in asked if name not in known]


@dataclass
class Reading:
    """How a run reads: what it selects, what it does with bad events, whom it tells."""

    selection: Selection
    say: Callable[[str], None]
    skip_bad_events: bool = False
    skipped: int = 0
    left_out: dict[str, str] = field(default_factory=dict)

    def refuse(self, error: DataError) -> None:
        """Raise the error, or count and tell it where bad events are skipped."""
        if not self.skip_bad_events:
            raise error
        self.skipped += 1
        if self.skipped <= _MOST_NOTES:
            self.say(f"skipped: {error}")
        if self.skipped == _MOST_NOTES:
            self.say("further skipped events are only counted")

    def leave_out(self, name: str, why: str) -> None:
        """Note that a column is no feature, unless it was asked for."""
        if name in self.selection.only:
            raise UsageError(f"--only names '{shown(name)}', which is no feature: {why}")
        self.left_out[name] = why
        if len(self.left_out) <= _MOST_NOTES:
            self.say(f"column '{shown(name)}' is left out: {why}")
        if len(self.left_out) == _MOST_NOTES:
            self.say("further columns that are left out are only counted")
