"""Windows of time as events: how many events there were, and what their columns came to."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final

from clipsgd_river.cli.input.columns.kinds import Kind, Look
from clipsgd_river.cli.input.columns.names import words
from clipsgd_river.cli.input.columns.roles import Column, Role
from clipsgd_river.cli.input.derived.counters import Keyed
from clipsgd_river.cli.input.events import Event, Source
from clipsgd_river.cli.input.labels import UNKNOWN
from clipsgd_river.cli.terminal.errors import DataError

EVENTS: Final = "events"
#: A silence longer than so many windows is not told window by window.
_LONGEST_SILENCE: Final = 1000
#: So many events in a row must agree on a time that far ahead, or back.
_WITNESSES: Final = 3
#: So much of a window late events are waited for once it is over by the clock.
_GRACE: Final = 0.1
#: Each key has columns of its own.
_MOST_KEYS: Final = 1000
_LARGEST: Final = 1e300
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Columns of which the sum says more than the mean.
_AMOUNTS: Final = frozenset(
    {"bytes", "octets", "packets", "pkts", "count", "counts", "requests", "hits", "errors"}
    | {"failures", "retries", "drops", "size", "length", "sent", "received", "amount", "quantity"}
)


class Window:
    """What was in one window: events, and the sums of columns, by key."""

    def __init__(self) -> None:
        self.events: dict[str, int] = {}
        self._sums: dict[tuple[str, str], tuple[float, int]] = {}

    def add(self, key: str, features: dict[Hashable, Any], names: Collection[str]) -> None:
        """Count an event."""
        self.events[key] = self.events.get(key, 0) + 1
        for feature, value in features.items():
            name = str(feature)
            if name not in names or value is None or value != value:
                continue
            total, count = self._sums.get((key, name), (0.0, 0))
            self._sums[key, name] = total + _bounded(value), count + 1

    def total(self, key: str, name: str) -> float:
        """Return the sum of a column, 0 where there is none."""
        return self._sums.get((key, name), (0.0, 0))[0]

    def mean(self, key: str, name: str) -> float:
        """Return the mean of a column, NaN where there is none."""
        total, count = self._sums.get((key, name), (0.0, 0))
        return total / count if count else math.nan


class WindowSource:
    """An event for each window of time in a source, those without events included.

    A window is judged once an event of a later one has come, or once `over` is asked and, since the
    latest event, so much time has passed that it is over, and a tenth of its length more; the last
    one never, for it is not over. Late events count in the window that is open. With a key each of
    its values has columns of its own, also where it falls silent.

    Parameters
    ----------
    source
        Events, of which the numbers are summed up or averaged.
    columns
        What it has.
    keyed
        Whose they are, and when.
    time
        The name of the time.
    seconds
        Length of a window.
    clock
        Tells the time that passes, in seconds from any start.
    """

    def __init__(
        self,
        source: Source,
        columns: Collection[Column],
        keyed: Keyed,
        time: str,
        seconds: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        #: Called with what is wrong with an event, and with what is odd about times.
        self.refuse: Callable[[DataError], object] = _raise
        self.note: Callable[[str], object] = str
        self._source = source
        self._keyed = keyed
        self._time = time
        self._seconds = seconds
        self._clock = clock
        self._window = Window()
        #: The number of the open window since 1970, and of the last event that was made.
        self._place = math.nan
        self._row = 0
        #: The latest time of an event, and when that came.
        self._latest = (-math.inf, 0.0)
        numbers = [each for each in columns if each.role is Role.NUMBER]
        self._sums = {each.name for each in numbers if is_amount(each)}
        self._means = {each.name for each in numbers} - self._sums
        #: Sums and means have the units of what they are of.
        self._looks = {each.name: replace(each.look, kind=Kind.NUMBER) for each in numbers}
        self._keys: dict[str, None] = {}
        self.columns: Sequence[str] | None = None
        if keyed.by is None:
            self._keys[""] = None
            self.columns = [time, *self._names("")]

    @property
    def told(self) -> str:
        """What was understood, in words."""
        kept = [f"sums of {', '.join(sorted(self._sums))}"] if self._sums else []
        kept += [f"means of {', '.join(sorted(self._means))}"] if self._means else []
        parts = [self._source.told, f"windows of {self._seconds:g} s with counts of events"]
        return ", ".join(filter(None, parts + kept))

    def judged_columns(self, keys: Collection[str]) -> list[Column]:
        """Return what the detector gets, as far as the first keys tell."""
        counted = Look(Kind.NUMBER, holds_numbers=True)
        before = [f"{key}: " for key in keys] if self._keyed.by is not None else []
        return [
            Column(head + name, self._looks.get(name, counted), Role.NUMBER)
            for head in before or [""]
            for name in self._names("")
        ]

    def events(self) -> Iterator[Event]:
        """Yield an event for each window that is over."""
        names = self._sums | self._means
        by, seconds, backwards = self._keyed
        assert seconds is not None
        far = 0
        for event in self._source.events():
            now = seconds(event)
            if not math.isfinite(now):
                where = f"{event.row:,}"
                self.refuse(DataError(f"row {where} has no time that can be read"))
                continue
            key = "" if by is None else by(event)
            self._meet(key)
            found = math.floor(now / self._seconds) * (-1 if backwards else 1)
            if not math.isfinite(self._place):
                self._place = found
            ahead = found - self._place
            far = far + 1 if abs(ahead) > _LONGEST_SILENCE else 0
            if far >= _WITNESSES:
                self.note("times leap: windows in between are left out")
                yield self._closed(found)
                far = 0
                self._latest = now, self._clock()
            elif ahead <= _LONGEST_SILENCE:
                for _ in range(int(max(ahead, 0))):
                    yield self._closed(self._place + 1)
                if now > self._latest[0]:
                    self._latest = now, self._clock()
            self._window.add(key, event.features, names)

    def over(self) -> Iterator[Event]:
        """Yield an event for each window that is over by the clock although nothing has come."""
        while (left := self.seconds_left()) is not None and left <= 0.0:
            yield self._closed(self._place + 1)

    def seconds_left(self) -> float | None:
        """Return the seconds until the open window is over by the clock; None if it never is."""
        if not math.isfinite(self._place) or self._keyed.backwards:
            return None
        latest, came = self._latest
        end = (self._place + 1 + _GRACE) * self._seconds
        return end - latest - (self._clock() - came)

    def on_silence(self, act: Callable[[], float | None]) -> None:
        """Have something done while a live stream is silent."""
        self._source.on_silence(act)

    def _closed(self, place: float) -> Event:
        """Return the open window as an event, and open another one."""
        self._row += 1
        event = self._event(self._row, self._place, self._window)
        self._window, self._place = Window(), place
        return event

    def fields(self, event: Event) -> dict[str, Any]:
        """Return the window as names and values."""
        moment = event.record
        values = {str(name): value for name, value in event.features.items()}
        values = {name: None if value != value else value for name, value in values.items()}
        return {self._time: moment.isoformat(), **values}

    def value(self, event: Event, name: str) -> Any:
        """Return a value of the window; its time is where it begins."""
        return event.record if name == self._time else event.features.get(name)

    def fraction(self) -> float | None:
        """Return the share read so far."""
        return self._source.fraction()

    def close(self) -> None:
        """Close what was opened."""
        self._source.close()

    def _meet(self, key: str) -> None:
        if key not in self._keys:
            if len(self._keys) >= _MOST_KEYS:
                raise DataError(
                    f"--by has more than {_MOST_KEYS:,} different values: choose a column of few"
                )
            self._keys[key] = None

    def _event(self, row: int, place: float, window: Window) -> Event:
        features: dict[Hashable, Any] = {}
        for key in self._keys:
            before = f"{key}: " if self._keyed.by is not None else ""
            features[before + EVENTS] = window.events.get(key, 0)
            features |= {before + name: window.total(key, name) for name in sorted(self._sums)}
            features |= {before + name: window.mean(key, name) for name in sorted(self._means)}
        place *= -1 if self._keyed.backwards else 1
        moment = _EPOCH + timedelta(seconds=place * self._seconds)
        return Event(row, features, UNKNOWN, moment)

    def _names(self, before: str) -> list[str]:
        return [before + name for name in (EVENTS, *sorted(self._sums), *sorted(self._means))]


def _bounded(value: Any) -> float:
    """Return a number of which sums stay finite."""
    return math.copysign(min(abs(value), _LARGEST), value)


def _raise(error: DataError) -> None:
    raise error


def is_amount(column: Column) -> bool:
    """Tell whether the sum of a column of numbers says more than its mean."""
    if column.look.kind in (Kind.COUNT, Kind.FLAG):
        return True
    return not _AMOUNTS.isdisjoint(words(column.name)) and not column.name.endswith(
        (" per second", " per event")
    )
