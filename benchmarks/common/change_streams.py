"""Laws of unit variance and mean 0 that streams for change points are drawn from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from common.data import FloatArray

STREAM = 2_000
CHANGE_AT = 1_000
INDEX = 2.1


@dataclass(frozen=True)
class Law:
    """A distribution with mean 0 and variance 1."""

    name: str
    draw: Callable[[np.random.Generator, tuple[int, int]], FloatArray]


def _pareto(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    mean = INDEX / (INDEX - 1.0)
    deviation = math.sqrt(INDEX / ((INDEX - 1.0) ** 2 * (INDEX - 2.0)))
    return (1.0 + rng.pareto(INDEX, shape) - mean) / deviation


LAWS = (
    Law("N(0, 1)", lambda rng, shape: rng.standard_normal(shape)),
    Law(
        "t(2.1)",
        lambda rng, shape: rng.standard_t(INDEX, shape) / math.sqrt(INDEX / (INDEX - 2.0)),
    ),
    Law("Pareto(2.1)", _pareto),
    Law("Bernoulli(0.1)", lambda rng, shape: ((rng.random(shape) < 0.1) - 0.1) / 0.3),
)
