"""`ClippedSurprisal` on events as they come: text, flags, counts, amounts, and rows of them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.alerts.rules import Direction
from clipsgd_river.anomaly import ChangeAwareDetector, ClippedSurprisal

# Both modes are compared bit for bit in tests/test_compiled.py, and all checks run in both.
pytestmark = pytest.mark.either_mode

USERS = ("ann", "bob", "eve")
HOMES = {"ann": "DE", "bob": "FR", "eve": "DE"}


def log(n: int, seed: int = 0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return [
        {
            "user": (user := USERS[int(rng.integers(3))]),
            "country": HOMES[user],
            "port": int(rng.choice([80, 443, 443, 443])),
            "bytes": float(rng.lognormal(8, 1.5)),
            "errors": int(rng.random() < 0.03),
            "ok": bool(rng.random() < 0.99),
        }
        for _ in range(n)
    ]


USUAL: dict[str, Any] = {
    "user": "bob",
    "country": "FR",
    "port": 443,
    "bytes": 3000.0,
    "errors": 0,
    "ok": True,
}


def learned(events: list[dict[str, Any]], **parameters: Any) -> ClippedSurprisal:
    model = ClippedSurprisal(**parameters)
    for x in events:
        model.learn_one(x)
    return model


@pytest.fixture(scope="module")
def model() -> ClippedSurprisal:
    return learned(log(1500), given={"country": "user"}, categories=["port"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user", "mallory"),
        ("country", "KP"),
        ("country", "DE"),
        ("port", 31337),
        ("bytes", 1e9),
        ("bytes", -1e6),
        ("errors", 40),
        ("ok", False),
    ],
)
def test_an_odd_value_stands_out_and_is_what_explains_it(
    model: ClippedSurprisal, name: str, value: Any
) -> None:
    odd = {**USUAL, name: value}
    assert model.score_one(odd) > 0.7 > model.score_one(USUAL)
    found = model.explain_one(odd)
    assert max(found, key=lambda feature: found[feature]) == name
    assert sum(found.values()) == pytest.approx(model.distance_one(odd), rel=1e-9)
    bits = model.bits_one(odd)
    assert bits.keys() == found.keys()
    assert bits[name] > 5.0


def test_na_and_null_are_values_and_an_empty_cell_is_missing() -> None:
    events = [{"country": ("NA", "null", "DE")[t % 3], "x": 1.0} for t in range(300)]
    model = learned(events)
    assert model.describe_one({"country": "NA"})["country"] == ("NA", "seen in 100 of 300 events")
    for missing in ("", None, float("nan")):
        assert model.distance_one({"country": missing, "x": 1.0}) == 0.0
        before = model.counts_one()["country"]
        model.learn_one({"country": missing})
        assert model.counts_one()["country"] == before


def test_where_every_value_is_new_none_is_news() -> None:
    rng = np.random.default_rng(0)
    events = [{"id": f"request {t}", "x": float(rng.normal())} for t in range(500)]
    model = learned(events)
    assert model.bits_one({"id": "request 500", "x": 0.0})["id"] == pytest.approx(0.0, abs=0.1)
    # It is news that one comes back; what is frequent is never surprising here.
    assert model.bits_one({"id": "request 499", "x": 0.0})["id"] == pytest.approx(0.0, abs=0.1)


def test_equally_frequent_users_are_no_news() -> None:
    rng = np.random.default_rng(1)
    model = learned([{"user": f"u{rng.integers(50)}"} for _ in range(3000)])
    assert max(model.bits_one({"user": f"u{k}"})["user"] for k in range(50)) < 2.0
    assert model.bits_one({"user": "stranger"})["user"] > 4.0


def test_given_says_more_and_takes_nothing_away() -> None:
    events = log(1500)
    plain = learned(events)
    given = learned(events, given={"country": "user", "port": "user"})
    moved, foreign = {**USUAL, "country": "DE"}, {**USUAL, "country": "KP"}
    assert given.bits_one(moved)["country"] > 5.0 > plain.bits_one(moved)["country"]
    assert given.bits_one(foreign)["country"] >= plain.bits_one(foreign)["country"] - 1e-9


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_frames_with_text_are_their_events(library: str) -> None:
    module = pytest.importorskip(library)
    events = log(120)
    events[7]["country"] = events[9]["bytes"] = None
    columns = {name: [x[name] for x in events] for name in events[0]}
    frame = module.table(columns) if library == "pyarrow" else module.DataFrame(columns)
    by_event, by_row = ClippedSurprisal(), ClippedSurprisal()
    scores = [by_event.score_learn_one(x) for x in events]
    assert by_row.score_learn_many(frame).tolist() == scores
    assert by_row.to_bytes() == by_event.to_bytes()
    by_row = ClippedSurprisal()
    by_row.learn_many(frame)
    assert by_row.to_bytes() == by_event.to_bytes()
    asked = [by_event.score_one(x) for x in events]
    assert np.asarray(by_event.score_many(frame)).tolist() == asked
    fitted = ClippedSurprisal().fit(frame)
    assert fitted.score_samples(frame).tolist() == [-by_event.distance_one(x) for x in events]
    assert set(fitted.predict(frame)) <= {-1, 1}
    why = fitted.explain_many(frame, n=1)
    first = by_event.explain_one(events[0])
    assert np.asarray(why["feature_1"])[0] == max(first, key=lambda name: first[name])


def test_a_column_of_numbers_takes_no_text_and_nothing_of_the_batch_is_learned() -> None:
    pd = pytest.importorskip("pandas")
    model = learned(log(50))
    before = model.to_bytes()
    odd = [*log(5), {**USUAL, "bytes": "many"}]
    with pytest.raises(TypeError, match=r"'bytes'.*'many'.*categories=\['bytes'\]"):
        model.learn_one(odd[-1])
    for rows in (odd, pd.DataFrame(odd)):
        with pytest.raises(TypeError, match="'bytes'"):
            model.learn_many(rows)
    assert model.to_bytes() == before
    with pytest.raises(TypeError, match="'mixed'"):
        ClippedSurprisal().learn_many(pd.DataFrame({"mixed": [1.0, "two"]}))
    with pytest.raises(TypeError, match="'when'"):
        model.learn_one({"when": [1, 2]})
    # What is fitted anew may be otherwise than before.
    model.fit(pd.DataFrame({"bytes": ["many", "few"] * 5}))
    assert model.categories_ == ["bytes"]


def test_equal_numbers_are_one_category() -> None:
    model = learned([{"port": 80 + t % 2} for t in range(200)], categories=["port"])
    told = [model.describe_one({"port": same})["port"][1] for same in (80, 80.0, np.int64(80))]
    assert told == ["seen in 100 of 200 events"] * 3


@pytest.mark.parametrize(
    "copied",
    [
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
        lambda model: ClippedSurprisal.from_bytes(model.to_bytes()),
    ],
    ids=["deepcopy", "pickle", "from_bytes"],
)
def test_copies_go_on_alike(model: ClippedSurprisal, copied: Any) -> None:
    original, twin = copy.deepcopy(model), copied(model)
    for x in [*log(60, seed=3), {**USUAL, "country": "KP"}]:
        assert twin.score_learn_one(x) == original.score_learn_one(x)
    assert twin.to_bytes() == original.to_bytes()
    assert twin.get_params() == original.get_params()


def test_a_state_without_its_values_is_refused(model: ClippedSurprisal) -> None:
    from clipsgd_river._state import file_format

    fields, numbers = file_format.decode(model.to_bytes())
    assert len(fields["values"][0]) == len(USERS) + 1
    for values in ([], fields["values"][:-1], [["x"], *fields["values"][1:]], None):
        forged = file_format.encode(file_format.make_header({**fields, "values": values}), numbers)
        with pytest.raises(ValueError, match="damaged"):
            ClippedSurprisal.from_bytes(forged)


def test_a_burst_stays_unusual_and_a_lasting_change_does_not() -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(6000, 3))
    model = ClippedSurprisal(memory=2000)
    model.learn_many(rows)
    moved = np.array([8.0, 0.0, 0.0])
    burst = rng.normal(size=(3, 3)) + moved
    before = model.distance_one({0: 8.0, 1: 0.0, 2: 0.0})
    limits = model._kernel.joined.total.value, model._kernel.joined.largest.value
    model.learn_many(np.tile(burst, (27, 1)))
    usual = float(np.median(model.score_many(rows[-500:])))
    assert model.distance_one({0: 8.0, 1: 0.0, 2: 0.0}) > 2.0 * np.median(
        [model.distance_one(dict(enumerate(row))) for row in rows[-500:].tolist()]
    )
    assert usual == pytest.approx(0.5, abs=0.1)
    after = model._kernel.joined.total.value, model._kernel.joined.largest.value
    assert after == pytest.approx(limits, rel=0.1)
    model.learn_many(rng.normal(size=(2000, 3)) + moved)
    assert model.distance_one({0: 8.0, 1: 0.0, 2: 0.0}) < 0.1 * before


def test_one_odd_cell_among_many_columns_comes_first() -> None:
    rows = np.random.default_rng(3).normal(size=(1200, 100))
    rows[1000, 3] = 10.0
    distances = ClippedSurprisal().distance_learn_many(rows)
    assert distances[1000] == distances[50:].max()


def test_what_features_share_counts_once() -> None:
    rng = np.random.default_rng(5)
    size = rng.normal(size=(4000, 1))
    together = np.hstack([size + 0.1 * rng.normal(size=(4000, 3)), rng.normal(size=(4000, 3))])
    model = ClippedSurprisal()
    model.learn_many(together)
    usual, alike, apart = (dict.fromkeys(range(6), 0.0) for _ in range(3))
    alike.update({0: 2.5, 1: 2.5, 2: 2.5})
    apart.update({3: 2.5, 4: 2.5, 5: 2.5})
    bits = model.bits_one(alike)
    assert model.distance_one(usual) < model.distance_one(alike) < 0.7 * sum(bits.values())
    assert model.distance_one(alike) > max(bits.values())
    assert model.distance_one(apart) > 1.5 * model.distance_one(alike)


def test_bits_are_p_values() -> None:
    rng = np.random.default_rng(4)
    for values in (rng.normal(size=20_000), rng.lognormal(0.0, 1.5, 20_000)):
        model, bits = ClippedSurprisal(), []
        for value in values.tolist():
            bits.append(model.bits_one({0: value}).get(0, 0.0))
            model.learn_one({0: value})
        share = np.mean(np.exp2(-np.array(bits[5000:])) <= 0.01)
        assert 0.005 <= share <= 0.02


def test_places_of_categories_pass_on() -> None:
    model = ClippedSurprisal(max_features=2)
    for t in range(20):
        model.learn_one({"a": "x", "b": "yz"[t % 2]})
    with pytest.raises(ValueError, match="max_features"):
        model.learn_one({"c": 1.0})
    for _ in range(10_001):
        model.learn_one({"a": "x"})
    model.learn_one({"c": 1.0, "a": "x"})
    assert model.features_ == ["a", "c"]
    assert model.categories_ == ["a"]
    assert ClippedSurprisal.from_bytes(model.to_bytes()).to_bytes() == model.to_bytes()


def test_alerts_tell_of_categories_flags_and_amounts() -> None:
    budget = AlertBudget(ClippedSurprisal(given={"country": "user"}), alert_rate=0.01)
    above = Direction(AlertBudget(ClippedSurprisal(), alert_rate=0.01), "above")
    for x in log(1500):
        budget.learn_one(x)
        above.learn_one(x)
    stolen = budget.alert_one({**USUAL, "country": "DE"})
    assert stolen is not None
    assert stolen.sentence.startswith("country was 'DE', never seen with user 'bob' in ")
    assert stolen.features[0].value == "DE"
    amount = budget.alert_one({**USUAL, "bytes": 5e12})
    assert amount is not None
    assert amount.sentence.startswith("bytes was 5,000,000,000,000, usually between ")
    flag = above.alert_one({**USUAL, "errors": 30})
    assert flag is not None
    assert flag.sentence.startswith("errors was 30; 0 in 97 % of events")


def test_what_is_usual_is_said_of_every_kind_of_feature(model: ClippedSurprisal) -> None:
    before = model.to_bytes()
    odd = {**USUAL, "country": "KP", "errors": 40, "bytes": 5e12, "new": 1.0, "ok": None}
    said = model.describe_one(odd)
    assert {name: value for name, (value, _) in said.items()} == {
        name: odd[name] for name in ("user", "country", "port", "bytes", "errors")
    }
    assert said["country"][1].startswith("never seen with user 'bob' in ")
    assert said["errors"][1] == "0 in 97 % of events, 1 in 3 %"
    assert said["bytes"][1].startswith("usually between ")
    assert model.describe_one({"ok": False})["ok"][1] == "1 in 99.1 % of events, 0 in 0.9 %"
    assert model.describe_categories_one(odd).keys() == {"user", "country", "port"}
    assert model.to_bytes() == before
    assert ClippedSurprisal().describe_one(odd) == {}


def test_a_memory_that_ends_at_changes_takes_events_with_text() -> None:
    pd = pytest.importorskip("pandas")
    events = log(900)
    for x in events[600:]:
        x["bytes"] *= 1e4
    by_event, by_row = (ChangeAwareDetector(ClippedSurprisal()) for _ in range(2))
    for x in events:
        by_event.learn_one(x)
    by_row.learn_many(pd.DataFrame(events))
    assert by_row.to_bytes() == by_event.to_bytes()
    assert by_event._detector.to_bytes() != learned(events).to_bytes()
    odd = {**USUAL, "country": "KP"}
    assert by_row.score_many(pd.DataFrame([USUAL, odd])).tolist() == [
        by_event.score_one(x) for x in (USUAL, odd)
    ]
    assert by_event.describe_one(odd) == by_event._detector.describe_one(odd)
    before = by_event.to_bytes()
    for refused in ({**USUAL, "bytes": "many"}, {"when": [1, 2]}):
        with pytest.raises(TypeError, match=r"'(bytes|when)'"):
            by_event.learn_one(refused)
        assert by_event.to_bytes() == before
    budget = AlertBudget(ChangeAwareDetector(ClippedSurprisal()), alert_rate=0.01)
    for x in events[:600]:
        budget.learn_one(x)
    alert = budget.alert_one(odd)
    assert alert is not None
    assert alert.sentence.startswith("country was 'KP', never seen in ")
    with pytest.raises(TypeError, match="SurprisalEncoder"):
        ChangeAwareDetector().learn_one(USUAL)
    assert not hasattr(ChangeAwareDetector(), "describe_one")


def test_filters_take_frames_with_text() -> None:
    pd = pytest.importorskip("pandas")
    events = log(400)
    for filter_class, rate in ((AlertBudget, {"alert_rate": 0.02}), (TailFilter, {"q": 0.02})):
        by_row = filter_class(ClippedSurprisal(), **rate)
        by_event = filter_class(ClippedSurprisal(), **rate)
        found = by_row.classify_learn_many(pd.DataFrame(events)).tolist()
        assert found == [by_event.alert_one(x) is not None for x in events]
        assert by_row.to_bytes() == by_event.to_bytes()


VALUES = st.one_of(
    st.floats(),
    st.sampled_from([0.0, 1.0, 1e308, -1e308, 5e-324, 0.3, 0.1 + 0.2]),
    st.none(),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(VALUES, VALUES, st.sampled_from(["", "a", "b", "NA"]), st.text(max_size=3)),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from([100, 10_000]),
)
def test_whatever_comes_distances_are_finite_and_explained(rows: list[Any], memory: int) -> None:
    model = ClippedSurprisal(memory=memory, warm_up=5, given={"c": "d"})
    for a, b, c, d in rows:
        x = {"a": a, "b": b, "c": c, "d": d}
        distance = model.distance_one(x)
        assert 0.0 <= distance < 1e6
        assert sum(model.explain_one(x).values()) == pytest.approx(distance, rel=1e-9, abs=1e-12)
        assert all(0.0 <= bits <= 100.0 for bits in model.bits_one(x).values())
        assert 0.0 <= model.score_learn_one(x) < 1.0
    for low, expected, high in model.expect_one().values():
        assert low <= expected <= high
    assert ClippedSurprisal.from_bytes(model.to_bytes()).to_bytes() == model.to_bytes()


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"memory": 99}, ValueError),
        ({"memory": 1e4}, TypeError),
        ({"given": {"a": "a"}}, ValueError),
        ({"given": "ab"}, TypeError),
        ({"categories": "port"}, TypeError),
        ({"max_values": 3}, ValueError),
    ],
)
def test_parameters_are_checked(parameters: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(parameters))):
        ClippedSurprisal(**parameters).learn_one({"a": 1.0})
