"""Events from comma-separated values."""

from __future__ import annotations

import contextlib
import csv
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from clipsgd_river.cli.input.byte_input import ByteInput
from clipsgd_river.cli.input.columns.roles import Role
from clipsgd_river.cli.input.events import ROWS_TO_LOOK_AT, Event, Reading
from clipsgd_river.cli.input.labels import UNKNOWN
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.text import (
    has_undecodable_bytes,
    is_missing,
    listed,
    looks_numeric,
    parse_number,
    shown,
)

_OTHER_DELIMITERS = {";": "';'", "\t": "tab", "|": "'|'", ",": "','"}


class CsvSource:
    """Read events from CSV: a header, then one event per row.

    The first rows tell what the columns hold; one that is empty in all of them is judged by its
    first value. Empty cells are missing values. Rows cost a few microseconds and no memory.

    Parameters
    ----------
    lines
        The bytes to read.
    reading
        Selection of columns and treatment of bad events.
    delimiter
        One character.
    header
        Whether the first row names the columns; otherwise they are 0, 1, 2, ...

    Raises
    ------
    DataError
        If the input is empty, or its header has a name twice.
    UsageError
        If the header is none, is not separated by `delimiter`, or lacks a selected column.
    """

    def __init__(
        self, lines: ByteInput, reading: Reading, delimiter: str = ",", *, header: bool = True
    ) -> None:
        self._input = lines
        self._reading = reading
        look = lines.first_lines(ROWS_TO_LOOK_AT + header, at_once=1 + header)
        self._reader = csv.reader(lines.lines(), delimiter=delimiter, strict=True)
        first = self._first_row()
        self._pending = [] if header else [first]
        if header:
            self.columns: Sequence[str] = self._names(first, delimiter)
            self._keys: list[Hashable] = list(self.columns)
        else:
            self.columns = [str(position) for position in range(len(first))]
            # An array's columns are features 0, 1, 2, ...: the same state fits both.
            self._keys = list(range(len(first)))
        self._places = {name: at for at, name in enumerate(self.columns)}
        selection = reading.selection
        selection.check(self.columns)
        wanted = [at for at, name in enumerate(self.columns) if selection.wants(name)]
        if not wanted:
            raise UsageError("no column is left for the detector: select fewer with --ignore")
        self._undecided = wanted
        self._categories: list[tuple[int, Hashable]] = []
        self._numeric: list[int] = []
        self._numeric_keys: list[Hashable] = []
        self._numeric_cells: Callable[[list[str]], Iterable[str]] = _cells_at([])
        labels = selection.labels
        self._label_at = None if labels is None else self.columns.index(labels.column)
        self._look_ahead(csv.reader(look, delimiter=delimiter), wanted, header=header)

    def events(self) -> Iterator[Event]:
        """Yield the events in turn."""
        width = len(self.columns)
        row = 0
        for record in self._records():
            if not record and width:
                continue  # an empty line
            row += 1
            try:
                if len(record) != width:
                    raise ValueError(
                        f"it has {len(record)} cells where the header has {width}: "
                        "quote cells that contain the delimiter, or complete the row"
                    )
                if self._input.undecodable:
                    self._check_decoded(record)
                label = UNKNOWN if self._label_at is None else self._label(record)
                features = self._features(record)
            except ValueError as error:
                self._reading.refuse(DataError(f"{self._where(row)}: {error}"))
                continue
            yield Event(row, features, label, record)
        if row and not self._numeric and not self._categories:
            self._complain_of_no_feature()

    def fields(self, event: Event) -> dict[str, Any]:
        """Return the cells by column name, features as numbers, missing ones as None."""
        fields: dict[str, Any] = {}
        for name, key, cell in zip(self.columns, self._keys, event.record, strict=True):
            value = event.features.get(key, cell)
            fields[name] = None if value == "" or value != value else value
        return fields

    def value(self, event: Event, name: str) -> Any:
        """Return the cell in one column."""
        return event.record[self._places[name]]

    def fraction(self) -> float | None:
        """Return the share of the input read so far."""
        return self._input.fraction()

    def close(self) -> None:
        """Close the input."""
        self._input.close()

    def _records(self) -> Iterator[list[str]]:
        yield from self._pending
        while True:
            try:
                yield from self._reader
            except csv.Error as error:
                self._reading.refuse(
                    DataError(
                        f"{self._input.name}, line {self._reader.line_num:,}: {error}: "
                        "a quote may be missing or one too many"
                    )
                )
            else:
                return

    def _features(self, record: list[str]) -> dict[Hashable, Any]:
        if self._undecided:
            self._decide(record)
        features: dict[Hashable, Any]
        try:
            features = dict(
                zip(self._numeric_keys, map(float, self._numeric_cells(record)), strict=True)
            )
        except ValueError:
            features = {self._keys[at]: self._number(record, at) for at in self._numeric}
        for at, key in self._categories:
            features[key] = None if is_missing(record[at]) else record[at]
        return features

    def _number(self, record: list[str], at: int) -> float:
        try:
            return parse_number(record[at])
        except ValueError:
            name = self.columns[at]
            raise ValueError(
                f"column '{shown(name)}' has '{shown(record[at])}', which is no number: correct "
                f"it, leave the column out with --ignore, name it under --categorical, or pass "
                "over such rows with --on-error skip"
            ) from None

    def _look_ahead(
        self, reader: Iterator[list[str]], wanted: Sequence[int], *, header: bool
    ) -> None:
        """Let the first rows say what becomes of each column; `events` reads them again."""
        rows: list[list[str]] = []
        # Rows that cannot be read are told when it is their turn.
        with contextlib.suppress(csv.Error):
            rows.extend(row for row in reader if len(row) == len(self.columns))
        del rows[:header]
        names = self.columns
        self._reading.decide({names[at]: [row[at] for row in rows] for at in wanted})
        self._sort_out()

    def _decide(self, record: list[str]) -> None:
        """Let the first value of a column that had none so far say what becomes of it."""
        for at in self._undecided:
            if not is_missing(record[at]):
                self._reading.decide_late(self.columns[at], record[at])
        self._sort_out()

    def _sort_out(self) -> None:
        undecided = self._undecided
        roles = {at: self._reading.columns[self.columns[at]].role for at in undecided}
        self._undecided = [at for at in undecided if roles[at] is Role.OPEN]
        if len(self._undecided) == len(undecided):
            return
        self._categories += [(at, self._keys[at]) for at in roles if roles[at] is Role.CATEGORY]
        self._numeric = sorted(self._numeric + [at for at in undecided if roles[at] is Role.NUMBER])
        self._numeric_keys = [self._keys[at] for at in self._numeric]
        self._numeric_cells = _cells_at(self._numeric)
        if not self._numeric and not self._categories and not self._undecided:
            self._complain_of_no_feature()

    def _complain_of_no_feature(self) -> None:
        raise DataError(
            f"{self._input.name} has no column for the detector among {listed(self.columns)}: "
            "check --delimiter and that decimals have a point, or take columns in with --keep or "
            "--categorical"
        )

    def _label(self, record: list[str]) -> int:
        labels = self._reading.selection.labels
        assert labels is not None
        assert self._label_at is not None
        return labels.parse(record[self._label_at])

    def _check_decoded(self, record: list[str]) -> None:
        for name, cell in zip(self.columns, record, strict=True):
            if has_undecodable_bytes(cell):
                raise ValueError(
                    f"column '{shown(name)}' has bytes that are no UTF-8: convert the file, for "
                    "instance with iconv -f latin1 -t utf-8"
                )

    def _first_row(self) -> list[str]:
        try:
            for record in self._reader:
                if record:
                    if self._input.undecodable and any(map(has_undecodable_bytes, record)):
                        raise DataError(
                            f"{self._input.name} has a header that is no UTF-8 text: convert the "
                            "file, for instance with iconv -f latin1 -t utf-8"
                        )
                    return record
        except csv.Error as error:
            raise DataError(f"{self._input.name} has an unreadable first row: {error}") from None
        raise DataError(f"{self._input.name} is empty: a header and rows are expected")

    def _names(self, header: list[str], delimiter: str) -> list[str]:
        if all(looks_numeric(cell) for cell in header):
            raise UsageError(
                f"{self._input.name} begins with numbers, not with names of columns: if it has "
                "no header, say --no-header"
            )
        if len(header) == 1:
            for other, spelled in _OTHER_DELIMITERS.items():
                if other != delimiter and other in header[0]:
                    raise UsageError(
                        f"{self._input.name} has the one column '{shown(header[0])}': "
                        f"say --delimiter {spelled}"
                    )
        names = [name.strip() or f"column_{at + 1}" for at, name in enumerate(header)]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise DataError(
                f"{self._input.name} names more than one column {listed(twice)}: rename them"
            )
        return names

    def _where(self, row: int) -> str:
        return f"{self._input.name}, row {row:,} (line {self._reader.line_num:,})"


def _cells_at(positions: Sequence[int]) -> Callable[[list[str]], Iterable[str]]:
    """Return a function that takes the cells at some positions out of a row."""
    if not positions:
        return lambda _: ()
    first, last = positions[0], positions[-1]
    if len(positions) == last - first + 1:
        return itemgetter(slice(first, last + 1))
    return itemgetter(*positions)
