"""How the regret of a vector's mean grows with the stream, with corruption and with drift.

The streams are those of `datasets.ObliviousAdversary`, fixed beforehand. Regret is the sum over
events of the distance of estimate and truth; under bounded drift that of an estimator that learns
grows like T^b with b < 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from common import options
from common.data import FloatArray
from common.means import exponential_means
from common.report import Cell, Table, progress, publish
from scipy import stats as laws
from sklearn.linear_model import SGDRegressor

from clipsgd_river.datasets import AbruptDrift, Corruption, ObliviousAdversary, RandomWalk
from clipsgd_river.stats import ClippedVectorMean

Estimator = Callable[[FloatArray], FloatArray]

LENGTHS = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000)
SHARES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
WALKS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1)
DIMENSIONS = (1, 10, 100, 1_000)
# scikit-learn takes one event at a time some fifty times slower.
LONGEST_FOR_SCIKIT_LEARN = 4_000


class Power:
    """The step T^(-2/3), which knows the length beforehand, as a River scheduler."""

    def __init__(self, length: int) -> None:
        self.step = length ** (-2.0 / 3.0)

    def get(self, t: int) -> float:
        """The same step at every event."""
        return self.step


def ours(rate: object, clip: str | None) -> Estimator:
    """Return an estimator of ours by its learning rate; None stands for T^(-2/3)."""

    def estimate(events: FloatArray) -> FloatArray:
        learning_rate = Power(len(events)) if rate is None else rate
        return ClippedVectorMean(learning_rate=learning_rate, clip=clip).get_update_many(events)

    return estimate


def huber(events: FloatArray) -> FloatArray:
    """Return the intercept of scikit-learn's SGDRegressor with Huber's loss before each event."""
    model = SGDRegressor(loss="huber", learning_rate="constant", eta0=0.01, penalty=None)
    means = np.zeros(events.shape)
    for t in range(len(events) - 1):
        model.partial_fit(np.zeros((1, 1)), events[t])
        means[t + 1] = model.intercept_
    return means


def estimators(length: int) -> dict[str, Estimator]:
    """Return the estimators by name."""
    rates = {
        "auto": "auto",
        "doubling": "doubling",
        "1/t": "averaging",
        "constant 0.01": 0.01,
        "T^(-2/3)": None,
    }
    found: dict[str, Estimator] = {}
    for name, rate in rates.items():
        found[f"{name}, clipped"] = ours(rate, "auto")
        found[f"{name}, unclipped"] = ours(rate, None)
    found["River EWMean(0.01)"] = lambda events: exponential_means(events, 0.01)
    if length <= LONGEST_FOR_SCIKIT_LEARN:
        found["scikit-learn SGDRegressor, Huber"] = huber
    return found


def error(estimate: Estimator, stream: ObliviousAdversary) -> float:
    """Return the mean distance of estimate and truth, per root of the dimension."""
    drawn = stream.drawn
    distances = np.linalg.norm(estimate(drawn.events) - drawn.truth, axis=1)
    return float(distances.mean()) / math.sqrt(stream.n_features)


def drifting(length: int, corrupted: bool, seed: int) -> ObliviousAdversary:
    """Return a stream with four abrupt changes, whatever its length, and heavy tails."""
    times = tuple(length * k // 5 for k in range(1, 5))
    corruption = Corruption(0.02) if corrupted else None
    return ObliviousAdversary("student", AbruptDrift(times), corruption, length, 1, seed)


def growth(corrupted: bool, lengths: Sequence[int], seeds: Sequence[int]) -> Table:
    """Return regret against T, and the fitted exponent with its 95 % interval over streams."""
    regrets: dict[str, FloatArray] = {}
    for position, length in enumerate(lengths):
        for name, estimate in estimators(length).items():
            found = regrets.setdefault(name, np.full((len(seeds), len(lengths)), np.nan))
            for row, seed in enumerate(seeds):
                found[row, position] = length * error(estimate, drifting(length, corrupted, seed))
        progress(f"regret at T = {length:,}")
    rows: list[list[Cell]] = []
    for name, found in regrets.items():
        known = ~np.isnan(found[0])
        slopes = np.polyfit(np.log(np.array(lengths)[known]), np.log(found[:, known]).T, 1)[0]
        half = float(laws.t.ppf(0.975, len(seeds) - 1) * laws.sem(slopes))
        mean = float(slopes.mean())
        rows.append(
            [name, *np.nanmean(found, axis=0), mean, f"{mean - half:.2f} to {mean + half:.2f}"]
        )
    kind = "2 % corrupted" if corrupted else "clean"
    columns = ("estimator", *(f"T = {length:,}" for length in lengths), "exponent", "95 % interval")
    return Table(f"Regret against T: t(2.1), four abrupt changes, {kind}", columns, rows)


def degradation(
    title: str,
    label: str,
    amounts: Sequence[float],
    stream: Callable[[float, int, int], ObliviousAdversary],
    dimensions: Sequence[int],
    seeds: Sequence[int],
) -> Table:
    """Return the error against an amount of what makes a stream hard."""
    rows: list[list[Cell]] = []
    for dimension in dimensions:
        for clip in ("auto", None):
            found = [
                float(
                    np.mean(
                        [
                            error(ours("auto", clip), stream(amount, dimension, seed))
                            for seed in seeds
                        ]
                    )
                )
                for amount in amounts
            ]
            jump = max(b / a for a, b in pairwise(found[1:]))
            rows.append([f"d = {dimension:,}, {'clipped' if clip else 'unclipped'}", *found, jump])
        progress(f"{label}, d = {dimension:,}")
    columns = ("estimator", *(f"{amount:g}" for amount in amounts), "largest growth of a step")
    return Table(title, columns, rows)


def corrupted_stream(share: float, dimension: int, seed: int) -> ObliviousAdversary:
    """Return a stream of which a share is replaced by a far cluster."""
    corruption = Corruption(share) if share else None
    return ObliviousAdversary("student", None, corruption, 4_000, dimension, seed)


def walking_stream(step: float, dimension: int, seed: int) -> ObliviousAdversary:
    """Return a stream whose truth walks."""
    return ObliviousAdversary("student", RandomWalk(step), None, 4_000, dimension, seed)


def main() -> None:
    """Read the options, run, publish."""
    arguments = options.parser(__doc__ or "").parse_args()
    seeds, lengths, dimensions = range(5), LENGTHS, DIMENSIONS
    if arguments.quick:
        seeds, lengths, dimensions = range(2), (100, 200), (1,)
    tables = [growth(corrupted, lengths, seeds) for corrupted in (False, True)]
    tables.append(
        degradation(
            "Error against the share of events replaced, t(2.1)",
            "corruption",
            SHARES,
            corrupted_stream,
            dimensions,
            seeds[:2],
        )
    )
    tables.append(
        degradation(
            "Error against the step of a random walk of the truth, t(2.1)",
            "drift",
            WALKS,
            walking_stream,
            dimensions,
            seeds[:2],
        )
    )
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
