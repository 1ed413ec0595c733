"""Distances from the nearest of a sample of past events, straight from the formulas.

The sample is a list of events as dicts; nothing of the package is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from math import copysign, log1p, sqrt
from typing import Any

from naive import NaiveZScore

NORMAL_SQUARE = 0.3868436013746489


class NaiveSample:
    """Vitter's algorithm R, with at most ``memory`` events that count."""

    def __init__(self, size: int, memory: int, seed: int) -> None:
        self.size, self.memory = size, memory
        digest = hashlib.shake_128(f"{seed} reservoir".encode()).digest(8)
        self.state = 1 + int.from_bytes(digest, "little") % (2**31 - 2)
        self.members: list[dict[Any, float]] = []
        self.offered = 0

    def offer(self, point: dict[Any, float]) -> None:
        self.offered += 1
        if len(self.members) < self.size:
            self.members.append(point)
            return
        self.state = self.state * 16807 % (2**31 - 1)
        uniform = (self.state - 1) / (2**31 - 2)
        place = uniform * max(self.size, min(self.offered, self.memory))
        if place < self.size:
            self.members[int(place)] = point

    def shorten(self, events: int) -> None:
        self.offered = min(self.offered, max(events, len(self.members)))


class NaiveNeighbours(NaiveZScore):
    """The mean Euclidean distance from the k nearest, as dicts."""

    def __init__(
        self,
        *,
        n_neighbors: int = 16,
        reservoir_size: int = 256,
        memory: int = 10_000,
        seed: int = 0,
        **parameters: Any,
    ) -> None:
        super().__init__(**parameters)
        self.wanted = n_neighbors
        self.sample = NaiveSample(reservoir_size, memory, seed)

    def usual_distance(self, count: int) -> float:
        return sqrt(NORMAL_SQUARE * count)

    def point(self, event: Mapping[Any, float]) -> dict[Any, float]:
        present, values = self.read(event)
        z = self.tempered(present, values)
        return {self.names[j]: copysign(log1p(abs(u)), u) for j, u in zip(present, z, strict=True)}

    def nearest(self, point: dict[Any, float]) -> list[tuple[float, dict[Any, float]]]:
        """The k nearest with their distances; the expected event stands for those not there."""
        found = [
            (sqrt(sum((c - member.get(name, 0.0)) ** 2 for name, c in point.items())), member)
            for member in self.sample.members
        ]
        found = sorted(found, key=lambda pair: pair[0])[: self.wanted]
        norm = sqrt(sum(c * c for c in point.values()))
        expected: dict[Any, float] = {}
        return found + [(norm, expected)] * (self.wanted - len(found))

    def weight(self, point: dict[Any, float]) -> float:
        """The share of the mean distance that counts: none at the expected event."""
        square = sum(c * c for c in point.values())
        return square / (square + 1e-6) / self.wanted

    def distance(self, event: Mapping[Any, float]) -> float:
        point = self.point(event)
        return self.weight(point) * sum(r for r, _ in self.nearest(point))

    def contributions(self, event: Mapping[Any, float]) -> dict[Any, float]:
        point = self.point(event)
        shares = dict.fromkeys(point, 0.0)
        for r, member in self.nearest(point):
            for name, c in point.items():
                if r > 0.0:
                    shares[name] += (c - member.get(name, 0.0)) ** 2 / r * self.weight(point)
        return shares

    def step(self, present: Any, values: Any) -> None:
        started = [j for j in present if self.seen[j] >= self.warm_up]
        if started:
            point = {
                self.names[j]: copysign(log1p(abs(u)), u)
                for j, u in zip(present, self.judged, strict=True)
                if j in started
            }
            self.sample.offer(point)
        super().step(present, values)

    def resume(self) -> None:
        self.sample.shorten(10)
