"""Change-point detectors of this package and of others, behind one call."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from river import drift

from clipsgd_river.drift import ClippedOCPD
from common.data import FloatArray

Points = list[int]


@dataclass(frozen=True)
class Contender:
    """A detector: when it alarms first, and where it puts the changes of a whole series.

    Parameters
    ----------
    name
        As in the tables.
    first_alarm
        Index of the first alarm in rows of shape (n, d), ``None`` for none.
    change_points
        Indices of the changes found in a series; the alarms of a detector that tells no more.
    features
        Most features it takes.
    """

    name: str
    first_alarm: Callable[[FloatArray], int | None]
    change_points: Callable[[FloatArray], Points]
    features: int = 1


def _ours(name: str, make: Callable[[], ClippedOCPD]) -> Contender:
    def first_alarm(rows: FloatArray) -> int | None:
        alarms = np.flatnonzero(make().update_many(rows))
        return int(alarms[0]) if len(alarms) else None

    def change_points(values: FloatArray) -> Points:
        detector, found = make(), []
        for value in values.tolist():
            detector.update(value)
            if detector.drift_detected:
                found.append(int(detector.change_point or 0))
        return found

    return Contender(name, first_alarm, change_points, 10_000)


def OURS(delta: float) -> tuple[Contender, Contender]:  # noqa: N802 (a constant but for delta)
    """Return the detector with sigma known, which is 1, and with sigma found from the stream."""
    return (
        _ours("ClippedOCPD, sigma given", lambda: ClippedOCPD(delta, sigma=1.0)),
        _ours('ClippedOCPD, sigma="auto"', lambda: ClippedOCPD(delta)),
    )


def _rivers(name: str, make: Callable[[], Any]) -> Contender:
    def alarms(values: FloatArray, first_only: bool) -> Points:
        detector, found = make(), []
        for index, value in enumerate(values.tolist()):
            detector.update(value)
            if detector.drift_detected:
                found.append(index)
                if first_only:
                    break
        return found

    def first_alarm(rows: FloatArray) -> int | None:
        found = alarms(rows[:, 0], True)
        return found[0] if found else None

    return Contender(name, first_alarm, lambda values: alarms(values, False))


# What FOCuS' documentation calls a threshold is one on the likelihood ratio statistic. Its authors
# set it by simulation; this one is log(2 n / delta) for 2,000 events at 0.05, which the maximum
# over 2,000 Gaussian windows of each side exceeds hardly more often.
FOCUS_THRESHOLD = math.log(2 * 2_000 / 0.05)


def _focus() -> Contender | None:
    try:
        from changepoint_online import Focus, Gaussian  # type: ignore[import-not-found]
    except ImportError:
        return None

    def alarm(values: FloatArray, start: int) -> tuple[int, int] | None:
        detector = Focus(Gaussian())
        for index, value in enumerate(values[start:].tolist(), start):
            detector.update(value)
            if detector.statistic() >= FOCUS_THRESHOLD:
                return index, start + int(detector.changepoint()["changepoint"])
        return None

    def first_alarm(rows: FloatArray) -> int | None:
        found = alarm(rows[:, 0], 0)
        return found and found[0]

    def change_points(values: FloatArray) -> Points:
        scale = float(np.median(np.abs(np.diff(values)))) * 1.4826 / math.sqrt(2.0) or 1.0
        found, start = [], 0
        while (hit := alarm(values / scale, start)) is not None:
            found.append(hit[1])
            start = hit[0] + 1
        return found

    return Contender("FOCuS (Gaussian), changepoint_online", first_alarm, change_points)


RIVALS = tuple(
    rival
    for rival in (
        _rivers("River ADWIN", drift.ADWIN),
        _rivers("River KSWIN", lambda: drift.KSWIN(seed=0)),
        _rivers("River PageHinkley", drift.PageHinkley),
        _focus(),
    )
    if rival is not None
)
