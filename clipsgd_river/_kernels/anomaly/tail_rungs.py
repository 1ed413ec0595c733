# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Where the upper tail of each of many standardised variables begins, and how heavy it is."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.proba.pareto_tails import ParetoTails

if not cython.compiled:
    from math import floor, log, log1p

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.proba.pareto_tails import LARGEST_RATIO, LARGEST_UNIT, NUMBERS

# Share of values beyond a rung.
LEVEL = 0.03125
# Of a standard normal variable: that quantile, and the mean of the excesses over it.
FIRST_RUNG = 1.8627318674
FIRST_UNIT = 0.3894790520816378
# Rungs are positive, so that values within can be measured by them.
SMALLEST_RUNG = 0.25
LARGEST_RUNG = 1e36
# No tail is taken for lighter: that values ended somewhere says little of one that lies beyond.
LEAST_SHAPE = 0.1
SMALLEST_SHARE = 1e-300
# Events of a variable after which its tail learns the next excess, once there were thousands, and
# as a share of those there were: a burst must not be all that it remembers.
PAUSE = 16.0
PAUSE_SHARE = 1.0 / 256.0


class TailRungs:
    r"""The quantile of tail level p = 1/32 of each variable, and a heavy tail beyond.

    The rung q takes clipped steps on the pinball loss, in units of one over the density, which is
    p over the scale s of the tail beyond,

    .. math:: q \leftarrow q + \eta\, s \left(\frac{1\{x > q\}}{p} - 1\right),

    and does not step beyond x. The share of values beyond the rung is counted: of a flag it is that
    of the flag. Excesses are fitted by a `ParetoTail` each.

    All variables step in one pass, and only what exceeds a rung costs more. O(1) a value, 64 bytes
    a variable.

    Parameters
    ----------
    memory
        Events that count.
    """

    def __init__(self, memory: float) -> None:
        self.rungs = Vector()
        self.shares = Vector()
        # Scales of the tails, side by side.
        self.units = Vector()
        # Events of a variable from which on its tail learns again.
        self.due = Vector()
        self.tails = ParetoTails(min(1.0 / (LEVEL * memory), 0.1))

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` variables."""
        self.rungs.grow(size)
        self.shares.grow(size)
        self.units.grow(size)
        self.due.grow(size)
        return self.tails.grow(size)

    def begin(self, j: cython.Py_ssize_t) -> None:
        """Start variable j as a standard normal one whose tail may be heavy."""
        self.rungs.at[j] = FIRST_RUNG
        self.shares.at[j] = LEVEL
        self.units.at[j] = FIRST_UNIT
        self.due.at[j] = 0.0
        self.tails.start(j, FIRST_UNIT)

    def nats(self, j: cython.Py_ssize_t, value: float) -> float:
        """-log of the probability of more than a value that is beyond the rung of variable j."""
        shape: cython.double = max(self.tails.numbers.at[NUMBERS * j], LEAST_SHAPE)
        excess: cython.double = (value - self.rungs.at[j]) / self.units.at[j]
        share: cython.double = max(min(self.shares.at[j], LEVEL), SMALLEST_SHARE)
        return log1p(shape * min(excess, LARGEST_RATIO)) / shape - log(share)

    def follow(
        self,
        present: cython.p_int,
        values: cython.p_double,
        rates: cython.p_double,
        count: cython.Py_ssize_t,
    ) -> None:
        """One step of the rungs and shares of the present variables, of size ``rates`` each."""
        rungs: cython.p_double = self.rungs.at
        shares: cython.p_double = self.shares.at
        units: cython.p_double = self.units.at
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        x: cython.double
        q: cython.double
        step: cython.double
        up: cython.double
        down: cython.double
        is_beyond: cython.double
        for k in range(count):
            j = present[k]
            x = values[k]
            q = rungs[j]
            step = rates[k] * units[j]
            up = min(q + step * (1.0 / LEVEL - 1.0), x)
            down = max(q - step, x)
            down = max(down, SMALLEST_RUNG)
            is_beyond = 1.0 if x > q else 0.0
            rungs[j] = up if x > q else min(down, q)
            shares[j] += rates[k] * (is_beyond - shares[j])

    def learn_excess(self, j: cython.Py_ssize_t, value: float, events: float) -> None:
        """Let the tail of variable j follow a value beyond its rung, the variable's n-th."""
        if events < self.due.at[j]:
            return
        self.due.at[j] = floor(events + min(PAUSE, PAUSE_SHARE * events))
        self.tails.observe(j, value - self.rungs.at[j])
        self.units.at[j] = self.tails.scale(j)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` variables through ``archive``."""
        j: cython.Py_ssize_t
        if archive.reading:
            self.grow(size)
        self.rungs.exchange_bounded(archive, size, SMALLEST_RUNG, LARGEST_RUNG, "quantile")
        self.shares.exchange_bounded(archive, size, 0.0, 1.0, "share")
        self.due.exchange_counts(archive, size, LARGEST_COUNT, "pause of a tail")
        self.tails.exchange(archive, size)
        if archive.reading:
            self.units.grow(size)
            for j in range(size):
                self.units.at[j] = self.tails.scale(j)
                archive.check(self.units.at[j], 1e-200, LARGEST_UNIT, "tail")
        return 0
