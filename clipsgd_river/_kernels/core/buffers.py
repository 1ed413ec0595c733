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

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython


def zeros(length: int) -> array[float]:
    """Owner of ``length`` doubles, all 0; never empty, so that a pointer to it exists."""
    return array("d", bytes(8 * max(length, 1)))


def zero_integers(length: int) -> array[int]:
    """Owner of ``length`` C integers, all 0; never empty."""
    return array("i", bytes(array("i").itemsize * max(length, 1)))


def enlarged(owner: Any, length: int) -> Any:
    """Copy of ``owner`` with room for ``length`` values, the new ones 0."""
    larger = array(owner.typecode, bytes(owner.itemsize * max(length, 1)))
    larger[: len(owner)] = owner
    return larger


def doubles(owner: Any) -> Any:
    """Pointer to the doubles of ``owner``."""
    if cython.compiled:
        view: cython.double[::1] = owner
        return cython.address(view[0])
    else:  # noqa: RET505 (after a bare return Cython warns of unreachable code)
        return owner


def integers(owner: Any) -> Any:
    """Pointer to the integers of ``owner``."""
    if cython.compiled:
        view: cython.int[::1] = owner
        return cython.address(view[0])
    else:  # noqa: RET505 (after a bare return Cython warns of unreachable code)
        return owner


def addresses(objects: list[Any]) -> Any:
    """Owner of the addresses of objects, which must be kept alive elsewhere; never empty."""
    if cython.compiled:
        return array("Q" if calcsize("P") == 8 else "I", [id(each) for each in objects] or [0])
    else:  # noqa: RET505 (after a bare return Cython warns of unreachable code)
        return objects


def pointers(owner: Any) -> Any:
    """Pointer to the addresses of ``owner``, each of which may be cast to an object's class."""
    if cython.compiled:
        view: cython.size_t[::1] = owner
        return cython.cast(cython.pp_void, cython.address(view[0]))
    else:  # noqa: RET505 (after a bare return Cython warns of unreachable code)
        return owner
