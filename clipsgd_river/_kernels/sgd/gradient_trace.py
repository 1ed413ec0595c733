# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Whether recent gradients agree, which distinguishes drift from noise."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.reductions import total

SHORTEST_MEMORY = 5.0


class GradientTrace:
    r"""Running mean of gradients, compared with their running energy.

    The mean g and the energy v (of squared norms) remember about tau events. At rest gradients
    are noise and ||g||^2 / v is about 1 / (2 tau); under drift they agree and it nears 1. What
    exceeds noise,

    .. math:: \|g\|^2 / v - (1 + s \sqrt{2 / d}) / (2 \tau),

    is a step size that fits: Schaul, Zhang and LeCun (ICML 2013) derive such a ratio for a
    quadratic loss. We depart from them in the term for noise, where sqrt(2 / d) / (2 tau) is the
    standard deviation of the ratio at rest and s the number of them that counts as noise.
    The memory shortens while gradients agree and lengthens otherwise.
    O(features present) per event, 8 bytes per feature.

    Parameters
    ----------
    longest_memory
        Upper limit of tau, in events.
    significance
        Number s of standard deviations of noise that a mean must exceed.
    """

    def __init__(self, longest_memory: float, significance: float) -> None:
        self.mean = Vector()
        self.energy = 0.0
        self.memory = SHORTEST_MEMORY
        self.longest_memory = longest_memory
        self.significance = significance
        self.count = 0
        self.noise = 0.0

    def observe(self, gradient: cython.p_double, features: FeatureTable, energy: float) -> float:
        """Take in one gradient; returns by how much the ratio exceeds noise.

        Parameters
        ----------
        gradient
            One component per present feature, in their order.
        features
            Which features are present.
        energy
            Squared norm of the gradient.
        """
        count: cython.Py_ssize_t = features.count
        whole: cython.bint = count == features.size
        present: cython.p_int = features.present.at
        means: cython.p_double = self.mean.at
        squares: cython.p_double = features.scratch.at
        share: cython.double = 1.0 / self.memory
        mean: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for k in range(count):
            j = k if whole else present[k]
            mean = means[j] + (gradient[k] - means[j]) * share
            means[j] = mean
            squares[k] = mean * mean
        self.energy += (energy - self.energy) * share
        if self.energy <= 0.0:
            return 0.0
        ratio: cython.double = total(squares, count) / self.energy
        if count != self.count:
            self.count = count
            self.noise = 0.5 * (1.0 + self.significance * sqrt(2.0 / count))
        self.memory += 1.0 - ratio * self.memory
        if self.memory < SHORTEST_MEMORY:
            self.memory = SHORTEST_MEMORY
        elif self.memory > self.longest_memory:
            self.memory = self.longest_memory
        return ratio - self.noise * share

    def grow(self, size: cython.Py_ssize_t) -> int:
        """Provide memory for ``size`` features."""
        self.mean.grow(size)
        return 0

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> int:
        """Pass the state through ``archive``."""
        self.mean.exchange_gradients(archive, size)
        self.energy = archive.nonnegative(self.energy, "energy of gradients")
        self.memory = archive.bounded(self.memory, 1.0, self.longest_memory, "gradient memory")
        return 0
