"""A model for each peer group of keys, beside those of the keys."""

from __future__ import annotations

from array import array
from typing import Any

from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river.anomaly._models_by_key import ModelsByKey, Where

# Events of a group from which on its model counts.
LEAST_EVENTS = 50


class Groups:
    """Models of peer groups: they judge from their 50th event on.

    Parameters
    ----------
    models
        What keeps them.
    """

    def __init__(self, models: ModelsByKey) -> None:
        self.models = models
        models.beside = self
        # Events of the groups whose models do not count yet.
        self.young: dict[Any, int] = {}

    def counts(self, group: Any) -> bool:
        """Whether the model of a group counts: that of events without a group never does."""
        if is_missing(group):
            return False
        where = self.models.where(group)
        if where is Where.HELD:
            return group not in self.young
        if where is Where.SPILLED and self.models.spilled is not None:
            return not self.models.spilled.beside(group)
        return False

    def learn(self, group: Any, event: Any) -> None:
        """Let the model of a group learn an event."""
        self.score_learn(group, event)

    def score_learn(self, group: Any, event: Any) -> float | None:
        """Score an event by its group, which learns it; ``None`` if the group does not count."""
        if is_missing(group):
            return None
        counts = self.counts(group)
        seen = self._seen(group)
        score = self.models.score_learn(group, event)
        if counts:
            return score
        if seen + 1 < LEAST_EVENTS:
            self.young[group] = seen + 1
        else:
            self.young.pop(group, None)
        return None

    def _seen(self, group: Any) -> int:
        """Events of a group whose model does not count."""
        where = self.models.where(group)
        if where is Where.HELD:
            return self.young.get(group, 0)
        if where is Where.SPILLED and self.models.spilled is not None:
            return int.from_bytes(self.models.spilled.beside(group), "little")
        return 0

    def state_of(self, key: Any) -> bytes:
        """How many events a group has had, if its model does not count yet."""
        seen = self.young.get(key, 0)
        return bytes([seen]) if seen else b""

    def forget(self, key: Any) -> None:
        """Forget a group, which has no model in memory any longer."""
        self.young.pop(key, None)

    def take_young(self, seen: array[float]) -> None:
        """Take over how many events each group has had, 0 for one whose model counts."""
        if len(seen) != len(self.models) or not all(
            0.0 <= count < LEAST_EVENTS and count == int(count) for count in seen
        ):
            raise ValueError("the state holds impossible events of groups: it is damaged")
        found = zip((group for group, _ in self.models.items()), seen, strict=True)
        self.young = {group: int(count) for group, count in found if count > 0.0}
