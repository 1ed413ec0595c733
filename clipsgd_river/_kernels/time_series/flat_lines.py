# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How long a value has stood still."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import floor, log2

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.sgd.kept_values import same

# Fewer equal values than twice this in a row may be chance, of rounded values above all.
LONG = 16.0


class FlatLines:
    """Equal values in a row, up to round-off, of each feature.

    The coordinate, for a rarity table, is the binary logarithm of their number, rounded downwards;
    up to 31 are all alike. A sensor that freezes is so told at its 32nd equal value, and one that
    often stands still when it does so for twice as long as it ever did. 16 bytes a feature.
    """

    def __init__(self) -> None:
        self.value = Vector()
        self.length = Vector()

    def length_with(self, j: cython.Py_ssize_t, x: float) -> float:
        """Equal values in a row if the next one is x."""
        if self.length.at[j] > 0.0 and same(x, self.value.at[j]):
            return min(self.length.at[j] + 1.0, LARGEST_COUNT)
        return 1.0

    def coordinate(self, j: cython.Py_ssize_t, x: float) -> float:
        """Binary logarithm of that, rounded downwards, from that of 16 on."""
        return floor(log2(max(self.length_with(j, x), LONG)))

    def learn(self, j: cython.Py_ssize_t, x: float) -> None:
        """Count a value; the first of those in a row is what others are held against."""
        self.length.at[j] = self.length_with(j, x)
        if self.length.at[j] == 1.0:
            self.value.at[j] = x

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.value.grow(size)
        return self.length.grow(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j."""
        self.value.at[j] = 0.0
        self.length.at[j] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of ``size`` features."""
        return 2 * size

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        self.value.exchange_bounded(archive, size, -LARGEST_VALUE, LARGEST_VALUE, "value")
        return self.length.exchange_counts(archive, size, LARGEST_COUNT, "count of equal values")
