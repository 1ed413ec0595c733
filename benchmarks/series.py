"""Spikes, shifts, frozen stretches, wrong shapes found at one false alarm in 1,000 events."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from common import options
from common.forecast_rivals import predictive_scores
from common.goals import goal, goal_table
from common.labelled_series import (
    LENGTH,
    SEASONS,
    WITHIN,
    WRONG_SHAPE,
    Labelled,
    draw,
    kinds_on,
)
from common.report import Cell, Table, progress, publish
from numpy.typing import NDArray

from clipsgd_river.anomaly import ClippedTimeSeries

Run = Callable[[Labelled], NDArray[np.float64]]
OURS = "ClippedTimeSeries"
SHAPES = "ClippedTimeSeries(shapes=True)"
SEEDS = 8
# Anomalies of one kind in four weeks: what comes often becomes usual.
RARE, OFTEN = 2, 8
FALSE_ALARMS = 1e-3
# HoltWinters has no forecast before it has seen two seasons.
FORECASTS_FROM = 100


def ours(series: Labelled) -> NDArray[np.float64]:
    """Return the distances of our detector."""
    rows = np.column_stack([series.seconds, series.values])
    return ClippedTimeSeries(timestamp=0).distance_learn_many(rows)


def with_shapes(series: Labelled) -> NDArray[np.float64]:
    """Return the distances of our detector that compares shapes."""
    rows = np.column_stack([series.seconds, series.values])
    return ClippedTimeSeries(timestamp=0, shapes=True).distance_learn_many(rows)


def moving_z_score(series: Labelled) -> NDArray[np.float64]:
    """Return deviations from the mean of the last week, in its standard deviations."""
    scores = np.zeros(len(series.values))
    for n in range(48, len(scores)):
        past = series.values[max(n - 336, 0) : n]
        scores[n] = abs(series.values[n] - past.mean()) / (past.std() + 1e-9)
    return scores


def predictive(model: Callable[[], object]) -> Run:
    """Return a run of River's PredictiveAnomalyDetection around a forecaster."""

    def run(series: Labelled) -> NDArray[np.float64]:
        return predictive_scores(model(), series.values, first=FORECASTS_FROM, undefined=0.0)

    return run


def rivals() -> dict[str, Run]:
    """Return the rivals by name."""
    from river import time_series

    return {
        "moving z-score": moving_z_score,
        "PredictiveAnomalyDetection, HoltWinters(.3, .1, .3, 48)": predictive(
            lambda: time_series.HoltWinters(alpha=0.3, beta=0.1, gamma=0.3, seasonality=48)
        ),
        "PredictiveAnomalyDetection, SNARIMAX(12, 0, 0, m=48, sp=1)": predictive(
            lambda: time_series.SNARIMAX(p=12, d=0, q=0, m=48, sp=1)
        ),
    }


def share_found(cases: list[Labelled], scores: list[NDArray[np.float64]]) -> float:
    """Return the share of anomalies found at the threshold of so many false alarms."""
    ordinary = [
        found[LENGTH // 2 :][~case.near()[LENGTH // 2 :]]
        for case, found in zip(cases, scores, strict=True)
    ]
    pooled = np.sort(np.concatenate(ordinary))[::-1]
    threshold = pooled[int(FALSE_ALARMS * len(pooled))]
    told = [
        bool((found[begin : begin + WITHIN] > threshold).any())
        for case, found in zip(cases, scores, strict=True)
        for begin in case.begins
    ]
    return float(np.mean(told))


def main() -> None:
    """Run the benchmark."""
    parser = options.parser(__doc__ or "")
    options.add_peers(parser)
    arguments = parser.parse_args()
    runs = {OURS: ours, SHAPES: with_shapes, **(rivals() if arguments.peers else {})}
    tables, kinds = [], {}
    for count, seeds in ((RARE, 1),) if arguments.quick else ((RARE, SEEDS), (OFTEN, 2)):
        for name in SEASONS[:1] if arguments.quick else SEASONS:
            rows: list[list[Cell]] = []
            for kind in kinds_on(name):
                progress(f"{count} anomalies, {name}: {kind}")
                cases = [draw(name, kind, seed, count) for seed in range(seeds)]
                found = {
                    who: share_found(cases, [run(case) for case in cases])
                    for who, run in runs.items()
                }
                rows.append([kind, *found.values()])
                if count == RARE:
                    kinds[f"{name}, {kind}"] = found
            title = f"Share of anomalies found, {name}, {count} in four weeks"
            tables.append(Table(title, ("anomaly", *runs), rows))
    goals = [
        goal(
            name,
            found[SHAPES if WRONG_SHAPE in name else OURS],
            "≥",
            max(share for who, share in found.items() if who not in (OURS, SHAPES)),
        )
        for name, found in kinds.items()
        if len(found) > 2  # rivals are there
    ]
    if goals:
        tables.append(goal_table(goals, "More than the best rival finds"))
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
