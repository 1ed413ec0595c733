"""A model for each key, each an object."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator
from typing import Any

from river import compose

from clipsgd_river._faces.known_features import known_features
from clipsgd_river._pipelines import last_step
from clipsgd_river._state.saveable import Saveable
from clipsgd_river.anomaly._models_by_key import ModelsByKey, Where


class ModelObjects(ModelsByKey):
    """Models of any kind, an object for each key.

    Parameters
    ----------
    detector
        What each key gets a copy of: a detector or a pipeline.
    most, ttl
        As of `ModelsByKey`.
    """

    def __init__(self, detector: Any, most: int, ttl: int | None) -> None:
        super().__init__(most, ttl)
        self.detector = detector
        self.fresh: Any = None
        # Key -> model and the event it was used at; the one unused for longest is first.
        self.used: OrderedDict[Any, tuple[Any, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.used)

    def learn(self, key: Any, event: Any) -> None:
        """Let the model of a key learn an event; an event that it refuses changes nothing."""
        model = self.found_or_new(key)
        # Learned first: what is refused starts no model and evicts none.
        model.learn_one(event)
        self.use(key, model)

    def score(self, key: Any, event: Any) -> float:
        """Score by the model of a key; changes nothing."""
        score: float = self.model(key).score_one(event)
        return score

    def score_learn(self, key: Any, event: Any) -> float:
        """Score an event, then learn it."""
        model = self.found_or_new(key)
        score = score_learn(model, event)
        self.use(key, model)
        return score

    def model(self, key: Any) -> Any:
        """The model of a key, to be asked; where there is none, one that has learned nothing."""
        found = self.find(key)
        if found is not None:
            return found
        if self.fresh is None:
            self.fresh = new_model(self.detector)
        return self.fresh

    def where(self, key: Any) -> Where:
        """Where the model of a key is."""
        found = self.used.get(key)
        if found is not None:
            return Where.HELD if found[1] >= self.oldest else Where.NOWHERE
        return self.where_spilled(key)

    def found_or_new(self, key: Any) -> Any:
        """The model of a key, to be taught."""
        found = self.find(key)
        return new_model(self.detector) if found is None else found

    def find(self, key: Any) -> Any:
        """The model of a key, from the spilled states if need be; ``None`` if it has none."""
        found = self.used.get(key)
        if found is not None:
            return found[0] if found[1] >= self.oldest else None
        return None if self.spilled is None else self.spilled.find(key, self.oldest)

    def use(self, key: Any, model: Any) -> None:
        """Note that the model of a key has learned an event; evict others where there is need."""
        self.events += 1
        self.used[key] = (model, self.events)
        self.used.move_to_end(key)
        while self.used:
            oldest, (evicted, last) = next(iter(self.used.items()))
            if last < self.oldest:
                if self.spilled is not None:
                    self.spilled.forget(oldest)
            elif len(self.used) <= self.most:
                break
            elif self.spilled is not None:
                # Written before it goes: an interruption in between loses nothing.
                self.spilled.put(oldest, evicted, last, self.beside_state_of(oldest))
            del self.used[oldest]
            self.leave(oldest)

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Keys and models, the key unused for longest first."""
        return ((key, model) for key, (model, _) in self.used.items())

    def known_features(self) -> Collection[Any] | None:
        """Names that the models know; ``None`` where they cannot say."""
        found: set[Any] = set()
        for model, _ in self.used.values():
            known = known_features(last_step(model))
            if known is None or isinstance(model, compose.Pipeline):
                return None
            found.update(known)
        return found

    def last_events(self) -> list[int]:
        """The event of the last use of each key, the key unused for longest first."""
        return [last for _, last in self.used.values()]

    def restore(self, models: dict[Any, Any]) -> None:
        """Take over models, the key unused for longest first; `date` follows."""
        self.used = OrderedDict((key, (model, 0)) for key, model in models.items())

    def date(self, events: int, last: list[int]) -> None:
        """Take over the count of events, and the event of the last use of each key."""
        self.events = events
        dated = zip(self.used.items(), last, strict=True)
        self.used = OrderedDict((key, (model, at)) for (key, (model, _)), at in dated)


def new_model(detector: Any) -> Any:
    """Copy of a detector or a pipeline that has learned nothing."""
    model = detector.clone()
    if isinstance(model, Saveable):
        model.create_state()
    return model


def score_learn(model: Any, event: Any) -> float:
    """Score an event by any detector, which then learns it."""
    if hasattr(model, "score_learn_one"):
        return float(model.score_learn_one(event))
    score = float(model.score_one(event))
    model.learn_one(event)
    return score
