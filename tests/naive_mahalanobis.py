"""The covariance straight from its formulas: kept itself, and inverted for every event."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
from naive import NaiveZScore, Positions, Threshold, Vector
from naive_repeats import FROZEN, REGULAR


class NaiveMahalanobis(NaiveZScore):
    """The covariance S itself, inverted for every event; the distance is u' S^-1 u and a tail."""

    normal_distance = 1.0
    ridge = 0.03

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.covariance_clip = Threshold(parameters.get("clip", "auto"), 1.5)
        self.covariance = np.zeros((0, 0))
        self.resumed_after = 0

    def grow(self) -> None:
        super().grow()
        larger = np.eye(len(self.names))
        larger[:-1, :-1] = self.covariance
        self.covariance = larger

    def resume(self) -> None:
        self.covariance = np.eye(len(self.names))
        self.resumed_after = self.events

    def coordinates(self, present: Positions, values: Vector) -> Vector:
        """Tempered deviations up to +-4; 0 for absent features.

        Where a feature has atoms, in scales that take no variance for less than 1.
        """
        u = np.zeros(len(self.names))
        u[present] = np.clip(self.tempered(present, values), -4.0, 4.0)
        own = np.diag(np.linalg.inv(self.covariance))
        split = np.array([bool(r.shares and r.shares.atoms) for r in self.repeats], dtype=bool)
        return np.where(split, u / np.sqrt(np.maximum(own, 1.0)), u)

    def contributions(self, event: Mapping[Any, float]) -> dict[Any, float]:
        present, values = self.read(event)
        u = self.coordinates(present, values)
        tail = 2.0 * np.log(np.maximum(np.abs(self.tempered(present, values)) / 4.0, 1.0))
        terms = (u * (np.linalg.inv(self.covariance) @ u))[present] + tail
        return {self.names[j]: float(term) for j, term in zip(present, terms, strict=True)}

    def step(self, present: Positions, values: Vector) -> None:
        settled = (self.seen[present] >= self.warm_up) & (self.scale[present] > 0.0)
        if settled.any():
            self.learn_covariance(present, values, settled)
        super().step(present, values)

    def learn_covariance(self, present: Positions, values: Vector, settled: Positions) -> None:
        """Age the rows at hand, add the clipped u u', and give one feature its ridge.

        Values that come back so often that Chebyshev's inequality allows their deviation are not
        clipped, neither as coordinates nor in the norm.
        """
        active = self.active()
        d = len(active)
        deviations = self.deviations(present, values)
        known = settled & np.array([kind not in (REGULAR, FROZEN) for kind in self.kinds])
        shares = np.array([self.repeats[j].share for j in present])
        known &= (shares > 0.0) & (deviations**2 * shares < 1.5)
        u = np.zeros(len(self.names))
        u[present] = np.clip(self.judged, -4.0, 4.0)
        u[present] = np.where(settled, np.where(known, deviations, u[present]), 0.0)
        if self.learning_rate == "auto":
            rate = max(min(0.005, 0.5 / d), 1.0 / (self.events - self.resumed_after + d))
        else:
            rate = min(self.location_step.rate, 0.5 / d)
        weight = self.clipped_weight(u, rate, present[known], int(settled.sum()))
        ageing = np.ones(len(self.names))
        ageing[present[settled]] = sqrt(1.0 - rate)
        self.covariance = ageing[:, None] * self.covariance * ageing
        self.covariance += weight * np.outer(u, u)
        turn = sorted(active, key=lambda j: repr(self.names[j]))[self.events % d]
        if turn in present[settled]:
            self.covariance[turn, turn] += rate * self.ridge * d

    def clipped_weight(self, u: Vector, rate: float, known: Positions, settled: int) -> float:
        terms = u * (np.linalg.inv(self.covariance) @ u)
        if len(known) == settled:
            return rate
        norm = sqrt(max(terms.sum() - terms[known].sum(), 0.0))
        ratio = self.covariance_clip.ratio(settled - len(known), settled)
        limit = self.covariance_clip.value(1.0 / rate, settled) * ratio
        self.covariance_clip.observe(norm / ratio, settled)
        shortening = min(1.0, limit / norm) if norm > 0.0 else 1.0
        return rate * shortening**2 / self.covariance_clip.share(len(self.active()))
