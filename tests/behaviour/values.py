"""Public classes with nothing to learn: alerts, windows, data sets, metrics; all that they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np

Said = Iterator[tuple[str, Any]]
MOMENTS = [datetime(2024, 1, 30, 23, 15) + timedelta(hours=17) * i for i in range(600)]


def _alert(p: Any) -> Said:
    for alert in (
        p.Alert(0.9),
        p.Alert(0.9, 1e-12, "high", MOMENTS[0], "web-1", {"a": 1.5, 2: float("nan")}),
        p.Alert(float("inf"), 0.01, count=3, first=1.0, last=MOMENTS[1], key=("a", 1)),
    ):
        yield "to_dict", alert.to_dict()
        yield "to_json", alert.to_json()
        yield "sentence", alert.sentence


def _incident(p: Any) -> Said:
    for incident in (
        p.Incident(1, p.Alert(0.9, 0.01)),
        p.Incident(7, p.Alert(0.9), ("a", 2), 12, MOMENTS[0], MOMENTS[1], "web-1", 400.0),
    ):
        yield "to_dict", incident.to_dict()
        yield "sentence", incident.sentence
        yield "is_open", incident.is_open


def _windows(name: str, *given: tuple[Any, ...]) -> Callable[[Any], Said]:
    def say(p: Any) -> Said:
        for args in given:
            window = getattr(p, name)(*args)
            yield "repr", repr(window)
            yield "to_dict", window.to_dict()
            yield "by_clock", window.by_clock
            for moment in MOMENTS:
                yield "contains", window.contains(moment.replace(tzinfo=UTC))

    return say


def _calendar(p: Any) -> Said:
    calendar = p.Calendar(
        {
            "backup": p.Daily("02:00", "03:00"),
            "rest": [p.Weekly("friday 18:00", "sunday"), p.Once("2024-05-01", "2024-05-02")],
            "christmas": p.Yearly("12-24", "01-02"),
        },
        time_zone="Europe/Berlin",
    )
    yield "repr", repr(calendar)
    for each in (calendar, p.Calendar.from_bytes(calendar.to_bytes())):
        for moment in MOMENTS:
            yield "at", each.at(moment)
            yield "at", each.at(moment.timestamp())
            yield "at", each.at(np.datetime64(moment))


def _path(name: str, *args: Any) -> Callable[[Any], Said]:
    def say(p: Any) -> Said:
        drift = getattr(p, name)(*args)
        yield "repr", repr(drift)
        yield "path", drift.path(np.random.default_rng(0), 50, 3)

    return say


def _replacement(name: str, *args: Any) -> Callable[[Any], Said]:
    def say(p: Any) -> Said:
        rng = np.random.default_rng(0)
        yield "call", getattr(p, name)(*args)(rng, rng.normal(size=(20, 2)))

    return say


def _corruption(p: Any) -> Said:
    for args in ((), (5, "burst"), (0.1,), (1, [3, 7])):
        yield "events", p.Corruption(*args).events(np.random.default_rng(0), 100)
        yield "number", p.Corruption(*args).number(100)


def _dataset(make: Callable[[Any], Iterator[Any]], n: int = 150) -> Callable[[Any], Said]:
    def say(p: Any) -> Said:
        for dataset in make(p):
            for name in ("n_samples", "n_features", "change_points", "image_shape", "path_length"):
                yield name, getattr(dataset, name, None)
            for event in islice(dataset, n):
                yield "event", event
            drawn = getattr(dataset, "drawn", None)
            fields = asdict(drawn) if is_dataclass(drawn) else getattr(drawn, "_asdict", dict)()
            yield from ((f"drawn {name}", value) for name, value in fields.items())

    return say


def _adversaries(p: Any) -> Iterator[Any]:
    yield p.ObliviousAdversary(n_samples=150)
    yield p.ObliviousAdversary("student", p.LinearDrift(5.0), p.Corruption(), 150, 3, 1)
    yield p.ObliviousAdversary(
        "pareto", p.RandomWalk(0.1), p.Corruption(9, "burst", p.SignFlip()), 150, 2
    )


def _corrupted(p: Any) -> Iterator[Any]:
    events = [({0: float(i), 1: -1.0}, i % 2) for i in range(150)]
    yield p.Corrupted(events, p.Corruption(20))
    yield p.Corrupted(events, p.Corruption(9, how=p.Constant(7.0)), keep_labels=True, seed=3)


def _metric(name: str, *variants: dict[str, Any], timed: bool = False) -> Callable[[Any], Said]:
    def say(p: Any) -> Said:
        for params in ({}, *variants):
            metric = getattr(p, name)(**params)
            rng = np.random.default_rng(0)
            known: list[Any] = []
            for i in range(300):
                truth = bool(i % 60 > 52 or rng.random() < 0.02)
                score = float(rng.random() ** (0.3 if truth else 3.0))
                times = {"time": 3600.0 * i} if timed else {}
                if i % 40 == 39 and name != "Regret":
                    known.append((truth, {True: score, False: 1.0 - score}, times))
                else:
                    known.append((truth, score, times))
                metric.update(*known[-1][:2], **times)
                yield "get", metric.get()
                if i % 20 == 19:
                    yield from _properties(metric)
                if i % 150 == 149 and hasattr(metric, "begin_series"):
                    metric.begin_series(skip=5)
            yield "repr", repr(metric)
            for truth, score, times in reversed(known[250:]):
                try:
                    metric.revert(truth, score, **times)
                except (NotImplementedError, ValueError) as error:
                    yield "revert", type(error).__name__
                yield "get after revert", metric.get()

    return say


def _properties(metric: Any) -> Said:
    names = ("delays", "n_missed", "mean", "median", "share_detected", "share_recovered")
    for name in (*names, "n_alerts", "best_threshold", "bigger_is_better"):
        if hasattr(metric, name):
            yield name, getattr(metric, name)


#: What a class by this name says.
VALUES: dict[str, Callable[[Any], Said]] = {
    "Alert": _alert,
    "Calendar": _calendar,
    "Incident": _incident,
    "Once": _windows("Once", ("2024-03-01", "2024-03-09"), ("2024-03-30 22:00", "2024-04-02")),
    "Daily": _windows("Daily", ("08:00", "17:30"), ("22:00", "02:00", ["friday", "monday"])),
    "Weekly": _windows("Weekly", ("friday 18:00", "sunday"), ("sunday", "monday 09:00")),
    "Monthly": _windows("Monthly", (1, 3), (-2, 1), (31, 31)),
    "NthWeekday": _windows("NthWeekday", (2, "tuesday"), (-1, "sunday", 3), (4, "friday", 11, 1)),
    "Yearly": _windows("Yearly", ("12-24", "01-02"), ("02-29", "02-29")),
    "LinearDrift": _path("LinearDrift", 2.0),
    "AbruptDrift": _path("AbruptDrift", (10, 30), 4.0),
    "RandomWalk": _path("RandomWalk", 0.5),
    "PeriodicDrift": _path("PeriodicDrift", 12.0, 3.0),
    "Constant": _replacement("Constant", 3.0),
    "SignFlip": _replacement("SignFlip"),
    "FarCluster": _replacement("FarCluster", 9.0, 2.0),
    "Replay": _replacement("Replay", [[1.0, 2.0], [3.0, 4.0]]),
    "Corruption": _corruption,
    "Corrupted": _dataset(_corrupted),
    "ObliviousAdversary": _dataset(_adversaries),
    "DriftingDigits": _dataset(lambda p: iter([p.DriftingDigits((3, 8), stretch=60)])),
    "RotatedDigits": _dataset(lambda p: iter([p.RotatedDigits((2, 5), stretch=60)])),
    "LogIns": _dataset(lambda p: iter([p.LogIns(50, 150, 20, 5)])),
    "F1": _metric("F1", {"threshold": 0.5}),
    "NAB": _metric("NAB", {"threshold": 0.7}, {"profile": "reward_low_FP_rate", "skip": 9}),
    "AlertRate": _metric("AlertRate", {"per": "day"}, {"threshold": 0.2}, timed=True),
    "AveragePrecision": _metric("AveragePrecision", {"window": 40}, {"window": None}),
    "DetectionDelay": _metric(
        "DetectionDelay", {"changes": [50, 120], "within": 30.0}, {"unit": "hour"}, timed=True
    ),
    "Precision": _metric("Precision", {"threshold": 0.5}),
    "Recall": _metric("Recall", {"threshold": 0.5}),
    "RecoveryTime": _metric(
        "RecoveryTime",
        {"changes": [50, 120], "window": 9},
        {"changes": [50, 120], "of": "score", "window": 9, "tolerance": 0.5},
        {"changes": [90], "of": "error", "window": 5},
        timed=True,
    ),
    "Regret": _metric("Regret"),
}
