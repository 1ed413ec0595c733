"""Bits of columns: how often ordinary values have a p-value as small as they say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clipsgd_river.anomaly import ClippedSurprisal
from common.data import FloatArray
from common.goals import goal, goal_table
from common.report import Cell, Table, progress

LEVELS = (1e-2, 1e-3, 1e-4)
# How far off the share of ordinary values may be, as a factor, at each level.
FACTORS = (2.0, 2.0, 3.0)
# A share of 1e-4 of one stream is that of a few values.
SEEDS = (6, 7, 8)
# What is learned before the shares count.
BEFORE = 0.1
COLUMNS: dict[str, Callable[[np.random.Generator, int], FloatArray]] = {
    "Gaussian": lambda rng, n: rng.standard_normal(n),
    "lognormal": lambda rng, n: rng.lognormal(0.0, 1.5, n),
    "Student t(3)": lambda rng, n: rng.standard_t(3, n),
    "Poisson(50)": lambda rng, n: rng.poisson(50, n).astype(float),
    "Poisson(3)": lambda rng, n: rng.poisson(3, n).astype(float),
    "Poisson(0.05)": lambda rng, n: rng.poisson(0.05, n).astype(float),
    "90 % zero, otherwise lognormal": lambda rng, n: np.where(
        rng.random(n) < 0.9, 0.0, rng.lognormal(0.0, 1.0, n)
    ),
}
# Between two counts there is none: no p-value between two levels, and shares may only be smaller.
DISCRETE = ("Poisson(3)", "Poisson(0.05)", "90 % zero, otherwise lognormal")


def surprises(count: int) -> list[Table]:
    """Shares of ordinary values below p, over p."""
    rows: list[list[Cell]] = []
    goals: list[list[Cell]] = []
    for name, draw in COLUMNS.items():
        progress(f"p-values: {name}")
        shares = np.mean([_shares(draw, count, seed) for seed in SEEDS], axis=0).tolist()
        ratios = [share / p for share, p in zip(shares, LEVELS, strict=True)]
        rows.append([name, *ratios])
        for p, ratio, factor in zip(LEVELS, ratios, FACTORS, strict=True):
            figure = f"{name}: share of values below {p:g}, over {p:g}"
            goals.append(goal(figure, ratio, "≤", factor))
            if name not in DISCRETE:
                goals.append(goal(figure, ratio, "≥", 1.0 / factor))
    title = (
        "Share of ordinary values whose p-value, 2**-bits, is below p, over p; "
        f"{len(SEEDS)} times {count:,} values"
    )
    columns = ("column", *(f"p = {p:g}" for p in LEVELS))
    return [Table(title, columns, rows), goal_table(goals, "p-values of ClippedSurprisal")]


def _shares(
    draw: Callable[[np.random.Generator, int], FloatArray], count: int, seed: int
) -> list[float]:
    model, bits = ClippedSurprisal(), np.zeros(count)
    for at, value in enumerate(draw(np.random.default_rng(seed), count).tolist()):
        x = {"column": value}
        bits[at] = model.bits_one(x).get("column", 0.0)
        model.learn_one(x)
    settled = np.exp2(-bits[round(BEFORE * count) :])
    return [float((settled <= p).mean()) for p in LEVELS]
