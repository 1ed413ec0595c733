"""Incidents: floods neither alert again nor hide anything, and what joins them is told."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipsgd_river import COMPILED
from clipsgd_river.alerts import Alert, AlertBudget, Incident, TailFilter
from clipsgd_river.alerts._incidents import IncidentLog, patience
from clipsgd_river.alerts._reason import Reason
from clipsgd_river.alerts.alert import AlertFeature
from clipsgd_river.anomaly import (
    ClippedEnsemble,
    ClippedMahalanobis,
    ClippedTimeSeries,
    ClippedZScore,
)
from clipsgd_river.preprocessing import SurprisalEncoder

Event = dict[str, float]
NAMES = ("a", "b")


class Stream:
    """Ordinary pairs, and pairs of which one number is 12 sigma off."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def event(self, odd: str | None = None, size: float = 12.0) -> Event:
        x = dict(zip(NAMES, self._rng.standard_normal(2).tolist(), strict=True))
        if odd is not None:
            x[odd] += size
        return x


def learned(seed: int, make: Callable[[], Any] = ClippedZScore, **options: Any) -> Any:
    """A budget after 5,000 ordinary events, and the stream that goes on."""
    stream = Stream(seed)
    model = AlertBudget(make(), **{"alert_rate": 0.001, **options})
    for _ in range(5_000 if COMPILED else 1_500):
        model.learn_one(stream.event())
    return model, stream


@pytest.mark.skipif(not COMPILED, reason="thousands of events for each case")
@pytest.mark.parametrize("make", [ClippedZScore, ClippedMahalanobis, ClippedEnsemble])
@pytest.mark.parametrize("flood", [17, 1000])
def test_a_flood_does_not_hide_another_kind(make: Callable[[], Any], flood: int) -> None:
    found = 0
    for seed in range(5):
        model, stream = learned(seed, make)
        for _ in range(flood):
            model.learn_one(stream.event("a"))
            for _ in range(3):
                model.learn_one(stream.event())
        told = False
        for _ in range(3):
            told = told or model.alert_one(stream.event("b")) is not None
            for _ in range(9):
                model.learn_one(stream.event())
        found += told
    assert found >= 4


@pytest.mark.skipif(not COMPILED, reason="thousands of events for each case")
@pytest.mark.parametrize(
    ("make", "size", "least"),
    [
        (ClippedZScore, 8.0, 3),
        (ClippedZScore, 12.0, 3),
        # Views are joined by a geometric mean, in which eight deviations more weigh less.
        (ClippedEnsemble, 8.0, 2),
        (ClippedEnsemble, 12.0, 3),
    ],
)
def test_another_kind_does_not_hide_in_events_of_a_flood(
    make: Callable[[], Any], size: float, least: int
) -> None:
    found = 0
    for seed in range(4):
        model, stream = learned(seed, make)
        for _ in range(3):
            model.learn_one(stream.event("a"))
        both = stream.event("a")
        both["b"] += size
        found += model.judge_one(both).is_alert
    assert found >= least


@pytest.mark.parametrize("make", [ClippedZScore, ClippedMahalanobis, ClippedEnsemble])
def test_a_dense_attack_is_one_incident(make: Callable[[], Any]) -> None:
    model, stream = learned(2, make)
    verdicts = [model.judge_learn_one(stream.event("a" if i % 2 else None)) for i in range(200)]
    attack = verdicts[1::2]
    first = next(i for i, verdict in enumerate(attack) if verdict.is_alert)
    assert first < 10
    members = [verdict.incident for verdict in attack if verdict.incident is not None]
    of_it = [m for m in members if m.number == attack[first].incident.number]
    assert len(of_it) >= 4
    assert len(members) - len(of_it) <= 2


def test_members_say_their_incident_and_are_no_alerts() -> None:
    model, stream = learned(1, protect_anomaly_detector=True)
    before = model.n_alerts_
    asked = model.judge_one(stream.event("a"), key="web", time=3)
    assert asked.is_alert
    verdicts = [model.judge_learn_one(stream.event("a"), key="web", time=i) for i in range(5)]
    assert [verdict.is_alert for verdict in verdicts] == [True, *[False] * 4]
    assert model.n_alerts_ == before + 1
    incident = verdicts[-1].incident
    assert (incident.count, incident.first, incident.last, incident.key) == (5, 0, 4, "web")
    assert incident.features == ("a",)
    assert incident.worst.score == max(verdict.score for verdict in verdicts)
    assert "5 times from 0 to 4" in incident.sentence
    assert json.loads(json.dumps(incident.to_dict()))["count"] == 5
    assert model.incidents_[-1] == incident
    # Another direction, another feature and another key are another incident.
    for x, key in [
        (stream.event("a", -12.0), "web"),
        (stream.event("b"), "web"),
        (stream.event("a"), "db"),
    ]:
        assert model.judge_one(x, key=key).is_alert


