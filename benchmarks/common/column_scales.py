"""Scales of columns: ours and those of River's and scikit-learn's scalers, at their defaults."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from river import preprocessing
from scipy.stats import norm
from sklearn.preprocessing import RobustScaler

from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.checks import _columns
from clipsgd_river.checks._columns import Column
from clipsgd_river.preprocessing import ClippedScaler
from clipsgd_river.stats import ClippedVar
from common.data import FloatArray
from common.goals import goal, goal_table
from common.report import Cell, Table, progress

# A quarter to three quarters of a Gaussian lie so many standard deviations apart.
INTERQUARTILE = 2.0 * float(norm.ppf(0.75))
# Within this factor a scale is right.
FACTOR = 2.0
OUTLIERS, HUGE = 200, 1e9

Scale = Callable[[FloatArray], float]
"""The scale of the first column of rows, after the last."""


def _clipped_scaler(rows: FloatArray) -> float:
    scaler = ClippedScaler()
    scaler.learn_many(rows)
    return float(scaler.scale_[0])


def _clipped_z_score(rows: FloatArray) -> float:
    detector = ClippedZScore()
    detector.learn_many(rows)
    return float(detector.scale_[0])


def _clipped_var(rows: FloatArray) -> float:
    variance = ClippedVar()
    variance.update_many(rows[:, 0])
    return float(variance.get() ** 0.5)


def _standard(rows: FloatArray) -> float:
    scaler = preprocessing.StandardScaler()
    for value in rows[:, 0].tolist():
        scaler.learn_one({0: value})
    return float(scaler.vars[0] ** 0.5)


def _adaptive(rows: FloatArray) -> float:
    scaler = preprocessing.AdaptiveStandardScaler()
    for value in rows[:, 0].tolist():
        scaler.learn_one({0: value})
    return float(max(scaler.vars[0].get(), 0.0) ** 0.5)


def _robust(rows: FloatArray) -> float:
    scaler = preprocessing.RobustScaler()
    for value in rows[:, 0].tolist():
        scaler.learn_one({0: value})
    return float(scaler.iqr[0].get()) / INTERQUARTILE


def _sklearn_robust(rows: FloatArray) -> float:
    # An interquartile range of 0 becomes 1 there.
    return float(RobustScaler(unit_variance=True).fit(rows[:, :1]).scale_[0])


OURS: dict[str, Scale] = {
    "ClippedScaler": _clipped_scaler,
    "ClippedZScore": _clipped_z_score,
    "ClippedVar": _clipped_var,
}
PEERS: dict[str, Scale] = {
    "River StandardScaler": _standard,
    "River AdaptiveStandardScaler": _adaptive,
    "River RobustScaler": _robust,
    "scikit-learn RobustScaler (hindsight)": _sklearn_robust,
}


def alone(values: FloatArray) -> FloatArray:
    """Return the column by itself as rows."""
    return values[:, None]


def beside_gaussians(values: FloatArray) -> FloatArray:
    """Return the column beside three independent Gaussians as rows."""
    rng = np.random.default_rng(len(values))
    return np.column_stack([values, rng.standard_normal((len(values), 3))])


def drawn(column: Column, count: int) -> FloatArray:
    """Return the values of a column, the same in every table."""
    return column.draw(np.random.default_rng(1), count)


def scales(count: int, estimators: dict[str, Scale]) -> list[Table]:
    """Scales over the standard deviation of the ordinary values, and how many are right."""
    tables, goals = [], []
    for title, rows_of in (("alone", alone), ("beside three Gaussians", beside_gaussians)):
        rows: list[list[Cell]] = []
        wrong = dict.fromkeys(OURS, 0)
        for column in _columns.ALL:
            progress(f"scale, {title}: {column.name}")
            values = drawn(column, count)
            deviation = column.deviation(values)
            found = {name: estimate(rows_of(values)) for name, estimate in estimators.items()}
            # The standard deviation of a heavy tail is not what a robust scale is to follow.
            if column not in _columns.CONTINUOUS:
                for name in wrong:
                    wrong[name] += not is_right(found[name], deviation)
            ratios = [scale / deviation if deviation else scale for scale in found.values()]
            rows.append([column.name, deviation, *ratios])
        name = f"Scale over standard deviation, columns {title}; of constants the scale itself"
        tables.append(Table(name, ("column", "standard deviation", *estimators), rows))
        goals += [
            goal(f"{name}, {title}: columns that repeat, with a wrong scale", count, "≤", 0)
            for name, count in wrong.items()
        ]
    return [*tables, goal_table(goals, f"Scales right within a factor of {FACTOR:g}")]


def is_right(scale: float, deviation: float) -> bool:
    """Whether a scale is within a factor of the standard deviation; 0 if that is."""
    if deviation == 0.0:
        return scale < 1e-12
    return 1.0 / FACTOR <= scale / deviation <= FACTOR


def influence(count: int, estimators: dict[str, Scale]) -> Table:
    """By how much outliers in a row multiply the scale of a column."""
    chosen = ("Gaussian", "flag 0.02", "Poisson(0.3)", "90% zero, otherwise lognormal")
    rows: list[list[Cell]] = []
    for column in _columns.ALL:
        if column.name in chosen:
            progress(f"influence: {column.name}")
            values = drawn(column, count)
            hit = np.append(values, np.full(OUTLIERS, HUGE))
            found = [(e(alone(values)), e(alone(hit))) for e in estimators.values()]
            rows.append([column.name, *(b / a if a else float("nan") for a, b in found)])
    title = f"Scale after {OUTLIERS} equal outliers of {HUGE:g} in a row, over the scale before"
    return Table(title, ("column", *estimators), rows)
