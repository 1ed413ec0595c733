"""Events from Parquet files, one record batch in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.input.columns.kinds import Kind, Look
from clipsgd_river.cli.input.columns.look import as_text
from clipsgd_river.cli.input.columns.roles import Role
from clipsgd_river.cli.input.events import ROWS_TO_LOOK_AT, Event, Reading
from clipsgd_river.cli.input.labels import UNKNOWN
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.text import listed, shown

_BATCH: Final = 4096
_CELLS_TO_LOOK_AT: Final = 250_000


class ParquetRecord(NamedTuple):
    """A row of a record batch."""

    batch: Any
    position: int


class ParquetSource:
    """Read events from a Parquet file, whose columns have types.

    The first rows tell what columns of numbers, truth values and text hold; others are left out.

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
        If it is no Parquet file or has no column for the detector.
    """

    told = ""

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
        self._texts: set[str] = set()
        self._decide()
        columns = reading.columns.values()
        wanted = {column.name: column.role for column in columns}
        self._keys = [name for name, role in wanted.items() if role is not Role.LEFT_OUT]
        if not self._keys:
            reading.say_of_times(None)
            raise DataError(
                f"{path} has no column for the detector among {listed(self.columns)}: take columns "
                "in with --keep or --categorical"
            )
        #: Columns whose values are not yet as the detector takes them.
        self._to_read = {
            name: wanted[name] for name in self._keys if self._must_read(name, wanted[name])
        }

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
                    features = dict(zip(keys, numbers, strict=True))
                    try:
                        label = (
                            UNKNOWN
                            if labels is None or marks is None
                            else labels.parse(marks[position])
                        )
                        for name, role in self._to_read.items():
                            features[name] = self._read(name, features[name], role)
                    except ValueError as error:
                        self._reading.refuse(DataError(f"{self._name}, row {row:,}: {error}"))
                        continue
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

    def on_silence(self, act: Callable[[], float | None]) -> None:
        """Do nothing: a file is never silent."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _decide(self) -> None:
        """Let the types, and the first rows, say what becomes of each column."""
        pyarrow, _ = import_pyarrow()
        types = pyarrow.types
        reading = self._reading
        judged = []
        for field in self.schema:
            if not reading.selection.wants(field.name):
                continue
            numeric = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
            textual = (types.is_string, types.is_large_string, types.is_binary)
            kind = field.type.value_type if types.is_dictionary(field.type) else field.type
            if any(is_kind(kind) for is_kind in textual):
                self._texts.add(field.name)
                judged.append(field.name)
            elif any(is_kind(kind) for is_kind in numeric):
                judged.append(field.name)
            else:
                is_time = types.is_temporal(kind)
                look = Look(
                    Kind.TIME if is_time else Kind.NESTED,
                    why=f"it is of type {field.type}, {'a time' if is_time else 'no number'}",
                )
                reading.leave_out(field.name, look)
        rows = self._first_rows()
        looked = max(map(len, rows.values()), default=0)
        reading.decide({name: rows.get(name, []) for name in judged}, looked)
        for name in judged:
            if reading.columns[name].role is Role.OPEN:
                kind = self.schema.field(name).type
                is_text = name in self._texts
                text = Look(Kind.TEXT, why=f"it is of type {kind}, no number")
                reading.decide_as(name, text if is_text else Look(Kind.NUMBER, holds_numbers=True))

    def _first_rows(self) -> dict[str, list[Any]]:
        most = max(min(ROWS_TO_LOOK_AT, _CELLS_TO_LOOK_AT // max(len(self.columns), 1)), 1)
        pyarrow, _ = import_pyarrow()
        try:
            for batch in self._file.iter_batches(batch_size=most):
                return {name: batch.column(name).to_pylist() for name in self.columns}
        except (OSError, pyarrow.ArrowException):
            pass  # told when it is their turn
        return {}

    def _must_read(self, name: str, role: Role) -> bool:
        """Whether the values of a column are other than the detector takes them."""
        is_text = name in self._texts
        if role is Role.NUMBER:
            return is_text
        # Of those that are named, the encoder knows that their numbers are categories.
        return is_text or name not in self._reading.selection.categorical

    def _read(self, name: str, value: Any, role: Role) -> Any:
        """Return numbers in text as numbers, and categories among numbers as text."""
        if value is None:
            return None
        text = as_text(value)
        if role is Role.CATEGORY:
            return None if self._reading.cells.is_no_category(text) else text
        try:
            return self._reading.columns[name].look.spelling.read(text)
        except ValueError:
            raise ValueError(
                f"column '{shown(name)}' has '{shown(value)}', which is no number: correct it, "
                "say --missing where it stands for no value, leave the column out with --ignore, "
                "name it under --categorical, or pass over such rows with --on-error skip"
            ) from None


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
