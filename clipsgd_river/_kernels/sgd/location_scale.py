# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Location and scale of every feature by clipped SGD: what the detectors standardise with."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.step_size import StepSize

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.core.reductions import smallest, total
    from clipsgd_river._kernels.core.robust_start import ROUND_OFF
    from clipsgd_river._kernels.sgd.step_size import RATE_AT_REST

# Standardised deviations are cut here, where a product of four of their squares is still finite.
LARGEST_DEVIATION = 1e35
# Locations and scales of values up to 1e150 do not exceed this.
LARGEST_SCALE = 1e152
# A scale below this, or below the round-off of its location, is that of a constant.
SMALLEST_SCALE = 1e-140
# Number of equal events beyond which more of them change nothing.
CONSTANT_MEMORY = 1000.0
# A deviation below a thousandth of a scale, squared here, is a repeat. Repeats shrink the scale at
# most at this rate, however fast the other features drift: a value that is the same in 99 of 100
# events must not make the hundredth look infinitely far.
REPEAT_SQUARE = 1e-6
REPEAT_RATE = 0.002
# A location and a scale from n events predict the next one less well than true ones would:
# deviations are shrunk to n / (n + 3) of their size.
PRIOR_EVENTS = 3.0
# Phi^-1(0.975): 95 % of a Gaussian lie within this many standard deviations.
BAND = 1.959963984540054


