"""The bits of the most surprising feature, straight from the formulas."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log, log1p, log2
from typing import Any

from naive import NaiveZScore
from naive_bits import NaiveTail
from scipy import stats

RUNG = 1.8627318674
MEAN_EXCESS = float(32 * stats.norm.pdf(RUNG) - RUNG)


class NaiveSide:
    """One rung of tail level 1/32 and the excesses over it."""

    def __init__(self, memory: float) -> None:
        self.memory = memory
        self.rung, self.share, self.due = RUNG, 1 / 32, 0
        self.tail = NaiveTail(MEAN_EXCESS, memory)

    def bits(self, x: float, seen: float) -> float:
        if x <= self.rung:
            return 5 * x / self.rung
        shape = max(self.tail.shape, 0.1)
        nats = log1p(shape * (x - self.rung) / self.tail.scale) / shape
        found = nats / log(2) - log2(min(self.share, 1 / 32))
        return 5 + (found - 5) * seen / (seen + 20)

    def learn(self, x: float, n: int) -> None:
        """The value of the n-th event, counted from 1."""
        rate = max(1 / (n - 1 + 128), 1 / self.memory)
        beyond = x > self.rung
        if beyond and n >= self.due:
            self.due = floor(n + min(16, n / 256))
            self.tail.learn(x - self.rung)
        step = rate * self.tail.scale
        if beyond:
            self.rung = min(self.rung + 31 * step, x)
        else:
            self.rung = min(max(self.rung - step, x, 0.25), self.rung)
        self.share += rate * (beyond - self.share)


class NaiveLargest(NaiveZScore):
    """The largest bits of the features."""

    def __init__(self, *, memory: int = 10_000, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.memory = memory
        self.sides: list[tuple[NaiveSide, NaiveSide]] = []
        self.learned: list[int] = []

    def usual_distance(self, count: int) -> float:
        return 2 + log2(count)

    def grow(self) -> None:
        super().grow()
        self.sides.append((NaiveSide(self.memory), NaiveSide(self.memory)))
        self.learned.append(0)

    def contributions(self, event: Mapping[Any, float]) -> dict[Any, float]:
        present, values = self.read(event)
        z = self.tempered(present, values)
        bits = {
            self.names[j]: max(
                side.bits(sign * u, self.seen[j])
                for sign, side in zip((1, -1), self.sides[j], strict=True)
            )
            for j, u in zip(present, z, strict=True)
        }
        largest = max(bits, key=bits.__getitem__, default=None)
        return {name: found if name == largest else 0.0 for name, found in bits.items()}

    def step(self, present: Any, values: Any) -> None:
        for j, u in zip(present, self.judged.tolist(), strict=True):
            if self.seen[j] < self.warm_up:
                continue
            self.learned[j] += 1
            far = False
            for sign, side in zip((1, -1), self.sides[j], strict=True):
                far = far or sign * u > side.rung
                side.learn(sign * u, self.learned[j])
            if far and max(side.share for side in self.sides[j]) >= 0.25:
                self.sides[j] = (NaiveSide(self.memory), NaiveSide(self.memory))
                self.learned[j] = 0
        super().step(present, values)
