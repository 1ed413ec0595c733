# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Linear regression by clipped SGD."""

from __future__ import annotations

from array import array
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.linear_model.linear import LinearKernel
from clipsgd_river._kernels.linear_model.linear_unit import LinearUnit

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.linear_model.linear_unit import LARGEST_WEIGHT
    from clipsgd_river._kernels.sgd.step_size import RATE_AT_REST


class RegressionKernel(LinearKernel):
    """One linear function, squared loss, the gradient clipped at twice its median norm.

    The centre starts at the median of the first targets, the threshold at their deviation.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        LinearKernel.__init__(self, settings)
        self.unit = LinearUnit(settings["learning_rate"], RATE_AT_REST, 1.0)
        self.target_start = RobustStart(settings["warm_up"])
        self.target_start.grow(1)
        self.value = 0.0

    def prepare(self) -> cython.int:
        """Ask a River scheduler, if there is one, for the next step."""
        LinearKernel.prepare(self)
        self.unit.weight_step.consult_scheduler(self.events + 1.0)
        self.unit.centre_step.consult_scheduler(self.events + 1.0)
        return 0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.unit.grow(size)
        return LinearKernel.grow(self, size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        LinearKernel.reset_feature(self, j)
        self.unit.reset_feature(j)

    def evaluate(self) -> None:
        """Value of the linear function."""
        self.value = self.unit.value(self.inputs)

    def write(self, out: cython.p_double, start: cython.Py_ssize_t) -> None:
        """The value itself."""
        out[start] = self.value

    def teach(self, target: float) -> None:
        """One clipped step towards the target."""
        energy: cython.double = self.follow_inputs()
        self.unit.recentre(self.inputs, self.before.at)
        target = max(min(target, LARGEST_WEIGHT), -LARGEST_WEIGHT)
        dimension: cython.double = self.features.count + 1
        if self.events <= self.target_start.length:
            self.target_start.add(0, cython.cast(cython.Py_ssize_t, self.events) - 1, target)
            self.unit.centre = self.target_start.location
            self.error_clip.norm.start_at(self.target_start.scale * sqrt(dimension), 10.0)
            return
        error: cython.double = target - self.value
        norm: cython.double = fabs(error) * sqrt(1.0 + energy)
        if self.error_clip.norm.value == 0.0:
            # Targets were constant so far: Chebyshev's inequality bounds the scale after n events.
            self.error_clip.norm.start_at(norm / sqrt(self.events), 1.0)
        error *= self.clipped(norm, self.unit.weight_step.rate)
        self.error_clip.observe(norm, dimension)
        self.unit.learn_gradient(self.inputs, error, energy, self.events)
        # No step goes beyond the minimum for this event alone.
        self.unit.move(self.inputs, self.unit.gradient.at, error, 1.0 / (1.0 + energy), self.events)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        LinearKernel.exchange(self, archive)
        self.unit.exchange(archive, self.features.size)
        seen = array("d", [self.events])
        self.target_start.exchange(archive, doubles(seen), 1)
        return 0
