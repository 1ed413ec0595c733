"""What keeps a model for each key: the keys used last, and where those of others go."""

from __future__ import annotations

import abc
from array import array
from collections.abc import Collection, Iterator
from enum import Enum
from itertools import pairwise
from typing import Any, Protocol

from clipsgd_river.anomaly._spilled_states import SpilledStates

LARGEST_COUNT = 2.0**53


class Where(Enum):
    """Where the model of a key is: nowhere, in memory, or among the spilled states."""

    NOWHERE = 0
    HELD = 1
    SPILLED = 2


class Beside(Protocol):
    """What else is known of the keys that have a model, and goes where their models go."""

    def state_of(self, key: Any) -> bytes:
        """What is known of a key, to be spilled beside the state of its model; may be nothing."""

    def forget(self, key: Any) -> None:
        """Forget a key, which has no model in memory any longer."""


class ModelsByKey(abc.ABC):
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
        self.beside: Beside | None = None

    @property
    def oldest(self) -> int:
        """The earliest event at which a key must have been used to be known now."""
        return 0 if self.ttl is None else self.events - self.ttl

    @abc.abstractmethod
    def __len__(self) -> int:
        """How many keys have a model in memory."""

    @abc.abstractmethod
    def learn(self, key: Any, event: Any) -> None:
        """Let the model of a key learn an event; an event that it refuses changes nothing."""

    @abc.abstractmethod
    def score(self, key: Any, event: Any) -> float:
        """Score by the model of a key; changes nothing."""

    @abc.abstractmethod
    def score_learn(self, key: Any, event: Any) -> float:
        """Score an event, then learn it."""

    @abc.abstractmethod
    def where(self, key: Any) -> Where:
        """Where the model of a key is; nowhere, too, if the key was unused for too long."""

    def where_spilled(self, key: Any) -> Where:
        """Where the model of a key is that is not in memory."""
        found = self.spilled is not None and self.spilled.has(key, self.oldest)
        return Where.SPILLED if found else Where.NOWHERE

    def beside_state_of(self, key: Any) -> bytes:
        """What to spill beside the state of a key's model."""
        return b"" if self.beside is None else self.beside.state_of(key)

    def leave(self, key: Any) -> None:
        """Note that a key has no model in memory any longer."""
        if self.beside is not None:
            self.beside.forget(key)

    @abc.abstractmethod
    def model(self, key: Any) -> Any:
        """The model of a key, to be asked and not to be taught; it may serve another key next.

        Where there is none, one that has learned nothing.
        """

    @abc.abstractmethod
    def items(self) -> Iterator[tuple[Any, Any]]:
        """Keys and models, each to be kept, the key unused for longest first."""

    @abc.abstractmethod
    def known_features(self) -> Collection[Any] | None:
        """Names that the models know; ``None`` where they cannot say."""

    @abc.abstractmethod
    def last_events(self) -> list[int]:
        """The event of the last use of each key, the key unused for longest first."""

    @abc.abstractmethod
    def restore(self, models: dict[Any, Any]) -> None:
        """Take over models, the key unused for longest first; `date` follows."""

    @abc.abstractmethod
    def date(self, events: int, last: list[int]) -> None:
        """Take over the count of events, and the event of the last use of each key."""

    def dates(self) -> array[float]:
        """The count of events, and the event of the last use of each key."""
        return array("d", [self.events, *self.last_events()])

    def take_dates(self, numbers: array[float]) -> None:
        """Take over what `dates` gave; ``ValueError`` if it is impossible."""
        fits = len(numbers) == len(self) + 1 and all(
            0.0 <= number <= LARGEST_COUNT and number == int(number) for number in numbers
        )
        # From the key unused for longest to the one of the last event.
        if not fits or any(a >= b for a, b in pairwise(numbers[1:])):
            raise ValueError("the state holds no order of its keys: it is damaged")
        if len(numbers) > 1 and numbers[-1] > numbers[0]:
            raise ValueError("the state has a key after its last event: it is damaged")
        self.date(int(numbers[0]), [int(number) for number in numbers[1:]])

    def __getstate__(self) -> dict[str, Any]:
        # The mapping belongs to one object alone, and may be a data base.
        return self.__dict__ | {"spilled": None}
