"""Where the states of evicted keys go, and where they come back from."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, MutableMapping
from typing import Any

from clipsgd_river._state import file_format

# Count of events at the last use of a key, before its state.
LAST_USE = struct.Struct("<q")


class SpilledStates:
    """States of evicted models in a mapping of bytes, each with when its key was used last.

    Parameters
    ----------
    states
        The mapping.
    write, read
        What makes bytes of a model, and a model of bytes.
    """

    def __init__(
        self,
        states: MutableMapping[bytes, bytes],
        write: Callable[[Any], bytes],
        read: Callable[[bytes], Any],
    ) -> None:
        self.states = states
        self.write = write
        self.read = read

    def put(self, key: Any, model: Any, last: int) -> None:
        """Write the state of a model."""
        self.states[_name(key)] = LAST_USE.pack(last) + self.write(model)

    def find(self, key: Any, oldest: int) -> Any:
        """The model of a key whose last use is not before ``oldest``; ``None`` if there is none.

        Raises
        ------
        ValueError
            If its bytes are damaged.
        """
        data = self.states.get(_name(key))
        if data is None:
            return None
        try:
            if len(data) < LAST_USE.size:
                raise ValueError("the state was cut")
            if LAST_USE.unpack_from(data)[0] < oldest:
                return None
            return self.read(data[LAST_USE.size :])
        except ValueError as error:
            raise ValueError(f"the spilled state of the key {key!r}: {error}") from error

    def forget(self, key: Any) -> None:
        """Drop the state of a key, if there is one."""
        self.states.pop(_name(key), None)


def _name(key: Any) -> bytes:
    """A key as bytes, different for different keys."""
    return json.dumps(file_format.encode_name(key)).encode()
