# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""A step size that descends on the error of prediction, as the estimate itself does."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.reductions import total

LARGEST_RATE = 0.3
# How far log(eta) moves at full correlation: a slow walk, so that noise moves it little.
PACE = 0.03
MEMORY = 100.0


class StepDescent:
    r"""Step size eta by descent on its own logarithm.

    With g the clipped gradient and h the slope of the estimate in log(eta),

    .. math:: h \leftarrow h + \eta (g - h), \qquad
              \log \eta \leftarrow \log \eta + 0.03\, \rho + \log(1 - 1/n), \qquad
              \rho = \frac{\langle g, h \rangle}{\sqrt{v w}},

    v and w running means of the squared norms of g and h over 100 events. Where gradients go on
    in the direction that the estimate has just taken, eta was too small and grows; where they turn
    back, it shrinks; at the best eta they are uncorrelated, as a Kalman filter's innovations are.
    At rest the last term alone makes eta = 1/n, the running mean: n counts events since the
    start or since an abrupt change, which a caller sees sooner and reports as a ``jump``.

    O(features present) per event, 8 bytes per feature. The recursion of h is that of Sutton
    (*Adapting bias by gradient descent*, AAAI 1992); we depart from him in one step for all
    features, in the correlation instead of the product, which makes the pace free of units, and in
    the decline by 1/n and its restart.

    Parameters
    ----------
    smallest
        Limit of eta from below; its inverse is the longest memory in events.
    """

    def __init__(self, smallest: float) -> None:
        self.smallest = smallest
        self.slope = Vector()
        self.rate = 1.0
        self.clock = 0.0
        self.energy = 0.0
        self.slope_energy = 0.0

    def observe(
        self,
        gradient: cython.p_double,
        features: FeatureTable,
        energy: float,
        jump: float,
        events: float,
    ) -> float:
        """Take in one gradient; returns the rate for its step.

        Parameters
        ----------
        gradient
            One component per present feature, in their order.
        features
            Which features are present.
        energy
            Squared norm of the gradient.
        jump
            Rate that an abrupt change requires, 0 if there is none.
        events
            Events so far, this one included.
        """
        step: cython.double
        if self.clock == 0.0:
            self.clock = max(events, 1.0)
            self.rate = 1.0 / self.clock
        else:
            self.clock += 1.0
            step = PACE * self.gain(gradient, features, energy)
            # exp(step) to third order: the same on every platform, and |step| is small.
            self.rate *= (1.0 + step * (1.0 + 0.5 * step)) * (1.0 - 1.0 / self.clock)
        jump = min(jump, 1.0)
        if jump > self.rate and jump * self.clock > 1.0:
            self.rate = jump
            self.clock = 1.0 / jump
        self.rate = min(max(self.rate, self.smallest), 1.0)
        rate: cython.double = min(max(self.rate, 1.0 / self.clock), LARGEST_RATE)
        self.follow(gradient, features, rate)
        return rate

    def gain(self, gradient: cython.p_double, features: FeatureTable, energy: float) -> float:
        """Correlation rho of the gradient with the slope, in [-1, 1]."""
        count: cython.Py_ssize_t = features.count
        whole: cython.bint = count == features.size
        present: cython.p_int = features.present.at
        slopes: cython.p_double = self.slope.at
        products: cython.p_double = features.scratch.at
        share: cython.double = max(1.0 / MEMORY, 1.0 / self.clock)
        k: cython.Py_ssize_t
        for k in range(count):
            products[k] = gradient[k] * slopes[k if whole else present[k]]
        self.energy += (energy - self.energy) * share
        norms: cython.double = sqrt(self.energy) * sqrt(self.slope_energy)
        if norms <= 0.0:
            return 0.0
        return max(min(total(products, count) / norms, 1.0), -1.0)

    def follow(self, gradient: cython.p_double, features: FeatureTable, rate: float) -> None:
        """Move the slope along with the estimate."""
        count: cython.Py_ssize_t = features.count
        whole: cython.bint = count == features.size
        present: cython.p_int = features.present.at
        slopes: cython.p_double = self.slope.at
        squares: cython.p_double = features.scratch.at
        share: cython.double = max(1.0 / MEMORY, 1.0 / self.clock)
        slope: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for k in range(count):
            j = k if whole else present[k]
            slope = slopes[j] + (gradient[k] - slopes[j]) * rate
            slopes[j] = slope
            squares[k] = slope * slope
        self.slope_energy += (total(squares, count) - self.slope_energy) * share

    def grow(self, size: cython.Py_ssize_t) -> int:
        """Provide memory for ``size`` features."""
        self.slope.grow(size)
        return 0

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> int:
        """Pass the state through ``archive``."""
        self.slope.exchange_gradients(archive, size)
        self.rate = archive.bounded(self.rate, 0.0, 1.0, "learning rate")
        self.clock = archive.nonnegative(self.clock, "learning rate")
        self.energy = archive.nonnegative(self.energy, "energy of gradients")
        self.slope_energy = archive.nonnegative(self.slope_energy, "energy of gradients")
        return 0
