"""A recurring benign alert, judged not useful once: is it muted, and do other kinds alert still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from common import options
from common.goals import goal, goal_table
from common.report import Cell, Table, progress, publish

from clipsgd_river.alerts import Alert, AlertBudget, TailFilter
from clipsgd_river.anomaly import ClippedEnsemble, ClippedSurprisal, ClippedZScore
from clipsgd_river.preprocessing import SurprisalEncoder

Event = dict[str, Any]

SEEDS = 10
# A minute is an event. Once a night a backup sends far more than usual.
DAY = 1_440
NIGHTS = 15
# Nights before the first backup: what is ordinary is known by then.
BEFORE = 5
BACKUP = "backup"
# As much as a backup, times 50.
THEFT = "theft in the same feature"
ATTACKS = {
    "guessed passwords": {"failed_logins": 40},
    "another country": {"country": "KP"},
    "passwords, during a backup": {"failed_logins": 40, "bytes_out": 4e8},
    THEFT: {"bytes_out": 2e10},
}
DETECTORS: dict[str, Callable[[], Any]] = {
    "ClippedSurprisal": ClippedSurprisal,
    "ClippedEnsemble": lambda: SurprisalEncoder(["country"]) | ClippedEnsemble(),
    "ClippedZScore": lambda: SurprisalEncoder(["country"]) | ClippedZScore(),
}
FILTERS: dict[str, Callable[[Any], Any]] = {
    "AlertBudget": lambda detector: AlertBudget(detector, 0.001, floor="auto"),
    "TailFilter": lambda detector: TailFilter(detector, 0.001),
}


@dataclass
class Outcome:
    """Backups that alerted, and the attacks that did after all backups."""

    backups: int = 0
    attacks: set[str] = field(default_factory=set)


def minute(rng: np.random.Generator) -> Event:
    """Return an ordinary event."""
    return {
        "requests": float(rng.normal(200.0, 20.0)),
        "failed_logins": float(rng.poisson(0.05)),
        "bytes_out": float(rng.lognormal(13.0, 1.0)),
        "country": str(rng.choice(["DE", "FR", "US"], p=[0.9, 0.07, 0.03])),
    }


def stream(seed: int) -> Iterator[tuple[Event, str | None]]:
    """Yield events, and of each what it is besides ordinary."""
    rng = np.random.default_rng(seed)
    for night in range(BEFORE + NIGHTS):
        for at in range(DAY):
            if at == DAY // 8 and night >= BEFORE:
                yield minute(rng) | {"bytes_out": 4e8 * float(rng.lognormal(0.0, 0.3))}, BACKUP
            else:
                yield minute(rng), None


def outcome(model: Any, seed: int, *, says: bool) -> Outcome:
    """Judge a month; of the first backup that alerts somebody may say that it was not useful."""
    found = Outcome()
    for x, what in stream(seed):
        alert: Alert | None = model.alert_one(x)
        if what != BACKUP or alert is None:
            continue
        found.backups += 1
        if says and found.backups == 1:
            model.feedback(alert, useful=False)
    rng = np.random.default_rng([seed, 1])
    ordinary = [minute(rng) for _ in ATTACKS]
    for x, (name, odd) in zip(ordinary, ATTACKS.items(), strict=True):
        if model.judge_one(x | odd).is_alert:
            found.attacks.add(name)
    return found


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_detectors(parser)
    arguments = parser.parse_args()
    kinds = options.chosen(parser, {name: name for name in DETECTORS}, arguments.detectors)
    seeds = range(1) if arguments.quick else range(SEEDS)
    rows: list[list[Cell]] = []
    goals: list[list[Cell]] = []
    for what, make, wrap in [
        (f"{wrapper} of {name}", DETECTORS[name], FILTERS[wrapper])
        for name in kinds
        for wrapper in FILTERS
    ]:
        progress(what)
        silent, said = (
            [outcome(wrap(make()), seed, says=says) for seed in seeds] for says in (False, True)
        )
        for word, found in (("none", silent), ("once", said)):
            told = [sum(name in each.attacks for each in found) for name in ATTACKS]
            rows.append([what, word, sum(each.backups for each in found), *told])
        again = sum(each.backups - 1 for each in said if each.backups)
        lost = sum(len(a.attacks - b.attacks - {THEFT}) for a, b in zip(silent, said, strict=True))
        goals += [
            goal(f"backups that alert again, {what}", again, "≤", 0),
            goal(f"attacks of another kind lost, {what}", lost, "≤", 0),
        ]
    title = f"Alerts of {NIGHTS * len(seeds)} backups, and of {len(seeds)} attacks of each kind"
    columns = ("alerts", "feedback", "backups", *ATTACKS)
    publish([Table(title, columns, rows), goal_table(goals)], arguments.out)


if __name__ == "__main__":
    options.run(main)
