# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Location and scale of every feature by clipped SGD: the ground the detectors stand on."""

from __future__ import annotations

from array import array
from typing import Any

from clipsgd_river._kernels.archive import Archive
from clipsgd_river._kernels.buffers import enlarged, zeros
from clipsgd_river._kernels.clip_threshold import ClipThreshold
from clipsgd_river._kernels.detector import DetectorKernel
from clipsgd_river._kernels.robust_start import RobustStart
from clipsgd_river._kernels.step_size import StepSize

try:
    import cython
except ImportError:
    from clipsgd_river._kernels import _shim as cython

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.buffers import doubles

# Standardised deviations are cut here, where their squares and sums are still finite.
LARGEST_DEVIATION = 1e75
# A scale below this, or below the round-off of its location, is that of a constant.
SMALLEST_SCALE = 1e-140
ROUND_OFF = 2.0**-50
# Events without a change beyond which a constant is not trusted further.
CONSTANT_MEMORY = 1000.0
# A deviation below this many scales is a repeat. Repeats shrink the scale at most at this rate,
# however fast the other features drift: a value that is the same in 99 of 100 events must not
# make the hundredth look infinitely far.
REPEAT = 1e-3
REPEAT_RATE = 0.002
# A location and a scale from n events predict the next one less well than true ones would:
# deviations are judged with n / (n + 3) of their size.
PRIOR_EVENTS = 3.0
# The automatic clip threshold is this multiple of the median norm of the gradient: the typical
# gradient passes whole, and a standard normal one (d = 1) is cut in 18 % of events.
MULTIPLE = 2.0
# Phi^-1(0.975): 95 % of a Gaussian lie within this many standard deviations.
BAND = 1.959963984540054


