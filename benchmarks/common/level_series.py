"""Short series with and without changes of level, as people are given to judge."""

from __future__ import annotations

import math

import numpy as np

from common.data import FloatArray
from common.tcpd import Series

Generator = np.random.Generator
LENGTHS = (40, 600)
KINDS = (
    "white noise",
    "Student noise",
    "inertia",
    "season",
    "wandering level",
    "random walk with jumps",
    "slopes",
    "random walk",
    "trend",
)
# How far levels shift in the spread of the noise (of one step of a random walk), at least and most.
SHIFTS = {"white noise": (1.5, 5.0), "random walk with jumps": (8.0, 16.0)}


def level_series(kind: str, count: int, seed: int) -> list[Series]:
    """Draw series of one kind with up to four changes each, whose places are the marks."""
    found = []
    for i in range(count):
        rng = np.random.default_rng([seed, KINDS.index(kind), i])
        length = int(math.exp(rng.uniform(*np.log(LENGTHS))))
        places = _places(rng, length, int(rng.integers(0, 5)))
        values, marks = _draw(kind, rng, length, places)
        found.append(Series(f"{kind} {i}", values, [marks]))
    return found


def _draw(kind: str, rng: Generator, n: int, places: list[int]) -> tuple[FloatArray, list[int]]:
    noise = rng.standard_normal(n)
    if kind == "random walk":
        return np.cumsum(noise), []
    if kind == "trend":
        return np.linspace(0.0, rng.uniform(2.0, 12.0), n) + _inertia(rng, n, 0.0, 0.6), []
    if kind == "slopes":
        slopes = np.zeros(n)
        for start, stop in zip([0, *places], [*places, n], strict=True):
            slopes[start:stop] = rng.normal()
        return np.cumsum(slopes) * 4.0 / math.sqrt(n) + _inertia(rng, n, 0.0, 0.6), places
    if kind == "Student noise":
        noise = rng.standard_t(3, n)
    elif kind == "inertia":
        noise = _inertia(rng, n, 0.2, 0.9)
    elif kind == "season":
        phase = 2.0 * math.pi * (np.arange(n) / 12.0 + rng.random())
        noise += rng.uniform(0.5, 3.0) * np.sin(phase)
    elif kind == "wandering level":
        noise += np.cumsum(rng.standard_normal(n)) * rng.uniform(0.05, 0.3)
    elif kind == "random walk with jumps":
        noise = np.cumsum(noise)
    for place in places:
        noise[place:] += rng.choice([-1.0, 1.0]) * rng.uniform(*SHIFTS.get(kind, (2.0, 6.0)))
    return noise, places


def _inertia(rng: Generator, n: int, least: float, most: float) -> FloatArray:
    """Return an autoregression of order one with unit variance."""
    phi = rng.uniform(least, most)
    steps = rng.standard_normal(n)
    steps[1:] *= math.sqrt(1.0 - phi * phi)
    for t in range(1, n):
        steps[t] += phi * steps[t - 1]
    return steps


def _places(rng: Generator, n: int, count: int) -> list[int]:
    """Draw places a twelfth of the series at least, and eight events, apart from all others."""
    while count:
        places = np.sort(rng.integers(1, n, count))
        if np.diff([0, *places, n]).min() >= max(8, n / 12):
            return [int(place) for place in places]
        if rng.random() < 0.01:
            count -= 1
    return []
