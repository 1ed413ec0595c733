"""Events a second of the command line, the whole process, beside the least that reading costs."""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import options
from common.goals import goal, goal_table
from common.report import Cell, Table, progress, publish
from common.timing import collector_asleep

from clipsgd_river.anomaly import ClippedEnsemble, ClippedZScore

COLUMNS = 10
EVENTS = 1_000_000
#: Of a run of a few events nearly all is its start.
FEW = 1_000
ROUNDS = 3
#: The most memory of a long run over that of one of a few events.
CONSTANT = 1.1


@dataclass(frozen=True)
class Case:
    """A run of the command line, and how many events a second it is to judge."""

    name: str
    ending: str
    detector: Sequence[str]
    asked: float


CASES = (
    Case("CSV, ClippedZScore", "csv", ("--detector", "zscore"), 100_000),
    Case("JSON lines, ClippedZScore", "jsonl", ("--detector", "zscore"), 60_000),
    Case("CSV, default detector", "csv", (), 40_000),
)


@dataclass(frozen=True)
class Cost:
    """Processor seconds and the most memory of a process."""

    seconds: float
    kilobytes: int


def run(case: Case, path: Path) -> Cost:
    """Score a file in a process of its own."""
    kind = "csv" if case.ending == "csv" else "jsonl"
    command = [sys.executable, "-m", "clipsgd_river", "score", str(path), "--quiet"]
    command += ["--out", os.devnull, "--out-format", kind, *case.detector]
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    # Nobody else has seen that it ended.
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise SystemExit(f"error: {' '.join(command)} ended with {status}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss)


def write(folder: Path, events: int) -> dict[str, Path]:
    """Write the same events as CSV and as JSON lines, in pieces."""
    names = [f"x{at}" for at in range(COLUMNS)]
    generator = np.random.default_rng(0)
    paths = {ending: folder / f"{events}.{ending}" for ending in ("csv", "jsonl")}
    with paths["csv"].open("w") as table, paths["jsonl"].open("w") as lines:
        table.write(",".join(names) + "\n")
        for start in range(0, events, 10_000):
            count = min(10_000, events - start)
            for row in generator.standard_normal((count, COLUMNS)).round(4).tolist():
                table.write(",".join(map(repr, row)) + "\n")
                lines.write(json.dumps(dict(zip(names, row, strict=True))) + "\n")
    return paths


def seconds_of(task: Callable[[], object]) -> float:
    """Return the processor seconds of a task."""
    with collector_asleep():
        start = time.process_time()
        task()
        return time.process_time() - start


def read_csv(path: Path) -> None:
    """Read a table as the standard library does, to the numbers."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            for cell in row.values():
                float(cell)


def read_json(path: Path) -> None:
    """Read lines of JSON."""
    with path.open() as file:
        for line in file:
            json.loads(line)


def measured(
    case: Case, few: Path, many: Path, events: int, rounds: int
) -> tuple[list[Cell], float]:
    """Run a case beside plain reading and the detector alone, in turn.

    Returns its row, and how its memory grew.
    """
    rows = np.random.default_rng(0).standard_normal((min(events, 100_000), COLUMNS))
    detector = ClippedZScore if case.detector else ClippedEnsemble
    read = read_csv if case.ending == "csv" else read_json
    starts, whole, reading, learning, growth = [], [], [], [], 0.0
    for _ in range(rounds):
        start, cost = run(case, few), run(case, many)
        growth = cost.kilobytes / start.kilobytes
        starts.append(start.seconds)
        whole.append(cost.seconds)
        reading.append(seconds_of(lambda: read(many)))
        alone = seconds_of(lambda: detector().score_learn_many(rows))
        learning.append(alone * events / len(rows))
    ratios = zip(starts, whole, reading, learning, strict=True)
    beside = [((w - s) / r, (w - s) / a) for s, w, r, a in ratios]
    row: list[Cell] = [
        case.name,
        events / min(whole),
        min(starts),
        1e6 * (min(whole) - min(starts)) / events,
        statistics.median(each[0] for each in beside),
        statistics.median(each[1] for each in beside),
    ]
    return row, growth


def main() -> None:
    """Read the options, run, publish."""
    arguments = options.parser(__doc__ or "").parse_args()
    events, rounds = (5 * FEW, 1) if arguments.quick else (EVENTS, ROUNDS)
    rows, goals = [], []
    with tempfile.TemporaryDirectory() as name:
        few, many = (write(Path(name), count) for count in (FEW, events))
        for case in CASES:
            progress(f"{case.name}: {events:,} events")
            paths = few[case.ending], many[case.ending]
            row, growth = measured(case, *paths, events, rounds)
            rows.append(row)
            goals.append(goal(f"{case.name}: events a second", float(row[1] or 0), "≥", case.asked))
            goals.append(goal(f"{case.name}: growth of memory", growth, "≤", CONSTANT))
    columns = (
        "run",
        "events a second, whole process",
        "seconds to start",
        "microseconds per event after that",
        "over reading by csv.DictReader and float, or json.loads",
        "over score_learn_many alone",
    )
    title = f"The command line on {events:,} events of {COLUMNS} numbers, processor time"
    publish([Table(title, columns, rows), goal_table(goals)], arguments.out)


if __name__ == "__main__":
    options.run(main)
