"""A contestant scores a whole stream prequentially: each row is scored before it is learned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.data import FloatArray


@dataclass(frozen=True)
class Run:
    """What one pass over a stream gave.

    `seconds` is processor time of scoring and learning, without building the model or its events.
    `distances` is the raw distance behind each score, where a detector has one.
    """

    scores: FloatArray
    seconds: float
    distances: FloatArray | None = None


@dataclass(frozen=True)
class Contestant:
    """A detector by name; every call of `run` starts from a fresh one.

    `limit` cuts the stream for a contestant too slow for all of it.
    """

    name: str
    run: Callable[[FloatArray], Run]
    limit: int | None = None


def prequential(model: Any, events: Iterable[Any]) -> FloatArray:
    """Return the score of each event, before it is learned."""
    scores = []
    for x in events:
        scores.append(model.score_one(x))
        model.learn_one(x)
    return np.array(scores, dtype=np.float64)
