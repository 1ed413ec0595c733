"""The values in a text of JSON, whether lines, an array, or objects over several lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any, Final, NamedTuple

from clipsgd_river.cli.input.blocks import Block, pieces
from clipsgd_river.cli.input.json_values.decoder import Decoder
from clipsgd_river.cli.terminal.errors import DataError

#: A string, or a bracket outside of one.
_MARK: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]')
_GAP: Final = re.compile(r"[\s,]*")
_CLOSES: Final = {"}": "{", "]": "["}
#: The beginning of an object of which one value is all that matters, by the name of that.
_ENVELOPE: Final = re.compile(
    r'\{\s*"(?:records|events|items|results?|rows|entries|logs|alerts|messages|data|values?)"\s*'
    r":\s*\[\s*(?=\{|$)",
    re.IGNORECASE,
)
_LONGEST: Final = 64 << 20


class Found(NamedTuple):
    """A value: the line where it ends, its text if that has no line end, and the value."""

    line: int
    text: str | None
    value: Any


new_found: Final = partial(tuple.__new__, Found)


class Values:
    """Find the values in lines of JSON.

    An array gives its values one by one, and so does one of objects that an object like
    ``{"Records": [...]}`` over several lines begins with. A value that is not completed before
    another one begins at the start of a line is refused, alone.

    Parameters
    ----------
    decoder
        Decodes them.
    refuse
        Called with the number of a line and what is wrong there; may raise.

    Examples
    --------
    >>> lines = ["[", '  {"a": 1},', '  {"a": 2}', "]"]
    >>> [found.value for found in Values(Decoder(), print).of(lines)]
    [{'a': 1}, {'a': 2}]
    >>> [found.value for found in Values(Decoder(), print).of(['{"a": 1, "b', '{"a": 2}'])]
    1 a value is not complete
    [{'a': 2}]
    """

    def __init__(self, decoder: Decoder, refuse: Callable[[int, str], None]) -> None:
        self._decoder = decoder
        self._refuse = refuse
        self._pieces: list[str] = []
        self._open: list[str] = []
        self._letters = 0
        self._began = 0
        self._in_array = False
        self._envelopes = 0

    def of(self, lines: Iterable[str]) -> Iterator[Found]:
        """Yield the values in turn."""
        return self.parts([lines])  # type: ignore[return-value]  # without blocks

    def parts(
        self,
        blocks: Iterable[Any],
        block_of: Callable[[list[str]], Block | None] | None = None,
    ) -> Iterator[Found | Block]:
        """Yield the values in turn, those that came at once as a block if one is made of them.

        Parameters
        ----------
        blocks
            Lines that came at once.
        block_of
            Makes a block of lines, or None.
        """
        scan = self._decoder.scan
        number = 0
        for lines in blocks if block_of is None else chain.from_iterable(map(pieces, blocks)):
            if block_of is not None and not self._pieces and not self._in_array:
                block = block_of(lines)
                if block is not None:
                    number += len(lines)
                    yield block
                    continue
            for line in lines:
                number += 1
                # Most texts are lines of one object each, which come by the shortest way.
                if line[:1] == "{" and not self._pieces and not self._in_array:
                    text = line.strip()
                    try:
                        value, end = scan(text, 0)
                    except (ValueError, StopIteration, RecursionError):
                        pass
                    else:
                        if end == len(text):
                            yield new_found((number, text, value))
                            continue
                yield from self._take(line, number)
        if self._pieces:
            self._give_up()

    @property
    def is_waiting(self) -> bool:
        """Whether a value has begun that is not complete."""
        return bool(self._pieces)

    def _take(self, line: str, number: int) -> Iterator[Found]:
        if self._pieces and self._begins_anew(line):
            self._give_up()
        while True:
            if not self._pieces:
                rest = self._begin(line, number)
                if rest is not None and self._in_array:
                    rest = yield from self._elements(rest, number)
                if not rest:
                    return
                line = rest
            end = self._end_in(line)
            self._letters += len(line)
            if end is None:
                self._pieces.append(line)
                if self._letters > _LONGEST:
                    raise DataError(
                        f"a value of JSON has more than {_LONGEST >> 20} MiB: one object per line "
                        "is expected"
                    )
                return
            self._pieces.append(line[:end])
            whole = "".join(self._pieces)
            self._pieces = []
            try:
                value, _ = self._decoder.decode(whole)
            except ValueError as error:
                self._refuse(number, f"{error}: one object per line is expected")
            else:
                if isinstance(value, list):
                    yield from (Found(number, None, each) for each in value)
                else:
                    yield Found(number, None, value)
            line = line[end:]

    def _elements(self, text: str, number: int) -> Generator[Found, None, str | None]:
        """Yield the objects that a text of an array has in full; return the rest of it."""
        scan, at = self._decoder.scan, 0
        while text.startswith("{", at):
            try:
                value, end = scan(text, at)
            except (ValueError, StopIteration, RecursionError):
                break
            piece = text[at:end]
            yield new_found((number, None if "\n" in piece else piece, value))
            gap = _GAP.match(text, end)
            at = end if gap is None else gap.end()
        return text[at:] if at == 0 or text.startswith("{", at) else self._begin(text[at:], number)

    def _begin(self, line: str, number: int) -> str | None:
        """Return a line from where its next value begins on; None where none does."""
        rest = line.lstrip(" \t\r\n,") if self._in_array or self._envelopes else line.lstrip()
        rest = rest.rstrip()
        while rest:
            if self._in_array and rest[0] == "]":
                self._in_array = False
                rest = rest[1:].lstrip(" \t\r\n,")
                continue
            if self._envelopes and not self._in_array:
                # What stands behind the records of an envelope.
                after = rest.rpartition("}")
                self._envelopes -= bool(after[1])
                rest = after[2].strip(" \t\r\n,") if after[1] else ""
                continue
            envelope = None if self._in_array else _ENVELOPE.match(rest)
            if envelope is not None and self._is_open(rest):
                self._envelopes += 1
                self._in_array = True
                rest = rest[envelope.end() :]
                continue
            if not self._in_array and rest[0] == "[" and self._is_open(rest):
                self._in_array = True
                rest = rest[1:].lstrip(" \t\r\n,")
                continue
            if rest[0] in "{[":
                self._open, self._letters, self._began = [], 0, number
                return rest + "\n"
            try:
                value, end = self._decoder.decode(rest)
            except ValueError as error:
                self._refuse(number, f"{error}: one object per line is expected")
                return None
            self._refuse(number, f"it is {value!r:.20}, not an object: {_WRITE_IT}")
            rest = rest[end:].lstrip(" \t\r\n,")
        return None

    def _is_open(self, text: str) -> bool:
        """Tell whether what a text begins is not completed in it."""
        self._open = []
        return self._end_in(text) is None

    def _end_in(self, line: str) -> int | None:
        """Follow the brackets of a line; return where the last of them is closed."""
        stack = self._open
        for match in _MARK.finditer(line):
            mark = match[0]
            if mark in "{[":
                stack.append(mark)
            elif mark in _CLOSES and (not stack or stack.pop() != _CLOSES[mark] or not stack):
                return match.end()
        return None

    def _begins_anew(self, line: str) -> bool:
        """Tell whether a line begins another value although one is not complete."""
        if not line.startswith("{"):
            return False
        # A value in an object has a name before it, and one in an array a comma.
        last = self._pieces[-1].rstrip()
        return self._open[-1] == "{" or not last or last[-1] not in ",["

    def _give_up(self) -> None:
        self._pieces = []
        self._refuse(self._began, "a value is not complete")


_WRITE_IT: Final = 'write it as {"name": value, ...}'
