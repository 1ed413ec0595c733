# cython: language_level=3, cdivision=True
"""How far one event moves an estimate: the step size eta."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.archive import Archive
from clipsgd_river._kernels.features import FeatureTable
from clipsgd_river._kernels.gradient_trace import GradientTrace

try:
    import cython
except ImportError:
    from clipsgd_river._kernels import _shim as cython

LARGEST_RATE = 0.3
SHORT_MEMORY = 20.0
LONG_MEMORY = 1000.0


class StepSize:
    """One step size for all features of a kernel.

    Parameters
    ----------
    rule
        ``"auto"``: as large as the agreement of recent gradients says (`GradientTrace`), between
        ``smallest`` and 0.3. ``"doubling"``: epochs m of length 2**m with step 2**(-2m/3), which
        balances averaging against drift without knowing the length of the stream. A number in
        (0, 1]: constant. A River scheduler: its ``get(t)`` for the t-th event.
    smallest
        The automatic step at rest; its inverse is the memory in events.
    memories
        1: watch gradients over up to 50 events, beyond two deviations of noise. 2: over up to 20
        events, where only a clear agreement counts (an abrupt change), and over up to 1,000, where
        any counts (slow drift); the larger step wins.
    """

    def __init__(self, rule: object, smallest: float, memories: int) -> None:
        self.rate = 1.0
        self.smallest = smallest
        self.automatic = rule == "auto"
        self.doubling = rule == "doubling"
        self.scheduler = rule if hasattr(rule, "get") else None
        if not self.automatic and not self.doubling and self.scheduler is None:
            self.rate = float(rule)  # type: ignore[arg-type]  # validated by the faces
        self.two_memories = memories == 2
        if self.two_memories:
            self.fast = GradientTrace(SHORT_MEMORY, 6.0)
            self.slow = GradientTrace(LONG_MEMORY, 0.0)
        else:
            self.fast = GradientTrace(50.0, 2.0)
            self.slow = self.fast

    def advance(
        self, gradient: cython.p_double, features: FeatureTable, energy: float, events: float
    ) -> None:
        """Choose the rate for the event whose clipped gradient, of squared norm energy, this is."""
        wish: cython.double
        if self.automatic:
            wish = self.fast.observe(gradient, features, energy)
            if self.two_memories:
                wish = max(wish, self.slow.observe(gradient, features, energy))
            self.rate = min(max(wish, self.smallest), LARGEST_RATE)
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

    def reserve(self, size: cython.Py_ssize_t) -> int:
        """Make room for ``size`` features."""
        if self.automatic:
            self.fast.reserve(size)
            if self.two_memories:
                self.slow.reserve(size)
        return 0

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> int:
        """Pass the state through ``archive``."""
        self.rate = archive.number(self.rate)
        if not 0.0 <= self.rate <= 1.0:
            raise ValueError("the state holds an impossible learning rate: it is damaged")
        if self.automatic:
            self.fast.exchange(archive, size)
            if self.two_memories:
                self.slow.exchange(archive, size)
        return 0

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this step size."""
        return [self, self.fast, self.slow, self.fast.mean_values, self.slow.mean_values]
