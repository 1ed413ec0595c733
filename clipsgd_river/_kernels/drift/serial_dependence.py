# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How much more evidence dependent events need than independent ones."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from clipsgd_river._kernels.drift.mean_bounds import CLIP

# Differences are clipped here; they vary sqrt(2) times as much as deviations.
LARGEST_DIFFERENCE = 4.5
LARGEST_CORRELATION = 0.999
# Correlations are those of the events and of so many independent ones.
PRIOR_COUNT = 10.0
# Of each feature: events, the last two deviations, the last one clipped, sums of products of
# neighbours and of squares, sums of squared differences of neighbours and of events two apart.
EVENTS, LAST, BEFORE, CLIPPED, PRODUCTS, SQUARES, DIFFERENCES, DIFFERENCES_2 = range(8)
FIELDS = 8


class SerialDependence:
    r"""Correlation phi of neighbouring events of each feature, and the evidence it requires.

    Two robust estimates, of which the smaller counts: the sum of products of neighbours over that
    of squares, which levels that change inflate; and G_2 / G_1 - 1, G_k the mean squared difference
    of events k apart, which for an autoregression of order one is phi too, which levels leave
    alone, and which slow waves inflate.

    The sum of n events of an autoregression of order one varies (1 + phi) / (1 - phi) = V times as
    much as that of independent ones. Where the logarithm of a product of payoffs, b S - k b^2 / 2
    to second order, is divided by V, its exponential has expectation 1 again; so evidence V times
    as large is required. A negative phi does not lower the requirement.
    """

    def __init__(self) -> None:
        self.fields = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.fields.grow(FIELDS * size)
        return 0

    def clear(self, j: cython.Py_ssize_t) -> None:
        """Forget the events of a feature."""
        k: cython.Py_ssize_t
        for k in range(FIELDS * j, FIELDS * (j + 1)):
            self.fields.at[k] = 0.0

    def observe(self, j: cython.Py_ssize_t, deviation: float) -> None:
        """Observe the deviation of a feature from its mean."""
        fields: cython.p_double = self.fields.at
        k: cython.Py_ssize_t = FIELDS * j
        clipped: cython.double = max(min(deviation, CLIP), -CLIP)
        difference: cython.double = deviation - fields[k + LAST]
        difference_2: cython.double = deviation - fields[k + BEFORE]
        difference = max(min(difference, LARGEST_DIFFERENCE), -LARGEST_DIFFERENCE)
        difference_2 = max(min(difference_2, LARGEST_DIFFERENCE), -LARGEST_DIFFERENCE)
        fields[k + PRODUCTS] += clipped * fields[k + CLIPPED]
        fields[k + SQUARES] += clipped * clipped
        if fields[k + EVENTS] >= 1.0:
            fields[k + DIFFERENCES] += difference * difference
        if fields[k + EVENTS] >= 2.0:
            fields[k + DIFFERENCES_2] += difference_2 * difference_2
        fields[k + BEFORE] = fields[k + LAST]
        fields[k + LAST] = deviation
        fields[k + CLIPPED] = clipped
        fields[k + EVENTS] += 1.0

    def correlation(self, j: cython.Py_ssize_t) -> float:
        """Correlation of neighbouring events, at least 0."""
        fields: cython.p_double = self.fields.at
        k: cython.Py_ssize_t = FIELDS * j
        phi: cython.double
        if fields[k + PRODUCTS] <= 0.0 or fields[k + DIFFERENCES_2] <= fields[k + DIFFERENCES]:
            return 0.0
        phi = fields[k + PRODUCTS] / fields[k + SQUARES]
        if fields[k + DIFFERENCES] > 0.0:
            phi = min(phi, fields[k + DIFFERENCES_2] / fields[k + DIFFERENCES] - 1.0)
        phi *= fields[k + EVENTS] / (fields[k + EVENTS] + PRIOR_COUNT)
        return min(phi, LARGEST_CORRELATION)

    def inflation(self, j: cython.Py_ssize_t) -> float:
        """Factor V for one feature."""
        phi: cython.double = self.correlation(j)
        return (1.0 + phi) / (1.0 - phi)

    def mean_inflation(self, size: cython.Py_ssize_t) -> float:
        """Factor V for a combination of features, by their mean correlation."""
        phi: cython.double = 0.0
        j: cython.Py_ssize_t
        for j in range(size):
            phi += self.correlation(j)
        phi /= size
        return (1.0 + phi) / (1.0 - phi)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state through ``archive``."""
        j: cython.Py_ssize_t
        self.fields.exchange_bounded(archive, FIELDS * size, -1e300, 1e300, "correlation")
        for j in range(size):
            archive.check_count(self.fields.at[FIELDS * j + EVENTS])
            for k in (SQUARES, DIFFERENCES, DIFFERENCES_2):
                archive.check(self.fields.at[FIELDS * j + k], 0.0, 1e300, "square")
        return 0
