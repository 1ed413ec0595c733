"""ClippedEnsemble over given detectors: the formula, foreign members, what is refused."""

from __future__ import annotations

import copy
import pickle
from math import sqrt
from typing import Any

import numpy as np
import pytest
import sklearn.base
from river import anomaly, base, compose, linear_model, preprocessing, stats

from clipsgd_river.anomaly import (
    FITNESS,
    ClippedEnsemble,
    ClippedKernelMean,
    ClippedMahalanobis,
    ClippedZScore,
    ResidualDetector,
)


def foreign() -> list[Any]:
    """Return detectors of River: one waits for its window to fill, one scores below 0."""
    return [
        preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(n_trees=3, window_size=60, seed=1),
        preprocessing.StandardScaler() | anomaly.OneClassSVM(),
    ]


def rows(count: int = 200, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(count, 3)) * [1.0, 10.0, 0.1]


def events(count: int = 200, seed: int = 0) -> list[dict[int, float]]:
    return [dict(enumerate(row)) for row in rows(count, seed).tolist()]


def learned(model: Any, count: int = 200) -> Any:
    for x in events(count):
        model.learn_one(x)
    return model


class Said(base.AnomalyDetector):
    """Says what the event tells it to."""

    def __init__(self, feature: str = "said") -> None:
        self.feature = feature
        self.seen: list[dict[Any, float]] = []

    def learn_one(self, x: dict[Any, float]) -> None:
        self.seen.append(x)

    def score_one(self, x: dict[Any, float]) -> float:
        return x.get(self.feature, float("nan"))


def f(v: float) -> float:
    return v + sqrt(1 + v * v)


def test_scores_are_compared_with_the_usual_ones() -> None:
    """Usual scores of -3 to 3 have the median 0: only their spread has to be found."""
    model = ClippedEnsemble(detectors=[Said()], warm_up=1000)
    for k in range(700):
        model.learn_one({"said": float(k % 7 - 3)})
    # Deviations 0, 1, 1, 2, 2, 3, 3 have the median 2; the first event and a quarter of the start
    # are not observed, and the share of the start counts.
    away = 1.4826022185056018 * 2.0
    share = 700 - 250 - 1
    found = [model.distance_one({"said": value}) for value in (-5.0, 0.0, 5.0, 50.0)]
    assert found == sorted(found)
    assert found[1] == pytest.approx(1.0, abs=0.02)
    assert found[3] == pytest.approx(f(50.0 / away * share / 1001), rel=0.05)


def test_the_distance_is_the_root_mean_square_of_those_that_judge() -> None:
    model = learned(ClippedEnsemble(detectors=[*foreign(), ClippedZScore(), ClippedZScore()]))
    x = {0: 3.0, 1: -20.0, 2: 0.0}
    said = model.member_distances_one(x)
    assert list(said) == [
        "MinMaxScaler | HalfSpaceTrees",
        "StandardScaler | OneClassSVM",
        "ClippedZScore",
        "ClippedZScore 2",
    ]
    assert model.distance_one(x) == pytest.approx(sqrt(np.mean(np.square(list(said.values())))))


def test_members_learn_what_they_would_learn_alone() -> None:
    alone = learned(ClippedMahalanobis())
    model = learned(ClippedEnsemble(detectors=[*foreign(), ClippedMahalanobis()]))
    assert model.members_[2].to_bytes() == alone.to_bytes()


def test_one_member_ranks_as_it_does_alone() -> None:
    model, alone = learned(ClippedEnsemble(detectors=[ClippedZScore()])), learned(ClippedZScore())
    asked = [{0: 4.0 * u, 1: 0.0, 2: 0.1 * u * u} for u in np.linspace(-3, 3, 13)]
    by_model = np.array([model.distance_one(x) for x in asked])
    by_alone = np.array([alone.distance_one(x) for x in asked])
    assert (np.argsort(by_model) == np.argsort(by_alone)).all()


