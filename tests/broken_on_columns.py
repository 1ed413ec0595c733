"""Detectors each of which breaks a promise about columns that repeat, or about hard starts."""

from __future__ import annotations

from typing import Any

import numpy as np
from broken_detectors import Misreading, caught_by
from river import base

from clipsgd_river.anomaly import ClippedZScore


@caught_by("check_columns_that_repeat_are_scored")
class DividesByQuartiles(base.AnomalyDetector):
    """What a robust scale often is: it has none as soon as half of the values are equal."""

    def __init__(self) -> None:
        self.seen: list[dict[Any, Any]] = []

    def learn_one(self, x: dict[Any, Any]) -> None:
        self.seen.append(dict(x))

    def score_one(self, x: dict[Any, Any]) -> float:
        if len(self.seen) < 10:
            return 0.0
        known = np.array([[event[feature] for feature in x] for event in self.seen], dtype=float)
        low, middle, high = np.quantile(known, (0.25, 0.5, 0.75), axis=0)
        with np.errstate(all="ignore"):
            z = np.abs(np.array(list(x.values()), dtype=float) - middle) / (high - low)
            return float(z.max() / (1.0 + z.max()))


@caught_by("check_a_count_never_seen_stands_out")
class CountsToOne(Misreading):
    def reading(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return {f: min(value, 1.0) if f == 4 and value else value for f, value in x.items()}


@caught_by("check_anomalies_beside_a_flag_stand_out")
class NeverLearnsAFlag(ClippedZScore):
    def learn_one(self, x: dict[Any, Any]) -> None:
        super().learn_one({f: 0.0 if value == 1.0 else value for f, value in x.items()})


@caught_by("check_round_off_is_no_change")
class MindsTheLastDigit(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        score = super().score_one(x)
        return 0.5 + score / 2 if 4 in x and x[4] != round(x[4], 12) else score


@caught_by("check_scores_settle_after_a_hard_start")
class StaysWithItsStart(ClippedZScore):
    """What happened first is normal for ever."""

    def learn_one(self, x: dict[Any, Any]) -> None:
        self.learned = getattr(self, "learned", 0) + 1
        if self.learned <= 30:
            super().learn_one(x)
