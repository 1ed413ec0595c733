"""Categories as surprisals beside one-hot columns: ranking, speed, memory and errors of counts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from common import options, ours, peers
from common.contestants import prequential
from common.data import CATEGORIES, nsl_kdd_as_it_is, nsl_kdd_one_hot
from common.goals import goal, goal_table, word
from common.quality import ranking_quality
from common.report import Cell, Table, progress, publish
from common.timing import interleaved
from river import compose, preprocessing

from clipsgd_river.anomaly import ClippedEnsemble
from clipsgd_river.anomaly.base import ClippedDetector
from clipsgd_river.preprocessing import SurprisalEncoder

# The second is a second look: no figure is asked of it.
SETS = ("nsl_kdd_test", "nsl_kdd_train20")
# How far the surprisals may fall behind the one-hot columns of the same detector.
MARGIN = 0.02
TIMES_FASTER = 3.0
BYTES_PER_VALUE = 64.0
KEPT = 10_000
OURS = ClippedEnsemble.__name__
SURPRISALS, ONE_HOT = "SurprisalEncoder", "one-hot columns"
AS_THEY_ARE = "they are"


@dataclass(frozen=True)
class Outcome:
    """One detector on one encoding of one set."""

    stream: str
    detector: str
    encoding: str
    roc_auc: float
    average_precision: float

    def row(self) -> list[Cell]:
        """Return the figures as a row of a table."""
        return [self.stream, self.detector, self.encoding, self.roc_auc, self.average_precision]


def one_hot_in_stream() -> Any:
    """Return River's way from categories to numbers, for a stream that is read as it comes."""
    names = compose.Select(*CATEGORIES) | preprocessing.OneHotEncoder()
    return names + compose.Discard(*CATEGORIES)


def judge(
    folder: Path, name: str, limit: int, kinds: Sequence[type[ClippedDetector]], rivals: bool
) -> list[Outcome]:
    """Return the quality of our detectors on both encodings, and of rivals on one-hot columns."""
    events, labels = nsl_kdd_as_it_is(folder, name, limit)
    one_hot = nsl_kdd_one_hot(folder, name, limit)
    outcomes = []

    def note(detector: str, encoding: str, scores: Any) -> None:
        outcome = Outcome(name, detector, encoding, *ranking_quality(labels, scores))
        progress(f"{name}: {detector} on {encoding}: {outcome.roc_auc:.4f}")
        outcomes.append(outcome)

    for kind in kinds:
        if getattr(kind, "takes_categories", False):
            note(kind.__name__, AS_THEY_ARE, prequential(kind(), events))
        else:
            note(kind.__name__, SURPRISALS, prequential(SurprisalEncoder() | kind(), events))
        note(kind.__name__, ONE_HOT, kind().score_learn_many(one_hot.rows))
    for rival in peers.streaming(slow=False) if rivals else []:
        note(rival.name, ONE_HOT, rival.run(one_hot.rows).scores)
    return outcomes


def quality_targets(outcomes: Sequence[Outcome]) -> list[list[Cell]]:
    """Return what is asked of the ensemble on surprisals, as far as its rivals were run."""
    found = {(o.detector, o.encoding): o.roc_auc for o in outcomes if o.stream == SETS[0]}
    measured = found.get((OURS, SURPRISALS))
    if measured is None:
        return []
    rows: list[list[Cell]] = []
    for (detector, encoding), rivals in found.items():
        if encoding != ONE_HOT or (detector != OURS and not detector.startswith("River")):
            continue
        least = rivals - MARGIN if detector == OURS else rivals
        what = f"ROC AUC on {SETS[0]}, beside {detector} on {encoding}"
        met = measured >= least if detector == OURS else measured > least
        sign = "≥" if detector == OURS else ">"
        rows.append([what, measured, f"{sign} {least:.4f}", word(met)])
    return rows


def speed(folder: Path, count: int, rounds: int) -> tuple[Table, list[Cell]]:
    """Return microseconds per event of the ensemble behind both encoders, and the target."""
    events, _ = nsl_kdd_as_it_is(folder, SETS[0], count)

    def task(encoder: Callable[[], Any]) -> Callable[[], object]:
        return lambda: prequential(encoder() | ClippedEnsemble(), events)

    progress(f"speed: {len(events):,} events, {rounds} rounds")
    encoders = {SURPRISALS: SurprisalEncoder, "River OneHotEncoder": one_hot_in_stream}
    timings = interleaved({name: task(encoder) for name, encoder in encoders.items()}, rounds)
    rows: list[list[Cell]] = [
        [f"{name} | {OURS}", 1e6 * timings.median(name) / len(events)] for name in encoders
    ]
    ratio = timings.ratio("River OneHotEncoder", SURPRISALS)
    what = "times faster per event than behind River OneHotEncoder"
    target = goal(what, ratio, "≥", TIMES_FASTER)
    return Table("Score and learn", ("pipeline", "µs per event"), rows), target


def bytes_per_value(count: int) -> list[Cell]:
    """Return the bytes kept per distinct value beside the values, and the target."""
    progress(f"memory: {count:,} distinct values")
    encoder = SurprisalEncoder(max_values=2 * count)
    for i in range(count + 1):
        encoder.learn_one({"value": f"value {i:09d}"})
    (kept,) = encoder.n_values_
    measured = sys.getsizeof(encoder._kernel) / kept
    # Nothing that was to be kept was dropped.
    assert kept == count
    return goal(f"bytes per value, {kept:,} kept", measured, "≤", BYTES_PER_VALUE)


def error_of_counts(count: int) -> list[Cell]:
    """Return by how much a count falls short when few of many values are kept, and the bound."""
    progress(f"errors: {count:,} events of many values, {KEPT:,} rows kept")
    values = np.random.default_rng(0).zipf(1.2, count).tolist()
    encoder = SurprisalEncoder(["value"], learning_rate=1.0 / count, max_values=KEPT)
    for value in values:
        encoder.learn_one({"value": value})
    encoder.learn_one({"value": 0})
    truth = Counter(values)
    kept = {value: encoder._kernel.seen_one({"value": value})["value"][0] for value in truth}
    short = [seen - (kept[value] or 0.0) for value, seen in truth.items()]
    bound = 2.0 * count / (KEPT - 3)
    # A count may fall short of the truth, and never exceeds it.
    assert min(short) >= -1e-6
    what = f"events a count falls short, {count:,} events of {len(truth):,} values"
    return goal(what, max(short), "≤", round(bound))


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_data(parser)
    options.add_peers(parser)
    options.add_detectors(parser)
    arguments = parser.parse_args()
    folder = options.data_folder(arguments)
    kinds = options.chosen(parser, ours.detector_classes(), arguments.detectors)
    limit = 300 if arguments.quick else sys.maxsize
    outcomes = [o for name in SETS for o in judge(folder, name, limit, kinds, arguments.peers)]
    columns = ("set", "detector", "categories as", "ROC AUC", "average precision")
    tables = [Table("Ranking", columns, [outcome.row() for outcome in outcomes])]
    targets = [] if arguments.quick else quality_targets(outcomes)
    costs, target = speed(folder, 60 if arguments.quick else 5_000, 1 if arguments.quick else 5)
    tables.append(costs)
    targets.append(target)
    count = 20_000 if arguments.quick else 1_000_000
    targets += [bytes_per_value(count), error_of_counts(count)]
    tables.append(goal_table(targets))
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
