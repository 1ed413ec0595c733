"""The kernel mean and the one-class support vector machine straight from their formulas.

In complex numbers, with NumPy's own cosines, the weights from their definition; nothing of the
package is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from math import log, log2, sqrt
from typing import Any

import numpy as np
from naive import NaiveZScore, Positions, Quantile, Threshold, Vector
from scipy import integrate, stats

BANDWIDTHS = np.array([1.0, 2.0, 4.0])


def weights_of(name: str, seed: int, count: int) -> Vector:
    """Quantiles of a normal sample of variance 1, in the order of hashed keys."""
    sample = stats.norm.ppf((np.arange(count) + 0.5) / count)
    digest = hashlib.shake_128(f"{seed} text {name}".encode()).digest(8 * count)
    order = np.argsort(np.frombuffer(digest, dtype="<u8"), kind="stable")
    return np.asarray((sample / np.sqrt(np.mean(sample**2)))[order])


def tail(z: Vector) -> float:
    return 0.5 * float(np.log(np.maximum(np.abs(z) / 4.0, 1.0)).sum())


class NaiveFourier(NaiveZScore):
    """Features exp(i m a_k), their mean, and the drop of the distance without a feature."""

    def __init__(self, *, n_components: int = 128, seed: int = 0, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.n_components, self.seed = n_components, seed
        self.embedding_clip = Threshold(parameters.get("clip", "auto"), 2.0)
        self.weights = np.zeros((0, n_components))
        self.counted: list[int] = []
        self.embedding = np.ones((3, n_components), dtype=complex)

    def usual_distance(self, count: int) -> float:
        return self.normal_distance

    def grow(self) -> None:
        super().grow()
        row = weights_of(self.names[-1], self.seed, self.n_components)
        self.weights = np.vstack([self.weights, row])

    def features(self, u: Vector) -> Any:
        angles = u @ self.weights / sqrt(max(len(self.counted), 1))
        return np.exp(1j * np.outer(BANDWIDTHS, angles))

    def kernels(self, features: Any) -> Any:
        """Inner product of the mean with the features, one a bandwidth."""
        return np.real(self.embedding.conj() * features).mean(axis=1)

    def norms(self) -> Any:
        return (np.abs(self.embedding) ** 2).mean(axis=1)

    def floored(self, level: float, energy: float) -> float:
        return max(level, sqrt(energy / (2 * self.n_components)))

    def coordinates(self, present: Positions, z: Vector) -> Vector:
        u = np.zeros(len(self.names))
        u[present] = np.clip(z, -4.0, 4.0)
        return u

    def distance(self, event: Mapping[Any, float]) -> float:
        present, values = self.read(event)
        if len(present) == 0:
            return 0.0
        z = self.tempered(present, values)
        u = self.coordinates(present, z)
        return self.compare(self.features(u)) * (u @ u / (u @ u + 1e-6)) + tail(z)

    def contributions(self, event: Mapping[Any, float]) -> dict[Any, float]:
        present, _ = self.read(event)
        return {
            self.names[j]: self.distance(event)
            - self.distance({name: x for name, x in event.items() if name != self.names[j]})
            for j in present
        }

    def compare(self, features: Any) -> float:
        raise NotImplementedError

    def adopt(self) -> None:
        """Let features that became active count, as independent standard normal ones."""
        active = self.active().tolist()
        if self.counted != active:
            square = (self.weights[np.setdiff1d(active, self.counted)] ** 2).sum(axis=0)
            self.counted = active
            self.embedding *= np.exp(-np.outer(BANDWIDTHS**2, square) / (2 * len(active)))

    def rate(self) -> float:
        if self.learning_rate == "auto":
            return max(0.005, 1.0 / (self.events + 10.0))
        return float(self.location_step.rate)

    def step(self, present: Positions, values: Vector) -> None:
        self.adopt()
        settled = self.seen[present] >= self.warm_up
        if settled.any():
            z = np.where(settled, self.judged, 0.0)
            self.learn_features(self.features(self.coordinates(present, z)))
        super().step(present, values)
        self.adopt()

    def learn_features(self, features: Any) -> None:
        raise NotImplementedError

    def move_embedding(self, features: Any, rate: float) -> None:
        gradient = features - self.embedding
        norm = sqrt((np.abs(gradient) ** 2).mean())
        limit = self.embedding_clip.value(1.0 / rate, 1)
        self.embedding_clip.observe(norm, 1)
        self.embedding = self.embedding + rate * min(1.0, limit / norm if norm else 1.0) * gradient


class NaiveKernelMean(NaiveFourier):
    """The mean over the bandwidths of log(1 + ||theta||^2 / k)."""

    normal_distance = 0.7

    def compare(self, features: Any) -> float:
        pairs = zip(self.kernels(features), self.norms(), strict=True)
        return float(np.mean([log(1.0 + g / self.floored(k, g)) for k, g in pairs]))

    def learn_features(self, features: Any) -> None:
        self.move_embedding(features, self.rate())


class NaiveOneClassSVM(NaiveFourier):
    """log2(1 + rho / w'phi); only events with slack move w."""

    normal_distance = 1.0

    def __init__(self, *, nu: float = 0.5, kernel: str = "rbf", **parameters: Any) -> None:
        super().__init__(**parameters)
        self.nu = nu
        self.margin = Quantile(nu, 0.02)

    def compare(self, features: Any) -> float:
        value, energy = self.kernels(features).mean(), self.norms().mean()
        return log2(1.0 + self.margin.value / self.floored(value, energy))

    def adopt(self) -> None:
        super().adopt()
        if self.margin.value == 0.0:
            self.margin.place(self.norms().mean(), 10.0)

    def learn_features(self, features: Any) -> None:
        value = self.kernels(features).mean()
        slack = value < self.margin.value
        self.margin.observe(value)
        self.margin.value = min(self.margin.value, 1.001 * sqrt(self.norms().mean()))
        if slack:
            self.move_embedding(features, min(self.rate() / self.nu, 0.25))


class NaiveCloseness(NaiveZScore):
    """Weighted absolute deviations up to 4 scales, over the margin."""

    def __init__(self, *, nu: float = 0.5, kernel: str = "linear", **parameters: Any) -> None:
        super().__init__(**parameters)
        self.nu = nu
        self.closeness_clip = Threshold(parameters.get("clip", "auto"), 2.0)
        self.margin = Quantile(1.0 - nu, 0.02)
        self.weights = np.zeros(0)
        beyond = 4.0 * float(stats.norm.sf(4.0))
        within, _ = integrate.quad(lambda u: u * stats.norm.pdf(u), 0.0, 4.0)
        self.normal = 1.0 - (within + beyond) / 2.0

    def usual_distance(self, count: int) -> float:
        return 1.0

    def start_features(self, event: Mapping[Any, float]) -> None:
        super().start_features(event)
        if self.margin.value == 0.0 and self.names:
            self.margin.place(self.normal * (1.0 - self.normal) * len(self.names), 10.0)

    def grow(self) -> None:
        super().grow()
        self.weights = np.append(self.weights, self.normal)

    def contributions(self, event: Mapping[Any, float]) -> dict[Any, float]:
        present, values = self.read(event)
        z = self.tempered(present, values)
        deficits = self.weights[present] * np.minimum(np.abs(z), 4.0) / 4.0
        terms = deficits / self.margin.value + [tail(one) for one in z[:, None]]
        return {self.names[j]: float(term) for j, term in zip(present, terms, strict=True)}

    def step(self, present: Positions, values: Vector) -> None:
        settled = self.seen[present] >= self.warm_up
        z = self.judged[settled]
        w = self.weights[present[settled]]
        closeness = 1.0 - np.minimum(np.abs(z), 4.0) / 4.0
        deficit = float(w @ (1.0 - closeness))
        if deficit > 0.0:
            slack = deficit > self.margin.value
            self.margin.observe(deficit)
            usual = (1.0 - self.normal) * w.sum()
            self.margin.value = max(min(self.margin.value, 1.001 * w.sum()), 0.001 * usual)
            if slack:
                self.weights[present[settled]] += self.part_of(closeness - w)
        super().step(present, values)

    def part_of(self, gradient: Vector) -> Vector:
        auto = max(0.005, 1.0 / (self.events + 10.0))
        rate = auto if self.learning_rate == "auto" else float(self.location_step.rate)
        rate = min(rate / self.nu, 0.25)
        norm = float(np.linalg.norm(gradient))
        limit = self.closeness_clip.value(1.0 / rate, len(gradient))
        self.closeness_clip.observe(norm, len(gradient))
        return rate * min(1.0, limit / norm if norm else 1.0) * gradient
