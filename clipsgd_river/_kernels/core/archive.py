# cython: language_level=3
"""One description of a kernel's state that both writes and reads it.

A kernel passes every number of its state through the archive, in a fixed order. A writing
archive records the number and gives it back; a reading one gives what was recorded instead.
So the two directions cannot drift apart.
"""

from __future__ import annotations

from array import array
from math import isfinite
from typing import Any

import cython

LARGEST_COUNT = 2.0**53
LARGEST_NUMBER = 1.7976931348623157e308


class Archive:
    """Flat row of doubles that holds a kernel's state.

    Parameters
    ----------
    numbers
        The doubles to read back, or ``None`` to start an empty archive for writing.
    """

    def __init__(self, numbers: array[float] | None = None) -> None:
        self.reading = numbers is not None
        self.trusted = False
        self.numbers = array("d") if numbers is None else numbers
        self.position = 0

    def rewind(self) -> cython.int:
        """Read back what was written just now, by this process: it needs no check."""
        self.reading = True
        self.trusted = True
        self.position = 0
        return 0

    def number(self, value: float) -> float:
        """Pass one finite number through."""
        if not self.reading:
            self.numbers.append(value)
            return value
        if self.position >= len(self.numbers):
            raise ValueError("the state ends too early: it was cut, or belongs to another detector")
        value = self.numbers[self.position]
        self.position += 1
        if not self.trusted and not isfinite(value):
            raise ValueError(f"the state holds {value} at number {self.position}: it is damaged")
        return value

    def count(self, value: float) -> float:
        """Pass one count through: a whole number from 0 to 2**53."""
        value = self.number(value)
        self.check_count(value)
        return value

    def bounded(self, value: float, low: float, high: float, what: str) -> float:
        """Pass one number through that lies from ``low`` to ``high``."""
        value = self.number(value)
        self.check(value, low, high, what)
        return value

    def nonnegative(self, value: float, what: str) -> float:
        """Pass one number through that is at least 0."""
        return self.bounded(value, 0.0, LARGEST_NUMBER, what)

    def check(self, value: float, low: float, high: float, what: str) -> cython.int:
        """Refuse a number that is not from ``low`` to ``high``."""
        if not low <= value <= high:
            raise ValueError(f"the state holds an impossible {what}: it is damaged")
        return 0

    def check_count(self, value: float) -> cython.int:
        """Refuse a number that is not a whole one from 0 to 2**53."""
        if not 0.0 <= value <= LARGEST_COUNT or value != int(value):
            raise ValueError(f"the state holds {value} where a count belongs: it is damaged")
        return 0

    def require(self, count: cython.Py_ssize_t) -> cython.int:
        """Refuse to read on if fewer numbers are left: memory for more must not be provided."""
        if self.reading and len(self.numbers) - self.position < count:
            raise ValueError("the state ends too early: it was cut, or belongs to another detector")
        return 0

    def vector(self, owner: Any, length: cython.Py_ssize_t) -> Any:
        """Pass the first ``length`` doubles of ``owner`` through; returns the owner to keep."""
        if not self.reading:
            self.numbers.extend(owner if len(owner) == length else owner[:length])
            return owner
        stop = self.position + length
        if stop > len(self.numbers):
            raise ValueError("the state ends too early: it was cut, or belongs to another detector")
        values = self.numbers[self.position : stop]
        self.position = stop
        if not self.trusted and not all(map(isfinite, values)):
            raise ValueError("the state holds a number that is not finite: it is damaged")
        return values if length else array("d", [0.0])

    def close(self) -> None:
        """Check that all that was recorded has been read."""
        if self.reading and self.position != len(self.numbers):
            surplus = len(self.numbers) - self.position
            raise ValueError(f"the state has {surplus} numbers too many: it is damaged")
