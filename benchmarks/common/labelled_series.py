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
WITHIN = 64


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


SEASONS = ("no season", "daily", "weekly", "heart beats", "machine cycles")
# Those that have cycles of so many events, whose anomalies are wrong shapes at usual levels.
CYCLES = {"heart beats": 40, "machine cycles": 64}
WRONG_SHAPE = "wrong shape"


def _beat(length: int, *, wrong: bool) -> Values:
    """Return a heart beat; a wrong one has its last wave upside down."""
    at = np.linspace(0.0, 1.0, length, endpoint=False)
    waves = ((0.2, 0.04, 0.15), (0.4, 0.025, 1.0), (0.65, 0.06, -0.3 if wrong else 0.3))
    return sum(height * np.exp(-0.5 * ((at - c) / width) ** 2) for c, width, height in waves)  # type: ignore[return-value]  # a sum of arrays


def _machine_cycle(length: int, *, wrong: bool) -> Values:
    """Return a rise, a plateau, a wobble and a fall; a wrong one does not wobble."""
    at = np.linspace(0.0, 8.0, length, endpoint=False)
    wobble = 1.0 if wrong else 1.0 + 0.4 * np.sin((at - 3.0) * np.pi)
    bounds = [at < 1.0, at < 3.0, at < 5.0, at < 6.0]
    return np.select(bounds, [at, np.ones(length), wobble * np.ones(length), 0.5 * np.ones(length)])


def _cycles(name: str, seed: int, count: int) -> Labelled:
    """Return cycles of slightly different lengths and heights, some of a wrong shape."""
    rng = np.random.default_rng([SEASONS.index(name), seed])
    make, length = (_beat if name == "heart beats" else _machine_cycle), CYCLES[name]
    cycles = LENGTH // length
    gap = cycles // 2 // count
    wrong = {cycles // 2 + gap * n + int(rng.integers(gap // 2)) for n in range(count)}
    parts, begins, at = [], [], 0
    for n in range(cycles):
        part = make(length + int(rng.integers(-1, 2)), wrong=n in wrong)
        parts.append(part * (1.0 + 0.03 * rng.normal()))
        begins += [at] * (n in wrong)
        at += len(part)
    values = np.concatenate(parts)
    return Labelled(
        SECONDS * np.arange(len(values)), values + rng.normal(0.0, 0.02, len(values)), begins
    )


def _spike(values: Values, begin: int, rng: Generator) -> None:
    values[begin] += rng.choice([-1.0, 1.0]) * 25.0


def _shift(values: Values, begin: int, rng: Generator) -> None:
    values[begin : begin + 24] += rng.choice([-1.0, 1.0]) * 20.0


def _drift(values: Values, begin: int, rng: Generator) -> None:
    values[begin : begin + A_DAY] += np.linspace(0.0, rng.choice([-1.0, 1.0]) * 30.0, A_DAY)


def _frozen(values: Values, begin: int, _: Generator) -> None:
    values[begin : begin + A_DAY] = values[begin]


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
    if name in CYCLES:
        return [WRONG_SHAPE]
    return [*(kind for kind in KINDS if kind != "wrong hour" or name != "no season"), MISSING]


def draw(name: str, kind: str, seed: int, count: int) -> Labelled:
    """Return a series on a season with so many anomalies of one kind in its second half."""
    if name in CYCLES:
        return _cycles(name, seed, count)
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
