"""Ranking quality on images whose normal digit changes, and what following it costs."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import options, ours, peers, turned
from common.contestants import Contestant, Run
from common.data import FloatArray, LabelArray
from common.digits import STRETCH, DigitStream, load
from common.goals import goal, goal_table
from common.quality import ranking_quality
from common.report import Cell, Table, progress, publish
from common.timing import Timings, interleaved
from sklearn.decomposition import IncrementalPCA
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from clipsgd_river.anomaly import ClippedSubspace

COMPONENTS = 16
PROJECTIONS = 64
PIXELS = 784
WINDOW = 400
BATCH = 100
# Detector, figure, its column in the summary, and the least it is to be.
GOALS = (
    ("ClippedSubspace", "ROC AUC", 1, 0.88),
    ("ClippedSubspace", "from the 200th event", 3, 0.91),
    ("ClippedEnsemble", "ROC AUC", 1, 0.80),
)
MOST_TIMES = 2.0
PRODUCTS = "NumPy: V x, y V, V + outer(y, x)"
SUBSPACE = f"ClippedSubspace(n_components={COMPONENTS})"


@dataclass(frozen=True)
class Outcome:
    """One contestant on the stream of one seed."""

    contestant: str
    seed: int
    roc_auc: float
    settled_roc_auc: float
    average_precision: float
    microseconds_per_event: float
    scores: FloatArray


def projected(contestant: Contestant) -> Contestant:
    """Return the contestant on 64 random projections of the pixels, for those that need few."""
    directions = np.random.default_rng(0).standard_normal((PIXELS, PROJECTIONS))
    directions /= np.sqrt(PIXELS)
    return Contestant(
        f"{contestant.name}, {PROJECTIONS} projections",
        lambda rows: contestant.run(rows @ directions),
    )


def incremental_pca() -> Contestant:
    """Return scikit-learn's incremental PCA, which forgets nothing, fitted after each batch."""
    name = f"scikit-learn IncrementalPCA({COMPONENTS}), batches of {BATCH}"
    return Contestant(name, functools.partial(_residuals, COMPONENTS))


def entrants(chosen: Sequence[Contestant], *, with_peers: bool) -> list[Contestant]:
    """Return ours on the pixels, Mahalanobis also on projections, and the rivals."""
    found = [*chosen, *(projected(c) for c in chosen if c.name == "ClippedMahalanobis")]
    if with_peers:
        trees, machine = peers.streaming(slow=False)
        found += [projected(trees), machine, incremental_pca(), peers.isolation_forest()]
    return found


def judge(contestant: Contestant, stream: DigitStream, seed: int) -> Outcome:
    """Run a contestant over a stream and rate it, over all events and over the settled ones."""
    run = contestant.run(stream.rows)
    roc_auc, precision = ranking_quality(stream.labels, run.scores)
    late = stream.settled()
    settled, _ = ranking_quality(stream.labels[late], run.scores[late])
    microseconds = 1e6 * run.seconds / len(stream.rows)
    return Outcome(contestant.name, seed, roc_auc, settled, precision, microseconds, run.scores)


def summary(outcomes: Sequence[Outcome]) -> Table:
    """Return the means over the seeds, best ROC AUC first."""
    names = list(dict.fromkeys(outcome.contestant for outcome in outcomes))
    rows: list[list[Cell]] = []
    for name in names:
        found = [outcome for outcome in outcomes if outcome.contestant == name]
        lowest = min(outcome.roc_auc for outcome in found)
        means = [
            float(np.mean([getattr(outcome, figure) for outcome in found]))
            for figure in (
                "roc_auc",
                "settled_roc_auc",
                "average_precision",
                "microseconds_per_event",
            )
        ]
        rows.append([name, means[0], lowest, *means[1:]])
    rows.sort(key=lambda row: -float(row[1] or 0.0))
    columns = (
        "detector",
        "ROC AUC",
        "lowest of a seed",
        "ROC AUC from the 200th event of a stretch",
        "average precision",
        "µs per event",
    )
    return Table(f"Means over {len({o.seed for o in outcomes})} seeds", columns, rows)


def products(rows: FloatArray) -> Callable[[], object]:
    """Return the matrix-vector products that no subspace of this size can avoid, event by event."""
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((PIXELS, COMPONENTS)))[0].T.copy()
    updated = np.empty_like(basis)

    def run() -> None:
        for row in rows:
            inside = basis @ row
            plane = inside @ basis
            np.add(basis, np.multiply.outer(inside, plane), out=updated)

    return run


