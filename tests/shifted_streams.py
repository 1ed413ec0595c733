"""Streams of four laws, with and without a shift, and where they alarm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsgd_river import COMPILED
from clipsgd_river.drift import ClippedOCPD

Values = NDArray[np.float64]
KINDS = ["normal", "t(2.1)", "Pareto(2.1)", "Bernoulli(0.1)"]
# Without a compiler a stream of 2,000 events takes a second.
STREAMS = 40 if COMPILED else 1


def noise(kind: str, seed: int, shape: Any) -> Values:
    """Draw from a law with mean 0 and variance 1."""
    rng = np.random.default_rng(seed)
    if kind == "normal":
        return rng.standard_normal(shape)
    if kind == "t(2.1)":
        return rng.standard_t(2.1, shape) / math.sqrt(21)
    if kind == "Pareto(2.1)":
        return (1 + rng.pareto(2.1, shape) - 2.1 / 1.1) / math.sqrt(2.1 / (1.1**2 * 0.1))
    return ((rng.random(shape) < 0.1) - 0.1) / 0.3


def shifted(kind: str, seed: int, shape: Any, at: int, by: float) -> Values:
    values = noise(kind, seed, shape)
    values[at:] += by
    return values


def alarms(ocpd: ClippedOCPD, X: Any) -> list[int]:
    return np.flatnonzero(ocpd.update_many(X)).tolist()
