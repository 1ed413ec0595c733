"""Feedback: alerts like one that was not useful are muted, others are not, and all is said."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from typing import Any

import numpy as np
import pytest
from scipy import stats

from clipsgd_river.alerts import Alert, AlertBudget, TailFilter
from clipsgd_river.alerts._known_alerts import Rarity
from clipsgd_river.alerts.rules import Calendar, Daily, Direction, SpecialEvents
from clipsgd_river.anomaly import ClippedMahalanobis, ClippedSurprisal, ClippedZScore

pytestmark = pytest.mark.either_mode

Event = dict[str, Any]
BENIGN, ATTACK = {"a": 12.0, "b": 0.0}, {"a": 0.0, "b": 12.0}


def learned(make: Callable[..., Any] = AlertBudget, seed: int = 0, **options: Any) -> Any:
    """A filter after 1,500 ordinary events, in which alerts alike are no incident."""
    rate = 0.005
    model = make(ClippedZScore(), rate, **{"resolved_after": 0, **options})
    rows = np.random.default_rng(seed).standard_normal((1_500, 2)).tolist()
    model.learn_many([dict(zip("ab", row, strict=True)) for row in rows])
    return model


def alert_on(model: Any, x: Event, **about: Any) -> Alert:
    alert = model.alert_one(x, **about)
    assert alert is not None
    return alert


@pytest.mark.parametrize("make", [AlertBudget, TailFilter])
def test_alerts_alike_are_muted_and_others_are_not(make: Callable[..., Any]) -> None:
    model = learned(make)
    alert = alert_on(model, BENIGN)
    assert model.judge_one({"a": 12.5, "b": 0.1}).is_alert
    mute = model.feedback(alert, useful=False)
    assert mute == model.mutes_[0]
    assert (mute.alert, mute.features, mute.factor) == (alert.id, ("a",), 100.0)
    before = model.n_alerts_
    for x in (BENIGN, {"a": 12.5, "b": 0.1}, {"a": 14.0, "b": -0.3}):
        asked, score = model.judge_one(x), model.score_one(x)
        assert not model.classify(score)
        assert asked == model.judge_learn_one(x)
        assert asked.alert is None
        assert asked.score > asked.threshold
    assert (model.n_alerts_, model.n_muted_, model.mutes_[0].count) == (before, 3, 3)
    # Another feature, another direction, both features, another key, and what is far rarer.
    for x in (ATTACK, {"a": -12.0, "b": 0.0}, {"a": 12.0, "b": 12.0}):
        assert model.judge_one(x).is_alert
    assert model.judge_one(BENIGN, key="db").is_alert
    far = model.judge_one({"a": 200.0, "b": 0.0}).alert
    assert far is not None
    assert f"like alert {alert.id}, which was not useful (3 like it muted since)" in far.sentence
    assert "100 times was asked for" in far.feedback
    assert far.to_dict()["feedback"] == far.feedback
    # Undone, and once more.
    taken = model.feedback(alert.id, useful=True)
    assert taken.count == 3
    assert model.mutes_ == []
    assert model.feedback(alert.id, useful=True) is None
    assert model.judge_one(BENIGN).is_alert


def test_rows_are_muted_as_events_are() -> None:
    rows = np.random.default_rng(1).standard_normal((300, 2))
    rows[::30, 0] += 12.0
    rows[155, 1] += 12.0
    by_rows, by_events = learned(), learned()
    for model in (by_rows, by_events):
        model.feedback(alert_on(model, BENIGN), useful=False)
    events = [dict(zip("ab", row, strict=True)) for row in rows.tolist()]
    found = by_rows.classify_learn_many(events)
    assert [by_events.alert_one(x) is not None for x in events] == found.tolist()
    assert by_rows.to_bytes() == by_events.to_bytes()
    assert found[155]
    assert not found[::30].any()


def test_a_mute_fades_and_says_so() -> None:
    model = learned()
    alert = alert_on(model, BENIGN)
    model.feedback(alert, useful=False, factor=16.0, lasting=40)
    for _ in range(20):
        model.learn_one({"a": 0.1, "b": 0.2})
    (half,) = model.mutes_
    assert half.factor == pytest.approx(4.0)
    assert half.fades_in == 20.0
    for _ in range(20):
        model.learn_one({"a": 0.1, "b": 0.2})
    assert model.mutes_ == []
    again = alert_on(model, BENIGN)
    assert "long enough ago" in again.feedback
    # That was the last word of it.
    assert alert_on(model, BENIGN).feedback is None


def test_saying_it_twice_begins_anew_and_keeps_what_was_counted() -> None:
    model = learned()
    alert = alert_on(model, BENIGN)
    alike = alert_on(model, {"a": 13.0, "b": 0.0})
    model.feedback(alert, useful=False, lasting=1000)
    model.learn_one(BENIGN)
    assert model.feedback(alike, useful=False, lasting=1000).count == 1
    assert model.feedback(alike, useful=False, lasting=1000).fades_in == 1000.0
    assert [mute.alert for mute in model.mutes_] == [alike.id]


@pytest.mark.parametrize(
    ("never", "told"),
    [
        ("low", True),
        ({"severity": "critical"}, False),
        ({"features": ["a"]}, True),
        ({"features": ["b"], "keys": ["db"]}, False),
        ({"keys": ["web"]}, True),
    ],
)
def test_some_alerts_are_never_muted(never: Any, told: bool) -> None:
    model = learned(never_mute=never)
    alert = alert_on(model, BENIGN, key="web")
    model.feedback(alert, useful=False)
    verdict = model.judge_one(BENIGN, key="web")
    assert verdict.is_alert == told
    if told:
        assert "never muted" in verdict.alert.sentence


def test_states_and_copies_keep_feedback() -> None:
    model = learned(never_mute={"keys": ["db"]})
    kept = alert_on(model, ATTACK, key=("web", 1))
    model.feedback(alert_on(model, BENIGN), useful=False)
    model.learn_one(BENIGN)
    again = AlertBudget.from_bytes(model.to_bytes())
    for each in (again, pickle.loads(pickle.dumps(model)), model.changed(alert_rate=0.01)):
        assert each.mutes_ == model.mutes_
        assert each.n_muted_ == 1
        assert not each.judge_one(BENIGN).is_alert
        assert each.judge_one(BENIGN, key="db").is_alert
    assert again.to_bytes() == model.to_bytes()
    assert again.feedback(kept.id, useful=False).key == ("web", 1)
    assert not model.rarer(0.5).judge_one(BENIGN).is_alert


def test_a_damaged_state_of_feedback_is_refused() -> None:
    model = learned()
    model.feedback(alert_on(model, BENIGN), useful=False)
    for damage in (
        lambda fields: fields["mutes"][0].__setitem__(5, 0.5),
        lambda fields: fields["alerts"][0][3].append([99, 0.5]),
        lambda fields: fields.pop("names"),
        lambda fields: fields.__setitem__("alerts", 300 * fields["alerts"]),
    ):
        fields = json.loads(json.dumps(model._feedback.fields()))
        damage(fields)
        with pytest.raises(ValueError, match="feedback is damaged"):
            model._feedback.restore(fields)


def test_with_a_clock_a_mute_fades_in_seconds() -> None:
    start = datetime(2026, 1, 1)
    model = AlertBudget(ClippedZScore(), alerts_per=(24, "day"), time="t", resolved_after=0)
    rng = np.random.default_rng(2)
    for i in range(3_000):
        values = dict(zip("ab", rng.standard_normal(2).tolist(), strict=True))
        model.learn_one({**values, "t": start + timedelta(minutes=i)})
    alert = alert_on(model, {**BENIGN, "t": start + timedelta(minutes=3_000)})
    mute = model.feedback(alert, useful=False)
    # A thousand alerts at one an hour.
    assert mute.fades_in == pytest.approx(1000 * 3600.0)
    # What is left of it stays where the unit changes.
    other = model.changed(alerts_per=None, alert_rate=0.001, time=None)
    assert other.mutes_[0].fades_in == pytest.approx(1000 / 0.001)
    assert other.mutes_[0].factor == pytest.approx(mute.factor)


def test_a_category_that_was_muted_is_not_another() -> None:
    model = AlertBudget(ClippedSurprisal(), 0.005, resolved_after=0)
    rng = np.random.default_rng(3)
    for _ in range(1_500):
        model.learn_one({"country": "DE", "size": float(rng.lognormal())})
    alert = alert_on(model, {"country": "FR", "size": 1.0})
    mute = model.feedback(alert, useful=False)
    assert mute.categories == {"country": "FR"}
    assert not model.judge_one({"country": "FR", "size": 1.2}).is_alert
    assert model.judge_one({"country": "KP", "size": 1.2}).is_alert


def test_rules_pass_feedback_on_and_windows_have_their_own() -> None:
    calendar = Calendar({"backup": Daily("02:00", "03:00")})
    plain = AlertBudget(ClippedZScore(), 0.02, resolved_after=0)
    model = Direction(SpecialEvents(plain, calendar, time="t", share=1.0), "above")
    rng = np.random.default_rng(4)
    for i in range(4_000):
        values = dict(zip("ab", rng.standard_normal(2).tolist(), strict=True))
        model.learn_one({**values, "t": 60.0 * i})
    by_day, by_night = ({**BENIGN, "t": 86_400.0 * 10 + t} for t in (0.0, 7_300.0))
    alert = alert_on(model, by_night)
    assert alert.id.startswith("backup:")
    mute = model.feedback(alert.id, useful=False)
    assert mute.alert == alert.id == model.mutes_[0].alert
    assert not model.judge_one(by_night).is_alert
    assert model.judge_one(by_day).is_alert
    model.learn_one(by_night)
    assert model.n_muted_ == 1
    with pytest.raises(ValueError, match="there is no alert '99'"):
        model.feedback("backup:99", useful=False)


def test_an_alert_of_elsewhere_says_by_itself_what_is_like_it() -> None:
    model = learned()
    alert = alert_on(learned(seed=5), BENIGN)
    stranger = replace(alert, id="77")
    assert model.feedback(stranger, useful=False).features == ("a",)
    assert not model.judge_one(BENIGN).is_alert


def test_what_feedback_cannot_be_about_is_refused() -> None:
    model = learned()
    with pytest.raises(ValueError, match="there were no alerts yet"):
        AlertBudget(ClippedZScore()).feedback("1", useful=False)
    alert = alert_on(model, BENIGN)
    for wrong, options, message in (
        (alert, {"factor": 1.0}, "factor is above 1"),
        (alert, {"factor": "x"}, "factor is a number"),
        (alert, {"lasting": 0}, "lasting is positive"),
        ("0", {}, f"there are .*{alert.id}"),
        (3, {}, "alert is an Alert or its id"),
        (Alert(0.9), {}, "feedback needs a detector with an explain_one"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            model.feedback(wrong, useful=False, **options)
    with pytest.raises(TypeError, match="useful is True or False"):
        model.feedback(alert, useful="no")
    for never, error in (
        ("worst", ValueError),
        ({"who": []}, ValueError),
        ({"keys": "x"}, TypeError),
    ):
        with pytest.raises(error, match="never_mute"):
            AlertBudget(ClippedMahalanobis(), never_mute=never)
    assert model.mutes_ == []


def test_memory_is_bounded() -> None:
    model = learned()
    alert = alert_on(model, BENIGN)
    known = model._feedback.known(alert)
    for i in range(600):
        each = replace(known, alert=f"x{i}", key=i)
        model._feedback.remember(each)
        model._feedback.mute(each, 2.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="the latest 256 are remembered, x344 to x599"):
        model.feedback("x1", useful=True)
    assert len(model._feedback.fields()["mutes"]) == 256


@pytest.mark.parametrize(
    ("first", "second", "times"),
    [
        (Rarity({"a": 200.0, "b": 400.0}, 1e-3), Rarity({"a": 400.0, "b": 40.0}, 1e-9), 8.0),
        (Rarity({"a": inf}, 1e-3), Rarity({"a": inf}, 1e-9), 1.0),
        # Without a feature that counts there is the tail alone.
        (Rarity({"a": 5.0}, 1e-3), Rarity({"b": 5.0}, 1e-6), 1000.0),
        (Rarity({"c": 5.0}, 1e-3), Rarity({"c": 500.0}, 1e-4), 10.0),
        (Rarity({}, 0.0), Rarity({}, 0.0), 1.0),
    ],
)
def test_how_much_rarer_an_event_can_be_said_to_be(
    first: Rarity, second: Rarity, times: float
) -> None:
    assert second.times_rarer(first, {"a", "b"}) == pytest.approx(times)


def test_deviations_are_as_rare_as_those_of_student() -> None:
    near, far = (Rarity({"a": t}, 1.0) for t in (2.0, 9.0))
    assert far.times_rarer(near, {"a"}) == pytest.approx(stats.t(3).sf(2.0) / stats.t(3).sf(9.0))
