# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Bits of the values of features of numbers."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.anomaly.frequent_values import FrequentValues
from clipsgd_river._kernels.anomaly.tail_ladders import TailLadders
from clipsgd_river._kernels.core.archive import Archive

if not cython.compiled:
    from clipsgd_river._kernels.anomaly.tail_ladders import PRIOR_EVENTS


class ValueBits:
    """How far out a value lies, and how rarely it comes: the larger of both, in bits.

    Those of `TailLadders` are at most -log2 of the share of a value that is kept; those of
    `FrequentValues` count with n / (n + 20) of the n events of a feature.

    O(1) per event and feature; some 500 bytes a feature.

    Parameters
    ----------
    memory
        Events remembered.
    length
        Values that the start of a ladder takes.
    """

    def __init__(self, memory: float, length: int) -> None:
        self.ladders = TailLadders(memory, length)
        self.frequent = FrequentValues(memory)
        # Where the value of the last `bits` is kept, -1 if it is not: for `observe`.
        self.slot = -1

    def bits(self, j: cython.Py_ssize_t, value: float) -> float:
        """Bits of a value of the feature at position j."""
        seen: cython.double = self.frequent.seen.at[j]
        bits: cython.double = self.ladders.bits(j, value)
        self.slot = self.frequent.find(j, value)
        if self.slot >= 0:
            bits = min(bits, self.frequent.own_bits(j, self.slot))
        if seen > 0.0:
            bits = max(bits, self.frequent.bits(j, self.slot) * (seen / (seen + PRIOR_EVENTS)))
        return bits

    def observe(self, j: cython.Py_ssize_t, value: float, slot: cython.Py_ssize_t) -> None:
        """Clipped steps on a value; ``slot`` as `bits` left it."""
        self.ladders.observe(j, value)
        self.frequent.observe(j, value, slot)

    def prepare(self, size: cython.Py_ssize_t) -> cython.int:
        """Start ladders anew that are lost; give back memory that is no longer needed."""
        if self.ladders.lost:
            self.ladders.restart(size)
        return self.ladders.close_start(size)

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.frequent.grow(size)
        return self.ladders.grow(size)

    def start(self, j: cython.Py_ssize_t) -> None:
        """Start the feature at position j, of which nothing is known."""
        self.ladders.begin(j)
        self.frequent.start(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """How many numbers a state of ``size`` features has at least."""
        return self.ladders.least_numbers(size) + self.frequent.least_numbers(size)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        self.ladders.exchange(archive, size)
        return self.frequent.exchange(archive, size)
