# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Features by name, and the event that is loaded now: the way from a dict to typed memory."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._kernels.core.buffers import enlarged, zero_integers, zeros

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import doubles, integers
    from clipsgd_river._kernels.core.vector import total

# Numbers beyond this count as this: far outside any measurement, and still so small that
# products of a deviation and a precision stay finite.
LARGEST_VALUE = 1e150


class FeatureTable:
    """Names and positions of the features seen so far, and the values of the loaded event.

    ``values[j]`` is the value of the feature at position j; ``present[:count]`` lists the
    positions that hold a number in this event, ascending, so that sums run in the order in which
    features were first seen, whatever the order of keys. Missing values (no key, ``None``, NaN)
    are not present. Nothing loaded by one event is read by the next. ``scratch`` has room for a
    number per feature, for whoever needs it for a moment.

    The key order of the last event is remembered: a key that is the same object at the same
    place needs one pointer comparison and no hashing. O(features in the event); 24 bytes per
    feature beside the names.

    Parameters
    ----------
    max_features
        More features than this are refused: hostile keys must not exhaust memory.
    """

    def __init__(self, max_features: cython.Py_ssize_t) -> None:
        self.names: list[Any] = []
        self.pending: list[Any] = []
        self.positions: dict[Any, int] = {}
        self.size = 0
        self.max_features = max_features
        self.order: list[Any] = []
        self.count = 0
        self.order_position_values = zero_integers(0)
        self.order_positions = integers(self.order_position_values)
        self.value_values = zeros(0)
        self.values = doubles(self.value_values)
        self.present_values = zero_integers(0)
        self.present = integers(self.present_values)
        self.scratch_values = zeros(0)
        self.scratch = doubles(self.scratch_values)

    def load(self, event: Any) -> list[Any] | None:
        """Load the event; returns the new features as (name, value) pairs, or ``None``.

        Raises ``TypeError`` for what is no number, before any state has changed.
        """
        self.count = 0
        if type(event) is not dict:
            if not isinstance(event, Mapping):
                raise TypeError(
                    f"an event is a dict of feature -> number, not {type(event).__name__}; for "
                    "rows of an array or a data frame call the method that ends in _many"
                )
            event = dict(event)
        items: dict[Any, Any] = event
        fresh: list[Any] | None = None
        value: cython.double
        rank: cython.Py_ssize_t = 0
        count: cython.Py_ssize_t = 0
        position: cython.Py_ssize_t
        last: cython.Py_ssize_t = -1
        ascending: cython.bint = True
        for name, content in items.items():
            if rank < len(self.order) and self.order[rank] is name:
                position = self.order_positions[rank]
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
                if fresh is None:
                    fresh = []
                fresh.append((name, value))
                continue
            self.values[position] = value
            self.present[count] = position
            count += 1
            if position < last:
                ascending = False
            last = position
        self.count = count
        if not ascending:
            self.sort_present()
        return fresh

    def position(self, name: Any, rank: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Position of a feature by name, -1 if it is new; remembers it as the rank-th key."""
        found = self.positions.get(name, -1)
        if found >= 0 and rank < self.size:
            if rank < len(self.order):
                self.order[rank] = name
                self.order_positions[rank] = found
            elif rank == len(self.order):
                self.order.append(name)
                self.order_positions[rank] = found
        return found

    def admit(self, fresh: list[Any]) -> cython.int:
        """Check that there is room for these new features."""
        if self.size + len(fresh) > self.max_features:
            raise ValueError(
                f"the event has a new feature {fresh[0][0]!r}, and the detector already keeps "
                f"{self.size} of at most max_features={self.max_features}; if names carry values "
                "(ids, times), move those into the values, otherwise raise max_features"
            )
        return 0

    def grow(self, names: list[Any]) -> cython.int:
        """Make room for new features, which `commit` admits once all others have made room too.

        Whatever fails in between, such as memory or Ctrl-C, leaves the features as they were.
        """
        size: cython.Py_ssize_t = self.size + len(names)
        order_positions = enlarged(self.order_position_values, size)
        values = enlarged(self.value_values, size)
        present = enlarged(self.present_values, size)
        scratch = zeros(size)
        self.pending = list(names)
        self.order_position_values = order_positions
        self.order_positions = integers(order_positions)
        self.value_values = values
        self.values = doubles(values)
        self.present_values = present
        self.present = integers(present)
        self.scratch_values = scratch
        self.scratch = doubles(scratch)
        return 0

    def commit(self) -> cython.int:
        """Give the features that `grow` made room for the next positions."""
        names = self.names + self.pending
        positions = {name: place for place, name in enumerate(names)}
        self.names = names
        self.positions = positions
        self.size = len(names)
        self.pending = []
        return 0

    def place(self, fresh: list[Any]) -> cython.int:
        """Put the values of features just added into the loaded event."""
        position: cython.Py_ssize_t = self.size - len(fresh)
        for _, value in fresh:
            self.values[position] = value
            self.present[self.count] = position
            self.count += 1
            position += 1
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

        ``identity`` says that the columns are all features in their order.
        """
        value: cython.double
        position: cython.int
        last: cython.int = -1
        count: cython.Py_ssize_t = 0
        c: cython.Py_ssize_t
        ascending: cython.bint = True
        if identity:
            for c in range(width):
                value = max(min(rows[start + c], LARGEST_VALUE), -LARGEST_VALUE)
                self.values[c] = value
                # 0 for a number, NaN for a missing one, which the loop below is there for.
                self.scratch[c] = value * 0.0
                self.present[c] = c
            if total(self.scratch, width) == 0.0:
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
            self.values[position] = value
            self.present[count] = position
            count += 1
            if position < last:
                ascending = False
            last = position
        self.count = count
        if not ascending:
            self.sort_present()

    def sort_present(self) -> None:
        """Shell sort of the present positions: no allocation, no quadratic worst case to aim at."""
        gap: cython.Py_ssize_t = 1
        k: cython.Py_ssize_t
        place: cython.Py_ssize_t
        position: cython.int
        while 3 * gap + 1 < self.count:
            gap = 3 * gap + 1
        while gap > 0:
            for k in range(gap, self.count):
                position = self.present[k]
                place = k
                while place >= gap and self.present[place - gap] > position:
                    self.present[place] = self.present[place - gap]
                    place -= gap
                self.present[place] = position
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
        """Columns whose names are no features yet."""
        return [c for c, name in enumerate(names) if name not in self.positions]

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this table; names are shared with the events."""
        return [
            self.names,
            self.positions,
            self.order,
            self.order_position_values,
            self.value_values,
            self.present_values,
            self.scratch_values,
        ]
