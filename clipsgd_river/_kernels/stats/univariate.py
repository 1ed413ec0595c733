# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What the statistics of one variable share: start, step size, rows, pickling."""

from __future__ import annotations

from array import array
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.step_size import StepSize

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.sgd.step_size import RATE_AT_REST


class UnivariateKernel(ArchivedKernel):
    """One variable, one step per value.

    The first values go to a `RobustStart`; after each of them ``begin`` makes the estimates anew
    from all of them. Later ones go to ``step``. A subclass has both, and ``exchange``.

    Parameters
    ----------
    settings
        ``learning_rate`` (``"averaging"``, or what `StepSize` takes) and ``warm_up``, validated,
        and what a subclass adds; kept as given.
    components
        Numbers in a gradient.
    """

    def __init__(self, settings: dict[str, Any], components: cython.Py_ssize_t = 1) -> None:
        self.settings = settings
        self.count = 0.0
        rate = settings["learning_rate"]
        # The share of a value is never below 1 / t: averaging is a rate of 0.
        self.step_size = StepSize(0.0 if rate == "averaging" else rate, RATE_AT_REST, True)
        self.scheduled = hasattr(rate, "get")
        self.start = RobustStart(settings["warm_up"])
        self.start.grow(1)
        self.features = FeatureTable(components)
        self.features.place(list(range(components)))
        self.features.grow(components)
        self.features.add_pending()
        self.features.count = components
        self.step_size.grow(components)
        self.gradient = Vector(components)

    def step(self, value: float) -> None:
        """Take one step on a value after the start."""

    def begin(self) -> None:
        """Make the estimates from the ``count`` values of the start, which `start` has sorted."""

    def finish_start(self) -> None:
        """Take what is wanted of the start's values, before they are forgotten."""

    def settle(self) -> cython.int:
        """Provide the memory that ``features`` wants."""
        return 0

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.count = archive.count(self.count)
        self.step_size.exchange(archive, self.features.size)
        counts = array("d", [self.count])
        self.start.exchange(archive, doubles(counts), 1)
        if self.count >= self.start.length:
            self.start.close()
        return 0

    def memory(self) -> float:
        """Values behind the estimate: all so far, or 1 / eta if that is fewer."""
        if self.count * self.step_size.rate > 1.0:
            return 1.0 / self.step_size.rate
        return self.count

    def choose_rate(self, gradient: float) -> float:
        """Step size for the value whose clipped gradient, in scales, this is; at least 1 / t."""
        self.gradient.at[0] = gradient
        self.step_size.advance(self.gradient.at, self.features, gradient * gradient, self.count)
        return max(self.step_size.rate, 1.0 / self.count)

    def learn(self, value: float) -> cython.int:
        """Learn one value; NaN is missing and teaches nothing."""
        if value != value:
            return 0
        value = max(min(value, LARGEST_VALUE), -LARGEST_VALUE)
        if self.scheduled:
            self.step_size.consult_scheduler(self.count + 1.0)
        if self.features.wants_memory:
            self.settle()
        self.count += 1.0
        if self.count > self.start.length:
            self.step(value)
            return 0
        self.start.add(0, cython.cast(cython.Py_ssize_t, self.count) - 1, value)
        self.begin()
        if self.count == self.start.length:
            self.finish_start()
            if self.features.wants_memory:
                self.settle()
            self.start.close()
        return 0

    def update(self, value: float) -> None:
        """Learn one value."""
        self.learn(value)

    def update_many(self, values: Any) -> None:
        """Learn values in order: an array of doubles; uncompiled, a list."""
        count: cython.Py_ssize_t = len(values)
        i: cython.Py_ssize_t
        if count == 0:
            return
        data: cython.p_double = doubles(values)
        for i in range(count):
            self.learn(data[i])
