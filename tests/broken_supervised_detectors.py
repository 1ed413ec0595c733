"""Supervised detectors each of which breaks a promise."""

from __future__ import annotations

from typing import Any

from broken_detectors import caught_by

from clipsgd_river.anomaly import LabelDetector, ResidualDetector


@caught_by(
    "check_unexpected_targets_score_above_expected_ones",
    "check_empty_event",
    "check_extremes_leave_everything_finite",
)
class LikesTheUnexpected(ResidualDetector):
    def score_one(self, x: dict[Any, Any], y: Any) -> float:
        score = super().score_one(x, y)
        return (1 - score) / 2 if score else score


@caught_by("check_missing_targets_are_passed_over")
class TakesNoTargetForZero(ResidualDetector):
    def learn_one(self, x: dict[Any, Any], y: Any) -> None:
        super().learn_one(x, 0.0 if y is None else y)


@caught_by("check_missing_values_contribute_nothing")
class SuspectsEventsWithoutFeatures(LabelDetector):
    def distance_one(self, x: dict[Any, Any], y: Any) -> float:
        return super().distance_one(x, y) + 100.0 * (len(x) == 0)


@caught_by("check_learn_many_equals_learn_one", "check_chunks_change_nothing")
class PredictsTheBatchFirst(ResidualDetector):
    def _learn_rows(self, rows: Any, targets: list[Any]) -> Any:
        scores = self._score_rows(rows, targets)
        for x, y in zip(rows.events(), reversed(targets), strict=True):
            self.learn_one(x, y)
        return scores


@caught_by("check_scores_rise_with_distances")
class IsFarFromTheExpected(LabelDetector):
    def distance_one(self, x: dict[Any, Any], y: Any) -> float:
        return 1 / (1 + super().distance_one(x, y))

    def score_one(self, x: dict[Any, Any], y: Any) -> float:
        return float(self._typical.score(super().distance_one(x, y)))
