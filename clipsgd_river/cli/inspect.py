"""Say what is understood of a file, without scoring it."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from clipsgd_river.cli.formats import delimiter_of, open_source
from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.input.columns.cells import Cells
from clipsgd_river.cli.input.columns.kinds import Kind
from clipsgd_river.cli.input.columns.look import as_text
from clipsgd_river.cli.input.columns.numbers import unit_since_1970
from clipsgd_river.cli.input.columns.roles import Column, Role, first_time
from clipsgd_river.cli.input.columns.times import is_time
from clipsgd_river.cli.input.events import Reading, Selection, Source
from clipsgd_river.cli.recognise import Format
from clipsgd_river.cli.reporter import Reporter
from clipsgd_river.cli.scoring.alert_watch import AlertOptions
from clipsgd_river.cli.scoring.beginning import Beginning, Wanted
from clipsgd_river.cli.terminal.errors import CommandError, UsageError
from clipsgd_river.cli.terminal.interrupts import Interrupted, Interrupts
from clipsgd_river.cli.terminal.text import short_number, shown

_HEADER: Final = ("column", "holds", "missing", "values", "becomes")
_WIDEST_NAME: Final = 40
_WIDEST_VALUE: Final = 20
_MOST_COLUMNS: Final = 200
_FEW: Final = 3
_ROLES: Final = {
    Role.NUMBER: "a number",
    Role.CATEGORY: "a category",
    Role.LEFT_OUT: "left out",
    Role.OPEN: "open",
}
_HOLDS: Final = {Kind.TEXT: "category", Kind.CODE: "category", Kind.SPELLED: "text"}


@dataclass(frozen=True)
class InspectOptions:
    """The options of the command, as they are explained in its help."""

    file: str
    format: Format | None = None
    delimiter: str | None = None
    header: bool = True
    categorical: frozenset[str] | None = None
    cells: Cells = field(default_factory=Cells)
    selection: Selection = field(default_factory=Selection)


def inspect(options: InspectOptions) -> int:
    """Run the command and return its exit code; whatever goes wrong is said in one line."""
    reporter = Reporter(quiet=True)
    try:
        with Interrupts() as interrupts:
            lines = list(_lines(options, interrupts))
    except CommandError as error:
        reporter.error(str(error))
        return error.exit_code
    except (Interrupted, KeyboardInterrupt):
        return 128 + (interrupts.received or 2)
    try:
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        sys.stderr.close()
    return 0


def _lines(options: InspectOptions, interrupts: Interrupts) -> Iterator[str]:
    notes: list[str] = []
    wanted = Wanted(None, None, None, options.categorical, None, None, AlertOptions())
    beginning = Beginning(wanted)
    selection = replace(options.selection, categorical=beginning.categorical)
    reading = Reading(selection, notes.append, skip_bad_events=True, cells=options.cells)
    table = (delimiter_of(options.file, options.delimiter), options.header)
    source = open_source(options.file, options.format, reading, (interrupts, _nothing), table)
    try:
        yield from _report(options, source, reading, beginning)
        for note in notes:
            yield f"note: {note}"
    finally:
        source.close()


def _report(
    options: InspectOptions, source: Source, reading: Reading, beginning: Beginning
) -> Iterator[str]:
    told = filter(None, [source.told, reading.spellings()])
    yield f"{options.file}: " + "; ".join([f"the first {reading.first_rows:,} events", *told])
    if not reading.columns:
        raise UsageError(f"{options.file} has no event whose columns could be told")
    columns = list(reading.columns.values())
    watch, understood = beginning.watch(reading)
    taken = first_time(columns) if watch.takes_times else None
    rows = [_row(each, reading, taken) for each in columns[:_MOST_COLUMNS]]
    yield from _aligned([_HEADER, *rows])
    if len(columns) > _MOST_COLUMNS:
        yield f"... and {len(columns) - _MOST_COLUMNS:,} more columns"
    reading.say_of_times(taken)
    goes_by = f", by the times of '{shown(taken)}'" if taken is not None else ""
    yield f"detector: {understood.without(taken).line()}{goes_by}"
    hint = understood.hint()
    if hint is not None:
        yield f"hint: {hint}"
    yield f"next: {shlex.join(_command(options, columns, reading))}"


def _row(column: Column, reading: Reading, taken: str | None) -> tuple[str, ...]:
    values = reading.first_values.get(column.name, ())
    present = [value for value in values if not reading.cells.is_no_value(value)]
    missing = 1.0 - len(present) / reading.first_rows if reading.first_rows else 0.0
    becomes = "the time" if column.name == taken else _ROLES[column.role]
    if column.role is Role.NUMBER and column.look.spelling.told:
        becomes += f" {column.look.spelling.told}"
    name = shown(column.name, _WIDEST_NAME)
    return (name, _holds(column, present), f"{missing:.0%}", _range(column, present), becomes)


def _holds(column: Column, present: Sequence[Any]) -> str:
    kind = column.look.kind
    if kind is Kind.IDENTIFIER and any(" " in as_text(value).strip() for value in present[:_FEW]):
        return "text"
    return _HOLDS.get(kind, str(kind))


def _range(column: Column, present: Sequence[Any]) -> str:
    """Say between what numbers and times are, and which categories there are most."""
    if not present:
        return ""
    texts = list(map(as_text, present))
    if column.look.kind is Kind.TIME:
        return f"{shown(texts[0], _WIDEST_VALUE)} to {shown(texts[-1], _WIDEST_VALUE)}"
    if column.role is Role.NUMBER or (column.look.holds_numbers and column.role is Role.LEFT_OUT):
        numbers = _numbers(column, texts)
        if numbers:
            return f"{short_number(min(numbers))} to {short_number(max(numbers))}"
    counts: dict[str, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    most = sorted(counts, key=lambda text: -counts[text])[:_FEW]
    more = ", ..." if len(counts) > _FEW else ""
    return f"{len(counts):,}: " + ", ".join(shown(text, _WIDEST_VALUE) for text in most) + more


def _numbers(column: Column, texts: Sequence[str]) -> list[float]:
    """Return the numbers among values; slips are passed over."""
    found = []
    for text in texts:
        with contextlib.suppress(ValueError):
            found.append(column.look.spelling.read(text))
    return found


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _command(options: InspectOptions, columns: Sequence[Column], reading: Reading) -> Sequence[str]:
    """Return the command to go on with: alerts a day where there are times, else a rate."""
    command = ["clipsgd-river", "score", options.file]
    if options.format is not None:
        command += ["--format", str(options.format)]
    if options.delimiter is not None:
        command += ["--delimiter", options.delimiter]
    if not options.header:
        command.append("--no-header")
    chosen = options.selection
    for option, names in (("--only", chosen.only), ("--ignore", chosen.ignore)):
        if names:
            command += [option, ",".join(sorted(names))]
    if chosen.keep:
        command += ["--keep", ",".join(sorted(chosen.keep))]
    times = [each.name for each in columns if _is_dated(each, reading)]
    if times:
        command += ["--time", times[0], "--alerts-per-day", "10"]
    else:
        command += ["--alert-rate", "0.001"]
    out = "scored.jsonl" if options.file == STANDARD_STREAM else None
    command += ["--alerts", "alerts.jsonl"]
    return command if out is None else [*command, "--out", out]


def _is_dated(column: Column, reading: Reading) -> bool:
    """Tell whether a column has times with a date."""
    if column.look.kind is not Kind.TIME:
        return False
    values = reading.first_values.get(column.name, ())
    texts = [as_text(value) for value in values if not reading.cells.is_no_value(value)]
    if column.look.holds_numbers:
        numbers = _numbers(column, texts)
        return bool(numbers) and unit_since_1970(numbers) is not None
    return bool(texts) and is_time(texts[0])


def _nothing() -> None:
    pass
