"""Alert: what it says in words, as a dict and as JSON."""

from __future__ import annotations

import ast
import dataclasses
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from clipsgd_river import alerts
from clipsgd_river._words.seen import Seen
from clipsgd_river.alerts import Alert, AlertBudget, TailFilter
from clipsgd_river.alerts._filter import explain
from clipsgd_river.alerts.alert import described, odd_ones, severity_of, student_tail
from clipsgd_river.anomaly import ClippedEnsemble, ClippedZScore


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is no strict JSON")


def test_student_tail_is_scipys() -> None:
    for t in (0.0, 0.3, 1.0, 3.182446305284263, 40.0):
        assert student_tail(t) == pytest.approx(2 * stats.t(3).sf(t), rel=1e-9)


@pytest.mark.parametrize(
    ("value", "direction", "frequency"),
    [
        (10.0, "within", "frequent"),
        (11.9, "within", "frequent"),
        (12.1, "above", "infrequent"),
        (5.5, "below", "rare"),
        (60.0, "above", "unseen"),
        (math.inf, "above", "unseen"),
    ],
)
def test_direction_and_frequency(value: float, direction: str, frequency: str) -> None:
    (part,) = described({"a": value}, {"a": 1.0}, {"a": (8.0, 10.0, 12.0)})
    assert (part.direction, part.frequency) == (direction, frequency)


def test_a_constant_feature_that_changes_was_never_seen() -> None:
    band = {"a": (3.0, 3.0, 3.0)}
    assert described({"a": 3.0}, {"a": 1.0}, band)[0].frequency == "frequent"
    assert described({"a": 3.1}, {"a": 1.0}, band)[0].frequency == "unseen"
    assert str(described({"a": 3.1}, {"a": 1.0}, band)[0]) == "a was 3.1, usually 3"


def test_the_largest_contributions_come_first_and_three_at_most() -> None:
    parts = {"a": 1.0, "b": 5.0, "c": -1.0, "d": 2.0, "e": 3.0, "unknown": 9.0}
    bands = dict.fromkeys("abcde", (0.0, 1.0, 2.0))
    found = described(dict.fromkeys("abcde", 4.0), parts, bands)
    assert [part.feature for part in found] == ["b", "e", "d"]


def test_severity_goes_by_rarity() -> None:
    words = [severity_of(times) for times in (0.1, 9.9, 10.0, 100.0, 1e3, math.inf)]
    assert words == ["low", "low", "medium", "high", "critical", "critical"]


def test_sentences() -> None:
    bands = {"f1": (20.0, 50.0, 75.0), "f2": (0.0, 1.0, 2.0)}
    far = described({"f1": 900.0, "f2": 1.5}, {"f1": 9.0, "f2": 1.0}, bands)
    alert = Alert(0.9, 1e-4, "high", datetime(2026, 1, 2, tzinfo=UTC), "web-1", {}, far)
    assert alert.sentence == (
        "2026-01-02 00:00:00+00:00, web-1: f1 was 900, usually between 20 and 75; about 1 event "
        "in 10,000 is as unusual."
    )
    together = described({"f1": 60.0, "f2": 1.5}, {"f1": 9.0, "f2": 1.0}, bands)
    assert Alert(0.9, None, features=together).sentence == (
        "f1 was 60, usually between 20 and 75; f2 was 1.5, usually between 0 and 2; each is "
        "ordinary, but they do not go together as usual."
    )
    assert Alert(0.91234567).sentence == "the event scored 0.9123."
    hostile = Alert(0.5, key="a\nb\x1b[31m").sentence
    assert hostile.isprintable()


@pytest.mark.parametrize(
    ("p", "events", "said"),
    [
        (1e-304, 5760, "less than 1 event in 5,000 is as unusual."),
        (1e-304, None, "less than 1 event in 1,000,000 is as unusual."),
        (0.00025, 5760, "about 1 event in 4,000 is as unusual."),
        (0.25, 5760, "about 1 event in 4 is as unusual."),
        (1e-9, 1, "less than 1 event in 2 is as unusual."),
    ],
)
def test_no_event_is_called_rarer_than_so_many_can_show(
    p: float, events: int | None, said: str
) -> None:
    assert Alert(0.9, p, events=events).sentence == f"the event scored 0.9; {said}"


def test_filters_say_how_many_events_they_judged() -> None:
    rng = np.random.default_rng(0)
    for model in (AlertBudget(ClippedZScore(), 0.01), TailFilter(ClippedZScore(), 1e-4)):
        for value in rng.normal(size=600):
            model.learn_one({"a": float(value)})
        alert = model.alert_one({"a": 1e6})
        assert alert is not None
        assert alert.events == 600
        assert alert.sentence.endswith("; less than 1 event in 600 is as unusual.")
        assert alert.to_dict()["events"] == 600


