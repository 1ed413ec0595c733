# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What the parts on random Fourier features have in common."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.anomaly.fourier_features import FourierFeatures
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import enlarged, zeros
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.location_scale import LocationScaleKernel

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.anomaly.fourier_features import BANDWIDTHS
    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.circle import inner

# Within a thousandth of a scale of the expected event the distance falls to 0.
NEAR_SQUARE = 1e-6
# An automatic step is at rest 1 / 200; at the start, what is assumed counts as ten events.
REST_RATE = 0.005
PRIOR_EVENTS = 10.0
# No level of a kernel is divided by less.
SMALLEST_LEVEL = 1e-100


def resting_rate(ground: LocationScaleKernel) -> float:
    """Step of an estimate of how events are spread, in the deviations of the ground.

    Automatic: a memory of 200 events, and at the start the mean of what was seen and ten
    standard normal events; otherwise the step of the location.
    """
    if not ground.location_step.automatic:
        return ground.location_step.rate
    return max(REST_RATE, 1.0 / (ground.events + PRIOR_EVENTS))


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

    def __init__(self, settings: dict[str, Any]) -> None:
        self.fourier = FourierFeatures(settings["n_components"], settings["seed"])
        self.clip = ClipThreshold(settings["clip"], 2.0)
        self.mean_values = zeros(0)
        self.mean = doubles(self.mean_values)

    def compare(self) -> float:
        """Distance that the levels of ``fourier.values`` make; at least 0. `step` may use them."""
        return 0.0

    def refresh(self) -> None:
        """Compute anew what follows from the mean alone."""

    def level(self, bandwidth: cython.Py_ssize_t) -> float:
        """Mean kernel of one bandwidth at the event whose features are in ``fourier.values``."""
        count: cython.Py_ssize_t = 2 * self.fourier.components
        return inner(self.mean, self.fourier.values, bandwidth * count, count) / (
            self.fourier.components
        )

    def energy(self, bandwidth: cython.Py_ssize_t) -> float:
        """Squared norm of the mean of one bandwidth: its level at an average event of its own."""
        count: cython.Py_ssize_t = 2 * self.fourier.components
        return inner(self.mean, self.mean, bandwidth * count, count) / self.fourier.components

    def floored(self, level: float, energy: float) -> float:
        """A level no lower than its noise: a far event has phases as good as random.

        The sum over D random phases has standard deviation sqrt(energy / (2 D)).
        """
        noise: cython.double = sqrt(energy / (2.0 * self.fourier.components))
        return max(max(level, noise), SMALLEST_LEVEL)

    def distance(self, ground: LocationScaleKernel) -> float:
        """Distance by levels and tail."""
        if ground.features.count == 0:
            return 0.0
        self.fourier.load(ground, False)
        self.fourier.evaluate(self.fourier.angles)
        return self.judge(self.fourier.square, self.fourier.tail)

    def judge(self, square: float, tail: float) -> float:
        """Distance from the features in ``fourier.values``, ||u||^2 and the tail."""
        return self.compare() * (square / (square + NEAR_SQUARE)) + tail

    def contribute(self, ground: LocationScaleKernel, contributions: cython.p_double) -> None:
        """By how much the distance drops when a feature takes its expected value, for each.

        O(D) a feature: the angles lose its share.
        """
        k: cython.Py_ssize_t
        u: cython.double
        square: cython.double = self.fourier.square
        tail: cython.double = self.fourier.tail
        if ground.features.count == 0:
            return
        whole: cython.double = self.judge(square, tail)
        for k in range(ground.features.count):
            u = self.fourier.coordinates[k]
            self.fourier.leave_out(ground, k)
            self.fourier.evaluate(self.fourier.other_angles)
            contributions[ground.features.present[k]] = whole - self.judge(
                max(square - u * u, 0.0),
                max(tail - self.fourier.excess(ground.tempered[k]), 0.0),
            )
        self.fourier.evaluate(self.fourier.angles)
        self.compare()

    def load_settled(self, ground: LocationScaleKernel) -> cython.bint:
        """Load what the event teaches; features that still start are at their expected values.

        Returns whether any feature is settled.
        """
        k: cython.Py_ssize_t
        settled: cython.Py_ssize_t = 0
        count: cython.Py_ssize_t = ground.features.count
        if self.fourier.fresh:
            self.fourier.adopt(ground.features.size, self.mean)
            self.refresh()
            self.fourier.evaluate(self.fourier.angles)
            self.compare()
        if ground.starting == 0:
            return count > 0
        for k in range(count):
            if ground.seen[ground.features.present[k]] >= ground.start.length:
                settled += 1
        if 0 < settled < count:
            self.fourier.load(ground, True)
            self.fourier.evaluate(self.fourier.angles)
            self.compare()
        return settled > 0

    def room(self, ground: LocationScaleKernel, size: cython.Py_ssize_t) -> Any:
        """Features' room, and the mean so far."""
        i: cython.Py_ssize_t
        b: cython.Py_ssize_t
        components: cython.Py_ssize_t = self.fourier.components
        mean = enlarged(self.mean_values, self.fourier.length)
        if ground.features.size == 0:
            # The mean of events without features: cosine 1, sine 0.
            for b in range(BANDWIDTHS):
                for i in range(2 * b * components, (2 * b + 1) * components):
                    mean[i] = 1.0
        return self.fourier.room(ground, size), mean

    def occupy(self, room: Any, size: cython.Py_ssize_t) -> cython.int:
        """Take over what `room` gave."""
        self.fourier.occupy(room[0], size)
        self.mean_values = room[1]
        self.mean = doubles(self.mean_values)
        return 0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of the mean."""
        return self.fourier.length if size > 0 else 0

    def exchange(self, ground: LocationScaleKernel, archive: Archive) -> cython.int:
        """Pass the state through ``archive``: the mean; the weights follow from the names."""
        k: cython.Py_ssize_t
        self.clip.exchange(archive)
        if ground.features.size == 0:
            return 0
        self.mean_values = archive.vector(self.mean_values, self.fourier.length)
        self.mean = doubles(self.mean_values)
        for k in range(self.fourier.length):
            if fabs(self.mean[k]) > 1.0 + 1e-9:
                raise ValueError("the state holds an impossible mean of cosines: it is damaged")
        self.fourier.settle(ground.features.size)
        return 0

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this part."""
        return [self, self.clip, self.mean_values, *self.fourier.owners()]
