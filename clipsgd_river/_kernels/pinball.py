# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""A quantile of one variable by stochastic gradient descent on the pinball loss."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.archive import Archive
from clipsgd_river._kernels.running_quantile import RunningQuantile
from clipsgd_river._kernels.univariate import UnivariateKernel

try:
    import cython
except ImportError:
    from clipsgd_river._kernels import _shim as cython

if not cython.compiled:
    from math import fabs, sqrt

# A step of rate eta is this many spreads times eta. Near its median a Gaussian has a density of
# about 0.27 per spread (its median deviation), so that the memory is about 1 / eta there.
STEP_IN_SPREADS = 4.0


class PinballKernel(UnivariateKernel):
    r"""Quantile of level p: the gradient is p above the iterate and p - 1 below.

    It is bounded by itself. The step is eta times a spread, the running median of the non-zero
    distances from the iterate, so that it fits any unit. To average, eta = t^(-5/8) and the
    estimate is the mean of the iterates (Polyak and Ruppert), which is as good as the best step
    without knowing the density that the best step would have to know.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        UnivariateKernel.__init__(self, settings)
        self.level = settings["q"]
        self.averaging = settings["learning_rate"] == "averaging"
        self.iterate = 0.0
        self.quantile = 0.0
        self.spread = RunningQuantile(0.5, 0.02)

    def begin(self) -> None:
        """Quantile of the start's values, interpolated between neighbours."""
        sample: cython.p_double = self.start.sample
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count)
        place: cython.double = self.level * (self.count - 1.0)
        k: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, place)
        share: cython.double = place - k
        self.iterate = sample[k]
        if k + 1 < n:
            self.iterate = (1.0 - share) * sample[k] + share * sample[k + 1]
        self.quantile = self.iterate
        self.spread.place(self.start.scale, self.count)

    def step(self, value: float) -> None:
        """One step of the iterate, and of the mean of iterates."""
        deviation: cython.double = value - self.iterate
        gradient: cython.double = 0.0
        rate: cython.double
        if deviation > 0.0:
            gradient = self.level
        elif deviation < 0.0:
            gradient = self.level - 1.0
        if deviation != 0.0:
            if self.spread.value > 0.0:
                self.spread.observe(fabs(deviation))
            else:
                # A constant that changes: t equal values leave the change a probability of 1 / t.
                self.spread.place(fabs(deviation) / self.count, 1.0)
        if self.averaging:
            rate = 1.0 / (sqrt(self.count) * sqrt(sqrt(sqrt(self.count))))
        else:
            rate = self.choose_rate(gradient)
        self.iterate += STEP_IN_SPREADS * rate * self.spread.value * gradient
        if self.averaging:
            # Halves first: the difference of two large values must stay finite.
            self.quantile += 2.0 * ((0.5 * self.iterate - 0.5 * self.quantile) / self.count)
        else:
            self.quantile = self.iterate

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        UnivariateKernel.exchange(self, archive)
        self.iterate = archive.number(self.iterate)
        self.quantile = archive.number(self.quantile)
        self.spread.exchange(archive)
        return 0

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        return [*UnivariateKernel.owners(self), self.spread]
