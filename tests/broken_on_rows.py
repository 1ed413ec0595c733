"""Detectors each of which breaks a promise about rows: what they learn, answer and refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
from broken_detectors import caught_by

from clipsgd_river.anomaly import ClippedZScore


@caught_by("check_rows_are_neither_changed_nor_kept")
class OverwritesRows(ClippedZScore):
    def learn_many(self, X: Any) -> None:
        super().learn_many(X)
        X *= 2


@caught_by("check_learn_many_equals_learn_one")
class SkipsTheLastRow(ClippedZScore):
    def learn_many(self, X: Any) -> None:
        super().learn_many(X[:-1])


@caught_by("check_score_many_equals_score_one")
class ScoresInSinglePrecision(ClippedZScore):
    def score_many(self, X: Any) -> Any:
        return super().score_many(X).astype(np.float32).astype(float)


@caught_by("check_score_learn_many_equals_the_loop")
class LearnsTheBatchFirst(ClippedZScore):
    def score_learn_many(self, X: Any) -> Any:
        self.learn_many(X)
        return self.score_many(X)


@caught_by("check_rows_of_a_wrong_shape_are_refused")
class TakesOneRowForATable(ClippedZScore):
    def score_many(self, X: Any) -> Any:
        return super().score_many(np.atleast_2d(X) if np.ndim(X) == 1 else X)


@caught_by("check_explain_many_equals_explain_one")
class SmallestReasonsFirst(ClippedZScore):
    def explain_many(self, X: Any, n: int = 3) -> Any:
        found = super().explain_many(X, n).copy()
        found["feature_1"], found["feature_2"] = found["feature_2"], found["feature_1"].copy()
        return found


@caught_by("check_unknown_columns_are_refused")
class SilentAboutUnknownColumns(ClippedZScore):
    def _to_answer(self, rows: Any) -> Any:
        return rows
