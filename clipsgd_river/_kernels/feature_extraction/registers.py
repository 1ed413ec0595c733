# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How many different values there were, in 64 bytes each: sketches that lie side by side."""

from __future__ import annotations

from array import array
from hashlib import blake2b
from math import log
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import enlarged
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import memory as address_of

# Registers of a sketch: its standard error is 1.04 over the square root of it, 13 %.
REGISTERS = 64
INDEX_BITS = 6
# Ranks are trailing zeros of the other 58 bits, and 1: they fit 6 bits, eight of them a double.
LARGEST_RANK = 59
PACKED = 8
# Terms of sigma below this are nothing.
SMALLEST = 1e-30


class Registers:
    r"""HyperLogLog sketches of 64 registers each, side by side in one block of memory.

    A value's hash names one of the m = 64 registers, which keeps the largest rank M of its values:
    1 and the trailing zeros of the rest of the hash. With C_0 registers still 0, different values
    were (Ertl 2017)

    .. math::
        \frac{m^2}{2 \ln 2} \Big/ \Big(m \, \sigma(C_0 / m) + \sum_{M_j > 0} 2^{-M_j}\Big),
        \quad \sigma(x) = x + \sum_{k \ge 1} x^{2^k} 2^{k-1},

    for few values as for many: some percent of error up to thirty, a standard error of 13 % from
    some hundred on. Values come again for nothing, and the larger register of each of two sketches
    makes the sketch of all their values. O(64) a count.

    Parameters
    ----------
    length
        Registers, a multiple of 64.
    """

    def __init__(self, length: cython.Py_ssize_t = 0) -> None:
        k: cython.Py_ssize_t
        self.powers = Vector(LARGEST_RANK + 1)
        self.sigma = Vector(REGISTERS + 1)
        for k in range(1, LARGEST_RANK + 1):
            self.powers.at[k] = 2.0**-k
        for k in range(REGISTERS):
            self.sigma.at[k] = REGISTERS * sigma((1.0 * k) / REGISTERS)
        self.replace(array("B", bytes(max(length, 1))))

    def replace(self, memory: Any) -> cython.int:
        """Take other memory, an ``array`` of bytes with at least one element."""
        if cython.compiled:
            self.at = cython.cast(cython.p_uchar, address_of(memory, b"B"))
        else:
            self.at = memory
        self.memory = memory
        return 0

    def grow(self, length: cython.Py_ssize_t) -> cython.int:
        """Provide capacity for ``length`` registers; those that are there stay, new ones are 0."""
        if length > len(self.memory):
            self.replace(enlarged(self.memory, length))
        return 0

    def note(self, first: cython.Py_ssize_t, code: cython.int) -> None:
        """Take a value by its code into the sketch that begins at ``first``."""
        place: cython.Py_ssize_t = first + (code & (REGISTERS - 1))
        rank: cython.int = code >> INDEX_BITS
        if self.at[place] < rank:
            self.at[place] = rank

    def count(self, first: cython.Py_ssize_t) -> float:
        """How many different values a sketch has taken, about."""
        k: cython.Py_ssize_t
        zeros: cython.Py_ssize_t = 0
        total: cython.double = 0.0
        for k in range(first, first + REGISTERS):
            total += self.powers.at[self.at[k]]
            zeros += self.at[k] == 0
        return self.estimate(zeros, total)

    def count_joined(self, first: cython.Py_ssize_t, other: cython.Py_ssize_t) -> float:
        """How many different values two sketches have taken together, about."""
        k: cython.Py_ssize_t
        rank: cython.int
        zeros: cython.Py_ssize_t = 0
        total: cython.double = 0.0
        for k in range(REGISTERS):
            rank = self.at[first + k]
            if self.at[other + k] > rank:
                rank = self.at[other + k]
            total += self.powers.at[rank]
            zeros += rank == 0
        return self.estimate(zeros, total)

    def estimate(self, zeros: cython.Py_ssize_t, total: float) -> float:
        """The formula of the class."""
        if zeros == REGISTERS:
            return 0.0
        return SCALE / (self.sigma.at[zeros] + total)

    def copy(self, source: cython.Py_ssize_t, target: cython.Py_ssize_t) -> None:
        """Make one sketch that of another."""
        k: cython.Py_ssize_t
        for k in range(REGISTERS):
            self.at[target + k] = self.at[source + k]

    def clear(self, first: cython.Py_ssize_t) -> None:
        """Forget the values of a sketch."""
        k: cython.Py_ssize_t
        for k in range(first, first + REGISTERS):
            self.at[k] = 0

    def exchange(self, archive: Archive, first: cython.Py_ssize_t) -> cython.int:
        """Pass a sketch through ``archive``, eight registers to a number."""
        k: cython.Py_ssize_t
        place: cython.Py_ssize_t
        packed: cython.longlong
        for place in range(first, first + REGISTERS, PACKED):
            packed = 0
            for k in range(PACKED):
                packed = (packed << INDEX_BITS) | self.at[place + k]
            packed = cython.cast(cython.longlong, archive.count(packed))
            for k in range(PACKED):
                self.at[place + PACKED - 1 - k] = packed & (REGISTERS - 1)
                if self.at[place + PACKED - 1 - k] > LARGEST_RANK:
                    raise ValueError("the state holds an impossible sketch: it is damaged")
                packed >>= INDEX_BITS
            if packed != 0:
                raise ValueError("the state holds an impossible sketch: it is damaged")
        return 0


def sigma(share: float) -> float:
    """Sigma of the formula, for a share below 1 of registers that are 0."""
    total: cython.double = share
    weight: cython.double = 0.5
    while share > SMALLEST:
        share *= share
        weight += weight
        total += share * weight
    return total


SCALE = REGISTERS * REGISTERS / (2.0 * log(2.0))


def code_of(key: Any, seed: int) -> int:
    """Code of a value that `as_key` gave: its register, and its rank in the bits above that."""
    text = f"{seed}:{type(key).__name__}:{key}".encode("utf-8", "surrogatepass")
    number = int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
    rest = number >> INDEX_BITS
    rank = (rest & -rest).bit_length() if rest else LARGEST_RANK
    return (rank << INDEX_BITS) | (number & (REGISTERS - 1))
