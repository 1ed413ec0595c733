"""Events from JSON lines: one object per line."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple

from clipsgd_river.cli.input.byte_input import ByteInput
from clipsgd_river.cli.input.events import ENCODE_IT, MOST_COLUMNS, Event, Reading
from clipsgd_river.cli.input.labels import UNKNOWN
from clipsgd_river.cli.terminal.errors import DataError
from clipsgd_river.cli.terminal.text import (
    has_undecodable_bytes,
    is_missing,
    looks_numeric,
    near_matches,
    parse_number,
    shown,
)


class JsonRecord(NamedTuple):
    """A line and the object in it; `exact` tells whether the line itself is strict JSON."""

    line: str
    fields: dict[str, Any]
    exact: bool


class JsonLinesSource:
    """Read events from JSON lines; keys may come and go from line to line.

    Numbers and booleans are features, so are strings that hold numbers; null and NaN are missing.
    A key whose first value is anything else is left out and named, unless the selection makes its
    text a category.

    Parameters
    ----------
    lines
        The bytes to read.
    reading
        Selection of keys and treatment of bad events.
    """

    columns: Sequence[str] | None = None

    def __init__(self, lines: ByteInput, reading: Reading) -> None:
        self._input = lines
        self._reading = reading
        self._is_feature: dict[str, bool] = {}
        self._categories: set[str] = set()
        self._constants = 0
        self._decoder = json.JSONDecoder(parse_constant=self._constant)

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

    def _features(self, fields: dict[str, Any]) -> dict[Hashable, Any]:
        is_feature = self._is_feature
        features: dict[Hashable, Any] = {}
        for name, value in fields.items():
            feature = is_feature.get(name)
            if feature is None:
                feature = self._decide(name, value)
            if feature:
                kind = type(value)
                if kind is float or kind is int or kind is bool:
                    features[name] = value
                elif name in self._categories:
                    features[name] = self._category(name, value)
                elif value is not None:
                    features[name] = self._number(name, value)
        return features

    def _decide(self, name: str, value: object) -> bool | None:
        """Tell whether a new key is a feature; None while its values are missing."""
        selection = self._reading.selection
        if not selection.wants(name):
            feature = False
        elif value is None or (isinstance(value, str) and is_missing(value)):
            return None
        else:
            is_number = isinstance(value, int | float) or (
                isinstance(value, str) and looks_numeric(value)
            )
            is_scalar = isinstance(value, int | float | str)
            is_category = is_scalar and selection.is_category(name, is_number=is_number)
            feature = is_number or is_category
            if is_category:
                self._categories.add(name)
            elif not feature:
                cure = f"; {ENCODE_IT}" if is_scalar else ""
                self._reading.leave_out(name, f"its first value is {_what(value)}{cure}")
        if len(self._is_feature) >= MOST_COLUMNS:
            raise DataError(
                f"{self._input.name} has more than {MOST_COLUMNS:,} different keys: "
                "select the few that matter with --only"
            )
        self._is_feature[name] = feature
        return feature

    def _number(self, name: str, value: object) -> float:
        try:
            if isinstance(value, str):
                return parse_number(value)
        except ValueError:
            pass
        raise ValueError(
            f"'{shown(name)}' has {shown(json.dumps(value))}, which is no number: correct it, "
            "leave the key out with --ignore, name it under --categorical, or pass over such "
            "events with --on-error skip"
        )

    def _category(self, name: str, value: object) -> str | None:
        if value is None:
            return None
        if isinstance(value, str):
            return None if is_missing(value) else value
        raise ValueError(
            f"'{shown(name)}' has {shown(json.dumps(value))}, which is no category: flatten it, or "
            "leave the key out with --ignore"
        )

    def _constant(self, word: str) -> float:
        self._constants += 1
        return float(word.replace("Infinity", "inf"))

    def _finish(self, rows: int) -> None:
        if rows and not any(self._is_feature.values()):
            raise DataError(
                f"{self._input.name} has no key with numbers that the detector may see; {ENCODE_IT}"
            )
        if rows:
            for option, name in self._reading.selection.unknown(self._is_feature):
                self._reading.say(
                    f"{option} names '{shown(name)}', which no event had: "
                    f"{near_matches(name, self._is_feature)}"
                )


def _what(value: object) -> str:
    if isinstance(value, dict):
        return "an object: flatten it"
    if isinstance(value, list):
        return "an array: give its values names"
    return f"'{shown(value)}', no number"
