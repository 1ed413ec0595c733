# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Features by name, and the event that is loaded now: the way from a dict to typed memory."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import cython

from clipsgd_river._kernels.core.active_set import ActiveSet
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.as_float import as_float, not_an_event
from clipsgd_river._kernels.core.vector import IntegerVector, Vector

if not cython.compiled:
    from clipsgd_river._kernels.core.reductions import total

# Larger numbers are clipped to this: far outside any measurement, and still so small that
# products of a deviation and a precision stay finite.
LARGEST_VALUE = 1e150
# Events after which a feature that was in none of them counts as gone.
LONGEST_ABSENCE = 10_000.0


class FeatureTable:
    """Names and positions of the features seen so far, and the values of the loaded event.

    ``values`` has the value of the feature at position j; the first ``count`` of ``present`` are
    the positions that hold a number in this event, ascending, so that sums do not
    depend on the order of keys. Missing values (no key, ``None``,
    NaN) are not present. Nothing loaded by one event is read by the next. ``scratch`` has a number
    for each feature, for use within one call. ``wants_memory`` is for what runs without the
    interpreter: the next event waits until memory has been provided.

    The key order of the last event is remembered: a key that is the same object at the same
    position needs one pointer comparison and no hashing. O(features in the event); 32 bytes per
    feature beside the names.

    ``clock`` counts the events learned that had a feature, and ``last`` has what it was when each
    was last in one; where all were, ``complete_at`` says so, which is one number to write.

    Parameters
    ----------
    max_features
        More features than this are refused: hostile keys must not exhaust memory.
    """

    def __init__(self, max_features: cython.Py_ssize_t) -> None:
        self.names: list[Any] = []
        self.pending: list[Any] = []
        # Positions that pass on, each with its next name.
        self.passing: list[tuple[int, Any]] = []
        self.positions: dict[Any, int] = {}
        self.size = 0
        self.max_features = max_features
        self.order: list[Any] = []
        self.count = 0
        self.wants_memory = False
        self.order_positions = IntegerVector()
        self.values = Vector()
        self.present = IntegerVector()
        self.scratch = Vector()
        self.clock = 0.0
        self.complete_at = 0.0
        self.last = Vector()
        self.active: ActiveSet | None = None

    def follow_active(self) -> ActiveSet:
        """The active features, for those that need to know; from the first call on."""
        if self.active is None:
            self.active = ActiveSet()
        return self.active

    def touch(self) -> None:
        """Note which features the loaded event has; it is about to be learned."""
        k: cython.Py_ssize_t
        if self.count == 0:
            return
        self.clock += 1.0
        if self.count == self.size:
            self.complete_at = self.clock
            return
        for k in range(self.count):
            self.last.at[self.present.at[k]] = self.clock

    def absence(self, j: cython.Py_ssize_t) -> float:
        """Events since the last one that the feature at position j was in."""
        return self.clock - max(self.last.at[j], self.complete_at)

    def exchange(self, archive: Archive, events: float) -> cython.int:
        """Pass when each feature was last in an event through ``archive``."""
        j: cython.Py_ssize_t
        self.clock = archive.count(self.clock)
        archive.check(self.clock, 0.0, events, "count of events with features")
        for j in range(self.size):
            self.last.at[j] = max(self.last.at[j], self.complete_at)
        self.complete_at = 0.0
        return self.last.exchange_counts(archive, self.size, self.clock, "last event of a feature")

    def load(self, event: Any) -> list[Any] | None:
        """Load the event; returns the new features as (name, value) pairs, or ``None``.

        Raises ``TypeError`` for a value that is not a number, before any state has changed.
        """
        self.count = 0
        if type(event) is not dict:
            if not isinstance(event, Mapping):
                raise not_an_event(event)
            event = dict(event)
        items: dict[Any, Any] = event
        new: list[Any] | None = None
        value: cython.double
        rank: cython.Py_ssize_t = 0
        count: cython.Py_ssize_t = 0
        position: cython.Py_ssize_t
        last: cython.Py_ssize_t = -1
        ascending: cython.bint = True
        for name, content in items.items():
            if rank < len(self.order) and self.order[rank] is name:
                position = self.order_positions.at[rank]
            else:
                position = self.position(name, rank)
            rank += 1
            if type(content) is float:  # noqa: SIM108 (a conditional would make an object of it)
                value = content
            else:
                value = as_float(name, content)
            if value > LARGEST_VALUE:
                value = LARGEST_VALUE
            elif value < -LARGEST_VALUE:
                value = -LARGEST_VALUE
            elif value != value:
                continue
            if position < 0:
                if new is None:
                    new = []
                new.append((name, value))
                continue
            self.values.at[position] = value
            self.present.at[count] = position
            count += 1
            if position < last:
                ascending = False
            last = position
        self.count = count
        if not ascending:
            self.sort_present()
        return new

    def position(self, name: Any, rank: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Position of a feature by name, -1 if it is new; remembers it as the rank-th key."""
        found = self.positions.get(name, -1)
        if found >= 0 and rank < self.size:
            if rank < len(self.order):
                self.order[rank] = name
                self.order_positions.at[rank] = found
            elif rank == len(self.order):
                self.order.append(name)
                self.order_positions.at[rank] = found
        return found

    def check_capacity(self, new: list[Any]) -> cython.int:
        """Raise ``ValueError`` if these new features of the loaded event would be too many."""
        surplus: cython.Py_ssize_t = self.size + len(new) - self.max_features
        if surplus > 0 and len(self.gone(surplus)) < surplus:
            raise ValueError(
                f"the event has a new feature {new[0][0]!r}, and the detector already keeps "
                f"{self.size} of at most max_features={self.max_features}; if names carry values "
                "(ids, times), move those into the values, otherwise raise max_features"
            )
        return 0

    def gone(self, count: cython.Py_ssize_t) -> list[int]:
        """Positions of up to ``count`` features unseen for 10,000 events, longest unseen first.

        None of the loaded event: what is in use keeps its place.
        """
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        if count <= 0 or self.clock < LONGEST_ABSENCE:
            return []
        present = {self.present.at[k] for k in range(self.count)}
        found = [
            (-self.absence(j), j)
            for j in range(self.size)
            if self.absence(j) >= LONGEST_ABSENCE and j not in present
        ]
        return [position for _, position in sorted(found)[:count]]

    def place(self, names: list[Any]) -> cython.int:
        """Decide where new features go: to the end, and beyond ``max_features`` where one is gone.

        `check_capacity` has found that there is room.
        """
        room: cython.Py_ssize_t = max(min(self.max_features - self.size, len(names)), 0)
        positions = self.gone(len(names) - room)
        self.pending = names[:room]
        self.passing = list(zip(positions, names[room:], strict=True))
        return 0

    def coming_names(self) -> list[Any]:
        """The names of all features once those that are new have started."""
        names = self.names + self.pending
        for position, name in self.passing:
            names[position] = name
        return names

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for the features that `place` made known; `add_pending` starts them.

        Whatever fails in between, such as memory or Ctrl-C, leaves the features as they were.
        """
        self.order_positions.grow(size)
        self.values.grow(size)
        self.present.grow(size)
        self.scratch.grow(size)
        self.last.grow(size)
        return 0

    def add_pending(self) -> cython.int:
        """Give the features that `place` made known their positions."""
        names = self.coming_names()
        positions = {name: position for position, name in enumerate(names)}
        for position in range(self.size, len(names)):
            self.last.at[position] = self.clock
        for position, _ in self.passing:
            self.last.at[position] = self.clock
            # A remembered key order knows the feature that was there.
            self.order = []
        self.names = names
        self.positions = positions
        self.size = len(names)
        self.pending = []
        self.passing = []
        return 0

    def load_new(self, new: list[Any]) -> cython.int:
        """Add the values of features that have just started to the loaded event."""
        for name, value in new:
            position: cython.Py_ssize_t = self.positions[name]
            self.values.at[position] = value
            self.present.at[self.count] = position
            self.count += 1
        self.sort_present()
        return 0

    def load_row(
        self,
        rows: cython.p_double,
        start: cython.Py_ssize_t,
        columns: cython.p_int,
        width: cython.Py_ssize_t,
        identity: cython.bint,
    ) -> None:
        """Load the row that starts at ``rows[start]``; its c-th value is of ``columns[c]``.

        ``identity``: the columns are all features in their order.
        """
        values: cython.p_double = self.values.at
        present: cython.p_int = self.present.at
        value: cython.double
        position: cython.int
        last: cython.int = -1
        count: cython.Py_ssize_t = 0
        c: cython.Py_ssize_t
        ascending: cython.bint = True
        if identity:
            for c in range(width):
                value = max(min(rows[start + c], LARGEST_VALUE), -LARGEST_VALUE)
                values[c] = value
                # 0 for a number, NaN for a missing one, which the loop below is there for.
                self.scratch.at[c] = value * 0.0
                present[c] = c
            if total(self.scratch.at, width) == 0.0:
                self.count = width
                return
        for c in range(width):
            value = rows[start + c]
            position = columns[c]
            if value > LARGEST_VALUE:
                value = LARGEST_VALUE
            elif value < -LARGEST_VALUE:
                value = -LARGEST_VALUE
            elif value != value:
                continue
            if position < 0:
                continue
            values[position] = value
            present[count] = position
            count += 1
            if position < last:
                ascending = False
            last = position
        self.count = count
        if not ascending:
            self.sort_present()

    def sort_present(self) -> None:
        """Shell sort of the present positions: no allocation, no quadratic worst case to aim at."""
        present: cython.p_int = self.present.at
        gap: cython.Py_ssize_t = 1
        k: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        position: cython.int
        while 3 * gap + 1 < self.count:
            gap = 3 * gap + 1
        while gap > 0:
            for k in range(gap, self.count):
                position = present[k]
                slot = k
                while slot >= gap and present[slot - gap] > position:
                    present[slot] = present[slot - gap]
                    slot -= gap
                present[slot] = position
            gap = gap // 3

    def match(self, names: Any) -> Any:
        """Positions of named columns as an ``array`` of C integers, -1 for unknown names."""
        return array("i", [self.positions.get(name, -1) for name in names] or [0])

    def is_identity(self, columns: cython.p_int, width: cython.Py_ssize_t) -> cython.bint:
        """Whether these columns are all features in their order."""
        c: cython.Py_ssize_t
        for c in range(width):
            if columns[c] != c:
                return False
        return width == self.size

    def unknown(self, names: Any) -> list[int]:
        """Columns whose names are not features yet."""
        return [c for c, name in enumerate(names) if name not in self.positions]
