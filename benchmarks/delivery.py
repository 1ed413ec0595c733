"""Alerts to a web server that hangs, refuses or dies: what it costs the stream, what arrives."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from common import options
from common.goals import goal, goal_table
from common.report import Cell, Table, progress, publish
from common.sinks import DIES, MANNERS, TAKES, Line, Sink, sink

EVENTS = 1_000_000
COLUMNS = 4
#: One event of so many is far out in one feature.
APART = 2_000
#: What the rate of the stream may fall by.
MOST_COST = 0.05


@dataclass(frozen=True)
class Receiver:
    """How lines are sent to the server, and what marks call it."""

    option: str
    label: str

    def words(self, server: Sink) -> list[str]:
        """Return the options that say so."""
        if self.option == "--notify":
            return ["--notify", f"json://{server.address}/?rto=2&cto=2"]
        return ["--exec", f"{poster()} http://{server.address}/"]


def poster() -> str:
    """Return a command that posts its standard input."""
    if shutil.which("curl"):
        return "curl --silent --fail --max-time 2 --data-binary @-"
    program = "import sys,urllib.request as u;u.urlopen(sys.argv[1],sys.stdin.buffer.read(),2)"
    return f"{sys.executable} -S -c '{program}'"


RECEIVERS = (Receiver("--exec", "exec"), Receiver("--notify", "json"))


@dataclass(frozen=True)
class Arrived:
    """What became of the lines of a file."""

    lines: int
    delivered: int
    waiting: int
    #: Taken lines that were taken before, or before one that comes first in the file.
    repeated: int
    disordered: int
    #: Lines that the server read again, since it had not said that it took them.
    read_again: int
    lost: int


def write(path: Path, events: int) -> None:
    """Write a table with an anomaly now and then."""
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((events, COLUMNS)).round(4)
    odd = np.arange(APART, events, APART)
    rows[odd, odd // APART % COLUMNS] += 40.0
    with path.open("w") as file:
        file.write(",".join(f"x{at}" for at in range(COLUMNS)) + "\n")
        file.writelines(",".join(map(repr, row)) + "\n" for row in rows.tolist())


@dataclass(frozen=True)
class Used:
    """Processor seconds of the thread that judges, and of those that deliver; lines sent by then.

    All of it from the first event to the last.
    """

    stream: float
    delivery: float
    sent: int


def run(file: str, folder: Path, server: Sink, words: Sequence[str]) -> Used:
    """Score a file in a process of its own."""
    command = [sys.executable, "-m", "clipsgd_river", "score", file, "--format", "csv"]
    command += ["--detector", "zscore", "--alert-rate", "0.001", "--out", str(folder / "out.csv")]
    command += ["--alerts", str(folder / "alerts.jsonl"), *words]
    names, row = (",".join(f"{word}{at}" for at in range(COLUMNS)) for word in ("x", ""))
    pipes = dict.fromkeys(("stdin", "stderr"), subprocess.PIPE)
    begun = ended = (0.0, 0.0)
    sent = 0
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        with process.stdin:
            process.stdin.write(f"{names}\n{row}\n" if file == "-" else "")
        for line in process.stderr:
            if line.startswith("ClippedZScore on "):
                begun = processor_seconds(process.pid)
            elif line.startswith("ClippedZScore: "):
                ended, sent = processor_seconds(process.pid), len(server.read)
    if process.returncode:
        raise SystemExit(f"error: {' '.join(command)} ended with {process.returncode}")
    return Used(ended[0] - begun[0], ended[1] - begun[1], sent)


def processor_seconds(pid: int) -> tuple[float, float]:
    """Return what the first thread of a process has used so far, and what all others have.

    Nothing where the system does not tell.
    """
    mine = others = 0
    for task in Path(f"/proc/{pid}/task").glob("*/stat"):
        fields = task.read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        if task.parent.name == str(pid):
            mine += ticks
        else:
            others += ticks
    return mine / os.sysconf("SC_CLK_TCK"), others / os.sysconf("SC_CLK_TCK")


def seconds_to_start() -> float:
    """Return how long a process takes to start, while no other thread runs Python."""
    found = []
    for _ in range(20):
        before = time.perf_counter()
        with subprocess.Popen(["true"], start_new_session=True):
            found.append(time.perf_counter() - before)
    return statistics.median(found)


def arrived(folder: Path, label: str, server: Sink) -> Arrived:
    """Compare the marks in the file with what the server took."""
    text = (folder / "alerts.jsonl").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    order: dict[Line, int] = {(x["uid"], x["update"]): at for at, x in enumerate(lines)}
    marks = [x["delivered"][label] for x in lines]
    places = [order[line] for line in server.taken]
    taken = set(server.taken)
    marked = {line for line, mark in zip(order, marks, strict=True) if mark}
    return Arrived(
        len(lines),
        len(marked),
        marks.count(False),
        len(places) - len(taken),
        sum(b < a for a, b in pairwise(places)),
        len(server.read) - len(server.taken),
        len(taken ^ marked),
    )


def case(
    path: Path, receiver: Receiver, manner: str, folder: Path, start: float
) -> tuple[list[Cell], float, Arrived, Arrived]:
    """Run with a server of some manner, then once more with one that takes what is left.

    Returns the row, what it cost the stream, and what had arrived after each.
    """
    place = folder / f"{receiver.label}-{manner}"
    place.mkdir()
    with sink() as server:
        server.manner = manner
        words = receiver.words(server)
        used = run(str(path), place, server, words)
        first = arrived(place, receiver.label, server)
        server.manner = TAKES
        run("-", place, server, words)
        last = arrived(place, receiver.label, server)
    # What lines take from the stream, which runs while none of them does.
    lost = used.delivery + (used.sent * start if receiver.option == "--exec" else 0.0)
    cost = lost / max(used.stream + lost, 1e-9)
    row: list[Cell] = [
        receiver.option,
        manner,
        used.stream,
        used.sent,
        lost,
        100.0 * cost,
        first.lines,
        first.delivered,
        first.waiting,
        last.delivered,
        last.read_again,
        last.repeated,
        last.disordered,
        first.lost + last.lost,
    ]
    return row, cost, first, last


def main() -> None:
    """Read the options, run, publish."""
    arguments = options.parser(__doc__ or "").parse_args()
    events = 3 * APART if arguments.quick else EVENTS
    start = seconds_to_start()
    # Apprise needs a word only on what differs: how it takes part in the process.
    cases = [(RECEIVERS[0], manner) for manner in MANNERS]
    cases += [(RECEIVERS[1], manner) for manner in (TAKES, DIES)]
    if arguments.quick:
        cases = cases[:2]
    rows, costs, firsts, lasts = [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "events.csv"
        write(path, events)
        for receiver, manner in cases:
            progress(f"{receiver.option}, a server that {manner}")
            row, cost, first, last = case(path, receiver, manner, Path(name), start)
            rows.append(row)
            costs.append(cost)
            firsts.append(first)
            lasts.append(last)
    columns = ["receiver", "the server", "seconds of the stream", "sent meanwhile", "taken from it"]
    columns += ["rate falls by %"]
    columns += ["lines", "delivered", "waiting", "delivered by the next run", "read again"]
    columns += ["taken twice", "out of order", "lost"]
    table = Table(f"{events:,} events; a process starts in {1000.0 * start:.2g} ms", columns, rows)
    goals = [
        goal("the rate of the stream falls by, at most", max(costs), "≤", MOST_COST),
        goal(
            "neither delivered nor marked as waiting, or marked and not taken",
            sum(x.lines - x.delivered - x.waiting + x.lost for x in (*firsts, *lasts)),
            "≤",
            0,
        ),
        goal("waiting after the next run", sum(x.waiting for x in lasts), "≤", 0),
        goal("taken twice", sum(x.repeated for x in lasts), "≤", 0),
        goal("out of order", sum(x.disordered for x in lasts), "≤", 0),
    ]
    publish([table, goal_table(goals)], arguments.out)


if __name__ == "__main__":
    options.run(main)
