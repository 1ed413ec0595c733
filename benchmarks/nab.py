"""The Numenta Anomaly Benchmark: by group, by channel, beside rivals and published figures."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from common import options
from common.goals import goal, goal_table
from common.nab import PROFILES, PUBLISHED, Series, corpus, score, tell
from common.report import Cell, Table, progress, publish
from common.series_rivals import rivals
from numpy.typing import NDArray

from clipsgd_river.anomaly import ClippedTimeSeries

Scores = dict[str, NDArray[np.float64]]
OURS = "ClippedTimeSeries"
# Alarms are told apart by their reasons from this distance on.
WORTH_A_REASON = 2.0
# Of a tree of rrcf, whose authors take so many.
POINTS = 256
CORRUPTED = 0.05
GOALS = (75.0, 65.0, 80.0)


def ours(series: Series, reasons: dict[int, str]) -> NDArray[np.float64]:
    """Return the distance of each event, and the channels of the larger ones."""
    detector = ClippedTimeSeries(timestamp="timestamp")
    distances = np.empty(len(series.values))
    for n, event in enumerate(series.events()):
        distances[n] = detector.distance_one(event)
        if distances[n] > WORTH_A_REASON:
            said = detector.channels_one(event)["value"]
            reasons[n] = max(said, key=said.__getitem__)
        detector.learn_one(event)
    return distances


def spiked(series: Series) -> NDArray[np.float64]:
    """Return the distances after a spike of 1,000 standard deviations in the unscored head."""
    values = series.values.copy()
    at = np.random.default_rng(len(values)).integers(5, series.unscored)
    values[at] = values.mean() + 1e3 * (values.std() or 1.0)
    return distances_of(series, values)


def corrupted(series: Series) -> NDArray[np.float64]:
    """Return the distances after a head in which 5 % are off by some 50 standard deviations."""
    values = series.values.copy()
    rng = np.random.default_rng(len(values))
    at = np.flatnonzero(rng.random(series.unscored) < CORRUPTED)
    values[at] = values.mean() + 50.0 * (values.std() or 1.0) * rng.normal(size=len(at))
    return distances_of(series, values)


def distances_of(series: Series, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances of other values at the times of a series."""
    detector = ClippedTimeSeries(timestamp=0)
    return detector.distance_learn_many(np.column_stack([series.seconds, values]))


def random_cut_forest(series: Series) -> NDArray[np.float64]:
    """Return the displacements in rrcf's forest: 40 trees of 256 points of four values."""
    import rrcf  # type: ignore[import-not-found]  # optional

    np.random.seed(0)  # noqa: NPY002  # where rrcf draws from
    forest = [rrcf.RCTree() for _ in range(40)]
    scores = np.zeros(len(series.values))
    for n in range(3, len(scores)):
        point = series.values[n - 3 : n + 1]
        for tree in forest:
            if len(tree.leaves) > POINTS:
                tree.forget_point(n - POINTS - 1)
            tree.insert_point(point, index=n)
            scores[n] += tree.codisp(n) / len(forest)
    return scores


def row(name: str, files: Sequence[Series], scores: Scores, rest: Sequence[Cell]) -> list[Cell]:
    """Return the row of a detector: its score in each profile, and the rest."""
    return [name, len(files), *(score(files, scores, profile)[0] for profile in PROFILES), *rest]


def by_group(files: Sequence[Series], scores: Scores, threshold: float) -> Iterator[list[Cell]]:
    """Yield the score of each group at the threshold of all."""
    for group in dict.fromkeys(one.group for one in files):
        inside = [one for one in files if one.group == group]
        found = [score(inside, scores, profile, threshold)[0] for profile in PROFILES]
        yield [group, len(inside), *found]


