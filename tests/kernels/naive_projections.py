"""Histograms of random projections, straight from the formulas with NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Any

import numpy as np
from naive import NaiveZScore, Vector
from naive_fourier import weights_of
from scipy import stats


class NaiveProjections(NaiveZScore):
    """The mean over the projections of -log of an interpolated mass."""

    def __init__(
        self, *, n_projections: int = 128, memory: int = 10_000, seed: int = 0, **parameters: Any
    ) -> None:
        super().__init__(**parameters)
        self.n_projections, self.memory, self.seed = n_projections, memory, seed
        self.weights = np.zeros((0, n_projections))
        edges = np.arange(-7, 8) / 8
        below = stats.norm.cdf(edges / (1 - np.abs(edges)))
        masses = np.diff(np.concatenate([[0.0], below, [1.0]]))
        self.masses = np.tile(masses, (n_projections, 1))
        self.learned = 0
        self.counted: list[int] = []

    def usual_distance(self, count: int) -> float:
        return 0.2819752755266462

    def grow(self) -> None:
        super().grow()
        row = weights_of(self.names[-1], self.seed, self.n_projections)
        self.weights = np.vstack([self.weights, row])

    def adopt(self) -> None:
        """Count other features, and past events for what they have in common with them."""
        before = (self.weights[self.counted] ** 2).sum()
        self.counted = self.active().tolist()
        after = (self.weights[self.counted] ** 2).sum()
        self.learned = floor(self.learned * min(before, after) / max(before, after))

    def rate(self) -> float:
        return max(1 / (self.learned + 32), 1 / self.memory)

    def shares(self, present: Any, z: Vector) -> Any:
        """How much of the value of each projection each bin holds; rows sum to 1."""
        norms = np.sqrt((self.weights[self.counted] ** 2).sum(axis=0))
        p = (z @ self.weights[present]) / np.where(norms > 0.0, norms, 1.0)
        place = np.clip(8 * (p / (1 + np.abs(p)) + 1) - 0.5, 0, 15)
        return np.maximum(1 - np.abs(place[:, None] - np.arange(16)), 0.0)

    def surprise(self, present: Any, z: Vector) -> float:
        masses = (self.shares(present, z) * self.masses).sum(axis=1) + self.rate() / 2
        largest = self.masses.max(axis=1) + self.rate() / 2
        return float(np.log(largest / masses).mean())

    def nearness(self, z: Vector) -> float:
        return float(z @ z) / (float(z @ z) + 1e-6)

    def distance(self, event: Mapping[Any, float]) -> float:
        present, values = self.read(event)
        if len(present) == 0:
            return 0.0
        z = np.clip(self.tempered(present, values), -1e6, 1e6)
        return self.nearness(z) * self.surprise(present, z)

    def contributions(self, event: Mapping[Any, float]) -> dict[Any, float]:
        known = [self.names[j] for j in self.read(event)[0]]
        others = {name: {other: event[other] for other in known if other != name} for name in known}
        return {name: self.distance(event) - self.distance(others[name]) for name in known}

    def step(self, present: Any, values: Any) -> None:
        started = self.seen[present] >= self.warm_up
        self.adopt()
        if started.any():
            z = np.clip(self.judged, -1e6, 1e6)
            shares = self.shares(present, np.where(started, z, 0.0))
            rate = self.rate()
            self.learned += 1
            self.masses = (1 - rate) * self.masses + rate * shares
        super().step(present, values)
        self.adopt()

    def resume(self) -> None:
        self.learned = min(self.learned, 10)
