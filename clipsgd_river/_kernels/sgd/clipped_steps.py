# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Clipped steps of every feature's location and scale."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.gaussian import median_norm
from clipsgd_river._kernels.core.vector import IntegerVector, Vector
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.deviations import Deviations
from clipsgd_river._kernels.sgd.step_size import StepSize

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.reductions import smallest, total
    from clipsgd_river._kernels.core.robust_start import ROUND_OFF
    from clipsgd_river._kernels.sgd.deviations import SMALLEST_SCALE
    from clipsgd_river._kernels.sgd.step_size import RATE_AT_REST

# A deviation below a thousandth of a scale, squared here, is a repeat. Repeats shrink the scale at
# most at this rate, however fast the other features drift: a value that is the same in 99 of 100
# events must not make the hundredth look infinitely far.
REPEAT_SQUARE = 1e-6
REPEAT_RATE = 0.002
# Norms of more coordinates than this are as those of so many.
MOST_DIMENSIONS = 256


class ClippedSteps(Deviations):
    r"""One clipped step of location m and scale s per event.

    With u = (x - m) / s the standardised deviation of the features that have started, clipped first
    in each coordinate and then in its L2 norm to the threshold lambda, the step is

    .. math:: m \leftarrow m + \eta\, s\, u, \qquad
              s \leftarrow s\,\bigl(1 + \eta_s (u^2 / c - 1) / 2\bigr),

    with c the share of a standard normal's second moment that clipping leaves, so that s is the
    standard deviation at independent Gaussian features (up to a tenth less where features move as
    one). Clipping coordinates first keeps one huge coordinate from shrinking the others to nothing.
    eta and eta_s are found by `StepSize`, and are at least 1/n at the n-th event of a feature. c is
    that of as many features as there are, or of those that teach a gradient if some are idle.

    A subclass may leave values idle, which to this step is as if they were missing, and move
    features by a step of its own: `begin_step`, `choose_idle`, `move_apart` and `follow_idle` are
    for it to override.

    Parameters
    ----------
    settings
        ``learning_rate``, ``clip`` and ``warm_up``, validated.
    features
        Whose loaded event the methods work on.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        Deviations.__init__(self, features, settings["warm_up"])
        rate = settings["learning_rate"]
        self.clip = ClipThreshold(settings["clip"])
        self.location_step = StepSize(rate, RATE_AT_REST, True)
        self.scale_step = StepSize(rate, 0.002, False)
        self.share = 1.0
        self.next_share = 1.0
        # Median norm and Gaussian share of so many standard normal coordinates.
        self.usual_norm = Vector()
        self.usual_share = Vector()
        # Of the loaded event, in the order of its features.
        self.gradient = Vector()
        self.scale_gradient = Vector()
        self.floor = Vector()
        # Which values of the loaded event teach no gradient, and how many.
        self.idle = IntegerVector()
        self.idle_count = 0
        # If there are any: the others, as an event of their own, and where they are in the loaded.
        self.busy = FeatureTable(0)
        self.busy_order = IntegerVector()
        self.busy_deviation = Vector()
        self.busy_gradient = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features; no estimate changes."""
        Deviations.grow(self, size)
        self.next_share = self.clip.gaussian_share(size)
        self.gradient.grow(size)
        self.scale_gradient.grow(size)
        self.floor.grow(size)
        self.idle.grow(size)
        self.busy_order.grow(size)
        self.busy_deviation.grow(size)
        self.busy_gradient.grow(size)
        self.busy.present.grow(size)
        self.busy.scratch.grow(size)
        self.grow_dimensions(min(size, MOST_DIMENSIONS))
        self.location_step.grow(size)
        self.scale_step.grow(size)
        return 0

    def grow_dimensions(self, size: cython.Py_ssize_t) -> cython.int:
        """Median norm and Gaussian share of up to ``size`` coordinates."""
        k: cython.Py_ssize_t
        known: cython.Py_ssize_t = len(self.usual_norm.memory)
        if size >= known:
            self.usual_share.grow(size + 1)
            self.usual_norm.grow(size + 1)
            for k in range(known, size + 1):
                self.usual_share.at[k] = self.clip.gaussian_share(k)
                self.usual_norm.at[k] = median_norm(k)
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features: there are ``size`` now, and `grow` has provided memory for them."""
        Deviations.add_features(self, size)
        self.share = self.next_share

    def prepare(self, events: float) -> cython.int:
        """Ask a River scheduler, if there is one; give back the memory of the start.

        Parameters
        ----------
        events
            Events learned so far.
        """
        if self.start.open and self.starting == 0 and not self.features.wants_memory:
            self.start.close()
        self.location_step.consult_scheduler(events + 1.0)
        self.scale_step.consult_scheduler(events + 1.0)
        return 0

    def begin_step(self) -> None:
        """Choose idle values, and change deviations, before a step; for a subclass."""

    def choose_idle(self, limit: float) -> None:
        """Let further values `rest`, now that the clip threshold is known; for a subclass."""

    def move_apart(
        self, taught: FeatureTable, deviations: cython.p_double, gradient: cython.p_double
    ) -> None:
        """Move busy features in another way than `move` does; for a subclass.

        Where it does, it sets their gradients to 0.
        """

    def follow_idle(self) -> None:
        """Let estimates of idle features follow, after `move`; for a subclass."""

    def note_start(self, j: cython.Py_ssize_t) -> None:
        """Look at the first values of the feature at position j, just complete; for a subclass."""

    def step(self, events: float) -> None:
        """One clipped step of every present feature, after `standardise`.

        Parameters
        ----------
        events
            Events so far, this one included.
        """
        memory: cython.double = events
        limit: cython.double
        self.uniform = self.uniform and self.features.count == self.features.size
        self.idle_count = 0
        if memory * self.location_step.rate > 1.0:
            memory = 1.0 / self.location_step.rate
        limit = self.clip.value(memory, self.features.count)
        self.begin_step()
        self.choose_idle(limit)
        if self.idle_count == 0:
            self.step_of(self.features, self.deviation.at, self.gradient.at, limit, events)
            return
        self.gather_busy()
        if self.busy.count > 0:
            self.step_of(self.busy, self.busy_deviation.at, self.busy_gradient.at, limit, events)
        self.finish_idle()

    def step_of(
        self,
        taught: FeatureTable,
        deviations: cython.p_double,
        gradient: cython.p_double,
        limit: float,
        events: float,
    ) -> None:
        """Step of the features that teach a gradient, and are present in ``taught``."""
        present: cython.p_int = taught.present.at
        scale_gradient: cython.p_double = self.scale_gradient.at
        energy: cython.double
        k: cython.Py_ssize_t
        energy = self.clip_gradient(taught, deviations, gradient, limit)
        self.location_step.advance(gradient, taught, energy, events)
        energy = self.scale_gradients(taught, deviations, gradient)
        self.scale_step.advance(scale_gradient, taught, energy, events)
        irregular: cython.bint = self.irregular > 0
        if irregular:
            for k in range(taught.count):
                self.leave_constant(present[k])
        self.move_apart(taught, deviations, gradient)
        self.move(taught, deviations, gradient)
        if irregular or smallest(taught.scratch.at, taught.count) < 0.0:
            for k in range(taught.count):
                self.finish_step(present[k])

    def rest(self, k: cython.Py_ssize_t) -> None:
        """Let the k-th present feature teach no gradient."""
        self.idle.at[k] = 1
        self.idle_count += 1

    def gather_busy(self) -> None:
        """Make an event of the features that are not idle."""
        idle: cython.p_int = self.idle.at
        order: cython.p_int = self.busy_order.at
        present: cython.p_int = self.features.present.at
        count: cython.Py_ssize_t = 0
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for k in range(self.features.count):
            # Written in any case, and kept if it is busy: no branch to mispredict.
            order[count] = cython.cast(cython.int, k)
            count += 1 - idle[k]
        for k in range(count):
            j = order[k]
            self.busy.present.at[k] = present[j]
            self.busy_deviation.at[k] = self.deviation.at[j]
        self.busy.count = count
        self.busy.size = self.features.size

    def finish_idle(self) -> None:
        """Count the idle values, and leave gradients in the order of the loaded event."""
        idle: cython.p_int = self.idle.at
        present: cython.p_int = self.features.present.at
        gradient: cython.p_double = self.gradient.at
        seen: cython.p_double = self.seen.at
        k: cython.Py_ssize_t
        for k in range(self.features.count):
            gradient[k] = 0.0
            seen[present[k]] += idle[k]
        for k in range(self.busy.count):
            gradient[self.busy_order.at[k]] = self.busy_gradient.at[k]
        self.follow_idle()

    def clip_gradient(
        self,
        taught: FeatureTable,
        deviations: cython.p_double,
        gradient: cython.p_double,
        limit: float,
    ) -> float:
        """Clipped gradient of the location, 0 for features that start; returns its squared norm."""
        count: cython.Py_ssize_t = taught.count
        squares: cython.p_double = taught.scratch.at
        present: cython.p_int = taught.present.at
        started: cython.double = count
        u: cython.double
        k: cython.Py_ssize_t
        ratio: cython.double = 1.0
        if self.clip.fixed <= 0.0:
            ratio = self.dimension_ratio(self.idle_count, self.features.count)
            limit *= ratio
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
            self.clip.observe(norm / ratio, started)
        factor: cython.double
        if norm > limit:
            factor = limit / norm
            energy = limit * limit
            for k in range(count):
                gradient[k] *= factor
        return energy

    def dimension_ratio(self, idle: cython.Py_ssize_t, count: cython.Py_ssize_t) -> float:
        """Usual norm of all coordinates but the idle ones, over that of all ``count``."""
        if idle == 0 or idle >= count:
            return 1.0
        usual: cython.double = self.usual_norm.at[min(count, MOST_DIMENSIONS)]
        return self.usual_norm.at[min(count - idle, MOST_DIMENSIONS)] / usual

    def scale_gradients(
        self, taught: FeatureTable, deviations: cython.p_double, gradient: cython.p_double
    ) -> float:
        """Gradient u^2 / c - 1 of the scale; returns its squared norm.

        0 for repeats: a feature that starts or repeats itself does not show a drift of its scale.
        """
        count: cython.Py_ssize_t = taught.count
        squares: cython.p_double = taught.scratch.at
        scale_gradient: cython.p_double = self.scale_gradient.at
        k: cython.Py_ssize_t
        inverse_share: cython.double = 1.0 / self.share
        if self.idle_count > 0:
            inverse_share = 1.0 / self.usual_share.at[min(count, MOST_DIMENSIONS)]
        w: cython.double
        for k in range(count):
            w = gradient[k] * gradient[k] * inverse_share - 1.0
            w = 0.0 if deviations[k] * deviations[k] < REPEAT_SQUARE else w
            scale_gradient[k] = w
            squares[k] = w * w
        return total(squares, count)

    def move(
        self, taught: FeatureTable, deviations: cython.p_double, gradient: cython.p_double
    ) -> None:
        """Step of location and scale; leaves in scratch by how much each scale is above round-off.

        In several short loops, each over few arrays, so that the compiler can prove them
        independent and use wide registers.
        """
        count: cython.Py_ssize_t = taught.count
        whole: cython.bint = count == taught.size
        present: cython.p_int = taught.present.at
        location: cython.p_double = self.location.at
        scale: cython.p_double = self.scale.at
        seen: cython.p_double = self.seen.at
        precision: cython.p_double = self.precision.at
        scale_gradient: cython.p_double = self.scale_gradient.at
        floors: cython.p_double = self.floor.at
        margin: cython.p_double = taught.scratch.at
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
                self.note_start(j)
        self.update_precision(j)
        if self.precision.at[j] == 0.0 and not starts:
            # A location off the constant by round-off would cause deviations for ever.
            self.location.at[j] = value

    def exchange(self, archive: Archive) -> cython.int:
        """Pass location, scale and what moves them through ``archive``."""
        self.clip.exchange(archive)
        self.location_step.exchange(archive, self.features.size)
        self.scale_step.exchange(archive, self.features.size)
        return Deviations.exchange(self, archive)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there, in memory of `grow`."""
        Deviations.reset_feature(self, j)
        self.location_step.reset_feature(j)
        self.scale_step.reset_feature(j)
