"""Events from Parquet files, one record batch in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.input.events import ENCODE_IT, Event, Reading
from clipsgd_river.cli.input.labels import UNKNOWN
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.text import listed

_BATCH: Final = 4096


class ParquetRecord(NamedTuple):
    """A row of a record batch."""

    batch: Any
    position: int


class ParquetSource:
    """Read events from a Parquet file; columns of numbers and booleans are features.

    Columns of text are, too, if the selection makes them categories.

    Parameters
    ----------
    path
        The file; Parquet begins at its end, so it cannot come through a pipe.
    reading
        Selection of columns and treatment of bad events.
    before_wait
        Called with no arguments before each batch is read.

    Raises
    ------
    UsageError
        If pyarrow is missing, the file cannot be opened, or a selected column is not there.
    DataError
        If it is no Parquet file or has no numeric column.
    """

    def __init__(self, path: str, reading: Reading, before_wait: Callable[[], None]) -> None:
        if path == STANDARD_STREAM:
            raise UsageError("Parquet cannot be read from standard input: give the file's name")
        pyarrow, parquet = import_pyarrow()
        self._name = path
        self._reading = reading
        self._before_wait = before_wait
        try:
            self._file = parquet.ParquetFile(path)
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
        except pyarrow.ArrowException as error:
            raise DataError(f"{path} is no readable Parquet file: {error}") from None
        self.schema = self._file.schema_arrow
        self.columns: Sequence[str] = list(self.schema.names)
        if len(set(self.columns)) < len(self.columns):
            raise DataError(f"{path} names more than one column alike: rename them")
        self._rows_read = 0
        self._listed_batch: Any = None
        self._listed: dict[str, list[Any]] = {}
        reading.selection.check(self.columns)
        self._keys = self._features()

    def events(self) -> Iterator[Event]:
        """Yield the events in turn."""
        pyarrow, _ = import_pyarrow()
        labels = self._reading.selection.labels
        keys: list[Hashable] = list(self._keys)
        row = 0
        try:
            for batch in self._file.iter_batches(batch_size=_BATCH):
                self._before_wait()
                self._rows_read += len(batch)
                values = [batch.column(name).to_pylist() for name in self._keys]
                marks = None if labels is None else batch.column(labels.column).to_pylist()
                for position, numbers in enumerate(zip(*values, strict=True)):
                    row += 1
                    try:
                        label = (
                            UNKNOWN
                            if labels is None or marks is None
                            else labels.parse(marks[position])
                        )
                    except ValueError as error:
                        self._reading.refuse(DataError(f"{self._name}, row {row:,}: {error}"))
                        continue
                    features = dict(zip(keys, numbers, strict=True))
                    yield Event(row, features, label, ParquetRecord(batch, position))
        except (OSError, pyarrow.ArrowException) as error:
            raise DataError(f"{self._name} is damaged after row {row:,}: {error}") from None

    def fields(self, event: Event) -> dict[str, Any]:
        """Return the values of an event by column name."""
        batch, position = event.record
        if batch is not self._listed_batch:
            # A batch at once: value by value takes ten times as long.
            self._listed_batch = batch
            self._listed = {name: _values(batch.column(name)) for name in self.columns}
        return {name: values[position] for name, values in self._listed.items()}

    def value(self, event: Event, name: str) -> Any:
        """Return the value in one column."""
        return self.fields(event)[name]

    def fraction(self) -> float | None:
        """Return the share of the rows read so far."""
        return self._rows_read / max(int(self._file.metadata.num_rows), 1)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _features(self) -> list[str]:
        pyarrow, _ = import_pyarrow()
        types = pyarrow.types
        found = []
        for field in self.schema:
            if not self._reading.selection.wants(field.name):
                continue
            numeric = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
            textual = (types.is_string, types.is_large_string, types.is_binary)
            kind = field.type.value_type if types.is_dictionary(field.type) else field.type
            is_number = any(is_kind(kind) for is_kind in numeric)
            is_text = any(is_kind(kind) for is_kind in textual)
            is_category = self._reading.selection.is_category(field.name, is_number=is_number)
            if is_number or (is_text and is_category):
                found.append(field.name)
            else:
                cure = f"; {ENCODE_IT}" if is_text else ""
                self._reading.leave_out(field.name, f"it is of type {field.type}, no number{cure}")
        if not found:
            raise DataError(
                f"{self._name} has no numeric column among {listed(self.columns)}; {ENCODE_IT}"
            )
        return found


def _values(column: Any) -> list[Any]:
    """Return a column as Python values; moments as text, which may be finer than Python's."""
    pa, _ = import_pyarrow()
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values


def import_pyarrow() -> tuple[Any, Any]:
    """Return the modules pyarrow and pyarrow.parquet.

    Raises
    ------
    UsageError
        If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise UsageError(
            'Parquet needs pyarrow: pip install "clipsgd_river[parquet]", or use CSV or JSON lines'
        ) from None
    return pa, parquet
