"""Generated series with labelled anomalies of each kind, on daily, weekly and no season."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Values = NDArray[np.float64]

# Half-hourly values for eight weeks; anomalies come in the second half.
A_DAY, LENGTH = 48, 48 * 56
SECONDS = 1800.0
# Events after the beginning of an anomaly within which it must be found.
WITHIN = 48


@dataclass(frozen=True)
class Labelled:
    """A series, and where its anomalies begin."""

    seconds: Values
    values: Values
    begins: list[int]

    def near(self) -> NDArray[np.bool_]:
        """Events at which an alarm is no false one."""
        found = np.zeros(len(self.values), dtype=bool)
        for begin in self.begins:
            found[begin : begin + WITHIN] = True
        return found


def season(name: str, rng: Generator, length: int) -> Values:
    """Return ordinary values around 100 whose noise is an autoregression."""
    at = np.arange(length)
    noise = np.zeros(length)
    steps = rng.normal(0.0, 2.0, length)
    for n in range(1, length):
        noise[n] = 0.5 * noise[n - 1] + steps[n]
    values = 100.0 + noise
    if name != "no season":
        values += 20.0 * np.sin(2.0 * np.pi * at / A_DAY)
    if name == "weekly":
        values -= np.where(at // A_DAY % 7 >= 5, 25.0, 0.0)
    return values


SEASONS = ("no season", "daily", "weekly")


def _spike(values: Values, begin: int, rng: Generator) -> None:
    values[begin] += rng.choice([-1.0, 1.0]) * 25.0


def _shift(values: Values, begin: int, rng: Generator) -> None:
    values[begin : begin + 24] += rng.choice([-1.0, 1.0]) * 20.0


def _drift(values: Values, begin: int, rng: Generator) -> None:
    values[begin : begin + WITHIN] += np.linspace(0.0, rng.choice([-1.0, 1.0]) * 30.0, WITHIN)


def _frozen(values: Values, begin: int, _: Generator) -> None:
    values[begin : begin + WITHIN] = values[begin]


def _noisier(values: Values, begin: int, rng: Generator) -> None:
    values[begin : begin + 24] += rng.normal(0.0, 12.0, 24)


def _wrong_hour(values: Values, begin: int, _: Generator) -> None:
    """Half a day as the half day before."""
    values[begin : begin + A_DAY // 2] = values[begin - A_DAY // 2 : begin]


KINDS: dict[str, Callable[[Values, int, Generator], None]] = {
    "spike": _spike,
    "shift": _shift,
    "slow drift": _drift,
    "frozen": _frozen,
    "noisier": _noisier,
    "wrong hour": _wrong_hour,
}
MISSING = "missing"


def kinds_on(name: str) -> list[str]:
    """Return the kinds of anomaly that there are on a season."""
    return [*(kind for kind in KINDS if kind != "wrong hour" or name != "no season"), MISSING]


def draw(name: str, kind: str, seed: int, count: int) -> Labelled:
    """Return a series on a season with so many anomalies of one kind in its second half."""
    rng = np.random.default_rng([SEASONS.index(name), seed])
    values = season(name, rng, LENGTH)
    seconds = SECONDS * np.arange(LENGTH)
    gap = LENGTH // 2 // count
    begins = [LENGTH // 2 + gap * n + int(rng.integers(gap // 3)) for n in range(count)]
    if kind != MISSING:
        for begin in begins:
            KINDS[kind](values, begin, rng)
        return Labelled(seconds, values, begins)
    kept = np.ones(LENGTH, dtype=bool)
    for begin in begins:
        kept[begin : begin + 24] = False
    places = np.cumsum(kept) - 1
    return Labelled(seconds[kept], values[kept], [int(places[begin + 24]) for begin in begins])
