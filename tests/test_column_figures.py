"""The figures of `benchmarks/columns.py` are right where the answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import Load
from river import base

from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.checks import _columns

pytestmark = pytest.mark.either_mode


class LargestValue(base.AnomalyDetector):
    """How large an event's largest value is."""

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn nothing."""

    def score_one(self, x: dict[Any, Any]) -> float:
        return float(max(abs(value) for value in x.values()))


class SetOrNot(base.Regressor):
    """Knows what a flag adds."""

    def learn_one(self, x: dict[Any, Any], y: Any) -> None:
        """Learn nothing."""

    def predict_one(self, x: dict[Any, Any]) -> float:
        return 5.0 * float(x["flag"])


def test_a_scale_is_right_within_a_factor(script: Load) -> None:
    right = script("common.column_scales").is_right
    assert [right(scale, 0.3) for scale in (0.14, 0.16, 0.59, 0.61)] == [False, True, True, False]
    assert [right(scale, 0.0) for scale in (0.0, 1e-17, 1e-3)] == [True, True, False]


def test_every_scale_is_that_of_the_first_column(script: Load) -> None:
    scales = script("common.column_scales")
    rows = scales.beside_gaussians(np.random.default_rng(0).normal(20.0, 7.0, 3_000))
    for name, scale in (scales.OURS | scales.PEERS).items():
        # One of River's forgets within some ten values.
        loose = 0.7 if "Adaptive" in name else 0.1
        assert scale(rows) == pytest.approx(7.0, rel=loose), name


def test_the_same_anomalies_whatever_is_beside_them(script: Load) -> None:
    anomalies = script("common.column_anomalies")
    alone, hit = anomalies.odd_gaussians(0, None)
    beside, same = anomalies.odd_gaussians(0, _columns.flag(0.1))
    assert (hit == same).all()
    assert (alone == beside[:, :2]).all()
    assert len(hit) == 55
    assert (np.abs(alone[hit]).max(axis=1) >= 5.0).all()
    alerts, leading = anomalies.found(LargestValue, alone, hit)
    # The budget has a threshold to find first.
    assert (alerts >= 50, leading) == (True, 55)
    assert anomalies.found(LargestValue, beside, hit) == (alerts, 55)
    beside[:, 2] *= 1e6
    assert max(anomalies.found(LargestValue, beside, hit)) <= 10


def test_the_count_never_seen_is_ranked(script: Load) -> None:
    anomalies = script("common.column_anomalies")
    rows = anomalies.rows_of_counts(400, 1)
    assert anomalies.rank_and_answers(LargestValue(), rows) == (1, [0.0, 1.0, 5.0, 200.0])
    rows[:3, 1] = 1e3
    assert anomalies.rank_and_answers(LargestValue(), rows)[0] == 4


def test_what_a_flag_adds(script: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    models = script("common.column_models")
    monkeypatch.setattr(models, "REGRESSORS", {"SetOrNot": SetOrNot})
    table, goals = models.coefficients(50, peers=False)
    assert [row[1] for row in table.rows] == [5.0, 5.0, 5.0]
    assert {row[-1] for row in goals.rows} == {"yes"}


def test_an_easy_start_is_one(script: Load) -> None:
    starts = script("common.column_starts")
    easy = starts.Start("at once", lambda _: np.zeros((0, starts.FEATURES)))
    score, labels, alerts = starts.after_start(ClippedZScore, easy, 3_000, 0)
    assert 0.4 < score < 0.6
    assert 0.5 < labels < 2.0
    assert 0.3 < alerts < 2.0