def test_a_member_that_waits_does_not_judge_until_its_score_changes() -> None:
    model = ClippedEnsemble(detectors=[foreign()[0]])
    for k, x in enumerate(events(150)):
        assert model.score_one(x) < 0.9
        if 0 < k < 62:
            assert model.member_distances_one(x) == {}
            assert model.distance_one(x) == 1.0
        model.learn_one(x)
    assert list(model.member_distances_one({0: 9.0, 1: 0.0, 2: 0.0})) == [
        "MinMaxScaler | HalfSpaceTrees"
    ]


@pytest.mark.parametrize("seed", range(4))
def test_no_usual_event_of_the_start_is_far(seed: int) -> None:
    model = ClippedEnsemble(detectors=[ClippedZScore(), ClippedMahalanobis()])
    for x in events(40, seed):
        assert model.distance_one(x) < 1000
        model.learn_one(x)


def test_nan_is_no_judgement_and_infinite_is_far() -> None:
    model = ClippedEnsemble(detectors=[Said("a"), Said("b")])
    for k in range(100):
        model.learn_one({"a": k % 3, "b": k % 5})
    assert list(model.member_distances_one({"a": 1.0})) == ["Said"]
    assert 0.99 < model.score_one({"a": float("inf"), "b": 2.0}) < 1.0


def test_members_see_clean_events_in_one_order() -> None:
    model = ClippedEnsemble(detectors=[Said()])
    model.learn_one({"a": 1, "said": True})
    model.learn_one({"said": float("inf"), "new": None, "a": 2, "b": float("nan")})
    model.learn_one({"new": None})
    assert model.members_[0].seen == [{"a": 1.0, "said": 1.0}, {"a": 2.0, "said": 1e150}]
    assert list(model.members_[0].seen[1]) == ["a", "said"]
    with pytest.raises(TypeError, match="'a'"):
        model.learn_one({"said": 1.0, "a": "text"})
    assert len(model.members_[0].seen) == 2


def test_detectors_that_were_given_stay_as_they_are() -> None:
    given = [ClippedZScore(), Said()]
    model = learned(ClippedEnsemble(detectors=given))
    assert given[1].seen == []
    assert not hasattr(given[0], "n_samples_seen_")
    assert model.detectors is given
    assert [type(member) for member in model.members_] == [ClippedZScore, Said]
    model.fit(rows(30))
    assert model.n_samples_seen_ == 30
    assert len(model.members_[1].seen) == 30


@pytest.mark.parametrize(
    "duplicate",
    [
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
        lambda model: model.clone(include_attributes=True),
    ],
)
@pytest.mark.parametrize("count", [1, 30, 200])
def test_copies_with_foreign_members_go_on(duplicate: Any, count: int) -> None:
    model = learned(ClippedEnsemble(detectors=[*foreign(), ClippedZScore()]), count)
    other = duplicate(model)
    for x in events(80, seed=1):
        assert other.score_learn_one(x) == model.score_learn_one(x)


@pytest.mark.parametrize("clone", [sklearn.base.clone, lambda model: model.clone()])
def test_clones_have_learned_nothing(clone: Any) -> None:
    model = learned(ClippedEnsemble(detectors=[*foreign(), ClippedZScore()]))
    other, new = clone(model), ClippedEnsemble(detectors=[*foreign(), ClippedZScore()])
    assert [other.score_learn_one(x) for x in events(99)] == [
        new.score_learn_one(x) for x in events(99)
    ]


def test_rows_are_events_for_foreign_members_too() -> None:
    by_rows, by_events = (ClippedEnsemble(detectors=foreign()) for _ in range(2))
    scores = by_rows.score_learn_many(rows())
    assert scores.tolist() == [by_events.score_learn_one(x) for x in events()]
    assert -by_rows.score_samples(rows(9, 1)) == pytest.approx(
        [by_events.distance_one(x) for x in events(9, 1)]
    )


