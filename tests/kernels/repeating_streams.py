"""Columns whose values come back, each in its own way, and rows of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Column = Callable[[np.random.Generator, int], Rows]


def continuous(rng: np.random.Generator, n: int) -> Rows:
    return 50.0 + 3.0 * rng.normal(size=n)


def flag(rng: np.random.Generator, n: int) -> Rows:
    return (rng.random(n) < 0.1).astype(float)


def counts(rng: np.random.Generator, n: int) -> Rows:
    return rng.poisson(1.5, n).astype(float)


def zero_inflated(rng: np.random.Generator, n: int) -> Rows:
    return np.where(rng.random(n) < 0.7, 0.0, 5.0 + rng.normal(size=n))


def two_fifths_zero(rng: np.random.Generator, n: int) -> Rows:
    return np.where(rng.random(n) < 0.42, 0.0, 5.0 + rng.normal(size=n))


def rounded(rng: np.random.Generator, n: int) -> Rows:
    return np.round(rng.normal(size=n), 1)


def frozen(rng: np.random.Generator, n: int) -> Rows:
    """Stands still for a sixth of the time, and goes on."""
    moving = rng.normal(size=n)
    moving[n // 3 : n // 2] = moving[n // 3]
    return moving


def constant(rng: np.random.Generator, n: int) -> Rows:
    """Off by round-off in half of the events."""
    return np.where(rng.random(n) < 0.5, 0.1 + 0.2, 0.3)


def held(rng: np.random.Generator, n: int) -> Rows:
    """Each value is reported seven times."""
    return np.repeat(rng.normal(size=n), 7)[:n]


def silent_at_first(rng: np.random.Generator, n: int) -> Rows:
    """0 for a third of the time; then another feature."""
    return np.where(np.arange(n) < n // 3, 0.0, 8.0 + rng.normal(size=n))


def full_scale(rng: np.random.Generator, n: int) -> Rows:
    """Half of the values are 0, one in twenty is the end of the range."""
    high = np.where(rng.random(n) < 0.1, 99.0, 40.0 + 10.0 * rng.normal(size=n))
    return np.where(rng.random(n) < 0.5, 0.0, high)


def changing_levels(rng: np.random.Generator, n: int) -> Rows:
    """Two levels, other ones in the middle of the stream, and outliers that come back."""
    t = np.arange(n)
    level = rng.integers(0, 2, n) + np.where((t > n // 3) & (t < 2 * n // 3), 10.0, 0.0)
    return np.where(rng.random(n) < 0.02, 1e6, level)


COLUMNS: list[Column] = [
    flag,
    counts,
    zero_inflated,
    two_fifths_zero,
    rounded,
    frozen,
    constant,
    held,
    silent_at_first,
    full_scale,
    changing_levels,
    continuous,
]


def rows_of(columns: list[Column], seed: int, n: int, gaps: float = 0.0) -> Rows:
    """Columns side by side; a share of their values is missing."""
    rng = np.random.default_rng(seed)
    rows = np.column_stack([column(rng, n) for column in columns])
    rows[rng.random(rows.shape) < gaps] = np.nan
    return rows


def repeats_of(detector: Any) -> Any:
    """The kernel of the repeated values of a detector or a scaler."""
    return detector._kernel.standard.repeats


def table_of(detector: Any, j: int = 0) -> tuple[dict[float, float], list[float]]:
    """Kept values of a feature with their shares, and its atoms; empty asleep."""
    repeats = repeats_of(detector)
    slot = repeats.slots.memory[j] - 1
    if slot < 0:
        return {}, []
    shares = repeats.shares
    entries = range(16 * slot, 16 * slot + int(shares.count.memory[slot]))
    found = {shares.values.memory[k]: shares.share.memory[k] for k in entries}
    return found, list(found)[: int(shares.atoms.memory[slot])]
