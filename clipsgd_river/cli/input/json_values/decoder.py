"""JSON as Python values, by clear rules where JSON has none."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from clipsgd_river.cli.terminal.text import shown


class Decoder:
    """Decode JSON; NaN and infinity are allowed, and whole numbers may have any length.

    Of a key that comes twice in an object the last value counts, as in most programs. A whole
    number of more digits than Python reads becomes a float, infinite beyond the range of floats.

    Examples
    --------
    >>> decoder = Decoder()
    >>> decoder.decode('{"a": 1, "a": 2}'), decoder.decode('{"a": 1} {"b": 2}', 9)
    (({'a': 2}, 16), ({'b': 2}, 17))
    >>> decoder.decode("9" * 5000), decoder.constants
    ((inf, 5000), 0)
    """

    def __init__(self) -> None:
        #: How many words there were that JSON does not know.
        self.constants = 0
        #: Keys that came twice in one object, as far as `find_doubled` was asked to look.
        self.doubled: set[str] = set()
        decoder: Any = json.JSONDecoder(parse_constant=self._constant)
        #: As `decode` for what is plain; raises `StopIteration` too.
        self.scan: Callable[[str, int], tuple[Any, int]] = decoder.scan_once
        self._decode = decoder.raw_decode
        self._decode_long = json.JSONDecoder(
            parse_constant=self._constant, parse_int=_any_integer
        ).raw_decode
        self._decode_pairs = json.JSONDecoder(
            object_pairs_hook=self._pairs, parse_int=_any_integer
        ).raw_decode

    def decode(self, text: str, start: int = 0) -> tuple[Any, int]:
        """Return the value that begins at a place of a text, and the place where it ends.

        Raises
        ------
        ValueError
            If there is none, with what is wrong.
        """
        try:
            found: tuple[Any, int] = self._decode(text, start)
        except json.JSONDecodeError as error:
            raise ValueError(f"no valid JSON ({error.msg} at column {error.colno})") from None
        except RecursionError:
            raise ValueError("its values are nested too deeply: flatten them") from None
        except ValueError:  # a number too long for Python
            found = self._decode_long(text, start)
        return found

    def find_doubled(self, text: str) -> None:
        """Note the keys that come twice in an object of some valid JSON."""
        with contextlib.suppress(ValueError, RecursionError):
            self._decode_pairs(text)

    def _constant(self, word: str) -> float:
        self.constants += 1
        return float(word.replace("Infinity", "inf"))

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            self.doubled.update(shown(name) for name, count in counts.items() if count > 1)
        return found


def _any_integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return float(digits)
