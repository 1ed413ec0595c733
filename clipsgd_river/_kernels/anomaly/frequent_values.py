# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How often the most frequent values of each feature come, and how surprising a value is for it."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs, log

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.sgd.kept_values import SAME

# Values kept of a feature.
SLOTS = 12
# Seen once, in fading counts, with a margin for round-off.
ONCE = 1.5
# Events that a value never seen counts for: the estimate of Krichevsky and Trofimov.
PRIOR = 0.5
# A share this close to 1 has no surprise: what is left is round-off.
CERTAIN = 1.0 - 1e-9
# Nats to bits.
BITS = 1.4426950408889634
# Beyond this, weights of events start again from 1.
LARGEST_WEIGHT = 1e100


class FrequentValues:
    r"""Twelve values of each feature, their fading counts, and what those say of a value.

    Counts are shares of clipped SGD on the loss 1/2 ||p - e_v||^2 with the step max(1/n, 1/T),
    times min(n, T): an event adds 1 to its value and, once there are T events, all counts fade by
    1 - 1/T. Instead, the weight of an event grows by as much, which leaves the ratios as they are.
    A new value takes the place of the least frequent one.

    The surprise of a value v is that of all values no more frequent than it,

    .. math:: F = -\log_2 \frac{\sum_{c_u \le \max(c_v, 1)} c_u + 1/2}{n + 1/2},

    the sum over kept values and, as one, over all those not kept. So a value never seen has the
    probability of Good and Turing, and where every value is new none is a surprise. 2**-F is a
    p-value: of the events of a stream at rest, a share p at most has one that small.

    O(1) per event and feature; 216 bytes a feature.

    Parameters
    ----------
    memory
        T, in events.
    """

    def __init__(self, memory: float) -> None:
        self.memory = memory
        self.growth = 1.0 / (1.0 - 1.0 / memory) if memory > 1.0 else LARGEST_WEIGHT
        self.values = Vector()
        self.counts = Vector()
        self.kept = Vector()
        self.weight = Vector()
        self.seen = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.values.grow(SLOTS * size)
        self.counts.grow(SLOTS * size)
        self.kept.grow(size)
        self.weight.grow(size)
        self.seen.grow(size)
        return 0

    def start(self, j: cython.Py_ssize_t) -> None:
        """Start the feature at position j, of which nothing is known."""
        i: cython.Py_ssize_t
        for i in range(SLOTS * j, SLOTS * (j + 1)):
            self.values.at[i] = 0.0
            self.counts.at[i] = 0.0
        self.kept.at[j] = 0.0
        self.weight.at[j] = 1.0
        self.seen.at[j] = 0.0

    def find(self, j: cython.Py_ssize_t, value: float) -> cython.Py_ssize_t:
        """Where a value of a feature is kept, -1 if it is not."""
        first: cython.Py_ssize_t = SLOTS * j
        i: cython.Py_ssize_t
        tolerance: cython.double = SAME * fabs(value)
        for i in range(first, first + cython.cast(cython.Py_ssize_t, self.kept.at[j])):
            if fabs(self.values.at[i] - value) <= tolerance:
                return i
        return -1

    def mass(self, j: cython.Py_ssize_t) -> float:
        """Sum of all counts of a feature, in events."""
        return min(self.seen.at[j], self.memory)

    def count(self, j: cython.Py_ssize_t, slot: cython.Py_ssize_t) -> float:
        """Count of a kept value, in events."""
        return self.counts.at[slot] / self.weight.at[j]

    def own_bits(self, j: cython.Py_ssize_t, slot: cython.Py_ssize_t) -> float:
        """-log2 of the share of a kept value."""
        share: cython.double = self.count(j, slot) / self.mass(j)
        return 0.0 if share > CERTAIN else -BITS * log(max(share, 1e-300))

    def bits(self, j: cython.Py_ssize_t, slot: cython.Py_ssize_t) -> float:
        """Surprise F of a value of a feature; ``slot`` as `find` gave it."""
        first: cython.Py_ssize_t = SLOTS * j
        limit: cython.double = ONCE * self.weight.at[j]
        above: cython.double = 0.0
        mass: cython.double = self.mass(j)
        counts: cython.p_double = self.counts.at
        i: cython.Py_ssize_t
        if slot >= 0 and counts[slot] > limit:
            limit = counts[slot]
        for i in range(first, first + SLOTS):
            above += counts[i] if counts[i] > limit else 0.0
        above /= self.weight.at[j]
        share: cython.double = (max(mass - above, 0.0) + PRIOR) / (mass + PRIOR)
        return 0.0 if share > CERTAIN else -BITS * log(share)

    def observe(self, j: cython.Py_ssize_t, value: float, slot: cython.Py_ssize_t) -> None:
        """Count a value of a feature; ``slot`` as `find` gave it."""
        first: cython.Py_ssize_t = SLOTS * j
        counts: cython.p_double = self.counts.at
        kept: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.kept.at[j])
        i: cython.Py_ssize_t
        if self.seen.at[j] >= self.memory:
            self.weight.at[j] = self.weight.at[j] * self.growth
            if self.weight.at[j] >= LARGEST_WEIGHT:
                for i in range(first, first + kept):
                    counts[i] /= self.weight.at[j]
                self.weight.at[j] = 1.0
        self.seen.at[j] = self.seen.at[j] + 1.0
        if slot < 0:
            slot = first + kept
            if kept < SLOTS:
                self.kept.at[j] = kept + 1.0
            else:
                slot = first
                for i in range(first + 1, first + SLOTS):
                    if counts[i] < counts[slot]:
                        slot = i
            self.values.at[slot] = value
            counts[slot] = 0.0
        counts[slot] += self.weight.at[j]

    def repeated(self, j: cython.Py_ssize_t) -> dict[float, float]:
        """Values that came more than once, ascending, and their shares."""
        first: cython.Py_ssize_t = SLOTS * j
        i: cython.Py_ssize_t
        mass: cython.double = self.mass(j)
        found = {}
        for i in range(first, first + cython.cast(cython.Py_ssize_t, self.kept.at[j])):
            if self.count(j, i) >= ONCE:
                found[self.values.at[i]] = min(self.count(j, i) / mass, 1.0)
        return dict(sorted(found.items()))

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """How many numbers a state of ``size`` features has."""
        return (2 * SLOTS + 3) * size

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        total: cython.double
        largest: cython.double = LARGEST_VALUE
        self.values.exchange_bounded(archive, SLOTS * size, -largest, largest, "value")
        most: cython.double = LARGEST_WEIGHT * 2.0**53
        self.counts.exchange_bounded(archive, SLOTS * size, 0.0, most, "count of a value")
        self.kept.exchange_counts(archive, size, SLOTS, "number of values")
        self.weight.exchange_bounded(archive, size, 1.0, LARGEST_WEIGHT, "weight of an event")
        self.seen.exchange_counts(archive, size, LARGEST_COUNT, "count of a feature")
        if not archive.reading or archive.trusted:
            return 0
        for j in range(size):
            total = 0.0
            for i in range(SLOTS * j, SLOTS * (j + 1)):
                total += self.counts.at[i]
            archive.check(total, 0.0, (self.mass(j) + 1.0) * self.weight.at[j], "sum of counts")
        return 0