def test_classify_is_false_for_what_joins() -> None:
    model, stream = learned(3, protect_anomaly_detector=True)
    assert model.alert_one(stream.event("a")) is not None
    before = pickle.dumps(model)
    x = stream.event("a")
    score = model.score_one(x)
    assert not model.classify(score)
    assert model.classify(model.score_one(stream.event("b")))
    assert pickle.dumps(model) == before
    assert model.judge_one(x).incident.count == 2


def test_an_incident_ends_when_nothing_joins() -> None:
    model, stream = learned(4, resolved_after=30, protect_anomaly_detector=True)
    assert model.alert_one(stream.event("a")) is not None
    model.learn_one(stream.event("a"))
    place = model._budget.seen - 1
    assert model.incidents_[-1].is_open
    for _ in range(35):
        model.learn_one(stream.event())
    over = model.incidents_[-1]
    assert not over.is_open
    assert (over.end, over.count) == (place, 2)
    assert model.judge_one(stream.event("a")).is_alert


def test_without_patience_every_alert_is_its_own() -> None:
    model, stream = learned(5, resolved_after=0, protect_anomaly_detector=True)
    verdicts = [model.judge_learn_one(stream.event("a")) for _ in range(3)]
    assert [verdict.incident.count for verdict in verdicts if verdict.is_alert] == [1] * sum(
        verdict.is_alert for verdict in verdicts
    )
    assert sum(verdict.is_alert for verdict in verdicts) >= 2


def test_categories_are_part_of_the_reason() -> None:
    encoder = SurprisalEncoder(["who"])
    model = AlertBudget(encoder | ClippedZScore(), 0.002, protect_anomaly_detector=True)
    rng = np.random.default_rng(0)
    for i in range(3_000):
        who = "ann" if i % 400 else ("eve" if i % 800 else "bob")
        model.learn_one({"who": who, "n": float(rng.normal())})
    first = model.judge_learn_one({"who": "bob", "n": 0.0})
    if not first.is_alert:
        pytest.skip("bob is not rare enough to alert")
    assert model.judge_one({"who": "bob", "n": 0.0}).incident.number == first.incident.number
    other = model.judge_one({"who": "eve", "n": 0.0}).incident
    assert other is None or other.number != first.incident.number


def test_rows_and_events_have_the_same_incidents() -> None:
    rng = np.random.default_rng(6)
    rows = rng.standard_normal((1500, 3))
    rows[1000:1060:2, 1] += 15.0
    models = [AlertBudget(ClippedMahalanobis(), 0.01, floor="auto") for _ in range(3)]
    by_rows = models[0].classify_learn_many(rows)
    verdicts = [models[1].judge_learn_one(dict(enumerate(row))) for row in rows.tolist()]
    for row in rows.tolist():
        models[2].learn_one(dict(enumerate(row)))
    assert by_rows.tolist() == [verdict.is_alert for verdict in verdicts]
    assert models[0].to_bytes() == models[1].to_bytes() == models[2].to_bytes()
    assert max(incident.count for incident in models[0].incidents_) > 3


def test_a_tail_filter_tells_a_flood_once() -> None:
    rng = np.random.default_rng(6)
    rows = rng.standard_normal((3_000, 2))
    rows[1_500:1_560, 0] += 15.0
    rows[1_570, 1] += 15.0
    rows[2_900, 0] += 15.0
    models = [TailFilter(ClippedMahalanobis(), 1e-3, resolved_after=200) for _ in range(2)]
    found = models[0].classify_learn_many(rows)
    verdicts = [models[1].judge_learn_one(dict(enumerate(row))) for row in rows.tolist()]
    assert found.tolist() == [verdict.is_alert for verdict in verdicts]
    assert models[0].to_bytes() == models[1].to_bytes()
    again = TailFilter.from_bytes(models[0].to_bytes())
    assert again.to_bytes() == models[0].to_bytes()
    assert np.flatnonzero(found[1_500:1_600]).tolist() == [0, 70]
    assert found[2_900]
    of_it = next(i for i in again.incidents_ if i.number == verdicts[1_500].incident.number)
    assert of_it.count > 5
    assert not of_it.is_open
    # What is told of the flood is not followed: the threshold stays what it was.
    calm = TailFilter(ClippedMahalanobis(), 1e-3)
    calm.learn_many(rows[:1_500])
    models[0] = calm.changed(resolved_after=200)
    before = models[0].threshold_
    models[0].learn_many(rows[1_500:1_560])
    assert models[0].threshold_ < 1.5 * before


