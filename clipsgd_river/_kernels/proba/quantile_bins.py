# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Bins of equal probability whose edges follow their quantiles."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import log


# At rest the edge of level p steps by this times p (1 - p): the probability beyond it then strays
# by the same small share of itself at every level.
RATE_AT_REST = 0.004
# At first eta = 2 / (t + 100): what a poor start leaves in an edge then fades like 1 / t^2. With
# 1 / t it would stay for long where the density at the edge was overestimated.
HEAD_START = 100.0
# Edges nearer to each other than this stand in an atom; a step of at least this size leaves it.
SMALLEST_GAP = 1e-3
# A logistic variable in this unit has variance 1: sqrt(3) / pi.
LOGISTIC_UNIT = 0.5513288954217921


class QuantileBins:
    r"""Body of a distribution: ``count`` bins of equal probability between two tails.

    The edge theta of level p takes a stochastic gradient step on the pinball loss, in units of
    one over the density, estimated from the neighbouring edges:

    .. math:: \theta \leftarrow \theta + \eta\,(p - 1\{u \le \theta\}) / f(\theta).

    The gradient is bounded, and the realised share below each edge equals its level for every
    sequence, up to the distance that the edge has moved over the sum of its steps. Edges keep
    their order. O(count) per number, 8 (count + 1) bytes.

    Parameters
    ----------
    count
        Number of bins.
    tail
        Probability below the lowest and above the highest edge.
    forget
        Whether steps stop shrinking at rest.
    """

    def __init__(self, count: cython.Py_ssize_t, tail: float, forget: bool) -> None:
        self.count = count
        self.tail = tail
        self.share = (1.0 - 2.0 * tail) / count
        self.rate_at_rest = RATE_AT_REST if forget else 0.0
        self.events = 0.0
        self.edges = Vector(count + 1)

    def start_at(self, events: float) -> None:
        """Start from logistic quantiles of mean 0 and variance 1, worth ``events`` numbers."""
        k: cython.Py_ssize_t
        for k in range(self.count + 1):
            level: cython.double = self.tail + k * self.share
            self.edges.at[k] = LOGISTIC_UNIT * log(level / (1.0 - level))
        self.events = events

    def bin_of(self, u: float) -> cython.Py_ssize_t:
        """Bin that holds ``u``, which lies between the outer edges."""
        low: cython.Py_ssize_t = 0
        high: cython.Py_ssize_t = self.count
        middle: cython.Py_ssize_t
        while high - low > 1:
            middle = (low + high) // 2
            if u < self.edges.at[middle]:
                high = middle
            else:
                low = middle
        return low

    def cdf(self, u: float) -> float:
        """P(U <= u) for ``u`` between the outer edges, linear within a bin."""
        k: cython.Py_ssize_t = self.bin_of(u)
        width: cython.double = self.edges.at[k + 1] - self.edges.at[k]
        inside: cython.double = 0.5
        if width > 0.0:
            inside = min(max((u - self.edges.at[k]) / width, 0.0), 1.0)
        return self.tail + (k + inside) * self.share

    def ppf(self, level: float) -> float:
        """Quantile of a level between ``tail`` and 1 - ``tail``."""
        position: cython.double = max((level - self.tail) / self.share, 0.0)
        k: cython.Py_ssize_t = min(cython.cast(cython.Py_ssize_t, position), self.count - 1)
        inside: cython.double = min(position - k, 1.0)
        return self.edges.at[k] + inside * (self.edges.at[k + 1] - self.edges.at[k])

    def density(self, u: float) -> float:
        """Density at ``u`` between the outer edges."""
        return self.share / self.width(self.bin_of(u))

    def densest(self) -> float:
        """Middle of the narrowest bin."""
        narrowest: cython.Py_ssize_t = 0
        k: cython.Py_ssize_t
        for k in range(1, self.count):
            if self.width(k) < self.width(narrowest):
                narrowest = k
        return 0.5 * (self.edges.at[narrowest] + self.edges.at[narrowest + 1])

    def width(self, k: cython.Py_ssize_t) -> float:
        """Width of a bin, or what counts as one in an atom."""
        return max(self.edges.at[k + 1] - self.edges.at[k], SMALLEST_GAP)

    def observe(self, u: float, lower_scale: float, upper_scale: float) -> None:
        """One step of every edge.

        Parameters
        ----------
        u
            The number.
        lower_scale, upper_scale
            Mean excess beyond the outer edges, or what comes near it: ``tail`` over it is the
            density there.
        """
        edges: cython.p_double = self.edges.at
        last: cython.Py_ssize_t = self.count
        below: cython.double = edges[0]
        here: cython.double
        width: cython.double
        level: cython.double
        k: cython.Py_ssize_t
        self.events += 1.0
        decreasing: cython.double = 2.0 / (self.events + HEAD_START)
        for k in range(last + 1):
            level = self.tail + k * self.share
            here = edges[k]
            if k == 0:
                width = lower_scale / self.tail
            elif k == last:
                width = upper_scale / self.tail
            else:
                width = max(edges[k + 1] - below, SMALLEST_GAP) / (2.0 * self.share)
            width *= max(decreasing, self.rate_at_rest * level * (1.0 - level))
            # At most half way to a neighbour, so that edges keep their order.
            if u > here:
                edges[k] = here + width * level
                if k < last:
                    edges[k] = min(edges[k], 0.5 * (here + edges[k + 1]))
            else:
                edges[k] = here - width * (1.0 - level)
                if k > 0:
                    edges[k] = max(edges[k], 0.5 * (below + here))
            below = here

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.events = archive.count(self.events)
        self.edges.exchange(archive, self.count + 1)
        if any(self.edges.at[k] > self.edges.at[k + 1] for k in range(self.count)):
            raise ValueError("the state holds bins out of order: it is damaged")
        return 0
