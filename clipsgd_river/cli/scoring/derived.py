"""What is judged where single events are not: rates of counters, windows of time."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple

from clipsgd_river.cli.input.columns.times import Times
from clipsgd_river.cli.input.derived.counters import CounterSource, Keyed, Rates
from clipsgd_river.cli.input.derived.windows import WindowSource
from clipsgd_river.cli.input.events import Event, Reading, Selection, Source
from clipsgd_river.cli.input.labels import UNKNOWN
from clipsgd_river.cli.scoring.clock import Clock
from clipsgd_river.cli.scoring.moments import Moments

#: Late events are few in a stream that runs forward.
_FALLS_PER_RISE: Final = 10


class Derivation(NamedTuple):
    """What is to be made of events.

    Parameters
    ----------
    times
        Reads the time column; None where there is none.
    selection
        Names counters, the time, and the column that tells whose events are.
    every
        Length of windows in seconds; None for single events.
    """

    times: Times | None
    selection: Selection
    every: float | None = None


class Derived(NamedTuple):
    """Events that were made of others, and what their columns are."""

    source: Source
    reading: Reading


def derive(source: Source, reading: Reading, wanted: Derivation) -> Derived:
    """Return the events that are to be judged; those of the source where nothing is to be made."""
    selection = wanted.selection
    if not selection.counters and wanted.every is None:
        return Derived(source, reading)
    keyed = _keyed(source, reading, wanted)
    if keyed.backwards:
        reading.note_once("times run backwards: the latest event comes first")
    columns = list(reading.columns.values())
    if selection.counters:
        rates = Rates(selection.counters, keyed)
        source, columns = CounterSource(source, rates), rates.columns(columns)
    if wanted.every is not None and selection.time is not None:
        columns = [each for each in columns if each.name != selection.by]
        windows = WindowSource(source, columns, keyed, selection.time, wanted.every)
        windows.refuse, windows.note = reading.refuse, reading.note_once
        source, columns = windows, windows.judged_columns(_first_keys(reading, selection.by))
    return Derived(source, replace(reading, columns={each.name: each for each in columns}))


def _keyed(source: Source, reading: Reading, wanted: Derivation) -> Keyed:
    by, time, times = wanted.selection.by, wanted.selection.time, wanted.times
    seconds, backwards = None, False
    if time is not None and times is not None:
        seconds = Clock(time, Moments(time, times, source.value)).seconds
        backwards = _run_backwards(time, times, reading.first_times)
    if by is None:
        return Keyed(None, seconds, backwards)

    def key(event: Event) -> str:
        value = source.value(event, by)
        return "" if value is None else str(value).strip()

    return Keyed(key, seconds, backwards)


def _first_keys(reading: Reading, by: str | None) -> list[str]:
    values = reading.first_values.get(by or "", ())
    return list(dict.fromkeys("" if each is None else str(each).strip() for each in values))


def _run_backwards(time: str, times: Times, texts: Sequence[str]) -> bool:
    """Tell whether nearly all of the first times are before the last one."""
    moments = Moments(time, copy(times), lambda event, _: event.record)
    clock = Clock(time, moments)
    found = [clock.seconds(Event(row, {}, UNKNOWN, text)) for row, text in enumerate(texts, 1)]
    falls = sum(after < before for before, after in pairwise(found))
    rises = sum(after > before for before, after in pairwise(found))
    return falls > _FALLS_PER_RISE * rises
