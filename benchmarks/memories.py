"""What each memory of the ensemble gains and costs: a jump gets usual, a burst stays news."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from common import operations, options
from common.data import FloatArray, load
from common.incidents import finds
from common.quality import ranking_quality
from common.report import Cell, Table, progress, publish

from clipsgd_river.anomaly import ClippedEnsemble

MEMORIES: tuple[int | str, ...] = ("short", 60, "auto", 600, 2_000, "long")
SEEDS = 3
FEATURES = 10
BEFORE, AFTER = 12_000, 8_000
# The jump, in standard deviations, in all features, and what is called usual after it: a share of
# events above the former 1 % threshold, over so many events.
JUMP, USUAL, WINDOW = 3.0, 0.05, 50
# The burst, in standard deviations, in two features; it is news while it is among so many events.
BURST, LENGTH, TOP = 4.0, 300, 600
LOG, FRAUDS = "http_in_time_order", "fraud_in_time_order"
LOG_ROWS = 140_000


def jump(seed: int, before: int) -> FloatArray:
    """Return ordinary rows, of which all features jump for good."""
    rows = np.random.default_rng([seed, 0]).standard_normal((before + AFTER // 4, FEATURES))
    rows[before:] += JUMP
    return rows


def burst(seed: int, before: int) -> FloatArray:
    """Return ordinary rows with a burst of like ones."""
    rng = np.random.default_rng([seed, 1])
    rows = rng.standard_normal((before + AFTER, FEATURES))
    rows[before : before + LENGTH, :2] = BURST + 0.1 * rng.standard_normal((LENGTH, 2))
    return rows


def distances(memory: int | str, rows: FloatArray) -> FloatArray:
    """Return the distance of each row before it is learned."""
    return np.asarray(ClippedEnsemble(memory=memory).distance_learn_many(rows))


def settled(scores: FloatArray, before: int) -> float:
    """Return how many events after the jump are usual; infinite if none are."""
    above = scores[before:] > np.quantile(scores[before // 6 : before], 0.99)
    share = np.convolve(above, np.full(WINDOW, 1.0 / WINDOW), "valid")
    usual = np.flatnonzero(share < USUAL)
    return float(usual[0] + WINDOW) if len(usual) else float("inf")


def kept(scores: FloatArray, before: int) -> int:
    """Return how many events of the burst are among the most unusual."""
    top = np.argsort(-scores, kind="stable")[:TOP]
    return int(((top >= before) & (top < before + LENGTH)).sum())


def of_data(memory: int | str, folder: Path) -> list[Cell]:
    """Return the incidents of operations that are found, and ROC AUC of a log and of frauds."""
    found = 0
    for name in operations.STREAMS:
        watched = operations.load(folder, name, None)
        found += int(np.isfinite(finds(watched, distances(memory, watched.rows)).delays).sum())
    cells: list[Cell] = [found]
    for name in (LOG, FRAUDS):
        stream = load(folder, name, LOG_ROWS)
        scores = distances(memory, stream.rows)
        cells.append(ranking_quality(stream.labels, scores)[0])
    return cells


def draw(rows: Sequence[Sequence[Cell]], path: Path) -> None:
    """Draw what a burst keeps against what a jump costs, a point for each memory."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([float(row[1] or 0) for row in rows], [float(row[2] or 0) for row in rows], "o-")
    for row in rows:
        axes.annotate(
            f"memory={row[0]}",
            (float(row[1] or 0), float(row[2] or 0)),
            textcoords="offset points",
            xytext=(-6, 6),
            horizontalalignment="right",
            fontsize="small",
        )
    axes.margins(x=0.2)
    axes.set(
        xscale="log",
        xlabel="events until a jump in all features is usual",
        ylabel=f"of a burst of {LENGTH}, among the {TOP} most unusual",
    )
    figure.savefig(path, dpi=120)


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_data(parser)
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw jump against burst")
    arguments = parser.parse_args()
    memories = MEMORIES[:2] if arguments.quick else MEMORIES
    seeds, before = (1, 600) if arguments.quick else (SEEDS, BEFORE)
    folder = None if arguments.data is None else options.data_folder(arguments)
    rows: list[list[Cell]] = []
    for memory in memories:
        progress(f"memory={memory}")
        jumps = [settled(distances(memory, jump(s, before)), before) for s in range(seeds)]
        bursts = [kept(distances(memory, burst(s, before)), before) for s in range(seeds)]
        row: list[Cell] = [str(memory), float(np.median(jumps)), float(np.median(bursts))]
        if folder is not None and not arguments.quick:
            row += of_data(memory, folder)
        rows.append(row)
    columns = ["memory", "events until a jump is usual", f"of a burst of {LENGTH} kept"]
    if len(rows[0]) > len(columns):
        columns += ["incidents of operations", "http, ROC AUC", "frauds, ROC AUC"]
    title = f"Each memory of ClippedEnsemble, median of {seeds} seeds"
    publish([Table(title, columns, rows)], arguments.out)
    if arguments.plot:
        draw(rows, arguments.plot)


if __name__ == "__main__":
    options.run(main)
