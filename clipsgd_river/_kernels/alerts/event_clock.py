# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How much time has passed, by the stamps of events, some of which may be wrong."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs

# Stamps beyond, in seconds, count as this: the year 5138 where they are seconds since 1970.
FARTHEST = 1e11
# Different stamps that the start is taken from: two wrong ones leave the third longest gap right.
START = 4
# A gap is usual up to so many times the third longest of late: a weekend where there are nights.
USUAL = 4.0
KEPT_GAPS = 3
# A long gap that does not come again is forgotten after so many times its length.
GAP_MEMORY = 32.0
# A gap that was not usual is remembered as all the time so far at most, or so many usual gaps.
LARGEST_GROWTH = 16.0
# Stamps in a row that must agree before they move the clock out of what is usual.
WITNESSES = 3.0
# Moves after which a clock that was put back is believed.
BELIEVED = 64.0
# Stamps for which the clock stands, and the mean of their signs, by which it runs backwards.
PATIENCE = 64.0
LARGEST_PATIENCE = 1048576.0
AGREEMENT = 0.7
AGREEMENT_MEMORY = 32.0


class EventClock(ArchivedKernel):
    r"""Time that passes as the stamps of events say, as far as they agree with each other.

    The clock stands at a stamp. The next one lies

    - ahead by a usual gap, 4 times the third longest of late: the clock moves there, and that
      time has passed;
    - behind by the latency at most: the event is late, nothing moves;
    - anywhere else: nothing moves until three stamps in a row agree, closer to each other than to
      the clock, or within a usual gap. Then the clock moves there, ahead or back, and no time has
      passed but what lies between the first and the last of the three, a usual gap at most.

    Time passes once: where the clock was put back, none does before it is where it had been, or
    has moved 64 times. While stamps fall and the clock stands, the stream runs backwards, as files
    do that have the newest event first, and the clock takes it as it runs.

    So whatever the stamps are, no more time passes than a usual gap an event, nor than the clock
    has moved forward beyond where it had been, each time that it was put back and believed; and
    for stamps that never go back, no more than lies between the first and the last. One stamp, or
    two, however wrong, move the clock by no more than a usual gap, and that is made up for: later
    stamps are late until they have caught up. Before four different stamps none is usual, and no
    time passes; then that between them, in their order.

    O(1) per event; 22 numbers.

    Parameters
    ----------
    latency
        Seconds, at least 0.
    """

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.stamps = 0.0
        self.elapsed = 0.0
        # The stamp it stands at, and the farthest one it stood at, with the sign of its heading.
        self.now = 0.0
        self.peak = 0.0
        self.moves = 0.0
        self.heading = 1.0
        self.previous = 0.0
        self.drift = 1.0
        self.still = 0.0
        self.patience = PATIENCE
        # Stamps in a row that agree with each other and not with the clock, the first, the last.
        self.agreeing = 0.0
        self.first = 0.0
        self.last = 0.0
        self.different = 0.0
        self.start = Vector(START)
        self.gaps = Vector(KEPT_GAPS)

    def arguments(self) -> tuple[Any, ...]:
        """The latency."""
        return (self.latency,)

    def usual_gap(self) -> float:
        """Longest gap that moves the clock at once; 0 while none is known."""
        return USUAL * self.gaps.at[KEPT_GAPS - 1]

    def runs_backwards(self) -> cython.bint:
        """Whether stamps fall."""
        return self.heading < 0.0

    def observe(self, stamp: float) -> float:
        """Take in the stamp of an event, in seconds; returns how many have passed."""
        return self.pass_to(stamp)

    def pass_to(self, stamp: float) -> float:
        """Take in the stamp of an event, in seconds; returns how many have passed."""
        passed: cython.double = 0.0
        place: cython.double
        gap: cython.double
        if stamp != stamp:
            return 0.0
        stamp = min(max(stamp, -FARTHEST), FARTHEST)
        self.stamps += 1.0
        if self.different < START:
            passed = self.begin(stamp)
            self.elapsed += passed
            return passed
        self.turn(stamp)
        place = self.heading * stamp
        gap = place - self.now
        if 0.0 <= gap <= self.usual_gap():
            self.agreeing = 0.0
            if gap > 0.0:
                passed = self.move(place)
                self.remember(gap, gap)
        else:
            self.still += 1.0
            if gap < 0.0 and -gap <= self.latency:
                self.agreeing = 0.0
            else:
                passed = self.doubt(place)
        self.elapsed += passed
        return passed

    def begin(self, stamp: float) -> float:
        """Take in one of the first stamps; of four different ones, the gaps between them."""
        k: cython.Py_ssize_t
        passed: cython.double = 0.0
        place: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.different)
        self.now = stamp
        self.peak = stamp
        self.previous = stamp
        for k in range(place):
            if self.start.at[k] == stamp:
                return 0.0
        while place > 0 and self.start.at[place - 1] > stamp:
            self.start.at[place] = self.start.at[place - 1]
            place -= 1
        self.start.at[place] = stamp
        self.different += 1.0
        if self.different < START:
            return 0.0
        for k in range(1, START):
            self.remember(self.start.at[k] - self.start.at[k - 1], 0.0)
        for k in range(1, START):
            passed += min(self.start.at[k] - self.start.at[k - 1], self.usual_gap())
        return passed

    def move(self, place: float) -> float:
        """Move ahead to a stamp; returns the seconds beyond where the clock had been."""
        passed: cython.double = max(place - max(self.now, self.peak), 0.0)
        self.now = place
        self.still = 0.0
        if place < self.peak:
            self.moves += 1.0
            if self.moves < BELIEVED:
                return passed
        self.peak = place
        self.moves = 0.0
        return passed

    def turn(self, stamp: float) -> None:
        """Notice which way stamps go; turn round where they fall and the clock stands."""
        step: cython.double = self.heading * (stamp - self.previous)
        self.previous = stamp
        if step != 0.0:
            self.drift += ((1.0 if step > 0.0 else -1.0) - self.drift) / AGREEMENT_MEMORY
        if self.still < self.patience:
            return
        if self.heading > 0.0:
            if self.drift > -AGREEMENT:
                return
        else:
            # It was not so: the stream comes in pieces that fall.
            self.patience = min(2.0 * self.patience, LARGEST_PATIENCE)
        self.heading = -self.heading
        self.drift = -self.drift
        self.now = self.heading * stamp
        self.peak = self.now
        self.moves = 0.0
        self.still = 0.0
        self.agreeing = 0.0

    def doubt(self, place: float) -> float:
        """Take in a stamp out of what is usual; returns the seconds between those that agree."""
        usual: cython.double = self.usual_gap()
        silence: cython.double
        passed: cython.double
        near: cython.double = max(usual, fabs(self.first - self.now))
        if self.agreeing > 0.0 and fabs(place - self.last) <= near:
            self.agreeing += 1.0
        else:
            self.agreeing = 1.0
            self.first = place
        self.last = place
        if self.agreeing < WITNESSES:
            return 0.0
        silence = self.first - max(self.now, self.peak)
        passed = min(place - max(self.first, self.peak), usual)
        self.agreeing = 0.0
        self.moves = 0.0
        if silence > 0.0:
            self.remember(min(silence, max(LARGEST_GROWTH * usual, self.elapsed)), 0.0)
        self.now = place
        self.peak = max(self.peak, place)
        # A clock that was put back has not moved.
        if silence > 0.0:
            self.still = 0.0
        return max(passed, 0.0)

    def remember(self, gap: float, passed: float) -> None:
        """Keep a gap if it is one of the longest, each of which fades as time passes."""
        k: cython.Py_ssize_t
        kept: cython.double
        for k in range(KEPT_GAPS):
            kept = max(self.gaps.at[k] - passed / GAP_MEMORY, 0.0)
            if gap > kept:
                self.gaps.at[k] = gap
                gap = kept
            else:
                self.gaps.at[k] = kept

    def count_anew(self) -> None:
        """Count time from 0 again; the clock stands where it stood."""
        self.elapsed = 0.0

    def copy_from(self, other: EventClock) -> None:
        """Take over the state of another clock."""
        k: cython.Py_ssize_t
        self.stamps = other.stamps
        self.elapsed = other.elapsed
        self.now = other.now
        self.peak = other.peak
        self.moves = other.moves
        self.heading = other.heading
        self.previous = other.previous
        self.drift = other.drift
        self.still = other.still
        self.patience = other.patience
        self.agreeing = other.agreeing
        self.first = other.first
        self.last = other.last
        self.different = other.different
        for k in range(START):
            self.start.at[k] = other.start.at[k]
        for k in range(KEPT_GAPS):
            self.gaps.at[k] = other.gaps.at[k]

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.stamps = archive.count(self.stamps)
        self.elapsed = archive.nonnegative(self.elapsed, "time")
        self.now = archive.bounded(self.now, -FARTHEST, FARTHEST, "time")
        self.peak = archive.bounded(self.peak, -FARTHEST, FARTHEST, "time")
        self.moves = archive.bounded(self.moves, 0.0, BELIEVED, "count of moves")
        self.heading = archive.bounded(self.heading, -1.0, 1.0, "heading of a clock")
        self.previous = archive.bounded(self.previous, -FARTHEST, FARTHEST, "time")
        self.drift = archive.bounded(self.drift, -1.0, 1.0, "drift of a clock")
        self.still = archive.count(self.still)
        self.patience = archive.bounded(self.patience, 1.0, LARGEST_PATIENCE, "patience")
        self.agreeing = archive.bounded(self.agreeing, 0.0, WITNESSES - 1.0, "count of stamps")
        self.first = archive.bounded(self.first, -FARTHEST, FARTHEST, "time")
        self.last = archive.bounded(self.last, -FARTHEST, FARTHEST, "time")
        self.different = archive.count(self.different)
        self.start.exchange_bounded(archive, START, -FARTHEST, FARTHEST, "time")
        self.gaps.exchange_bounded(archive, KEPT_GAPS, 0.0, 2.0 * FARTHEST, "gap of a clock")
        if fabs(self.heading) != 1.0 or self.different > START:
            raise ValueError("the state holds an impossible clock: it is damaged")
        if not self.gaps.at[0] >= self.gaps.at[1] >= self.gaps.at[2]:
            raise ValueError("the state holds gaps of a clock out of order: it is damaged")
        return 0
