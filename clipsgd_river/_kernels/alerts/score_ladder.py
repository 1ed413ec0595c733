# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The upper half of a distribution as a ladder of quantiles that drifts along."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import exp, fabs, log


# Values that the start is taken from.
START = 32
# The highest rung is exceeded with probability 0.5 * 3**-13 = 3e-7.
RUNGS = 14
LOG_2 = 0.6931471805599453
LOG_3 = 1.0986122886681098
# In the logarithm of an exponential excess the density at its upper third is log(3) / 3, and a
# location of logistic kind has about the same per spacing: a step of this times 1 / n averages.
STEP = 2.7
# Running mean of some fifty indicators of which side values lie on, scaled so that its mean is 0 at
# rest and 1 when all lie above: 0.7 is five and more of its standard deviations at rest.
AGREEMENT = 0.7
AGREEMENT_MEMORY = 50.0
LARGEST_STEP = 0.3
SMALLEST_SHAPE_STEP = 0.001
# A rung is worth as many values at its start.
PRIOR = 10.0
LARGEST_RATIO = 100.0


class ScoreLadder:
    r"""Quantiles exceeded with probability 1/2, 1/6, 1/18, ... by SGD on the pinball loss.

    Rung 0 is the median b; rung k lies a spacing d_k above rung k - 1 and is exceeded by a third
    of what exceeds that one. The state is the location b, the scale d_1 and the ratios
    d_{k+1} / d_k, which are the shape: 1 for an exponential tail, 3**xi for a generalised Pareto
    one with index xi. A shift moves b alone, a change of scale d_1 alone, and the ladder goes
    with them.

    Each number takes pinball steps: up in proportion to 1 - p when a value exceeds its rung, down
    in proportion to p when not, additive for b in units of d_1, multiplicative for the others,
    at a rate of 1 / n down to a floor. No value, however large, moves anything further than one
    step, and no step goes past the value that caused it (an implicit step). Location and scale
    take larger steps while nearly all values lie on one side of them.

    O(1) per value on average; 14 rungs of three numbers.
    """

    def __init__(self) -> None:
        self.count = 0.0
        self.start = Vector(START)
        self.values = Vector(RUNGS)
        self.counts = Vector(RUNGS)
        self.traces = Vector(2)

    def started(self) -> cython.bint:
        """Whether there are rungs."""
        return self.count >= START

    def observe(self, x: float, floor: float) -> None:
        """Take in a finite value.

        Parameters
        ----------
        x
            The value.
        floor
            Smallest rate of the steps of location and scale: 1 / memory in values.
        """
        counts: cython.p_double = self.counts.at
        seen: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, min(self.count, START))
        self.count += 1.0
        if seen < START:
            self.start.at[seen] = x
            if seen == START - 1:
                self.begin()
            return
        location: cython.double = self.values.at[0]
        scale: cython.double = self.values.at[1]
        above: cython.bint = x > location
        counts[0] += 1.0
        rate: cython.double = self.rate(0, 1.0 if above else -1.0, floor)
        moved: cython.double = scale if scale > 0.0 else fabs(x - location)
        moved *= 0.5 * STEP * rate
        if above:
            self.values.at[0] = min(location + moved, x)
            self.climb(x - location, floor)
        else:
            self.values.at[0] = max(location - moved, x)

    def climb(self, excess: float, floor: float) -> None:
        """Move scale and shape, for a value this far above the median."""
        counts: cython.p_double = self.counts.at
        spacing: cython.double = 1.0
        ratio: cython.double
        rate: cython.double
        chance: cython.double = 0.5
        above: cython.bint
        k: cython.Py_ssize_t
        for k in range(1, RUNGS):
            counts[k] += 1.0
            if self.values.at[1] == 0.0:
                # A constant that changes: after n equal values a change has probability 1 / n.
                self.values.at[1] = excess / counts[1]
                return
            if counts[k] == 1.0 and k > 1:
                self.values.at[k] = self.values.at[k - 1] if k > 2 else 1.0
            ratio = self.values.at[k]
            above = excess > spacing * ratio
            if k == 1:
                rate = self.rate(1, 1.0 if above else -0.5, 2 * floor)
            else:
                rate = max(1.0 / (counts[k] + PRIOR), min(floor / chance, SMALLEST_SHAPE_STEP))
            if above:
                ratio = min(ratio * (1.0 + STEP * rate * 2.0 / 3.0), excess / spacing)
            else:
                ratio = max(ratio / (1.0 + STEP * rate / 3.0), excess / spacing)
            if k > 1:
                ratio = min(max(ratio, 1.0 / LARGEST_RATIO), LARGEST_RATIO)
            spacing *= self.values.at[k]
            self.values.at[k] = ratio
            if not above or spacing <= 0.0:
                return
            excess -= spacing
            chance /= 3.0

    def rate(self, k: cython.Py_ssize_t, deviation: float, floor: float) -> float:
        """Rate of location (0) or scale (1): larger than 1 / n and the floor after a change."""
        trace: cython.double = self.traces.at[k]
        trace += (deviation - trace) / AGREEMENT_MEMORY
        self.traces.at[k] = trace
        least: cython.double = min(floor, SMALLEST_SHAPE_STEP)
        rate: cython.double = 1.0 / (self.counts.at[k] + PRIOR)
        if fabs(trace) > AGREEMENT:
            rate = trace * trace
        return min(max(rate, least), LARGEST_STEP)

    def begin(self) -> None:
        """Median and scale from the values of the start."""
        k: cython.Py_ssize_t
        position: cython.Py_ssize_t
        value: cython.double
        for k in range(1, START):
            value = self.start.at[k]
            position = k
            while position > 0 and self.start.at[position - 1] > value:
                self.start.at[position] = self.start.at[position - 1]
                position -= 1
            self.start.at[position] = value
        middle: cython.Py_ssize_t = START // 2
        self.values.at[0] = 0.5 * self.start.at[middle - 1] + 0.5 * self.start.at[middle]
        # Exceeded by five or six of 32 values, one in six.
        self.values.at[1] = self.start.at[START - 6] - self.values.at[0]
        self.counts.at[0] = START
        self.counts.at[1] = START // 2

    def ratio(self, k: cython.Py_ssize_t, last: float) -> float:
        """Ratio of spacing k to the one below it; that of the rung below while none is known."""
        if k < RUNGS and self.counts.at[k] > 0.0:
            return self.values.at[k]
        return last

    def exceeds(self, x: float, rarity: float) -> cython.bint:
        """Whether a value lies above `quantile` of the same rarity; most need one comparison."""
        if x <= self.values.at[0] and rarity >= LOG_2:
            return False
        return x > self.walk(x, rarity)

    def quantile(self, rarity: float) -> float:
        """Value that is exceeded with probability exp(-rarity)."""
        return self.walk(1e300, rarity)

    def walk(self, x: float, rarity: float) -> float:
        """Quantile of a rarity, or a rung below it that ``x`` does not reach either."""
        position: cython.double = (rarity - LOG_2) / LOG_3
        rung: cython.double = self.values.at[0]
        spacing: cython.double = self.values.at[1]
        ratio: cython.double = 1.0
        above: cython.double
        k: cython.Py_ssize_t = 1
        if position <= 0.0:
            return rung + position * spacing
        while position > 1.0 and k < RUNGS and x > rung:
            rung += spacing
            position -= 1.0
            k += 1
            ratio = self.ratio(k, ratio)
            spacing *= ratio
        if x <= rung:
            return rung
        above = self.ratio(k + 1, ratio)
        return rung + spacing * share(position, above)

    def rarity(self, x: float) -> float:
        """Minus the logarithm of the probability that a value exceeds ``x``; from 0 to 700."""
        rung: cython.double = self.values.at[0]
        spacing: cython.double = self.values.at[1]
        ratio: cython.double = 1.0
        position: cython.double
        k: cython.Py_ssize_t = 1
        if spacing <= 0.0:
            return 0.0 if x <= rung else 700.0
        if x <= rung:
            return max(LOG_2 + LOG_3 * (x - rung) / spacing, 0.0)
        while x > rung + spacing and k < RUNGS - 1:
            rung += spacing
            k += 1
            ratio = self.ratio(k, ratio)
            spacing *= ratio
            if spacing <= 0.0:
                return 700.0
        position = k - 1 + inverse_share((x - rung) / spacing, self.ratio(k + 1, ratio))
        return min(LOG_2 + LOG_3 * position, 700.0)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.count = archive.count(self.count)
        if self.count < START:
            self.start.exchange(archive, START)
            return 0
        self.values.exchange(archive, RUNGS)
        self.counts.exchange_counts(archive, RUNGS, self.count, "count of a rung")
        self.traces.exchange(archive, 2)
        for k in range(1, RUNGS):
            if not self.values.at[k] >= 0.0:
                raise ValueError("the state holds a ladder that goes down: it is damaged")
        return 0


def share(position: float, ratio: float) -> float:
    """Part of a spacing that lies below ``position`` of it, where spacings grow by ``ratio``.

    (ratio**position - 1) / (ratio - 1): the quantile function of a generalised Pareto distribution,
    whose spacings grow so.
    """
    power: cython.double = log(ratio)
    if fabs(power) < 1e-6:
        return position
    return (exp(min(power * position, 600.0)) - 1.0) / (ratio - 1.0)


def inverse_share(part: float, ratio: float) -> float:
    """Position of which `share` is ``part``; infinitely far beyond the end of a bounded tail."""
    power: cython.double = log(ratio)
    if fabs(power) < 1e-6:
        return part
    grown: cython.double = 1.0 + part * (ratio - 1.0)
    if grown <= 0.0:
        return 1e300
    return log(grown) / power
