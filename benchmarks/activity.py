"""What keys did lately: floods among edges, and a scan, tried passwords and a flood of a user."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
from common import options
from common.contestants import prequential
from common.edges import SHAPES, Edges, edges
from common.firewall import FirewallMonth
from common.goals import goal, goal_table
from common.quality import ranking_quality
from common.report import Cell, Table, progress, publish
from river import compose

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedEnsemble, ClippedSurprisal
from clipsgd_river.feature_extraction import KeyActivity

Event = dict[str, Any]

SHARES = (0.01, 0.1, 0.3)
SEEDS = tuple(range(1, 11))
LEAST_ROC_AUC = 0.9
PAIR = ("source", "destination")
ACTIVITY = "KeyActivity | ClippedEnsemble"
MODELS: dict[str, Callable[[], Any]] = {
    "every event teaches, counts as they are": lambda: (
        KeyActivity(PAIR, timestamp="time", once_per_window=False, log=False) | ClippedEnsemble()
    ),
    ACTIVITY: lambda: KeyActivity(PAIR, timestamp="time") | ClippedEnsemble(),
}
# Alerts a day, events of an incident within which one must come, and seconds after an alert in
# which the same user has no other.
A_DAY, FIRST, QUIET = 10, 10, 3600.0
KINDS = ("port scan", "brute force", "flood")
WINDOWS = ("10s", "1m", "1h", "1d")
FLOOD = 2000


def as_events(stream: Edges) -> list[Event]:
    """Return edges as events."""
    columns = (stream.source.tolist(), stream.destination.tolist(), stream.seconds.tolist())
    return [
        {"source": source, "destination": destination, "time": seconds}
        for source, destination, seconds in zip(*columns, strict=True)
    ]


def floods(count: int, seeds: tuple[int, ...]) -> tuple[Table, list[float]]:
    """Rank the edges of floods, for each shape and share; and the worst figure of ours of each."""
    rows: list[list[Cell]] = []
    worst = []
    for shape in SHAPES:
        for share in SHARES:
            row: list[Cell] = [shape, share]
            for name, make in MODELS.items():
                found = []
                for seed in seeds:
                    stream = edges(count, share, shape, seed)
                    scores = prequential(make(), as_events(stream))
                    found.append(ranking_quality(stream.labels.astype(np.uint8), scores)[0])
                row += [float(np.mean(found)), min(found)]
                progress(f"{shape}, {share:.0%} in floods, {name}: ROC AUC {np.mean(found):.3f}")
            worst.append(float(np.mean(found)))
            rows.append(row)
    figures = [f"{name}{of}" for name in MODELS for of in ("", ", worst seed")]
    return Table("ROC AUC of the edges of floods", ("floods", "share", *figures), rows), worst


def flooded(month: FirewallMonth) -> list[tuple[Event, str]]:
    """Return the events of a month, and one of a user again 2,000 times within a minute."""
    events = [(x, "" if incident is None else incident.kind) for x, incident in month]
    rng = np.random.default_rng([month.seed, 1])
    ordinary = [x for x, kind in events if not kind]
    again = ordinary[int(rng.integers(len(ordinary) // 5, len(ordinary) * 9 // 10))]
    events += [
        ({**again, "time": again["time"] + timedelta(seconds=seconds)}, "flood")
        for seconds in rng.uniform(0.0, 60.0, FLOOD).tolist()
    ]
    return sorted(events, key=lambda event: event[0]["time"])


def first_alerts(events: list[tuple[Event, str]]) -> dict[str, int]:
    """Return which event of each kind of incident was the first to alert; 0 if none was."""
    activity = KeyActivity(
        "user", WINDOWS, distinct=["port"], sums=["failed", "bytes_out"], timestamp="time"
    )
    model = AlertBudget(
        (activity + compose.Discard("time", "user")) | ClippedSurprisal(),
        alerts_per=(A_DAY, "day"),
        time="time",
    )
    found = dict.fromkeys(KINDS, 0)
    count = dict.fromkeys(KINDS, 0)
    told: dict[str, float] = {}
    for x, kind in events:
        user, now = x["user"], x["time"].timestamp()
        quiet = now - told.get(user, -QUIET) < QUIET
        verdict = model.judge_learn_one(x, key=user, unless=lambda _, quiet=quiet: quiet)
        if verdict.is_alert:
            told[user] = now
        if kind in count:
            count[kind] += 1
            if verdict.is_alert and not found[kind]:
                found[kind] = count[kind]
    return found


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    parser.add_argument("--seeds", type=int, nargs="+", help="seeds of the streams")
    parser.add_argument("--edges", type=int, default=20_000, help="ordinary edges of a stream")
    parser.add_argument("--only", choices=("edges", "firewall"), help="one of the two")
    arguments = parser.parse_args()
    quick = arguments.quick
    seeds = tuple(arguments.seeds or SEEDS)[: 1 if quick else None]
    tables, goals = [], []
    if arguments.only != "firewall":
        table, worst = floods(1_000 if quick else arguments.edges, seeds)
        tables.append(table)
        goals.append(goal("ROC AUC of floods, least of all means", min(worst), "≥", LEAST_ROC_AUC))
    if arguments.only != "edges":
        rows: list[list[Cell]] = []
        for seed in seeds:
            month = FirewallMonth(3_000, 60, 10, seed) if quick else FirewallMonth(seed=seed)
            found = first_alerts(flooded(month))
            progress(f"firewall, seed {seed}: {found}")
            rows.append([seed, *found.values()])
        title = f"Event of an incident that is the first to alert, {A_DAY} alerts a day (0: none)"
        tables.append(Table(title, ("seed", *KINDS), rows))
        early = sum(0 < int(first or 0) <= FIRST for row in rows for first in row[1:])
        goals.append(goal("incidents found early", early, "≥", len(rows) * len(KINDS)))
    publish([*tables, goal_table(goals)], arguments.out)


if __name__ == "__main__":
    options.run(main)
