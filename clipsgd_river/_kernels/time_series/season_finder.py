# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""After how many events a series repeats itself."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.sgd.deviations import LARGEST_SCALE

# Values that a correlation remembers; more than there are lags.
MEMORY = 1000.0
# Deviations count up to so many scales; a mean absolute deviation times this is a Gaussian's
# standard deviation.
LARGEST_Z = 3.0
GAUSSIAN = 1.2533141373155003
# Values behind the first location and scale.
STARTED = 20.0
# A correlation of a season stands out by this much above the lowest at a shorter lag.
PROMINENCE = 0.2
# The shorter season stands out at least half as much as the one that does most; of those that
# stand out nearly as much the shortest is taken, not its multiples.
SHORT = 0.5
LONG = 0.85
# Seasons are looked for at each event at first, later at each of so many.
AT_FIRST = 64
SELDOM = 16


class SeasonFinder:
    r"""Autocorrelations of one series at all lags up to a longest one, and the seasons in them.

    With z the deviation from a clipped mean, in clipped scales and within +-3,

    .. math:: \rho_l \leftarrow \rho_l + \max(\tfrac{1}{1000}, \tfrac{1}{t})
              (z_t z_{t-l} - \rho_l),

    divided by one less the weight of the first l events, which had no such predecessor. A lag that
    was passed twice and whose correlation is above those of both neighbours is a season if it is .2
    above the lowest at a shorter lag: a slow drift raises all alike. Of such peaks `shorter` is the
    first to stand out half as much as the highest, `longer` the first to do so by 85 %: a day
    within a week. O(lags) per event, 16 bytes for each.

    Parameters
    ----------
    lags
        The longest season, in events, below 1,000.
    """

    def __init__(self, lags: cython.Py_ssize_t) -> None:
        self.lags = lags
        self.past = Vector(lags)
        self.products = Vector(lags)
        self.location = 0.0
        self.scale = 0.0
        self.count = 0.0
        # Share of its weight that the correlation at each lag lacks, divided by the lag.
        self.lacking = 1.0
        self.shorter = 0
        self.longer = 0

    def begin(self, location: float, scale: float) -> None:
        """Start anew, from a first location and scale."""
        i: cython.Py_ssize_t
        for i in range(self.lags):
            self.past.at[i] = 0.0
            self.products.at[i] = 0.0
        self.location = location
        self.scale = scale
        self.count = 0.0
        self.lacking = 1.0
        self.shorter = 0
        self.longer = 0

    def deviation(self, x: float) -> float:
        """Deviation of a value in scales, within +-3."""
        if self.scale == 0.0:
            return 0.0
        return max(-LARGEST_Z, min((x - self.location) / self.scale, LARGEST_Z))

    def value(self, z: float) -> float:
        """The value that has a deviation."""
        return self.location + z * self.scale

    def learn(self, x: float) -> None:
        """Take a step of each correlation, and of location and scale."""
        past: cython.p_double = self.past.at
        products: cython.p_double = self.products.at
        z: cython.double = self.deviation(x)
        rate: cython.double = max(1.0 / MEMORY, 1.0 / (self.count + 1.0))
        seen: cython.longlong = cython.cast(cython.longlong, self.count)
        head: cython.Py_ssize_t = seen % self.lags
        limit: cython.double
        i: cython.Py_ssize_t
        for i in range(head):
            products[i] += rate * (z * past[head - 1 - i] - products[i])
        # Those never passed are zeros times zeros.
        for i in range(head, self.lags):
            products[i] += rate * (z * past[self.lags + head - 1 - i] - products[i])
        past[head] = z
        self.count = min(self.count + 1.0, LARGEST_COUNT)
        self.lacking = 1.0 / self.count if self.count <= MEMORY else self.lacking * (1.0 - rate)
        rate = max(1.0 / MEMORY, 1.0 / (self.count + STARTED))
        if self.scale == 0.0:
            self.scale = min(fabs(x - self.location), LARGEST_SCALE)
        limit = LARGEST_Z * self.scale
        z = max(-limit, min(x - self.location, limit))
        self.location += rate * z
        self.scale += rate * (min(GAUSSIAN * fabs(z), LARGEST_SCALE) - self.scale)
        if seen < AT_FIRST or seen % SELDOM == 0:
            self.choose()

    def correlation(self, lag: cython.Py_ssize_t) -> float:
        """Mean product of deviations so many events apart, fewer than there were."""
        return self.products.at[lag - 1] / (1.0 - lag * self.lacking)

    def choose(self) -> None:
        """Find the seasons."""
        last: cython.Py_ssize_t = self.lags
        lag: cython.Py_ssize_t
        turn: cython.Py_ssize_t
        before: cython.double
        here: cython.double
        after: cython.double
        trough: cython.double
        top: cython.double = PROMINENCE
        if self.count < 2.0 * self.lags:
            last = cython.cast(cython.Py_ssize_t, self.count) // 2
        self.shorter = 0
        self.longer = 0
        if last < 4:
            return
        # The first turn finds the highest peak, the second those of about its height.
        for turn in range(2):
            before = self.correlation(1)
            here = self.correlation(2)
            trough = before
            for lag in range(2, last):
                after = self.correlation(lag + 1)
                trough = min(trough, here)
                if here >= before and here > after:
                    if turn == 0:
                        top = max(top, here - trough)
                    elif here - trough >= max(SHORT * top, PROMINENCE):
                        if self.shorter == 0:
                            self.shorter = lag
                        if here - trough >= LONG * top:
                            if lag != self.shorter:
                                self.longer = lag
                            return
                before = here
                here = after

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.past.exchange_bounded(archive, self.lags, -LARGEST_Z, LARGEST_Z, "deviation")
        self.products.exchange_bounded(
            archive, self.lags, -LARGEST_Z * LARGEST_Z, LARGEST_Z * LARGEST_Z, "correlation"
        )
        self.location = archive.bounded(self.location, -LARGEST_VALUE, LARGEST_VALUE, "location")
        self.scale = archive.bounded(self.scale, 0.0, LARGEST_SCALE, "scale")
        self.count = archive.count(self.count)
        self.lacking = archive.bounded(self.lacking, 0.0, 1.0, "share of a weight")
        if self.count > 0.0 and self.count <= MEMORY:
            archive.check(self.lacking, 1.0 / self.count, 1.0 / self.count, "share of a weight")
        elif self.count > MEMORY:
            archive.check(self.lacking, 0.0, 1.0 / MEMORY, "share of a weight")
        self.shorter = cython.cast(cython.Py_ssize_t, archive.count(self.shorter))
        self.longer = cython.cast(cython.Py_ssize_t, archive.count(self.longer))
        archive.check(self.shorter, 0.0, min(self.lags, 0.5 * self.count), "season")
        archive.check(self.longer, 0.0, min(self.lags, 0.5 * self.count), "season")
        return 0