def test_foreign_members_see_what_is_far() -> None:
    model = ClippedEnsemble(detectors=[anomaly.LocalOutlierFactor(5), *foreign()])
    model.fit(rows(150))
    usual = model.score_many(rows(40, 1))
    far = model.score_many(rows(40, 1) + np.array([15.0, -150.0, 1.5]))
    assert far.min() > np.quantile(usual, 0.9)
    assert (model.predict(rows(40, 1)) == 1).mean() > 0.8


def test_members_that_explain_do_it_for_all() -> None:
    model = learned(ClippedEnsemble(detectors=[*foreign(), ClippedZScore(), ClippedKernelMean()]))
    x = {0: 0.0, 1: 90.0, 2: 0.0}
    explained = model.explain_one(x)
    assert max(explained, key=explained.__getitem__) == 1
    assert sum(explained.values()) == pytest.approx(model.distance_one(x))
    silent = learned(ClippedEnsemble(detectors=foreign()))
    assert silent.expect_one() == {}
    with pytest.raises(TypeError, match="explain_one"):
        silent.explain_one(x)


def test_state_files_hold_members_of_ours_alone() -> None:
    inner = ClippedEnsemble(detectors=[ClippedZScore(warm_up=7)], warm_up=9)
    model = learned(ClippedEnsemble(detectors=[inner, ClippedMahalanobis()], contamination=0.1))
    other = ClippedEnsemble.from_bytes(model.to_bytes())
    assert repr(other) == repr(model)
    assert other.members_[0].members_[0].to_bytes() == model.members_[0].members_[0].to_bytes()
    assert [other.score_learn_one(x) for x in events(50, 1)] == [
        model.score_learn_one(x) for x in events(50, 1)
    ]
    mixed = learned(ClippedEnsemble(detectors=[ClippedZScore(), anomaly.HalfSpaceTrees()]))
    with pytest.raises(ValueError, match=r"detectors\[1\], a HalfSpaceTrees"):
        mixed.to_bytes()


def test_it_can_be_fine_tuned_and_shortened() -> None:
    model = ClippedEnsemble(detectors=[ClippedZScore(), *foreign()])
    tuned = FITNESS(model, window_size=30, n_similar=3)
    for x in events(40):
        assert 0.0 <= tuned.score_learn_one(x) < 1.0
    alone = learned(ClippedZScore(), 40)
    model.shorten_memory(25)
    alone.shorten_memory(25)
    assert model.members_[0].to_bytes() == alone.to_bytes()
    with pytest.raises(AttributeError, match="no location of its own"):
        _ = model.location_


def test_an_error_of_a_member_names_it() -> None:
    class Broken(Said):
        def score_one(self, x: dict[Any, float]) -> float:
            raise ZeroDivisionError("no luck")

    model = ClippedEnsemble(detectors=[ClippedZScore(), Broken()])
    model.learn_one({"a": 1.0})
    with pytest.raises(ZeroDivisionError, match="no luck") as raised:
        model.score_one({"a": 1.0})
    assert "member 1 of the ensemble" in raised.value.__notes__[0]


@pytest.mark.parametrize(
    ("detectors", "error", "words"),
    [
        ([], ValueError, "detectors is empty"),
        ("ClippedZScore", TypeError, "a list of River detectors"),
        (ClippedZScore(), TypeError, "a list of River detectors"),
        ([ClippedZScore(), stats.Mean()], TypeError, r"detectors\[1\] is not a River anomaly"),
        ([ClippedZScore], TypeError, r"detectors\[0\] is not a River anomaly"),
        (["HalfSpaceTrees"], TypeError, r"detectors\[0\] is not a River anomaly"),
        (
            [compose.Pipeline(preprocessing.StandardScaler(), linear_model.LinearRegression())],
            TypeError,
            r"detectors\[0\] is not a River anomaly",
        ),
        (
            [ResidualDetector(linear_model.LinearRegression())],
            TypeError,
            r"detectors\[0\], a ResidualDetector, scores a target",
        ),
    ],
)
def test_what_is_no_detector_is_named(detectors: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ClippedEnsemble(detectors=detectors).learn_one({"a": 1.0})
