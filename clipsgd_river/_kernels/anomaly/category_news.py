# cython: language_level=3, cdivision=True
"""How far the surprise of a category lies beyond what is usual for its feature, in bits."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.preprocessing.value_table import ValueTable

# Steps of the medians, in bits: 4 / (n + 8) at the n-th event, and this over the memory at rest.
STEPS = 4.0
HEAD_START = 8.0
# No surprise is as large.
LARGEST_LEVEL = 100.0


class CategoryNews:
    r"""A `ValueTable`, and running medians of the surprises that it gives.

    With s the surprise of a value among all events, s_u that in the context u, and m, m_u the
    medians of both, which take clipped steps on the absolute loss, the news of a value is

    .. math:: \max(s - m,\; s_u - m_u,\; 0).

    Of a column of 400 equally frequent users each is a surprise of 8.6 bits and no news; so is each
    value where all are new. A context that expects other values adds to what the value says among
    all events, and takes nothing from it.

    Parameters
    ----------
    memory
        Events that frequencies remember.
    most
        Rows that the table keeps.
    """

    def __init__(self, memory: float, most: int) -> None:
        self.memory = memory
        self.table = ValueTable(memory, most)
        self.events = 0.0
        self.level = 0.0
        self.events_within = 0.0
        self.level_within = 0.0

    def news(self, key: Any, context: Any) -> float:
        """News of a value, in its context unless that is ``None``, in bits."""
        found: cython.double = self.table.bits(key, None) - self.level
        if context is not None:
            found = max(found, self.table.bits(key, context) - self.level_within)
        return max(found, 0.0)

    def learn(self, key: Any, context: Any) -> cython.int:
        """One step of medians and frequencies."""
        surprise: cython.double = self.table.bits(key, None)
        self.level += self.step_towards(surprise - self.level, self.events)
        self.events += 1.0
        if context is not None:
            surprise = self.table.bits(key, context)
            self.level_within += self.step_towards(surprise - self.level_within, self.events_within)
            self.events_within += 1.0
        self.table.learn(key, context)
        return 0

    def step_towards(self, difference: float, events: float) -> float:
        """Step of a median of so many surprises, no longer than the difference to the next."""
        length: cython.double = max(STEPS / (events + HEAD_START), STEPS / self.memory)
        return max(min(difference, length), -length)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the numbers of the state through ``archive``; `ValueTable.restore_keys` ends it."""
        self.events = archive.count(self.events)
        self.level = archive.bounded(self.level, 0.0, LARGEST_LEVEL, "surprise")
        self.events_within = archive.count(self.events_within)
        self.level_within = archive.bounded(self.level_within, 0.0, LARGEST_LEVEL, "surprise")
        return self.table.exchange(archive)
