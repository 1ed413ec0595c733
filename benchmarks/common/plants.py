"""Generated plants: sensors that follow a few causes, seasons and drift, and sensors that fail.

Readings every five minutes for eight weeks. Three hidden causes move twelve sensors, each in a unit
of its own; a pump runs while the first cause is high, and a counter counts starts. From the second
week on there are faults of four kinds in turn, each of one sensor, for five hours to a day.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy.signal import lfilter

from common.data import FloatArray
from common.incidents import FIRST, Watched

PLANTS = ("steady", "drift", "daily", "daily and weekly", "all of these")
A_DAY = 288
LENGTH, LEAD = 56 * A_DAY, 7 * A_DAY
CAUSES, SENSORS = 3, 12
# Faults of each kind in a plant, and how many events one lasts.
EACH, SHORTEST, LONGEST = 6, 60, 300
# What a sensor reads that its causes do not explain, in units of a cause.
NOISE = 0.3
# A reading of 0 is so many units of a cause below the mean.
OFFSET = 5.0


def _stuck(readings: FloatArray, begin: int, end: int, _: Generator) -> None:
    """The last reading again and again."""
    readings[begin:end] = readings[begin - 1]


def _failing(readings: FloatArray, begin: int, end: int, rng: Generator) -> None:
    """Every third reading or so is 0."""
    readings[begin:end][rng.random(end - begin) < 1 / 3] = -OFFSET


def _drifting(readings: FloatArray, begin: int, end: int, rng: Generator) -> None:
    """Away by four units in the time to find it, and no further."""
    away = rng.choice([-4.0, 4.0]) * np.minimum(np.arange(1, end - begin + 1) / FIRST, 1.0)
    readings[begin:end] += away


def _noisy(readings: FloatArray, begin: int, end: int, rng: Generator) -> None:
    """Five times the noise."""
    readings[begin:end] += rng.normal(0.0, 5.0 * NOISE, end - begin)


FAULTS: dict[str, Callable[[FloatArray, int, int, Generator], None]] = {
    "stuck": _stuck,
    "failing": _failing,
    "drifting": _drifting,
    "noisy": _noisy,
}


def draw(plant: str, seed: int) -> Watched:
    """Return the readings of a plant with its faults."""
    rng = np.random.default_rng([PLANTS.index(plant), seed])
    causes = _causes(plant, rng)
    loadings = rng.standard_normal((SENSORS, CAUSES))
    readings = causes @ loadings.T + rng.normal(0.0, NOISE, (LENGTH, SENSORS))
    if _has(plant, "drift"):
        # Sensors age: two units over the eight weeks, in either direction.
        readings += np.linspace(0.0, rng.choice([-2.0, 2.0], SENSORS), LENGTH)
    labels, kinds = np.zeros(LENGTH, np.int8), []
    for begin, end, kind in _schedule(rng):
        FAULTS[kind](readings[:, rng.integers(SENSORS)], begin, end, rng)
        labels[begin:end] = 1
        kinds.append(kind)
    units = 10.0 ** rng.uniform(-1.0, 3.0, SENSORS)
    pump, starts = causes[:, 0] > 1.0, rng.poisson(0.1, LENGTH)
    rows = np.column_stack([units * (OFFSET + readings), pump, starts]).astype(np.float64)
    return Watched(f"{plant}, seed {seed}", rows, labels, tuple(kinds))


def _causes(plant: str, rng: Generator) -> FloatArray:
    """Return causes of unit variance that change within hours, and seasons and drift upon them."""
    memory = 0.95
    steps = rng.normal(0.0, np.sqrt(1.0 - memory**2), (LENGTH, CAUSES))
    causes: FloatArray = lfilter([1.0], [1.0, -memory], steps, axis=0)
    day = np.arange(LENGTH) / A_DAY
    if _has(plant, "daily"):
        causes[:, 0] += 2.0 * np.sin(2.0 * np.pi * day)
        causes[:, 1] += 1.5 * np.sin(2.0 * np.pi * (day + rng.random()))
    if _has(plant, "weekly"):
        causes[:, 0] -= np.where(day % 7 >= 5, 2.0, 0.0)
    if _has(plant, "drift"):
        causes += np.cumsum(rng.normal(0.0, 4.0 / np.sqrt(LENGTH), (LENGTH, CAUSES)), axis=0)
    return causes


def _has(plant: str, what: str) -> bool:
    return what in plant or plant == PLANTS[-1]


def _schedule(rng: Generator) -> list[tuple[int, int, str]]:
    """Return first event, the one after the last, and kind of each fault, in order of time."""
    kinds = rng.permutation(np.repeat(list(FAULTS), EACH))
    slot = (LENGTH - LEAD) // len(kinds)
    found = []
    for place, kind in enumerate(kinds):
        begin = LEAD + slot * place + int(rng.integers(slot - LONGEST - FIRST))
        found.append((begin, begin + int(rng.integers(SHORTEST, LONGEST + 1)), str(kind)))
    return found
