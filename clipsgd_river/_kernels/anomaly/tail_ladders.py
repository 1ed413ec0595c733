# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How far out in its distribution a value lies, in bits: ladders of quantiles and heavy tails."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.proba.pareto_tails import ParetoTails

if not cython.compiled:
    from math import log

    from clipsgd_river._kernels.anomaly.frequent_values import BITS
    from clipsgd_river._kernels.core.archive import LARGEST_COUNT

# Rungs of a side: the median and the quantiles of tail levels 1/4, 1/8, 1/16 and 1/32.
RUNGS = 5
SIDES = 2
LAST_LEVEL = 0.03125
# Events, over the inverse of its level, that the start of a rung is worth.
HEAD_START = 4.0
# Spacing of rungs that lie upon each other, in scales of the tail beyond: a step leaves an atom.
LEAST_SPACING = 0.5
# Half of an exponential tail's excesses lie within this share of its mean.
LOG_2 = 0.6931471805599453
ROOT_HALF = 0.7071067811865476
# Events after which a tail learns its next excess: one in 32 is one at rest, and those of a burst
# must not be all that it remembers.
PAUSE = 16.0
# Where so large a share of events lies beyond a last rung, the ladder is no longer that of the
# variable, and starts anew.
LOST = 0.25
# A ladder from n events counts with n / (n + 20) of its bits.
PRIOR_EVENTS = 20.0
LARGEST_RUNG = 1e152


