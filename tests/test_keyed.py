"""KeyedDetector: one object per key, evicted, spilled and saved without a difference."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np
import pytest
from river import anomaly as river_anomaly

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import (
    ClippedMahalanobis,
    ClippedSurprisal,
    ClippedZScore,
    KeyedDetector,
    LabelDetector,
)
from clipsgd_river.preprocessing import ClippedScaler

pytestmark = pytest.mark.either_mode


class Table(MutableMapping[bytes, bytes]):
    """A mapping of bytes over a table of SQLite."""

    def __init__(self, path: str = ":memory:") -> None:
        self.base = sqlite3.connect(path)
        self.base.execute("create table states (key blob primary key, state blob)")

    def __getitem__(self, key: bytes) -> bytes:
        found = self.base.execute("select state from states where key = ?", (key,)).fetchone()
        if found is None:
            raise KeyError(key)
        return bytes(found[0])

    def __setitem__(self, key: bytes, state: bytes) -> None:
        self.base.execute("insert or replace into states values (?, ?)", (key, state))

    def __delitem__(self, key: bytes) -> None:
        if self.base.execute("delete from states where key = ?", (key,)).rowcount == 0:
            raise KeyError(key)

    def __iter__(self) -> Iterator[bytes]:
        return (bytes(key) for (key,) in self.base.execute("select key from states"))

    def __len__(self) -> int:
        return int(self.base.execute("select count(*) from states").fetchone()[0])


def stream(count: int, keys: int = 7, seed: int = 0) -> list[dict[Any, Any]]:
    rng = np.random.default_rng(seed)
    of = rng.integers(keys, size=count)
    values = rng.standard_t(3, size=(count, 3)) + of[:, None]
    return [
        {"user": f"u{key}", "a": row[0], "b": row[1], "c": row[2]}
        for key, row in zip(of.tolist(), values.tolist(), strict=True)
    ]


def scores_of_one_object_per_key(make: Any, events: list[dict[Any, Any]]) -> list[float]:
    models: dict[Any, Any] = {}
    scores = []
    for x in events:
        rest = {name: value for name, value in x.items() if name != "user"}
        model = models.setdefault(x["user"], make())
        scores.append(model.score_one(rest))
        model.learn_one(rest)
    return scores


@pytest.mark.parametrize(
    "make",
    [
        ClippedZScore,
        ClippedMahalanobis,
        lambda: ClippedScaler() | ClippedZScore(),
        lambda: river_anomaly.HalfSpaceTrees(n_trees=2, height=3, seed=1),
    ],
)
def test_each_key_scores_as_an_object_of_its_own(make: Any) -> None:
    events = stream(300)
    model = KeyedDetector(make(), key="user")
    assert [model.score_learn_one(x) for x in events] == scores_of_one_object_per_key(make, events)
    assert model.n_keys_ == 7


@pytest.mark.parametrize("states", [{}, Table()], ids=["dict", "SQLite"])
def test_what_is_spilled_comes_back_as_it_was(states: Any) -> None:
    events = stream(300)
    model = KeyedDetector(ClippedZScore(), key="user", max_keys=2)
    model.spill_to(states)
    scores = [model.score_learn_one(x) for x in events]
    assert scores == scores_of_one_object_per_key(ClippedZScore, events)
    assert model.n_keys_ == 2
    assert len(states) == 7


def test_without_a_mapping_an_evicted_key_starts_anew() -> None:
    model = KeyedDetector(key="user", max_keys=2)
    for x in stream(200, keys=2):
        model.learn_one(x)
    known = model.score_one({"user": "u0", "a": 99.0})
    for user in ("v", "w"):
        model.learn_one({"user": user, "a": 1.0})
    assert known > 0.9
    assert model.score_one({"user": "u0", "a": 99.0}) == 0.0
    assert model.n_keys_ == 2


def test_a_key_that_was_silent_for_its_time_to_live_is_forgotten_wherever_it_is() -> None:
    states: dict[bytes, bytes] = {}
    model = KeyedDetector(key="user", max_keys=1, ttl=5)
    model.spill_to(states)
    for _ in range(30):
        model.learn_one({"user": "a", "x": 1.0})
    model.learn_one({"user": "b", "x": 1.0})
    assert list(states) == [b'"a"']
    assert model.expect_one({"user": "a"})["x"][1] == 1.0
    for _ in range(5):
        model.learn_one({"user": "b", "x": 1.0})
    assert model.expect_one({"user": "a"}) == {}


def test_a_score_changes_nothing_though_its_key_was_spilled_or_is_new() -> None:
    states: dict[bytes, bytes] = {}
    model = KeyedDetector(key="user", max_keys=2)
    model.spill_to(states)
    for x in stream(100):
        model.learn_one(x)
    before, kept = model.to_bytes(), dict(states)
    for user in ("u0", "u1", "u2", "u3", "never seen", None):
        model.score_one({"user": user, "a": 1.0, "new": 2.0})
    assert model.to_bytes() == before
    assert states == kept


def test_an_event_that_is_refused_neither_starts_a_model_nor_evicts_one() -> None:
    model = KeyedDetector(key="user", max_keys=1)
    model.learn_one({"user": "a", "x": 1.0})
    before = model.to_bytes()
    with pytest.raises(TypeError, match="'x'"):
        model.learn_one({"user": "b", "x": "text"})
    with pytest.raises(TypeError, match=r"feature 'user' is .* of type list"):
        model.learn_one({"user": ["a"], "x": 1.0})
    assert model.to_bytes() == before


def test_an_interrupted_eviction_loses_no_key() -> None:
    class Interrupted(dict[bytes, bytes]):
        def __setitem__(self, key: bytes, state: bytes) -> None:
            raise KeyboardInterrupt

    model = KeyedDetector(key="user", max_keys=1)
    model.spill_to(Interrupted())
    model.learn_one({"user": "a", "x": 1.0})
    with pytest.raises(KeyboardInterrupt):
        model.learn_one({"user": "b", "x": 2.0})
    states: dict[bytes, bytes] = {}
    model.spill_to(states)
    model.learn_one({"user": "c", "x": 3.0})
    assert model.n_keys_ == 1
    assert [model.expect_one({"user": user})["x"][1] for user in "abc"] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("missing", [{}, {"user": None}, {"user": float("nan")}])
def test_events_without_a_key_share_a_model(missing: dict[str, Any]) -> None:
    model = KeyedDetector(key="user")
    model.learn_one(missing | {"x": 4.0})
    model.learn_one({"user": 1, "x": 5.0})
    model.learn_one({"user": np.float64(1.0), "x": 5.0})
    assert model.n_keys_ == 2
    assert model.expect_one()["x"][1] == 4.0


def test_several_features_are_a_key_together_and_a_state_file_keeps_them() -> None:
    model = KeyedDetector(ClippedZScore(), key=["site", ("host", 1)], max_keys=3)
    for site, host, x in (("a", 1, 1.0), ("b", 1, 2.0), ("a", 2, 3.0), ("b", None, 4.0)):
        model.learn_one({"site": site, ("host", 1): host, "x": x})
    again = KeyedDetector.from_bytes(model.to_bytes())
    assert again.key == model.key
    for copied in (again, copy.deepcopy(model), model):
        found = [
            copied.expect_one({"site": site, ("host", 1): host}).get("x", (0, 0, 0))[1]
            for site, host in (("a", 1), ("b", 1), ("a", 2), ("b", None))
        ]
        assert found == [0, 2.0, 3.0, 4.0]
        copied.learn_one({"site": "a", ("host", 1): 1, "x": 5.0})
        assert copied.expect_one({"site": "b", ("host", 1): 1}) == {}


def test_rows_with_text_as_key_are_events() -> None:
    frame = pytest.importorskip("pandas").DataFrame(stream(60))
    model, by_event = (KeyedDetector(key="user") for _ in range(2))
    assert model.score_learn_many(frame).tolist() == [
        by_event.score_learn_one(x) for x in frame.to_dict("records")
    ]
    with pytest.raises(TypeError, match="'a'"):
        model.learn_many(frame.assign(a="text"))
    assert model.to_bytes() == by_event.to_bytes()
    categories = KeyedDetector(ClippedSurprisal(), key="user")
    categories.learn_many(frame.assign(a="text"))
    assert categories.n_keys_ == 7


def test_one_alert_budget_goes_around_all_keys() -> None:
    frame = pytest.importorskip("pandas").DataFrame(stream(400))
    by_event, by_row = (AlertBudget(KeyedDetector(key="user"), 0.05) for _ in range(2))
    scores = [by_event.score_learn_one(x) for x in frame.to_dict("records")]
    assert by_row.score_learn_many(frame).tolist() == scores
    alert = by_event.alert_one({"user": "u3", "a": 1e6, "b": 3.0, "c": 3.0})
    assert alert is not None
    assert next(iter(alert.contributions)) == "a"


def test_bytes_are_keys_that_are_spilled_and_saved() -> None:
    model = KeyedDetector(key="user", max_keys=1)
    model.spill_to({})
    for user, x in ((b"a", 1.0), ("a", 2.0)):
        model.learn_one({"user": user, "x": x})
    assert model.expect_one({"user": b"a"})["x"][1] == 1.0
    model.learn_one({"user": b"a", "x": 1.0})
    assert KeyedDetector.from_bytes(model.to_bytes()).expect_one({"user": b"a"})["x"][1] == 1.0


def test_damaged_spilled_states_are_refused_by_the_name_of_the_key() -> None:
    states: dict[bytes, bytes] = {}
    model = KeyedDetector(key="user", max_keys=1)
    model.spill_to(states)
    for user in "ab":
        model.learn_one({"user": user, "x": 1.0})
    for damaged in (b"", states[b'"a"'][:-1]):
        states[b'"a"'] = damaged
        with pytest.raises(ValueError, match="spilled state of the key 'a'"):
            model.score_one({"user": "a", "x": 1.0})


def test_what_cannot_be_done_is_said_at_once() -> None:
    with pytest.raises(TypeError, match="targets"):
        KeyedDetector(LabelDetector())
    with pytest.raises(TypeError, match="River detector"):
        KeyedDetector(object())
    with pytest.raises(ValueError, match="empty list"):
        KeyedDetector(key=[])
    with pytest.raises(ValueError, match="max_keys"):
        KeyedDetector(max_keys=0)
    with pytest.raises(ValueError, match="no state file"):
        KeyedDetector(river_anomaly.HalfSpaceTrees()).spill_to({})


def test_an_alert_says_what_is_usual_for_the_key() -> None:
    rng = np.random.default_rng(5)
    model = AlertBudget(KeyedDetector(ClippedSurprisal(), key="user"), alert_rate=0.002)
    for n in range(3000):
        user, country = ("ann", "DE") if n % 2 else ("bob", "FR")
        model.learn_one({"user": user, "load": rng.normal(), "country": country})
    alert = model.alert_one({"user": "bob", "load": 0.1, "country": "DE"}, key="bob")
    assert alert is not None
    part = alert.features[0]
    assert (part.feature, part.value) == ("country", "DE")
    assert part.seen is not None
    assert part.seen.events == 1500
    assert "never seen in 1,500 events" in alert.sentence
