"""Nothing is called rarer than the events can show, and what they show is said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from clipsgd_river import COMPILED
from clipsgd_river.alerts import Alert, AlertBudget, TailFilter
from clipsgd_river.alerts._rarity import highest_probability
from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore

STREAMS, EVENTS = (40, 5_760) if COMPILED else (2, 1_000)


@pytest.mark.parametrize("kind", [AlertBudget, TailFilter])
def test_ordinary_events_are_not_called_rarer_than_they_are(kind: type) -> None:
    claims = []
    for seed in range(STREAMS):
        rng = np.random.default_rng(seed)
        model = kind(ClippedMahalanobis(), 0.001)
        for a, b in rng.standard_normal((EVENTS, 2)).tolist():
            alert = model.alert_one({"a": a, "b": b})
            if alert is not None:
                claims.append(alert.tail_probability)
                assert alert.fitted_probability <= alert.tail_probability
    assert claims
    for p in 10.0 ** -np.arange(3, 10):
        assert np.count_nonzero(np.array(claims) < p) <= 3.0 * p * STREAMS * EVENTS + 3.0


LAWS: dict[str, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "t(3)": lambda rng, n: rng.standard_t(3, n),
    "lognormal": lambda rng, n: rng.lognormal(0.0, 1.0, n),
    "counts": lambda rng, n: rng.poisson(3.0, n).astype(float),
    "mixed": lambda rng, n: np.where(rng.random(n) < 0.8, 0.0, rng.exponential(5.0, n)),
}


@pytest.mark.parametrize("law", LAWS)
def test_claims_hold_for_every_law(law: str) -> None:
    n = 20_000 if COMPILED else 2_000
    model = AlertBudget(ClippedZScore(), 0.005)
    claims = []
    for value in LAWS[law](np.random.default_rng(1), n).tolist():
        alert = model.alert_one({"a": value})
        if alert is not None:
            claims.append(alert.tail_probability)
    for p in (1e-2, 3e-3, 1e-3, 1e-4, 1e-6):
        assert np.count_nonzero(np.array(claims) < p) <= 3.0 * p * n + 3.0


@pytest.mark.skipif(not COMPILED, reason="100,000 events")
def test_one_in_a_thousand_is_said_to_be_that() -> None:
    rng = np.random.default_rng(2)
    model = AlertBudget(ClippedMahalanobis(), 0.01)
    scores = model.score_learn_many(rng.standard_normal((100_000, 2)))
    # The event that one in a thousand of them were as far out as.
    far = np.quantile(scores / (1.0 - scores), 0.999) * model.anomaly_detector._kernel.typical.value
    radius = 3.7
    while model.anomaly_detector.distance_one({0: radius, 1: 0.0}) < far:
        radius += 0.01
    alert = model.judge_one({0: radius, 1: 0.0}).alert
    assert alert is not None
    assert 1e-3 / 3 <= alert.tail_probability <= 3e-3
    assert "about 1 event in" in alert.sentence


@given(st.floats(0.0, 1.0), st.integers(0, 10**9))
def test_the_interval_holds_the_fit(fitted: float, events: int) -> None:
    highest = highest_probability(fitted, events)
    assert fitted * (1 - 1e-12) <= highest <= 1.0
    assert highest >= 1.0 / max(events, 2) * (1 - 1e-12)


def test_a_sentence_says_the_upper_end() -> None:
    few = Alert(0.9, 1 / 500, events=500, fitted_probability=1e-9)
    assert few.sentence.endswith("less than 1 event in 500 is as unusual.")
    many = Alert(0.9, highest_probability(1e-3, 100_000), events=100_000, fitted_probability=1e-3)
    assert many.sentence.endswith("about 1 event in 800 is as unusual.")
    assert few.to_dict()["fitted_probability"] == 1e-9
