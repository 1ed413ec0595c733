"""Events as hostile as a stream from the outside can make them, mixed with ordinary ones."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

from common.data import Event, FloatArray

FEATURES = 4
LATE_KEYS = tuple(f"late {number}" for number in range(20))

NUMBERS: tuple[object, ...] = (
    math.nan,
    None,
    pd.NA,
    math.inf,
    -math.inf,
    1e308,
    -1e308,
    5e-324,
    -2.2e-308,
    -0.0,
    10**400,
    -(10**400),
    2**63,
    True,
    False,
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal("-Infinity"),
    Decimal("1e5000"),
    Decimal("0.1"),
    np.float16(65504),
    np.float32("nan"),
    np.float32(1.5),
    np.float64("inf"),
    np.longdouble(2.5),
    np.int8(-128),
    np.uint64(2**64 - 1),
    np.bool_(True),
)
"""Values every detector must take: extreme or missing, yet numbers."""

REFUSED: tuple[object, ...] = (
    "7",
    b"7",
    [1.0],
    (1.0,),
    {"a": 1.0},
    1 + 2j,
    object(),
    np.array([1]),
)
"""Values every detector must refuse with a `TypeError`."""

EITHER: tuple[object, ...] = (Fraction(1, 3),)
"""Values a detector may take or refuse, so long as it does one of the two cleanly."""


class Source:
    """A seeded source of ordinary and hostile events on the features 0, 1, 2, 3 and late keys."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def ordinary(self) -> Event:
        """Return an event near (0, 10, 20, 30) with standard deviations 1, 2, 3, 4."""
        gauss = self._random.gauss
        return {feature: gauss(10.0 * feature, 1.0 + feature) for feature in range(FEATURES)}

    def outlier(self) -> Event:
        """Return an event fifty standard deviations away in every feature."""
        return {feature: 10.0 * feature + 50.0 * (1 + feature) for feature in range(FEATURES)}

    def acceptable(self) -> Event:
        """Return a hostile event of values that must be accepted, its keys in any order."""
        draw = self._random
        event = self.ordinary()
        for feature in draw.sample(range(FEATURES), draw.randint(1, FEATURES)):
            event[feature] = draw.choice(NUMBERS)
        if draw.random() < 0.3:
            del event[draw.randrange(FEATURES)]
        if draw.random() < 0.3:
            event[draw.choice(LATE_KEYS)] = draw.choice((draw.gauss(0, 1), draw.choice(NUMBERS)))
        keys = list(event)
        draw.shuffle(keys)
        return {key: event[key] for key in keys}

    def refusable(self) -> Event:
        """Return an ordinary event with one value that must be refused."""
        return {**self.ordinary(), self._random.randrange(FEATURES): self._random.choice(REFUSED)}

    def undecided(self) -> Event:
        """Return an ordinary event with one value that may be taken or refused."""
        return {**self.ordinary(), self._random.randrange(FEATURES): self._random.choice(EITHER)}

    def block(self, rows: int) -> FloatArray:
        """Return an array of which about a quarter is NaN, infinite, huge or denormal."""
        draw = self._random
        extremes = (math.nan, math.inf, -math.inf, 1.7e308, -1.7e308, 5e-324)
        return np.array(
            [
                [
                    draw.choice(extremes) if draw.random() < 0.25 else draw.gauss(10.0 * f, 1.0 + f)
                    for f in range(FEATURES)
                ]
                for _ in range(rows)
            ]
        )

    def mixed(self, count: int) -> Iterator[tuple[str, Event]]:
        """Yield `count` events with their kind: two thirds ordinary, the rest hostile."""
        for _ in range(count):
            luck = self._random.random()
            if luck < 0.65:
                yield "ordinary", self.ordinary()
            elif luck < 0.98:
                yield "acceptable", self.acceptable()
            elif luck < 0.995:
                yield "refusable", self.refusable()
            else:
                yield "undecided", self.undecided()
