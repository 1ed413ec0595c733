"""Rules veto what they say, spend nothing on it, and nest."""

from __future__ import annotations

import copy
import pickle
import random
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import anomaly as river_anomaly
from river import preprocessing

from clipsgd_river import metrics
from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.alerts.rules import (
    Calendar,
    Daily,
    Direction,
    LeastDeviation,
    NeverAlert,
    SpecialEvents,
)
from clipsgd_river.alerts.rules._rule import Rule
from clipsgd_river.anomaly import (
    ClippedSurprisal,
    ClippedTimeSeries,
    ClippedZScore,
    LabelDetector,
    ResidualDetector,
)
from clipsgd_river.preprocessing import SurprisalEncoder

NOONS = Calendar({"noon": Daily("12:00", "13:00")})
FILTERS = [
    lambda: AlertBudget(ClippedZScore(), 0.01),
    lambda: AlertBudget(ClippedZScore(), 0.01, protect_anomaly_detector=True),
    lambda: TailFilter(ClippedZScore(), 1e-3),
    lambda: AlertBudget(preprocessing.StandardScaler() | ClippedZScore(), 0.01),
]


def learned(model: Any, n: int = 600, seed: int = 0) -> Any:
    rng = random.Random(seed)
    for _ in range(n):
        model.learn_one({"a": rng.gauss(50, 5), "b": rng.gauss(1000, 10)})
    return model


@pytest.mark.parametrize("alerts", FILTERS)
def test_only_one_side_alerts(alerts: Any) -> None:
    above = learned(Direction(alerts()))
    below = learned(Direction(alerts(), "below"))
    mixed = learned(Direction(alerts(), {"a": "below", "b": "above"}))
    low, high = {"a": 5.0, "b": 1000.0}, {"a": 95.0, "b": 1000.0}
    for model, quiet, loud in ((above, low, high), (below, high, low), (mixed, high, low)):
        before = model.n_alerts_
        assert model.alert_one(quiet) is None
        assert model.n_alerts_ == before
        found = model.alert_one(loud)
        assert [part.feature for part in found.features[:1]] == ["a"]
        assert model.n_alerts_ == before + 1
    both = learned(Direction(alerts(), {"b": "both"}))
    assert both.alert_one({"a": 50.0, "b": 700.0}) is not None


def test_an_alert_tells_only_of_what_counts() -> None:
    model = learned(Direction(AlertBudget(ClippedZScore(), 0.01)))
    assert model.alert_one({"a": 5.0, "b": 1005.0}) is None
    found = model.alert_one({"a": 5.0, "b": 1300.0})
    assert [part.feature for part in found.features] == ["b"]
    assert list(found.contributions) == ["b"]
    assert "a was" not in found.sentence


@pytest.mark.parametrize("alerts", FILTERS[:3])
def test_small_deviations_do_not_alert(alerts: Any) -> None:
    model = learned(LeastDeviation(alerts(), absolute={"a": 60.0}, relative={"b": 0.2}))
    assert model.alert_one({"a": 105.0, "b": 1000.0}) is None
    assert model.alert_one({"a": 50.0, "b": 1190.0}) is None
    assert model.alert_one({"a": 50.0, "b": 1210.0}) is not None
    assert learned(LeastDeviation(alerts(), absolute=60)).alert_one({"a": 115.0}) is not None


def test_rules_on_features_add_up_in_any_order() -> None:
    """Each rule alone lets the event pass, by the feature that the other one leaves out."""
    event = {"a": 5.0, "b": 1100.0}

    def direction(alerts: Any) -> Any:
        return Direction(alerts, "above")

    def deviation(alerts: Any) -> Any:
        return LeastDeviation(alerts, absolute={"b": 200.0})

    def budget() -> Any:
        return AlertBudget(ClippedZScore(), 0.01)

    assert learned(direction(budget())).alert_one(event) is not None
    assert learned(deviation(budget())).alert_one(event) is not None
    for model in (direction(deviation(budget())), deviation(direction(budget()))):
        assert learned(model).alert_one(event) is None
        found = model.alert_one({"a": 95.0, "b": 1100.0})
        assert [part.feature for part in found.features] == ["a"]


