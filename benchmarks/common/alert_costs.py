"""What an alert filter costs beside the detector that it wraps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore
from clipsgd_river.anomaly.base import ClippedDetector
from clipsgd_river.cli.input import events as cli_events
from clipsgd_river.cli.input.labels import UNKNOWN
from clipsgd_river.cli.scoring.watch import Watch
from common.data import Event, FloatArray
from common.goals import goal, goal_table
from common.report import Cell, Table, progress
from common.timing import interleaved

DETECTORS: tuple[type[ClippedDetector], ...] = (ClippedZScore, ClippedMahalanobis)
FEATURES = (1, 10)
EVENTS = 10_000
ROUNDS = 11
RATE = 0.001
# Microseconds an event that an AlertBudget may add.
MOST = 0.5
# Features of the events on the command line, which may take so many times as long as the detector.
WATCHED = 10
MOST_WATCHED = 2.0
EVENT_BY_EVENT = ("score_learn_one", "learn_one", "alert_one")
ROWS = ("score_learn_many", "classify_learn_many")


def label(subject: str, method: str) -> str:
    """Return the name of a task."""
    return f"{subject}, {method}"


def tasks(
    kind: type[ClippedDetector], rows: FloatArray, events: list[Event]
) -> dict[str, Callable[[], object]]:
    """Return the detector alone and inside each filter: all events, or rows, from the start."""
    makers: dict[str, Callable[[], object]] = {
        "alone": kind,
        "AlertBudget": lambda: AlertBudget(kind(), alert_rate=RATE),
        "TailFilter": lambda: TailFilter(kind(), q=RATE),
    }
    found: dict[str, Callable[[], object]] = {}
    for name, make in makers.items():
        for method in (*EVENT_BY_EVENT, *ROWS):
            if hasattr(make(), method):
                given = [rows] if method in ROWS else events
                found[label(name, method)] = _task(make, method, given)
    return found


def _task(make: Callable[[], object], method: str, arguments: list[object]) -> Callable[[], None]:
    def task() -> None:
        run(getattr(make(), method), arguments)

    return task


def command_line(events: int, rounds: int) -> Table:
    """Measure a `Watch`, the command line without formats, in turns with `score_learn_one`.

    The detectors have learned the events before, so that there are alerts from the first one on:
    one in a hundred, each with its reasons.
    """
    rng = np.random.default_rng(0)
    features = [dict(enumerate(row)) for row in rng.standard_normal((events, WATCHED)).tolist()]
    watched = [cli_events.Event(row, x, UNKNOWN, None) for row, x in enumerate(features)]
    cells: list[list[Cell]] = []
    for kind in DETECTORS:
        progress(f"cost of the command line around {kind.__name__}")
        detector, watch = kind(), Watch(kind())
        timings = interleaved(
            {
                "score_learn_one": lambda learn=detector.score_learn_one: run(learn, features),
                "watch": lambda judge=watch.judge: run(judge, watched),
            },
            rounds,
        )
        ratio = timings.ratio("watch", "score_learn_one")
        costs = [1e6 * timings.median(task) / events for task in timings.seconds]
        within = "yes" if ratio <= MOST_WATCHED else "NO"
        cells.append([kind.__name__, *costs, ratio, f"≤ {MOST_WATCHED:g}", within])
    columns = ("detector", "score_learn_one", "command line", "times as long", "target", "reached")
    return Table(f"Microseconds per event on the command line, d = {WATCHED}", columns, cells)


def run(call: Callable[[Any], object], arguments: Sequence[Any]) -> None:
    """Call a function with each argument."""
    for argument in arguments:
        call(argument)


def overhead(events: int, rounds: int) -> list[Table]:
    """Measure filters in turns with the bare detector; return costs and the verdicts on them."""
    rng = np.random.default_rng(0)
    cells: list[list[Cell]] = []
    verdicts: list[list[Cell]] = []
    for kind in DETECTORS:
        for features in FEATURES:
            progress(f"cost of the filters around {kind.__name__}, {features} features")
            rows = rng.standard_normal((events, features))
            timings = interleaved(
                tasks(kind, rows, [dict(enumerate(r)) for r in rows.tolist()]), rounds
            )
            for task in timings.seconds:
                subject, _, method = task.partition(", ")
                if subject == "alone":
                    continue
                alone = label("alone", "score_learn_many" if method in ROWS else "score_learn_one")
                added = 1e6 * timings.excess(task, alone) / events
                what = f"{subject}({kind.__name__}), {features} features, {method}"
                cells.append(
                    [what, 1e6 * timings.median(task) / events, added, timings.ratio(task, alone)]
                )
                if subject == "AlertBudget" and method in EVENT_BY_EVENT:
                    verdicts.append(goal(f"microseconds added, {what}", added, "≤", MOST))
    columns = ("filter", "microseconds per event", "more than the detector alone", "times as long")
    return [Table("Cost", columns, cells), goal_table(verdicts, "Targets of cost")]
