# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Reductions over contiguous doubles.

Four running results instead of one: the next addition need not wait for the last one, and the
compiler may use wide registers without changing a bit.
"""

from __future__ import annotations

import cython


def total(values: cython.p_double, count: cython.Py_ssize_t) -> float:
    """Sum of the first ``count`` values."""
    a: cython.double = 0.0
    b: cython.double = 0.0
    c: cython.double = 0.0
    d: cython.double = 0.0
    k: cython.Py_ssize_t = 0
    while k + 4 <= count:
        a += values[k]
        b += values[k + 1]
        c += values[k + 2]
        d += values[k + 3]
        k += 4
    while k < count:
        a += values[k]
        k += 1
    return (a + c) + (b + d)


def smallest(values: cython.p_double, count: cython.Py_ssize_t) -> float:
    """Smallest of the first ``count`` values; at least one."""
    a: cython.double = values[0]
    b: cython.double = a
    c: cython.double = a
    d: cython.double = a
    k: cython.Py_ssize_t = 0
    while k + 4 <= count:
        a = min(a, values[k])
        b = min(b, values[k + 1])
        c = min(c, values[k + 2])
        d = min(d, values[k + 3])
        k += 4
    while k < count:
        a = min(a, values[k])
        k += 1
    return min(min(a, c), min(b, d))
