# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""A quantile of one variable by stochastic gradient descent on the pinball loss."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.running_quantile import RunningQuantile
from clipsgd_river._kernels.sgd.repeated_values import RepeatedValues
from clipsgd_river._kernels.stats.univariate import UnivariateKernel

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.sgd.kept_values import KEPT
    from clipsgd_river._kernels.sgd.repeated_values import ATOM

# Values from which a start reads how densely they lie, at least.
FEWEST_NEIGHBOURS = 3


class PinballKernel(UnivariateKernel):
    r"""Quantile of level p: the gradient is p above the iterate and p - 1 below.

    It is bounded. The best step is 1 / (t f), f the density at the quantile, which is
    read off the stream: with r = min(p, 1 - p), a share r of values lies within h, the running r
    quantile of the non-zero distances from the iterate, so that f is about r / (2 h). The step is
    eta 2 h / r, at most the median distance, since the density is a local one. The iterate stays
    between the lowest and the highest value, as a quantile does. Where values repeat, distances
    from the nearest atom of a `RepeatedValues` do not shorten it: a quantile that lies on it would
    see them fade, and could not leave it again.

    To average, eta = t^(-5/8) and the estimate is the mean of the iterates (Polyak and Ruppert),
    which forgives a density that is known only roughly.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        UnivariateKernel.__init__(self, settings)
        self.level = settings["q"]
        self.averaging = settings["learning_rate"] == "averaging"
        self.iterate = 0.0
        self.quantile = 0.0
        self.share = min(self.level, 1.0 - self.level)
        self.spread = RunningQuantile(0.5, 0.02)
        # Neighbours are rare at the ends: the fewer there are, the larger the step.
        self.neighbour_distance = RunningQuantile(self.share, 0.02 * sqrt(0.5 / self.share))
        self.lowest = 0.0
        self.highest = 0.0
        self.repeats = RepeatedValues(self.features)
        self.repeats.grow(1)
        self.repeats.add_features(1)

    def begin(self) -> None:
        """Quantile of the start's values, interpolated between neighbours."""
        sample: cython.p_double = self.start.sample.at
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count)
        position: cython.double = self.level * (self.count - 1.0)
        k: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, position)
        share: cython.double = position - k
        self.iterate = sample[k]
        if k + 1 < n:
            self.iterate = (1.0 - share) * sample[k] + share * sample[k + 1]
            # Rounding may lead out of the interval.
            self.iterate = max(min(self.iterate, sample[k + 1]), sample[k])
        self.lowest = sample[0]
        self.highest = sample[n - 1]
        self.quantile = self.iterate
        self.spread.start_at(self.neighbourhood(k, 0.5), self.count)
        self.neighbour_distance.start_at(self.neighbourhood(k, self.share), self.count)

    def neighbourhood(self, position: cython.Py_ssize_t, share: float) -> float:
        """Distance within which a share of the start's values lies, read off the nearest ones."""
        sample: cython.p_double = self.start.sample.at
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count)
        wanted: cython.double = share * self.count
        below: cython.Py_ssize_t = position
        above: cython.Py_ssize_t = position + 1
        found: cython.Py_ssize_t = 0
        distance: cython.double = 0.0
        while found < n and (found + 0.5 < wanted or found < FEWEST_NEIGHBOURS or distance == 0.0):
            if above >= n or (
                below >= 0 and self.iterate - sample[below] <= sample[above] - self.iterate
            ):
                distance = self.iterate - sample[below]
                below -= 1
            else:
                distance = sample[above] - self.iterate
                above += 1
            found += 1
        return distance * (wanted / found)

    def finish_start(self) -> None:
        """Note whether the start's values repeat."""
        self.repeats.note_start(0, self.start.sample.at, self.start.length)

    def settle(self) -> cython.int:
        """Provide memory for values that repeat, or give it back."""
        self.features.scratch.at[0] = self.count
        return self.repeats.prepare(
            self.start.sample.at, self.start.length, self.features.scratch.at
        )

    def is_nearest_atom(self, distance: float) -> cython.bint:
        """Whether the value just counted, so far from the iterate, is the atom nearest to it."""
        if self.repeats.awake == 0 or self.repeats.kind.at[0] != ATOM:
            return False
        slot: cython.Py_ssize_t = self.repeats.slots.at[0] - 1
        base: cython.Py_ssize_t = KEPT * slot
        i: cython.Py_ssize_t
        for i in range(cython.cast(cython.Py_ssize_t, self.repeats.shares.atoms.at[slot])):
            if fabs(self.repeats.shares.values.at[base + i] - self.iterate) < distance:
                return False
        return True

    def observe_distance(self, distance: float, near: cython.bint) -> None:
        """Let the distances follow that of the value just counted, ``near`` the nearest atom."""
        if self.spread.value > 0.0:
            if not near or distance > self.spread.value:
                self.spread.observe(distance)
            if not near or distance > self.neighbour_distance.value:
                self.neighbour_distance.observe(distance)
        else:
            # A constant that changes: t equal values leave the change a probability of 1 / t.
            self.spread.start_at(distance / self.count, 1.0)
            self.neighbour_distance.start_at(self.share * self.spread.value, 1.0)

    def step(self, value: float) -> None:
        """One step of the iterate, and of the mean of iterates."""
        deviation: cython.double = value - self.iterate
        gradient: cython.double = 0.0
        rate: cython.double
        if deviation > 0.0:
            gradient = self.level
        elif deviation < 0.0:
            gradient = self.level - 1.0
        self.features.values.at[0] = value
        self.repeats.observe(self.count)
        near: cython.bint = self.is_nearest_atom(fabs(deviation))
        if deviation != 0.0:
            self.observe_distance(fabs(deviation), near)
        if self.averaging:
            rate = 1.0 / (sqrt(self.count) * sqrt(sqrt(sqrt(self.count))))
        else:
            rate = self.choose_rate(gradient)
        length: cython.double = rate * (2.0 * self.neighbour_distance.value / self.share)
        self.lowest = min(self.lowest, value)
        self.highest = max(self.highest, value)
        length = min(length, self.spread.value) * gradient
        if near:
            # A step to where the quantile may lie does not go beyond it.
            length = max(min(length, fabs(deviation)), -fabs(deviation))
        self.iterate += length
        self.iterate = max(min(self.iterate, self.highest), self.lowest)
        if self.averaging:
            # Halves first: the difference of two large values must stay finite.
            self.quantile += 2.0 * ((0.5 * self.iterate - 0.5 * self.quantile) / self.count)
        else:
            self.quantile = self.iterate

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        if not archive.reading and self.features.wants_memory:
            self.settle()
        UnivariateKernel.exchange(self, archive)
        self.iterate = archive.number(self.iterate)
        self.quantile = archive.number(self.quantile)
        self.spread.exchange(archive)
        self.neighbour_distance.exchange(archive)
        self.lowest = archive.bounded(self.lowest, -LARGEST_VALUE, LARGEST_VALUE, "range")
        self.highest = archive.bounded(self.highest, self.lowest, LARGEST_VALUE, "range")
        archive.check(self.iterate, self.lowest, self.highest, "quantile")
        self.repeats.exchange(archive)
        return 0
