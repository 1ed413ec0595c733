"""What is judged where single events are not: rates of counters, windows of time."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from clipsgd_river.cli.input.columns.times import Times
from clipsgd_river.cli.input.derived.counters import CounterSource, Keyed, Rates
from clipsgd_river.cli.input.derived.windows import WindowSource
from clipsgd_river.cli.input.events import Event, Reading, Selection, Source
from clipsgd_river.cli.scoring.clock import Clock
from clipsgd_river.cli.scoring.moments import Moments


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
    keyed = _keyed(source, wanted)
    columns = list(reading.columns.values())
    if selection.counters:
        rates = Rates(selection.counters, keyed)
        source, columns = CounterSource(source, rates), rates.columns(columns)
    if wanted.every is not None and selection.time is not None:
        columns = [each for each in columns if each.name != selection.by]
        windows = WindowSource(source, columns, keyed, selection.time, wanted.every)
        windows.refuse, windows.note = reading.refuse, reading.note_once
        source, columns = windows, windows.judged_columns()
    if not selection.counters and wanted.every is None:
        return Derived(source, reading)
    return Derived(source, replace(reading, columns={each.name: each for each in columns}))


def _keyed(source: Source, wanted: Derivation) -> Keyed:
    by, time = wanted.selection.by, wanted.selection.time
    seconds = None
    if time is not None and wanted.times is not None:
        seconds = Clock(time, Moments(time, wanted.times, source.value)).seconds
    if by is None:
        return Keyed(None, seconds)

    def key(event: Event) -> str:
        value = source.value(event, by)
        return "" if value is None else str(value).strip()

    return Keyed(key, seconds)
