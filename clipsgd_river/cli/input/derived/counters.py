"""Counters as rates."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from clipsgd_river.cli.input.columns.kinds import Kind
from clipsgd_river.cli.input.columns.roles import Column, Role
from clipsgd_river.cli.input.events import Event, Source
from clipsgd_river.cli.terminal.text import looks_numeric, parse_number

#: Of so many keys the last values are kept; those longest unseen give way.
_MOST_KEYS: Final = 100_000


class Keyed(NamedTuple):
    """Whose events they are and when they happened, as far as columns tell.

    Parameters
    ----------
    by
        Returns the key of an event; None where all are of one.
    seconds
        Returns its time in seconds, NaN where it has none; None where there is no time.
    backwards
        Whether the stream begins with its latest event.
    """

    by: Callable[[Event], str] | None = None
    seconds: Callable[[Event], float] | None = None
    backwards: bool = False


class Rates:
    """Turn a counter into what it rises by in a second, or from event to event without a time.

    A counter that falls was set back, and has risen from 0. The first event of a key has no rate.

    Parameters
    ----------
    columns
        Names of the counters.
    keyed
        Whose they are, and when.

    Examples
    --------
    >>> rates = Rates(["sent"], Keyed())
    >>> events = [Event(row, {"sent": sent}, -1, None) for row, sent in enumerate([5, 9, 2])]
    >>> [rates.of(event).features for event in events]
    [{'sent per event': nan}, {'sent per event': 4.0}, {'sent per event': 2.0}]
    """

    def __init__(self, columns: Collection[str], keyed: Keyed) -> None:
        self._keyed = keyed
        unit = "second" if keyed.seconds is not None else "event"
        self.names = {name: f"{name} per {unit}" for name in sorted(columns)}
        self._last: OrderedDict[str, tuple[float, dict[str, float]]] = OrderedDict()

    def of(self, event: Event) -> Event:
        """Return an event with rates in the place of counters."""
        by, seconds, backwards = self._keyed
        key = "" if by is None else by(event)
        now = math.nan if seconds is None else seconds(event)
        before, last = self._last.pop(key, (math.nan, {}))
        elapsed = now - before if seconds is not None else 1.0
        features: dict[Hashable, Any] = {}
        values: dict[str, float] = dict(last)
        for name, value in event.features.items():
            rate = self.names.get(str(name))
            if rate is None:
                features[name] = value
                continue
            number = math.nan if value is None else float(value)
            values_in_time = (last.get(str(name), math.nan), number)
            if backwards:
                features[rate] = _rate(*values_in_time[::-1], -elapsed if seconds else elapsed)
            else:
                features[rate] = _rate(*values_in_time, elapsed)
            if math.isfinite(number):
                values[str(name)] = number
        self._last[key] = (now if math.isfinite(now) else before, values)
        if len(self._last) > _MOST_KEYS:
            self._last.popitem(last=False)
        return event._replace(features=features)

    def columns(self, columns: Collection[Column]) -> list[Column]:
        """Return what columns become."""
        return [
            Column(self.names[each.name], replace(each.look, kind=Kind.NUMBER, why=""), Role.NUMBER)
            if each.name in self.names
            else each
            for each in columns
        ]


class CounterSource:
    """Events of a source, with rates in the place of counters."""

    def __init__(self, source: Source, rates: Rates) -> None:
        self.source = source
        self._rates = rates

    @property
    def columns(self) -> Sequence[str] | None:
        """Names of the columns."""
        return self.source.columns

    @property
    def told(self) -> str:
        """What was understood of the layout, in words."""
        return self.source.told

    def events(self) -> Iterator[Event]:
        """Yield the events in turn."""
        return map(self._rates.of, self.source.events())

    def fields(self, event: Event) -> dict[str, Any]:
        """Return an event by column name, with its counters and not their rates."""
        fields = self.source.fields(event)
        for name in self._rates.names:
            if isinstance(fields.get(name), str) and looks_numeric(fields[name]):
                fields[name] = parse_number(fields[name])
        return fields

    def value(self, event: Event, name: str) -> Any:
        """Return the value in one column, as it was read."""
        return self.source.value(event, name)

    def fraction(self) -> float | None:
        """Return the share read so far."""
        return self.source.fraction()

    def on_silence(self, act: Callable[[], float | None]) -> None:
        """Have something done while a live stream is silent."""
        self.source.on_silence(act)

    def close(self) -> None:
        """Close what was opened."""
        self.source.close()


def _rate(before: float, now: float, elapsed: float) -> float:
    if not math.isfinite(before) or not math.isfinite(now) or not elapsed > 0.0:
        return math.nan
    return (now - before if now >= before else now) / elapsed
