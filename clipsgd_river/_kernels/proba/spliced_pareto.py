# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""A distribution with bins for its body and generalised Pareto tails, which drifts along."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.proba.pareto_tail import ParetoTail
from clipsgd_river._kernels.proba.quantile_bins import QuantileBins
from clipsgd_river._kernels.stats.univariate import UnivariateKernel

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.robust_start import ROUND_OFF
    from clipsgd_river._kernels.proba.quantile_bins import LOGISTIC_UNIT

# Deviations are clipped at this many scales.
CLIP = 2.5
# Votes for a repeated value are counted up to the second number; from the first on it is frequent.
LEAST_VOTES = 10.0
MOST_VOTES = 50.0
LARGEST_UNIT = 1e25
# One over the memory of a tail, in excesses.
TAIL_RATE_AT_REST = 0.0005
# Values that the bins of the start are worth.
PRIOR_EVENTS = 20.0


class SplicedParetoKernel(UnivariateKernel):
    r"""Values in units of a location and a scale that drift fast, and their slow distribution.

    With u = (x - m) / s and g = clip(u, 2.5):

    .. math:: m \leftarrow m + \eta s g, \qquad s \leftarrow s (1 + \eta\,(g^2 - 1) / 2).

    The step eta grows while either gradient agrees with its recent ones. The distribution of u
    then stands still when location and scale of x move, and may remember long: `QuantileBins`
    between two `ParetoTail`s.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        UnivariateKernel.__init__(self, settings, 2)
        forget = settings["learning_rate"] != "averaging"
        self.tail = settings["tail"]
        self.location = 0.0
        self.scale = 0.0
        self.informative = 0.0
        self.usual = 0.0
        self.votes = 0.0
        self.bins = QuantileBins(settings["bins"], settings["tail"], forget)
        self.lower = ParetoTail(TAIL_RATE_AT_REST if forget else 0.0)
        self.upper = ParetoTail(TAIL_RATE_AT_REST if forget else 0.0)

    def degenerate(self) -> cython.bint:
        """Whether all values so far are equal, up to round-off."""
        return self.scale <= ROUND_OFF * fabs(self.location)

    def unit(self, value: float) -> float:
        """The value in scales from the location."""
        u: cython.double = (value - self.location) / self.scale
        return max(min(u, LARGEST_UNIT), -LARGEST_UNIT)

    def reliable_count(self) -> float:
        """Number of values behind location and scale; all of them while they are equal."""
        return self.count if self.degenerate() else self.informative

    def begin(self) -> None:
        """Location and scale by medians; bins and tails as if worth a few values."""
        self.location = self.start.location
        self.scale = self.start.scale
        self.informative = self.count
        self.bins.start_at(PRIOR_EVENTS)
        # tail / density at the outer edges: that of the logistic bins.
        excess: cython.double = LOGISTIC_UNIT / (1.0 - self.tail)
        self.lower.start_at(excess)
        self.upper.start_at(excess)

    def step(self, value: float) -> None:
        """The value against the distribution so far, then location and scale."""
        if self.degenerate() and value != self.location:
            # Equal values do not determine a scale: it starts as after the shortest start.
            self.informative = PRIOR_EVENTS
            self.scale = fabs(value - self.location) / sqrt(PRIOR_EVENTS)
        if self.degenerate():
            return
        u: cython.double = self.unit(value)
        self.refine(u)
        self.move(value, u)

    def refine(self, u: float) -> None:
        """One step of the tail that ``u`` lies in, and of all bins."""
        last: cython.Py_ssize_t = self.bins.count
        if u > self.bins.edges.at[last]:
            self.upper.observe(u - self.bins.edges.at[last])
        elif u < self.bins.edges.at[0]:
            self.lower.observe(self.bins.edges.at[0] - u)
        self.bins.observe(u, self.lower.scale, self.upper.scale)

    def move(self, value: float, u: float) -> None:
        """One clipped step of location and scale."""
        gradient: cython.double = max(min(u, CLIP), -CLIP)
        growth: cython.double = gradient * gradient - 1.0
        if self.is_usual(value):
            growth = 0.0
        self.gradient.at[0] = gradient
        self.gradient.at[1] = growth
        energy: cython.double = gradient * gradient + growth * growth
        self.step_size.advance(self.gradient.at, self.features, energy, self.count)
        self.informative += 1.0
        rate: cython.double = max(self.step_size.rate, 1.0 / self.informative)
        self.location += rate * gradient * self.scale
        self.scale *= 1.0 + 0.5 * rate * growth

    def is_usual(self, value: float) -> cython.bint:
        """Whether the value is the most frequent one, which is ignored by the scale.

        The vote of Boyer and Moore: the candidate gains by each repetition, loses by each other
        value, and is replaced at 0.
        """
        if value == self.usual:
            self.votes = min(self.votes + 1.0, MOST_VOTES)
        elif self.votes > 0.0:
            self.votes -= 1.0
        else:
            self.usual = value
            self.votes = 1.0
        return self.votes >= LEAST_VOTES and value == self.usual

    def below(self, value: float) -> float:
        """P(X <= value): exact to the last digits where it is small."""
        rare: cython.double = 1.0 / (self.count + 2.0)
        if self.degenerate():
            # By the rule of succession: n equal values leave 1 / (n + 2) to either side.
            return rare if value < self.location else 1.0 - rare
        u: cython.double = self.unit(value)
        last: cython.Py_ssize_t = self.bins.count
        if u >= self.bins.edges.at[last]:
            return 1.0 - self.tail * self.upper.survival(u - self.bins.edges.at[last])
        if u <= self.bins.edges.at[0]:
            return self.tail * self.lower.survival(self.bins.edges.at[0] - u)
        return self.bins.cdf(u)

    def above(self, value: float) -> float:
        """P(X >= value): exact to the last digits where it is small."""
        rare: cython.double = 1.0 / (self.count + 2.0)
        if self.degenerate():
            return rare if value > self.location else 1.0 - rare
        u: cython.double = self.unit(value)
        last: cython.Py_ssize_t = self.bins.count
        if u >= self.bins.edges.at[last]:
            return self.tail * self.upper.survival(u - self.bins.edges.at[last])
        return 1.0 - self.below(value)

    def cdf(self, value: float) -> float:
        """P(X <= value); 0 before the first value, NaN for NaN."""
        if value != value:
            return value
        return self.below(value) if self.count > 0.0 else 0.0

    def sf(self, value: float) -> float:
        """P(X >= value); 1 before the first value: nothing is unusual yet. NaN for NaN."""
        if value != value:
            return value
        return self.above(value) if self.count > 0.0 else 1.0

    def density(self, value: float) -> float:
        """Density at a value; 0 while all values are equal."""
        if value != value:
            return value
        if self.degenerate():
            return 0.0
        u: cython.double = self.unit(value)
        last: cython.Py_ssize_t = self.bins.count
        found: cython.double
        if u > self.bins.edges.at[last]:
            found = self.tail * self.upper.density(u - self.bins.edges.at[last])
        elif u < self.bins.edges.at[0]:
            found = self.tail * self.lower.density(self.bins.edges.at[0] - u)
        else:
            found = self.bins.density(u)
        return found / self.scale

    def ppf(self, level: float) -> float:
        """Value that has ``level`` in (0, 1) below it."""
        if level > 0.5:
            return self.isf(1.0 - level)
        if level >= self.tail:
            return self.location + self.scale * self.bins.ppf(level)
        excess: cython.double = self.lower.excess_at(level / self.tail)
        return self.location + self.scale * (self.bins.edges.at[0] - excess)

    def isf(self, level: float) -> float:
        """Value that has ``level`` in (0, 1) above it."""
        if level > 0.5:
            return self.ppf(1.0 - level)
        if level >= self.tail:
            return self.location + self.scale * self.bins.ppf(1.0 - level)
        excess: cython.double = self.upper.excess_at(level / self.tail)
        return self.location + self.scale * (self.bins.edges.at[self.bins.count] + excess)

    def mode(self) -> float:
        """Middle of the narrowest bin."""
        return self.location + self.scale * self.bins.densest()

    def run(self, values: Any, found: Any, learn: cython.bint) -> None:
        """P(X >= x) of values in order, each before it is learned, if ``learn``.

        Parameters
        ----------
        values, found
            Arrays of doubles of one length, to read and to write; uncompiled, lists.
        learn
            Whether to learn.
        """
        if len(found) != len(values):
            raise ValueError(f"{len(found)} elements for {len(values)} probabilities")
        count: cython.Py_ssize_t = len(values)
        i: cython.Py_ssize_t
        if count == 0:
            return
        data: cython.p_double = doubles(values)
        probability: cython.p_double = doubles(found)
        for i in range(count):
            probability[i] = self.sf(data[i])
            if learn:
                self.learn(data[i])

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        UnivariateKernel.exchange(self, archive)
        self.location = archive.number(self.location)
        self.scale = archive.number(self.scale)
        self.informative = archive.count(self.informative)
        self.usual = archive.number(self.usual)
        self.votes = archive.count(self.votes)
        self.bins.exchange(archive)
        self.lower.exchange(archive)
        self.upper.exchange(archive)
        if self.scale < 0.0 or (self.count > 0.0 and self.informative == 0.0):
            raise ValueError("the state holds an impossible scale: it is damaged")
        return 0
