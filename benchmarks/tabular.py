"""Ranking quality on nineteen public tables, each streamed once: score a row, then learn it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import options, ours, peers
from common.contestants import Contestant, Run
from common.data import OTHER, SUITE, Stream, load
from common.quality import ranking_quality
from common.report import Cell, Table, progress, publish

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
    parser.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="run the rivals too"
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
        entrants += [*peers.streaming(), peers.isolation_forest()]
    limit = 2_000 if arguments.quick else 50_000 if arguments.other else 10_000
    outcomes = compare(folder, sets, entrants, limit)
    if not outcomes:
        raise SystemExit("error: none of these sets has both anomalies and normal rows; try more")
    names = [entrant.name for entrant in entrants]
    publish([summary(outcomes, names), per_set(outcomes, names)], arguments.out)


if __name__ == "__main__":
    options.run(main)
