"""What detectors find beside columns that repeat, and what they make of a count never seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.checks import _columns
from clipsgd_river.checks._columns import NEVER_SEEN, Draw
from common.data import Event, FloatArray
from common.goals import goal, goal_table
from common.peers import half_space_trees
from common.report import Cell, Table, progress

EVENTS, ANOMALIES, ALERT_RATE = 5_000, 55, 0.012
# No anomaly before this event.
FIRST = 500
# Of the anomalies found without another column this share is to be found beside it.
KEPT = 0.9
BESIDE: dict[str, Draw | None] = {
    "nothing": None,
    "flag 0.3": _columns.flag(0.3),
    "flag 0.1": _columns.flag(0.1),
    "flag 0.05": _columns.flag(0.05),
    "flag 0.003": _columns.flag(0.003),
    "Poisson(0.1)": _columns.poisson(0.1),
    "90% zero, otherwise lognormal": _columns.partly(0.9, 0.0, _columns.amounts()),
    "N(0, .7) in integers": _columns.rounded(0.0, 0.7, 1.0),
    "constant with round-off": _columns.constant_with_round_off,
}
SHARE_OF_ONES = 0.01
HST, FOREST = "River MinMaxScaler | HalfSpaceTrees", "scikit-learn IsolationForest (hindsight)"
Build = Callable[[], Any]


def odd_gaussians(seed: int, beside: Draw | None) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return rows of two Gaussians and a column beside them, and where one Gaussian is off.

    The Gaussians, and where they are 5 to 8 deviations off, are the same whatever is beside them.
    """
    rng = np.random.default_rng([seed, 0])
    rows = rng.standard_normal((EVENTS, 2))
    hit = np.sort(rng.choice(np.arange(FIRST, EVENTS), ANOMALIES, replace=False))
    sides = rng.choice((-1.0, 1.0), ANOMALIES)
    rows[hit, rng.integers(0, 2, ANOMALIES)] = sides * rng.uniform(5.0, 8.0, ANOMALIES)
    if beside is not None:
        rows = np.column_stack([rows, beside(np.random.default_rng([seed, 1]), EVENTS)])
    return rows, hit


def found(build: Build, rows: FloatArray, hit: NDArray[np.intp]) -> tuple[int, int]:
    """Return how many anomalies alert at the budget, and are among the highest as many scores."""
    budget = AlertBudget(build(), alert_rate=ALERT_RATE)
    scores, alerts = np.empty(len(rows)), np.zeros(len(rows), dtype=bool)
    for position, row in enumerate(rows.tolist()):
        verdict = budget.judge_learn_one(dict(enumerate(row)))
        scores[position], alerts[position] = verdict.distance, verdict.is_alert
    return int(alerts[hit].sum()), _in_front(scores, hit)


def found_in_hindsight(rows: FloatArray, hit: NDArray[np.intp]) -> int:
    """Return how many anomalies are among the highest scores of a forest fitted to all rows."""
    forest = IsolationForest(random_state=0).fit(rows)
    return _in_front(-forest.score_samples(rows), hit)


def _in_front(scores: FloatArray, hit: NDArray[np.intp]) -> int:
    highest = np.argsort(-scores, kind="stable")[: round(ALERT_RATE * len(scores))]
    return int(np.isin(hit, highest).sum())


def anomalies(detectors: dict[str, Build], seeds: range, *, peers: bool) -> list[Table]:
    """Anomalies of two Gaussians found beside each kind of column."""
    builds = detectors | ({HST: half_space_trees} if peers else {})
    alerting: list[list[Cell]] = []
    leading: list[list[Cell]] = []
    for beside, draw in BESIDE.items():
        at_budget: dict[str, float] = dict.fromkeys(builds, 0.0)
        in_front: dict[str, float] = dict.fromkeys([*builds, *([FOREST] if peers else [])], 0.0)
        for seed in seeds:
            rows, hit = odd_gaussians(seed, draw)
            for name, build in builds.items():
                progress(f"anomalies beside {beside}, seed {seed}: {name}")
                alerts, first = found(build, rows, hit)
                at_budget[name] += alerts / len(seeds)
                in_front[name] += first / len(seeds)
            if peers:
                in_front[FOREST] += found_in_hindsight(rows, hit) / len(seeds)
        alerting.append([beside, *at_budget.values()])
        leading.append([beside, *in_front.values()])
    return [
        Table(
            f"Of {ANOMALIES} anomalies of 5 to 8 deviations, alerted at a rate of {ALERT_RATE}",
            ("beside two Gaussians", *builds),
            alerting,
        ),
        Table(
            f"Of the same, among the {ALERT_RATE:.1%} highest scores",
            ("beside two Gaussians", *in_front),
            leading,
        ),
        _kept(alerting, list(detectors)),
    ]


