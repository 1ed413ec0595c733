"""Linear models on flags: the coefficient of a flag, and the log loss where it is set."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from river import linear_model, preprocessing

from clipsgd_river.checks import _columns
from clipsgd_river.linear_model import ClippedLinearRegression, ClippedLogisticRegression
from clipsgd_river.preprocessing import ClippedScaler
from common.data import Event, FloatArray
from common.goals import goal, goal_table
from common.report import Cell, Table, progress

SHARES = (0.1, 0.02, 0.005)
# Of a flag, of a Gaussian beside it, and in the logistic model.
OF_FLAG, OF_GAUSSIAN, OF_LOGIT = 5.0, 1.0, 3.0
RARE = 0.02
# Set so often, a coefficient of a flag is known to a tenth or so; it is right within a fifth.
TOLERANCE = 0.2
# Log loss that a model may lose to one that knows the probabilities.
LOSS = 0.05

Build = Callable[[], Any]
REGRESSORS: dict[str, Build] = {
    "ClippedScaler | LinearRegression": lambda: ClippedScaler() | linear_model.LinearRegression(),
    "ClippedLinearRegression": ClippedLinearRegression,
}
PEER_REGRESSORS: dict[str, Build] = {
    "River StandardScaler | LinearRegression": lambda: (
        preprocessing.StandardScaler() | linear_model.LinearRegression()
    ),
}
CLASSIFIERS: dict[str, Build] = {
    "ClippedScaler | LogisticRegression": lambda: (
        ClippedScaler() | linear_model.LogisticRegression()
    ),
    "ClippedLogisticRegression": ClippedLogisticRegression,
}
PEER_CLASSIFIERS: dict[str, Build] = {
    "River StandardScaler | LogisticRegression": lambda: (
        preprocessing.StandardScaler() | linear_model.LogisticRegression()
    ),
}


def inputs(share: float, count: int) -> FloatArray:
    """Return rows of a Gaussian and a flag."""
    rng = np.random.default_rng(3)
    return np.column_stack([rng.standard_normal(count), _columns.flag(share)(rng, count)])


def coefficients(count: int, *, peers: bool) -> list[Table]:
    """What a flag adds to a prediction, at shares of flagged events."""
    models = REGRESSORS | (PEER_REGRESSORS if peers else {})
    rows: list[list[Cell]] = []
    goals: list[list[Cell]] = []
    for share in SHARES:
        X = inputs(share, count)
        noise = np.random.default_rng(4).standard_normal(count)
        y = 2.0 + OF_GAUSSIAN * X[:, 0] + OF_FLAG * X[:, 1] + noise
        cells: list[Cell] = [f"{share:.1%}"]
        for name, build in models.items():
            progress(f"coefficient of a flag of {share:.1%}: {name}")
            model = build()
            for x, target in zip(X.tolist(), y.tolist(), strict=True):
                model.learn_one({"load": x[0], "flag": x[1]}, target)
            answers = [model.predict_one({"load": 0.0, "flag": value}) for value in (0.0, 1.0)]
            added = answers[1] - answers[0]
            cells.append(added)
            if name in REGRESSORS:
                figure = f"{name}, flag of {share:.1%}: error of its coefficient"
                goals.append(goal(figure, abs(added - OF_FLAG), "≤", TOLERANCE * OF_FLAG))
        rows.append(cells)
    title = f"What a flag adds to a prediction (truth: {OF_FLAG:g}), after {count:,} events"
    return [Table(title, ("flagged", *models), rows), goal_table(goals, "Coefficients of flags")]


def log_losses(count: int, *, peers: bool) -> list[Table]:
    """Prequential log loss on flagged events, and what the flag adds to the logit."""
    models = CLASSIFIERS | (PEER_CLASSIFIERS if peers else {})
    rng, X = np.random.default_rng(5), inputs(RARE, count)
    logits = -1.0 + OF_GAUSSIAN * X[:, 0] + OF_LOGIT * X[:, 1]
    true = 1.0 / (1.0 + np.exp(-logits))
    y = rng.random(count) < true
    flagged = X[:, 1] > 0.0
    best = _log_loss(true[flagged], y[flagged])
    rows: list[list[Cell]] = [["the true probabilities", OF_LOGIT, best]]
    goals: list[list[Cell]] = []
    for name, build in models.items():
        progress(f"log loss where a flag is set: {name}")
        model, told = build(), np.empty(count)
        for position, (x, label) in enumerate(zip(X.tolist(), y.tolist(), strict=True)):
            event = {"load": x[0], "flag": x[1]}
            told[position] = model.predict_proba_one(event).get(True, 0.0)
            model.learn_one(event, label)
        added = _logit(model, {"load": 0.0, "flag": 1.0}) - _logit(
            model, {"load": 0.0, "flag": 0.0}
        )
        loss = _log_loss(told[flagged], y[flagged])
        rows.append([name, added, loss])
        if name in CLASSIFIERS:
            goals.append(goal(f"{name}: error of the coefficient", abs(added - OF_LOGIT), "≤", 1.0))
            goals.append(goal(f"{name}: log loss above the true one", loss - best, "≤", LOSS))
    columns = ("model", "what the flag adds to the logit", "log loss where it is set")
    title = f"Labels given a Gaussian and a flag of {RARE:.0%}, {count:,} events"
    return [Table(title, columns, rows), goal_table(goals, "Labels and flags")]


def _log_loss(told: FloatArray, y: Any) -> float:
    # A probability of 0 is cut as River's metric does it.
    right = np.clip(np.where(y, told, 1.0 - told), 1e-15, 1.0)
    return float(-np.log(right).mean())


def _logit(model: Any, event: Event) -> float:
    probability = float(model.predict_proba_one(event).get(True, 0.0))
    cut = min(max(probability, 1e-300), 1.0 - 1e-16)
    return math.log(cut / (1.0 - cut))
