"""SurprisalEncoder in front of a detector in an alert filter: what is found, and how it is said."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest
from log_ins import log_ins

from clipsgd_river import COMPILED
from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.anomaly import ClippedEnsemble, ClippedZScore
from clipsgd_river.preprocessing import SurprisalEncoder

EVENTS = 2000 if COMPILED else 500


def test_a_pipeline_takes_log_ins_as_they_are() -> None:
    model = AlertBudget(SurprisalEncoder(given={"country": "user"}) | ClippedEnsemble(), 0.01)
    for x in log_ins(EVENTS):
        model.learn_one(x)
    usual = {"user": "u1", "country": "FR", "port": 80, "bytes": 0.1}
    strange = {**usual, "country": "KP"}
    assert model.distance_one(strange) > 2 * model.distance_one(usual)
    # One-sided: what is more common than usual is no anomaly.
    assert model.alert_one(usual) is None


def test_how_often_is_said_in_words() -> None:
    encoder = SurprisalEncoder(["port"], given={"country": "user"}, learning_rate=0.005)
    assert encoder.describe_one({"country": "KP"}) == {}
    for i in range(100):
        encoder.learn_one({"user": "alice", "country": "DE", "port": 22 if i % 4 else 80})
    asked = {"user": "alice", "country": "KP", "port": 80, "bytes": 3.0, "new": "x"}
    assert encoder.describe_one(asked) == {
        "user": ("alice", "seen in 99 of 99 events"),
        "country": ("KP", "never seen with user 'alice' in 99 events"),
        "port": (80, "seen in 25 of 99 events"),
    }
    fresh = {"country": "DE", "user": "bob"}
    assert encoder.describe_one(fresh)["country"][1] == "seen in 99 of 99 events; user 'bob' is new"
    assert encoder.describe_one({"country": "DE"})["country"][1] == "seen in 99 of 99 events"
    for _ in range(3000):
        encoder.learn_one({"user": "bob", "port": 443})
    said = encoder.describe_one({"user": "alice", "port": 22, "country": "DE"})
    assert said["user"][1] == "not seen in the last 200 events"
    # The last country waits for the next.
    assert said["country"][1] == "seen in 99 of 99 events with user 'alice'"
    assert encoder.describe_one({"user": "bob"})["user"][1] == "seen in 200 of the last 200 events"
    few = SurprisalEncoder(max_values=10)
    for i in range(100):
        few.learn_one({"v": str(i)})
    assert few.describe_one({"v": "0"})["v"][1].startswith("not seen often enough to be kept")


def test_alerts_name_the_value_and_how_often_it_was_seen() -> None:
    model = AlertBudget(SurprisalEncoder(given={"country": "user"}) | ClippedEnsemble(), 0.01)
    for i in range(EVENTS):
        user = ("alice", "bob", "carol")[i % 3]
        model.learn_one({"user": user, "country": "FR" if user == "bob" else "DE", "b": i % 7})
    alert = model.alert_one({"user": "bob", "country": "DE", "b": 3})
    assert alert is not None
    (behind, *_) = alert.features
    assert (behind.feature, behind.value) == ("country", "DE")
    count = (EVENTS - 1) // 3
    words = f"country was 'DE', never seen with user 'bob' in {count} events"
    assert str(behind) == words
    assert alert.sentence.startswith(words)
    told = alert.to_dict()["features"][0]
    assert told["value"] == "DE"
    assert told["description"] in words
    restored = AlertBudget.from_bytes(model.to_bytes())
    assert restored.to_bytes() == model.to_bytes()
    x = {"user": "alice", "country": "KP\n\x1b[31m" + "x" * 200, "b": 3}
    found, wanted = restored.alert_one(x), model.alert_one(x)
    assert found == wanted
    assert found is not None
    assert "KP" in found.sentence
    assert "x" * 60 not in found.sentence
    assert found.sentence.isprintable()


@pytest.mark.parametrize("kind", [AlertBudget, TailFilter])
def test_filters_take_tables_with_text(kind: Any) -> None:
    frame = pd.DataFrame(list(log_ins(300)), columns=["user", "country", "port", "bytes"])
    one, many = (kind(SurprisalEncoder(["port"]) | ClippedZScore()) for _ in range(2))
    wanted = []
    for x in log_ins(300):
        wanted.append(one.score_one(x))
        one.learn_one(x)
    assert many.score_learn_many(pl.from_pandas(frame)).tolist() == wanted
    assert many.to_bytes() == one.to_bytes()
    with pytest.raises(TypeError, match="'user' holds"):
        kind(ClippedZScore()).learn_many(frame)
