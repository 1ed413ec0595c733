# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Mean of a vector by clipped SGD in the units of the data, as the theory has it."""

from __future__ import annotations

from array import array
from typing import Any

from clipsgd_river._kernels.anomaly.detector import DetectorKernel
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import enlarged, zeros
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.running_quantile import RunningQuantile
from clipsgd_river._kernels.sgd.step_size import StepSize

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.vector import total

# Beyond every norm a gradient can have, so nothing is clipped.
UNLIMITED = 1e300
MULTIPLE = 2.0


class VectorMeanKernel(DetectorKernel):
    """theta <- Proj(theta + eta clip(x - theta, lambda)), the norm of the whole gradient clipped.

    Parameters
    ----------
    settings
        ``learning_rate``, ``clip``, ``warm_up``, ``max_features``, already validated, and
        ``radius``, of the ball around 0 that theta is kept in, or ``None``.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        # Distances have no limit here.
        DetectorKernel.__init__(self, {**settings, "contamination": 0.5})
        self.settings = settings
        rate = settings["learning_rate"]
        clip = settings["clip"]
        self.step_size = StepSize(0.0 if rate == "averaging" else rate, 0.0005, True)
        self.floored = rate in ("averaging", "auto")
        self.start = RobustStart(settings["warm_up"])
        self.norm = RunningQuantile(0.5, 0.02)
        self.growing = clip == "growing"
        self.fixed_clip = 0.0 if isinstance(clip, str) else UNLIMITED if clip is None else clip
        self.radius = settings["radius"] or 0.0
        self.start_energy = 0.0
        self.starting = 0
        self.reserved = 0
        self.mean_values = zeros(0)
        self.seen_values = zeros(0)
        self.gradient_values = zeros(0)
        self.point()

    def point(self) -> None:
        """Aim the pointers at their owners."""
        self.mean = doubles(self.mean_values)
        self.seen = doubles(self.seen_values)
        self.gradient = doubles(self.gradient_values)

    def reserve(self, size: cython.Py_ssize_t) -> cython.int:
        """Make room for ``size`` features."""
        mean = enlarged(self.mean_values, size)
        seen = enlarged(self.seen_values, size)
        gradient = zeros(size)
        self.step_size.reserve(size)
        self.start.reserve(size)
        self.mean_values = mean
        self.seen_values = seen
        self.gradient_values = gradient
        self.point()
        self.starting += size - self.reserved
        self.reserved = size
        return 0

    def prepare(self) -> cython.int:
        """Ask a River scheduler, if there is one; give back the memory of the start."""
        if self.start.open and self.starting == 0:
            self.start.close()
        if self.scheduled:
            self.step_size.consult_scheduler(self.events + 1.0)
        return 0

    def distance(self) -> float:
        """Norm of the gradient x - theta, over the present features."""
        count: cython.Py_ssize_t = self.features.count
        present: cython.p_int = self.features.present
        squares: cython.p_double = self.features.scratch
        g: cython.double
        k: cython.Py_ssize_t
        for k in range(count):
            g = self.features.values[present[k]] - self.mean[present[k]]
            self.gradient[k] = g
            squares[k] = g * g
        return sqrt(total(squares, count))

    def threshold(self) -> float:
        """Largest norm that a gradient keeps now."""
        if self.fixed_clip > 0.0:
            return self.fixed_clip
        threshold: cython.double = MULTIPLE * self.norm.value
        if threshold == 0.0:
            return UNLIMITED
        if self.growing:
            # The memory: 1 / eta events, or all there were.
            memory: cython.double = self.events
            if memory * self.step_size.rate > 1.0:
                memory = 1.0 / self.step_size.rate
            threshold *= sqrt(sqrt(max(memory, 1.0)))
        return threshold

    def clip_gradient(self) -> float:
        """Shorten the gradient to the threshold; returns its squared norm.

        Features that start, by medians, have no gradient.
        """
        count: cython.Py_ssize_t = self.features.count
        squares: cython.p_double = self.features.scratch
        k: cython.Py_ssize_t
        for k in range(count):
            if self.seen[self.features.present[k]] < self.start.length:
                self.gradient[k] = 0.0
            squares[k] = self.gradient[k] * self.gradient[k]
        norm: cython.double = sqrt(total(squares, count))
        limit: cython.double = self.threshold()
        self.norm.observe(norm)
        if norm <= limit:
            return norm * norm
        for k in range(count):
            self.gradient[k] *= limit / norm
        return limit * limit

    def step(self) -> None:
        """One clipped step of the present features, and the projection."""
        count: cython.Py_ssize_t = self.features.count
        present: cython.p_int = self.features.present
        energy: cython.double = self.clip_gradient()
        self.step_size.advance(self.gradient, self.features, energy, self.events)
        rate: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for k in range(count):
            j = present[k]
            if self.seen[j] < self.start.length:
                self.begin(j)
                continue
            self.seen[j] += 1.0
            rate = self.step_size.rate
            if self.floored:
                rate = max(rate, 1.0 / self.seen[j])
            self.mean[j] += rate * self.gradient[k]
        if self.radius > 0.0:
            self.project()

    def begin(self, j: cython.Py_ssize_t) -> None:
        """Take a first value of a feature: its mean is the median so far."""
        self.start.add(j, cython.cast(cython.Py_ssize_t, self.seen[j]), self.features.values[j])
        self.seen[j] += 1.0
        self.mean[j] = self.start.location
        if self.seen[j] == self.start.length:
            self.starting -= 1
            # The usual norm, from the scales of all features that have started.
            self.start_energy += self.start.scale * self.start.scale
            self.norm.place(sqrt(self.start_energy), self.seen[j])

    def project(self) -> None:
        """Bring theta back into the ball, by the shortest way."""
        size: cython.Py_ssize_t = self.features.size
        squares: cython.p_double = self.features.scratch
        j: cython.Py_ssize_t
        for j in range(size):
            squares[j] = self.mean[j] * self.mean[j]
        norm: cython.double = sqrt(total(squares, size))
        if norm > self.radius:
            for j in range(size):
                self.mean[j] *= self.radius / norm

    def contribute(self, contributions: cython.p_double) -> None:
        """Squared deviations."""
        k: cython.Py_ssize_t
        for k in range(self.features.count):
            contributions[self.features.present[k]] = self.gradient[k] * self.gradient[k]

    def trace_rows(self, rows: Any, names: Any) -> array[float]:
        """Learn rows one by one; returns theta before each, row after row, 0 before the first."""
        width: cython.Py_ssize_t = len(names)
        c: cython.Py_ssize_t
        out = array("d")
        for start in range(0, len(rows), width):
            columns = self.features.match(names)
            out.extend(
                [self.mean_values[columns[c]] if columns[c] >= 0 else 0.0 for c in range(width)]
            )
            self.run_rows(rows[start : start + width], names, True, zeros(1), zeros(1))
        return out

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Mean and count of each feature."""
        return 2 * size

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        size: cython.Py_ssize_t = self.features.size
        j: cython.Py_ssize_t
        DetectorKernel.exchange(self, archive)
        self.step_size.exchange(archive, size)
        self.norm.exchange(archive)
        self.start_energy = archive.number(self.start_energy)
        self.mean_values = archive.gradients(self.mean_values, size)
        self.seen_values = archive.vector(self.seen_values, size)
        self.point()
        if self.start_energy < 0.0:
            raise ValueError("the state holds an impossible scale: it is damaged")
        self.starting = 0
        for j in range(size):
            archive.check_count(self.seen[j])
            if self.seen[j] < self.start.length:
                self.starting += 1
        self.start.exchange(archive, self.seen, size)
        return 0

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        return [
            *DetectorKernel.owners(self),
            *self.step_size.owners(),
            *self.start.owners(),
            self.norm,
            self.mean_values,
            self.seen_values,
            self.gradient_values,
        ]
