"""Columns as they come: flags, counts, amounts that are mostly 0, rounded and capped readings.

Most of them repeat one value in half to nearly all events, which no continuous law does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Values = NDArray[np.float64]
Draw = Callable[[Generator, int], Values]

# Share of its length after which a column that begins or freezes does so.
QUIET = 0.25
# Events for which a frozen sensor repeats itself, and where it starts to, as a share of its length.
FROZEN, FREEZES = 500, 0.5
# A counter of ones among zeros reads this once, halfway.
NEVER_SEEN = 200.0


@dataclass(frozen=True)
class Column:
    """A kind of column by name; `draw` gives so many values of it."""

    name: str
    draw: Draw
    #: Of its values those whose standard deviation a robust scale is to follow; None: all.
    ordinary: Callable[[Values], NDArray[np.bool_]] | None = None

    def deviation(self, values: Values) -> float:
        """Return the standard deviation that a robust scale is to follow."""
        kept = values if self.ordinary is None else values[self.ordinary(values)]
        # Equal values whose sum is rounded have a deviation of 0 all the same.
        return float(np.std(kept)) if np.ptp(kept) > 1e-12 * np.abs(kept).max() else 0.0


def flag(share: float) -> Draw:
    """Zeros, and a share of ones."""
    return lambda rng, n: (rng.random(n) < share).astype(float)


def drifting_flag(first: float, last: float) -> Draw:
    """Zeros, and a share of ones that moves from one to another."""
    return lambda rng, n: (rng.random(n) < np.linspace(first, last, n)).astype(float)


def poisson(mean: float) -> Draw:
    """Counts."""
    return lambda rng, n: rng.poisson(mean, n).astype(float)


def partly(share: float, value: float, rest: Draw) -> Draw:
    """One value in a share of events, otherwise another column."""

    def draw(rng: Generator, n: int) -> Values:
        others = rest(rng, n)
        return np.where(rng.random(n) < share, value, others)

    return draw


def amounts(median: float = 1.0, digits: int | None = None) -> Draw:
    """Lognormal amounts, rounded to so many digits or not at all."""

    def draw(rng: Generator, n: int) -> Values:
        values = median * rng.lognormal(0.0, 1.0, n)
        return values if digits is None else values.round(digits)

    return draw


def gaussian(mean: float = 0.0, deviation: float = 1.0) -> Draw:
    """A Gaussian."""
    return lambda rng, n: rng.normal(mean, deviation, n)


def rounded(mean: float, deviation: float, step: float) -> Draw:
    """A Gaussian rounded to multiples of a step."""
    return lambda rng, n: np.round(rng.normal(mean, deviation, n) / step) * step


def capped(share: float) -> Draw:
    """Exponential waits, cut at a cap that a share of them reaches."""
    return lambda rng, n: np.minimum(rng.exponential(10.0, n), -10.0 * np.log(share))


def counter(share: float) -> Draw:
    """Ones in a share of events, otherwise zeros; and once, halfway, what never was before."""

    def draw(rng: Generator, n: int) -> Values:
        values = flag(share)(rng, n)
        values[n // 2] = NEVER_SEEN
        return values

    return draw


def constant(value: float = 3.7) -> Draw:
    """One value."""
    return lambda _, n: np.full(n, value)


def constant_with_round_off(rng: Generator, n: int) -> Values:
    """One value, computed in one way or another."""
    return np.where(rng.random(n) < 0.1, 0.1 + 0.2, 0.3)


def freezing(rng: Generator, n: int) -> Values:
    """A Gaussian sensor that repeats one reading for a while."""
    values = rng.normal(20.0, 0.3, n)
    start = int(FREEZES * n)
    values[start : start + FROZEN] = values[start]
    return values


def gross_outliers(rng: Generator, n: int) -> Values:
    """A Gaussian, of which a tenth lies a hundred deviations off."""
    return np.where(rng.random(n) < 0.1, 100.0, 0.0) + gaussian()(rng, n)


def quiet_start(rng: Generator, n: int) -> Values:
    """Zeros, then a Gaussian."""
    return np.where(np.arange(n) < QUIET * n, 0.0, rng.normal(20.0, 3.0, n))


def after_the_quiet(values: Values) -> NDArray[np.bool_]:
    """Values of `quiet_start` from its activity on."""
    return np.arange(len(values)) >= QUIET * len(values)


def alternating(_: Generator, n: int) -> Values:
    """Zero in every second event, between them values that never were before: 0, 1, 0, 2, ..."""
    position = np.arange(n)
    return np.where(position % 2 == 0, 0.0, (position + 1.0) / 2.0)


def pattern(*values: float) -> Draw:
    """Values in turn."""
    return lambda _, n: np.resize(np.array(values), n)


REPEATING = (
    *(Column(f"flag {share}", flag(share)) for share in (0.5, 0.3, 0.1, 0.05, 0.02, 0.003)),
    Column("flag, share from .02 to .3", drifting_flag(0.02, 0.3)),
    Column("flag, share from .3 to .02", drifting_flag(0.3, 0.02)),
    *(Column(f"Poisson({mean})", poisson(mean)) for mean in (0.05, 0.1, 0.3, 3.0)),
    *(
        Column(f"{share:.0%} zero, otherwise lognormal", partly(share, 0.0, amounts()))
        for share in (0.55, 0.9, 0.99)
    ),
    Column("90% zero, otherwise cents", partly(0.9, 0.0, amounts(20.0, 2))),
    Column("N(0, .7) in integers", rounded(0.0, 0.7, 1.0)),
    Column("N(20, .3) to .1", rounded(20.0, 0.3, 0.1)),
    Column("N(20, .3) to .5", rounded(20.0, 0.3, 0.5)),
    Column("capped, 60% at the cap", capped(0.6)),
    Column("1 in 1%, once 200", counter(0.01), lambda values: values < NEVER_SEEN),
    Column(
        "60% zero, 20% 100, a continuous rest",
        partly(0.6, 0.0, partly(0.5, 100.0, gaussian(50.0, 10.0))),
    ),
    Column("sawtooth of 5", pattern(0.0, 1.0, 2.0, 3.0, 4.0)),
    Column("period of 7: five 0, then 1, 3", pattern(0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0)),
)
"""Those that repeat values."""

CONSTANT = (
    Column("constant", constant()),
    Column("constant with round-off", constant_with_round_off),
)
"""Those that have one value."""

CONTINUOUS = (
    Column("Gaussian", gaussian()),
    Column("Student t(2.5)", lambda rng, n: rng.standard_t(2.5, n)),
    Column("10% gross outliers", gross_outliers, lambda values: np.abs(values) < 50.0),
    Column("lognormal", amounts()),
)
"""Those that hardly ever repeat a value."""

CHANGING = (
    Column("a sensor freezes for 500 events", freezing),
    Column("equal for a quarter, then active", quiet_start, after_the_quiet),
    Column("0, 1, 0, 2, 0, 3, ...", alternating),
)
"""Those that repeat themselves for a while, or half of the time."""

ALL = (*REPEATING, *CONSTANT, *CONTINUOUS, *CHANGING)
