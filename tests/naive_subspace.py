"""The subspace detector straight from its formulas: slow, in NumPy, sharing no code with it.

Directions are made orthonormal by a polar decomposition, the covariance is inverted for every
event, and nothing is rotated inside the plane: distances do not depend on the axes there.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
from naive import NaiveZScore, Positions, Threshold, Vector

# Median of |z| given |z| > 1; the package states it to five digits.
MEDIAN_BEYOND_ONE = 1.4096


def polar(rows: Vector) -> Vector:
    """Orthonormal rows nearest to these."""
    left, _, right = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(left @ right)


class NaiveSubspace(NaiveZScore):
    """Elliptical Student likelihoods in and off a plane, the plane by preconditioned Oja steps."""

    normal_distance = 0.65

    def __init__(self, *, n_components: int = 16, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.most = n_components
        self.norm_clip = Threshold(parameters.get("clip", "auto"), 2.0)
        self.directions = np.zeros((0, 0))
        self.covariance = np.zeros((0, 0))
        self.noise = 1.0
        self.learned = 0
        self.known = 1
        self.centre = self.median = self.excesses = np.zeros(0)
        self.weight = self.pooled = 0.0

    def grow(self) -> None:
        super().grow()
        self.centre = np.append(self.centre, 0.0)
        self.median = np.append(self.median, 0.0)
        self.excesses = np.append(self.excesses, 0.0)
        self.directions = np.pad(self.directions, ((0, 0), (0, 1)))

    def resume(self) -> None:
        self.learned = min(self.learned, 10)

    def amplitudes(self) -> Vector:
        own = np.minimum(np.maximum(self.median / MEDIAN_BEYOND_ONE, self.scale), 1e150)
        return np.where(own > 1e-140, own, 0.0)

    def units(self) -> Vector:
        return np.asarray(
            np.sqrt((1.0 - self.weight) * self.amplitudes() ** 2 + self.weight * self.pooled)
        )

    def in_units(self, present: Positions, values: Vector) -> Vector:
        """Tempered deviations from the centre; 0 for a feature never seen."""
        unit, seen = self.units()[present], self.seen[present]
        surprise = self.deviations(present, values)
        z = np.where(unit > 0.0, (values - self.centre[present]) / np.where(unit > 0, unit, 1.0), 0)
        return np.where(unit > 0.0, z, surprise) * seen / (seen + 3.0)

    def spread(self) -> float:
        return float(np.trace(self.covariance)) / self.known + self.noise

    def inverse(self) -> Vector:
        used = len(self.covariance)
        ridge = max(0.03 * self.spread() * self.known / max(used, 1), 1e-3)
        return np.linalg.inv(self.covariance + ridge * np.eye(used))

    def level(self, present: Positions, values: Vector, judged: int) -> float:
        unit = self.units()[present]
        counted = (unit > 0.0) & (self.seen[present] > 0)
        inverse = np.where(counted, 1.0 / np.where(unit > 0.0, unit, 1.0), 0.0)
        actual = (np.clip(values * inverse, -1e35, 1e35) ** 2).sum()
        usual = (np.clip(self.centre[present] * inverse, -1e35, 1e35) ** 2).sum()
        usual += judged * self.spread()
        return float(np.clip(sqrt(actual / usual), 2 / 3, 1.5)) if usual > 0.0 else 1.0

    def contributions(self, event: Mapping[Any, float]) -> dict[Any, float]:
        present, values = self.read(event)
        judged = int((self.seen[present] > 0).sum())
        if judged == 0:
            return dict.fromkeys((self.names[j] for j in present), 0.0)
        z = self.in_units(present, values)
        u = np.zeros(len(self.names))
        u[present] = np.clip(z, -4.0, 4.0)
        y = self.directions @ u
        r = (u - self.directions.T @ y)[present]
        used = len(y)
        pull = self.directions.T @ self.inverse() @ y
        energy = max(float(u @ pull), 0.0)
        active = np.isin(present, self.active()) & (self.seen[present] > 0)
        inside_dimension = used * active.sum() / self.known
        usual = max(self.noise, 1e-4 * self.spread(), 1e-9)
        usual *= self.level(present, values, judged) * judged
        outside = (judged - inside_dimension) * np.log1p(float(r @ r) / usual)
        inside = inside_dimension * np.log1p(energy / used) if used else 0.0
        terms = 2.0 * np.log(np.maximum(np.minimum(np.abs(z), 1e35) / 4.0, 1.0))
        if r @ r > 0.0:
            terms = terms + outside * r**2 / (r @ r)
        if energy > 0.0:
            terms = terms + inside * (u * pull)[present] / energy
        return {self.names[j]: float(term) for j, term in zip(present, terms, strict=True)}

    def rate(self) -> float:
        return 0.02 if self.learning_rate == "auto" else min(self.location_step.rate, 0.5)

    def step(self, present: Positions, values: Vector) -> None:
        settled = present[self.seen[present] >= self.warm_up]
        u = np.zeros(len(self.names))
        u[present] = np.clip(self.in_units(present, values), -4.0, 4.0)
        u[np.setdiff1d(np.arange(len(u)), settled)] = 0.0
        unit = self.units()
        self.known = max(len(self.active()), 1)
        if len(settled):
            kept = self.learn_plane(u, len(settled))
            rate = max(self.rate(), 1.0 / (self.learned + 1.0))
            self.centre += rate * kept * u * unit
        self.learn_amplitudes(present, values)
        super().step(present, values)
        self.known = max(len(self.active()), 1)
        starting = present[(self.seen[present] <= self.warm_up) | (self.scale[present] == 0.0)]
        self.centre[starting] = self.location[starting]

    def learn_plane(self, u: Vector, settled: int) -> float:
        """Add a direction, or turn the plane and average the covariance; returns what is kept."""
        y = self.directions @ u
        r = u - self.directions.T @ y
        outside, norm = float(r @ r), sqrt(float(y @ y) + float(r @ r))
        limit = self.norm_clip.value(1.0 / max(self.rate(), 1e-9), settled)
        self.norm_clip.observe(norm, settled)
        kept = min(1.0, limit / norm) if norm > 0.0 else 1.0
        self.learned += 1
        used = len(y)
        slow = max(0.5 * self.rate(), 1.0 / (self.learned + used))
        room = used < min(self.most, len(self.active()) // 2)
        if room and kept == 1.0 and sqrt(outside) > 0.1 * norm:
            self.directions = np.vstack([self.directions, r / sqrt(outside)])
            self.covariance = np.pad(self.covariance, (0, 1))
            self.covariance[-1, -1] = outside
        elif used:
            share = max(self.rate(), 1.0 / (self.learned + 1.0)) * kept**2
            gain = self.inverse() @ y
            gain *= share / (1.0 + share * float(gain @ y))
            usual = max(self.noise, 1e-4 * self.spread(), 1e-9) * self.known
            cut = min(1.0, sqrt(usual / outside)) if outside > 0.0 else 1.0
            self.directions = polar(self.directions + np.outer(gain, cut * r))
            self.covariance += slow * (kept**2 * np.outer(y, y) - self.covariance)
        self.noise += slow * (min(outside / settled, 3.0 * max(self.noise, 1e-9)) - self.noise)
        return kept

    def learn_amplitudes(self, present: Positions, values: Vector) -> None:
        for j, value in zip(present, values, strict=True):
            excess = abs(value - self.location[j])
            starting = self.seen[j] < self.warm_up
            # Round-off is no change of a constant.
            least = max(self.scale[j], 2.0**-48 * abs(self.location[j]))
            if starting or excess <= least or excess < 1e-140:
                continue
            self.excesses[j] += 1
            growth = 1.0 + 1.0 / min(self.excesses[j], 100)
            if self.median[j] == 0.0:
                bound = 8.0 * self.scale[j] if self.scale[j] > 0.0 else 1e150
                self.median[j] = min(excess, bound)
            elif excess > self.median[j]:
                self.median[j] *= growth
            else:
                self.median[j] /= growth
        if self.events < 64 or self.events % 16 == 0:
            moving = self.amplitudes()[self.active()]
            moving = moving[moving > 0.0]
            spread = float(np.var(np.log(moving))) if len(moving) else 1.5
            self.weight = float(np.clip((1.5 - spread) / 0.75, 0.0, 1.0))
            self.pooled = float(np.mean(moving**2)) if len(moving) else 0.0
