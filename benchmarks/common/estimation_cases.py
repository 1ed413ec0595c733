"""The 48 cases of estimating a moving mean: dimension x noise x truth x corruption."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from common.data import FloatArray

DIMENSIONS = (1, 20)
NOISES = ("normal", "t(2.5)", "Pareto(2.1)")
TRUTHS = ("constant", "linear", "abrupt", "random walk")
CORRUPTIONS = (0.0, 0.02)
STRETCHES = 5


@dataclass(frozen=True)
class Case:
    """One setting; `draw` gives a stream of it."""

    dimension: int
    noise: str
    truth: str
    corruption: float

    def __str__(self) -> str:
        corrupted = f", {self.corruption:.0%} corrupted" if self.corruption else ""
        return f"d={self.dimension}, {self.noise}, {self.truth}{corrupted}"

    def draw(self, seed: int, length: int) -> tuple[FloatArray, FloatArray]:
        """Return the events and the true means, both of shape (length, dimension).

        The truth is drawn first and the corruption last, so that a clean case and its corrupted
        twin share truth and noise.
        """
        rng = np.random.default_rng(
            [seed, self.dimension, NOISES.index(self.noise), TRUTHS.index(self.truth)]
        )
        shape = (length, self.dimension)
        truth = _truth(rng, self.truth, shape)
        events = truth + unit_noise(rng, self.noise, shape)
        if self.corruption:
            hit = rng.random(length) < self.corruption
            events[hit] = 20.0 + rng.standard_normal((int(hit.sum()), self.dimension))
        return events, truth


def all_cases() -> list[Case]:
    """Return the 48 cases."""
    return [
        Case(*setting) for setting in itertools.product(DIMENSIONS, NOISES, TRUTHS, CORRUPTIONS)
    ]


def unit_noise(rng: np.random.Generator, kind: str, shape: tuple[int, int]) -> FloatArray:
    """Return centred noise of unit variance.

    Student's t with nu degrees of freedom has variance nu / (nu - 2). A Pareto variable with
    minimum 1 and tail a has variance a / ((a - 1)^2 (a - 2)); NumPy draws it less 1, so its mean
    is 1 / (a - 1).
    """
    if kind == "normal":
        return rng.standard_normal(shape)
    if kind == "t(2.5)":
        nu = 2.5
        scale = math.sqrt((nu - 2) / nu)
        return scale * rng.standard_t(nu, shape)
    if kind == "Pareto(2.1)":
        a = 2.1
        deviation = math.sqrt(a / ((a - 1) ** 2 * (a - 2)))
        return (rng.pareto(a, shape) - 1 / (a - 1)) / deviation
    raise ValueError(f"no noise {kind!r}; choose from {', '.join(NOISES)}")


def _truth(rng: np.random.Generator, kind: str, shape: tuple[int, int]) -> FloatArray:
    length, dimension = shape
    if kind == "constant":
        return np.zeros(shape)
    if kind == "linear":
        return np.repeat(np.linspace(0.0, 5.0, length)[:, None], dimension, axis=1)
    if kind == "abrupt":
        levels = 3.0 * rng.standard_normal((STRETCHES, dimension))
        return levels[np.arange(length) * STRETCHES // length]
    if kind == "random walk":
        return np.cumsum(0.02 * rng.standard_normal(shape), axis=0)
    raise ValueError(f"no truth {kind!r}; choose from {', '.join(TRUTHS)}")
