"""How soon scores, labels and alerts are as promised after a hard start, a silence, a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clipsgd_river.alerts import TailFilter
from clipsgd_river.checks._columns import Values
from common.data import FloatArray
from common.goals import goal, goal_table
from common.report import Cell, Table, progress

FEATURES = 3
# Scores are back by the second hundred events: their median then differs by no more from that of a
# detector that saw nothing before.
WAIT, JUDGED, OFF = 100, 100, 0.15
RISK = 0.01
# Alerts may be so many times what was asked for.
OFTEN = 2.0

Build = Callable[..., Any]


@dataclass(frozen=True)
class Start:
    """Rows that come before activity starts, and how a detector is built."""

    name: str
    before: Callable[[Values], FloatArray]
    params: dict[str, Any] = field(default_factory=dict)


def _equal(count: int) -> Callable[[Values], FloatArray]:
    return lambda _: np.zeros((count, FEATURES))


def _growing(noise: Values) -> FloatArray:
    spread = np.minimum(1e-6 * 1.01 ** np.arange(len(noise)), 1.0)
    return 5.0 + noise * spread[:, None]


STARTS = (
    Start("at once", _equal(0)),
    Start("30 equal events", _equal(30)),
    Start("5,000 equal events", _equal(5_000)),
    Start("warm_up=1", _equal(0), {"warm_up": 1}),
    Start("first event an outlier", lambda _: np.full((1, FEATURES), 1e6)),
    Start(
        "1,000 events, a silence of 2,000",
        lambda noise: np.vstack([5.0 + noise[:1_000], np.zeros((2_000, FEATURES))]),
    ),
    Start("1,000 events, then a threefold spread", lambda noise: 5.0 + noise[:1_000] / 3.0),
    Start("1,000 events, then a third of the spread", lambda noise: 5.0 + noise[:1_000] * 3.0),
    Start("a spread that grows from 1e-6 by 1% an event", _growing),
)


def starts(detectors: dict[str, Build], count: int, seeds: range) -> list[Table]:
    """Typical score, share of labels -1 and of alerts once activity has started."""
    titles = _titles(count)
    rows: list[list[list[Cell]]] = [[] for _ in titles]
    off, most = dict.fromkeys(detectors, 0), dict.fromkeys(detectors, 0.0)
    at_once: dict[str, float] = {}
    for start in STARTS:
        cells: list[list[Cell]] = [[start.name] for _ in titles]
        for name, build in detectors.items():
            progress(f"start, {start.name}: {name}")
            found: list[float | None] = [None] * len(titles)
            if set(start.params) <= build().get_params().keys():
                each = [after_start(build, start, count, seed) for seed in seeds]
                score, _, alerts = found = np.mean(each, axis=0).tolist()
                off[name] += abs(score - at_once.setdefault(name, score)) > OFF
                most[name] = max(most[name], alerts)
            for row, figure in zip(cells, found, strict=True):
                row.append(figure)
        for table, row in zip(rows, cells, strict=True):
            table.append(row)
    goals = [
        goal(f"{name}: starts after which typical scores are off by {OFF}", n, "≤", 0)
        for name, n in off.items()
    ]
    goals += [
        goal(f"{name}: most alerts over those asked for", share, "≤", OFTEN)
        for name, share in most.items()
    ]
    columns = ("before activity", *detectors)
    return [
        *(Table(title, columns, table) for title, table in zip(titles, rows, strict=True)),
        goal_table(goals, "Hard starts"),
    ]


def _titles(count: int) -> tuple[str, str, str]:
    after = f"{WAIT} events after activity starts"
    return (
        f"Median score of {JUDGED} events, from {after}",
        f"Share of labels -1 over the contamination asked for, {count:,} events from {after}",
        f"Share of TailFilter's alerts over its risk of {RISK}, the same events",
    )


def after_start(build: Build, start: Start, count: int, seed: int) -> tuple[float, float, float]:
    """Return median score, labels -1 and alerts over those asked for, after one start."""
    rng = np.random.default_rng([seed, 6])
    before = start.before(rng.standard_normal((1_500, FEATURES)))
    rows = np.vstack([before, 5.0 + rng.standard_normal((WAIT + count, FEATURES))])
    first = len(before) + WAIT
    judged = slice(first, first + JUDGED)
    score = float(np.median(build(**start.params).score_learn_many(rows)[judged]))
    detector = build(**start.params)
    labels = np.empty(len(rows))
    for position in range(len(rows)):
        row = rows[position : position + 1]
        labels[position] = detector.predict(row)[0] if position >= first else 1
        detector.partial_fit(row)
    share = float((labels[first:] == -1).mean()) / detector.contamination
    alerts = TailFilter(build(**start.params), q=RISK).classify_learn_many(rows)
    return score, share, float(alerts[first:].mean()) / RISK
