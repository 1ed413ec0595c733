# cython: language_level=3, cdivision=True
"""The clip threshold lambda: the largest norm of a gradient, estimated from the stream."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.gaussian import clipped_second_moment
from clipsgd_river._kernels.core.running_quantile import RunningQuantile

if not cython.compiled:
    from math import sqrt

# The automatic threshold is this multiple of the median norm of the gradient: the typical gradient
# passes whole, and a standard normal one (d = 1) is cut in 18 % of events.
MULTIPLE = 2.0
# Beyond every norm a gradient can have, so nothing is clipped.
UNLIMITED = 1e300


class ClipThreshold:
    """Largest L2 norm a gradient keeps; longer ones are shortened to it.

    Parameters
    ----------
    rule
        ``"auto"``: kappa times the running median of the gradient norm; needs no bound on the
        variance. ``"growing"``: that times the fourth root of the memory (the effective number of
        events behind the estimate), so that the bias of clipping vanishes for every distribution
        of finite variance. A positive number: fixed, in the units of the gradient. ``None``: no
        clipping.
    multiple
        The factor kappa: 2 unless a kernel gives its reasons for another.
    """

    def __init__(self, rule: str | float | None, multiple: float = MULTIPLE) -> None:
        self.multiple = multiple
        self.growing = rule == "growing"
        self.fixed = 0.0
        if rule is None:
            self.fixed = UNLIMITED
        elif not isinstance(rule, str):
            self.fixed = float(rule)
        self.norm = RunningQuantile(0.5, 0.02)

    def value(self, memory: float, dimension: float) -> float:
        """Threshold now, for an estimate that remembers ``memory`` events.

        Before any norm was seen the median norm of ``dimension`` standardised features, about
        sqrt(dimension), stands in.
        """
        if self.fixed > 0.0:
            return self.fixed
        threshold: cython.double = self.norm.value
        if threshold == 0.0:
            threshold = sqrt(dimension)
        threshold *= self.multiple
        if self.growing and memory > 1.0:
            threshold *= sqrt(sqrt(memory))
        return threshold

    def observe(self, norm: float, dimension: float) -> None:
        """Let the median follow the norm of one gradient."""
        if self.norm.value == 0.0 and norm > 0.0:
            # A first gradient may be the outlier: the median starts from what is usual.
            self.norm.observe(sqrt(dimension))
        self.norm.observe(norm)

    def gaussian_share(self, dimension: cython.Py_ssize_t) -> float:
        """Share of the second moment of a standard normal vector that survives clipping.

        Dividing by it makes a scale estimated from clipped gradients consistent at the Gaussian.
        """
        if dimension == 0 or self.growing or self.fixed == UNLIMITED:
            return 1.0
        return clipped_second_moment(dimension, self.fixed, self.multiple)

    def exchange(self, archive: Archive) -> int:
        """Pass the state through ``archive``."""
        self.norm.exchange(archive)
        return 0
