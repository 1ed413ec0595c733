# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Events, and what the keys in them did lately."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import cython

from clipsgd_river._kernels.alerts.event_clock import EventClock
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel
from clipsgd_river._kernels.core.as_float import as_float, not_an_event
from clipsgd_river._kernels.feature_extraction.key_rows import KeyRows
from clipsgd_river._kernels.feature_extraction.registers import code_of
from clipsgd_river._kernels.preprocessing.as_key import LONGEST as LONGEST_VALUE
from clipsgd_river._kernels.preprocessing.as_key import WIDEST as WIDEST_VALUE
from clipsgd_river._kernels.preprocessing.as_key import as_key

if not cython.compiled:
    from math import fabs, log

# Lehmer's generator, as Park and Miller chose it: both modes draw the same numbers.
FACTOR = 16807
MODULUS = 2147483647
# Nats to bits.
BITS = 1.4426950408889634
# Sums of amounts stay finite.
LARGEST_AMOUNT = 1e150
# Codes of values remembered: most come again, and a hash takes a microsecond.
MOST_CODES = 65536
LARGEST_TIME = 1e15
LONGEST: int = LONGEST_VALUE
# Whole numbers below this are their own keys, as `as_key` has it.
WIDEST: int = 2**WIDEST_VALUE


class Group:
    """One kind of key: its columns, its rows, and the names of its features.

    Parameters
    ----------
    settings
        ``columns`` of the key, those of which ``distinct`` values are counted, and ``sums``;
        ``names`` of the features in the order of `KeyRows.seen`, ``None`` for one that is not
        wanted.
    windows, most
        As `KeyRows`.
    """

    def __init__(self, settings: dict[str, Any], windows: list[float], most: int) -> None:
        self.columns = tuple(settings["columns"])
        self.distinct = list(settings["distinct"])
        self.sums = list(settings["sums"])
        self.names = list(settings["names"])
        self.single = len(self.columns) == 1
        self.rows = KeyRows(windows, len(self.distinct), len(self.sums), most)

    def key_of(self, event: dict[Any, Any]) -> Any:
        """The key of an event, ``None`` where a part of it is missing."""
        if self.single:
            return plain_key(event, self.columns[0])
        parts = []
        for name in self.columns:
            part = plain_key(event, name)
            if part is None:
                return None
            parts.append(part)
        return tuple(parts)

    def seen(self, logarithms: cython.bint) -> dict[Any, float]:
        """The features of the event that was counted or asked about."""
        k: cython.Py_ssize_t
        found: dict[Any, float] = {}
        last: cython.Py_ssize_t = self.rows.count * self.rows.sample
        for k in range(last + 1):
            name = self.names[k]
            if name is not None and (k < last or self.rows.seen.at[k] >= 0.0):
                found[name] = as_feature(self.rows.seen.at[k], logarithms)
        return found

    def described(self, key: Any) -> dict[Any, tuple[float, str]]:
        """Features as they are, and whose they are."""
        parts = (key,) if self.single else key
        whose = ", ".join(
            f"{name} {part if type(part) is str else repr(part)}"
            for name, part in zip(self.columns, parts, strict=True)
        )
        return {name: (rounded(value), whose) for name, value in self.seen(False).items()}

    def taught(self, logarithms: cython.bint) -> dict[Any, float]:
        """The features that the event which was counted teaches."""
        k: cython.Py_ssize_t
        found: dict[Any, float] = {}
        last: cython.Py_ssize_t = self.rows.count * self.rows.sample
        if self.rows.teaches:
            for k in range(last + 1):
                name = self.names[k]
                if name is not None and (k < last or self.rows.taught.at[k] >= 0.0):
                    found[name] = as_feature(self.rows.taught.at[k], logarithms)
        return found


