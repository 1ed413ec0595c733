"""Memory: none may be lost over ten million events, and a detector's state must stay small."""

from __future__ import annotations

import gc
import pickle
import random
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import options, ours
from common.data import Event
from common.goals import word
from common.report import Cell, Table, progress, publish

from clipsgd_river.anomaly.base import ClippedDetector

FEATURES = ("bytes_in", "bytes_out", "duration", "errors")
WIDTHS = (1, 10, 100)
SAMPLES = 50
# Half a megabyte over ten million events is what an allocator shows without any leak; a leaked
# float per hundred events would be four times as much.
BYTES_PER_EVENT = 0.05


def resident_bytes() -> int:
    """Return the memory this process holds now, or its peak where /proc does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return pages * resource.getpagesize()


def growth_per_event(feed: Callable[[Event], object], count: int) -> float:
    """Return the slope of resident memory, in bytes per event, over `count` events.

    Every event is a new dict of new floats, so that an object held for ever shows. The first
    fifth, in which the detector warms up and the allocator settles, is left out.

    Raises
    ------
    ValueError
        If `count` is below the number of samples taken.
    """
    if count < SAMPLES:
        raise ValueError(f"count must be at least {SAMPLES}, not {count}")
    draw, chunk, levels = random.Random(0).random, count // SAMPLES, []
    # What is there already need not be looked through again at every sample.
    gc.freeze()
    for _ in range(SAMPLES):
        for _ in range(chunk):
            feed({name: draw() for name in FEATURES})
        gc.collect()
        levels.append(resident_bytes())
    gc.unfreeze()
    settled = levels[SAMPLES // 5 :]
    return float(np.polyfit(np.arange(len(settled)) * chunk, settled, 1)[0])


def state_sizes(kind: type[ClippedDetector], width: int) -> dict[str, int | None]:
    """Return the bytes of a detector's state in three forms, after 1,000 events.

    The kernel's own count is None for a detector that is made of others.
    """
    detector = kind()
    detector.learn_many(np.random.default_rng(0).standard_normal((1_000, width)))
    kernel = getattr(detector, "_kernel", None)
    return {
        "to_bytes": len(detector.to_bytes()),
        "pickle": len(pickle.dumps(detector)),
        "kernel in memory": None if kernel is None else sys.getsizeof(kernel),
    }


def growth_table(kinds: list[type[ClippedDetector]], count: int) -> Table:
    """Return the growth of each detector under both ways of learning."""
    rows: list[list[Cell]] = []
    for kind in kinds:
        learner, scorer = kind(), kind()
        progress(f"{kind.__name__}: {count:,} events, twice")
        for name, feed in (
            ("learn_one", learner.learn_one),
            ("score_learn_one", scorer.score_learn_one),
        ):
            slope = growth_per_event(feed, count)
            rows.append([kind.__name__, name, count, slope, word(slope <= BYTES_PER_EVENT)])
    columns = ("detector", "call", "events", "bytes per event", f"≤ {BYTES_PER_EVENT}")
    return Table("Growth of resident memory", columns, rows)


def size_table(kinds: list[type[ClippedDetector]]) -> Table:
    """Return the size of each detector's state at each width."""
    rows: list[list[Cell]] = [
        [kind.__name__, width, *state_sizes(kind, width).values()]
        for kind in kinds
        for width in WIDTHS
    ]
    columns = ("detector", "d", "to_bytes", "pickle", "kernel in memory")
    return Table("Size of the state in bytes", columns, rows)


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_detectors(parser)
    arguments = parser.parse_args()
    kinds = options.chosen(parser, ours.detector_classes(), arguments.detectors)
    count = 5_000 if arguments.quick else 10_000_000
    publish([size_table(kinds), growth_table(kinds, count)], arguments.out)


if __name__ == "__main__":
    options.run(main)
