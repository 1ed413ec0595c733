"""What turns scores into alerts: ours, River's, libspot, and one that fires by the clock."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from river import anomaly as river_anomaly
from river import base

from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.anomaly import ClippedMahalanobis
from clipsgd_river.anomaly.base import ClippedDetector
from common.alert_streams import BoolArray
from common.contestants import prequential
from common.data import FloatArray

# Events from which a threshold that cannot learn, or a peer that must be fitted, is taken.
FIRST_EVENTS = 5_000


class FirstValue(base.AnomalyDetector):
    """The first feature is the score: whatever the filter does, no detector does it for it."""

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn nothing."""

    def score_one(self, x: dict[Any, Any]) -> float:
        """Return the first feature."""
        return float(x[0])


@dataclass(frozen=True)
class Entrant:
    """A filter by name: rows, a maker of detectors and a rate in, alerts out.

    `run` judges each row before it is learned.
    """

    name: str
    run: Callable[[FloatArray, Callable[[], Any], float], BoolArray]


def scores(rows: FloatArray, detector: Any) -> FloatArray:
    """Return the score of each row before it is learned; the distance where there is one."""
    if isinstance(detector, ClippedDetector):
        found = detector.score_learn_many(rows)
        return found / (1.0 - found)
    return rows[:, 0].copy()


def _alert_budget(rows: FloatArray, make: Callable[[], Any], rate: float) -> BoolArray:
    return _ours(AlertBudget(make(), alert_rate=rate), rows)


def _tail_filter(rows: FloatArray, make: Callable[[], Any], rate: float) -> BoolArray:
    return _ours(TailFilter(make(), q=rate), rows)


def _ours(model: AlertBudget | TailFilter, rows: FloatArray) -> BoolArray:
    if isinstance(model.anomaly_detector, ClippedDetector):
        return model.classify_learn_many(rows)
    return _events(model, rows)


def _quantile_filter(rows: FloatArray, make: Callable[[], Any], rate: float) -> BoolArray:
    return _events(river_anomaly.QuantileFilter(make(), q=1.0 - rate), rows)


def _threshold_filter(rows: FloatArray, make: Callable[[], Any], rate: float) -> BoolArray:
    first = prequential(make(), [dict(enumerate(row)) for row in rows[:FIRST_EVENTS].tolist()])
    threshold = float(np.quantile(first, 1.0 - rate))
    return _events(river_anomaly.ThresholdFilter(make(), threshold=threshold), rows)


def _libspot(rows: FloatArray, make: Callable[[], Any], rate: float) -> BoolArray:
    libspot = importlib.import_module("libspot")
    spot = libspot.Spot(q=rate)
    found = scores(rows, make())
    spot.fit(found[:FIRST_EVENTS])
    alerts = np.zeros(len(rows), dtype=bool)
    for position in range(FIRST_EVENTS, len(rows)):
        alerts[position] = spot.step(float(found[position])) == libspot.ANOMALY
    return alerts


def _clock(rows: FloatArray, _: Callable[[], Any], rate: float) -> BoolArray:
    alerts = np.zeros(len(rows), dtype=bool)
    alerts[round(1.0 / rate) - 1 :: round(1.0 / rate)] = True
    return alerts


def entrants(*, peers: bool = True) -> list[Entrant]:
    """Return ours, and the rivals that are installed."""
    found = [Entrant("AlertBudget", _alert_budget), Entrant("TailFilter", _tail_filter)]
    if peers:
        found.append(Entrant("River QuantileFilter", _quantile_filter))
        found.append(Entrant("River ThresholdFilter", _threshold_filter))
        if importlib.util.find_spec("libspot"):
            found.append(Entrant("libspot", _libspot))
        found.append(Entrant("by the clock", _clock))
    return found


DETECTORS: dict[str, Callable[[], Any]] = {
    "ClippedMahalanobis": ClippedMahalanobis,
    "the first value itself": FirstValue,
}


def _events(model: Any, rows: FloatArray) -> BoolArray:
    """Run rows as events through a filter the way River's users do."""
    alerts = np.zeros(len(rows), dtype=bool)
    for position, row in enumerate(rows.tolist()):
        x = dict(enumerate(row))
        alerts[position] = model.classify(model.score_one(x))
        model.learn_one(x)
    return alerts
