"""Time per event against the number of features, the events gone by, and features gone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import options, ours, peers
from common.contestants import Contestant
from common.data import FloatArray
from common.goals import goal, goal_table
from common.report import Cell, Table, progress, publish
from common.timing import collector_asleep
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from clipsgd_river.anomaly.base import ClippedDetector

WIDTHS = (1, 3, 10, 30, 100, 300, 1_000)
EVENTS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
FEATURES = 10
REPEATS = 5
# Rows of a measurement: enough to last some milliseconds, few enough to last no minute at d = 1000.
NUMBERS = 100_000
FEWEST_ROWS, MOST_ROWS = 100, 10_000
LARGEST_CHUNK = 50_000
FLAT = 1.25
# An event with so many new keys, and how many events after it the cost is measured.
NEW_KEYS, LATER = 990, 1_000
TWICE = 2.0


@dataclass(frozen=True)
class Curve:
    """Microseconds per event of one contestant at each point."""

    contestant: str
    microseconds: Sequence[float]


def by_width(name: str, kind: type[ClippedDetector], widths: Sequence[int]) -> Curve:
    """Score and learn rows of each width, once the start is over; medians of five passes."""
    costs = []
    for width in widths:
        rows = normal_rows(width)
        detector = kind().partial_fit(rows[:FEWEST_ROWS])
        seconds = []
        for _ in range(REPEATS):
            start = time.process_time()
            detector.score_learn_many(rows)
            seconds.append(time.process_time() - start)
        costs.append(1e6 * statistics.median(seconds) / len(rows))
    return Curve(name, costs)


def rival_by_width(rival: Contestant, widths: Sequence[int]) -> Curve:
    """Score and learn the same rows as dicts, fewer of them: rivals take longer."""
    costs = []
    for width in widths:
        rows = normal_rows(width)[: 10 * FEWEST_ROWS]
        costs.append(1e6 * rival.run(rows).seconds / len(rows))
    return Curve(rival.name, costs)


def by_events(name: str, kind: type[ClippedDetector], marks: Sequence[int]) -> Curve:
    """Score and learn a long stream; the median cost per event between one mark and the next."""
    rows = np.random.default_rng(0).standard_normal((min(LARGEST_CHUNK, marks[-1]), FEATURES))
    detector, costs, seen = kind(), [], 0
    for mark in marks:
        paces = []
        while seen < mark:
            # Ten measurements between two marks at least, so that a median means something.
            count = max(min(len(rows), mark - seen, (mark + 9) // 10), 1)
            start = time.process_time()
            detector.score_learn_many(rows[:count])
            paces.append((time.process_time() - start) / count)
            seen += count
        costs.append(1e6 * statistics.median(paces))
    return Curve(name, costs)


def after_junk(kind: type[ClippedDetector]) -> float:
    """Return how much dearer an event of three features is after one with 990 new keys."""
    detector = kind()
    stream = [dict(zip("abc", row, strict=True)) for row in normal_rows(3)[:LATER].tolist()]

    def cost() -> float:
        seconds = []
        for _ in range(REPEATS):
            start = time.process_time()
            for x in stream:
                detector.score_learn_one(x)
            seconds.append(time.process_time() - start)
        return min(seconds)

    cost()
    before = cost()
    detector.learn_one({**stream[0], **{f"new {k}": 1.0 for k in range(NEW_KEYS)}})
    for x in stream:
        detector.learn_one(x)
    return cost() / before


def junk_table(ratios: dict[str, float]) -> Table:
    """Return a row for each detector."""
    rows = [goal(name, ratio, "≤", TWICE) for name, ratio in ratios.items()]
    title = f"Cost of an event of 3 features, {LATER:,} events after one of {NEW_KEYS} new keys"
    return goal_table(rows, f"{title}, over that before")


def normal_rows(width: int) -> FloatArray:
    """Return standard normal rows of this width, some hundred thousand numbers of them."""
    count = min(max(NUMBERS // width, FEWEST_ROWS), MOST_ROWS)
    return np.random.default_rng(width).standard_normal((count, width))


def table(title: str, curves: Sequence[Curve], points: Sequence[int], what: str) -> Table:
    """Return a row for each contestant and a column for each point."""
    rows: list[list[Cell]] = [[curve.contestant, *curve.microseconds] for curve in curves]
    return Table(title, ("detector", *(f"{what} = {point:,}" for point in points)), rows)


def flatness(curves: Sequence[Curve], marks: Sequence[int]) -> Table:
    """Return how much dearer an event is at the end of the stream than a hundred times earlier."""
    rows: list[list[Cell]] = []
    for curve in curves:
        ratio = curve.microseconds[-1] / curve.microseconds[-3]
        rows.append(goal(curve.contestant, ratio, "≤", FLAT))
    title = f"Cost of an event at n = {marks[-1]:,} over that at n = {marks[-3]:,}"
    return goal_table(rows, title)


def draw(
    widths: Sequence[int],
    on_widths: Sequence[Curve],
    marks: Sequence[int],
    on_events: Sequence[Curve],
    path: Path,
) -> None:
    """Draw both families of curves, all axes logarithmic."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, points, curves in ((left, widths, on_widths), (right, marks, on_events)):
        for curve in curves:
            ours_or_not = "-" if curve.contestant.startswith("Clipped") else "--"
            axes.loglog(points, curve.microseconds, ours_or_not, marker=".", label=curve.contestant)
        axes.grid(visible=True, which="major", linewidth=0.3)
    left.set(xlabel="features d", ylabel="microseconds per event, score and learn")
    right.set(xlabel=f"events gone by, d = {FEATURES}")
    left.legend(fontsize="small")
    figure.savefig(path, dpi=120)


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the curves")
    options.add_peers(parser)
    options.add_detectors(parser)
    arguments = parser.parse_args()
    found = ours.detector_classes()
    named = options.chosen(
        parser, {name: (name, found[name]) for name in found}, arguments.detectors
    )
    widths, marks = (WIDTHS[:4], EVENTS[:3]) if arguments.quick else (WIDTHS, EVENTS)
    on_widths, on_events, ratios = [], [], {}
    with collector_asleep(), threadpool_limits(limits=1):
        for name, kind in named:
            progress(f"{name}: d = {widths[0]} to {widths[-1]:,}")
            on_widths.append(by_width(name, kind, widths))
            progress(f"{name}: {marks[-1]:,} events of {FEATURES} features")
            on_events.append(by_events(name, kind, marks))
            progress(f"{name}: an event with {NEW_KEYS} new keys")
            ratios[name] = after_junk(kind)
        for rival in peers.streaming(slow=False) if arguments.peers else []:
            progress(f"{rival.name}: d = {widths[0]} to {widths[-1]:,}")
            on_widths.append(rival_by_width(rival, widths))
    if arguments.plot:
        draw(widths, on_widths, marks, on_events, arguments.plot)
    tables = [
        table("Microseconds per event, by features", on_widths, widths, "d"),
        table(f"Microseconds per event, d = {FEATURES}, by events", on_events, marks, "n"),
        flatness(on_events, marks),
        junk_table(ratios),
    ]
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
