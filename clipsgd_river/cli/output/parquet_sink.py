"""Judged events as a Parquet file, which appears only when it is complete."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clipsgd_river.cli.input.events import Event, Source
from clipsgd_river.cli.input.parquet_source import ParquetSource, import_pyarrow
from clipsgd_river.cli.output.sinks import MOST_DRIVERS, csv_additions, refuse_collisions, strict
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.text import listed, looks_numeric, parse_number

if TYPE_CHECKING:
    from clipsgd_river.alerts import Verdict

_ROW_GROUP: Final = 32_768


class ParquetSink:
    """Write events as Parquet, in row groups of 32,768, to a hidden file renamed at the end.

    Columns of a Parquet source keep their types. Otherwise a column is one of numbers if every
    value of the first row group is, and text if not; a later value that does not fit is an error.

    Parameters
    ----------
    path
        Where to.
    source
        Whose events are written.
    prefix
        Put before the names of the added columns.
    """

    def __init__(self, path: str, source: Source, prefix: str = "") -> None:
        self._pyarrow, self._parquet = import_pyarrow()
        self._path = path
        self._place = Path(path).resolve()
        folder = self._place.parent
        self._temporary = folder / f".{self._place.name[:32]}.{secrets.token_hex(8)}"
        self._source = source
        self._added = csv_additions(prefix)
        self.must_check = source.columns is None
        if source.columns is not None:
            refuse_collisions(self._added, source.columns)
        self._keeps_types = isinstance(source, ParquetSource)
        self._schema: Any = None
        self._known: frozenset[str] = frozenset()
        self._rows: list[dict[str, Any]] = []
        self._batches: list[tuple[Any, list[int]]] = []
        self._verdicts: list[Verdict] = []
        self._last_row = 0
        self._writer: Any = None
        if self._place.exists() and not self._place.is_file():
            raise UsageError(f"cannot write {path}: it is no regular file, so it is not replaced")
        if not os.access(folder, os.W_OK):
            raise UsageError(f"cannot write {path}: {folder} is no folder that can be written to")

    def check(self, event: Event) -> None:
        """Refuse an event with a key that the first row group did not have."""
        fields = self._source.fields(event)
        if self._schema is not None and not fields.keys() <= self._known:
            raise DataError(
                f"row {event.row:,} has the new key {listed(fields.keys() - self._known)}, which "
                "the Parquet file does not hold: write JSON lines"
            )

    def write(self, event: Event, verdict: Verdict) -> None:
        """Keep one event for its row group."""
        if self._keeps_types:
            batch, position = event.record
            if not self._batches or self._batches[-1][0] is not batch:
                self._batches.append((batch, []))
            self._batches[-1][1].append(position)
        else:
            self._rows.append(self._source.fields(event))
        self._verdicts.append(verdict)
        self._last_row = event.row
        if len(self._verdicts) >= _ROW_GROUP:
            self._write_row_group()

    def flush(self) -> None:
        """Do nothing: a Parquet file is of no use before its end."""

    def close(self, *, complete: bool) -> None:
        """Put the file in its place if it is complete, and leave no trace of it otherwise."""
        try:
            if complete:
                self._write_row_group()
                self._writer.close()
                self._temporary.replace(self._place)
        except OSError as error:
            raise DataError(f"cannot write {self._path}: {error.strerror or error}") from None
        finally:
            if self._writer is not None:
                with contextlib.suppress(OSError, self._pyarrow.ArrowException):
                    self._writer.close()
            with contextlib.suppress(OSError):
                self._temporary.unlink()

    def _write_row_group(self) -> None:
        try:
            table = self._batched() if self._keeps_types else self._converted()
            for name, column in zip(self._added, self._verdict_columns(), strict=True):
                table = table.append_column(name, column)
            if self._writer is None:
                self._writer = self._parquet.ParquetWriter(str(self._temporary), table.schema)
            self._writer.write_table(table)
        except (self._pyarrow.ArrowException, ValueError, TypeError) as error:
            raise DataError(
                f"a value of rows {self._last_row - len(self._verdicts) + 1:,} to "
                f"{self._last_row:,} does not fit its Parquet column ({error}): write CSV or JSON "
                "lines"
            ) from None
        except OSError as error:
            raise DataError(f"cannot write {self._path}: {error.strerror or error}") from None
        self._rows.clear()
        self._batches.clear()
        self._verdicts.clear()

    def _batched(self) -> Any:
        arrow = self._pyarrow
        parts = [batch.take(arrow.array(positions)) for batch, positions in self._batches]
        assert isinstance(self._source, ParquetSource)
        return arrow.Table.from_batches(parts, schema=self._source.schema)

    def _converted(self) -> Any:
        if self._schema is None:
            self._schema = self._infer_schema()
            self._known = frozenset(self._schema.names)
            refuse_collisions(self._added, self._schema.names)
        columns = [
            self._column([row.get(field.name) for row in self._rows], field.type)
            for field in self._schema
        ]
        if not columns:  # no event, hence no column
            return self._pyarrow.table({})
        return self._pyarrow.table(columns, schema=self._schema)

    def _infer_schema(self) -> Any:
        arrow = self._pyarrow
        names = list(
            self._source.columns or dict.fromkeys(key for row in self._rows for key in row)
        )
        return arrow.schema(
            [(name, self._infer([row.get(name) for row in self._rows])) for name in names]
        )

    def _infer(self, values: Sequence[Any]) -> Any:
        present = [value for value in values if value is not None]
        if present and all(isinstance(value, bool) for value in present):
            return self._pyarrow.bool_()
        if present and all(
            isinstance(value, int | float) or (isinstance(value, str) and looks_numeric(value))
            for value in present
        ):
            return self._pyarrow.float64()
        return self._pyarrow.string()

    def _column(self, values: list[Any], kind: Any) -> Any:
        convert = {self._pyarrow.float64(): _as_float, self._pyarrow.string(): _as_text}.get(kind)
        if convert is not None:
            values = [None if value is None else convert(value) for value in values]
        return self._pyarrow.array(values, type=kind)

    def _verdict_columns(self) -> list[Any]:
        arrow, verdicts = self._pyarrow, self._verdicts
        names = [
            [] if verdict.alert is None else [str(each.feature) for each in verdict.alert.features]
            for verdict in verdicts
        ]
        drivers = [
            arrow.array([row[place] if place < len(row) else None for row in names], arrow.string())
            for place in range(MOST_DRIVERS)
        ]
        return [
            arrow.array([verdict.score for verdict in verdicts], arrow.float64()),
            arrow.array([verdict.distance for verdict in verdicts], arrow.float64()),
            arrow.array([verdict.is_alert for verdict in verdicts], arrow.bool_()),
            *drivers,
        ]


def _as_float(value: Any) -> float:
    return parse_number(value) if isinstance(value, str) else float(value)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(strict(value))
