"""Where the states of evicted keys go, and where they come back from."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, MutableMapping
from typing import Any

from clipsgd_river._state import file_format

# Count of events at the last use of a key, before its state; below 0 if something lies between,
# which has its length in front.
LAST_USE = struct.Struct("<q")
LENGTH = struct.Struct("<I")


class SpilledStates:
    """States of evicted models in a mapping of bytes, each with when its key was used last.

    Parameters
    ----------
    states
        The mapping.
    write, read
        What makes bytes of a model, and a model of bytes.
    prefix
        Before the names of keys, where one mapping has the states of two kinds of keys.
    """

    def __init__(
        self,
        states: MutableMapping[bytes, bytes],
        write: Callable[[Any], bytes],
        read: Callable[[bytes], Any],
        prefix: bytes = b"",
    ) -> None:
        self.states = states
        self.write = write
        self.read = read
        self.prefix = prefix

    def put(self, key: Any, model: Any, last: int, beside: bytes = b"") -> None:
        """Write the state of a model, and what else is to be kept of its key."""
        head = LAST_USE.pack(-last) + LENGTH.pack(len(beside)) if beside else LAST_USE.pack(last)
        self.states[self.prefix + _name(key)] = head + beside + self.write(model)

    def has(self, key: Any, oldest: int) -> bool:
        """Whether the state of a key is here whose last use is not before ``oldest``."""
        data = self.states.get(self.prefix + _name(key))
        return data is not None and self._checked(key, data)[0] >= oldest

    def find(self, key: Any, oldest: int) -> Any:
        """The model of a key whose last use is not before ``oldest``; ``None`` if there is none.

        Raises
        ------
        ValueError
            If its bytes are damaged.
        """
        data = self.states.get(self.prefix + _name(key))
        if data is None:
            return None
        last, _, start = self._checked(key, data)
        if last < oldest:
            return None
        try:
            return self.read(data[start:])
        except ValueError as error:
            raise _damaged(key, error) from error

    def beside(self, key: Any) -> bytes:
        """What was kept beside the state of a key; it must be here."""
        data = self.states[self.prefix + _name(key)]
        _, first, start = self._checked(key, data)
        return data[first:start]

    def forget(self, key: Any) -> None:
        """Drop the state of a key, if there is one."""
        self.states.pop(self.prefix + _name(key), None)

    def _checked(self, key: Any, data: bytes) -> tuple[int, int, int]:
        """When a key was used last, and where what lies beside its state begins and ends."""
        first = LAST_USE.size
        if len(data) >= first:
            last = LAST_USE.unpack_from(data)[0]
            if last >= 0:
                return last, first, first
            first += LENGTH.size
            if len(data) >= first:
                start = first + LENGTH.unpack_from(data, LAST_USE.size)[0]
                if len(data) >= start:
                    return -last, first, start
        raise _damaged(key, "the state was cut")


def _damaged(key: Any, what: Any) -> ValueError:
    return ValueError(f"the spilled state of the key {key!r}: {what}")


def _name(key: Any) -> bytes:
    """A key as bytes, different for different keys."""
    return json.dumps(file_format.encode_name(key)).encode()