class ActivityKernel(ArchivedKernel):
    """What the keys of events did within windows that end now.

    Parameters
    ----------
    settings
        ``max_keys``, ``log``, ``once_per_window`` and ``seed``, already validated; kept as given.
    kinds
        The settings of each `Group`.
    seconds
        Lengths of the windows, ascending.
    """

    def __init__(
        self, settings: dict[str, Any], kinds: list[dict[str, Any]], seconds: list[float]
    ) -> None:
        self.settings = settings
        self.kinds = kinds
        self.seconds = seconds
        self.busy = False
        self.events = 0.0
        self.now = 0.0
        self.chance = 1 + settings["seed"] % (MODULUS - 1)
        self.logarithms = settings["log"]
        self.once_per_window = settings["once_per_window"]
        self.seed = settings["seed"]
        self.clock = EventClock(seconds[0])
        self.asked = EventClock(seconds[0])
        self.groups = [Group(each, seconds, settings["max_keys"]) for each in kinds]
        self.codes: dict[Any, int] = {}
        # What the event learned last teaches, or has seen, until it is asked for.
        self.lesson: Any = None
        self.learned: Any = None

    def learn_one(self, event: Any, stamp: float) -> None:
        """Count an event; one that raises is not counted at all."""
        self.claim()
        try:
            items = as_event(event)
            loaded = self.load_all(items)
            self.pass_time(self.clock, stamp)
            self.chance = self.chance * FACTOR % MODULUS
            lesson: dict[Any, float] = {}
            rank: cython.Py_ssize_t
            for rank in range(len(self.groups)):
                group: Group = self.groups[rank]
                key, codes, amounts = loaded[rank]
                if key is None:
                    continue
                self.load(group, codes, amounts)
                group.rows.learn(key, self.now, (1.0 * self.chance) / MODULUS)
                if self.once_per_window:
                    lesson.update(group.taught(self.logarithms))
                else:
                    lesson.update(group.seen(self.logarithms))
            self.events += 1.0
            self.learned = event
            self.lesson = lesson
        finally:
            self.busy = False

    def transform_one(self, event: Any, stamp: float) -> dict[Any, float]:
        """The features of an event; of the one learned last, asked for once, what it teaches."""
        self.claim()
        try:
            if self.learned is not None:
                lesson = self.lesson if event is self.learned else None
                self.learned = None
                self.lesson = None
                if lesson is not None:
                    return lesson
            return self.ask(event, stamp, False)
        finally:
            self.busy = False

    def describe_one(self, event: Any, stamp: float) -> dict[Any, Any]:
        """The features of an event as they are, and whose they are in words."""
        self.claim()
        try:
            return self.ask(event, stamp, True)
        finally:
            self.busy = False

    def ask(self, event: Any, stamp: float, describe: cython.bint) -> dict[Any, Any]:
        """The features of an event that is not counted, or their descriptions."""
        found: dict[Any, Any] = {}
        now: cython.double = self.now
        items = as_event(event)
        loaded = self.load_all(items)
        self.asked.copy_from(self.clock)
        self.pass_time(self.asked, stamp)
        rank: cython.Py_ssize_t
        for rank in range(len(self.groups)):
            group: Group = self.groups[rank]
            key, codes, amounts = loaded[rank]
            if key is not None:
                self.load(group, codes, amounts)
                group.rows.ask(key, self.now)
                if describe:
                    found.update(group.described(key))
                else:
                    found.update(group.seen(self.logarithms))
        self.now = now
        return found

    def pass_time(self, clock: EventClock, stamp: float) -> cython.int:
        """Move on as far as the stamp moves a clock forward; silence is time, too."""
        known: cython.bint = clock.stamps > 0.0
        before: cython.double = clock.now
        heading: cython.double = clock.heading
        clock.pass_to(stamp)
        if known and clock.heading == heading and clock.now > before:
            self.now = min(self.now + (clock.now - before), LARGEST_TIME)
        return 0

    def load_all(self, event: dict[Any, Any]) -> list[Any]:
        """Key, codes of distinct values and amounts of an event, for each group."""
        found: list[Any] = []
        for each in self.groups:
            group: Group = each
            key = group.key_of(event)
            codes = None
            amounts = None
            if key is not None:
                if group.distinct:
                    codes = [self.code(event, name) for name in group.distinct]
                if group.sums:
                    amounts = [amount_of(event, name) for name in group.sums]
            found.append((key, codes, amounts))
        return found

    def load(self, group: Group, codes: Any, amounts: Any) -> cython.int:
        """Hand codes and amounts of an event to the rows of a group."""
        k: cython.Py_ssize_t
        for k in range(group.rows.distinct):
            group.rows.codes.at[k] = codes[k]
        for k in range(group.rows.sums):
            group.rows.amounts.at[k] = amounts[k]
        return 0

    def code(self, event: dict[Any, Any], name: Any) -> Any:
        """Code of a value of which distinct ones are counted, -1 if it is missing."""
        key = plain_key(event, name)
        if key is None:
            return -1
        # 1 and 1.0 are one value, and so have one key; text has none in common with numbers.
        found = self.codes.get(key)
        if found is None:
            if len(self.codes) >= MOST_CODES:
                self.codes.clear()
            found = code_of(key, self.seed)
            self.codes[key] = found
        return found

    def arguments(self) -> tuple[Any, ...]:
        """What the constructor was given."""
        return self.settings, self.kinds, self.seconds

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the numbers of the state through ``archive``; the keys go another way."""
        self.events = archive.count(self.events)
        self.now = archive.bounded(self.now, 0.0, LARGEST_TIME, "time")
        chance: cython.double = archive.count(self.chance)
        archive.check(chance, 1.0, MODULUS - 1.0, "number of chance")
        self.chance = cython.cast(cython.longlong, chance)
        self.clock.exchange(archive)
        for each in self.groups:
            group: Group = each
            group.rows.exchange(archive, self.now)
        return 0

    def snapshot(self) -> tuple[list[Any], array[float]]:
        """No names, and all numbers of the state."""
        archive = Archive()
        self.claim()
        try:
            self.exchange(archive)
            return [], archive.numbers
        finally:
            self.busy = False

    def restore(self, names: list[Any], numbers: array[float]) -> None:
        """Take over the numbers that `snapshot` gave; `take_kept` ends it, in a new kernel."""
        if names:
            raise ValueError("the state names features where none belong: it is damaged")
        archive = Archive(numbers)
        self.exchange(archive)
        archive.close()

    def kept(self) -> list[list[Any]]:
        """Keys of the state, group by group, the one unseen longest first."""
        found: list[Any] = []
        for each in self.groups:
            group: Group = each
            found.append(list(group.rows.rows))
        return found

    def take_kept(self, kept: Any) -> None:
        """Take over the keys that `kept` gave."""
        if not isinstance(kept, list) or len(kept) != len(self.groups):
            raise ValueError("the state's keys do not fit its kinds of keys: it is damaged")
        rank: cython.Py_ssize_t
        for rank in range(len(self.groups)):
            group: Group = self.groups[rank]
            group.rows.take_keys(list(kept[rank]))

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (type(self), self.arguments(), *self.snapshot(), self.kept())


def as_feature(value: float, logarithms: cython.bint) -> float:
    """A count or a sum as a feature: as it is, or the logarithm to base 2 of 1 more."""
    if not logarithms:
        return value
    if value < 0.0:
        return -BITS * log(1.0 + fabs(value))
    return BITS * log(1.0 + value)


def rounded(value: float) -> Any:
    """A number as people read it: whole from 10 on, with three figures below."""
    short = round(value) if abs(value) >= 10.0 else float(f"{value:.3g}")
    return int(short) if short == int(short) else short


def plain_key(event: dict[Any, Any], name: Any) -> Any:
    """Value of a column of categories as it is kept, ``None`` if it is missing."""
    content: Any = event.get(name)
    kind = type(content)
    if kind is str and len(content) <= LONGEST:
        return content
    if kind is int and -WIDEST < content < WIDEST:
        return content
    return as_key(name, content)


def amount_of(event: dict[Any, Any], name: Any) -> float:
    """Value of a column that is summed up, 0 if it is missing."""
    content = event.get(name)
    amount: cython.double
    if type(content) is float:  # noqa: SIM108 (a conditional would make an object of it)
        amount = content
    else:
        amount = as_float(name, content)
    if amount != amount:
        return 0.0
    return min(max(amount, -LARGEST_AMOUNT), LARGEST_AMOUNT)


def as_event(event: Any) -> dict[Any, Any]:
    """An event as a dict."""
    if type(event) is dict:
        return event
    if not isinstance(event, Mapping):
        raise not_an_event(event, "number or category")
    return dict(event)


def rebuild(
    kernel: type[ActivityKernel],
    arguments: tuple[Any, ...],
    names: list[Any],
    numbers: array[float],
    kept: list[list[Any]],
) -> ActivityKernel:
    """Kernel with a state taken from another one."""
    fresh = kernel(*arguments)
    fresh.restore(names, numbers)
    fresh.take_kept(kept)
    return fresh