def test_rows_with_a_clock_are_their_events() -> None:
    stamps = pd.date_range("2026-01-01", periods=1_200, freq="5min")
    frame = pd.DataFrame({"at": stamps, "v": np.random.default_rng(13).standard_normal(1_200)})
    frame.loc[900:905, "v"] += 20.0
    by_rows, by_events = (AlertBudget(ClippedTimeSeries(), 0.01) for _ in range(2))
    found = by_rows.classify_learn_many(frame)
    wanted = [by_events.alert_one(x) is not None for x in frame.to_dict("records")]
    assert found.tolist() == wanted
    assert by_rows.to_bytes() == by_events.to_bytes()


def test_states_keep_incidents() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    model = AlertBudget(ClippedZScore(), alerts_per=(2, "hour"), time="t")
    stream = Stream(7)

    def timed(i: int, odd: str | None = None) -> dict[str, Any]:
        return {**stream.event(odd), "t": start + timedelta(seconds=10 * i)}

    for i in range(2_000):
        model.learn_one(timed(i))
    for i in range(2_000, 2_004):
        model.learn_one(timed(i, "a"))
    again = AlertBudget.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
    known, kept = model.incidents_[-1], again.incidents_[-1]
    assert kept.count == known.count > 1
    assert kept.features == known.features
    assert kept.first == known.first.timestamp()
    other = copy.deepcopy(model)
    for each in (model, again, other):
        verdict = each.judge_learn_one({"a": 12.0, "b": 0.0, "t": start + timedelta(hours=6)})
        assert verdict.incident == model.incidents_[-1] or verdict.incident.count == known.count + 1
    assert again.to_bytes() == model.to_bytes() == other.to_bytes()


def test_damaged_incidents_are_refused() -> None:
    model, stream = learned(8)
    model.learn_one(stream.event("a"))
    log = model._incidents
    fields, numbers = log.fields(), log.numbers()
    type(log)().restore(fields, numbers)
    for bad in (None, [1], [[1, 2, 3, 4, 5]], fields * 40):
        with pytest.raises(ValueError, match="incidents are damaged"):
            type(log)().restore(bad, numbers)
    for place in range(len(numbers)):
        for value in (float("nan"), -1.5, 1e300):
            broken = numbers[:]
            broken[place] = value
            other = type(log)()
            try:
                other.restore(fields, broken)
            except ValueError:
                continue
            assert np.isfinite(other.numbers()).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xab"), st.integers(1, 30)), max_size=60))
def test_incidents_are_bounded_and_counts_add_up(steps: list[tuple[str, int]]) -> None:
    rng = np.random.default_rng(9)
    model = AlertBudget(ClippedZScore(), 0.02)
    told = joined = 0
    begun = {}
    for kind, times in [("x", 100), *steps]:
        for _ in range(times):
            x = {name: float(rng.normal()) + 12.0 * (name == kind) for name in NAMES}
            verdict = model.judge_learn_one(x)
            told += verdict.is_alert
            joined += verdict.incident is not None
            if verdict.incident is not None:
                begun[verdict.incident.number] = verdict.incident
                assert isinstance(verdict.incident, Incident)
                assert verdict.is_alert == (verdict.incident.count == 1)
    seen = model._budget.seen
    assert told == model.n_alerts_ == len(begun)
    assert told <= 0.02 * seen + min(16.0, 4.0 + 0.002 * seen) + 1.0
    assert joined == sum(incident.count for incident in begun.values())
    assert len(model.incidents_) <= 32


@pytest.mark.parametrize("floor", [0.05, 0.3, "auto"])
@pytest.mark.parametrize("kind", ["normal", "rising", "constant", "bursts"])
def test_the_floor_keeps_the_bound_from_above(floor: Any, kind: str) -> None:
    rng, n = np.random.default_rng(10), 3_000
    values = rng.standard_normal(n)
    if kind == "rising":
        values = np.arange(n, dtype=float)
    elif kind == "constant":
        values = np.full(n, 3.0)
    elif kind == "bursts":
        values[::500] += 30.0
        values[1000:1100] += 50.0
    model = AlertBudget(ClippedZScore(), 0.02, floor=floor)
    for t, value in enumerate(values.tolist(), start=1):
        model.learn_one({"a": value})
        assert model.n_alerts_ <= 0.02 * t + min(16.0, 4.0 + 0.002 * t) + 1.0