class LocationScaleKernel(DetectorKernel):
    r"""Location m and scale s per feature, one clipped step per event.

    With u = (x - m) / s the standardised deviation of the settled features, clipped first in each
    coordinate and then in its L2 norm to the threshold lambda, the step is

    .. math:: m \leftarrow m + \eta\, s\, u, \qquad
              s \leftarrow s\,\bigl(1 + \eta_s (u^2 / c - 1) / 2\bigr),

    with c the share of a standard normal's second moment that clipping leaves, so that s is the
    standard deviation at the Gaussian. Clipping coordinates first keeps one huge coordinate from
    shrinking the others to nothing. eta and eta_s are found by `StepSize`, and are at least 1/n
    for a feature seen n times.

    A feature's first events go to a `RobustStart`. A feature constant so far has s = 0; a first
    other value deviates by sqrt(n): by Chebyshev's inequality n events cannot tell more.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        DetectorKernel.__init__(self, settings)
        rate = settings["learning_rate"]
        self.clip = ClipThreshold(settings["clip"], MULTIPLE)
        self.location_step = StepSize(rate, 0.0005, 2)
        self.scale_step = StepSize(rate, 0.002, 1)
        self.start = RobustStart(settings["warm_up"])
        self.share = 1.0
        self.starting = 0
        self.reserved = 0
        self.location_values = zeros(0)
        self.scale_values = zeros(0)
        self.seen_values = zeros(0)
        self.precision_values = zeros(0)
        self.deviation_values = zeros(0)
        self.gradient_values = zeros(0)
        self.scale_gradient_values = zeros(0)
        self.point()

    def point(self) -> cython.int:
        """Aim the pointers at their owners."""
        self.location = doubles(self.location_values)
        self.scale = doubles(self.scale_values)
        self.seen = doubles(self.seen_values)
        self.precision = doubles(self.precision_values)
        self.deviation = doubles(self.deviation_values)
        self.gradient = doubles(self.gradient_values)
        self.scale_gradient = doubles(self.scale_gradient_values)
        return 0

    def reserve(self, size: cython.Py_ssize_t) -> cython.int:
        """Make room for ``size`` features."""
        share: cython.double = self.clip.gaussian_share(size)
        self.starting += size - self.reserved
        self.reserved = size
        self.location_step.reserve(size)
        self.scale_step.reserve(size)
        self.start.reserve(size)
        self.location_values = enlarged(self.location_values, size)
        self.scale_values = enlarged(self.scale_values, size)
        self.seen_values = enlarged(self.seen_values, size)
        self.precision_values = enlarged(self.precision_values, size)
        self.deviation_values = zeros(size)
        self.gradient_values = zeros(size)
        self.scale_gradient_values = zeros(size)
        self.point()
        self.share = share
        return 0

    def prepare(self) -> cython.int:
        """Ask a River scheduler, if there is one; give back the memory of the start."""
        if self.start.open and self.starting == 0:
            self.start.close()
        if self.scheduled:
            self.location_step.consult_scheduler(self.events + 1.0)
            self.scale_step.consult_scheduler(self.events + 1.0)
        return 0

    def trust(self, j: cython.Py_ssize_t) -> float:
        """n / (n + 3) for a feature seen n times: the share of a deviation that counts."""
        return self.seen[j] / (self.seen[j] + PRIOR_EVENTS)

    def standardise(self) -> None:
        """Deviation of each present feature in its own scale; 0 for one never seen."""
        k: cython.Py_ssize_t
        j: cython.int
        deviation: cython.double
        for k in range(self.features.count):
            j = self.features.present[k]
            deviation = self.features.values[j] - self.location[j]
            if self.precision[j] == 0.0 and deviation != 0.0:
                deviation = sqrt(min(self.seen[j], CONSTANT_MEMORY)) * (
                    1.0 if deviation > 0.0 else -1.0
                )
            else:
                deviation *= self.precision[j]
                if deviation > LARGEST_DEVIATION:
                    deviation = LARGEST_DEVIATION
                elif deviation < -LARGEST_DEVIATION:
                    deviation = -LARGEST_DEVIATION
            self.deviation[j] = deviation

    def clip_gradient(self) -> None:
        """Clipped gradients of location and scale from the deviations of settled features."""
        k: cython.Py_ssize_t
        j: cython.int
        u: cython.double
        square: cython.double = 0.0
        settled: cython.double = 0.0
        count: cython.Py_ssize_t = self.features.count
        warm_up: cython.double = self.start.length
        memory: cython.double = self.events
        if memory * self.location_step.rate > 1.0:
            memory = 1.0 / self.location_step.rate
        limit: cython.double = self.clip.value(memory, count)
        for k in range(count):
            j = self.features.present[k]
            u = 0.0
            if self.seen[j] >= warm_up:
                settled += 1.0
                u = self.deviation[j]
                if u > limit:
                    u = limit
                elif u < -limit:
                    u = -limit
            self.gradient[j] = u
            square += u * u
        norm: cython.double = sqrt(square)
        if settled > 0.0:
            self.clip.observe(norm, settled)
        factor: cython.double = 1.0
        if norm > limit:
            factor = limit / norm
        for k in range(count):
            j = self.features.present[k]
            u = self.gradient[j] * factor
            self.gradient[j] = u
            self.scale_gradient[j] = u * u / self.share - 1.0
            if self.seen[j] < warm_up or fabs(u) < REPEAT:
                # A feature that starts or repeats itself says nothing of a drifting scale.
                self.scale_gradient[j] = 0.0

    def step(self) -> None:
        """One clipped step of every present feature."""
        k: cython.Py_ssize_t
        j: cython.int
        count: cython.Py_ssize_t = self.features.count
        self.clip_gradient()
        self.location_step.advance(self.gradient, self.features.present, count, self.events)
        self.scale_step.advance(self.scale_gradient, self.features.present, count, self.events)
        for k in range(count):
            j = self.features.present[k]
            if self.seen[j] < self.start.length:
                self.begin(j)
            else:
                self.move(j)
            self.seen[j] += 1.0
            self.settle(j)

    def begin(self, j: cython.Py_ssize_t) -> None:
        """Robust start: medians of the feature's first values."""
        self.start.add(j, cython.cast(cython.Py_ssize_t, self.seen[j]), self.features.values[j])
        self.location[j] = self.start.location
        self.scale[j] = self.start.scale
        if self.seen[j] + 1.0 >= self.start.length:
            self.starting -= 1

    def move(self, j: cython.Py_ssize_t) -> None:
        """Clipped step of location and scale of one settled feature."""
        own: cython.double = 1.0 / self.seen[j]
        rate: cython.double = max(self.location_step.rate, own)
        scale: cython.double = self.scale[j]
        if self.precision[j] == 0.0:
            # A constant that changes takes its first scale from the change itself.
            scale = fabs(self.features.values[j] - self.location[j]) / sqrt(
                min(self.seen[j], CONSTANT_MEMORY)
            )
        self.location[j] += rate * self.gradient[j] * scale
        if fabs(self.gradient[j]) < REPEAT:
            self.scale[j] = scale * (1.0 - 0.5 * max(min(self.scale_step.rate, REPEAT_RATE), own))
        else:
            rate = max(self.scale_step.rate, own)
            self.scale[j] = scale * (1.0 + 0.5 * min(rate * self.scale_gradient[j], 1.0))

    def settle(self, j: cython.Py_ssize_t) -> None:
        """Derive the precision 1 / s; a scale lost in round-off is 0, and so is its precision."""
        scale: cython.double = self.scale[j]
        if scale < SMALLEST_SCALE or scale < ROUND_OFF * fabs(self.location[j]):
            if self.precision[j] > 0.0:
                # A location next to the constant, off by round-off, would deviate for ever.
                self.location[j] = self.features.values[j]
            self.scale[j] = 0.0
            self.precision[j] = 0.0
        else:
            self.precision[j] = 1.0 / scale

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        size: cython.Py_ssize_t = self.features.size
        DetectorKernel.exchange(self, archive)
        self.clip.exchange(archive)
        self.location_step.exchange(archive, size)
        self.scale_step.exchange(archive, size)
        self.location_values = archive.vector(self.location_values, size)
        self.scale_values = archive.vector(self.scale_values, size)
        self.seen_values = archive.vector(self.seen_values, size)
        self.point()
        j: cython.Py_ssize_t
        self.starting = 0
        for j in range(size):
            archive.check_count(self.seen[j])
            if self.scale[j] < 0.0:
                raise ValueError("the state holds a negative scale: it is damaged")
            if self.seen[j] < self.start.length:
                self.starting += 1
            self.settle(j)
        self.start.exchange(archive, self.seen, size)
        return 0

    def expect_one(self, event: Any) -> dict[Any, tuple[float, float, float]]:
        """Band that holds 95 % of a Gaussian feature: location -+ 1.96 scales."""
        j: cython.Py_ssize_t
        return {
            self.features.names[j]: (
                self.location[j] - BAND * self.scale[j],
                self.location[j],
                self.location[j] + BAND * self.scale[j],
            )
            for j in range(self.features.size)
        }

    def track_location(self, rows: Any, names: Any) -> array[float]:
        """Learn rows one by one; returns the locations before each, row after row."""
        width: cython.Py_ssize_t = len(names)
        out = array("d")
        for start in range(0, len(rows), width):
            known = self.location_values if self.features.size else zeros(width)
            out.extend(known)
            self.run_rows(rows[start : start + width], names, True, zeros(1), zeros(1))
        return out

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        return [
            *DetectorKernel.owners(self),
            self.location_values,
            self.scale_values,
            self.seen_values,
            self.precision_values,
            self.deviation_values,
            self.gradient_values,
            self.scale_gradient_values,
            self.clip,
            *self.location_step.owners(),
            *self.scale_step.owners(),
            *self.start.owners(),
        ]
