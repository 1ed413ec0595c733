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
    r"""Autocorrelations of each series at all lags up to a longest one, and the seasons in them.

    With z the deviation from a clipped mean, in clipped scales and within +-3,

    .. math:: \rho_l \leftarrow \rho_l + \max(\tfrac{1}{1000}, \tfrac{1}{t})
              (z_t z_{t-l} - \rho_l),

    divided by one less the weight of the first l events, which had no such predecessor. A lag that
    was passed twice and whose correlation is above those of both neighbours is a season if it is .2
    above the lowest at a shorter lag: a slow drift raises all alike. Of such peaks `shorter` is the
    first to stand out half as much as the highest, `longer` the first to do so by 85 %: a day
    within a week. O(lags) per event, 16 bytes for each lag of a series.

    Parameters
    ----------
    lags
        The longest season, in events, below 1,000.
    """

    def __init__(self, lags: cython.Py_ssize_t) -> None:
        self.lags = lags
        self.past = Vector()
        self.products = Vector()
        self.location = Vector()
        self.scale = Vector()
        self.count = Vector()
        # Share of its weight that the correlation at each lag lacks, divided by the lag.
        self.lacking = Vector()
        self.shorter = Vector()
        self.longer = Vector()

    def begin(self, j: cython.Py_ssize_t, location: float, scale: float) -> None:
        """Start anew, from a first location and scale."""
        i: cython.Py_ssize_t
        for i in range(j * self.lags, (j + 1) * self.lags):
            self.past.at[i] = 0.0
            self.products.at[i] = 0.0
        self.location.at[j] = location
        self.scale.at[j] = scale
        self.count.at[j] = 0.0
        self.lacking.at[j] = 1.0
        self.shorter.at[j] = 0.0
        self.longer.at[j] = 0.0

    def deviation(self, j: cython.Py_ssize_t, x: float) -> float:
        """Deviation of a value in scales, within +-3."""
        if self.scale.at[j] == 0.0:
            return 0.0
        return max(-LARGEST_Z, min((x - self.location.at[j]) / self.scale.at[j], LARGEST_Z))

    def value(self, j: cython.Py_ssize_t, z: float) -> float:
        """The value that has a deviation."""
        return self.location.at[j] + z * self.scale.at[j]

    def before(self, j: cython.Py_ssize_t, back: cython.Py_ssize_t) -> float:
        """The deviation so many events before the next one, from 1 to the longest lag."""
        at: cython.longlong = cython.cast(cython.longlong, self.count.at[j]) + self.lags - back
        return self.past.at[j * self.lags + cython.cast(cython.Py_ssize_t, at % self.lags)]

    def learn(self, j: cython.Py_ssize_t, x: float) -> None:
        """Take a step of each correlation, and of location and scale."""
        z: cython.double = self.deviation(j, x)
        scale: cython.p_double = self.scale.at
        limit: cython.double
        rate: cython.double
        self.take(j, z)
        rate = max(1.0 / MEMORY, 1.0 / (self.count.at[j] + STARTED))
        if scale[j] == 0.0:
            scale[j] = min(fabs(x - self.location.at[j]), LARGEST_SCALE)
        limit = LARGEST_Z * scale[j]
        z = max(-limit, min(x - self.location.at[j], limit))
        self.location.at[j] = self.location.at[j] + rate * z
        scale[j] += rate * (min(GAUSSIAN * fabs(z), LARGEST_SCALE) - scale[j])

    def take(self, j: cython.Py_ssize_t, z: float) -> None:
        """Take a step of each correlation on a deviation, and look for seasons now and then."""
        past: cython.p_double = self.past.at
        products: cython.p_double = self.products.at
        count: cython.double = self.count.at[j]
        rate: cython.double = max(1.0 / MEMORY, 1.0 / (count + 1.0))
        seen: cython.longlong = cython.cast(cython.longlong, count)
        start: cython.Py_ssize_t = j * self.lags
        head: cython.Py_ssize_t = start + seen % self.lags
        stop: cython.Py_ssize_t = start + self.lags
        i: cython.Py_ssize_t
        # Lags that were never passed are zeros times zeros.
        for i in range(start, head):
            products[i] += rate * (z * past[head - 1 - (i - start)] - products[i])
        for i in range(head, stop):
            products[i] += rate * (z * past[stop - 1 - (i - head)] - products[i])
        past[head] = z
        count = min(count + 1.0, LARGEST_COUNT)
        self.count.at[j] = count
        if count <= MEMORY:
            self.lacking.at[j] = 1.0 / count
        else:
            self.lacking.at[j] = self.lacking.at[j] * (1.0 - rate)
        if seen < AT_FIRST or seen % SELDOM == 0:
            self.choose(j)

    def correlation(self, j: cython.Py_ssize_t, lag: cython.Py_ssize_t) -> float:
        """Mean product of deviations so many events apart, fewer than there were."""
        return self.products.at[j * self.lags + lag - 1] / (1.0 - lag * self.lacking.at[j])

    def choose(self, j: cython.Py_ssize_t) -> None:
        """Find the seasons."""
        last: cython.Py_ssize_t = self.lags
        lag: cython.Py_ssize_t
        turn: cython.Py_ssize_t
        before: cython.double
        here: cython.double
        after: cython.double
        trough: cython.double
        top: cython.double = PROMINENCE
        if self.count.at[j] < 2.0 * self.lags:
            last = cython.cast(cython.Py_ssize_t, self.count.at[j]) // 2
        self.shorter.at[j] = 0.0
        self.longer.at[j] = 0.0
        if last < 4:
            return
        # The first turn finds the highest peak, the second those of about its height.
        for turn in range(2):
            before = self.correlation(j, 1)
            here = self.correlation(j, 2)
            trough = before
            for lag in range(2, last):
                after = self.correlation(j, lag + 1)
                trough = min(trough, here)
                if here >= before and here > after:
                    if turn == 0:
                        top = max(top, here - trough)
                    elif here - trough >= max(SHORT * top, PROMINENCE):
                        if self.shorter.at[j] == 0.0:
                            self.shorter.at[j] = lag
                        if here - trough >= LONG * top:
                            if lag != self.shorter.at[j]:
                                self.longer.at[j] = lag
                            return
                before = here
                here = after

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` series."""
        self.past.grow(size * self.lags)
        self.products.grow(size * self.lags)
        self.location.grow(size)
        self.scale.grow(size)
        self.count.grow(size)
        self.lacking.grow(size)
        self.shorter.grow(size)
        return self.longer.grow(size)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of ``size`` series."""
        return size * (2 * self.lags + 6)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` series through ``archive``."""
        largest: cython.double = LARGEST_Z * LARGEST_Z
        most: cython.double
        j: cython.Py_ssize_t
        self.past.exchange_bounded(archive, size * self.lags, -LARGEST_Z, LARGEST_Z, "deviation")
        self.products.exchange_bounded(archive, size * self.lags, -largest, largest, "correlation")
        self.location.exchange_bounded(archive, size, -LARGEST_VALUE, LARGEST_VALUE, "location")
        self.scale.exchange_bounded(archive, size, 0.0, LARGEST_SCALE, "scale")
        self.count.exchange_counts(archive, size, LARGEST_COUNT, "count of values")
        self.lacking.exchange_bounded(archive, size, 0.0, 1.0, "share of a weight")
        self.shorter.exchange_counts(archive, size, self.lags, "season")
        self.longer.exchange_counts(archive, size, self.lags, "season")
        if archive.reading and not archive.trusted:
            for j in range(size):
                most = self.count.at[j]
                archive.check(self.shorter.at[j], 0.0, 0.5 * most, "season")
                archive.check(self.longer.at[j], 0.0, 0.5 * most, "season")
                if most > MEMORY:
                    archive.check(self.lacking.at[j], 0.0, 1.0 / MEMORY, "share of a weight")
                elif most > 0.0:
                    archive.check(self.lacking.at[j], 1.0 / most, 1.0 / most, "share of a weight")
        return 0