def by_channel(
    files: Sequence[Series],
    scores: Scores,
    reasons: Mapping[str, Mapping[int, str]],
    threshold: float,
) -> tuple[list[list[Cell]], list[list[Cell]]]:
    """Return windows found and false alarms by channel, and windows missed by file."""
    told = tell(files, scores, reasons, threshold)
    channels = sorted(told.found | told.false, key=lambda name: -told.found[name])
    rows: list[list[Cell]] = [[name, told.found[name], told.false[name]] for name in channels]
    rows.append(["all", told.found.total(), told.false.total()])
    missed: list[list[Cell]] = [
        [name, told.missed.count(name)] for name in dict.fromkeys(told.missed)
    ]
    return rows, missed


def measure(arguments: argparse.Namespace, files: list[Series]) -> list[Table]:
    """Run all and return the tables."""
    scores: Scores = {}
    reasons: dict[str, dict[int, str]] = {}
    start = time.process_time()
    for one in files:
        reasons[one.name] = {}
        scores[one.name] = ours(one, reasons[one.name])
        progress(f"{OURS}: {one.name}")
    cost = 1e6 * (time.process_time() - start) / sum(len(one.values) for one in files)
    rows = [row(OURS, files, scores, ["no", cost])]
    _, threshold = score(files, scores, "standard")
    found = {one.name: spiked(one) for one in files}
    rows.append(row(f"{OURS}, a spike in each head", files, found, ["no", None]))
    found = {one.name: corrupted(one) for one in files}
    rows.append(row(f"{OURS}, 5 % of each head gross", files, found, ["no", None]))
    few = files[:: max(len(files) // arguments.files, 1)] if arguments.peers else []
    fewest = sorted(files, key=lambda one: len(one.values))[: arguments.forest]
    others = [(name, run, few) for name, run in rivals().items() if few]
    others += [("rrcf, 40 trees of 256", random_cut_forest, fewest)] if fewest else []
    for name, run, some in others:
        found = {}
        start = time.process_time()
        for one in some:
            found[one.name] = run(one)
            progress(f"{name}: {one.name}")
        cost = 1e6 * (time.process_time() - start) / sum(len(one.values) for one in some)
        rows.append(row(name, some, found, ["no", cost]))
    rows += [
        row(f"{OURS}, on {len(some)} files", some, scores, ["no", None])
        for some in (few, fewest)
        if 0 < len(some) < len(files)
    ]
    rows += [[f"{name}, published", 58, *found, None] for name, found in PUBLISHED.items()]
    channels, missed = by_channel(files, scores, reasons, threshold)
    columns = ("standard", "low FP", "low FN")
    goals = [
        goal(f"{OURS}, {name}", float(value), "≥", bound)  # type: ignore[arg-type]  # numbers
        for name, value, bound in zip(columns, rows[0][2:5], GOALS, strict=True)
    ]
    return [
        Table(
            "Numenta Anomaly Benchmark v1.1",
            ("detector", "files", *columns, "range known beforehand", "µs per event"),
            rows,
        ),
        Table(
            f"{OURS} by group, at the threshold of all, {threshold:.2f} decades",
            ("group", "files", *columns),
            list(by_group(files, scores, threshold)),
        ),
        Table("Alarms by channel", ("channel", "windows found", "false alarms"), channels),
        Table("Windows missed", ("file", "windows"), missed or [["none", 0]]),
        goal_table(goals),
    ]


def main() -> None:
    """Run the benchmark."""
    parser = options.parser(__doc__ or "")
    options.add_data(parser)
    options.add_peers(parser)
    parser.add_argument(
        "--files", type=int, default=58, metavar="N", help="about so many files for the rivals"
    )
    parser.add_argument(
        "--forest",
        type=int,
        default=0,
        metavar="N",
        help="run rrcf, if it is installed, on the N shortest files: a minute and more for each",
    )
    arguments = parser.parse_args()
    files = corpus(options.data_folder(arguments))
    if arguments.quick:
        files, arguments.files = files[5:8], 1
    publish(measure(arguments, files), arguments.out)


if __name__ == "__main__":
    options.run(main)
