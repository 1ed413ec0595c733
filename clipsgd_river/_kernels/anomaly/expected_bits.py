# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What the bits of a feature just before let expect of its next ones."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from clipsgd_river._kernels.core.archive import LARGEST_COUNT

# Step of the level of recent bits: half of it is of the last seven events.
RECENT = 0.1
# Events that the moments remember, and those that they are worth at first.
MEMORY = 10_000
PRIOR_EVENTS = 20.0
# Bits that the moments learn from, at most: those of ordinary values.
MOST_LEARNED = 2.0
# Bits that do not depend on those before have a level with a variance of 1/19 of theirs, and its
# moments are little to learn from: so much of theirs is added.
RIDGE = 0.3
SMALLEST = 1e-9


class ExpectedBits:
    r"""Of the signed bits of each feature, those that the bits just before let expect.

    A value that wanders, such as a temperature, is far from its median for long. To quantiles that
    remember thousands of events each event of such a stretch is news. With s the bits of a
    feature, negative below its median, l their recent level, and both clipped to 2 bits as
    s' and l', whose running means of products are E,

    .. math:: \hat s = w l, \qquad l \leftarrow l + 0.1 (s - l), \qquad
              w \leftarrow w + \frac{1}{M} \left(
              \frac{E[s' l']^+}{E[l'^2] + 0.3\, E[s'^2]} - w\right)

    is what was to be expected. Where values are independent, w is about 0 and nothing changes: a
    burst of like events stays news, because it is short among the 10,000 events that E remembers,
    and because w follows E only over M events.

    O(1) in time, 48 bytes a feature.

    Parameters
    ----------
    memory
        M, in events: how long a change must last to count as normal.
    largest
        Of the bits of one feature.
    """

    def __init__(self, memory: float, largest: float) -> None:
        self.memory = memory
        self.largest = largest
        self.seen = Vector()
        self.level = Vector()
        self.product = Vector()
        self.level_square = Vector()
        self.square = Vector()
        self.weight = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.seen.grow(size)
        self.level.grow(size)
        self.product.grow(size)
        self.level_square.grow(size)
        self.square.grow(size)
        return self.weight.grow(size)

    def start(self, j: cython.Py_ssize_t) -> None:
        """Start the feature at position j from bits that do not depend on each other."""
        self.seen.at[j] = 0.0
        self.level.at[j] = 0.0
        self.product.at[j] = 0.0
        self.level_square.at[j] = 0.0
        self.square.at[j] = 1.0
        self.weight.at[j] = 0.0

    def expected(self, j: cython.Py_ssize_t) -> float:
        """Signed bits to be expected of the feature at position j."""
        return self.weight.at[j] * self.level.at[j]

    def observe(self, j: cython.Py_ssize_t, bits: float) -> None:
        """Learn the signed bits of the feature at position j."""
        seen: cython.double = min(self.seen.at[j] + 1.0, LARGEST_COUNT)
        rate: cython.double = max(1.0 / MEMORY, 1.0 / (seen + PRIOR_EVENTS))
        now: cython.double = max(min(bits, MOST_LEARNED), -MOST_LEARNED)
        level: cython.double = max(min(self.level.at[j], MOST_LEARNED), -MOST_LEARNED)
        product: cython.double = self.product.at[j] + rate * (now * level - self.product.at[j])
        levels: cython.double = self.level_square.at[j]
        square: cython.double = self.square.at[j] + rate * (now * now - self.square.at[j])
        levels += rate * (level * level - levels)
        weight: cython.double = max(product, 0.0) / (levels + RIDGE * square + SMALLEST)
        # product^2 <= levels square, so that it is at most 1 / (2 sqrt(0.3)) = 0.91.
        weight = min(weight, 1.0)
        rate = max(1.0 / self.memory, 1.0 / seen)
        self.seen.at[j] = seen
        self.product.at[j] = product
        self.level_square.at[j] = levels
        self.square.at[j] = square
        self.weight.at[j] = self.weight.at[j] + rate * (weight - self.weight.at[j])
        self.level.at[j] = self.level.at[j] + RECENT * (bits - self.level.at[j])

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Count, level, three moments and weight of each feature."""
        return 6 * size

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        most: cython.double = MOST_LEARNED * MOST_LEARNED
        self.seen.exchange_counts(archive, size, LARGEST_COUNT, "count of bits")
        self.level.exchange_bounded(archive, size, -self.largest, self.largest, "level of bits")
        self.product.exchange_bounded(archive, size, -most, most, "product of bits")
        self.level_square.exchange_bounded(archive, size, 0.0, most, "square of a level")
        self.square.exchange_bounded(archive, size, 0.0, most, "square of bits")
        return self.weight.exchange_bounded(archive, size, 0.0, 1.0, "weight of bits")
