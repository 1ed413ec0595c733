"""Ranking quality on nineteen public tables, each streamed once: score a row, then learn it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import options, ours, peers, row_peers
from common.contestants import Contestant, Run
from common.data import OTHER, SUITE, Stream, load
from common.goals import goal, goal_table
from common.quality import ranking_quality
from common.report import Cell, Table, progress, publish

# Rows of a set of the nineteen.
FULL = 10_000
# What the ensemble is to reach on the nineteen sets at their full length.
GOALS = {"roc_auc": 0.805, "average_precision": 0.43}
FIGURES = ("roc_auc", "average_precision", "distance_roc_auc", "microseconds_per_row")


@dataclass(frozen=True)
class Outcome:
    """One contestant on one set. The distance figures are NaN for one without distances."""

    contestant: str
    stream: str
    roc_auc: float
    average_precision: float
    distance_roc_auc: float
    microseconds_per_row: float


def judge(contestant: Contestant, stream: Stream) -> Outcome:
    """Run a contestant over a stream, or over as much of it as it can manage, and rate it."""
    seen = stream.first(contestant.limit or len(stream.rows))
    run: Run = contestant.run(seen.rows)
    roc_auc, precision = ranking_quality(seen.labels, run.scores)
    by_distance = (
        float("nan") if run.distances is None else ranking_quality(seen.labels, run.distances)[0]
    )
    microseconds = 1e6 * run.seconds / len(seen.rows)
    return Outcome(contestant.name, stream.name, roc_auc, precision, by_distance, microseconds)


def summary(outcomes: Sequence[Outcome], names: Sequence[str]) -> Table:
    """Return the means over the sets, best ROC AUC first."""

    def mean(name: str, figure: str) -> float:
        return float(np.mean([getattr(o, figure) for o in outcomes if o.contestant == name]))

    best_first = sorted(names, key=lambda name: mean(name, "roc_auc"), reverse=True)
    rows: list[list[Cell]] = [
        [name, *(mean(name, figure) for figure in FIGURES)] for name in best_first
    ]
    columns = ("detector", "ROC AUC", "average precision", "ROC AUC of the distance", "µs per row")
    sets = len({outcome.stream for outcome in outcomes})
    return Table(f"Means over {sets} sets", columns, rows)


def per_set(outcomes: Sequence[Outcome], names: Sequence[str]) -> Table:
    """Return ROC AUC / average precision of every contestant on every set."""
    streams = list(dict.fromkeys(outcome.stream for outcome in outcomes))
    found = {(outcome.stream, outcome.contestant): outcome for outcome in outcomes}
    rows = []
    for stream in streams:
        cells = [found[stream, name] for name in names]
        rows.append([stream, *(f"{o.roc_auc:.3f} / {o.average_precision:.3f}" for o in cells)])
    return Table("ROC AUC / average precision by set", ("set", *names), rows)


def targets(outcomes: Sequence[Outcome], limit: int) -> list[Table]:
    """Return the goals and whether they are reached, if the nineteen sets were run in full."""
    found = [outcome for outcome in outcomes if outcome.contestant == "ClippedEnsemble"]
    if {outcome.stream for outcome in found} != set(SUITE) or limit < FULL:
        return []
    rows: list[list[Cell]] = []
    for figure, least in GOALS.items():
        mean = float(np.mean([getattr(outcome, figure) for outcome in found]))
        rows.append(goal(f"mean {figure.replace('_', ' ')}", mean, "≥", least))
    return [goal_table(rows, "Targets of ClippedEnsemble")]


def draw(means: Table, path: Path) -> None:
    """Draw mean ROC AUC and average precision of every detector against its time per row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7), layout="constrained")
    by_figure = dict(
        zip(("ROC AUC", "average precision"), figure.subplots(1, 2, sharex=True), strict=True)
    )
    # A filled circle is one of ours; colours repeat after ten, the shape then tells.
    shapes = {True: "o", False: "sD^v"}
    for place, row in enumerate(means.records()):
        name = str(row["detector"])
        own = name.startswith("Clipped")
        shape = shapes[own] if own else shapes[own][place % len(shapes[own])]
        for figure_name, axes in by_figure.items():
            axes.plot(
                [row["µs per row"]],
                [row[figure_name]],
                shape,
                color=f"C{place % 10}",
                fillstyle="full" if own else "none",
                markersize=9,
                label=name,
            )
            axes.set(xscale="log", xlabel="µs per row", ylabel=f"mean {figure_name}")
            axes.grid(visible=True, alpha=0.3)
    handles, labels = by_figure["ROC AUC"].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize="small", loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=120)


def compare(
    folder: Path, sets: Sequence[str], entrants: Sequence[Contestant], limit: int
) -> list[Outcome]:
    """Return the outcome of every entrant on every set, telling progress."""
    outcomes = []
    for name in sets:
        stream = load(folder, name, limit)
        anomalies = int(stream.labels.sum())
        progress(f"{name}: {len(stream.rows):,} rows, {anomalies:,} anomalies")
        if not 0 < anomalies < len(stream.rows):
            progress("  skipped: nothing to rank")
            continue
        for entrant in entrants:
            outcome = judge(entrant, stream)
            outcomes.append(outcome)
            progress(f"  {entrant.name}: {outcome.roc_auc:.4f} / {outcome.average_precision:.4f}")
    return outcomes


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_data(parser)
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="only these sets")
    parser.add_argument("--other", action="store_true", help="the sets outside the nineteen")
    options.add_peers(parser)
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.png", help="draw quality against time per row"
    )
    options.add_detectors(parser)
    arguments = parser.parse_args()
    folder = options.data_folder(arguments)
    sets = arguments.sets or (OTHER if arguments.other else SUITE)
    unknown = set(sets) - set(SUITE + OTHER)
    if unknown:
        parser.error(
            f"no such set: {', '.join(sorted(unknown))}; there are {', '.join(SUITE + OTHER)}"
        )
    entrants = options.chosen(parser, ours.contestants(with_distances=True), arguments.detectors)
    if arguments.peers:
        entrants += [*peers.streaming(), *row_peers.row_peers(), peers.isolation_forest()]
    limit = 2_000 if arguments.quick else 50_000 if arguments.other else FULL
    outcomes = compare(folder, sets, entrants, limit)
    if not outcomes:
        raise SystemExit("error: none of these sets has both anomalies and normal rows; try more")
    names = [entrant.name for entrant in entrants]
    means = summary(outcomes, names)
    if arguments.plot is not None:
        draw(means, arguments.plot)
    publish([means, *targets(outcomes, limit), per_set(outcomes, names)], arguments.out)


if __name__ == "__main__":
    options.run(main)