class TailLadders:
    r"""Quantiles of each feature at tail levels 2**-1 to 2**-5 on both sides, and tails beyond.

    The rung q of tail level p takes clipped steps on the pinball loss, whose gradient is bounded,
    in units of one over the density, p over the spacing s between it and the rung below,

    .. math:: q \leftarrow q + \eta\, s \left(\frac{1\{x > q\}}{p} - 1\right), \qquad
              \eta = \max\left(\frac{1}{n + 4 / p}, \frac{1}{T}\right),

    and does not step beyond x, so that it can rest on a value that repeats. A step up is at most
    eta / p spacings, whatever x is. Beyond the last rung a generalised Pareto tail is fitted to the
    excesses by clipped natural gradients (`ParetoTail`), one in 16 events at most, so that a burst
    is not all that it remembers; and the share of events beyond is counted.

    The bits of a value are -log2 of the probability of one at least as far out on its side, minus
    one for there being two sides: 0 at the median, 1 at the quartiles. 2**-bits is a p-value.

    The first ``length`` values go to a `RobustStart`, whose location and scale give the first
    rungs. Once a quarter of the events lies beyond a last rung the ladder starts anew; of a burst
    it takes some quarter of the memory.

    O(1) per event and feature, 256 bytes a feature.

    Parameters
    ----------
    memory
        T, in events.
    length
        Values that a start takes.
    """

    def __init__(self, memory: float, length: int) -> None:
        self.memory = memory
        self.start = RobustStart(length)
        self.tails = ParetoTails(min(1.0 / (LAST_LEVEL * memory), 0.1))
        self.rungs = Vector()
        self.beyond = Vector()
        # Events until a tail learns again.
        self.pause = Vector()
        self.count = Vector()
        # Whether any ladder is lost, and features whose start is not over.
        self.lost = False

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.rungs.grow(SIDES * RUNGS * size)
        self.beyond.grow(SIDES * size)
        self.pause.grow(SIDES * size)
        self.count.grow(size)
        self.tails.grow(SIDES * size)
        self.start.grow(size)
        return 0

    def begin(self, j: cython.Py_ssize_t) -> None:
        """Start the ladder of the feature at position j, in memory of `grow`."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        self.count.at[j] = 0.0
        for i in range(SIDES * j, SIDES * j + SIDES):
            self.tails.start(i, 0.0)
            self.beyond.at[i] = LAST_LEVEL
            self.pause.at[i] = 0.0
            for k in range(RUNGS * i, RUNGS * i + RUNGS):
                self.rungs.at[k] = 0.0

    def restart(self, size: cython.Py_ssize_t) -> cython.int:
        """Start lost ladders anew."""
        j: cython.Py_ssize_t
        self.start.grow(size)
        for j in range(size):
            if self.is_lost(j):
                self.begin(j)
        self.lost = False
        return 0

    def close_start(self, size: cython.Py_ssize_t) -> cython.int:
        """Give the memory of starts back once none goes on."""
        j: cython.Py_ssize_t
        if self.start.open:
            for j in range(size):
                if self.count.at[j] < self.start.length:
                    return 0
            self.start.close()
        return 0

    def is_lost(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether a ladder is no longer that of its feature."""
        if self.count.at[j] < self.start.length:
            return False
        return max(self.beyond.at[SIDES * j], self.beyond.at[SIDES * j + 1]) >= LOST

    def bits(self, j: cython.Py_ssize_t, value: float) -> float:
        """Bits of a value of the feature at position j; 0 before its first."""
        n: cython.double = self.count.at[j]
        i: cython.Py_ssize_t = SIDES * j
        if n == 0.0:
            return 0.0
        if value < self.rungs.at[RUNGS * i]:
            i += 1
            value = -value
        return max(self.rarity(i, value) - 1.0, 0.0) * (n / (n + PRIOR_EVENTS))

    def is_below_median(self, j: cython.Py_ssize_t, value: float) -> cython.bint:
        """Whether a value of the feature at position j lies below its median."""
        return value < self.rungs.at[RUNGS * SIDES * j]

    def rarity(self, i: cython.Py_ssize_t, value: float) -> float:
        """-log2 of the probability of more than a value on side i, which counts outwards."""
        rungs: cython.p_double = self.rungs.at
        k: cython.Py_ssize_t = RUNGS * i
        last: cython.Py_ssize_t = k + RUNGS - 1
        level: cython.double = 1.0
        share: cython.double
        if not value > rungs[k]:
            return 0.0
        while k < last:
            if not value > rungs[k + 1]:
                return level + (value - rungs[k]) / (rungs[k + 1] - rungs[k])
            level += 1.0
            k += 1
        share = max(min(self.beyond.at[i], LAST_LEVEL), 1e-300)
        return BITS * (self.tails.exponent(i, value - rungs[last]) - log(share))

    def observe(self, j: cython.Py_ssize_t, value: float) -> None:
        """Let a ladder follow one value."""
        i: cython.Py_ssize_t = SIDES * j
        n: cython.double = self.count.at[j]
        if n < self.start.length:
            self.add(j, value)
            return
        self.count.at[j] = n + 1.0
        self.move_median(i, n, value)
        self.climb(i, n, value)
        self.climb(i + 1, n, -value)
        if self.is_lost(j):
            self.lost = True

    def add(self, j: cython.Py_ssize_t, value: float) -> None:
        """Add one of the first values."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        middle: cython.double
        scale: cython.double
        self.start.add(j, cython.cast(cython.Py_ssize_t, self.count.at[j]), value)
        self.count.at[j] = self.count.at[j] + 1.0
        scale = self.start.scale
        for i in range(SIDES * j, SIDES * j + SIDES):
            middle = self.start.location if i == SIDES * j else -self.start.location
            for k in range(RUNGS):
                self.rungs.at[RUNGS * i + k] = middle + scale * quantile_of_start(k)
            # The median of an exponential tail's excesses lies one spacing of rungs out.
            self.tails.start(i, scale * (quantile_of_start(4) - quantile_of_start(3)) / LOG_2)
            self.beyond.at[i] = LAST_LEVEL
            self.pause.at[i] = 0.0

    def step_size(self, n: float, k: cython.Py_ssize_t) -> float:
        """Step of the rung of tail level 2**-(k + 1) at the n-th event."""
        if n >= self.memory:
            return 1.0 / self.memory
        return max(1.0 / (n + HEAD_START * (2 << k)), 1.0 / self.memory)

    def move_median(self, i: cython.Py_ssize_t, n: float, value: float) -> None:
        """One step of the median, which is a rung of both sides."""
        rungs: cython.p_double = self.rungs.at
        upper: cython.Py_ssize_t = RUNGS * i
        lower: cython.Py_ssize_t = upper + RUNGS
        middle: cython.double = rungs[upper]
        tails: cython.double = self.tails.scale(i) + self.tails.scale(i + 1)
        length: cython.double = max(rungs[upper + 1] + rungs[lower + 1], LEAST_SPACING * tails)
        length *= self.step_size(n, 0)
        middle = min(middle + length, value) if value > middle else max(middle - length, value)
        rungs[upper] = middle
        rungs[lower] = -middle

    def climb(self, i: cython.Py_ssize_t, n: float, value: float) -> None:
        """One step of the rungs of side i but the median, and of the tail beyond."""
        rungs: cython.p_double = self.rungs.at
        base: cython.Py_ssize_t = RUNGS * i
        least: cython.double = LEAST_SPACING * self.tails.scale(i)
        below: cython.double = rungs[base]
        rung: cython.double
        length: cython.double
        inverse: cython.double = 2.0
        rate: cython.double
        share: cython.double
        k: cython.Py_ssize_t
        is_beyond: cython.bint
        for k in range(1, RUNGS):
            inverse *= 2.0
            rung = max(rungs[base + k], below)
            length = max(rung - below, least) * self.step_size(n, k)
            if value > rung:
                rung = min(rung + length * (inverse - 1.0), value)
            else:
                rung = max(max(rung - length, value), below)
            below = min(rung, LARGEST_RUNG)
            rungs[base + k] = below
        is_beyond = value > below
        rate = max(1.0 / (n + 1.0 / LAST_LEVEL), 1.0 / self.memory)
        share = self.beyond.at[i]
        self.beyond.at[i] = share + rate * ((1.0 if is_beyond else 0.0) - share)
        if self.pause.at[i] > 0.0:
            self.pause.at[i] = self.pause.at[i] - 1.0
        elif is_beyond:
            self.tails.observe(i, value - below)
            self.pause.at[i] = PAUSE - 1.0

    def quantile(self, j: cython.Py_ssize_t, level: float) -> float:
        """Quantile of the feature at position j, 0 < level < 1."""
        i: cython.Py_ssize_t = SIDES * j
        if level < 0.5:
            return -self.reach(i + 1, level)
        return self.reach(i, 1.0 - level)

    def reach(self, i: cython.Py_ssize_t, level: float) -> float:
        """What values of side i exceed with probability ``level`` in (0, 1/2]."""
        rungs: cython.p_double = self.rungs.at
        base: cython.Py_ssize_t = RUNGS * i
        position: cython.double = -BITS * log(level) - 1.0
        k: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, max(position, 0.0))
        share: cython.double
        if k < RUNGS - 1:
            return rungs[base + k] + (position - k) * (rungs[base + k + 1] - rungs[base + k])
        share = max(min(self.beyond.at[i], LAST_LEVEL), 1e-300)
        if level >= share:
            return rungs[base + RUNGS - 1]
        return rungs[base + RUNGS - 1] + self.tails.excess_at(i, level / share)

    def share_beyond(self, i: cython.Py_ssize_t, value: float) -> float:
        """Share of the values further out on side i than one that rungs may rest on.

        Between the levels of the last rung upon it and of the next, their geometric mean.
        """
        rungs: cython.p_double = self.rungs.at
        k: cython.Py_ssize_t = RUNGS * i
        last: cython.Py_ssize_t = k + RUNGS - 1
        level: cython.double = 0.5
        if rungs[k] > value:
            return 0.5 * (1.0 + level)
        while k < last:
            if rungs[k + 1] > value:
                return level * ROOT_HALF
            level *= 0.5
            k += 1
        return min(self.beyond.at[i], LAST_LEVEL)

    def shorten(self, size: cython.Py_ssize_t, events: float) -> None:
        """Reduce the weight of past events to that of ``events``."""
        j: cython.Py_ssize_t
        for j in range(size):
            self.count.at[j] = min(self.count.at[j], max(events, self.start.length))

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """How many numbers a state of ``size`` features has at least."""
        return (SIDES * (RUNGS + 7) + 1) * size

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        self.count.exchange_counts(archive, size, LARGEST_COUNT, "count of a feature")
        if archive.reading:
            self.tails.grow(SIDES * size)
        largest: cython.double = LARGEST_RUNG
        self.rungs.exchange_bounded(archive, SIDES * RUNGS * size, -largest, largest, "quantile")
        self.beyond.exchange_bounded(archive, SIDES * size, 0.0, 1.0, "share")
        self.pause.exchange_counts(archive, SIDES * size, PAUSE, "pause of a tail")
        self.tails.exchange(archive, SIDES * size)
        if not archive.reading:
            self.close_start(size)
        self.start.exchange(archive, self.count.at, size)
        if archive.reading and not archive.trusted:
            for i in range(SIDES * size):
                for k in range(RUNGS * i + 1, RUNGS * (i + 1)):
                    if self.rungs.at[k] < self.rungs.at[k - 1]:
                        raise ValueError("the state holds quantiles out of order: it is damaged")
        return 0


def quantile_of_start(k: cython.Py_ssize_t) -> float:
    """Quantile of tail level 2**-(k + 1) of a standard normal variable, k up to 4."""
    if k < 2:
        return 0.0 if k == 0 else 0.6744897501960817
    if k == 2:
        return 1.1503493803760079
    return 1.5341205443525463 if k == 3 else 1.8627318674
