# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Location and scale of every feature by clipped SGD: the ground the detectors stand on."""

from __future__ import annotations

from array import array
from typing import Any

from clipsgd_river._kernels.anomaly.detector import DetectorKernel
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import enlarged, zeros
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.step_size import StepSize

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.vector import smallest, total

# Standardised deviations are cut here, where a product of four of their squares is still finite.
LARGEST_DEVIATION = 1e35
# No location and no scale of values up to 1e150 exceeds this.
LARGEST_SCALE = 1e152
# A scale below this, or below the round-off of its location, is that of a constant.
SMALLEST_SCALE = 1e-140
ROUND_OFF = 2.0**-50
# Events without a change beyond which a constant is not trusted further.
CONSTANT_MEMORY = 1000.0
# A deviation below a thousandth of a scale, squared here, is a repeat. Repeats shrink the scale at
# most at this rate, however fast the other features drift: a value that is the same in 99 of 100
# events must not make the hundredth look infinitely far.
REPEAT_SQUARE = 1e-6
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
    standard deviation at independent Gaussian features (up to a tenth less where features move as
    one). Clipping coordinates first keeps one huge coordinate from shrinking the others to nothing.
    eta and eta_s are found by `StepSize`, and are at least 1/n at the n-th event of a feature. c is
    that of events with all features present.

    A feature's first events go to a `RobustStart`. A feature constant so far has s = 0; a first
    other value deviates by sqrt(n): by Chebyshev's inequality n events cannot tell more.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        DetectorKernel.__init__(self, settings)
        rate = settings["learning_rate"]
        self.clip = ClipThreshold(settings["clip"], MULTIPLE)
        self.location_step = StepSize(rate, 0.0005, True)
        self.scale_step = StepSize(rate, 0.002, False)
        self.start = RobustStart(settings["warm_up"])
        self.share = 1.0
        self.starting = 0
        self.irregular = 0
        self.uniform = True
        self.reserved = 0
        self.location_values = zeros(0)
        self.scale_values = zeros(0)
        self.seen_values = zeros(0)
        self.precision_values = zeros(0)
        self.deviation_values = zeros(0)
        self.gradient_values = zeros(0)
        self.scale_gradient_values = zeros(0)
        self.own_values = zeros(0)
        self.tempered_values = zeros(0)
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
        self.own = doubles(self.own_values)
        self.tempered = doubles(self.tempered_values)
        return 0

    def reserve(self, size: cython.Py_ssize_t) -> cython.int:
        """Make room for ``size`` features."""
        return self.occupy(self.room(size), size)

    def room(self, size: cython.Py_ssize_t) -> Any:
        """Memory for ``size`` features; all that can fail, and no estimate changes."""
        share: cython.double = self.clip.gaussian_share(size)
        kept = [self.location_values, self.scale_values, self.seen_values, self.precision_values]
        estimates = [enlarged(values, size) for values in kept]
        scratch = [zeros(size) for _ in range(5)]
        self.location_step.reserve(size)
        self.scale_step.reserve(size)
        self.start.reserve(size)
        return share, estimates, scratch

    def occupy(self, room: Any, size: cython.Py_ssize_t) -> cython.int:
        """Take over what `room` gave."""
        share, estimates, scratch = room
        self.location_values, self.scale_values, self.seen_values, self.precision_values = estimates
        self.deviation_values, self.gradient_values, self.scale_gradient_values = scratch[:3]
        self.own_values, self.tempered_values = scratch[3:]
        self.point()
        self.share = share
        self.starting += size - self.reserved
        self.irregular += size - self.reserved
        if self.reserved > 0:
            self.uniform = False
        self.reserved = size
        return 0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Location, scale and count of each feature."""
        return 3 * size

    def prepare(self) -> cython.int:
        """Ask a River scheduler, if there is one; give back the memory of the start."""
        if self.start.open and self.starting == 0:
            self.start.close()
        if self.scheduled:
            self.location_step.consult_scheduler(self.events + 1.0)
            self.scale_step.consult_scheduler(self.events + 1.0)
        return 0

    def standardise(self) -> None:
        """Deviation of each present feature in its own scale; 0 for one never seen."""
        count: cython.Py_ssize_t = self.features.count
        whole: cython.bint = count == self.features.size
        present: cython.p_int = self.features.present
        values: cython.p_double = self.features.values
        location: cython.p_double = self.location
        precision: cython.p_double = self.precision
        deviations: cython.p_double = self.deviation
        deviation: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for k in range(count):
            j = k if whole else present[k]
            deviation = (values[j] - location[j]) * precision[j]
            deviations[k] = max(min(deviation, LARGEST_DEVIATION), -LARGEST_DEVIATION)
        if self.irregular > 0:
            for k in range(count):
                j = present[k]
                if precision[j] == 0.0 and values[j] != location[j]:
                    deviation = sqrt(min(self.seen[j], CONSTANT_MEMORY))
                    deviations[k] = deviation if values[j] > location[j] else -deviation

    def temper(self) -> float:
        """Share n / (n + 3) of a deviation that counts, for features seen n times.

        One number if all features were seen alike; otherwise 0, and one each in scratch.
        """
        count: cython.Py_ssize_t = self.features.count
        present: cython.p_int = self.features.present
        weights: cython.p_double = self.features.scratch
        seen: cython.p_double = self.seen
        k: cython.Py_ssize_t
        if self.uniform and seen[0] > 0.0:
            return seen[0] / (seen[0] + PRIOR_EVENTS)
        for k in range(count):
            weights[k] = seen[present[k]] / (seen[present[k]] + PRIOR_EVENTS)
        return 0.0

    def temper_deviations(self) -> None:
        """Standardise, and leave the deviations times their `temper` in ``tempered``."""
        k: cython.Py_ssize_t
        deviations: cython.p_double = self.deviation
        tempered: cython.p_double = self.tempered
        weights: cython.p_double = self.features.scratch
        self.standardise()
        common: cython.double = self.temper()
        if common > 0.0:
            for k in range(self.features.count):
                tempered[k] = deviations[k] * common
        else:
            for k in range(self.features.count):
                tempered[k] = deviations[k] * weights[k]

    def step(self) -> None:
        """One clipped step of every present feature."""
        count: cython.Py_ssize_t = self.features.count
        k: cython.Py_ssize_t
        energy: cython.double
        self.uniform = self.uniform and count == self.features.size
        energy = self.clip_gradient()
        self.location_step.advance(self.gradient, self.features, energy, self.events)
        energy = self.scale_gradients()
        self.scale_step.advance(self.scale_gradient, self.features, energy, self.events)
        irregular: cython.bint = self.irregular > 0
        if irregular:
            for k in range(count):
                self.wake(self.features.present[k])
        self.move()
        if irregular or smallest(self.features.scratch, count) < 0.0:
            for k in range(count):
                self.settle(self.features.present[k])

    def clip_gradient(self) -> float:
        """Clipped gradient of the location, from settled features; returns its squared norm."""
        count: cython.Py_ssize_t = self.features.count
        squares: cython.p_double = self.features.scratch
        gradient: cython.p_double = self.gradient
        deviations: cython.p_double = self.deviation
        settled: cython.double = count
        memory: cython.double = self.events
        u: cython.double
        k: cython.Py_ssize_t
        if memory * self.location_step.rate > 1.0:
            memory = 1.0 / self.location_step.rate
        limit: cython.double = self.clip.value(memory, count)
        for k in range(count):
            u = max(min(deviations[k], limit), -limit)
            gradient[k] = u
            squares[k] = u * u
        if self.starting > 0:
            for k in range(count):
                if self.seen[self.features.present[k]] < self.start.length:
                    gradient[k] = 0.0
                    squares[k] = 0.0
                    deviations[k] = 0.0
                    settled -= 1.0
        energy: cython.double = total(squares, count)
        norm: cython.double = sqrt(energy)
        if settled > 0.0:
            self.clip.observe(norm, settled)
        factor: cython.double
        if norm > limit:
            factor = limit / norm
            energy = limit * limit
            for k in range(count):
                gradient[k] *= factor
        return energy

    def scale_gradients(self) -> float:
        """Gradient u^2 / c - 1 of the scale; returns its squared norm.

        0 for repeats: a feature that starts or repeats itself says nothing of a drifting scale.
        """
        count: cython.Py_ssize_t = self.features.count
        squares: cython.p_double = self.features.scratch
        gradient: cython.p_double = self.gradient
        deviations: cython.p_double = self.deviation
        scale_gradient: cython.p_double = self.scale_gradient
        inverse_share: cython.double = 1.0 / self.share
        w: cython.double
        k: cython.Py_ssize_t
        for k in range(count):
            w = gradient[k] * gradient[k] * inverse_share - 1.0
            w = 0.0 if deviations[k] * deviations[k] < REPEAT_SQUARE else w
            scale_gradient[k] = w
            squares[k] = w * w
        return total(squares, count)

    def wake(self, j: cython.Py_ssize_t) -> None:
        """A constant that changes takes its first scale from the change itself."""
        if self.precision[j] > 0.0 and self.seen[j] >= self.start.length:
            return
        self.irregular -= 1
        if self.seen[j] >= self.start.length:
            self.scale[j] = fabs(self.features.values[j] - self.location[j]) / sqrt(
                min(self.seen[j], CONSTANT_MEMORY)
            )

    def move(self) -> None:
        """Step of location and scale; leaves in scratch by how much each scale is above round-off.

        In several short loops, each over few arrays, so that the compiler can prove them
        independent and use wide registers.
        """
        count: cython.Py_ssize_t = self.features.count
        whole: cython.bint = count == self.features.size
        present: cython.p_int = self.features.present
        location: cython.p_double = self.location
        scale: cython.p_double = self.scale
        seen: cython.p_double = self.seen
        precision: cython.p_double = self.precision
        gradient: cython.p_double = self.gradient
        scale_gradient: cython.p_double = self.scale_gradient
        deviations: cython.p_double = self.deviation
        own: cython.p_double = self.own
        margin: cython.p_double = self.features.scratch
        rate: cython.double = self.location_step.rate
        scale_rate: cython.double = self.scale_step.rate
        repeat_rate: cython.double = min(scale_rate, REPEAT_RATE)
        alike: cython.bint = self.uniform
        repeat_square: cython.double = REPEAT_SQUARE
        floor: cython.double
        change: cython.double
        still: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        if alike:
            floor = 1.0 / (seen[0] + 1.0)
            rate = max(rate, floor)
            scale_rate = max(scale_rate, floor)
            repeat_rate = max(repeat_rate, floor)
        else:
            for k in range(count):
                own[k] = 1.0 / (seen[present[k]] + 1.0)
        for k in range(count):
            j = k if whole else present[k]
            floor = 0.0 if alike else own[k]
            location[j] += max(rate, floor) * gradient[k] * scale[j]
        for k in range(count):
            j = k if whole else present[k]
            floor = 0.0 if alike else own[k]
            # Both at first: a choice between two numbers needs no branch.
            change = min(max(scale_rate, floor) * scale_gradient[k], 1.0)
            still = -max(repeat_rate, floor)
            change = still if deviations[k] * deviations[k] < repeat_square else change
            scale[j] *= 1.0 + 0.5 * change
        for k in range(count):
            j = k if whole else present[k]
            precision[j] = 1.0 / max(scale[j], SMALLEST_SCALE)
            margin[k] = scale[j] - max(ROUND_OFF * fabs(location[j]), SMALLEST_SCALE)
        for k in range(count):
            j = k if whole else present[k]
            seen[j] += 1.0

    def settle(self, j: cython.Py_ssize_t) -> None:
        """Finish the step of a feature that starts, is constant, or may have become so."""
        value: cython.double = self.features.values[j]
        starts: cython.bint = self.seen[j] <= self.start.length
        if starts:
            # Robust start: medians of the feature's first values.
            self.start.add(j, cython.cast(cython.Py_ssize_t, self.seen[j]) - 1, value)
            self.location[j] = self.start.location
            self.scale[j] = self.start.scale
            if self.seen[j] == self.start.length:
                self.starting -= 1
        self.derive(j)
        if self.precision[j] == 0.0 and not starts:
            # A location next to the constant, off by round-off, would deviate for ever.
            self.location[j] = value

    def derive(self, j: cython.Py_ssize_t) -> None:
        """Precision 1 / s; a scale lost in round-off is 0, and so is its precision."""
        scale: cython.double = self.scale[j]
        if scale < max(ROUND_OFF * fabs(self.location[j]), SMALLEST_SCALE):
            self.scale[j] = 0.0
            self.precision[j] = 0.0
        else:
            self.precision[j] = 1.0 / scale
        if self.precision[j] == 0.0 or self.seen[j] < self.start.length:
            self.irregular += 1

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        DetectorKernel.exchange(self, archive)
        return self.exchange_estimates(archive)

    def exchange_estimates(self, archive: Archive) -> cython.int:
        """Pass location, scale and what moves them through ``archive``."""
        size: cython.Py_ssize_t = self.features.size
        self.clip.exchange(archive)
        self.location_step.exchange(archive, size)
        self.scale_step.exchange(archive, size)
        self.location_values = archive.vector(self.location_values, size)
        self.scale_values = archive.vector(self.scale_values, size)
        self.seen_values = archive.vector(self.seen_values, size)
        self.point()
        j: cython.Py_ssize_t
        self.starting = 0
        self.irregular = 0
        self.uniform = True
        for j in range(size):
            self.uniform = self.uniform and self.seen[j] == self.seen[0]
            archive.check_count(self.seen[j])
            if not 0.0 <= self.scale[j] <= LARGEST_SCALE or fabs(self.location[j]) > LARGEST_SCALE:
                raise ValueError("the state holds an impossible location or scale: it is damaged")
            if self.seen[j] < self.start.length:
                self.starting += 1
            self.derive(j)
        self.start.exchange(archive, self.seen, size)
        return 0

    def expect_one(self, event: Any) -> dict[Any, tuple[float, float, float]]:
        """Band that holds 95 % of a Gaussian feature: location -+ 1.96 scales."""
        self.claim()
        try:
            return self.bands()
        finally:
            self.busy = False

    def bands(self) -> dict[Any, tuple[float, float, float]]:
        """Band of each feature alone."""
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

    def shorten(self, events: float) -> None:
        """Let what was learned so far count no more than the last ``events`` of each feature.

        Steps are then 1 / events at least, and shrink from there as they do after a start.
        """
        j: cython.Py_ssize_t
        # A settled feature does not start again.
        least: cython.double = max(events, self.start.length)
        self.claim()
        for j in range(self.features.size):
            self.seen[j] = min(self.seen[j], least)
        self.busy = False

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        return [*DetectorKernel.owners(self), *self.estimates()]

    def estimates(self) -> list[Any]:
        """Objects that hold location and scale, and what moves them."""
        return [
            self.location_values,
            self.scale_values,
            self.seen_values,
            self.precision_values,
            self.deviation_values,
            self.gradient_values,
            self.scale_gradient_values,
            self.own_values,
            self.tempered_values,
            self.clip,
            *self.location_step.owners(),
            *self.scale_step.owners(),
            *self.start.owners(),
        ]
