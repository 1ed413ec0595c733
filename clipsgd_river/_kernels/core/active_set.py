# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The features that a model of all features together is made of, without gaps between them."""

from __future__ import annotations

from array import array
from typing import Any

import cython

from clipsgd_river._kernels.core.vector import IntegerVector


class ActiveSet:
    """A numbering, without gaps, of the features that are active.

    What grows with the square of the number of features, or with all of them in every event, must
    not hold the ones that came once and never again. So it is laid out by *slots*: ``positions``
    has the position of the feature in each of ``count`` slots, ascending; ``slots`` the slot of
    each position, -1 for a feature that is not active. As long as all are, both are the same.

    A change is planned first, all that can fail happens, and then it is committed. Between the two
    ``next_positions``, ``next_slots`` and ``next_count`` are what is to come, and ``changed`` is
    whether that differs from what is. 12 bytes per feature.
    """

    def __init__(self) -> None:
        self.count = 0
        self.next_count = 0
        self.size = 0
        self.next_size = 0
        self.changed = False
        self.positions = IntegerVector()
        self.slots = IntegerVector()
        self.event_slots = IntegerVector()
        self.next_positions = IntegerVector()
        self.next_slots = IntegerVector()

    def plan(self, positions: list[Any], size: cython.Py_ssize_t) -> cython.int:
        """Plan that the features at these positions, ascending, be the active ones of ``size``."""
        slots = array("i", [-1]) * max(size, 1)
        for slot, position in enumerate(positions):
            slots[position] = slot
        next_slots = IntegerVector()
        next_slots.replace(slots)
        next_positions = IntegerVector()
        next_positions.replace(array("i", positions or [0]))
        self.event_slots.grow(size)
        self.next_slots = next_slots
        self.next_positions = next_positions
        self.next_count = len(positions)
        self.next_size = size
        self.changed = list(self.positions.memory[: self.count]) != positions
        return 0

    def commit(self) -> None:
        """Let what was planned be so."""
        self.count = self.next_count
        self.size = self.next_size
        self.positions = self.next_positions
        self.slots = self.next_slots
        self.changed = False

    def origin(self, slot: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Slot that the feature which is to be in this one has now; -1 if it is not active yet."""
        position: cython.Py_ssize_t = self.next_positions.at[slot]
        return self.slots.at[position] if position < self.size else -1

    def locate(
        self, present: cython.p_int, count: cython.Py_ssize_t, size: cython.Py_ssize_t
    ) -> cython.p_int:
        """Slot of each of ``count`` present features, of ``size`` in all.

        Those that are not active get slots of their own for this event, beyond the others.
        """
        slots: cython.p_int = self.event_slots.at
        beyond: cython.int = self.count
        slot: cython.int
        k: cython.Py_ssize_t
        if self.count == size:
            return present
        for k in range(count):
            slot = self.slots.at[present[k]]
            if slot < 0:
                slot = beyond
                beyond += 1
            slots[k] = slot
        return slots
