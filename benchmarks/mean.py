"""The clipped mean beside the sample mean: errors, and what its radius covers; clipped quantiles.

No estimator that does not know its law can be expected to halve the large errors of the sample
mean of Pareto(2.1) at 10,000 events: maximum likelihood, which knows it, has 0.58 of their 99th
percentile (2,000 streams; 0.4 to 0.9 in lots of 200). The row below the target measures it on the
very streams.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from common import options
from common.data import FloatArray
from common.goals import goal, goal_table
from common.report import Cell, Table, progress, publish
from river import stats as river_stats

from clipsgd_river.stats import ClippedMean, ClippedQuantile

EVENTS = 10_000
STREAMS = 200
PARETO_INDEX = 2.1
CONFIDENCE = 0.95
LEVELS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)


@dataclass(frozen=True)
class Law:
    """A distribution to draw streams from, and its mean."""

    name: str
    draw: Callable[[np.random.Generator, int], FloatArray]
    mean: float


LAWS = (
    Law("N(0, 1)", lambda rng, n: rng.standard_normal(n), 0.0),
    Law("t(2.1)", lambda rng, n: rng.standard_t(2.1, n), 0.0),
    Law(
        "Pareto(2.1)",
        lambda rng, n: 1.0 + rng.pareto(PARETO_INDEX, n),
        PARETO_INDEX / (PARETO_INDEX - 1.0),
    ),
    Law("Bernoulli(0.1)", lambda rng, n: (rng.random(n) < 0.1).astype(float), 0.1),
)


QUANTILE_LAWS: tuple[
    tuple[str, Callable[[np.random.Generator, int], FloatArray], Callable[[float], float]], ...
] = (
    ("N(0, 1)", lambda rng, n: rng.standard_normal(n), NormalDist().inv_cdf),
    ("Exponential", lambda rng, n: rng.standard_exponential(n), lambda q: -math.log1p(-q)),
    (
        "Pareto(2.1)",
        lambda rng, n: 1.0 + rng.pareto(PARETO_INDEX, n),
        lambda q: (1.0 - q) ** (-1.0 / PARETO_INDEX),
    ),
    ("Cauchy", lambda rng, n: rng.standard_cauchy(n), lambda q: math.tan(math.pi * (q - 0.5))),
)


@dataclass(frozen=True)
class Errors:
    """Absolute errors of both means, one a stream, and which the radius covers."""

    law: Law
    clipped: FloatArray
    sample: FloatArray
    radius: FloatArray

    def ratio(self, level: float) -> float:
        """Quantile of the clipped mean's error over the same quantile of the sample mean's."""
        return float(np.quantile(self.clipped, level) / np.quantile(self.sample, level))

    @property
    def coverage(self) -> float:
        """Share of streams whose mean lies within the radius."""
        return float(np.mean(self.clipped <= self.radius))


def measure(law: Law, streams: int, events: int, seed: int = 0) -> Errors:
    """Run both means over streams that differ in nothing but the seed."""
    clipped, sample, radius = np.empty(streams), np.empty(streams), np.empty(streams)
    for i in range(streams):
        values = law.draw(np.random.default_rng([seed, i]), events)
        ours, rivers = ClippedMean(), river_stats.Mean()
        ours.update_many(values)
        rivers.update_many(values)
        clipped[i] = abs(ours.get() - law.mean)
        sample[i] = abs(rivers.get() - law.mean)
        radius[i] = ours.radius(CONFIDENCE)
    return Errors(law, clipped, sample, radius)


def likelihood_errors(streams: int, events: int, seed: int) -> FloatArray:
    """Errors of the maximum likelihood estimate that knows it is a Pareto from 1 on.

    The index is n over the sum of logarithms, the mean a / (a - 1). No regular estimator has a
    smaller error in the limit.
    """
    law = next(law for law in LAWS if law.name == "Pareto(2.1)")
    errors = np.empty(streams)
    for i in range(streams):
        index = events / np.log(law.draw(np.random.default_rng([seed, i]), events)).sum()
        errors[i] = abs(index / (index - 1.0) - law.mean)
    return errors


def quantile_table(streams: int, events: int, seed: int) -> Table:
    """Root mean squared error of the clipped quantile over that of the sample quantile."""
    rows: list[list[Cell]] = []
    for name, draw, quantile in QUANTILE_LAWS:
        ratios: list[Cell] = []
        for level in LEVELS:
            ours, samples = [], []
            for i in range(streams):
                values = draw(np.random.default_rng([seed, i]), events)
                statistic = ClippedQuantile(q=level)
                statistic.update_many(values)
                ours.append(float(statistic.get() or 0.0) - quantile(level))
                samples.append(float(np.quantile(values, level)) - quantile(level))
            ratios.append(float(np.sqrt(np.mean(np.square(ours)) / np.mean(np.square(samples)))))
        rows.append([name, *ratios])
        progress(f"quantiles, {name}")
    columns = ("law", *map(str, LEVELS))
    return Table("Error of the clipped quantile over that of the sample quantile", columns, rows)


def errors_table(found: list[Errors]) -> Table:
    """Quantiles of the errors, clipped and sample mean side by side."""
    rows: list[list[Cell]] = [
        [
            errors.law.name,
            *(
                float(np.quantile(values, level))
                for level in (0.5, 0.99, 0.999)
                for values in (errors.clipped, errors.sample)
            ),
            errors.ratio(0.99),
            float(np.median(errors.radius)),
            errors.coverage,
        ]
        for errors in found
    ]
    levels = [f"{level} {who}" for level in ("50 %", "99 %", "99.9 %") for who in ("ours", "River")]
    columns = ("law", *levels, "99 % ratio", "median radius", "coverage")
    return Table("Absolute error of the mean", columns, rows)


def verdicts(found: list[Errors], likelihood: FloatArray) -> Table:
    """Every target with what was measured and whether it is reached."""
    rows: list[list[Cell]] = []
    for errors in found:
        if errors.law.name.startswith("Pareto"):
            figure = "99 % error over River's, Pareto(2.1)"
            rows.append(goal(figure, errors.ratio(0.99), "≤", 0.5))
            floor = float(np.quantile(likelihood, 0.99) / np.quantile(errors.sample, 0.99))
            rows.append(["the same of maximum likelihood that knows the law", floor, "", ""])
        rows.append(goal(f"coverage, {errors.law.name}", errors.coverage, "≥", CONFIDENCE))
    return goal_table(rows)


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    parser.add_argument("--streams", type=int, default=STREAMS, help="streams per law")
    parser.add_argument("--seed", type=int, default=0, help="seed of the streams")
    arguments = parser.parse_args()
    if arguments.streams < 1:
        parser.error("--streams is at least 1")
    streams, events = (10, 1_000) if arguments.quick else (arguments.streams, EVENTS)
    found = []
    for law in LAWS:
        progress(law.name)
        found.append(measure(law, streams, events, arguments.seed))
    likelihood = likelihood_errors(streams, events, arguments.seed)
    tables = [
        errors_table(found),
        quantile_table(min(streams, 50), events, arguments.seed),
        verdicts(found, likelihood),
    ]
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
