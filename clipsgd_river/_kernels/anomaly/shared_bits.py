# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What the bits of one event have in common: a factor model by clipped steps."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from clipsgd_river._kernels.anomaly.frequent_values import BITS

# How features move together is learned from bits up to so many, those of ordinary values: three
# events in four have no more, and no anomaly says more than they do.
MOST_LEARNED = 2.0
# A loading at first, over the usual bits.
FIRST_LOADING = 0.3
# Events that the first mean, variance and loading are worth.
PRIOR_EVENTS = 100.0
# Share of its variance that a feature keeps to itself, at least; and a variance beside 0.
LEAST_OWN = 0.1
SMALLEST = 0.001
# No loading is as large: the variance of what is learned is at most 1.
LARGEST_LOADING = 1e6


class SharedBits:
    r"""Of the bits of each feature, the part that all features of the event share.

    Bits b_j of features that say the same, such as bytes, packets and seconds of one transfer, are
    large together, and their sum counts one surprise several times. A model with one factor f,

    .. math:: \min(b_j, 2) = m_j + \lambda_j f + e_j, \qquad f \sim N(0, 1),\; e_j \sim N(0, \psi_j)

    finds what is common. The factor of an event is the mean of its posterior,

    .. math:: f = \frac{\sum_j \lambda_j (b_j - m_j) / \psi_j}{1 + \sum_j \lambda_j^2 / \psi_j},

    and the shared part of b_j is min(b_j, lambda_j f), if that is positive. Means, variances and
    products with the factor take the steps of online EM, max(1/(n + 100), 1/T), on bits up to 2:
    their gradients are bounded, and only ordinary values tell what ordinarily goes together.

    O(1) per present feature, 32 bytes a feature.

    Parameters
    ----------
    memory
        T, in events.
    """

    def __init__(self, memory: float) -> None:
        self.memory = memory
        # Mean of f**2, which is 1 in a model at rest.
        self.spread = 1.0
        self.events = 0.0
        self.mean = Vector()
        self.square = Vector()
        self.product = Vector()
        # Loadings of the event at hand, in the order of its features.
        self.loading = Vector()
        self.begin()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.mean.grow(size)
        self.square.grow(size)
        self.product.grow(size)
        return self.loading.grow(size)

    def start(self, j: cython.Py_ssize_t) -> None:
        """Start the feature at position j from exponential bits, of mean 1 / log 2."""
        self.mean.at[j] = BITS
        self.square.at[j] = BITS * BITS
        self.product.at[j] = FIRST_LOADING * BITS

    def begin(self) -> None:
        """Begin an event."""
        self.pull = 0.0
        self.pull_learned = 0.0
        self.weight = 1.0
        self.added = 0

    def add(self, k: cython.Py_ssize_t, j: cython.Py_ssize_t, bits: float) -> None:
        """Add the k-th bits of the event, of the feature at position j."""
        loading: cython.double = self.product.at[j] / self.spread
        square: cython.double = self.square.at[j]
        own: cython.double = max(square - loading * loading, LEAST_OWN * square) + SMALLEST
        weight: cython.double = loading / own
        self.loading.at[k] = loading
        self.pull += weight * (bits - self.mean.at[j])
        self.pull_learned += weight * (min(bits, MOST_LEARNED) - self.mean.at[j])
        self.weight += weight * loading
        self.added += 1

    def part(self, k: cython.Py_ssize_t, bits: float) -> float:
        """Share of the k-th bits that the factor of the event accounts for, all being added."""
        if self.pull <= 0.0 or self.added < 2:
            return 0.0
        return max(min(self.loading.at[k] * (self.pull / self.weight), bits), 0.0)

    def learn(self, k: cython.Py_ssize_t, j: cython.Py_ssize_t, bits: float, seen: float) -> None:
        """One step on the k-th bits, of the feature at position j that ``seen`` events had."""
        rate: cython.double = max(1.0 / (seen + 1.0 + PRIOR_EVENTS), 1.0 / self.memory)
        z: cython.double = min(bits, MOST_LEARNED) - self.mean.at[j]
        factor: cython.double = self.pull_learned / self.weight
        self.product.at[j] = self.product.at[j] + rate * (z * factor - self.product.at[j])
        self.square.at[j] = self.square.at[j] + rate * (z * z - self.square.at[j])
        self.mean.at[j] = self.mean.at[j] + rate * z

    def end(self) -> None:
        """One step on the spread of the factor, once all bits of the event were learned."""
        self.events += 1.0
        rate: cython.double = max(1.0 / (self.events + PRIOR_EVENTS), 1.0 / self.memory)
        factor: cython.double = self.pull_learned / self.weight
        self.spread += rate * (factor * factor + 1.0 / self.weight - self.spread)
        self.spread = max(self.spread, SMALLEST)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        largest: cython.double = LARGEST_LOADING
        self.events = archive.count(self.events)
        self.spread = archive.bounded(self.spread, SMALLEST, largest, "spread of bits")
        self.mean.exchange_bounded(archive, size, 0.0, MOST_LEARNED, "mean of bits")
        self.square.exchange_bounded(archive, size, 0.0, MOST_LEARNED**2, "variance of bits")
        return self.product.exchange_bounded(archive, size, -largest, largest, "loading")
