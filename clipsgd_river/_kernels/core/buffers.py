# cython: language_level=3, boundscheck=False, wraparound=False
"""Typed memory of the kernels: an ``array`` owns it, a pointer reads and writes it.

The owner pickles, copies and is seen by NumPy without a copy. The pointer is what the loops use.
Uncompiled, pointer and owner are the same object. An owner is never resized, only replaced,
so a pointer lives as long as its owner.
"""

from __future__ import annotations

from array import array
from struct import calcsize
from typing import Any

import cython

if cython.compiled:
    from cython.cimports.cpython.buffer import (
        Py_buffer,
        PyBUF_FORMAT,
        PyBUF_ND,
        PyBUF_WRITABLE,
        PyBuffer_Release,
        PyObject_GetBuffer,
    )


def zeros(length: int) -> array[float]:
    """Owner of ``length`` doubles, all 0; never empty, so that a pointer to it exists."""
    return array("d", bytes(8 * max(length, 1)))


def zero_integers(length: int) -> array[int]:
    """Owner of ``length`` C integers, all 0; never empty."""
    return array("i", bytes(array("i").itemsize * max(length, 1)))


def enlarged(owner: Any, length: int) -> Any:
    """Copy of ``owner`` with capacity for ``length`` values, the new ones 0."""
    larger = array(owner.typecode, bytes(owner.itemsize * max(length, 1)))
    larger[: len(owner)] = owner
    return larger


def memory(owner: Any, kind: cython.char) -> Any:
    """Address of the values of ``owner``; ``kind`` is the letter that `array` has for their type.

    A typed memoryview would do the same, but takes three times as long to compile.
    """
    buffer = cython.declare(Py_buffer)
    PyObject_GetBuffer(owner, cython.address(buffer), PyBUF_WRITABLE | PyBUF_FORMAT | PyBUF_ND)
    fits: cython.bint = buffer.ndim == 1 and buffer.format[0] == kind
    address: cython.p_void = buffer.buf
    PyBuffer_Release(cython.address(buffer))
    if not fits:
        raise ValueError(f"{type(owner).__name__} of another type than {chr(kind)!r}, or not flat")
    return address


def doubles(owner: Any) -> Any:
    """Pointer to the doubles of ``owner``."""
    if cython.compiled:
        return cython.cast(cython.p_double, memory(owner, b"d"))
    else:  # noqa: RET505 (after a bare return Cython warns of unreachable code)
        return owner


def integers(owner: Any) -> Any:
    """Pointer to the integers of ``owner``."""
    if cython.compiled:
        return cython.cast(cython.p_int, memory(owner, b"i"))
    else:  # noqa: RET505 (after a bare return Cython warns of unreachable code)
        return owner


ADDRESS = "Q" if calcsize("P") == 8 else "I"


def addresses(objects: list[Any]) -> Any:
    """Owner of the addresses of objects, which must be kept alive elsewhere; never empty."""
    if cython.compiled:
        return array(ADDRESS, [id(each) for each in objects] or [0])
    else:  # noqa: RET505 (after a bare return Cython warns of unreachable code)
        return objects


def pointers(owner: Any) -> Any:
    """Pointer to the addresses of ``owner``, each of which may be cast to an object's class."""
    if cython.compiled:
        return cython.cast(cython.pp_void, memory(owner, ord(ADDRESS)))
    else:  # noqa: RET505 (after a bare return Cython warns of unreachable code)
        return owner
