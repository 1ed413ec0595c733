# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distances of several detectors, made comparable with each other."""

from __future__ import annotations

from array import array
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.core.robust_start import MEDIAN_FACTOR

# The smallest step: medians remember some hundreds of events.
GAIN = 0.005
# Distances that the start of medians and spreads takes at least: those of few are poor.
SHORTEST_START = 20
# A spread below this share of the median is that of a constant.
SMALLEST_SHARE = 1e-9
SMALLEST_SPREAD = 1e-300
# Relative deviations are cut here, where their squares are far from any end of the range.
LARGEST_DEVIATION = 1e9
# Larger distances are clipped to this.
LARGEST_DISTANCE = 1e300
# Spreads above the median from which a distance is far.
FAR = 3.0
# Medians and spreads start anew once so large a share of recent distances is far.
MOST = 0.5
# With steps a, a share of 0 becomes one half in log(2) / a events.
HALF_LIFE = 0.6931471805599453


class RelativeDistances(ArchivedKernel):
    r"""Running median and spread of each member's distances, and distances in their terms.

    Median m and median absolute deviation s (times 1.48) of a member's distances r take one step
    per event on the pinball loss,

    .. math:: m \leftarrow m \pm a s, \qquad s \leftarrow s\,(1 + a)^{\pm 1},

    up when r, or |r - m|, is larger. No distance, however large, moves them further: a running
    mean and variance would be those of the anomalies. The first ``length`` distances go to a
    `RobustStart`. The result does not change when a member's
    distances are scaled or shifted.

    A distance in terms of its member is

    .. math:: t(r) = f(v(r)) - f(v(0)), \qquad v(r) = \frac{r - m}{s}, \quad
              f(v) = v + \sqrt{1 + v^2},

    about 1 at the median and 2 v beyond it; below the median it flattens out, since usual
    events need not be ranked. t(0) is 0, and t rises with r. While the start lasts v counts with
    its share of the start, (n + 1) / (length + 1), as medians of few are poor; before two
    distances are known m and s are both what is ``assumed``, 1 unless it is set.

    A spread counts as ``least`` at least, 0 unless it is set: where nearly all events are alike, so
    are their distances, and in terms of a spread of nearly 0 any other one would be infinitely far.

    With a small ``gain`` a burst of like events does not become usual, and neither does a change
    that lasts. ``lasting`` says when it does: the share of distances with v > 3 is followed by
    steps of log(2) / lasting, and a member starts anew once it exceeds one half, so that a change
    of which every event is far takes ``lasting`` events.

    Parameters
    ----------
    members
        How many detectors.
    length
        Distances that a start takes.
    gain
        The smallest step a, in (0, 1).
    lasting
        Events that a change must last until its distances are usual; 0 where the steps alone
        decide.
    """

    def __init__(
        self,
        members: cython.Py_ssize_t,
        length: cython.Py_ssize_t,
        gain: float = GAIN,
        lasting: float = 0.0,
    ) -> None:
        self.members = members
        self.gain = gain
        self.lasting = lasting
        self.far = Vector(members)
        self.least = Vector(members)
        self.assumed = Vector(members)
        self.assumed.replace(array("d", [1.0] * members))
        self.start = RobustStart(length)
        self.start.grow(members)
        self.median = Vector(members)
        self.spread = Vector(members)
        self.seen = Vector(members)
        self.restarting = False

    def deviation(self, member: cython.Py_ssize_t, distance: float) -> float:
        """How many spreads a distance lies above the member's median."""
        seen: cython.double = self.seen.at[member]
        length: cython.double = self.start.length
        v: cython.double
        distance = max(min(distance, LARGEST_DISTANCE), -LARGEST_DISTANCE)
        # The spread of a single distance is 0, in terms of which any other would be far.
        if seen < 2.0:
            v = (distance / self.assumed.at[member] - 1.0) * (seen + 1.0) / (length + 1.0)
            return max(min(v, LARGEST_DEVIATION), -LARGEST_DEVIATION)
        spread: cython.double = max(
            max(self.spread.at[member], SMALLEST_SHARE * fabs(self.median.at[member])),
            max(self.least.at[member], SMALLEST_SPREAD),
        )
        v = (distance - self.median.at[member]) / spread
        if seen < length:
            v *= (seen + 1.0) / (length + 1.0)
        return max(min(v, LARGEST_DEVIATION), -LARGEST_DEVIATION)

    def flattened(self, v: float) -> float:
        """v + sqrt(1 + v^2), without cancellation."""
        root: cython.double = sqrt(1.0 + v * v)
        if v < 0.0:
            return 1.0 / (root - v)
        return v + root

    def level(self, member: cython.Py_ssize_t, distance: float) -> float:
        """f(v(r)), above 0: for distances that have no natural 0."""
        return self.flattened(self.deviation(member, distance))

    def relative(self, member: cython.Py_ssize_t, distance: float) -> float:
        """t(r) = f(v(r)) - f(v(0)) of a distance that is at least 0."""
        return max(self.level(member, distance) - self.level(member, 0.0), 0.0)

    def observe(self, member: cython.Py_ssize_t, distance: float) -> None:
        """One step of the member's median and spread."""
        median: cython.p_double = self.median.at
        distance = max(min(distance, LARGEST_DISTANCE), -LARGEST_DISTANCE)
        if self.lasting > 0.0:
            self.forget_what_is_past(member, distance)
        seen: cython.double = self.seen.at[member]
        self.seen.at[member] = seen + 1.0
        if seen < self.start.length:
            self.start.add(member, cython.cast(cython.Py_ssize_t, seen), distance)
            median[member] = self.start.location
            self.spread.at[member] = self.start.scale
            return
        step: cython.double = max(self.gain, 1.0 / (seen + 1.0))
        spread: cython.double = self.spread.at[member]
        deviation: cython.double = distance - median[member]
        move: cython.double = step * max(spread, SMALLEST_SHARE * fabs(median[member]))
        if deviation > 0.0:
            median[member] += min(move, deviation)
        else:
            median[member] -= min(move, -deviation)
        if MEDIAN_FACTOR * fabs(deviation) > spread:
            spread = max(spread, SMALLEST_SHARE * fabs(deviation)) * (1.0 + step)
        else:
            spread /= 1.0 + step
        self.spread.at[member] = max(min(spread, LARGEST_DISTANCE), SMALLEST_SPREAD)

    def forget_what_is_past(self, member: cython.Py_ssize_t, distance: float) -> None:
        """Start a member anew once most of its recent distances are far."""
        if self.seen.at[member] < self.start.length:
            return
        is_far: cython.double = 1.0 if self.deviation(member, distance) > FAR else 0.0
        share: cython.double = self.far.at[member]
        share += min(HALF_LIFE / self.lasting, 1.0) * (is_far - share)
        if share > MOST:
            share = 0.0
            self.seen.at[member] = 0.0
        self.far.at[member] = share

    def restart_soon(self) -> None:
        """Forget medians and spreads at the next `close_start`, which provides the memory."""
        self.restarting = True

    def close_start(self) -> cython.int:
        """Give back the memory of the start once no member needs it; or start again."""
        k: cython.Py_ssize_t
        if self.restarting:
            self.reopen()
            self.restart(0)
            self.restarting = False
        if self.lasting > 0.0:
            # A member may start anew at any event.
            return 0 if self.start.open else self.reopen()
        if self.start.open:
            for k in range(self.members):
                if self.seen.at[k] < self.start.length:
                    return 0
            self.start.close()
        return 0

    def reopen(self) -> cython.int:
        """Provide memory for starts again, of members that `restart`."""
        return self.start.grow(self.members)

    def restart(self, first: cython.Py_ssize_t) -> None:
        """Forget the distances of the members from ``first`` on, after `reopen`."""
        k: cython.Py_ssize_t
        for k in range(first, self.members):
            self.seen.at[k] = 0.0
            self.far.at[k] = 0.0

    def least_numbers(self) -> cython.Py_ssize_t:
        """Median, spread and count of each member, and the share of what is far."""
        return (4 if self.lasting > 0.0 else 3) * self.members

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        largest: cython.double = LARGEST_DISTANCE
        if not archive.reading:
            self.close_start()
        self.median.exchange_bounded(archive, self.members, -largest, largest, "median")
        self.spread.exchange_bounded(archive, self.members, 0.0, largest, "spread")
        self.seen.exchange_counts(archive, self.members, LARGEST_COUNT, "count of distances")
        if self.lasting > 0.0:
            self.far.exchange_bounded(archive, self.members, 0.0, 1.0, "share")
        self.start.exchange(archive, self.seen.at, self.members)
        return 0

    def arguments(self) -> tuple[Any, ...]:
        """Numbers of members and of distances that a start takes; gain and duration."""
        return self.members, self.start.length, self.gain, self.lasting

    def restore(self, names: list[Any], numbers: array[float]) -> None:
        """Take over the state that `snapshot` gave; these distances must be new."""
        ArchivedKernel.restore(self, names, numbers)
        self.close_start()
