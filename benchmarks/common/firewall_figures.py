"""How well a firewall's attacks are ranked, and which incidents are found early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river.alerts import AlertBudget
from common.contestants import Run
from common.data import FloatArray
from common.firewall import FirewallMonth
from common.firewall_attacks import INCIDENTS, SIZES
from common.firewall_detectors import MIXED
from common.goals import goal, goal_table
from common.quality import ranking_quality
from common.report import Cell, Table

ALERTS_A_DAY = 10
# Events of an incident within which there must be an alert.
FIRST = 5
# What is asked of the detector of mixed columns: on average, and in the worst seed.
LEAST_ROC_AUC, LEAST_SHARE = 0.99, 0.5
FIGURES = ("ROC AUC", "average precision", "attacks among the top", "incidents found")


@dataclass(frozen=True)
class Outcome:
    """What one detector did on one month.

    ``share`` is that of attacks among as many top events as there are attacks; ``found`` tells of
    each incident whether it was alerted on early; ``right`` is how many of the alerts were attacks.
    """

    name: str
    seed: int
    roc_auc: float
    average_precision: float
    share: float
    found: tuple[bool, ...]
    alerts: int
    right: int
    cost: float

    @property
    def figures(self) -> tuple[float, ...]:
        """What is averaged: `FIGURES`."""
        return (self.roc_auc, self.average_precision, self.share, float(sum(self.found)))


class Recorded(base.AnomalyDetector):
    """Scores that are known already, so that one filter alerts on what anybody scored."""

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn nothing."""

    def score_one(self, x: dict[Any, Any]) -> float:
        """Return the score in the event."""
        return float(x["score"])


def alerts_of(month: FirewallMonth, scores: FloatArray) -> NDArray[np.bool_]:
    """Return which events are alerts at ten a day, with these scores."""
    budget = AlertBudget(Recorded(), alerts_per=(ALERTS_A_DAY, "day"), time="time")
    seconds = (month.drawn.milliseconds / 1000.0).tolist()
    events = zip(seconds, scores.tolist(), strict=True)
    found = (budget.judge_learn_one({"time": t, "score": score}).is_alert for t, score in events)
    return np.fromiter(found, np.bool_, len(scores))


def judge(name: str, month: FirewallMonth, run: Run) -> Outcome:
    """Return the figures of a detector on a month."""
    scores, labels, incident = run.scores, month.labels, month.drawn.incident
    top = np.argsort(-scores, kind="stable")[: labels.sum()]
    alerts = alerts_of(month, scores)
    early = [alerts[np.flatnonzero(incident == at.number)[:FIRST]].any() for at in INCIDENTS]
    return Outcome(
        name,
        month.seed,
        *ranking_quality(labels, scores),
        share=float(labels[top].mean()),
        found=tuple(map(bool, early)),
        alerts=int(alerts.sum()),
        right=int((alerts & (labels > 0)).sum()),
        cost=1e6 * run.seconds / len(scores),
    )


def tables(outcomes: Sequence[Outcome]) -> list[Table]:
    """Return what the seeds have in common, which kinds of attacks are found, and each seed."""
    of_name: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        of_name.setdefault(outcome.name, []).append(outcome)
    return [
        _means(of_name),
        _kinds(of_name),
        _seeds(outcomes),
        *_targets(of_name.get(MIXED, [])),
    ]


def _means(of_name: dict[str, list[Outcome]]) -> Table:
    rows: list[list[Cell]] = []
    for name, outcomes in of_name.items():
        figures = np.array([outcome.figures for outcome in outcomes])
        both = np.column_stack((figures.mean(axis=0), figures.min(axis=0))).ravel().tolist()
        cost = float(np.mean([outcome.cost for outcome in outcomes]))
        rows.append([name, len(outcomes), *both, cost])
    columns = [f"{figure}{of}" for figure in FIGURES for of in ("", ", worst seed")]
    title = f"A firewall's month: means over seeds, {len(INCIDENTS)} incidents each"
    return Table(title, ("detector", "seeds", *columns, "µs per event"), rows)


def _kinds(of_name: dict[str, list[Outcome]]) -> Table:
    rows: list[list[Cell]] = []
    for name, outcomes in of_name.items():
        found = np.mean([outcome.found for outcome in outcomes], axis=0)
        rows.append(
            [name, *(float(np.mean([found[at.number] for at in _of_kind(k)])) for k in SIZES)]
        )
    title = f"Incidents with an alert within {FIRST} events, {ALERTS_A_DAY} alerts a day"
    return Table(title, ("share found by", *SIZES), rows)


def _of_kind(kind: str) -> list[Any]:
    return [incident for incident in INCIDENTS if incident.kind == kind]


def _seeds(outcomes: Sequence[Outcome]) -> Table:
    rows: list[list[Cell]] = [
        [o.name, o.seed, *o.figures, o.alerts, o.right, o.cost] for o in outcomes
    ]
    columns = ("detector", "seed", *FIGURES, "alerts", "of these on attacks", "µs per event")
    return Table("A firewall's month: each seed", columns, rows)


def _targets(outcomes: Sequence[Outcome]) -> list[Table]:
    if not outcomes:
        return []
    rows = [
        goal("ROC AUC, mean", float(np.mean([o.roc_auc for o in outcomes])), "≥", LEAST_ROC_AUC),
        goal("attacks among the top, worst", min(o.share for o in outcomes), "≥", LEAST_SHARE),
    ]
    return [goal_table(rows, "Targets of a firewall's month")]
