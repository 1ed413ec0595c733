"""Where judged events go, one class per format."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Collection, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from clipsgd_river.cli.input.events import Event, Source
from clipsgd_river.cli.input.json_values.json_source import JsonSource
from clipsgd_river.cli.input.tables.table_source import TableSource
from clipsgd_river.cli.output.spreadsheets import safe_cell
from clipsgd_river.cli.output.text_output import TextOutput
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.text import listed

if TYPE_CHECKING:
    from clipsgd_river.alerts import Verdict
    from clipsgd_river.alerts.alert import AlertFeature

#: How many features behind an alert a row names.
MOST_DRIVERS: Final = 3
_ADDED: Final = ("score", "distance", "is_anomaly")
_NO_DRIVERS: Final = [""] * MOST_DRIVERS
_NEEDS_QUOTES: Final = re.compile('["\r\n]').search


class Sink(Protocol):
    """Take events with their verdicts."""

    #: Whether events may differ in their keys, so that `check` must see each.
    must_check: bool

    def check(self, event: Event) -> None:
        """Raise `DataError` if an event cannot be written; asked before it is learned."""

    def write(self, event: Event, verdict: Verdict) -> None:
        """Append one event."""

    def flush(self) -> None:
        """Hand on what is finished."""

    def close(self, *, complete: bool) -> None:
        """End the output; `complete` is False where the run broke off."""


@runtime_checkable
class RowSink(Sink, Protocol):
    """Take many ordinary events at once too."""

    #: Whether it does, from this source.
    takes_rows: bool

    def can_write(self, names: Sequence[Hashable]) -> bool:
        """Tell whether `check` passes all events of these features, which are all they have."""
        ...

    def write_rows(
        self, records: Sequence[Any], scores: Sequence[float], distances: Sequence[float]
    ) -> None:
        """Append ordinary events of a block."""


class CsvSink:
    """Write events as CSV: their own columns, score, distance, is_anomaly (0 or 1), drivers.

    Parameters
    ----------
    output
        Where to.
    source
        Whose events are written; its columns head the file, or the keys of its first event.
    prefix
        Put before the names of the added columns.
    delimiter
        One character.
    safe
        Whether a spreadsheet may open it: no cell and no name of a feature is a formula.
    """

    def __init__(
        self,
        output: TextOutput,
        source: Source,
        prefix: str = "",
        delimiter: str = ",",
        *,
        safe: bool = False,
    ) -> None:
        self._output = output
        self._safe = safe
        self._source = source
        self._added = csv_additions(prefix)
        self._text = io.StringIO()
        self._delimiter = delimiter
        self._ordinary_end = delimiter.join(["", "0", *_NO_DRIVERS]) + "\n"
        self._write_plain = csv.writer(
            self._text, delimiter=delimiter, lineterminator="\n"
        ).writerow
        self._write_quoted = csv.writer(
            self._text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL
        ).writerow
        self._echoes = isinstance(source, TableSource)
        self._rows = source.rows if isinstance(source, TableSource) else None
        self._columns: Sequence[str] = ()
        self._known: frozenset[str] = frozenset()
        self.takes_rows = self._rows is not None and not safe
        self.must_check = source.columns is None
        if source.columns is not None:
            self._write_header(source.columns)

    def check(self, event: Event) -> None:
        """Refuse an event with a key that the header, long written, does not name."""
        fields = self._source.fields(event)
        if not self._columns:
            self._write_header(list(fields))
        if not fields.keys() <= self._known:
            raise DataError(
                f"row {event.row:,} has the new key {listed(fields.keys() - self._known)}, which "
                "the CSV header does not name: write JSON lines with --out-format jsonl"
            )

    def write(self, event: Event, verdict: Verdict) -> None:
        """Append one row."""
        cells = event.record if self._echoes else self._cells(event)
        score, distance, _, alert, _ = verdict
        if alert is not None:
            names = [each.feature for each in alert.features]
            self._write_row([*cells, score, distance, 1, *names, *_NO_DRIVERS[len(names) :]])
            return
        delimiter = self._delimiter
        if self._echoes and not self._safe:
            # Joining cells that need no quotes takes a third of the time of the csv module.
            line = delimiter.join(cells)
            if (self._rows is not None and self._rows.is_plain) or (
                line.count(delimiter) == len(cells) - 1 and not _NEEDS_QUOTES(line)
            ):
                self._text.write(
                    f"{line}{delimiter}{score!r}{delimiter}{distance!r}{self._ordinary_end}"
                )
                return
        self._write_row([*cells, score, distance, 0, *_NO_DRIVERS])

    def can_write(self, _: Sequence[Hashable]) -> bool:
        """Tell whether `check` passes: rows of a table have its columns."""
        return not self.must_check

    def write_rows(
        self, records: Sequence[Any], scores: Sequence[float], distances: Sequence[float]
    ) -> None:
        """Append ordinary rows, none of which has a cell that needs quotes."""
        delimiter, end = self._delimiter, self._ordinary_end
        join = delimiter.join
        self._text.writelines(
            f"{join(cells)}{delimiter}{score!r}{delimiter}{distance!r}{end}"
            for cells, score, distance in zip(records, scores, distances, strict=True)
        )

    def flush(self) -> None:
        """Hand on whole rows."""
        self._output.write(self._text.getvalue())
        self._text.seek(0)
        self._text.truncate()
        self._output.flush()

    def close(self, *, complete: bool) -> None:
        """Hand on the rest; CSV is valid after any whole row."""
        self.flush()
        self._output.close()

    def _write_header(self, columns: Sequence[str]) -> None:
        refuse_collisions(self._added, columns)
        self._columns = columns
        self._known = frozenset(columns)
        self._write_row([*columns, *self._added])

    def _write_row(self, cells: Sequence[Any]) -> None:
        if self._safe:
            cells = list(map(safe_cell, cells))
        # The csv module quotes for the line end it writes itself, not for the other one.
        if any(isinstance(cell, str) and "\r" in cell for cell in cells):
            self._write_quoted(cells)
        else:
            self._write_plain(cells)

    def _cells(self, event: Event) -> list[Any]:
        fields = self._source.fields(event)
        return [_cell(fields.get(name)) for name in self._columns]


class JsonLinesSink:
    """Write events as JSON lines: their own keys, score, distance, is_anomaly, drivers.

    Parameters
    ----------
    output
        Where to.
    source
        Whose events are written; lines that are strict JSON are kept as they are.
    prefix
        Put before the names of the added keys.
    """

    def __init__(self, output: TextOutput, source: Source, prefix: str = "") -> None:
        self._output = output
        self._source = source
        self._added = [prefix + name for name in (*_ADDED, "drivers")]
        self._added_names = frozenset(self._added)
        self._heads = [f"{json.dumps(name)}: " for name in self._added]
        self._echoes = self.takes_rows = isinstance(source, JsonSource)
        self.must_check = source.columns is None
        if source.columns is not None:
            refuse_collisions(self._added, source.columns)

    def check(self, event: Event) -> None:
        """Refuse an event that already has a key of an added name."""
        fields = self._source.fields(event)
        if not self._added_names.isdisjoint(fields):
            refuse_collisions(self._added, fields, event.row)

    def write(self, event: Event, verdict: Verdict) -> None:
        """Append one line."""
        fields = self._source.fields(event)
        if self._echoes and event.record.exact:
            line = event.record.line
        else:
            line = json.dumps(strict(fields), ensure_ascii=False, default=str)
        score, distance, is_anomaly, drivers = self._heads
        comma = ", " if fields else ""
        alert = verdict.alert
        found = "[]" if alert is None else _dump_drivers(alert.features)
        self._output.write(
            f"{line[:-1].rstrip()}{comma}{score}{verdict.score!r}, "
            f"{distance}{verdict.distance!r}, "
            f"{is_anomaly}{'false' if alert is None else 'true'}, {drivers}{found}}}\n"
        )

    def can_write(self, names: Sequence[Hashable]) -> bool:
        """Tell whether `check` passes all events of these features, which are all their keys."""
        return self._added_names.isdisjoint(names)

    def write_rows(
        self, records: Sequence[Any], scores: Sequence[float], distances: Sequence[float]
    ) -> None:
        """Append ordinary lines."""
        head, distance_head, is_anomaly, drivers = self._heads
        head, end = f", {head}", f", {is_anomaly}false, {drivers}[]}}\n"
        self._output.write(
            "".join(
                f"{line[:-1].rstrip()}{head}{score!r}, {distance_head}{distance!r}{end}"
                for line, score, distance in zip(records, scores, distances, strict=True)
            )
        )

    def flush(self) -> None:
        """Hand on whole lines."""
        self._output.flush()

    def close(self, *, complete: bool) -> None:
        """Hand on the rest; JSON lines are valid after any whole line."""
        self._output.close()


def csv_additions(prefix: str) -> list[str]:
    """Return the names of the columns added to a table."""
    drivers = [f"driver_{place}" for place in range(1, MOST_DRIVERS + 1)]
    return [prefix + name for name in (*_ADDED, *drivers)]


def refuse_collisions(
    added: Sequence[str], columns: Collection[str], row: int | None = None
) -> None:
    """Raise if the input already has a column that is to be added."""
    taken = [name for name in added if name in columns]
    if taken:
        place = "the input" if row is None else f"row {row:,}"
        message = (
            f"{place} already has {listed(taken)}: give the added ones another name, for instance "
            f"with --prefix new_, and leave old ones out with --ignore {','.join(taken)}"
        )
        raise UsageError(message) if row is None else DataError(message)


def strict(value: Any) -> Any:
    """Return a value that JSON can hold: NaN becomes null, infinity the word that stands for it."""
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            return None
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): strict(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [strict(part) for part in value]
    return value


def _dump_drivers(features: Sequence[AlertFeature]) -> str:
    return json.dumps(
        strict(
            [
                {
                    "feature": str(each.feature),
                    "value": each.actual,
                    "low": each.low,
                    "expected": each.expected,
                    "high": each.high,
                    "contribution": each.contribution,
                    **_category(each),
                }
                for each in features
            ]
        ),
        ensure_ascii=False,
    )


def _category(feature: AlertFeature) -> dict[str, Any]:
    """What is said of a category beside numbers; nothing of a number."""
    if feature.description is None:
        return {}
    category = feature.value
    if not isinstance(category, str | int | float):
        category = str(category)
    return {"category": category, "description": feature.description}


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(strict(value), ensure_ascii=False)
    return value
