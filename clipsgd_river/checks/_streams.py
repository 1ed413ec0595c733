"""Small seeded streams for the checks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsgd_river.checks._promise import Event, call, is_supervised

Rows = NDArray[np.float64]

# Features of different units, as in life: nothing may depend on a common scale.
LOCATION = np.array([0.0, 50.0, -3.0, 1000.0])
SCALE = np.array([1.0, 10.0, 0.125, 200.0])


def ordinary_rows(n: int, seed: int = 0) -> Rows:
    """Return n ordinary rows of four features, independent and Gaussian."""
    noise = np.random.default_rng(seed).normal(size=(n, len(SCALE)))
    rows: Rows = LOCATION + SCALE * noise
    return rows


def events(rows: Rows) -> list[Event]:
    """Return the rows as events whose features are named as an array's columns: 0, 1, ..."""
    return [dict(enumerate(row)) for row in rows.tolist()]


def warm_rows(detector: Any, seed: int = 0) -> Rows:
    """Return ordinary rows enough for the detector to be past its warm-up."""
    warm_up = getattr(detector, "warm_up", 0)
    return ordinary_rows(200 + 2 * (warm_up if isinstance(warm_up, int) else 0), seed)


def ordinary_event(deviations: float = 0.0) -> Event:
    """Return the typical event, moved by so many standard deviations in every feature."""
    return dict(enumerate((LOCATION + deviations * SCALE).tolist()))


def probes() -> list[Event]:
    """Return events of all kinds: ordinary, far, partial, with a new feature."""
    whole = events(ordinary_rows(6, seed=99))
    return [
        *whole,
        ordinary_event(0.0),
        ordinary_event(8.0),
        ordinary_event(-1e6),
        {0: 1.0},
        {3: 5.0, 1: 70.0},
        {**whole[1], 9: 3.0},
    ]


def score_near_and_far(detector: Any, deviations: float) -> tuple[float, float]:
    """Return the scores of the typical event and of one so far off in every feature.

    Of a supervised detector those of an event with the target that goes with it and with one so far
    off.
    """
    if is_supervised(detector):
        x = ordinary_event(2.0)
        return call(detector, "score_one", x), detector.score_one(x, deviations)
    far = detector.score_one(ordinary_event(deviations))
    return detector.score_one(ordinary_event()), far
