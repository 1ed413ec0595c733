"""What tells stolen accounts from strange but honest log-ins: ours, and River's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import anomaly as river_anomaly
from river import compose, preprocessing

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.alerts.rules import Calendar, Once, SpecialEvents
from clipsgd_river.anomaly import ClippedSurprisal
from clipsgd_river.preprocessing import SurprisalEncoder
from common.log_ins import LogIns
from common.total_surprisal import TotalSurprisal

ALERTS_A_DAY = 5
HABITS = ("country", "device", "service", "hour", "weekday")

Filter = Callable[[LogIns], Any]


def budget(_: LogIns) -> AlertBudget:
    """Return the filter without special events."""
    detector = ClippedSurprisal(given=dict.fromkeys(HABITS, "user"))
    return AlertBudget(detector, alerts_per=(ALERTS_A_DAY, "day"), time="time")


def sum_of_bits(_: LogIns) -> AlertBudget:
    """Return the same filter around the sum of an encoder's bits."""
    encoder = SurprisalEncoder(given=dict.fromkeys(HABITS, "user"))
    detector = encoder | TotalSurprisal(HABITS)
    return AlertBudget(detector, alerts_per=(ALERTS_A_DAY, "day"), time="time")


def calendar_of(stream: LogIns) -> Calendar:
    """Return holidays and sales as a calendar."""
    found: dict[str, list[Once]] = {}
    for kind, *days in stream.windows:
        start, end = (datetime.combine(day, time()) for day in days)
        found.setdefault(kind, []).append(Once(start, end))
    return Calendar(found)


class RarerInWindows:
    """A tenth of the rate in windows and nothing else: one detector learns everything."""

    def __init__(self, stream: LogIns) -> None:
        self.calendar = calendar_of(stream)
        self.outside = budget(stream)
        self.inside: AlertBudget | None = None

    def alert_one(self, x: dict[str, Any], **kwargs: Any) -> Any:
        """Judge and learn an event."""
        if self.calendar.at(x["time"]) is None:
            return self.outside.alert_one(x, **kwargs)
        if self.inside is None:
            self.inside = self.outside.rarer(0.1)
            self.inside.anomaly_detector = self.outside.anomaly_detector
        return self.inside.alert_one(x, **kwargs)


OURS: dict[str, Filter] = {
    "AlertBudget": budget,
    "AlertBudget, special events with profiles": lambda s: SpecialEvents(budget(s), calendar_of(s)),
    "AlertBudget, special events muted": lambda s: SpecialEvents(
        budget(s), calendar_of(s), inside="mute"
    ),
    "AlertBudget, a tenth of the rate in windows": RarerInWindows,
    "AlertBudget, sum of the encoder's bits": sum_of_bits,
}


def peers() -> dict[str, Filter]:
    """Return River's detectors on hashed categories, at the same rate per event."""

    def quantile_filter(stream: LogIns, detector: Any) -> Any:
        rate = ALERTS_A_DAY / stream.events_per_day
        hashed = preprocessing.FeatureHasher(n_features=256, seed=1)
        untimed = compose.Discard("time") | compose.FuncTransformer(as_text)
        return river_anomaly.QuantileFilter(
            untimed | hashed | detector, q=1.0 - rate, protect_anomaly_detector=False
        )

    return {
        "River HalfSpaceTrees, QuantileFilter": lambda s: quantile_filter(
            s, preprocessing.MinMaxScaler() | river_anomaly.HalfSpaceTrees(seed=42)
        ),
        "River OneClassSVM, QuantileFilter": lambda s: quantile_filter(
            s, river_anomaly.OneClassSVM()
        ),
    }


def as_text(x: dict[Any, Any]) -> dict[Any, str]:
    """Name each value, alone and together with its user."""
    alone = {name: str(value) for name, value in x.items()}
    return alone | {f"{name} of {x['user']}": str(x[name]) for name in HABITS}


def alerts_of(alerts: Any, stream: LogIns) -> tuple[NDArray[np.bool_], float]:
    """Run a stream through a filter: which events are alerts, and microseconds per event."""
    events = [x for x, _ in stream]
    start = process_time()
    found = _ours(alerts, events) if hasattr(alerts, "alert_one") else _rivers(alerts, events)
    seconds = process_time() - start
    return np.fromiter(found, np.bool_, len(events)), 1e6 * seconds / len(events)


def _ours(alerts: Any, events: list[dict[str, Any]]) -> list[bool]:
    return [alerts.alert_one(x, key=x["user"]) is not None for x in events]


def _rivers(alerts: Any, events: list[dict[str, Any]]) -> list[bool]:
    found = []
    for x in events:
        found.append(alerts.classify(alerts.score_one(x)))
        alerts.learn_one(x)
    return found
