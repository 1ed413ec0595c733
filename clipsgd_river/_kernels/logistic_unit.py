# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""A logit: a linear function whose loss is flat where it is certain."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.archive import Archive
from clipsgd_river._kernels.buffers import zeros
from clipsgd_river._kernels.linear_unit import LinearUnit
from clipsgd_river._kernels.location_scale import LocationScaleKernel

try:
    import cython
except ImportError:
    from clipsgd_river._kernels import _shim as cython

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.buffers import doubles
    from clipsgd_river._kernels.vector import total

# Step of what is tracked over 500 events.
SLOW_RATE = 0.002
# Bounds of the second derivative p (1 - p), averaged over events.
FLATTEST = 0.02
STEEPEST = 0.25
# Steps along the weights are at most so many times longer than across them.
LONGEST_STRETCH = 10.0


class LogisticUnit(LinearUnit):
    r"""Linear function with the step of a Newton method for spherical features.

    With t the standardised event's component along the weights' direction b, the expected second
    derivative of a loss of b'u is, by Stein's lemma for Gaussian u,

    .. math:: a\,(I - b b^\top) + h\, b b^\top, \qquad a = E[p (1 - p)], \; h = E[p (1 - p) t^2].

    Both are tracked; the event enters the step as v + (a / h - 1) t b. Where the model is certain,
    h is much smaller than a, and a plain gradient would take long to find the weights' size.
    """

    def __init__(self, rule: object, smallest: float) -> None:
        LinearUnit.__init__(self, rule, smallest)
        self.direction_values = zeros(0)
        self.direction = doubles(self.direction_values)
        self.curvature = STEEPEST
        self.along = STEEPEST

    def stretch(
        self, inputs: LocationScaleKernel, bend: float, energy: float, events: float
    ) -> float:
        """Leave the stretched event in ``direction``; returns its product with the event.

        Parameters
        ----------
        inputs
            Whose ``gradient`` is the clipped standardised event v.
        bend
            Second derivative p (1 - p) of the loss at this event.
        energy
            Squared norm of v.
        events
            Events learned so far.
        """
        count: cython.Py_ssize_t = inputs.features.count
        present: cython.p_int = inputs.features.present
        parts: cython.p_double = inputs.features.scratch
        direction: cython.p_double = self.direction
        weights: cython.p_double = self.weights
        scale: cython.p_double = inputs.scale
        v: cython.p_double = inputs.gradient
        weight: cython.double
        k: cython.Py_ssize_t
        rate: cython.double = max(SLOW_RATE, 1.0 / (events + 20.0))
        self.curvature += rate * (bend - self.curvature)
        self.curvature = max(min(self.curvature, STEEPEST), FLATTEST)
        for k in range(count):
            weight = max(min(weights[present[k]] * scale[present[k]], 1e50), -1e50)
            direction[k] = weight
            parts[k] = weight * weight
        size: cython.double = sqrt(total(parts, count))
        if size < 1e-50:
            for k in range(count):
                direction[k] = v[k]
            return energy
        for k in range(count):
            direction[k] /= size
            parts[k] = direction[k] * v[k]
        t: cython.double = total(parts, count)
        self.along += rate * (bend * t * t - self.along)
        self.along = max(min(self.along, STEEPEST), self.curvature / LONGEST_STRETCH)
        extra: cython.double = t * (self.curvature / self.along - 1.0)
        for k in range(count):
            direction[k] = v[k] + extra * direction[k]
        return max(energy + extra * t, 0.0)

    def reserve(self, size: cython.Py_ssize_t) -> cython.int:
        """Make room for ``size`` features."""
        LinearUnit.reserve(self, size)
        self.direction_values = zeros(size)
        self.direction = doubles(self.direction_values)
        return 0

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state through ``archive``."""
        LinearUnit.exchange(self, archive, size)
        self.curvature = archive.number(self.curvature)
        self.along = archive.number(self.along)
        if not FLATTEST <= self.curvature <= STEEPEST or not 0.0 < self.along <= STEEPEST:
            raise ValueError("the state holds an impossible curvature: it is damaged")
        return 0

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this unit."""
        return [*LinearUnit.owners(self), self.direction_values]
