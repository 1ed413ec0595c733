# cython: language_level=3
"""One categorical feature: its frequencies, and the pending value that is not counted yet."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.preprocessing.value_table import ValueTable


class Category:
    """Surprisals of a feature's values; each counts from the next one learned on.

    A pipeline lets a transformer learn an event before it passes the event on to be learned by
    the detector. If the value were counted at once, the detector would learn a smaller surprisal
    than it scores, and never that of a new value.
    """

    def __init__(self, memory: float, most: int) -> None:
        self.table = ValueTable(memory, most)
        self.pending: Any = None
        self.pending_context: Any = None

    def learn(self, key: Any, given: Any) -> cython.int:
        """Count the pending value; this one becomes pending."""
        if self.pending is not None:
            self.table.learn(self.pending, self.pending_context)
        self.pending = key
        self.pending_context = given
        return 0

    def bits(self, key: Any, given: Any) -> float:
        """Surprisal of a value."""
        return self.table.bits(key, given)

    def seen(self, key: Any, given: Any) -> tuple[Any, ...]:
        """How often a value was seen: see `ValueTable.times_seen`."""
        return self.table.times_seen(key, given)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the numbers of the state through ``archive``."""
        self.table.exchange(archive)
        return 0

    def kept(self) -> list[Any]:
        """Values of the state: those of the table, the pending one, and its context."""
        return [*self.table.keys, self.pending, self.pending_context]

    def take_kept(self, kept: list[Any]) -> cython.int:
        """Take over what `kept` gave."""
        if len(kept) < 3 or (kept[-2] is None and kept[-1] is not None):
            raise ValueError("the state lacks values: it is damaged")
        self.pending, self.pending_context = kept[-2], kept[-1]
        self.table.restore_keys(kept[:-2])
        return 0