def test_the_value_of_most_events_is_no_reason() -> None:
    bands = {"errors": (0.1, 0.2, 0.3), "load": (40.0, 50.0, 60.0)}
    seen = {"errors": Seen(0.0, 3.0, ((0.0, 0.9), (1.0, 0.1)), None, 500)}
    event, parts = {"errors": 0.0, "load": 90.0}, {"errors": 5.0, "load": 4.0}
    found = described(event, parts, bands, None, seen)
    assert Alert(0.9, features=found).sentence == "load was 90, usually between 40 and 60."
    assert Alert(0.9, features=found[:1]).sentence == (
        "errors was 0, as in 90 % of events, which is unusual here."
    )


def test_an_alert_among_few_events_ranks_no_higher_than_so_few_can_show() -> None:
    def rank(known: float, fitted: float | None, events: int | None) -> float:
        found = Alert(0.9, known, fitted_probability=fitted, events=events).rank_probability
        assert found is not None
        return found

    assert rank(0.02, 1e-30, 200) == pytest.approx(math.sqrt(0.02 * 0.01 / 200))
    assert rank(0.02, 1e-6, 60_000) == pytest.approx(math.sqrt(0.02 * 1e-6))
    assert rank(0.02, 1e-30, None) == pytest.approx(math.sqrt(0.02 * 1e-30))
    assert rank(0.02, None, 200) == 0.02
    assert Alert(0.9, None, fitted_probability=0.03).rank_probability == 0.03
    # "Less than 1 in 500", however far it is, comes after "1 in 4,000".
    assert rank(1 / 500, 1e-30, 500) > rank(1 / 4_000, 1 / 8_000, 9_000)


def test_a_value_within_its_band_is_a_reason_where_words_describe_it() -> None:
    bands = {"flow": (90.0, 100.0, 110.0), "load": (40.0, 50.0, 60.0)}
    event, parts = {"flow": 100.2, "load": 51.0}, {"flow": 5.0, "load": 1.0}
    words = {"flow": (100.2, "the same value 32 times in a row")}
    found = described(event, parts, bands, words)
    assert [part.feature for part in odd_ones(found)] == ["flow"]
    assert "the same value 32 times in a row" in Alert(0.9, features=found).sentence


def test_it_says_which_past_an_event_is_unusual_against() -> None:
    rng = np.random.default_rng(0)
    model = ClippedEnsemble()
    for row in rng.normal(size=(3_000, 2)).tolist():
        model.learn_one({"a": row[0], "b": row[1]})
    odd = {"a": 7.0, "b": 0.0}
    assert explain(model, odd).past is None
    for value in rng.normal(7.0, 0.1, 25).tolist():
        model.learn_one({"a": value, "b": rng.normal()})
    past = explain(model, odd).past
    assert past == "unusual against the 3,025 events before it, but like the latest of them"
    for _ in range(400):
        model.learn_one({"a": rng.normal(7.0, 0.1), "b": rng.normal()})
    assert explain(model, {"a": 0.1, "b": 0.0}).past == (
        "usual among the 3,425 events before it, but unlike the latest of them"
    )
    assert explain(ClippedZScore(), odd).past is None


def test_the_past_is_in_the_sentence() -> None:
    alert = Alert(0.9, 0.25, past="like the latest events")
    assert alert.sentence == (
        "the event scored 0.9; like the latest events; about 1 event in 4 is as unusual."
    )
    assert alert.to_dict()["past"] == alert.past


def test_a_score_below_1_does_not_look_like_it() -> None:
    assert Alert(0.9999981).sentence == "the event scored 0.999998."


def test_json_is_strict_whatever_the_keys_and_values() -> None:
    bands: dict[Any, Any] = {1: (-1.0, 0.0, 1.0)}
    parts: dict[Any, float] = {1: math.inf, "1": math.nan, None: 2.0, (1, "a"): np.float64(3.0)}
    alert = Alert(
        0.99,
        math.nan,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        key=np.int64(7),
        contributions=parts,
        features=described({1: -math.inf}, {1: 2.0}, bands),
    )
    found = json.loads(alert.to_json(), parse_constant=refuse)
    assert found == alert.to_dict()
    assert found["key"] == 7
    assert found["time"] == "2026-01-01T00:00:00+00:00"
    assert found["contributions"] == {
        "1": "Infinity",
        "1 (str)": None,
        "None": 2.0,
        "(1, 'a')": 3.0,
    }
    assert found["features"][0]["actual"] == "-Infinity"
    assert "\n" not in alert.to_json()


def test_an_alert_does_not_change() -> None:
    alert = Alert(0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        alert.score = 0.6  # type: ignore[misc]
    assert not hasattr(alert, "__dict__")


@pytest.mark.parametrize(
    "path", sorted(Path(alerts.__file__).parent.rglob("*.py")), ids=lambda path: path.name
)
def test_alerts_import_no_detector(path: Path) -> None:
    imports = [
        node.module or ""
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ImportFrom)
    ]
    assert not [name for name in imports if name.startswith("clipsgd_river.anomaly")]
