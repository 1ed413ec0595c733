"""What FITNESS gains after abrupt changes in which normal and anomalous events come mixed.

Around an isolation forest, beside the static forest and one refitted on a sliding window before
each event; around our own detectors, beside the bare ones; and what it costs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from common import options
from common.data import FloatArray
from common.goals import word
from common.quality import ranking_quality
from common.report import Cell, Table, progress, publish
from common.timing import interleaved
from river import anomaly as river_anomaly
from river import preprocessing
from sklearn.ensemble import IsolationForest

from clipsgd_river.anomaly import FITNESS, ClippedMahalanobis, ClippedZScore
from clipsgd_river.datasets import DriftingDigits

# Events after a change that count as its beginning.
BEGINNING = 200
WINDOW = 256
TREES = 25
ASKED_PER_SECOND = 10_000
DETECTORS = (ClippedZScore, ClippedMahalanobis)

Scorer = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Stretches:
    """A stream whose ordinary events are of another kind in every stretch."""

    name: str
    rows: FloatArray
    labels: npt.NDArray[np.bool_]
    stretch: int


def shifts(stretch: int, seed: int) -> Stretches:
    """Return clusters that jump; 30 % of the events after a jump are scattered anomalies."""
    rng = np.random.default_rng(seed)
    rows, labels = [], []
    for k in range(4):
        centre, scale = rng.normal(0.0, 4.0, 10), rng.uniform(0.5, 2.0, 10)
        ordinary = centre + scale * rng.standard_normal((stretch, 10))
        rate = np.where((np.arange(stretch) < BEGINNING) & (k > 0), 0.3, 0.02)
        hit = rng.random(stretch) < rate
        rows.append(np.where(hit[:, None], 8.0 * rng.standard_normal((stretch, 10)), ordinary))
        labels.append(hit)
    return Stretches("shifts", np.vstack(rows), np.concatenate(labels), stretch)


def digits(stretch: int, seed: int) -> Stretches:
    """Return bundled images of one numeral after another, a tenth of them other numerals."""
    drawn = DriftingDigits((0, 1, 2, 3), stretch, 0.1, seed=seed).drawn
    return Stretches("digits", drawn.images, drawn.anomalies, stretch)


def forest() -> IsolationForest:
    """Return the forest that all contestants use."""
    return IsolationForest(n_estimators=TREES, random_state=0)


def static(rows: FloatArray) -> FloatArray:
    """Return scores of a forest fitted on the first window for good."""
    scores: FloatArray = -forest().fit(rows[:WINDOW]).score_samples(rows)
    return scores


def sliding(rows: FloatArray) -> FloatArray:
    """Return scores of a forest fitted afresh on the last window before each event."""
    scores = np.zeros(len(rows))
    for t in range(WINDOW, len(rows)):
        model = forest().fit(rows[t - WINDOW : t])
        scores[t] = -model.score_samples(rows[t : t + 1])[0]
    return scores


def fine_tuned_forest(rows: FloatArray) -> FloatArray:
    """Return scores of FITNESS around the forest."""
    return FITNESS(forest(), window_size=WINDOW).score_learn_many(rows)


def judged(stream: Stretches, scores: FloatArray) -> list[Cell]:
    """Return ROC AUC at the beginnings of stretches and after the first change, and the recall.

    The areas are means over the stretches. The recall is that of the anomalies of the first
    stretch, lone outliers all of them, at a false alarm in 20 ordinary events.
    """
    after = range(stream.stretch, len(scores), stream.stretch)
    areas = [
        np.mean(
            [
                ranking_quality(
                    stream.labels[start : start + length].astype(np.int8),
                    scores[start : start + length],
                )[0]
                for start in after
            ]
        )
        for length in (min(BEGINNING, stream.stretch), stream.stretch)
    ]
    calm = slice(WINDOW, stream.stretch)
    hit, found = stream.labels[calm], scores[calm]
    recall = float(np.mean(found[hit] > np.quantile(found[~hit], 0.95))) if hit.any() else math.nan
    return [*map(float, areas), recall]


def around_a_forest(streams: list[Stretches]) -> list[Table]:
    """Return the areas of the forests, and whether FITNESS beats both others."""
    scorers: dict[str, Scorer] = {
        "static forest": static,
        "forest refitted on a sliding window": sliding,
        "FITNESS around the forest": fine_tuned_forest,
    }
    rows: list[list[Cell]] = []
    verdicts: list[list[Cell]] = []
    for stream in streams:
        found = {}
        for name, scorer in scorers.items():
            found[name] = judged(stream, scorer(stream.rows))
            rows.append([stream.name, name, *found[name]])
            progress(f"{stream.name}: {name}")
        fitness = found["FITNESS around the forest"]
        for position, what in enumerate(("beginnings", "whole stretches")):
            best = max(float(found[n][position] or 0) for n in list(scorers)[:2])
            mine = float(fitness[position] or 0)
            verdicts.append([stream.name, what, mine, best, word(mine > best)])
    columns = ("stream", "detector", *AREAS)
    goals = ("stream", "ROC AUC of", "FITNESS", "best of the others", "beaten")
    return [
        Table("Around an isolation forest", columns, rows),
        Table("Asked: FITNESS beats both others", goals, verdicts),
    ]


AREAS = (
    f"ROC AUC, first {BEGINNING} events of each stretch",
    "ROC AUC, whole stretches",
    "recall of lone outliers",
)


def around_ours(streams: list[Stretches]) -> Table:
    """Return the areas of our detectors, bare and fine-tuned."""
    rows: list[list[Cell]] = []
    for stream in streams:
        for kind in DETECTORS:
            bare = kind().score_learn_many(stream.rows)
            rows.append([stream.name, kind.__name__, *judged(stream, bare)])
            tuned = FITNESS(kind(), window_size=WINDOW).score_learn_many(stream.rows)
            rows.append([stream.name, f"FITNESS({kind.__name__})", *judged(stream, tuned)])
        progress(f"{stream.name}: our own")
    return Table("Around our own detectors", ("stream", "detector", *AREAS), rows)


def speed(count: int, rounds: int) -> Table:
    """Return events per second at d = 10, and the cost as a multiple of River's trees."""
    rows = np.random.default_rng(0).standard_normal((count, 10))
    events = [{f"f{j}": value for j, value in enumerate(row)} for row in rows.tolist()]
    trees = preprocessing.MinMaxScaler() | river_anomaly.HalfSpaceTrees(seed=1)
    rival = "River MinMaxScaler | HalfSpaceTrees"

    def grow() -> None:
        for x in events:
            trees.score_one(x)
            trees.learn_one(x)

    def task(model: FITNESS) -> Callable[[], None]:
        def run() -> None:
            for x in events:
                model.score_learn_one(x)

        return run

    names = [f"FITNESS({kind.__name__})" for kind in DETECTORS]
    models = [FITNESS(kind(), window_size=WINDOW) for kind in DETECTORS]
    tasks = {name: task(model) for name, model in zip(names, models, strict=True)}
    timings = interleaved({**tasks, rival: grow}, rounds)
    found: list[list[Cell]] = []
    for name in [*names, rival]:
        pace = count / timings.median(name)
        met = "" if name == rival else word(pace >= ASKED_PER_SECOND)
        found.append([name, 1e6 / pace, pace, timings.ratio(name, rival), met])
    columns = (
        "detector",
        "microseconds per event",
        "events per second",
        f"times {rival}",
        f"at least {ASKED_PER_SECOND:,} a second",
    )
    return Table(f"Cost of score_learn_one, d = 10, window_size = {WINDOW}", columns, found)


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    parser.add_argument("--no-forest", action="store_true", help="leave the slow forests out")
    arguments = parser.parse_args()
    stretch = WINDOW + (8 if arguments.quick else 144)
    streams = [shifts(stretch, 0), digits(stretch, 0)]
    tables = [] if arguments.no_forest else around_a_forest(shortened(streams, arguments.quick))
    tables.append(around_ours(streams))
    tables.append(speed(*((300, 1) if arguments.quick else (2_000, 7))))
    publish(tables, arguments.out)


def shortened(streams: list[Stretches], quick: bool) -> list[Stretches]:
    """Return the first stream up to where its second stretch has begun, or all as they are."""
    if not quick:
        return streams
    first = streams[0]
    end = first.stretch + 20
    return [Stretches(first.name, first.rows[:end], first.labels[:end], first.stretch)]


if __name__ == "__main__":
    options.run(main)
