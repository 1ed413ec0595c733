# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Mean of a vector by clipped SGD in the units of the data, as in theory."""

from __future__ import annotations

from array import array
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.event_loop import EventLoop
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.repeated_values import RepeatedValues
from clipsgd_river._kernels.sgd.step_size import StepSize

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.reductions import total
    from clipsgd_river._kernels.sgd.clip_threshold import UNLIMITED
    from clipsgd_river._kernels.sgd.repeated_values import ATOM, FAMILIAR, FROZEN
    from clipsgd_river._kernels.sgd.step_size import RATE_AT_REST


class VectorMeanKernel(EventLoop):
    """theta <- Proj(theta + eta clip(x - theta, lambda)), the norm of the whole gradient clipped.

    Where values repeat, a threshold from medians would be drawn to 0. Atoms of a `RepeatedValues`
    are no outliers: their components are not clipped, and the norm is that of the others.

    Parameters
    ----------
    settings
        ``learning_rate``, ``clip``, ``warm_up``, ``max_features``, already validated, and
        ``radius``, of the ball around 0 that theta is kept in, or ``None``.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        EventLoop.__init__(self, settings)
        rate = settings["learning_rate"]
        self.step_size = StepSize(0.0 if rate == "averaging" else rate, RATE_AT_REST, True)
        self.floored = rate in ("averaging", "auto")
        self.start = RobustStart(settings["warm_up"])
        self.clip = ClipThreshold(settings["clip"])
        self.repeats = RepeatedValues(self.features)
        self.radius = settings["radius"] or 0.0
        self.start_energy = 0.0
        self.starting = 0
        self.size = 0
        self.mean = Vector()
        self.seen = Vector()
        self.gradient = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.mean.grow(size)
        self.seen.grow(size)
        self.gradient.grow(size)
        self.step_size.grow(size)
        self.repeats.grow(size)
        self.start.grow(size)
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        self.starting += size - self.size
        self.repeats.add_features(size)
        self.size = size

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        if self.seen.at[j] >= self.start.length:
            self.starting += 1
        self.mean.at[j] = 0.0
        self.seen.at[j] = 0.0
        self.step_size.reset_feature(j)
        self.repeats.reset_feature(j)

    def prepare(self) -> cython.int:
        """Ask a River scheduler, if there is one; see to memory."""
        self.settle_repeats()
        if self.start.open and self.starting == 0:
            self.start.close()
        if self.scheduled:
            self.step_size.consult_scheduler(self.events + 1.0)
        return 0

    def settle_repeats(self) -> cython.int:
        """Provide memory for features that repeat, or give it back."""
        if self.features.wants_memory:
            self.repeats.prepare(self.start.sample.at, self.start.length, self.seen.at)
        return 0

    def learn(self) -> None:
        """One clipped step on the loaded event."""
        self.count_event()
        if self.features.count > 0:
            self.repeats.observe(self.events)
            self.step()
            self.waiting = self.features.wants_memory

    def wake(self) -> cython.int:
        """Wake features that repeat."""
        return self.settle_repeats()

    def threshold(self) -> float:
        """Largest norm that a gradient keeps now."""
        # The memory: 1 / eta events, or all there were.
        memory: cython.double = self.events
        if memory * self.step_size.rate > 1.0:
            memory = 1.0 / self.step_size.rate
        # Before a scale is known, in the units of the data, nothing is clipped.
        if self.clip.fixed == 0.0 and self.clip.norm.value == 0.0:
            return UNLIMITED
        return self.clip.value(memory, 1.0)

    def clip_gradient(self) -> float:
        """Gradient x - theta, shortened to the threshold; returns its squared norm.

        Features that start, by medians, have no gradient.
        """
        count: cython.Py_ssize_t = self.features.count
        present: cython.p_int = self.features.present.at
        squares: cython.p_double = self.features.scratch.at
        gradient: cython.p_double = self.gradient.at
        g: cython.double
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for k in range(count):
            j = present[k]
            g = self.features.values.at[j] - self.mean.at[j]
            gradient[k] = g if self.seen.at[j] >= self.start.length else 0.0
            squares[k] = gradient[k] * gradient[k]
        if self.repeats.awake > 0 and self.clip.fixed == 0.0:
            return self.clip_others()
        norm: cython.double = sqrt(total(squares, count))
        limit: cython.double = self.threshold()
        self.clip.norm.observe(norm)
        if norm <= limit:
            return norm * norm
        for k in range(count):
            gradient[k] *= limit / norm
        return limit * limit

    def clip_others(self) -> float:
        """Clip the components that are no atoms; returns the squared norm of the gradient.

        Standstills and outliers that come back do not move the threshold.
        """
        count: cython.Py_ssize_t = self.features.count
        squares: cython.p_double = self.features.scratch.at
        gradient: cython.p_double = self.gradient.at
        kinds: cython.p_int = self.repeats.kind.at
        of_atoms: cython.double = 0.0
        informative: cython.bint = False
        standstill: cython.bint = False
        comes_back: cython.bint = False
        k: cython.Py_ssize_t
        for k in range(count):
            if kinds[k] == ATOM:
                of_atoms += squares[k]
                squares[k] = 0.0
                continue
            standstill = standstill or kinds[k] == FROZEN
            comes_back = comes_back or kinds[k] == FAMILIAR
            if self.seen.at[self.features.present.at[k]] >= self.start.length:
                informative = True
        norm: cython.double = sqrt(total(squares, count))
        informative = informative and not standstill
        if informative and self.clip.norm.value == 0.0:
            # All was constant so far: Chebyshev's inequality bounds the scale after n events.
            self.clip.norm.start_at(norm / sqrt(self.events), 1.0)
        limit: cython.double = self.threshold()
        if informative and not (comes_back and norm > limit):
            self.clip.norm.observe(norm)
        if norm > limit:
            for k in range(count):
                if kinds[k] != ATOM:
                    gradient[k] *= limit / norm
            norm = limit
        return of_atoms + norm * norm

    def step(self) -> None:
        """One clipped step of the present features, and the projection."""
        seen: cython.p_double = self.seen.at
        mean: cython.p_double = self.mean.at
        count: cython.Py_ssize_t = self.features.count
        present: cython.p_int = self.features.present.at
        energy: cython.double = self.clip_gradient()
        self.step_size.advance(self.gradient.at, self.features, energy, self.events)
        rate: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for k in range(count):
            j = present[k]
            if seen[j] < self.start.length:
                self.begin(j)
                continue
            seen[j] += 1.0
            rate = self.step_size.rate
            if self.floored:
                rate = max(rate, 1.0 / seen[j])
            mean[j] += rate * self.gradient.at[k]
        if self.radius > 0.0:
            self.project()

    def begin(self, j: cython.Py_ssize_t) -> None:
        """Take a first value of a feature: its mean is the median so far."""
        seen: cython.p_double = self.seen.at
        self.start.add(j, cython.cast(cython.Py_ssize_t, seen[j]), self.features.values.at[j])
        seen[j] += 1.0
        self.mean.at[j] = self.start.location
        if seen[j] == self.start.length:
            self.starting -= 1
            # The usual norm, from the scales of all features that have started.
            self.start_energy += self.start.scale * self.start.scale
            self.clip.norm.start_at(sqrt(self.start_energy), seen[j])
            self.repeats.note_start(j, self.start.sample.at, self.start.length)

    def project(self) -> None:
        """Project theta onto the ball."""
        mean: cython.p_double = self.mean.at
        size: cython.Py_ssize_t = self.features.size
        squares: cython.p_double = self.features.scratch.at
        j: cython.Py_ssize_t
        for j in range(size):
            squares[j] = mean[j] * mean[j]
        norm: cython.double = sqrt(total(squares, size))
        if norm > self.radius:
            for j in range(size):
                mean[j] *= self.radius / norm

    def trace_rows(self, rows: Any, names: Any) -> array[float]:
        """Learn rows one by one; returns theta before each, row after row, 0 before the first."""
        width: cython.Py_ssize_t = len(names)
        c: cython.Py_ssize_t
        out = array("d")
        for start in range(0, len(rows), width):
            columns = self.features.match(names)
            out.extend(
                [self.mean.memory[columns[c]] if columns[c] >= 0 else 0.0 for c in range(width)]
            )
            self.learn_rows(rows[start : start + width], names, 1)
        return out

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Mean and count of each feature, and what is kept to notice repeats."""
        return 2 * size + self.repeats.least_numbers(size)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        size: cython.Py_ssize_t = self.features.size
        j: cython.Py_ssize_t
        if not archive.reading:
            self.settle_repeats()
        EventLoop.exchange(self, archive)
        self.step_size.exchange(archive, size)
        self.clip.exchange(archive)
        self.start_energy = archive.nonnegative(self.start_energy, "scale")
        self.mean.exchange_gradients(archive, size)
        self.seen.exchange_counts(archive, size, self.events, "count of a feature")
        self.starting = 0
        for j in range(size):
            if self.seen.at[j] < self.start.length:
                self.starting += 1
        self.start.exchange(archive, self.seen.at, size)
        self.repeats.exchange(archive)
        return 0
