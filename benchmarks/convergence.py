"""How many events a good estimate of a vector's mean takes, under heavy tails that stand still.

The error of an estimator is averaged over streams; what counts is the first event from which on it
stays below a level. Rivals are plain clipped SGD, theta <- theta + eta clip(x - theta, lambda) from
the first event on, with the best of nine fixed steps for each level; the same with steps of at
least 1/t; and the sample mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from common import options
from common.data import FloatArray
from common.goals import word
from common.means import running_means
from common.report import Cell, Table, progress, publish

from clipsgd_river.datasets import ObliviousAdversary
from clipsgd_river.stats import ClippedVectorMean

DIMENSIONS = (1, 20, 200)
BASES = ("student", "pareto")
STEPS = (0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003)
# Errors per coordinate, in standard deviations of the base distribution.
LEVELS = (0.1, 0.05, 0.03, 0.02)
ASKED = 0.7

Curves = dict[str, FloatArray]


class AtLeastOverT:
    """A step of at least 1 / t, as a River scheduler."""

    def __init__(self, step: float) -> None:
        self.step = step

    def get(self, t: int) -> float:
        """Step at the t-th event."""
        return max(self.step, 1.0 / max(t, 1))


def estimators(clip: str) -> dict[str, Callable[[], ClippedVectorMean]]:
    """Return ours and the plain ones, all with the same rule for the threshold."""
    found: dict[str, Callable[[], ClippedVectorMean]] = {
        "auto": lambda: ClippedVectorMean(clip=clip)
    }
    for step in STEPS:
        found[f"fixed {step}"] = lambda step=step: ClippedVectorMean(
            learning_rate=step, clip=clip, warm_up=1
        )
        found[f"1/t, then {step}"] = lambda step=step: ClippedVectorMean(
            learning_rate=AtLeastOverT(step), clip=clip, warm_up=1
        )
    return found


def curves(base: str, dimension: int, clip: str, length: int, streams: int) -> Curves:
    """Return the mean error before each event, per coordinate, of every estimator."""
    makers = estimators(clip)
    total = {name: np.zeros(length) for name in [*makers, "sample mean"]}
    for seed in range(streams):
        drawn = ObliviousAdversary(base, n_samples=length, n_features=dimension, seed=seed).drawn
        for name, make in makers.items():
            means = make().get_update_many(drawn.events)
            total[name] += np.linalg.norm(means - drawn.truth, axis=1)
        total["sample mean"] += np.linalg.norm(running_means(drawn.events) - drawn.truth, axis=1)
        progress(f"{base}, d = {dimension}: stream {seed + 1} of {streams}")
    return {name: sums / streams / math.sqrt(dimension) for name, sums in total.items()}


def events_until(error: FloatArray, level: float) -> float:
    """Return the first event from which on the error stays below a level; infinite if never."""
    above = np.flatnonzero(error[1:] >= level)
    last = int(above[-1]) + 2 if len(above) else 1
    return float(last) if last < len(error) else math.inf


def best(found: Curves, prefix: str, level: float) -> float:
    """Return the fewest events among the estimators whose name starts so."""
    return min(events_until(c, level) for name, c in found.items() if name.startswith(prefix))


def rows_of(base: str, dimension: int, clip: str, found: Curves) -> list[list[Cell]]:
    """Return one row per level that ours reaches."""
    rows: list[list[Cell]] = []
    for level in LEVELS:
        ours = events_until(found["auto"], level)
        plain, started = best(found, "fixed", level), best(found, "1/t", level)
        if math.isfinite(ours):
            ratio = ours / plain
            met = word(ratio <= ASKED)
            sample = events_until(found["sample mean"], level)
            rows.append(
                [
                    f"{base}, d = {dimension}, clip {clip}",
                    level,
                    ours,
                    plain,
                    ratio,
                    met,
                    started,
                    sample,
                ]
            )
    return rows


def main() -> None:
    """Read the options, run, publish."""
    arguments = options.parser(__doc__ or "").parse_args()
    length, streams = (400, 2) if arguments.quick else (4_000, 20)
    rows: list[list[Cell]] = []
    for base in BASES:
        # The mean of a skewed law is reached by a growing threshold only.
        clip = "auto" if base == "student" else "growing"
        for dimension in DIMENSIONS[: 2 if arguments.quick else None]:
            found = curves(base, dimension, clip, length, streams)
            rows += rows_of(base, dimension, clip, found)
    columns = (
        "stream",
        "error per coordinate",
        "automatic",
        "best fixed step",
        "ratio",
        f"at most {ASKED}",
        "best fixed step, at least 1/t",
        "sample mean",
    )
    publish([Table("Events until the error stays below a level", columns, rows)], arguments.out)


if __name__ == "__main__":
    options.run(main)