class LocationScale:
    r"""Location m and scale s per feature, one clipped step per event.

    With u = (x - m) / s the standardised deviation of the features that have started, clipped first
    in each coordinate and then in its L2 norm to the threshold lambda, the step is

    .. math:: m \leftarrow m + \eta\, s\, u, \qquad
              s \leftarrow s\,\bigl(1 + \eta_s (u^2 / c - 1) / 2\bigr),

    with c the share of a standard normal's second moment that clipping leaves, so that s is the
    standard deviation at independent Gaussian features (up to a tenth less where features move as
    one). Clipping coordinates first keeps one huge coordinate from shrinking the others to nothing.
    eta and eta_s are found by `StepSize`, and are at least 1/n at the n-th event of a feature. c is
    that of events with all features present.

    A feature's first events go to a `RobustStart`. A feature constant so far has s = 0; a first
    other value deviates by sqrt(n): Chebyshev's inequality bounds it so.

    Parameters
    ----------
    settings
        ``learning_rate``, ``clip`` and ``warm_up``, validated.
    features
        Whose loaded event the methods work on.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        rate = settings["learning_rate"]
        self.features = features
        self.clip = ClipThreshold(settings["clip"])
        self.location_step = StepSize(rate, RATE_AT_REST, True)
        self.scale_step = StepSize(rate, 0.002, False)
        self.start = RobustStart(settings["warm_up"])
        self.share = 1.0
        self.next_share = 1.0
        self.starting = 0
        self.irregular = 0
        self.uniform = True
        self.size = 0
        self.location = Vector()
        self.scale = Vector()
        self.seen = Vector()
        self.precision = Vector()
        # Of the loaded event, in the order of its features.
        self.deviation = Vector()
        self.z = Vector()
        self.gradient = Vector()
        self.scale_gradient = Vector()
        self.floor = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features; no estimate changes."""
        self.next_share = self.clip.gaussian_share(size)
        self.location.grow(size)
        self.scale.grow(size)
        self.seen.grow(size)
        self.precision.grow(size)
        self.deviation.grow(size)
        self.z.grow(size)
        self.gradient.grow(size)
        self.scale_gradient.grow(size)
        self.floor.grow(size)
        self.location_step.grow(size)
        self.scale_step.grow(size)
        self.start.grow(size)
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features: there are ``size`` now, and `grow` has provided memory for them."""
        self.share = self.next_share
        self.starting += size - self.size
        self.irregular += size - self.size
        if self.size > 0:
            self.uniform = False
        self.size = size

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Location, scale and count of each feature."""
        return 3 * size

    def prepare(self, events: float) -> cython.int:
        """Ask a River scheduler, if there is one; give back the memory of the start.

        Parameters
        ----------
        events
            Events learned so far.
        """
        if self.start.open and self.starting == 0:
            self.start.close()
        self.location_step.consult_scheduler(events + 1.0)
        self.scale_step.consult_scheduler(events + 1.0)
        return 0

    def has_started(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether the feature at position j has seen enough events to be relied on."""
        return self.seen.at[j] >= self.start.length

    def standardise(self) -> None:
        """Deviation of each present feature in its own scale; 0 for one never seen."""
        count: cython.Py_ssize_t = self.features.count
        whole: cython.bint = count == self.features.size
        present: cython.p_int = self.features.present.at
        values: cython.p_double = self.features.values.at
        location: cython.p_double = self.location.at
        precision: cython.p_double = self.precision.at
        deviations: cython.p_double = self.deviation.at
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
                    deviation = sqrt(min(self.seen.at[j], CONSTANT_MEMORY))
                    deviations[k] = deviation if values[j] > location[j] else -deviation

    def shrinkage(self) -> float:
        """Share n / (n + 3) of a deviation that counts, for features seen n times.

        One number if all features were seen alike; otherwise 0, and one each in scratch.
        """
        count: cython.Py_ssize_t = self.features.count
        present: cython.p_int = self.features.present.at
        weights: cython.p_double = self.features.scratch.at
        seen: cython.p_double = self.seen.at
        k: cython.Py_ssize_t
        if self.uniform and seen[0] > 0.0:
            return seen[0] / (seen[0] + PRIOR_EVENTS)
        for k in range(count):
            weights[k] = seen[present[k]] / (seen[present[k]] + PRIOR_EVENTS)
        return 0.0

    def compute_z_scores(self) -> None:
        """Standardise, and leave the deviations times their `shrinkage` in ``z``."""
        k: cython.Py_ssize_t
        deviations: cython.p_double = self.deviation.at
        z: cython.p_double = self.z.at
        weights: cython.p_double = self.features.scratch.at
        self.standardise()
        common: cython.double = self.shrinkage()
        if common > 0.0:
            for k in range(self.features.count):
                z[k] = deviations[k] * common
        else:
            for k in range(self.features.count):
                z[k] = deviations[k] * weights[k]

    def step(self, events: float) -> None:
        """One clipped step of every present feature, after `standardise`.

        Parameters
        ----------
        events
            Events so far, this one included.
        """
        count: cython.Py_ssize_t = self.features.count
        present: cython.p_int = self.features.present.at
        k: cython.Py_ssize_t
        energy: cython.double
        self.uniform = self.uniform and count == self.features.size
        energy = self.clip_gradient(events)
        self.location_step.advance(self.gradient.at, self.features, energy, events)
        energy = self.scale_gradients()
        self.scale_step.advance(self.scale_gradient.at, self.features, energy, events)
        irregular: cython.bint = self.irregular > 0
        if irregular:
            for k in range(count):
                self.leave_constant(present[k])
        self.move()
        if irregular or smallest(self.features.scratch.at, count) < 0.0:
            for k in range(count):
                self.finish_step(present[k])

    def clip_gradient(self, events: float) -> float:
        """Clipped gradient of the location, 0 for features that start; returns its squared norm."""
        count: cython.Py_ssize_t = self.features.count
        squares: cython.p_double = self.features.scratch.at
        gradient: cython.p_double = self.gradient.at
        deviations: cython.p_double = self.deviation.at
        present: cython.p_int = self.features.present.at
        started: cython.double = count
        memory: cython.double = events
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
                if not self.has_started(present[k]):
                    gradient[k] = 0.0
                    squares[k] = 0.0
                    deviations[k] = 0.0
                    started -= 1.0
        energy: cython.double = total(squares, count)
        norm: cython.double = sqrt(energy)
        if started > 0.0:
            self.clip.observe(norm, started)
        factor: cython.double
        if norm > limit:
            factor = limit / norm
            energy = limit * limit
            for k in range(count):
                gradient[k] *= factor
        return energy

    def scale_gradients(self) -> float:
        """Gradient u^2 / c - 1 of the scale; returns its squared norm.

        0 for repeats: a feature that starts or repeats itself does not show a drift of its scale.
        """
        count: cython.Py_ssize_t = self.features.count
        squares: cython.p_double = self.features.scratch.at
        gradient: cython.p_double = self.gradient.at
        deviations: cython.p_double = self.deviation.at
        scale_gradient: cython.p_double = self.scale_gradient.at
        inverse_share: cython.double = 1.0 / self.share
        w: cython.double
        k: cython.Py_ssize_t
        for k in range(count):
            w = gradient[k] * gradient[k] * inverse_share - 1.0
            w = 0.0 if deviations[k] * deviations[k] < REPEAT_SQUARE else w
            scale_gradient[k] = w
            squares[k] = w * w
        return total(squares, count)

    def leave_constant(self, j: cython.Py_ssize_t) -> None:
        """A constant that changes takes its first scale from the change itself."""
        if self.precision.at[j] > 0.0 and self.has_started(j):
            return
        self.irregular -= 1
        if self.has_started(j):
            self.scale.at[j] = fabs(self.features.values.at[j] - self.location.at[j]) / sqrt(
                min(self.seen.at[j], CONSTANT_MEMORY)
            )

    def move(self) -> None:
        """Step of location and scale; leaves in scratch by how much each scale is above round-off.

        In several short loops, each over few arrays, so that the compiler can prove them
        independent and use wide registers.
        """
        count: cython.Py_ssize_t = self.features.count
        whole: cython.bint = count == self.features.size
        present: cython.p_int = self.features.present.at
        location: cython.p_double = self.location.at
        scale: cython.p_double = self.scale.at
        seen: cython.p_double = self.seen.at
        precision: cython.p_double = self.precision.at
        gradient: cython.p_double = self.gradient.at
        scale_gradient: cython.p_double = self.scale_gradient.at
        deviations: cython.p_double = self.deviation.at
        floors: cython.p_double = self.floor.at
        margin: cython.p_double = self.features.scratch.at
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
                floors[k] = 1.0 / (seen[present[k]] + 1.0)
        for k in range(count):
            j = k if whole else present[k]
            floor = 0.0 if alike else floors[k]
            location[j] += max(rate, floor) * gradient[k] * scale[j]
        for k in range(count):
            j = k if whole else present[k]
            floor = 0.0 if alike else floors[k]
            # Compute both first: selecting one of two numbers needs no branch.
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

    def finish_step(self, j: cython.Py_ssize_t) -> None:
        """Finish the step of a feature that starts, is constant, or may have become so."""
        value: cython.double = self.features.values.at[j]
        starts: cython.bint = self.seen.at[j] <= self.start.length
        if starts:
            # Robust start: medians of the feature's first values.
            self.start.add(j, cython.cast(cython.Py_ssize_t, self.seen.at[j]) - 1, value)
            self.location.at[j] = self.start.location
            self.scale.at[j] = self.start.scale
            if self.seen.at[j] == self.start.length:
                self.starting -= 1
        self.update_precision(j)
        if self.precision.at[j] == 0.0 and not starts:
            # A location off the constant by round-off would cause deviations for ever.
            self.location.at[j] = value

    def update_precision(self, j: cython.Py_ssize_t) -> None:
        """Precision 1 / s; a scale lost in round-off is 0, and so is its precision."""
        scale: cython.double = self.scale.at[j]
        if scale < max(ROUND_OFF * fabs(self.location.at[j]), SMALLEST_SCALE):
            self.scale.at[j] = 0.0
            self.precision.at[j] = 0.0
        else:
            self.precision.at[j] = 1.0 / scale
        if self.precision.at[j] == 0.0 or not self.has_started(j):
            self.irregular += 1

    def exchange(self, archive: Archive) -> cython.int:
        """Pass location, scale and what moves them through ``archive``."""
        size: cython.Py_ssize_t = self.features.size
        self.clip.exchange(archive)
        self.location_step.exchange(archive, size)
        self.scale_step.exchange(archive, size)
        self.location.exchange_bounded(archive, size, -LARGEST_SCALE, LARGEST_SCALE, "location")
        self.scale.exchange_bounded(archive, size, 0.0, LARGEST_SCALE, "scale")
        self.seen.exchange_counts(archive, size, LARGEST_COUNT, "count of a feature")
        j: cython.Py_ssize_t
        self.starting = 0
        self.irregular = 0
        self.uniform = True
        for j in range(size):
            self.uniform = self.uniform and self.seen.at[j] == self.seen.at[0]
            if not self.has_started(j):
                self.starting += 1
            self.update_precision(j)
        self.start.exchange(archive, self.seen.at, size)
        return 0

    def write_band(
        self, k: cython.Py_ssize_t, expected: float, spread: float, band: cython.p_double
    ) -> None:
        """Low end, middle and high end of what holds 95 % of a Gaussian feature, in its unit.

        Parameters
        ----------
        k
            Which of the present features; the three numbers are written from ``band[3 * k]`` on.
        expected, spread
            Its expected deviation and the standard deviation of that, in scales.
        """
        half: cython.double = BAND * spread
        location: cython.double = self.location.at[self.features.present.at[k]]
        scale: cython.double = self.scale.at[self.features.present.at[k]]
        band[3 * k] = location + scale * (expected - half)
        band[3 * k + 1] = location + scale * expected
        band[3 * k + 2] = location + scale * (expected + half)

    def shorten(self, events: float) -> None:
        """Reduce the weight of all past events of a feature to that of ``events``.

        Steps are then 1 / events at least, and shrink from there as they do after a start.
        """
        j: cython.Py_ssize_t
        # A feature that has started does not start again.
        least: cython.double = max(events, self.start.length)
        for j in range(self.size):
            self.seen.at[j] = min(self.seen.at[j], least)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there, in memory of `grow`."""
        if self.has_started(j):
            self.starting += 1
            if self.precision.at[j] > 0.0:
                self.irregular += 1
        self.location.at[j] = 0.0
        self.scale.at[j] = 0.0
        self.precision.at[j] = 0.0
        self.seen.at[j] = 0.0
        self.location_step.reset_feature(j)
        self.scale_step.reset_feature(j)
        self.uniform = False
