"""How close the automatic learning rate comes to the best of five fixed ones, known in hindsight.

Each of 48 settings is a stream whose mean stands still or moves, under light or heavy tails, clean
or corrupted. The error is the mean distance of the estimated from the true mean, before each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from common import options
from common.data import FloatArray
from common.estimation_cases import Case, all_cases
from common.means import exponential_means, running_means
from common.report import Cell, Table, progress, publish

from clipsgd_river.anomaly import ClippedZScore

FIXED_RATES = (0.1, 0.03, 0.01, 0.003, 0.001)


@dataclass(frozen=True)
class Errors:
    """The error of every estimator on one case, averaged over the seeds."""

    case: Case
    automatic: float
    fixed: dict[float, float]
    running_mean: float
    exponential_means: dict[float, float]

    @property
    def best_rate(self) -> float:
        """The fixed rate that turned out best."""
        return min(self.fixed, key=self.fixed.__getitem__)

    @property
    def best_unclipped(self) -> float:
        """Least error of a mean without clipping."""
        return min(self.running_mean, *self.exponential_means.values())

    @property
    def ratio(self) -> float:
        """Error of the automatic rate over that of the best fixed one: below 1 it wins."""
        return self.automatic / self.fixed[self.best_rate]


def clipped_locations(detector: ClippedZScore, events: FloatArray) -> FloatArray:
    """Return the location before each event, shape (n, d); zero before the first."""
    locations = np.zeros(events.shape)
    detector.learn_one(dict(enumerate(events[0].tolist())))
    for i, event in enumerate(events[1:].tolist(), start=1):
        locations[i] = detector.location_
        detector.learn_one(dict(enumerate(event)))
    return locations


def error(estimates: FloatArray, truth: FloatArray) -> float:
    """Return the mean Euclidean distance of estimate and truth."""
    return float(np.linalg.norm(estimates - truth, axis=1).mean())


def measure(case: Case, length: int, seeds: Sequence[int]) -> Errors:
    """Return the errors on one case; all estimators see the same streams."""
    automatic, running = [], []
    fixed: dict[float, list[float]] = {rate: [] for rate in FIXED_RATES}
    fading: dict[float, list[float]] = {rate: [] for rate in FIXED_RATES}
    for seed in seeds:
        events, truth = case.draw(seed, length)
        automatic.append(error(clipped_locations(ClippedZScore(), events), truth))
        running.append(error(running_means(events), truth))
        for rate in FIXED_RATES:
            estimates = clipped_locations(ClippedZScore(learning_rate=rate), events)
            fixed[rate].append(error(estimates, truth))
            fading[rate].append(error(exponential_means(events, rate), truth))
    return Errors(
        case,
        float(np.mean(automatic)),
        {rate: float(np.mean(values)) for rate, values in fixed.items()},
        float(np.mean(running)),
        {rate: float(np.mean(values)) for rate, values in fading.items()},
    )


def clipping(found: Sequence[Errors]) -> Table:
    """Return how much worse unclipped estimates are, each with its best memory in hindsight."""
    rows: list[list[Cell]] = []
    for corrupted in (False, True):
        members = [errors for errors in found if bool(errors.case.corruption) == corrupted]
        ratios = [errors.best_unclipped / errors.automatic for errors in members]
        rows.append(
            [
                "corrupted" if corrupted else "clean",
                len(ratios),
                float(np.mean(ratios)),
                min(ratios),
                max(ratios),
            ]
        )
    columns = ("cases", "number", "mean ratio", "least", "most")
    return Table("Best unclipped mean, running or exponential, against ours", columns, rows)


def by_case(found: Sequence[Errors]) -> Table:
    """Return one line per case."""
    columns = (
        "case",
        "automatic",
        "best fixed",
        "its rate",
        "ratio",
        "running mean, unclipped",
        "best exponential mean, unclipped",
    )
    rows: list[list[Cell]] = [
        [
            str(errors.case),
            errors.automatic,
            errors.fixed[errors.best_rate],
            errors.best_rate,
            errors.ratio,
            errors.running_mean,
            min(errors.exponential_means.values()),
        ]
        for errors in found
    ]
    return Table("Error of the estimated mean", columns, rows)


def summary(found: Sequence[Errors]) -> Table:
    """Return the mean, worst and best ratio, over all cases and within each kind of truth."""
    groups = {"all cases": list(found)}
    for errors in found:
        groups.setdefault(errors.case.truth, []).append(errors)
    rows: list[list[Cell]] = []
    for name, members in groups.items():
        ratios = [errors.ratio for errors in members]
        worst = members[int(np.argmax(ratios))].case
        rows.append(
            [name, len(ratios), float(np.mean(ratios)), max(ratios), min(ratios), str(worst)]
        )
    columns = ("truth", "cases", "mean ratio", "worst", "best", "worst case")
    return Table("Automatic learning rate against the best fixed one", columns, rows)


def main() -> None:
    """Read the options, run, publish."""
    arguments = options.parser(__doc__ or "").parse_args()
    length, seeds = (500, (0,)) if arguments.quick else (20_000, (0, 1))
    found = []
    for case in all_cases():
        found.append(measure(case, length, seeds))
        progress(f"{case}: ratio {found[-1].ratio:.3f}")
    publish([summary(found), clipping(found), by_case(found)], arguments.out)


if __name__ == "__main__":
    options.run(main)