def subspace_pass(rows: FloatArray) -> Callable[[], object]:
    """Return scoring and learning by `ClippedSubspace` on the same rows."""
    detector = ClippedSubspace(n_components=COMPONENTS).partial_fit(rows)
    return lambda: detector.score_learn_many(rows)


def targets(outcomes: Sequence[Outcome], timings: Timings) -> Table:
    """Return what was asked and what was measured, of the detectors that ran."""
    means = {row[0]: row for row in summary(outcomes).rows}
    rows = [
        goal(f"{name}: {figure}", float(means[name][column] or 0.0), "≥", least)
        for name, figure, column, least in GOALS
        if name in means
    ]
    ratio = timings.ratio(SUBSPACE, PRODUCTS)
    rows.append(goal(f"{SUBSPACE}: time over that of the products", ratio, "≤", MOST_TIMES))
    return goal_table(rows)


def rolling_roc_auc(labels: LabelArray, scores: FloatArray, window: int) -> FloatArray:
    """ROC AUC over the last ``window`` events at every tenth of a window; NaN before the first."""
    ends = np.arange(window, len(labels) + 1, max(window // 10, 1))
    return np.array(
        [ranking_quality(labels[e - window : e], scores[e - window : e])[0] for e in ends]
    )


def draw(outcomes: Sequence[Outcome], stream: DigitStream, path: Path) -> None:
    """Draw the running ROC AUC of every contestant over the stream of the first seed."""
    from matplotlib.figure import Figure

    first = outcomes[0].seed
    window = min(WINDOW, 2 * stream.stretch // 5)
    figure = Figure(figsize=(10, 5), layout="constrained")
    axes = figure.subplots()
    ends = np.arange(window, len(stream.labels) + 1, max(window // 10, 1))
    for outcome in outcomes:
        if outcome.seed == first:
            axes.plot(
                ends,
                rolling_roc_auc(stream.labels, outcome.scores, window),
                label=outcome.contestant,
            )
    for change in range(stream.stretch, len(stream.labels), stream.stretch):
        axes.axvline(change, color="grey", linestyle=":", linewidth=1)
    axes.set(
        xlabel="event; dotted: another digit becomes normal",
        ylabel=f"ROC AUC of the last {window} events",
        ylim=(0.2, 1.01),
    )
    figure.legend(fontsize="small", loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=120)


def _residuals(components: int, rows: FloatArray) -> Run:
    model, scores = IncrementalPCA(n_components=components), np.zeros(len(rows))
    start = time.process_time()
    with threadpool_limits(limits=1):
        for first in range(0, len(rows), BATCH):
            batch = rows[first : first + BATCH]
            if first:
                residual = batch - model.inverse_transform(model.transform(batch))
                scores[first : first + BATCH] = np.linalg.norm(residual, axis=1)
            if len(batch) >= components:
                model.partial_fit(batch)
    return Run(scores, time.process_time() - start)


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_data(parser)
    parser.add_argument("--seeds", type=int, default=5, help="streams to average over")
    parser.add_argument(
        "--rotated",
        action="store_true",
        help="instead: by telling transformations apart, images upright and turned, with bursts",
    )
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the running ROC AUC")
    options.add_peers(parser)
    options.add_detectors(parser)
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error(f"--seeds must be at least 1, not {arguments.seeds}")
    folder = options.data_folder(arguments)
    if arguments.rotated:
        seeds = 1 if arguments.quick else arguments.seeds
        competing = turned.contestants(with_peers=arguments.peers)
        running = options.chosen(parser, competing, arguments.detectors)
        publish(turned.tables(folder, seeds, running, quick=arguments.quick), arguments.out)
        return
    chosen = options.chosen(parser, ours.contestants(), arguments.detectors)
    running = entrants(chosen, with_peers=arguments.peers)
    seeds, stretch = (1, 100) if arguments.quick else (arguments.seeds, STRETCH)
    outcomes = []
    streams = [load(folder, seed, stretch) for seed in range(seeds)]
    for seed, stream in enumerate(streams):
        for contestant in running:
            outcome = judge(contestant, stream, seed)
            outcomes.append(outcome)
            progress(
                f"seed {seed}: {contestant.name}: {outcome.roc_auc:.4f} / "
                f"{outcome.settled_roc_auc:.4f}, {outcome.microseconds_per_event:.3g} µs per event"
            )
    rows = streams[0].rows[:500]
    timings = interleaved(
        {PRODUCTS: products(rows), SUBSPACE: subspace_pass(rows)}, 3 if arguments.quick else 21
    )
    if arguments.plot:
        draw(outcomes, streams[0], arguments.plot)
    publish([summary(outcomes), targets(outcomes, timings)], arguments.out)


if __name__ == "__main__":
    options.run(main)
