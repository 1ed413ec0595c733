"""Streams of many kinds, as lists of events, for holding detectors against their formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Event = dict[Any, float]
Rows = NDArray[np.float64]


def events_of(rows: Rows) -> list[Event]:
    """Rows as dicts with a key for every number; NaN has no key."""
    return [{f"f{j}": x for j, x in enumerate(row) if x == x} for row in rows.tolist()]


def normal(rng: np.random.Generator, n: int, d: int) -> list[Event]:
    mixing = np.eye(d) + 0.4 * rng.normal(size=(d, d))
    return events_of(50.0 + rng.normal(size=(n, d)) @ mixing)


def heavy_tailed(rng: np.random.Generator, n: int, d: int) -> list[Event]:
    return events_of(rng.standard_t(1.5, size=(n, d)) * 10.0 ** rng.integers(-3, 4, size=d))


def drift(rng: np.random.Generator, n: int, d: int) -> list[Event]:
    """An abrupt change of level, one of scale, and a slow climb."""
    t = np.arange(n)[:, None]
    scale = np.where(t > n // 2, 3.0, 1.0)
    return events_of(rng.normal(size=(n, d)) * scale + 8.0 * (t > n // 3) + 0.02 * t)


def outliers(rng: np.random.Generator, n: int, d: int) -> list[Event]:
    """One event in twenty is far off in every feature, the very first among them."""
    rows = rng.normal(size=(n, d))
    rows[::20] += 1e6 * rng.normal(size=(len(rows[::20]), d))
    return events_of(rows)


def constants(rng: np.random.Generator, n: int, d: int) -> list[Event]:
    """A feature that is constant until late, one that is nearly so, and noise."""
    rows = rng.normal(size=(n, d))
    rows[:, 0] = np.where(np.arange(n) > 2 * n // 3, rng.integers(0, 3, n), 7.0)
    if d > 1:
        rows[:, 1] = np.where(rng.random(n) < 0.02, 0.3, 0.1)
    return events_of(rows)


def missing(rng: np.random.Generator, n: int, d: int) -> list[Event]:
    """A third of the values are missing, some as no key and some as NaN; some events are empty."""
    rows = rng.normal(size=(n, d))
    events = events_of(np.where(rng.random((n, d)) < 0.2, np.nan, rows))
    for event in events:
        for name in event:
            if rng.random() < 0.1:
                event[name] = float("nan")
    return events


def emerging(rng: np.random.Generator, n: int, d: int) -> list[Event]:
    """Features come one after the other, the last first, and the keys change their order."""
    rows = rng.normal(size=(n, d)) @ (np.eye(d) + 0.3)
    for j in range(d):
        rows[: (d - 1 - j) * n // (2 * d), j] = np.nan
    rows[n // 2 : n // 2 + n // 5, 0] = np.nan
    return [
        {name: event[name] for name in rng.permutation(list(event)).tolist()}
        for event in events_of(rows)
    ]


def sparse(rng: np.random.Generator, n: int, d: int) -> list[Event]:
    """Nine in ten values are 0."""
    rows = np.where(rng.random((n, d)) < 0.9, 0.0, 5.0 + rng.normal(size=(n, d)))
    return events_of(rows)


STREAMS: list[Callable[[np.random.Generator, int, int], list[Event]]] = [
    normal,
    heavy_tailed,
    drift,
    outliers,
    constants,
    missing,
    emerging,
    sparse,
]


def hostile(rng: np.random.Generator, n: int, d: int) -> list[Event]:
    """Ordinary numbers among the largest, the smallest, infinite and missing ones."""
    rows = rng.normal(size=(n, d))
    extremes = np.array([1e308, -1e308, np.inf, -np.inf, np.nan, 5e-324, 1e150, -1e150, 0.0])
    rows = np.where(rng.random((n, d)) < 0.1, rng.choice(extremes, size=(n, d)), rows)
    rows[rng.random(n) < 0.01] = 1e308
    return events_of(rows)
