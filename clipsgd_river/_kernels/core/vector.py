# cython: language_level=3, boundscheck=False, wraparound=False
"""C arrays of the kernels: their memory, the pointer that loops use, growth, and saving."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import enlarged, zero_integers, zeros

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import doubles, integers


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
