# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event from where events are dense: a mean embedding by clipped steps."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.fourier_part import FourierPart
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import log, sqrt

    from clipsgd_river._kernels.anomaly.fourier_features import BANDWIDTHS
    from clipsgd_river._kernels.anomaly.fourier_part import resting_rate

# Mean distance of standard normal events: between 0.69 and 0.79 for 1 to 100 features.
NORMAL_DISTANCE = 0.7


class KernelMeanPart(FourierPart):
    r"""Mean theta of the features phi of events by clipped SGD, as a drifting density.

    The step on 1/2 ||theta - phi||^2 is

    .. math:: \theta \leftarrow \theta + e \min(1, \lambda / \|\phi - \theta\|)\,(\phi - \theta),

    each bandwidth's features and the three together made of norm 1, so that no gradient exceeds 2.
    With k_b the mean kernel at the event and g_b = ||theta_b||^2 its average over the events
    themselves, the levels' distance is the mean over the bandwidths of log(1 + g_b / k_b), k_b
    floored at its noise: log 2 where events are as dense as at an average event, log(g_b / k_b)
    where they are rare.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        FourierPart.__init__(self, settings, features)
        self.levels = Vector(BANDWIDTHS)
        self.energies = Vector(BANDWIDTHS)

    def refresh(self) -> None:
        """Squared norm of the mean of each bandwidth."""
        b: cython.Py_ssize_t
        for b in range(BANDWIDTHS):
            self.energies.at[b] = self.energy(b)

    def compare(self) -> float:
        """Mean over the bandwidths of log(1 + g_b / k_b), one logarithm of the product."""
        b: cython.Py_ssize_t
        energy: cython.double
        product: cython.double = 1.0
        for b in range(BANDWIDTHS):
            energy = self.energies.at[b]
            self.levels.at[b] = self.level(b)
            product *= 1.0 + energy / self.floored(self.levels.at[b], energy)
        return log(product) / BANDWIDTHS

    def usual_distance(self, standard: LocationScale) -> float:
        """Mean of the distance at standard normal features."""
        return NORMAL_DISTANCE

    def step(self, standard: LocationScale, events: float) -> None:
        """One clipped step of the mean."""
        k: cython.Py_ssize_t
        b: cython.Py_ssize_t
        if not self.load_started(standard):
            return
        mean: cython.p_double = self.mean.at
        values: cython.p_double = self.fourier.values.at
        square: cython.double = 0.0
        for b in range(BANDWIDTHS):
            square += 1.0 - 2.0 * self.levels.at[b] + self.energies.at[b]
        norm: cython.double = sqrt(max(square, 0.0) / BANDWIDTHS)
        rate: cython.double = resting_rate(standard, events)
        limit: cython.double = self.clip.value(1.0 / max(rate, 1e-9), 1.0)
        self.clip.observe(norm, 1.0)
        if norm > limit:
            rate *= limit / norm
        for k in range(self.fourier.length):
            mean[k] += rate * (values[k] - mean[k])
        # ||theta + e (phi - theta)||^2, without another sum.
        rest: cython.double = 1.0 - rate
        for b in range(BANDWIDTHS):
            self.energies.at[b] = rest * rest * self.energies.at[b] + rate * (
                2.0 * rest * self.levels.at[b] + rate
            )

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        FourierPart.exchange(self, standard, archive)
        return self.energies.exchange_bounded(archive, BANDWIDTHS, 0.0, 1.0 + 1e-9, "norm")
