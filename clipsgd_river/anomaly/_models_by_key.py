"""The models of the keys used last, and where those of other keys go."""

from __future__ import annotations

import json
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator, MutableMapping
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


class ModelsByKey:
    """Models by key, those used last; events of the whole stream are the clock.

    Parameters
    ----------
    most
        How many.
    ttl
        Events after which an unused key is forgotten; ``None``: never.
    """

    def __init__(self, most: int, ttl: int | None) -> None:
        self.most = most
        self.ttl = ttl
        self.events = 0
        self.spilled: SpilledStates | None = None
        # Key -> model and the event it was used at; the one unused for longest is first.
        self._used: OrderedDict[Any, tuple[Any, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._used)

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Keys and models, the key unused for longest first."""
        return ((key, model) for key, (model, _) in self._used.items())

    def values(self) -> Iterator[Any]:
        """Models, that of the key unused for longest first."""
        return (model for model, _ in self._used.values())

    def last_events(self) -> list[int]:
        """The event of the last use of each key."""
        return [last for _, last in self._used.values()]

    def find(self, key: Any) -> Any:
        """The model of a key, from the spilled states if need be; ``None`` if it has none."""
        found = self._used.get(key)
        if found is not None:
            return found[0] if found[1] >= self._oldest else None
        return None if self.spilled is None else self.spilled.find(key, self._oldest)

    def use(self, key: Any, model: Any) -> None:
        """Note that the model of a key has learned an event; evict others where there is need."""
        self.events += 1
        self._used[key] = (model, self.events)
        self._used.move_to_end(key)
        while self._used:
            oldest, (evicted, last) = next(iter(self._used.items()))
            if last < self._oldest:
                if self.spilled is not None:
                    self.spilled.forget(oldest)
            elif len(self._used) <= self.most:
                break
            elif self.spilled is not None:
                # Written before it goes: an interruption in between loses nothing.
                self.spilled.put(oldest, evicted, last)
            del self._used[oldest]

    @property
    def _oldest(self) -> int:
        """The earliest event at which a key must have been used to be known now."""
        return 0 if self.ttl is None else self.events - self.ttl

    def restore(self, models: dict[Any, Any]) -> None:
        """Take over models, the key unused for longest first; `date` follows."""
        self._used = OrderedDict((key, (model, 0)) for key, model in models.items())

    def date(self, events: int, last: list[int]) -> None:
        """Take over the count of events, and the event of the last use of each key."""
        self.events = events
        dated = zip(self._used.items(), last, strict=True)
        self._used = OrderedDict((key, (model, at)) for (key, (model, _)), at in dated)

    def __getstate__(self) -> dict[str, Any]:
        # The mapping belongs to one object alone, and may be a data base.
        return self.__dict__ | {"spilled": None}


def _name(key: Any) -> bytes:
    """A key as bytes, different for different keys."""
    return json.dumps(file_format.encode_name(key)).encode()
