"""The clock of alerts once more, from its documentation."""

from __future__ import annotations

from itertools import pairwise


class NaiveClock:
    """Time that passes as stamps say, as far as they agree."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.first_stamps: list[float] = []
        self.longest = [0.0, 0.0, 0.0]
        self.total = 0.0
        self.direction = 1.0
        self.at = self.reached = self.before = 0.0
        self.trend, self.stands, self.waits = 1.0, 0, 64.0
        self.moved = 0
        self.witnesses: list[float] = []
        # The first witness of the last row of them, whether or not it still counts.
        self.row_start = 0.0

    @property
    def usual(self) -> float:
        return 4.0 * self.longest[2]

    def observe(self, stamp: float) -> float:
        if stamp != stamp:
            return 0.0
        stamp = max(-1e11, min(stamp, 1e11))
        passed = self._step(stamp)
        self.total += passed
        return passed

    def _step(self, stamp: float) -> float:
        if len(self.first_stamps) < 4:
            return self._begin(stamp)
        way = self.direction * (stamp - self.before)
        self.before = stamp
        if way:
            self.trend += ((1.0 if way > 0 else -1.0) - self.trend) / 32
        if self.stands >= self.waits and (self.direction < 0 or self.trend <= -0.7):
            if self.direction < 0:
                self.waits = min(2 * self.waits, 2.0**20)
            self.direction, self.trend = -self.direction, -self.trend
            self.at = self.reached = self.direction * stamp
            self.moved, self.stands, self.witnesses = 0, 0, []
        place = self.direction * stamp
        if self.at <= place and place - self.at <= self.usual:
            self.witnesses = []
            return self._move(place) if place > self.at else 0.0
        self.stands += 1
        if self.at - self.latency <= place < self.at or 0.0 < self.at - place <= self.latency:
            self.witnesses = []
            return 0.0
        return self._doubt(place)

    def _begin(self, stamp: float) -> float:
        self.at = self.reached = self.before = stamp
        if stamp in self.first_stamps:
            return 0.0
        self.first_stamps.append(stamp)
        if len(self.first_stamps) < 4:
            return 0.0
        ranked = sorted(self.first_stamps)
        gaps = [b - a for a, b in pairwise(ranked)]
        self.longest = sorted(gaps, reverse=True)
        passed = 0.0
        for gap in gaps:
            passed += min(gap, self.usual)
        return passed

    def _move(self, place: float) -> float:
        gap = place - self.at
        passed = max(place - max(self.at, self.reached), 0.0)
        self.at, self.stands = place, 0
        self.moved = self.moved + 1 if place < self.reached else 64
        if self.moved >= 64:
            self.reached, self.moved = place, 0
        self._keep(gap, gap)
        return passed

    def _doubt(self, place: float) -> float:
        usual = self.usual
        near = max(usual, abs(self.row_start - self.at))
        if self.witnesses and abs(place - self.witnesses[-1]) <= near:
            self.witnesses.append(place)
        else:
            self.witnesses = [place]
            self.row_start = place
        if len(self.witnesses) < 3:
            return 0.0
        first, self.witnesses = self.witnesses[0], []
        silence = first - max(self.at, self.reached)
        passed = max(min(place - max(first, self.reached), usual), 0.0)
        if silence > 0:
            self._keep(min(silence, max(16 * usual, self.total)), 0.0)
            self.stands = 0
        self.at, self.moved = place, 0
        self.reached = max(self.reached, place)
        return passed

    def _keep(self, gap: float, passed: float) -> None:
        faded = [max(kept - passed / 32, 0.0) for kept in self.longest]
        self.longest = sorted([*faded, gap], reverse=True)[:3]
