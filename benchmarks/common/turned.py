"""Digits upright and turned, in drift and under bursts, judged by telling transformations apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipsgd_river.anomaly import ClippedSubspace, TransformationDetector
from clipsgd_river.anomaly.base import ClippedDetector
from clipsgd_river.datasets import DriftingDigits, Replay, RotatedDigits
from common import peers
from common.contestants import Contestant, Run
from common.data import DataError, FloatArray, LabelArray
from common.digits import SETTLED, STRETCH
from common.goals import goal, goal_table
from common.quality import ranking_quality
from common.report import Cell, Table, progress

SIDE = 28
BURST = (0.3, 0.7)
BURST_SHARE = 0.2
ORDINARY, REPLAYED = (0, 1, 2, 3, 4), (9, 8, 7, 6, 5)
LEAST_ROC_AUC = 0.80
LEAST_GAIN = 0.01
MOST_LOSS = 0.005
CLIPPED, UNCLIPPED = "TransformationDetector", "the same, unclipped"
STREAMS = {"turned": RotatedDigits, "upright": DriftingDigits}


@dataclass(frozen=True)
class Outcome:
    """One contestant on one stream, without and with a burst in every stretch."""

    contestant: str
    stream: str
    calm: float
    settled: float
    burst: float
    microseconds: float


def contestants(*, with_peers: bool) -> dict[str, Contestant]:
    """Return the detector with its step clipped or not, its other choices, and rivals, by name."""
    shape = (SIDE, SIDE)
    makers: dict[str, Callable[[], ClippedDetector]] = {
        CLIPPED: lambda: TransformationDetector(image_shape=shape),
        UNCLIPPED: lambda: TransformationDetector(image_shape=shape, clip=None),
        "raw pixels": lambda: TransformationDetector(image_shape=shape, features="raw"),
        "rotations": lambda: TransformationDetector(image_shape=shape, transformations="rotations"),
        "ClippedSubspace": ClippedSubspace,
    }
    found = [Contestant(name, _runner(make)) for name, make in makers.items()]
    found += peers.streaming(slow=False) if with_peers else []
    return {contestant.name: contestant for contestant in found}


def _runner(make: Callable[[], ClippedDetector]) -> Callable[[FloatArray], Run]:
    def run(rows: FloatArray) -> Run:
        detector, start = make(), time.process_time()
        scores = detector.score_learn_many(rows)
        return Run(scores, time.process_time() - start)

    return run


def with_burst(
    rows: FloatArray, labels: LabelArray, others: FloatArray, stretch: int, seed: int
) -> tuple[FloatArray, LabelArray]:
    """Replay one other numeral in a fifth of the events amid each stretch; they are anomalies.

    A run of anomalies alike: what pulls an estimate most.
    """
    rng = np.random.default_rng(seed)
    place = np.arange(len(rows)) % stretch
    amid = (place >= BURST[0] * stretch) & (place < BURST[1] * stretch)
    hit = amid & (rng.random(len(rows)) < BURST_SHARE)
    rows, labels = rows.copy(), labels.copy()
    for first in range(0, len(rows), stretch):
        events = np.flatnonzero(hit[first : first + stretch]) + first
        rows[events] = Replay(others[first : first + stretch])(rng, rows[events])
    labels[hit] = 1
    return rows, labels


@dataclass(frozen=True)
class Drawn:
    """One stream, as it is and with bursts."""

    rows: FloatArray
    labels: LabelArray
    attacked: FloatArray
    told: LabelArray
    late: NDArray[np.bool_]


def draw(name: str, folder: Path, seed: int, stretch: int) -> Drawn:
    """Return the stream of a seed.

    Raises
    ------
    DataError
        If the file is missing.
    """
    path = folder / "mnist.npz"
    if not path.is_file():
        raise DataError(f"{path} is missing")
    make = STREAMS[name]
    drawn = make(ORDINARY, stretch, images=path, seed=seed).drawn
    others = make(REPLAYED, stretch, anomaly_rate=0.0, images=path, seed=1000 + seed).drawn
    labels = drawn.anomalies.astype(np.int8)
    attacked, told = with_burst(drawn.images, labels, others.images, stretch, seed)
    late = np.arange(len(labels)) % stretch >= min(SETTLED, stretch // 5)
    return Drawn(drawn.images, labels, attacked, told, late)


def judge(contestant: Contestant, name: str, drawn: Drawn) -> Outcome:
    """Run a contestant over one stream, and over the same with bursts."""
    run, attacked = contestant.run(drawn.rows), contestant.run(drawn.attacked)
    late = drawn.late
    return Outcome(
        contestant.name,
        name,
        ranking_quality(drawn.labels, run.scores)[0],
        ranking_quality(drawn.labels[late], run.scores[late])[0],
        ranking_quality(drawn.told[late], attacked.scores[late])[0],
        1e6 * run.seconds / len(late),
    )


def mean(outcomes: Sequence[Outcome], name: str, stream: str, figure: str) -> float:
    """Return a figure of one contestant on one stream, averaged over the seeds."""
    found = [o for o in outcomes if o.contestant == name and o.stream == stream]
    return float(np.mean([getattr(outcome, figure) for outcome in found]))


def tables(folder: Path, seeds: int, running: Sequence[Contestant], *, quick: bool) -> list[Table]:
    """Run everything; return the figures for each stream and, of the two compared, the targets."""
    stretch = 100 if quick else STRETCH
    outcomes = []
    for stream in STREAMS:
        for seed in range(seeds):
            drawn = draw(stream, folder, seed, stretch)
            for contestant in running:
                outcomes.append(judge(contestant, stream, drawn))
                last = outcomes[-1]
                progress(
                    f"{stream}, seed {seed}: {last.contestant}: {last.settled:.4f}, with bursts "
                    f"{last.burst:.4f}, {last.microseconds:.3g} µs per event"
                )
    columns = (
        "detector",
        "ROC AUC",
        "from the 200th event of a stretch",
        "the same, with bursts",
        "µs per event",
    )
    found = []
    for stream in STREAMS:
        rows: list[list[Cell]] = [
            [
                contestant.name,
                *(
                    mean(outcomes, contestant.name, stream, figure)
                    for figure in ("calm", "settled", "burst", "microseconds")
                ),
            ]
            for contestant in running
        ]
        title = f"Digits, {stream}: means over {seeds} seeds"
        found.append(Table(title, columns, rows))
    compared = {CLIPPED, UNCLIPPED} <= {contestant.name for contestant in running}
    return [*found, targets(outcomes)] if compared else found


def targets(outcomes: Sequence[Outcome]) -> Table:
    """Return what was asked and what was measured."""
    rows: list[list[Cell]] = []
    for stream in STREAMS:
        settled = mean(outcomes, CLIPPED, stream, "settled")
        rows.append(goal(f"{stream}: from the 200th event", settled, "≥", LEAST_ROC_AUC))
        plain = mean(outcomes, UNCLIPPED, stream, "settled")
        rows.append(goal(f"{stream}: clipped less unclipped", settled - plain, "≥", -MOST_LOSS))
        gain = mean(outcomes, CLIPPED, stream, "burst") - mean(outcomes, UNCLIPPED, stream, "burst")
        rows.append(goal(f"{stream}, bursts: clipped less unclipped", gain, "≥", LEAST_GAIN))
    return goal_table(rows)
