"""What keeps a model for each key: the keys used last, and where those of others go."""

from __future__ import annotations

import abc
from collections.abc import Collection, Iterator
from typing import Any

from clipsgd_river.anomaly._spilled_states import SpilledStates


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

    def __getstate__(self) -> dict[str, Any]:
        # The mapping belongs to one object alone, and may be a data base.
        return self.__dict__ | {"spilled": None}