def test_what_is_ordinary_never_alerts_above_the_floor() -> None:
    rng = np.random.default_rng(11)
    rates = {}
    for floor in (None, "auto"):
        model = AlertBudget(ClippedZScore(), 0.02, floor=floor)
        for value in rng.standard_normal(2_000).tolist():
            model.learn_one({"a": value})
        busy = model.n_alerts_
        # A quiet night: nothing but what was most ordinary.
        alerts = [model.alert_one({"a": 0.001 * (i % 3)}) for i in range(1_000)]
        rates[floor] = sum(alert is not None for alert in alerts)
        assert busy / 2_000 == pytest.approx(0.02, rel=0.35)
    assert rates["auto"] <= 3 < rates[None]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"floor": 0.0}, ValueError, "floor"),
        ({"floor": "low"}, ValueError, "'auto', None or a probability"),
        ({"resolved_after": -1}, ValueError, "resolved_after"),
        ({"resolved_after": "soon"}, TypeError, "resolved_after"),
    ],
)
def test_wrong_parameters_are_named(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        AlertBudget(ClippedZScore(), **options)


def test_reasons_are_cosines_with_signs() -> None:
    def reason(contributions: dict[str, float], **signs: float) -> Reason:
        return Reason.of(contributions, (), signs)

    base = reason({"a": 9.0, "b": 1.0, "c": 0.5})
    assert base.resembles(reason({"a": 2.0, "b": 0.5}))
    assert not base.resembles(reason({"a": 9.0, "b": 1.0}, a=-1.0))
    assert not base.resembles(reason({"b": 9.0, "a": 1.0}))
    only = reason({"a": 5.0})
    assert only.rest_of(reason({"a": 3.0})) == 0.0
    assert only.rest_of(reason({"a": 3.0, "b": -1.0}, b=-1.0)) == pytest.approx(0.25)
    assert only.rest_of(reason({"b": 2.0})) == only.rest_of(reason({})) == 1.0
    assert not base.resembles(reason({}))
    assert not reason({"a": 0.0}).resembles(reason({"a": 0.0}))
    odd = AlertFeature("a", 9.0, 5.0, 1.0, 0.0, 2.0, "above", "rare", "bob", "seen in 3 events")
    bob, eve = (
        Reason.of({"a": 9.0}, (odd._replace(value=who),), {"a": 4.0}) for who in ("bob", "eve")
    )
    assert bob.resembles(bob)
    assert not bob.resembles(eve)
    assert bob.is_alike(eve)


def test_a_scan_of_many_values_is_few_incidents() -> None:
    model = AlertBudget(SurprisalEncoder(["port"]) | ClippedZScore(), 0.01, floor="auto")
    rng = np.random.default_rng(12)
    for _ in range(1_500):
        model.learn_one({"port": int(rng.choice([80, 443])), "n": float(rng.normal())})
    before = model.n_alerts_
    verdicts = [model.judge_learn_one({"port": 9_000 + i, "n": 0.0}) for i in range(12)]
    assert 1 <= model.n_alerts_ - before <= 3
    assert sum(verdict.incident is not None for verdict in verdicts) >= 6


def test_what_is_far_rarer_is_told_of_itself() -> None:
    reason = Reason({"a": 1.0}, {})
    log = IncidentLog()

    def joins(fitted: float, severity: str) -> bool:
        alert = Alert(0.9, fitted, severity, fitted_probability=fitted)
        return log.find(reason, 1.0, alert, lambda known: known.rest_of(reason) > 0.5) is not None

    first = Alert(0.9, 1e-3, "low", fitted_probability=1e-3)
    log.begin(first, reason, 0.0, 100.0)
    assert joins(5e-4, "low")
    assert not joins(5e-5, "low")
    log.join(log._episodes[0], first, reason, 0.0, 100.0)
    assert joins(5e-5, "low")
    assert not joins(5e-5, "medium")
    assert joins(5e-2, "low")


def test_patience_grows_with_events_that_are_dense() -> None:
    assert patience(1, 0.0, 1000.0, 5.0) == 50.0
    assert patience(2, 10.0, 1000.0, 5.0) == 100.0
    assert patience(30, 20_000.0, 1000.0, 5.0) == 250.0
    assert patience(30, 100.0, 1000.0, 5.0) == 1000.0
    assert patience(1, 0.0, 20.0, 5.0) == 5.0
