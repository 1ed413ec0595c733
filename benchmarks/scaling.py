"""What one event of a million does to HalfSpaceTrees behind a scaler: ROC AUC before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from common import options
from common.contestants import prequential
from common.goals import goal, goal_table
from common.quality import ranking_quality
from common.report import Cell, Table, progress, publish
from river import anomaly, datasets, preprocessing

from clipsgd_river.preprocessing import ClippedScaler

SPIKE = 1e6
SCALERS: dict[str, Callable[[], Any]] = {
    "MinMaxScaler": preprocessing.MinMaxScaler,
    "ClippedScaler(squash=True)": lambda: ClippedScaler(squash=True),
}
Labelled = tuple[dict[Any, float], bool]


def gaussian_stream(count: int) -> list[Labelled]:
    """Two independent standard normal features; one event in fifty is an anomaly eight away."""
    rng = np.random.default_rng(0)
    labels = rng.random(count) < 0.02
    rows = rng.standard_normal((count, 2)) + 8.0 * labels[:, None]
    return [
        (dict(enumerate(row)), bool(label))
        for row, label in zip(rows.tolist(), labels.tolist(), strict=True)
    ]


def shuttle_stream(count: int) -> list[Labelled]:
    """River's bundled Shuttle: nine features, 7 % anomalies."""
    return [(x, bool(y)) for x, y in datasets.Shuttle().take(count)]


def with_spike(stream: list[Labelled], position: int) -> list[Labelled]:
    """The stream with one event of 1e6 in every feature before that position."""
    spike = (dict.fromkeys(stream[0][0], SPIKE), True)
    return [*stream[:position], spike, *stream[position:]]


def later_quality(scaler: Any, stream: list[Labelled], spike: bool) -> float:
    """ROC AUC over the last three quarters of a stream, with a spike just before them or not."""
    warm = len(stream) // 4
    model = scaler | anomaly.HalfSpaceTrees(n_trees=25, seed=1)
    scores = prequential(model, [x for x, _ in (with_spike(stream, warm) if spike else stream)])
    labels = np.array([label for _, label in stream[warm:]], dtype=np.int8)
    return ranking_quality(labels, scores[-len(labels) :])[0]


def main() -> None:
    """Read the options, run, publish."""
    arguments = options.parser(__doc__ or "").parse_args()
    count = 400 if arguments.quick else 5_000
    rows: list[list[Cell]] = []
    targets: list[list[Cell]] = []
    for title, stream in (("Gaussian", gaussian_stream(count)), ("Shuttle", shuttle_stream(count))):
        for name, make in SCALERS.items():
            progress(f"{title}: {name}")
            calm, spiked = (later_quality(make(), stream, spike) for spike in (False, True))
            rows.append([title, f"{name} | HalfSpaceTrees", calm, spiked, calm - spiked])
            if name.startswith("Clipped"):
                targets.append(goal(f"{title}: lost", calm - spiked, "≤", 0.01))
    columns = ("stream", "model", "ROC AUC", "after one event of 1e6", "lost")
    publish(
        [
            Table("ROC AUC over the last three quarters", columns, rows),
            goal_table(targets),
        ],
        arguments.out,
    )


if __name__ == "__main__":
    options.run(main)
