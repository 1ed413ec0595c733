"""A model per key: events a second, memory of a key, eviction and return, the first events."""

from __future__ import annotations

import gc
import time
from typing import Any

import numpy as np
from common import options
from common.data import Event
from common.report import Cell, Table, progress, publish
from memory import resident_bytes
from sklearn.metrics import roc_auc_score

from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore, KeyedDetector

KINDS = (ClippedZScore, ClippedMahalanobis)
WIDTH = 10
FIRST_EVENTS = 50
SPREADS = (0.3, 1.0, 3.0)
# An anomaly deviates by so many standard deviations in each feature.
DEVIATION = 2.0


def drawn_keys(rng: np.random.Generator, how: str, keys: int, events: int) -> list[int]:
    """Return the key of each event: all alike, or the k-th as often as 1 / k."""
    if how == "uniform":
        return [int(key) for key in rng.integers(keys, size=events)]
    weights = np.cumsum(1.0 / np.arange(1, keys + 1))
    found = np.searchsorted(weights / weights[-1], rng.random(events))
    return [int(key) for key in found]


def events_of(keys: list[int], rng: np.random.Generator) -> list[Event]:
    """Return an event with ten standard normal features for each key."""
    names = [f"x{j}" for j in range(WIDTH)]
    values = rng.standard_normal((len(keys), WIDTH)).tolist()
    return [
        {"key": key, **dict(zip(names, row, strict=True))}
        for key, row in zip(keys, values, strict=True)
    ]


def speed_table(sizes: list[int], events: int) -> Table:
    """Return how fast events are scored and learned once every key is known."""
    rows: list[list[Cell]] = []
    for kind in KINDS:
        for keys in sizes:
            model = KeyedDetector(kind(), max_keys=keys)
            rng = np.random.default_rng(0)
            progress(f"{kind.__name__}: {keys:,} keys")
            gc.collect()
            before = resident_bytes()
            # Past the robust start of every key, whose samples are then given back.
            for _ in range(25):
                for x in events_of(list(range(keys)), rng):
                    model.learn_one(x)
            gc.collect()
            # Where there are few keys, the allocator's noise is larger than they are.
            size: Cell = (resident_bytes() - before) / keys if keys >= 1_000 else None
            for how in ("Zipf", "uniform"):
                stream = events_of(drawn_keys(rng, how, keys, events), rng)
                start = time.perf_counter()
                for x in stream:
                    model.score_learn_one(x)
                rate = events / (time.perf_counter() - start)
                rows.append([kind.__name__, keys, how, round(rate), size])
    columns = ("detector", "keys", "drawn", "events/s", "bytes a key")
    return Table(f"Events a second, {WIDTH} features, and resident memory", columns, rows)


def eviction_table(events: int) -> Table:
    """Return what it takes to evict one key and to bring another back, at each event."""
    rows: list[list[Cell]] = []
    for kind in KINDS:
        rng = np.random.default_rng(0)
        kept, spilling = KeyedDetector(kind()), KeyedDetector(kind(), max_keys=1)
        spilling.spill_to({})
        costs = []
        for model in (kept, spilling):
            for x in events_of([0, 1] * 50, rng):
                model.learn_one(x)
            stream = events_of([0, 1] * (events // 2), rng)
            start = time.perf_counter()
            for x in stream:
                model.score_learn_one(x)
            costs.append((time.perf_counter() - start) / len(stream))
        rows.append([kind.__name__, *(1e6 * cost for cost in costs), 1e6 * (costs[1] - costs[0])])
    columns = ("detector", "event", "event with eviction and return", "eviction and return")
    return Table("Microseconds of an eviction to a dict and a return", columns, rows)


def start_table(keys: int) -> Table:
    """Return how well the first events of new keys are judged, by a model each and by one."""
    rows: list[list[Cell]] = []
    for spread in SPREADS:
        rng = np.random.default_rng(0)
        centre = spread * rng.standard_normal((keys, WIDTH))
        truth = rng.random(keys * FIRST_EVENTS) < 0.02
        of = np.repeat(np.arange(keys), FIRST_EVENTS)[rng.permutation(keys * FIRST_EVENTS)]
        values = rng.standard_normal((len(of), WIDTH)) + centre[of]
        values[truth] += DEVIATION * rng.choice([-1.0, 1.0], size=(int(truth.sum()), WIDTH))
        each, one = KeyedDetector(ClippedZScore(), max_keys=keys), ClippedZScore()
        progress(f"first events: spread {spread}")
        found: list[float] = []
        for key, row in zip(of.tolist(), values.tolist(), strict=True):
            found.append(each.score_learn_one({"key": key, **dict(enumerate(row))}))
        together: Any = one.score_learn_many(values)
        rows.append([spread, float(roc_auc_score(truth, found))])
        rows[-1].append(float(roc_auc_score(truth, together)))
    columns = ("spread of the keys' means", "a model per key", "one model for all")
    return Table(f"ROC AUC over the first {FIRST_EVENTS} events of {keys:,} keys", columns, rows)


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    parser.add_argument(
        "--keys", type=int, nargs="+", default=None, help="numbers of keys to time, 1 to 10,000"
    )
    arguments = parser.parse_args()
    quick = arguments.quick
    sizes = arguments.keys or ([1, 20] if quick else [1, 100, 10_000])
    count = 200 if quick else 100_000
    tables = [speed_table(sizes, count), eviction_table(100 if quick else 10_000)]
    publish([*tables, start_table(20 if quick else 2_000)], arguments.out)


if __name__ == "__main__":
    options.run(main)
