"""Cost of an event: our detectors beside River on dicts and beside scikit-learn on arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from common import options, ours, peers
from common.data import Event, FloatArray, as_events
from common.goals import word
from common.report import Cell, Table, environment, progress, publish
from common.timing import Timings, interleaved
from river import anomaly
from sklearn.linear_model import SGDOneClassSVM

from clipsgd_river.anomaly.base import ClippedDetector

DICT_FEATURES = (1, 10, 20, 50)
ARRAY_FEATURES = (10, 50)
BATCH = 1_000
SUM = "sum(x.values())"
SCALED_SVM = "River StandardScaler | OneClassSVM"
BARE_SVM = "River OneClassSVM"
TREES = "River MinMaxScaler | HalfSpaceTrees"
SKLEARN = "scikit-learn SGDOneClassSVM"
Task = Callable[[], object]


@dataclass(frozen=True)
class Target:
    """A ratio of two tasks' times at some width, with the most or the least it should be."""

    features: int
    numerator: str
    denominator: str
    bound: float
    at_least: bool = False

    def row(self, timings: Timings) -> list[Cell]:
        """Return what was asked and what was measured."""
        ratio = timings.ratio(self.numerator, self.denominator)
        met = ratio >= self.bound if self.at_least else ratio <= self.bound
        asked = f"{'≥' if self.at_least else '≤'} {self.bound:g}"
        what = f"{self.numerator} / {self.denominator}"
        return [what, self.features, ratio, asked, word(met)]


def two_calls(name: str) -> str:
    """Return the label of scoring and learning as two calls."""
    return f"{name}: score_one, learn_one"


def one_call(name: str) -> str:
    """Return the label of the fused call."""
    return f"{name}: score_learn_one"


def many(name: str, how: str) -> str:
    """Return the label of a task on an array."""
    return f"{name}: {how}"


IN_BATCHES, IN_ONE_GO = "batches of 1,000", "in one go"
DICT_TARGETS = (
    *(Target(d, SCALED_SVM, two_calls("ClippedZScore"), 12, at_least=True) for d in (1, 10, 50)),
    Target(10, two_calls("ClippedZScore"), SUM, 6),
    Target(10, one_call("ClippedZScore"), SUM, 3.5),
    Target(20, two_calls("ClippedMahalanobis"), SCALED_SVM, 1),
)
ARRAY_TARGETS = tuple(
    Target(d, many("ClippedZScore", how), many(SKLEARN, how), 1)
    for d in ARRAY_FEATURES
    for how in (IN_BATCHES, IN_ONE_GO)
)


def dict_tasks(features: int, count: int) -> dict[str, Task]:
    """Return the tasks on `count` distinct dicts of fresh floats, each a full pass over them."""
    events = list(as_events(np.random.default_rng(0).standard_normal((count, features))))
    tasks: dict[str, Task] = {SUM: lambda: _sum(events)}
    for name, kind in ours.detector_classes().items():
        tasks[two_calls(name)] = _pass_in_two_calls(kind(), events)
        tasks[one_call(name)] = _pass_in_one_call(kind(), events)
    tasks[SCALED_SVM] = _pass_in_two_calls(peers.one_class_svm(), events)
    tasks[BARE_SVM] = _pass_in_two_calls(anomaly.OneClassSVM(nu=0.1), events)
    tasks[TREES] = _pass_in_two_calls(peers.half_space_trees(), events)
    return tasks


def array_tasks(features: int, count: int) -> dict[str, Task]:
    """Return the tasks on an array of `count` rows."""
    rows = np.random.default_rng(0).standard_normal((count, features))
    batches = [rows[start : start + BATCH] for start in range(0, count, BATCH)]
    tasks: dict[str, Task] = {}
    for name, kind in ours.detector_classes().items():
        tasks[many(name, IN_BATCHES)] = _pass_over_batches(kind(), batches)
        tasks[many(name, IN_ONE_GO)] = _pass_over_batches(kind(), [rows])
    tasks[many(SKLEARN, IN_BATCHES)] = _sklearn_pass(batches)
    tasks[many(SKLEARN, IN_ONE_GO)] = _sklearn_pass([rows])
    return tasks


def costs(title: str, found: dict[int, Timings], count: int) -> Table:
    """Return microseconds per event of every task, one column per width."""
    names = next(iter(found.values())).seconds
    rows: list[list[Cell]] = [
        [name, *(1e6 * timings.median(name) / count for timings in found.values())]
        for name in names
    ]
    return Table(title, ("task", *(f"d = {features}" for features in found)), rows)


def verdicts(found: dict[int, Timings], targets: Sequence[Target]) -> list[list[Cell]]:
    """Return one row per target whose two tasks were measured."""
    return [
        target.row(found[target.features])
        for target in targets
        if {target.numerator, target.denominator} <= found[target.features].seconds.keys()
    ]


def _sum(events: list[Event]) -> None:
    for event in events:
        sum(event.values())


def _pass_in_two_calls(model: ClippedDetector | peers.Model, events: list[Event]) -> Task:
    score, learn = model.score_one, model.learn_one

    def run() -> None:
        for event in events:
            score(event)
            learn(event)

    return run


def _pass_in_one_call(detector: ClippedDetector, events: list[Event]) -> Task:
    score_learn = detector.score_learn_one

    def run() -> None:
        for event in events:
            score_learn(event)

    return run


def _pass_over_batches(detector: ClippedDetector, batches: list[FloatArray]) -> Task:
    def run() -> None:
        for batch in batches:
            detector.score_learn_many(batch)

    return run


def _sklearn_pass(batches: list[FloatArray]) -> Task:
    model = SGDOneClassSVM(random_state=0).partial_fit(batches[0])

    def run() -> None:
        for batch in batches:
            model.score_samples(batch)
            model.partial_fit(batch)

    return run


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=11, help="interleaved repeats")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {arguments.rounds}")
    rounds, count = (1, 200) if arguments.quick else (arguments.rounds, 10_000)
    for name, value in environment().items():
        progress(f"{name}: {value}")
    on_dicts, on_arrays = {}, {}
    for features in DICT_FEATURES:
        progress(f"dicts of {features}")
        on_dicts[features] = interleaved(dict_tasks(features, count), rounds)
    for features in ARRAY_FEATURES:
        progress(f"arrays of {features} columns")
        on_arrays[features] = interleaved(array_tasks(features, count), rounds)
    asked = verdicts(on_dicts, DICT_TARGETS) + verdicts(on_arrays, ARRAY_TARGETS)
    targets = Table("Targets", ("ratio of times", "d", "measured", "asked", "met"), asked)
    tables = [
        costs("Microseconds per event, dicts", on_dicts, count),
        costs("Microseconds per row, arrays", on_arrays, count),
        targets,
    ]
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
