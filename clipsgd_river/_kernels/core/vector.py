# cython: language_level=3, boundscheck=False, wraparound=False
"""C arrays of the kernels: their memory, the pointer that loops use, growth, and saving."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import enlarged, zero_integers, zeros

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import doubles, integers

# Its square, summed over features, stays finite.
LARGEST_GRADIENT = 1e152


class Vector:
    """Doubles of a kernel, 0 at first.

    ``memory`` is an ``array`` that owns them, ``at`` the pointer that loops read and write;
    uncompiled, both are the same object. Memory is never resized, only replaced, so that a pointer
    to it lives as long as it does.

    Parameters
    ----------
    length
        How many; never fewer than one are there, so that a pointer to them exists.
    """

    def __init__(self, length: cython.Py_ssize_t = 0) -> None:
        self.replace(zeros(length))

    def replace(self, memory: Any) -> cython.int:
        """Take other memory, an ``array`` of doubles with at least one element."""
        self.at = doubles(memory)
        self.memory = memory
        return 0

    def grow(self, length: cython.Py_ssize_t) -> cython.int:
        """Provide capacity for ``length`` doubles; those that are there stay, new ones are 0."""
        if length > len(self.memory):
            self.replace(enlarged(self.memory, length))
        return 0

    def exchange(self, archive: Archive, length: cython.Py_ssize_t) -> cython.int:
        """Pass the first ``length`` doubles through ``archive``."""
        memory = archive.vector(self.memory, length)
        if archive.reading:
            self.replace(memory)
        return 0

    def exchange_bounded(
        self, archive: Archive, length: cython.Py_ssize_t, low: float, high: float, what: str
    ) -> cython.int:
        """Pass doubles through, and refuse to read those that are not from ``low`` to ``high``."""
        k: cython.Py_ssize_t
        self.exchange(archive, length)
        if archive.reading and not archive.trusted:
            for k in range(length):
                archive.check(self.at[k], low, high, what)
        return 0

    def exchange_counts(
        self, archive: Archive, length: cython.Py_ssize_t, most: float, what: str
    ) -> cython.int:
        """Pass whole numbers from 0 to ``most`` through; others are refused in reading."""
        k: cython.Py_ssize_t
        self.exchange_bounded(archive, length, 0.0, most, what)
        if archive.reading and not archive.trusted:
            for k in range(length):
                archive.check_count(self.at[k])
        return 0

    def exchange_gradients(self, archive: Archive, length: cython.Py_ssize_t) -> cython.int:
        """Pass means of gradients through; none is larger than a gradient can be."""
        return self.exchange_bounded(
            archive, length, -LARGEST_GRADIENT, LARGEST_GRADIENT, "gradient"
        )


class IntegerVector:
    """C integers of a kernel, 0 at first; otherwise like a `Vector`.

    Parameters
    ----------
    length
        How many; never fewer than one are there.
    """

    def __init__(self, length: cython.Py_ssize_t = 0) -> None:
        self.replace(zero_integers(length))

    def replace(self, memory: Any) -> cython.int:
        """Take other memory, an ``array`` of C integers with at least one element."""
        self.at = integers(memory)
        self.memory = memory
        return 0

    def grow(self, length: cython.Py_ssize_t) -> cython.int:
        """Provide capacity for ``length`` integers; those that are there stay, new ones are 0."""
        if length > len(self.memory):
            self.replace(enlarged(self.memory, length))
        return 0
