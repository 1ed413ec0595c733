"""Streams for every class: ordinary, hostile, with times, with categories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Event = dict[Any, Any]
Rows = NDArray[np.float64]
Generator = np.random.Generator

EXTREMES = [1e308, -1e308, np.inf, -np.inf, np.nan, 5e-324, 1e150, -0.0, 1e-160]
START = datetime(2026, 3, 28, 21, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Stream:
    """Events, each with a number to predict.

    Parameters
    ----------
    name
        What a difference is reported by.
    events, targets
        As many of either; some targets are missing.
    named
        Whether the features have names that only a frame can carry.
    """

    name: str
    events: list[Event]
    targets: list[Any]
    named: bool = False

    @cached_property
    def names(self) -> list[Any]:
        """Features in order of first appearance."""
        return list(dict.fromkeys(name for x in self.events for name in x))

    @cached_property
    def table(self) -> Any:
        """Events as rows of an array: of numbers where all of them are, else of objects."""
        rows = [[x.get(name) for name in self.names] for x in self.events]
        if all(v is None or isinstance(v, int | float) for row in rows for v in row):
            return np.array([[np.nan if v is None else v for v in row] for row in rows], float)
        return np.array(rows, dtype=object)

    def columns(self) -> dict[str, list[Any]]:
        """Events as columns of a frame, each of one type: texts where there are several."""
        found = {str(name): [x.get(name) for x in self.events] for name in self.names}
        for name, values in found.items():
            if len({type(v) for v in values} - {type(None)}) > 1:
                found[name] = [None if v is None else str(v) for v in values]
        return found


def _events(rows: Rows) -> list[Event]:
    return [dict(enumerate(row)) for row in rows.tolist()]


def _targets(rng: Generator, events: list[Event]) -> list[Any]:
    """A noisy linear function of the first two numbers; now and then far off or missing."""
    found: list[Any] = []
    for i, x in enumerate(events):
        values = [v for v in x.values() if isinstance(v, int | float) and abs(v) < 1e6]
        a, b = [*values, 0.0, 0.0][:2]
        y = 2.0 * a - b + rng.normal()
        found.append(None if i % 41 == 40 else y + 200.0 if i % 23 == 22 else y)
    return found


def _gaussian(rng: Generator, n: int, d: int) -> Rows:
    """Correlated, each feature in a unit of its own."""
    units = 10.0 ** rng.integers(-2, 3, size=d)
    rows: Rows = (5.0 + rng.normal(size=(n, d)) @ (np.eye(d) + 0.3 / np.sqrt(d))) * units
    return rows


def _student(rng: Generator, n: int, d: int) -> Rows:
    rows: Rows = rng.standard_t(2.5, size=(n, d))
    return rows


def _drift(rng: Generator, n: int, d: int) -> Rows:
    """A slow climb, while the spread doubles."""
    t = np.arange(n)[:, None] / n
    rows: Rows = 6.0 * t + rng.normal(size=(n, d)) * (1.0 + t)
    return rows


def _jump(rng: Generator, n: int, d: int) -> Rows:
    """Another level from the middle on, in all features but the last."""
    rows = rng.normal(size=(n, d))
    rows[n // 2 :, : max(d - 1, 1)] += 9.0
    return rows


def _bursts(rng: Generator, n: int, d: int) -> Rows:
    """Short runs and single events that are far off."""
    rows = rng.normal(size=(n, d))
    rows[3 * n // 5 : 3 * n // 5 + 5] += 40.0
    rows[::29, 0] -= 25.0
    return rows


def _extremes(rng: Generator, n: int, d: int) -> Rows:
    rows = rng.normal(size=(n, d))
    hostile = rng.choice(EXTREMES, size=(n, d))
    return np.where(rng.random((n, d)) < 0.15, hostile, rows)


def _constants(rng: Generator, n: int, d: int) -> Rows:
    """Constant until late, nearly constant, mostly 0, and noise."""
    rows = rng.normal(size=(n, d))
    rows[:, 0] = np.where(np.arange(n) > 2 * n // 3, rng.integers(0, 3, n), 7.0)
    rows[:, 1] = np.where(rng.random(n) < 0.05, 0.3, 0.1)
    rows[:, 2] = np.where(rng.random(n) < 0.9, 0.0, rows[:, 2])
    return rows


def _outlier_first(rng: Generator, n: int, d: int) -> Rows:
    rows = rng.normal(size=(n, d))
    rows[0] = 1e9
    return rows


def _gaps(rng: Generator, n: int) -> list[Event]:
    """Missing as no key, as NaN and as None; some events are empty."""
    ways = rng.random((n, 4))
    return [
        {j: v if way < 0.75 else None if way < 0.8 else float("nan") for j, (v, way) in kept}
        for row, way_of in zip(rng.normal(size=(n, 4)).tolist(), ways.tolist(), strict=True)
        for kept in [[(j, p) for j, p in enumerate(zip(row, way_of, strict=True)) if p[1] < 0.85]]
    ]


def _vanishing(rng: Generator, n: int) -> list[Event]:
    """Features of many names that come one after the other, change their order, and go."""
    names = ["b", 1, ("a", 2), 3.5, "load", None]
    events = []
    for i, row in enumerate(rng.normal(size=(n, len(names))).tolist()):
        there = [j for j in range(len(names)) if j * n // 8 <= i < n // 2 + j * n // 6]
        if i % 3 == 0:
            there.reverse()
        events.append({names[j]: row[j] + j for j in there})
    return events


def _types(rng: Generator, n: int) -> list[Event]:
    """Numbers of every type."""
    kinds: list[Callable[[float], Any]] = [
        float,
        lambda v: int(10 * v),
        lambda v: v > 0,
        lambda v: Decimal(str(round(v, 3))),
        np.float32,
        lambda v: Fraction(int(100 * v), 7),
        lambda v: np.int64(5 * v),
        np.bool_,
    ]
    return [
        {j: kinds[(i + j) % len(kinds)](v) for j, v in enumerate(row)}
        for i, row in enumerate(rng.normal(size=(n, 3)).tolist())
    ]


def _refused(rng: Generator, n: int) -> list[Event]:
    """Ordinary events, and now and then one that is to be refused."""
    events = _events(rng.normal(size=(n, 2)))
    wrong: list[Any] = ["text", 10**400, [1.0], 1j, {}, b"x"]
    for i in range(5, n, 7):
        events[i] = {0: 1.0, 1: wrong[i % len(wrong)]}
    return events


def _clock(rng: Generator, n: int) -> list[Event]:
    """Two numbers and a time: dates in order, with silences, one going back, some as seconds."""
    events = []
    now = START
    for i, (load, errors) in enumerate(rng.normal(size=(n, 2)).tolist()):
        now += timedelta(hours=30) if i % 37 == 36 else timedelta(seconds=60.0 * rng.exponential())
        at = now - timedelta(minutes=5) if i % 31 == 30 else now
        far = 30.0 if i % 9 == 8 else 0.0
        events.append({"when": at, "load": 50.0 + 5.0 * load + far, "errors": abs(errors)})
    return events


def _categories(rng: Generator, n: int) -> list[Event]:
    """Texts with a skewed law, numbers among them, a value that takes over, gaps."""
    events = []
    for i in range(n):
        user = f"user {int(rng.pareto(0.9)) % 40}"
        x: Event = {"user": user, "country": "DE" if rng.random() < 0.9 else f"C{i % 7}"}
        x["number"] = float(rng.normal())
        x["code"] = ["ok", None, True, 404, "new" if i > n // 2 else "old"][int(rng.integers(5))]
        if i % 11 == 10:
            del x["country"]
        events.append(x)
    return events


ROWS: list[tuple[str, Callable[[Generator, int, int], Rows], int]] = [
    ("gaussian 1", _gaussian, 1),
    ("gaussian 3", _gaussian, 3),
    ("student 10", _student, 10),
    ("drift 3", _drift, 3),
    ("jump 3", _jump, 3),
    ("bursts 3", _bursts, 3),
    ("gaussian 40", _gaussian, 40),
    ("wide 150", _gaussian, 150),
    ("extremes 4", _extremes, 4),
    ("constants 4", _constants, 4),
    ("outlier first", _outlier_first, 2),
]
EVENTS: list[tuple[str, Callable[[Generator, int], list[Event]]]] = [
    ("gaps", _gaps),
    ("vanishing", _vanishing),
    ("types", _types),
    ("refused", _refused),
    ("clock", _clock),
    ("categories", _categories),
]


def streams(n: int) -> Iterator[Stream]:
    """Every stream with n events; those of many features are shorter."""
    for seed, (name, draw, d) in enumerate(ROWS):
        rng = np.random.default_rng(seed)
        events = _events(draw(rng, n if d < 40 else min(n, 80), d))
        yield Stream(name, events, _targets(rng, events))
    for seed, (name, invent) in enumerate(EVENTS):
        rng = np.random.default_rng(100 + seed)
        events = invent(rng, n)
        named = name in ("clock", "categories")
        yield Stream(name, events, _targets(rng, events), named)