def _kept(alerting: list[list[Cell]], names: list[str]) -> Table:
    goals = []
    for position, name in enumerate(names, 1):
        alone, *beside = (float(str(row[position])) for row in alerting)
        least = min(beside) / alone if alone else float("nan")
        goals.append(goal(f"{name}: least share kept beside a column", least, "≥", KEPT))
    return goal_table(goals, "Anomalies found beside a column, of those found without")


def counts(detectors: dict[str, Build], events: int, *, peers: bool) -> list[Table]:
    """A count of 200 among zeros and ones: its rank, and how far it is, beside 0, 1 and 5."""
    builds = detectors | ({HST: half_space_trees} if peers else {})
    rows: list[list[Cell]] = []
    goals: list[list[Cell]] = []
    for gaussians in (0, 2):
        stream = rows_of_counts(events, gaussians)
        where = f"beside {gaussians} Gaussians" if gaussians else "alone"
        for name, build in builds.items():
            progress(f"counts, {where}: {name}")
            rank, answers = rank_and_answers(build(), stream)
            rows.append([name, where, rank, *answers])
            if name in detectors:
                ratio = answers[3] / answers[1] if answers[1] else float("inf")
                goals.append(goal(f"{name}, {where}: rank of the 200", rank, "≤", 1))
                goals.append(goal(f"{name}, {where}: 200 over 1", ratio, "≥", 2.0))
        if peers:
            progress(f"counts, {where}: {FOREST}")
            forest = IsolationForest(random_state=0).fit(stream)
            scores = -forest.score_samples(stream)
            probes = -forest.score_samples(_probes(stream.shape[1]))
            rank = 1 + int((scores > scores[len(scores) // 2]).sum())
            rows.append([FOREST, where, rank, *probes.tolist()])
    columns = ("detector", "errors", "rank of the 200", "0", "1", "5", "200")
    title = (
        f"Errors, 1 in {SHARE_OF_ONES:.0%} of {events:,} events and once {NEVER_SEEN:g}: distance "
        "(without one the score) just before"
    )
    return [Table(title, columns, rows), goal_table(goals, "A count never seen")]


def rows_of_counts(events: int, gaussians: int) -> FloatArray:
    """Return errors, halfway 200 of them, and so many Gaussians beside them."""
    rng = np.random.default_rng(2)
    errors = _columns.counter(SHARE_OF_ONES)(rng, events)
    return np.column_stack([errors, rng.standard_normal((events, gaussians))])


def _probes(d: int) -> FloatArray:
    """Events of so many errors, otherwise usual."""
    probes = np.zeros((4, d))
    probes[:, 0] = 0.0, 1.0, 5.0, NEVER_SEEN
    return probes


def rank_and_answers(detector: Any, rows: FloatArray) -> tuple[int, list[float]]:
    """Return the rank of the event halfway, and the distances of 0, 1, 5 and 200 just before."""

    def answer(x: Event) -> float:
        asked = getattr(detector, "distance_one", detector.score_one)
        return float(asked(x))

    found, halfway = np.empty(len(rows)), len(rows) // 2
    answers: list[float] = []
    for position, row in enumerate(rows.tolist()):
        if position == halfway:
            answers = [answer(dict(enumerate(x))) for x in _probes(rows.shape[1]).tolist()]
        x = dict(enumerate(row))
        found[position] = answer(x)
        detector.learn_one(x)
    return 1 + int((found > found[halfway]).sum()), answers
