"""How well scores rank the anomalies of a series, over families of series."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from common import options
from common.labelled_series import SEASONS, draw, kinds_on
from common.nab import corpus
from common.report import Cell, Table, progress, publish
from common.series_rivals import rivals
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from clipsgd_river.anomaly import ClippedTimeSeries, ClippedZScore
from clipsgd_river.metrics import VUSPR

Scores = NDArray[np.float64]
SEEDS = 2
ANOMALIES = 2
# What of a series is not judged: there is nothing to know an anomaly by.
HEAD = 0.15
# A top score so many events from an anomaly is one at it.
NEAR = 100


@dataclass(frozen=True)
class Ranked:
    """A series, which of its events are anomalous, and what it is one of."""

    corpus: str
    family: str
    seconds: Scores
    values: Scores
    labels: NDArray[np.bool_]

    @property
    def head(self) -> int:
        """Events at the beginning that are not judged."""
        return int(HEAD * len(self.values))


def generated(seeds: int, seasons: tuple[str, ...]) -> Iterator[Ranked]:
    """Yield series with two anomalies of each kind on each season."""
    for name in seasons:
        for kind in kinds_on(name):
            for seed in range(seeds):
                case = draw(name, kind, seed, ANOMALIES)
                yield Ranked("generated", name, case.seconds, case.values, case.near())


def recorded(arguments: argparse.Namespace) -> Iterator[Ranked]:
    """Yield the series of NAB that have an anomaly beyond the head."""
    files = corpus(options.data_folder(arguments))
    for one in files[5:8] if arguments.quick else files:
        found = Ranked("NAB", one.group, one.seconds, one.values, one.windows > 0)
        if found.labels[found.head :].any():
            yield found


def ours(**params: bool) -> Callable[[Ranked], Scores]:
    """Return a run of our detector of time series."""

    def run(series: Ranked) -> Scores:
        rows = np.column_stack([series.seconds, series.values])
        return ClippedTimeSeries(timestamp=0, **params).distance_learn_many(rows)

    return run


def clipped_z_score(series: Ranked) -> Scores:
    """Return the distances of a value by itself."""
    return ClippedZScore().distance_learn_many(series.values[:, None])


def quality(series: Ranked, scores: Scores) -> tuple[float, float, float]:
    """Return average precision, VUS-PR, and whether the highest score is at an anomaly."""
    labels, scores = series.labels[series.head :], scores[series.head :]
    volume = VUSPR()
    for label, score in zip(labels.tolist(), scores.tolist(), strict=True):
        volume.update(label, score)
    top = int(np.argmax(scores))
    at_anomaly = bool(labels[max(top - NEAR, 0) : top + NEAR + 1].any())
    return float(average_precision_score(labels, scores)), volume.get(), float(at_anomaly)


def main() -> None:
    """Run the benchmark."""
    parser = options.parser(__doc__ or "")
    options.add_data(parser)
    options.add_peers(parser)
    arguments = parser.parse_args()
    runs = {"ClippedTimeSeries": ours(), "ClippedTimeSeries(shapes=True)": ours(shapes=True)}
    if arguments.peers:
        runs |= {"ClippedZScore": clipped_z_score, **rivals()}
    files = list(recorded(arguments))
    seeds, seasons = (1, SEASONS[:1]) if arguments.quick else (SEEDS, SEASONS)
    series = [*generated(seeds, seasons), *files]
    rows: list[list[Cell]] = []
    by_family: dict[tuple[str, str], dict[str, float]] = {}
    for name, run in runs.items():
        found = []
        for each in series:
            progress(f"{name}: {each.corpus}, {each.family}")
            found.append(quality(each, run(each)))
        for whole in dict.fromkeys(each.corpus for each in series):
            of_it = [q for q, each in zip(found, series, strict=True) if each.corpus == whole]
            rows.append([name, whole, len(of_it), *np.mean(of_it, axis=0).tolist()])
        for family in dict.fromkeys((each.corpus, each.family) for each in series):
            inside = [
                q[0]
                for q, each in zip(found, series, strict=True)
                if (each.corpus, each.family) == family
            ]
            by_family.setdefault(family, {})[name] = float(np.mean(inside))
    columns = ("detector", "series of", "series", "average precision", "VUS-PR", "top at anomaly")
    families: list[list[Cell]] = [[*family, *of.values()] for family, of in by_family.items()]
    tables = [
        Table("Mean over series", columns, rows),
        Table("Average precision by family", ("series of", "family", *runs), families),
    ]
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
