"""Events from objects of JSON."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, Final, NamedTuple

from clipsgd_river.cli.input.blocks import Block
from clipsgd_river.cli.input.byte_input import ByteInput
from clipsgd_river.cli.input.columns.look import as_text
from clipsgd_river.cli.input.columns.roles import ENCODE_IT, Role
from clipsgd_river.cli.input.events import MOST_COLUMNS, ROWS_TO_LOOK_AT, Event, Reading, new_event
from clipsgd_river.cli.input.json_values.decoder import Decoder
from clipsgd_river.cli.input.json_values.envelopes import ENVELOPES, records_in
from clipsgd_river.cli.input.json_values.flat import LENGTH, flat_items, lookup
from clipsgd_river.cli.input.json_values.pairs import Pairs
from clipsgd_river.cli.input.json_values.values import Found, Values
from clipsgd_river.cli.input.labels import UNKNOWN
from clipsgd_river.cli.terminal.errors import DataError
from clipsgd_river.cli.terminal.text import (
    has_undecodable_bytes,
    listed,
    near_matches,
    shown,
)

#: A document that is an array or an envelope is looked at up to here for its first events.
_LONGEST_LOOK: Final = 64 << 20


class JsonRecord(NamedTuple):
    """An object, and the line it is; `exact` tells whether that is strict JSON."""

    line: str
    fields: dict[str, Any]
    exact: bool


#: What the detector takes as it is.
_NUMBERS: Final = frozenset({float, int, bool})
new_record: Final = partial(tuple.__new__, JsonRecord)


class JsonSource:
    """Read events from JSON: one object per line, or as `Values` finds them.

    Objects in an event become features with dotted names, arrays their length and, if they are
    short, their elements. Numbers and booleans are numbers, so are strings that hold numbers; null
    and NaN are missing. Keys may come and go. The first objects tell what the keys hold; one that
    comes later is judged by its first value.

    Parameters
    ----------
    lines
        The bytes to read.
    reading
        Selection of keys and treatment of bad events.
    pairs
        Whether events are lines of ``key=value`` instead.
    """

    columns: Sequence[str] | None = None

    def __init__(self, lines: ByteInput, reading: Reading, *, pairs: bool = False) -> None:
        self._input = lines
        self._reading = reading
        self._roles: dict[str, Role] = {}
        self._row = 0
        self._decoder = Decoder()
        self._has_pairs = pairs
        self._values = self._finder(self._decoder, self._refuse)
        self._alone = False
        #: Names of the elements where events are arrays.
        self._header: list[str] = []
        #: Keys of events that are numbers and nothing else, as most are in many streams.
        self._numbers: frozenset[str] = frozenset()
        self._names: Sequence[str] = ()
        self._values_of: Callable[[Any], Iterable[Any]] = tuple
        self.told = ""
        self._look_ahead(lines.first_lines(ROWS_TO_LOOK_AT))

    def events(self) -> Iterator[Event]:
        """Yield the events in turn."""
        return self._of(self._values.of(self._input.lines()))  # type: ignore[return-value]

    def parts(self) -> Iterator[Event | Block]:
        """Yield the events in turn, lines of numbers that came at once together."""
        return self._of(self._values.parts(self._input.blocks(), self._block))

    def _of(self, values: Iterable[Found | Block]) -> Iterator[Event | Block]:
        labels = self._reading.selection.labels
        decoder, constants = self._decoder, 0
        for found in values:
            if isinstance(found, Block):
                yield found._replace(first=self._row + 1)
                self._row += len(found.records)
                continue
            number, text, value = found
            if (
                labels is None
                and text is not None
                and self._are_plain(value)
                and decoder.constants == constants
            ):
                self._row += 1  # as most are in many streams, by the shortest way
                yield new_event((self._row, value, UNKNOWN, new_record((text, value, True))))
                continue
            single: Iterable[tuple[str | None, Any]] = ((text, value),)
            if self._header and isinstance(value, list):
                if value == self._header:
                    continue
                single = ((None, self._row_of(value)),)
            for line, fields in self._objects(found) if self._may_hold(value) else single:
                self._row += 1
                exact = line is not None and decoder.constants == constants
                constants = decoder.constants
                try:
                    if not isinstance(fields, dict):
                        raise ValueError(
                            f"it is {shown(json.dumps(fields), 20)}, not an object: write it as "
                            '{"name": value, ...}'
                        )
                    if line is not None and self._input.undecodable:
                        _check_decoded(line)
                    label = UNKNOWN if labels is None else labels.parse(self._label(fields))
                    features = self._features(fields)
                except ValueError as error:
                    self._complain(number, str(error))
                    continue
                except RecursionError:
                    self._complain(number, "its values are nested too deeply: flatten them")
                    continue
                record = new_record((line or "", fields, exact))
                yield new_event((self._row, features, label, record))
        self._finish(self._row)

    def _block(self, lines: list[str]) -> Block | None:
        """Make a block of lines, if each is an object of numbers under the names of the last."""
        names = self._names
        if not names or self._reading.selection.labels is not None or self._input.undecodable:
            return None
        decoder, values = self._decoder, array("d")
        texts: list[str] = []
        constants, width = decoder.constants, len(names)
        scan, extend, keep = decoder.scan, values.extend, texts.append
        try:
            for line in lines:
                text = line.strip()
                value, end = scan(text, 0)
                if len(value) != width or end != len(text):
                    return None
                extend(self._values_of(value))
                keep(text)
        except (ValueError, TypeError, KeyError, StopIteration, ArithmeticError, RecursionError):
            return None
        if decoder.constants != constants:
            decoder.constants = constants
            return None
        return Block(names, values, texts, self._plain_event)

    def _plain_event(self, row: int, _: Sequence[float], text: str) -> Event:
        value, _end = self._decoder.scan(text, 0)
        return Event(row, value, UNKNOWN, JsonRecord(text, value, exact=True))

    def fields(self, event: Event) -> dict[str, Any]:
        """Return the object of an event."""
        record: JsonRecord = event.record
        return record.fields

    def value(self, event: Event, name: str) -> Any:
        """Return the value of one key, dotted where it is nested; None where it is not there."""
        return lookup(event.record.fields, name)

    def fraction(self) -> float | None:
        """Return the share of the input read so far."""
        return self._input.fraction()

    def on_silence(self, act: Callable[[], float | None]) -> None:
        """Have something done while a live stream is silent, again after the seconds it returns."""
        self._input.on_silence = act

    def close(self) -> None:
        """Close the input."""
        self._input.close()

    def _objects(self, found: Found) -> Iterable[tuple[str | None, Any]]:
        """Return the object that was found, or those in it if it is an envelope."""
        inner = records_in(found.value, alone=self._alone)
        if inner is None:
            return ((found.text, found.value),)
        return ((None, each) for each in inner)

    def _may_hold(self, value: Any) -> bool:
        """Tell whether a value may be an envelope."""
        if self._alone or type(value) is not dict:
            return self._alone
        return len(value) == 1 or not ENVELOPES.isdisjoint(value)

    def _look_ahead(self, lines: Sequence[str]) -> None:
        """Let the first objects say what becomes of each key; `events` reads them again."""
        decoder = Decoder()
        found = list(self._finder(decoder, lambda *_: None).of(lines))
        if not found and lines and not self._has_pairs:
            lines = self._input.first_lines(_LONGEST_LOOK, letters=_LONGEST_LOOK)
            found = list(self._finder(decoder, lambda *_: None).of(lines))
        self._find_header([each.value for each in found])
        if self._header:
            rows = (self._row_of(each.value) for each in found if each.value != self._header)
            found = [Found(0, None, row) for row in rows]
        self._alone = len(found) == 1 and not self._header
        objects = [each for one in found for _, each in self._objects(one)]
        self._tell(found, len(objects), decoder)
        time = self._reading.selection.time
        values: dict[str, list[Any]] = {}
        for fields in objects[:ROWS_TO_LOOK_AT]:
            if not isinstance(fields, dict):
                continue  # told when it is its turn
            if time is not None and isinstance(moment := lookup(fields, time), str | int | float):
                self._reading.first_times.append(str(moment))
            for name, value in flat_items(fields):
                if len(values) < MOST_COLUMNS and self._reading.selection.wants(name):
                    values.setdefault(name, []).append(value)
        self._reading.decide(values, min(len(objects), ROWS_TO_LOOK_AT))
        for name, column in self._reading.columns.items():
            if column.role is not Role.OPEN:
                self._roles[name] = column.role

    def _finder(self, decoder: Decoder, refuse: Callable[[int, str], None]) -> Values | Pairs:
        return Pairs(refuse) if self._has_pairs else Values(decoder, refuse)

    def _find_header(self, values: Sequence[Any]) -> None:
        """Find the names of rows that are arrays: the first of them, or numbers."""
        width = len(values[0]) if values and isinstance(values[0], list) else 0
        if width and all(isinstance(each, list) and len(each) == width for each in values):
            named = len(values) > 1 and all(isinstance(name, str) for name in values[0])
            unique = named and len(set(values[0])) == width
            self._header = values[0] if unique else list(map(str, range(width)))

    def _row_of(self, value: Any) -> Any:
        fits = isinstance(value, list) and len(value) == len(self._header)
        return dict(zip(self._header, value, strict=True)) if fits else value

    def _tell(self, found: Sequence[Found], count: int, by: Decoder) -> None:
        if self._has_pairs:
            self.told = Pairs.told
        elif self._header:
            self.told = "JSON, an array for each row"
        elif self._alone and count != 1:
            self.told = f"{count:,} events in one object"
        elif found and found[0].text is None:
            self.told = "JSON over several lines"
        for each in found:
            if each.text is not None:
                by.find_doubled(each.text)
        if by.doubled:
            self._reading.say(
                f"{listed(sorted(by.doubled))} comes more than once in an object: the last value "
                "counts"
            )

    def _features(self, fields: dict[str, Any]) -> dict[Hashable, Any]:
        features: dict[Hashable, Any] = {}
        roles, declares = self._roles, bool(self._reading.cells.missing)
        for name, value in fields.items():
            if roles.get(name) is Role.NUMBER and not declares:
                kind = type(value)
                if kind is float or kind is int or kind is bool:
                    features[name] = value
                    continue
                if value is None:
                    continue
            self._add(name, value, features)
        if features and features.keys() == fields.keys() and self._are_numbers(fields):
            self._numbers = frozenset(fields)
            self._names = tuple(fields)
            at: Callable[[Any], Any] = itemgetter(*fields)
            self._values_of = at if len(fields) > 1 else lambda value: (at(value),)
        return features

    def _are_plain(self, value: Any) -> bool:
        """Tell whether a value is an object of numbers alone, under the names of the last such."""
        return (
            type(value) is dict
            and value.keys() == self._numbers
            and _NUMBERS.issuperset(map(type, value.values()))
            and not self._input.undecodable
        )

    def _are_numbers(self, names: Iterable[str]) -> bool:
        roles = self._roles
        return not self._reading.cells.missing and all(
            roles.get(name) is Role.NUMBER for name in names
        )

    def _add(self, name: str, value: Any, features: dict[Hashable, Any]) -> None:
        """Add what comes of a value to the features."""
        if isinstance(value, dict | list):
            if self._roles.get(name) not in (None, Role.LEFT_OUT):
                raise ValueError(
                    f"'{shown(name)}' has {shown(json.dumps(value))}, which is no number and no "
                    "category: leave the key out with --ignore, or pass over such events with "
                    "--on-error skip"
                )
            for part, inner in flat_items({name: value}):
                self._add_plain(part, inner, features)
        else:
            self._add_plain(name, value, features)

    def _add_plain(self, name: str, value: Any, features: dict[Hashable, Any]) -> None:
        role = self._roles.get(name) or self._decide(name, value)
        if role is Role.NUMBER:
            if self._reading.cells.missing and self._reading.cells.is_no_value(value):
                return
            if isinstance(value, float | int):
                features[name] = value
            elif value is not None:
                features[name] = self._number(name, value)
        elif role is Role.CATEGORY:
            features[name] = self._category(name, value)

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
        # Of those that are named, the encoder knows that their numbers are categories.
        return value if name in self._reading.selection.categorical else as_text(value)

    def _label(self, fields: dict[str, Any]) -> Any:
        labels = self._reading.selection.labels
        return None if labels is None else lookup(fields, labels.column)

    def _refuse(self, line: int, error: str) -> None:
        self._row += 1
        self._complain(line, error)

    def _complain(self, line: int, error: str) -> None:
        where = f"{self._input.name}, row {self._row:,} (line {line:,})"
        self._reading.refuse(DataError(f"{where}: {error}"))

    def _finish(self, rows: int) -> None:
        if rows and not {Role.NUMBER, Role.CATEGORY} & set(self._roles.values()):
            raise DataError(
                f"{self._input.name} has no key with numbers that the detector may see; {ENCODE_IT}"
            )
        if rows:
            known = {name.removesuffix(LENGTH) for name in self._roles}
            parents = {name[:at] for name in known for at, c in enumerate(name) if c == "."}
            for option, name in self._reading.selection.unknown(known | parents | set(self._roles)):
                self._reading.say(
                    f"{option} names '{shown(name)}', which no event had: "
                    f"{near_matches(name, self._roles)}"
                )


def _check_decoded(line: str) -> None:
    if has_undecodable_bytes(line):
        raise ValueError(
            "it has bytes that are no UTF-8: convert the file, for instance with "
            "iconv -f latin1 -t utf-8"
        )
