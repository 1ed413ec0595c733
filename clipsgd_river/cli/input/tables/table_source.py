"""Events from rows of cells under names."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from clipsgd_river.cli.input.blocks import Block
from clipsgd_river.cli.input.byte_input import ByteInput
from clipsgd_river.cli.input.columns.kinds import Kind, Look
from clipsgd_river.cli.input.columns.roles import Role
from clipsgd_river.cli.input.columns.spelling import Spelling
from clipsgd_river.cli.input.events import Event, Reading, new_event
from clipsgd_river.cli.input.labels import UNKNOWN
from clipsgd_river.cli.input.tables.csv_records import CsvRecords
from clipsgd_river.cli.input.tables.delimiters import BLANK
from clipsgd_river.cli.input.tables.quoted_rows import QuotedRows
from clipsgd_river.cli.input.tables.records import Records
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.text import has_undecodable_bytes, listed, shown

#: Of wide tables fewer rows are looked at.
_CELLS_TO_LOOK_AT: Final = 100_000
_FEWEST_ROWS: Final = 200
#: As in "(900 rows)" and "End of report"; a row that was cut off has none.
_WORDS: Final = re.compile(r"[^\W\d_]{2,}\W*\s|\s\W*[^\W\d_]{2,}")
Cells = Callable[[list[str]], Iterable[str]]


class TableSource:
    """Read events from rows of cells.

    The first rows tell what the columns hold; one that is empty in all of them is judged by its
    first value. Empty cells are missing values. Rows cost a few microseconds and no memory.

    Parameters
    ----------
    lines
        The bytes to read.
    records
        The rows in them.
    reading
        Selection of columns and treatment of bad events.

    Raises
    ------
    UsageError
        If a selected column is not there.
    """

    def __init__(self, lines: ByteInput, records: Records, reading: Reading) -> None:
        self._input = lines
        self._records = records
        self._reading = reading
        self.columns: Sequence[str] = records.columns
        self._keys = list(records.keys)
        self._places = {name: at for at, name in enumerate(self.columns)}
        selection = reading.selection
        selection.check(self.columns)
        wanted = [at for at, name in enumerate(self.columns) if selection.wants(name)]
        if not wanted:
            raise UsageError("no column is left for the detector: select fewer with --ignore")
        if records.missing:
            missing = reading.cells.missing | records.missing
            reading.cells = replace(reading.cells, missing=missing)
        self._undecided = wanted
        self._categories: list[tuple[int, Hashable]] = []
        self._numeric: list[int] = []
        self._spellings: dict[int, Spelling] = {}
        self._plain: list[int] = []
        self._plain_keys: list[Hashable] = []
        self._plain_cells: Cells = _cells_at([])
        self._spelled: list[int] = []
        #: Where the columns are since a header with others came; None before.
        self._order: list[int] | None = None
        self._width = len(self.columns)
        #: A row of one cell may be the last line, which then is no row but says how many there are.
        self._waiting: list[tuple[list[str], DataError]] = []
        labels = selection.labels
        self._label_at = None if labels is None else self.columns.index(labels.column)
        self._look_ahead(wanted)

    @property
    def told(self) -> str:
        """What was understood of the layout, in words."""
        return ", ".join(filter(None, [self._records.told, self._input.told]))

    @property
    def delimiter(self) -> str:
        """The character between cells where rows are written."""
        delimiter = getattr(self._records, "delimiter", BLANK)
        return "," if delimiter == BLANK else str(delimiter)

    def events(self) -> Iterator[Event]:
        """Yield the events in turn."""
        return self._of(self._records)  # type: ignore[return-value]  # without blocks

    def parts(self) -> Iterator[Event | Block]:
        """Yield the events in turn, rows of numbers that came at once together."""
        records = self._records
        return self._of(records.parts(self._block) if isinstance(records, CsvRecords) else records)

    def _of(self, records: Iterable[list[str] | Block]) -> Iterator[Event | Block]:
        width = len(self.columns)
        row = 0
        reads_plain, lines = self._reads_plain, self._input
        for record in records:
            if self._waiting:
                self._refuse_all()
            if isinstance(record, Block):
                yield record._replace(first=row + 1)
                row += len(record.records)
                continue
            row += 1
            if self._order is not None:
                record = self._ordered(record)
            if reads_plain and len(record) == width and not lines.undecodable:
                try:  # most rows of most files, by the shortest way
                    numbers = map(float, self._plain_cells(record))
                    features: dict[Hashable, Any] = dict(zip(self._plain_keys, numbers))  # noqa: B905
                except ValueError:
                    pass
                else:
                    yield new_event((row, features, UNKNOWN, record))
                    continue
            try:
                if len(record) != width:
                    raise ValueError(
                        f"it has {len(record)} cells where the header has {width}: "
                        "quote cells that contain the delimiter, or complete the row"
                    )
                if self._input.undecodable:
                    self._check_decoded(record)
                features = self._features(record)
                # After what may tell a header that comes again.
                label = UNKNOWN if self._label_at is None else self._label(record)
            except ValueError as error:
                if self._take_header(record):
                    row -= 1
                    continue
                where = f"{self._input.name}, row {row:,} (line {self._records.line:,})"
                self._records.give_up()
                self._refuse(record, DataError(f"{where}: {error}"))
                continue
            yield new_event((row, features, label, record))
            reads_plain = self._reads_plain
        self._tell_of_last()
        if row and not self._numeric and not self._categories:
            self._complain_of_no_feature()

    def _refuse(self, record: list[str], error: DataError) -> None:
        """Refuse a row; words in a single cell only when they are not the last line."""
        self._waiting.append((record, error))
        if len(record) > 1 or len(self.columns) == 1 or not _WORDS.search(record[0]):
            self._refuse_all()

    def _refuse_all(self) -> None:
        while self._waiting:
            self._reading.refuse(self._waiting.pop(0)[1])

    def _tell_of_last(self) -> None:
        for record, _ in self._waiting:
            last = shown(record[0])
            self._reading.say(f"the last line of {self._input.name}, '{last}', is no row")

    def _take_header(self, record: list[str]) -> bool:
        """Tell whether a row names the columns anew, in another order or with others beside."""
        names = [cell.strip() for cell in record]
        if not set(self.columns) <= set(names) or len(set(names)) < len(names):
            return False
        new = [name for name in names if name not in self._places]
        beside = f", with {listed(new)}, of which no more is read" if new else ""
        self._reading.say(f"the columns of {self._input.name} are in another order now{beside}")
        self._order = [names.index(name) for name in self.columns]
        self._width = len(names)
        return True

    def _ordered(self, record: list[str]) -> list[str]:
        if self._order is not None and len(record) == self._width:
            return [record[at] for at in self._order]
        # As many cells as the first header has are a wrong number now, too.
        return [*record, ""] if len(record) == len(self.columns) else record

    def _block(self, rows: list[list[str]]) -> Block | None:
        """Make a block of rows, if each has numbers that `float` reads, and what is left out."""
        if not self._reads_plain or self._input.undecodable or self._order is not None:
            return None
        if set(map(len, rows)) != {len(self.columns)}:
            return None
        try:
            values = array("d", map(float, chain.from_iterable(map(self._plain_cells, rows))))
        except ValueError:
            return None
        return Block(self._plain_keys, values, rows, self._plain_event)

    def _plain_event(self, row: int, values: Sequence[float], record: list[str]) -> Event:
        return Event(row, dict(zip(self._plain_keys, values, strict=True)), UNKNOWN, record)

    @property
    def rows(self) -> QuotedRows | None:
        """What tells whether a row needs no quotes; None where there is no such thing."""
        records = self._records
        if not isinstance(records, CsvRecords) or records.delimiter == BLANK:
            return None
        return records.rows

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

    def on_silence(self, act: Callable[[], float | None]) -> None:
        """Have something done while a live stream is silent, again after the seconds it returns."""
        self._input.on_silence = act

    def close(self) -> None:
        """Close the input."""
        self._input.close()

    @property
    def _reads_plain(self) -> bool:
        """Whether rows are numbers that `float` reads, and what is left out."""
        others = self._spelled or self._categories or self._undecided
        return bool(self._plain) and not others and self._label_at is None

    def _features(self, record: list[str]) -> dict[Hashable, Any]:
        if self._undecided:
            self._decide(record)
        features: dict[Hashable, Any]
        try:
            features = dict(
                zip(self._plain_keys, map(float, self._plain_cells(record)), strict=True)
            )
        except ValueError:
            features = {self._keys[at]: self._number(record, at) for at in self._numeric}
            if not all(self._spellings[at].is_plain for at in self._plain):
                self._sort_numbers()  # a value has told how the others are written
        else:
            for at in self._spelled:
                features[self._keys[at]] = self._number(record, at)
        if self._categories:
            is_no_category = self._reading.cells.is_no_category
            for at, key in self._categories:
                features[key] = None if is_no_category(record[at]) else record[at]
        return features

    def _number(self, record: list[str], at: int) -> float:
        try:
            return self._spellings[at].read(record[at])
        except ValueError:
            name = self.columns[at]
            raise ValueError(
                f"column '{shown(name)}' has '{shown(record[at])}', which is no number: correct "
                "it, say --missing where it stands for no value, leave the column out with "
                "--ignore, name it under --categorical, or pass over such rows with "
                "--on-error skip"
            ) from None

    def _look_ahead(self, wanted: Sequence[int]) -> None:
        """Let the first rows say what becomes of each column; `events` reads them again."""
        width = len(self.columns)
        most = max(_CELLS_TO_LOOK_AT // max(width, 1), _FEWEST_ROWS)
        rows = [row for row in self._records.first() if len(row) == width][:most]
        names = self.columns
        free = self._records.free_text
        values = {names[at]: [row[at] for row in rows] for at in wanted}
        self._reading.decide({n: v for n, v in values.items() if n not in free}, len(rows))
        self._reading.first_values = values
        for name in free & values.keys():
            self._reading.decide_as(name, Look(Kind.IDENTIFIER, why="it is free text"))
        time = self._reading.selection.time
        if time is not None:
            self._reading.first_times = [row[self._places[time]] for row in rows]
        self._sort_out()

    def _decide(self, record: list[str]) -> None:
        """Let the first value of a column that had none so far say what becomes of it."""
        is_missing = self._reading.cells.is_missing
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
        self._sort_numbers()
        if not self._numeric and not self._categories and not self._undecided:
            self._complain_of_no_feature()

    def _sort_numbers(self) -> None:
        """Part the columns that `float` reads from those that are written in another way."""
        columns, names = self._reading.columns, self.columns
        self._spellings = {at: columns[names[at]].look.spelling for at in self._numeric}
        self._plain = [at for at in self._numeric if self._spellings[at].is_plain]
        self._spelled = [at for at in self._numeric if not self._spellings[at].is_plain]
        self._plain_keys = [self._keys[at] for at in self._plain]
        every = len(self._plain) == len(names)
        self._plain_cells = iter if every else _cells_at(self._plain)

    def _complain_of_no_feature(self) -> None:
        self._reading.say_of_times(None)
        raise DataError(
            f"{self._input.name} has no column for the detector among {listed(self.columns)}: "
            "check --delimiter and --decimal, or take columns in with --keep or --categorical"
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


def _cells_at(positions: Sequence[int]) -> Cells:
    """Return a function that takes the cells at some positions out of a row."""
    if not positions:
        return lambda _: ()
    first, last = positions[0], positions[-1]
    if len(positions) == last - first + 1:
        return itemgetter(slice(first, last + 1))
    return itemgetter(*positions)
