# cython: language_level=3, cdivision=True
"""The step size eta: how far one event moves an estimate."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.sgd.gradient_trace import GradientTrace
from clipsgd_river._kernels.sgd.step_descent import StepDescent

if not cython.compiled:
    from clipsgd_river._kernels.sgd.step_descent import LARGEST_RATE

# The automatic step of a location at rest: a memory of 2,000 events.
RATE_AT_REST = 0.0005
ABRUPT_MEMORY = 60.0
ABRUPT_SIGNIFICANCE = 6.0


class StepSize:
    """One step size for all features of a kernel.

    Parameters
    ----------
    rule
        ``"auto"``: found from the gradients, between ``smallest`` and 0.3. ``"doubling"``: epochs m
        of length 2**m with step 2**(-2m/3), which balances averaging against drift without knowing
        the length of the stream. A number in (0, 1]: constant. A River scheduler: its ``get(t)``
        for the t-th event.
    smallest
        The automatic step at rest; its inverse is the memory in events.
    descending
        How the automatic step is found. True, for an estimate that should converge: `StepDescent`,
        restarted by an abrupt change, which is six deviations of noise in the mean gradient of up
        to 60 events (`GradientTrace`). False, for one that only has to track: as large as the
        agreement of up to 50 recent gradients beyond two deviations of noise.
    """

    def __init__(self, rule: object, smallest: float, descending: bool) -> None:
        self.rate = 1.0
        self.smallest = smallest
        self.automatic = rule == "auto"
        self.doubling = rule == "doubling"
        self.scheduler = rule if hasattr(rule, "get") else None
        if not self.automatic and not self.doubling and self.scheduler is None:
            self.rate = float(rule)  # type: ignore[arg-type]  # validated before
        self.descending = descending
        self.descent = StepDescent(smallest)
        if descending:
            self.trace = GradientTrace(ABRUPT_MEMORY, ABRUPT_SIGNIFICANCE)
        else:
            self.trace = GradientTrace(50.0, 2.0)

    def advance(
        self, gradient: cython.p_double, features: FeatureTable, energy: float, events: float
    ) -> None:
        """Choose the rate for the event whose clipped gradient, of squared norm energy, this is."""
        wanted: cython.double
        if self.automatic:
            wanted = self.trace.observe(gradient, features, energy)
            if self.descending:
                self.rate = self.descent.observe(gradient, features, energy, wanted, events)
            else:
                self.rate = min(max(wanted, self.smallest), LARGEST_RATE)
        elif self.doubling:
            epoch: cython.double = 1.0
            rate: cython.double = 1.0
            while epoch * 2.0 <= events:
                epoch *= 2.0
                rate *= 0.6299605249474366  # 2**(-2/3)
            self.rate = rate

    def consult_scheduler(self, events: float) -> int:
        """Ask the River scheduler, if there is one, for the rate of the t-th event."""
        if self.scheduler is not None:
            rate = float(self.scheduler.get(int(events)))
            if not 0.0 <= rate <= 1.0:
                raise ValueError(
                    f"the scheduler {self.scheduler!r} gave the learning rate {rate} at event "
                    f"{int(events)}; a clipped SGD step needs one from 0 to 1"
                )
            self.rate = rate
        return 0

    def grow(self, size: cython.Py_ssize_t) -> int:
        """Provide memory for ``size`` features."""
        if self.automatic:
            self.trace.grow(size)
            if self.descending:
                self.descent.grow(size)
        return 0

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the gradients of a feature that is gone."""
        if self.automatic:
            self.trace.mean.at[j] = 0.0
            if self.descending:
                self.descent.slope.at[j] = 0.0

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> int:
        """Pass the state through ``archive``."""
        self.rate = archive.bounded(self.rate, 0.0, 1.0, "learning rate")
        if self.automatic:
            self.trace.exchange(archive, size)
            if self.descending:
                self.descent.exchange(archive, size)
        return 0