@pytest.mark.either_mode
def test_the_budget_goes_to_alerts_that_are_read() -> None:
    """With half of the unusual events vetoed there are as many alerts, all of the other half."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal(40_000)
    model = Direction(AlertBudget(ClippedZScore(), 0.01))
    alerts = model.classify_learn_many(values[:, None])
    late = slice(5_000, None)
    assert values[alerts].min() > 0.0
    assert alerts[late].mean() == pytest.approx(0.01, rel=0.1)
    # They are the most unusual ones as surely as without the rule.
    plain = AlertBudget(ClippedZScore(), 0.01).classify_learn_many(values[:, None])
    best, far = (
        values > np.quantile(values, 0.99),
        np.abs(values) > np.quantile(np.abs(values), 0.99),
    )
    assert alerts[late][best[late]].mean() > plain[late][far[late]].mean() - 0.05


def test_what_is_vetoed_does_not_raise_the_threshold() -> None:
    rng = random.Random(0)
    models = {
        "with": Direction(AlertBudget(ClippedZScore(), 0.01)),
        "without": Direction(AlertBudget(ClippedZScore(), 0.01)),
    }
    for t in range(6_000):
        event = {"a": rng.gauss(50, 5)}
        models["without"].learn_one(event)
        models["with"].learn_one({"a": -1e3} if t > 3_000 and t % 20 == 0 else event)
    assert models["with"].threshold_ <= models["without"].threshold_ + 0.05
    assert models["with"].alert_rate_ == pytest.approx(0.01, rel=0.2)


@pytest.mark.either_mode
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 99),
    rate=st.sampled_from([0.01, 0.1, 0.5]),
    share=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
)
def test_the_bounds_hold_for_events_that_were_not_vetoed(
    seed: int, rate: float, share: float
) -> None:
    rng = random.Random(seed)
    model = AlertBudget(ClippedZScore(), rate)
    judged = 0
    for t in range(1, 800):
        vetoed: list[Any] = []

        def unless(alert: Any, vetoed: list[Any] = vetoed) -> bool:
            vetoed.append(alert)
            return rng.random() < share

        before = model.n_alerts_
        found = model.alert_one({"a": rng.gauss(0, 1 + 5 * (t > 400))}, unless=unless)
        judged += not (vetoed and found is None)
        assert model.n_alerts_ == before + (found is not None)
        allowance = min(16.0, 4.0 + rate * judged / 10.0)
        assert model.n_alerts_ <= rate * judged + allowance + 1 + 1e-9
        # The detector's start and that of the budget give none.
        assert model.n_alerts_ >= rate * (judged - 60) - max(allowance, 60 * rate) - rate


@pytest.mark.parametrize("alerts", FILTERS[:3])
def test_a_vetoed_event_is_learned_by_the_detector_alone(alerts: Any) -> None:
    model = learned(alerts())
    twin = copy.deepcopy(model.anomaly_detector)
    numbers = model._own_numbers()
    event = {"a": 500.0, "b": 1000.0}
    assert model.alert_one(event, unless=bool) is None
    twin.learn_one(event)
    assert model._own_numbers() == numbers
    assert model.anomaly_detector.to_bytes() == twin.to_bytes()


def test_rows_are_their_events() -> None:
    rows = np.random.default_rng(0).standard_t(2, (500, 2))
    for make in (
        lambda: Direction(AlertBudget(ClippedZScore(), 0.05)),
        lambda: LeastDeviation(TailFilter(ClippedZScore(), 0.05), absolute=2),
        lambda: SpecialEvents(AlertBudget(ClippedZScore(), 0.05)),
    ):
        by_rows, by_events = make(), make()
        found = by_rows.classify_learn_many(rows)
        events = [dict(enumerate(row)) for row in rows.tolist()]
        assert found.tolist() == [by_events.alert_one(x) is not None for x in events]
        assert by_rows.to_bytes() == by_events.to_bytes()
        assert by_rows.score_many(rows).tolist() == [by_events.score_one(x) for x in events]


def test_supervised_detectors_pass_through() -> None:
    rng = random.Random(0)
    model = Rule(AlertBudget(ResidualDetector(), 0.01))
    for _ in range(500):
        x = rng.gauss(0, 1)
        model.learn_one({"x": x}, 2 * x + rng.gauss(0, 0.1))
    assert model.alert_one({"x": 0.0}, 90.0) is not None
    assert model.incidents_[-1].worst.score > 0.9
    rows, targets = [{"x": 0.0}] * 3, [0.0, 0.1, 90.0]
    assert model.score_learn_many(rows, targets).shape == (3,)
    for detector in (ResidualDetector(), LabelDetector()):
        with pytest.raises(TypeError, match="has no expect_one"):
            Direction(AlertBudget(detector, 0.01))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Direction(ClippedZScore()), TypeError, "not around a ClippedZScore"),
        (
            lambda: Direction(river_anomaly.ThresholdFilter(ClippedZScore(), 0.9)),
            TypeError,
            "not around a ThresholdFilter",
        ),
        (
            lambda: LeastDeviation(AlertBudget(river_anomaly.HalfSpaceTrees(), 0.01)),
            TypeError,
            "HalfSpaceTrees has no expect_one and no explain_one",
        ),
        (lambda: Direction(FILTERS[0](), "up"), ValueError, "'above', 'below' or 'both'"),
        (lambda: Direction(FILTERS[0](), {"a": 1}), ValueError, "side of 'a'"),
        (lambda: LeastDeviation(FILTERS[0](), absolute=-1), ValueError, "absolute is 0 or more"),
        (lambda: LeastDeviation(FILTERS[0](), relative={"a": "x"}), TypeError, "relative of 'a'"),
        (lambda: NeverAlert(FILTERS[0](), ["a"]), TypeError, "values is a dict"),
        (lambda: NeverAlert(FILTERS[0](), {"a": "x"}), TypeError, "values of 'a' are a list"),
        (lambda: NeverAlert(FILTERS[0](), {"a": [None]}), TypeError, "text, numbers or bools"),
    ],
)
def test_senseless_settings_are_named(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("encodes", [True, False])
def test_known_values_are_no_reason(encodes: bool) -> None:
    detector = SurprisalEncoder() | ClippedZScore() if encodes else ClippedSurprisal()
    model = NeverAlert(AlertBudget(detector, 0.01), {"user": ["backup"], "size": [-1]})
    rng = random.Random(0)
    for _ in range(1000):
        model.learn_one({"user": "ann", "size": rng.gauss(50, 5)})
    for user, size, features in (
        ("backup", 50.0, []),
        ("backup", -1.0, []),
        ("ann", -1, []),
        ("eve", -1.0, ["user"]),
        ("backup", -2.0, ["size"]),
    ):
        alert = model.judge_one({"user": user, "size": size}).alert
        assert [part.feature for part in alert.features] == features if features else alert is None
    if not encodes:
        again = NeverAlert.from_bytes(model.to_bytes())
        assert again.values == model.values


def test_times_beside_events_are_looked_up_and_detectors_of_times_see_theirs() -> None:
    calendar = Calendar({"backup": Daily("02:00", "03:00")})
    model = SpecialEvents(AlertBudget(ClippedZScore(), 0.01), calendar, time="t", inside="mute")
    for minute in range(300):
        verdict = model.judge_learn_one({"a": float(minute % 7)}, time=60.0 * minute)
        assert (verdict.score != verdict.score) == (120 <= minute < 180)
    series = SpecialEvents(AlertBudget(ClippedTimeSeries(), 0.01), calendar, time="timestamp")
    series.learn_one({"timestamp": datetime(2026, 1, 1), "value": 3.0})
    assert (
        "timestamp"
        in series.detector_input({"timestamp": datetime(2026, 1, 1, 0, 5), "value": 3.0}).event
    )


@pytest.mark.parametrize(
    "rule",
    [
        Direction,
        lambda alerts: LeastDeviation(alerts, absolute=1.0),
        lambda alerts: NeverAlert(alerts, {"a": [1.0]}),
        lambda alerts: SpecialEvents(alerts, NOONS),
        lambda alerts: Direction(SpecialEvents(alerts, NOONS)),
    ],
)
def test_the_time_of_the_filter_may_come_beside_the_event(rule: Any) -> None:
    inside, beside = (
        rule(AlertBudget(ClippedZScore(), alerts_per=(10, "day"), time="when")) for _ in range(2)
    )
    rng = np.random.default_rng(5)
    alerts = 0
    for minute, value in enumerate(rng.standard_t(2.5, 1_500).tolist()):
        when, event = datetime(2026, 3, 1) + timedelta(minutes=minute), {"a": value, "b": -value}
        wanted = inside.judge_learn_one({**event, "when": when}, time=when)
        found = beside.judge_learn_one(event, time=when)
        assert found.is_alert == wanted.is_alert
        assert found.score == pytest.approx(wanted.score, rel=0, abs=0, nan_ok=True)
        alerts += found.is_alert
    assert alerts > 0


def test_state_files_keep_settings_for_features_of_any_name() -> None:
    model = Direction(
        LeastDeviation(AlertBudget(ClippedZScore(), 0.01), absolute={1: 2.0, "1": 3.0}),
        {1: "below", ("a", 2): "above"},
    )
    again = Direction.from_bytes(learned(model).to_bytes())
    assert again.side == model.side
    assert again.anomaly_filter.absolute == model.anomaly_filter.absolute
    assert again.to_bytes() == model.to_bytes() == pickle.loads(pickle.dumps(model)).to_bytes()


def test_a_rarer_filter_is_one_of_its_own() -> None:
    for make in FILTERS:
        model = learned(Direction(make()))
        before = pickle.dumps(model)
        other = model.rarer(0.1)
        assert pickle.dumps(model) == before
        assert other.score_one({"a": 70.0}) == pytest.approx(model.score_one({"a": 70.0}))
        learned(other, seed=1)
        assert pickle.dumps(model) == before
        with pytest.raises(ValueError, match="above 0 and at most 1"):
            model.rarer(0.0)
    assert AlertBudget(ClippedZScore(), 0.1).rarer(0.5).alert_rate == 0.05
    daily = AlertBudget(ClippedZScore(), alerts_per=(5, "day"), time="t").rarer(0.2)
    assert daily.alerts_per == (1.0, "day")


def test_times_of_events_reach_no_detector() -> None:
    rng = random.Random(0)
    model = Direction(SpecialEvents(TailFilter(ClippedZScore(), 1e-3), time="t"))
    budget = Direction(AlertBudget(ClippedZScore(), alerts_per=(50, "day"), time="t"))
    for t in range(500):
        event = {"t": t, "a": rng.gauss(50, 5)}
        model.learn_one(event)
        budget.learn_one(event)
    for each in (model, budget):
        assert list(each.expect_one()) == ["a"]
        assert list(each.explain_one({"t": 500, "a": 90.0})) == ["a"]
        assert each.distance_one({"t": 500, "a": 90.0}) > 1.0
    found = model.alert_one({"t": 500, "a": 150.0})
    assert found.time == 500
    with pytest.raises(ValueError, match="the event has no 't'"):
        model.learn_one({"a": 1.0})


def test_categories_are_told_by_rules_too() -> None:
    model = LeastDeviation(AlertBudget(SurprisalEncoder() | ClippedZScore(), 0.01), absolute=1)
    rng = random.Random(0)
    for _ in range(1000):
        model.learn_one({"country": rng.choice(["DE", "FR"]), "size": rng.gauss(50, 5)})
    found = model.alert_one({"country": "KP", "size": 50.0})
    assert "country was 'KP'" in found.sentence
    assert [part.feature for part in found.features] == ["country"]


def test_rules_end_pipelines_and_give_alerts_of_streams() -> None:
    rng = random.Random(0)
    stream = [({"a": rng.gauss(50, 5)}, False) for _ in range(800)]
    stream[700:720] = [({"a": 500.0}, True)] * 20
    model = Direction(TailFilter(ClippedZScore(), 1e-3, resolved_after=100))
    whole = preprocessing.StandardScaler() | model.clone()
    alone = list(model.alerts(stream))
    assert 1 <= len([alert for alert in alone if alert.score > 0.9]) <= 2
    for x, _ in stream:
        whole.learn_one(x)
    assert whole["Direction"].n_alerts_ >= 1
    assert 0.0 <= whole.score_one({"a": 50.0}) < 0.7 < whole.score_one({"a": 900.0})


@pytest.mark.parametrize("name", ["AlertRate", "Precision", "Recall"])
def test_metrics_take_rules(name: str) -> None:
    metric = getattr(metrics, name)()
    assert metric.works_with(Direction(AlertBudget(ClippedZScore(), 0.01)))
