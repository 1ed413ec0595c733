# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What parts on random Fourier features share."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.fourier_features import FourierFeatures
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.anomaly.fourier_features import BANDWIDTHS, FOURIER_TAIL
    from clipsgd_river._kernels.anomaly.part import NEAR_SQUARE, tail
    from clipsgd_river._kernels.core.circle import inner

# An automatic step is at rest 1 / 200; at the start, what is assumed counts as ten events.
REST_RATE = 0.005
PRIOR_EVENTS = 10.0
# The smallest level that a distance divides by.
SMALLEST_LEVEL = 1e-100


def resting_rate(standard: LocationScale, events: float) -> float:
    """Step of an estimate of how events are spread.

    Automatic: a memory of 200 events, and at the start the mean of what was seen and ten
    standard normal events; otherwise the step of the location.
    """
    if not standard.location_step.automatic:
        return standard.location_step.rate
    return max(REST_RATE, 1.0 / (events + PRIOR_EVENTS))


class FourierPart(Part):
    r"""A mean of random Fourier features, and what the features of an event have in common with it.

    The inner product of an event's features with a mean of features is a mean of kernels: a level,
    high where events were dense. Subclasses say how the mean is learned (`step`) and what a
    distance its levels make (`compare`). The distance of the event is

    .. math:: r = \frac{\|u\|^2}{\|u\|^2 + 10^{-6}}\; r_\text{levels}
              + \sum_{|z_j| > 4} \tfrac12 \log(|z_j| / 4),

    0 at the expected event, u = 0, and next to r_levels elsewhere. Before anything is learned the
    mean is that of a standard normal event.

    O(d D) per event and to explain one.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        b: cython.Py_ssize_t
        i: cython.Py_ssize_t
        self.fourier = FourierFeatures(settings["n_components"], settings["seed"], features)
        self.clip = ClipThreshold(settings["clip"])
        self.mean = Vector(self.fourier.length)
        # The mean of events without features: cosine 1, sine 0.
        for b in range(BANDWIDTHS):
            for i in range(2 * b * self.fourier.components, (2 * b + 1) * self.fourier.components):
                self.mean.at[i] = 1.0

    def compare(self) -> float:
        """Distance that the levels of ``fourier.values`` make; at least 0. `step` may use them."""
        return 0.0

    def refresh(self) -> None:
        """Recompute what depends on the mean alone."""

    def level(self, bandwidth: cython.Py_ssize_t) -> float:
        """Mean kernel of one bandwidth at the event whose features are in ``fourier.values``."""
        count: cython.Py_ssize_t = 2 * self.fourier.components
        return inner(self.mean.at, self.fourier.values.at, bandwidth * count, count) / (
            self.fourier.components
        )

    def energy(self, bandwidth: cython.Py_ssize_t) -> float:
        """Squared norm of the mean of one bandwidth: its level at an average event of its own."""
        count: cython.Py_ssize_t = 2 * self.fourier.components
        return inner(self.mean.at, self.mean.at, bandwidth * count, count) / self.fourier.components

    def floored(self, level: float, energy: float) -> float:
        """A level no lower than its noise: the phases of a far event are practically random.

        The sum over D random phases has standard deviation sqrt(energy / (2 D)).
        """
        noise: cython.double = sqrt(energy / (2.0 * self.fourier.components))
        return max(max(level, noise), SMALLEST_LEVEL)

    def distance(self, standard: LocationScale) -> float:
        """Distance by levels and tail."""
        if standard.features.count == 0:
            return 0.0
        self.fourier.load(standard, False)
        self.fourier.evaluate(self.fourier.angles.at)
        return self.combine(self.fourier.square, self.fourier.tail)

    def combine(self, square: float, excess: float) -> float:
        """Distance from the features in ``fourier.values``, ||u||^2 and the tail."""
        return self.compare() * (square / (square + NEAR_SQUARE)) + excess

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """By how much the distance drops when a feature takes its expected value, for each.

        O(D) a feature: the angles lose its share.
        """
        k: cython.Py_ssize_t
        u: cython.double
        square: cython.double = self.fourier.square
        excess: cython.double = self.fourier.tail
        if standard.features.count == 0:
            return
        whole: cython.double = self.combine(square, excess)
        for k in range(standard.features.count):
            u = self.fourier.coordinates.at[k]
            self.fourier.leave_out(standard, k)
            self.fourier.evaluate(self.fourier.other_angles.at)
            contributions[standard.features.present.at[k]] = whole - self.combine(
                max(square - u * u, 0.0), max(excess - tail(standard.z.at[k], FOURIER_TAIL), 0.0)
            )
        self.fourier.evaluate(self.fourier.angles.at)
        self.compare()

    def load_started(self, standard: LocationScale) -> cython.bint:
        """Load the features that have started; the others are at their expected values.

        Returns whether any feature has started.
        """
        k: cython.Py_ssize_t
        started: cython.Py_ssize_t = 0
        count: cython.Py_ssize_t = standard.features.count
        if self.fourier.pending:
            self.fourier.include_new(self.fourier.active.count, self.mean.at)
            self.refresh()
            self.fourier.evaluate(self.fourier.angles.at)
            self.compare()
        if standard.starting == 0:
            return count > 0
        for k in range(count):
            if standard.has_started(standard.features.present.at[k]):
                started += 1
        if 0 < started < count:
            self.fourier.load(standard, True)
            self.fourier.evaluate(self.fourier.angles.at)
            self.compare()
        return started > 0

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        return self.fourier.grow(standard, size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all; what changes between two events counts at once."""
        self.fourier.add_features(size)
        if size == self.fourier.features.size:
            self.fourier.include_new(self.fourier.active.next_count, self.mean.at)
            self.refresh()

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of the mean."""
        return self.fourier.length if size > 0 else 0

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``: the mean; the weights follow from the names."""
        self.clip.exchange(archive)
        if standard.features.size == 0:
            return 0
        largest: cython.double = 1.0 + 1e-9
        self.mean.exchange_bounded(
            archive, self.fourier.length, -largest, largest, "mean of cosines"
        )
        self.fourier.set_bandwidth(self.fourier.active.count)
        return 0
