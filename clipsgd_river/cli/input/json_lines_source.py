"""Events from JSON lines: one object per line."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from clipsgd_river.cli.input.byte_input import ByteInput
from clipsgd_river.cli.input.columns.look import as_text
from clipsgd_river.cli.input.columns.roles import ENCODE_IT, Role
from clipsgd_river.cli.input.events import MOST_COLUMNS, ROWS_TO_LOOK_AT, Event, Reading
from clipsgd_river.cli.input.labels import UNKNOWN
from clipsgd_river.cli.terminal.errors import DataError
from clipsgd_river.cli.terminal.text import (
    has_undecodable_bytes,
    near_matches,
    shown,
)


class JsonRecord(NamedTuple):
    """A line and the object in it; `exact` tells whether the line itself is strict JSON."""

    line: str
    fields: dict[str, Any]
    exact: bool


class JsonLinesSource:
    """Read events from JSON lines; keys may come and go from line to line.

    Numbers and booleans are numbers, so are strings that hold numbers; null and NaN are missing.
    The first lines tell what the keys hold; one that comes later is judged by its first value.

    Parameters
    ----------
    lines
        The bytes to read.
    reading
        Selection of keys and treatment of bad events.
    """

    columns: Sequence[str] | None = None
    told = ""

    def __init__(self, lines: ByteInput, reading: Reading) -> None:
        self._input = lines
        self._reading = reading
        self._roles: dict[str, Role] = {}
        self._constants = 0
        self._decoder = json.JSONDecoder(parse_constant=self._constant)
        self._look_ahead(lines.first_lines(ROWS_TO_LOOK_AT))

    def events(self) -> Iterator[Event]:
        """Yield the events in turn."""
        labels = self._reading.selection.labels
        row = 0
        for number, line in enumerate(self._input.lines(), start=1):
            text = line.strip()
            if not text:
                continue
            row += 1
            try:
                record = self._record(text)
                label = (
                    UNKNOWN if labels is None else labels.parse(record.fields.get(labels.column))
                )
                features = self._features(record.fields)
            except ValueError as error:
                self._reading.refuse(
                    DataError(f"{self._input.name}, row {row:,} (line {number:,}): {error}")
                )
                continue
            yield Event(row, features, label, record)
        self._finish(row)

    def fields(self, event: Event) -> dict[str, Any]:
        """Return the object of an event."""
        record: JsonRecord = event.record
        return record.fields

    def value(self, event: Event, name: str) -> Any:
        """Return the value of one key, None where the object lacks it."""
        return event.record.fields.get(name)

    def fraction(self) -> float | None:
        """Return the share of the input read so far."""
        return self._input.fraction()

    def close(self) -> None:
        """Close the input."""
        self._input.close()

    def _record(self, text: str) -> JsonRecord:
        if self._input.undecodable and has_undecodable_bytes(text):
            raise ValueError(
                "it has bytes that are no UTF-8: convert the file, for instance with "
                "iconv -f latin1 -t utf-8"
            )
        constants = self._constants
        try:
            value = self._decoder.decode(text)
        except json.JSONDecodeError as error:
            raise ValueError(
                f"no valid JSON ({error.msg} at column {error.colno}): one object per line is "
                "expected"
            ) from None
        except RecursionError:
            raise ValueError("its values are nested too deeply: flatten them") from None
        if not isinstance(value, dict):
            raise ValueError(
                f'it is {shown(text, 20)}, not an object: write it as {{"name": value, ...}}'
            )
        return JsonRecord(text, value, constants == self._constants)

    def _look_ahead(self, lines: Iterable[str]) -> None:
        """Let the first lines say what becomes of each key; `events` reads them again."""
        values: dict[str, list[Any]] = {}
        for line in lines:
            try:
                fields = self._record(line.strip()).fields
            except ValueError:  # told when it is its turn
                continue
            for name, value in fields.items():
                if len(values) < MOST_COLUMNS and self._reading.selection.wants(name):
                    values.setdefault(name, []).append(value)
        self._reading.decide(values)
        for name, column in self._reading.columns.items():
            if column.role is not Role.OPEN:
                self._roles[name] = column.role

    def _features(self, fields: dict[str, Any]) -> dict[Hashable, Any]:
        roles = self._roles
        is_no_value = self._reading.cells.is_no_value
        has_missing = bool(self._reading.cells.missing)
        features: dict[Hashable, Any] = {}
        for name, value in fields.items():
            role = roles.get(name) or self._decide(name, value)
            if role is Role.NUMBER:
                kind = type(value)
                if has_missing and is_no_value(value):
                    continue
                if kind is float or kind is int or kind is bool:
                    features[name] = value
                elif value is not None:
                    features[name] = self._number(name, value)
            elif role is Role.CATEGORY:
                features[name] = self._category(name, value)
        return features

    def _decide(self, name: str, value: object) -> Role:
        """Tell what becomes of a new key, which stays open while its values are missing."""
        if not self._reading.selection.wants(name):
            role = Role.LEFT_OUT
        elif self._reading.cells.is_no_value(value):
            return Role.OPEN
        else:
            role = self._reading.decide_late(name, value).role
        if len(self._roles) >= MOST_COLUMNS:
            raise DataError(
                f"{self._input.name} has more than {MOST_COLUMNS:,} different keys: "
                "select the few that matter with --only"
            )
        self._roles[name] = role
        return role

    def _number(self, name: str, value: object) -> float:
        try:
            if isinstance(value, str):
                return self._reading.columns[name].look.spelling.read(value)
        except ValueError:
            pass
        raise ValueError(
            f"'{shown(name)}' has {shown(json.dumps(value))}, which is no number: correct it, "
            "leave the key out with --ignore, name it under --categorical, or pass over such "
            "events with --on-error skip"
        )

    def _category(self, name: str, value: object) -> object:
        cells = self._reading.cells
        if cells.is_no_category(value) if isinstance(value, str) else cells.is_no_value(value):
            return None
        if isinstance(value, dict | list):
            raise ValueError(
                f"'{shown(name)}' has {shown(json.dumps(value))}, which is no category: flatten "
                "it, or leave the key out with --ignore"
            )
        # Of those that are named, the encoder knows that their numbers are categories.
        return value if name in self._reading.selection.categorical else as_text(value)

    def _constant(self, word: str) -> float:
        self._constants += 1
        return float(word.replace("Infinity", "inf"))

    def _finish(self, rows: int) -> None:
        if rows and not {Role.NUMBER, Role.CATEGORY} & set(self._roles.values()):
            raise DataError(
                f"{self._input.name} has no key with numbers that the detector may see; {ENCODE_IT}"
            )
        if rows:
            for option, name in self._reading.selection.unknown(self._roles):
                self._reading.say(
                    f"{option} names '{shown(name)}', which no event had: "
                    f"{near_matches(name, self._roles)}"
                )
