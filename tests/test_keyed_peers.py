"""KeyedDetector with a prior and groups: young keys judged as their peers, wherever they are."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedSurprisal, ClippedZScore, KeyedDetector
from clipsgd_river.preprocessing import ClippedScaler

pytestmark = pytest.mark.either_mode


def stream(count: int, keys: int = 40, teams: bool = False) -> Iterator[Any]:
    rng = np.random.default_rng(0)
    levels = 3.0 * rng.standard_normal((keys, 3))
    for _ in range(count):
        key = int(rng.integers(keys))
        a, b, c = (rng.standard_normal(3) + levels[key]).tolist()
        team = {"team": f"t{key % 4}"} if teams else {}
        yield {"user": f"u{key}", **team, "a": a, "b": b, "c": c}


def trained(events: int = 1500, keys: int = 40, **parameters: Any) -> KeyedDetector:
    model = KeyedDetector(ClippedZScore(), key="user", **parameters)
    for x in stream(events, keys):
        model.learn_one(x)
    return model


@pytest.mark.parametrize(
    "detector", [ClippedZScore(), ClippedSurprisal(), ClippedScaler() | ClippedZScore()]
)
def test_copies_state_files_and_spilled_keys_go_on_identically(detector: Any) -> None:
    events = list(stream(480, keys=24, teams=True))
    how = {"key": "user", "prior": True, "group": "team"}
    kept, model = KeyedDetector(detector, **how), KeyedDetector(detector, **how, max_keys=20)
    states: dict[bytes, bytes] = {}
    model.spill_to(states)
    for x in events[:300]:
        assert kept.score_learn_one(x) == model.score_learn_one(x)
    twins = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    twins.append(KeyedDetector.from_bytes(model.to_bytes()))
    for twin in twins:
        twin.spill_to(dict(states))
    for x in events[300:]:
        wanted = kept.score_one(x)
        assert kept.score_learn_one(x) == wanted
        assert [each.score_one(x) for each in (model, *twins)] == [wanted] * 4
        assert [each.score_learn_one(x) for each in (model, *twins)] == [wanted] * 4


def test_a_settled_key_scores_as_without_a_prior_and_a_key_alone_always() -> None:
    own = KeyedDetector(ClippedZScore(), key="user")
    model = KeyedDetector(ClippedZScore(), key="user", prior=True)
    alone = KeyedDetector(ClippedZScore(), key="user", prior=True)
    seen: dict[Any, int] = {}
    differ = 0
    for x in stream(3000):
        scores = own.score_learn_one(x), model.score_learn_one(x)
        differ += scores[0] != scores[1]
        assert seen.get(x["user"], 0) < 50 or scores[0] == scores[1]
        seen[x["user"]] = seen.get(x["user"], 0) + 1
    assert differ > 1000
    own = KeyedDetector(ClippedZScore(), key="user")
    for x in stream(200, keys=1):
        assert alone.score_learn_one(x) == own.score_learn_one(x)


def test_the_first_event_of_a_new_key_is_judged_as_its_peers() -> None:
    with_prior = trained(prior=True)
    usual, odd = ({"user": "new", "a": 0.0, "b": 0.0, "c": level} for level in (0.0, 90.0))
    assert trained().score_one(odd) == 0.0
    assert with_prior.score_one(usual) < 0.5 < 0.85 < with_prior.score_one(odd)
    assert with_prior.distance_one(odd) == pytest.approx(sum(with_prior.explain_one(odd).values()))
    contributions = with_prior.explain_one(odd)
    assert max(contributions, key=lambda name: contributions[name]) == "c"
    low, _, high = with_prior.expect_one(odd)["c"]
    assert -20.0 < low < -3.0
    assert 3.0 < high < 20.0


def test_an_outlier_among_the_first_events_does_not_spoil_a_key() -> None:
    model = trained(prior=True)
    rng = np.random.default_rng(1)
    for level in (5.0, 1e300, 5.0, 5.0, 5.0, 5.0):
        a, b, c = (level + rng.standard_normal(3)).tolist()
        model.learn_one({"user": "new", "a": a, "b": b, "c": c})
    low, expected, high = model.expect_one({"user": "new", "a": 5.0, "b": 5.0, "c": 5.0})["a"]
    assert abs(expected - 5.0) < 2.0
    assert high - low < 12.0


def test_an_evicted_key_is_young_again() -> None:
    model = trained(prior=True, max_keys=30)
    assert 0 < len(model._peers.population.young) <= 30
    for i in range(30):
        model.learn_one({"user": f"v{i}", "a": 0.0})
    assert sorted(model._peers.population.young) == sorted(f"v{i}" for i in range(30))


def test_a_key_that_does_what_its_group_does_is_usual() -> None:
    rng = np.random.default_rng(0)
    model = KeyedDetector(ClippedZScore(), key="user", group="team")
    for _ in range(400):
        for user, (team, level) in {"ann": ("x", 0), "bob": ("x", 40), "eve": ("y", 0)}.items():
            model.learn_one({"user": user, "team": team, "a": level + rng.standard_normal()})
    ann, eve = ({"user": user, "team": team, "a": 40.0} for user, team in ("ax", "ey"))
    ann, eve = {**ann, "user": "ann"}, {**eve, "user": "eve"}
    assert model.score_one(ann) < 0.7 < 0.9 < model.score_one(eve)
    assert model.score_one({**ann, "team": None}) > 0.9
    assert model.score_one({**ann, "team": "new"}) > 0.9
    assert model.expect_one(ann)["a"][2] > 40.0 > model.expect_one(eve)["a"][2]


def test_alerts_say_whose_bands_they_are() -> None:
    budget = AlertBudget(KeyedDetector(ClippedZScore(), key="user", prior=True, group="team"), 0.01)
    for x in stream(3000, teams=True):
        budget.learn_one(x)
    odd = {"user": "u1", "team": "t1", "a": 900.0, "b": 0.0, "c": 0.0}
    alert = budget.alert_one(odd)
    assert alert is not None
    assert "in its group" in alert.sentence
    assert "for itself" in alert.sentence
    alert = budget.alert_one({**odd, "user": "new", "team": None, "a": -900.0})
    assert alert is not None
    assert "for its peers, with no event of its own" in alert.sentence


def test_what_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="prior"):
        KeyedDetector(prior="yes")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="group"):
        KeyedDetector(group=["a"])
    with pytest.raises(ValueError, match="group"):
        KeyedDetector(key="user", group="user")
    model = trained(100, prior=True)
    before = model.to_bytes()
    with pytest.raises(TypeError, match="'a'"):
        model.learn_one({"user": "u0", "a": "text"})
    assert model.to_bytes() == before
