"""The portfolio against its formula: members one by one, each compared with its own past."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest
from event_streams import STREAMS, Event
from naive import NaiveZScore, robust_start
from naive_fourier import NaiveKernelMean
from naive_mahalanobis import NaiveMahalanobis

from clipsgd_river.anomaly import ClippedEnsemble

WARM_UP = 20


class Usual:
    """Median and spread of one member's distances: by medians first, then by pinball steps."""

    def __init__(self) -> None:
        self.sample: list[float] = []
        self.median, self.spread, self.seen = 0.0, 1.0, 0

    def flattened(self, distance: float) -> float:
        median, spread = (self.median, self.spread) if self.seen > 1 else (1.0, 1.0)
        v = (distance - median) / max(spread, 1e-9 * abs(median), 1e-300)
        v *= min((self.seen + 1) / (WARM_UP + 1), 1.0) if self.seen < WARM_UP else 1.0
        v = min(max(v, -1e9), 1e9)
        # (v + sqrt(1 + v^2)) (sqrt(1 + v^2) - v) = 1
        return v + sqrt(1 + v * v) if v >= 0 else 1 / (sqrt(1 + v * v) - v)

    def relative(self, distance: float) -> float:
        return max(self.flattened(distance) - self.flattened(0.0), 0.0)

    def observe(self, distance: float) -> None:
        self.seen += 1
        if self.seen <= WARM_UP:
            self.sample.append(distance)
            self.median, self.spread = robust_start(self.sample)
            return
        step = max(0.005, 1 / self.seen)
        away = distance - self.median
        move = min(step * max(self.spread, 1e-9 * abs(self.median)), abs(away))
        self.median += move if away > 0 else -move
        if 1.4826022185056018 * abs(away) > self.spread:
            self.spread = max(self.spread, 1e-9 * abs(away)) * (1 + step)
        else:
            self.spread /= 1 + step
        self.spread = max(self.spread, 1e-300)


class Ridged(NaiveMahalanobis):
    ridge = 0.1


class NaivePortfolio:
    """Members that learn apart from each other, and the root mean square of what they say."""

    def __init__(self, **options: Any) -> None:
        self.z_score, self.mahalanobis = NaiveZScore(), Ridged()
        self.long_memory = NaiveZScore(learning_rate=0.0005)
        self.kernel_mean = NaiveKernelMean(**options)
        self.usual = [Usual() for _ in range(5)]
        self.events = 0

    def distances(self, event: Event) -> list[float]:
        mahalanobis = self.mahalanobis
        present, values = mahalanobis.read(event)
        precision = np.linalg.inv(mahalanobis.covariance)
        pull = precision @ mahalanobis.coordinates(present, values)
        own = np.diag(precision)
        tempered = np.abs(mahalanobis.tempered(present, values))
        given_others = np.log(1 + (pull**2 / (3 * own))[present])
        tail = 2 * np.log(np.maximum(tempered / 4, 1))
        return [
            self.z_score.distance(event),
            self.long_memory.distance(event),
            self.kernel_mean.distance(event),
            mahalanobis.distance(event),
            float(given_others.sum() + tail.sum()),
        ]

    def distance(self, event: Event) -> float:
        said = zip(self.usual, self.distances(event), strict=True)
        return sqrt(np.mean([usual.relative(r) ** 2 for usual, r in said]))

    def learn(self, event: Event) -> None:
        members = (self.z_score, self.long_memory, self.kernel_mean, self.mahalanobis)
        for member in members:
            member.start_features(event)
        distances = self.distances(event)
        for member in members:
            member.learn(event)
        self.events += 1
        told = self.z_score.informative and len(self.z_score.read(event)[0]) > 0
        if self.events > WARM_UP // 4 and told:
            for usual, distance in zip(self.usual, distances, strict=True):
                usual.observe(distance)
        if self.z_score.resumed:
            self.usual = [Usual() for _ in range(5)]


@pytest.mark.parametrize("stream", STREAMS)
def test_distances_are_those_of_the_formula(stream: Any) -> None:
    events = stream(np.random.default_rng(3), 120, 4)
    detector, twin = ClippedEnsemble(), NaivePortfolio(n_components=8)
    for t, event in enumerate(events):
        assert detector.distance_one(event) == pytest.approx(
            twin.distance(event), rel=1e-6, abs=1e-9
        ), t
        detector.learn_one(event)
        twin.learn(event)


def normal_rows(count: int, features: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(count, features))


@pytest.mark.parametrize("seed", range(4))
def test_no_usual_event_of_the_start_is_far(seed: int) -> None:
    detector = ClippedEnsemble()
    for row in normal_rows(40, 3, seed).tolist():
        assert detector.distance_one(dict(enumerate(row))) < 100
        detector.learn_one(dict(enumerate(row)))


def test_a_usual_event_is_about_one_away() -> None:
    detector = ClippedEnsemble()
    detector.learn_many(normal_rows(1000, 5))
    usual = [detector.distance_one(dict(enumerate(row))) for row in normal_rows(200, 5, 1)]
    assert 0.5 < np.median(usual) < 2.0


def test_the_distance_is_the_root_mean_square_of_the_members() -> None:
    detector = ClippedEnsemble()
    detector.learn_many(normal_rows(300, 5))
    event = dict(enumerate(normal_rows(1, 5, 2)[0] * 3))
    said = detector.member_distances_one(event)
    assert list(said) == [
        "z-score",
        "long memory",
        "kernel mean",
        "mahalanobis",
        "conditional z-score",
    ]
    assert detector.distance_one(event) == pytest.approx(
        sqrt(np.mean(np.square(list(said.values()))))
    )


def test_members_that_see_nothing_cost_at_most_the_root_of_their_number() -> None:
    rng = np.random.default_rng(0)
    common = rng.normal(size=(2000, 1))
    detector = ClippedEnsemble()
    detector.learn_many(np.hstack([common, common + 0.02 * rng.normal(size=(2000, 1))]))
    broken = {0: 1.0, 1: -1.0}
    said = detector.member_distances_one(broken)
    assert said["z-score"] < 3.0 < 20.0 < max(said.values())
    assert detector.distance_one(broken) >= max(said.values()) / sqrt(len(said))


def test_many_features_are_judged_one_by_one() -> None:
    detector = ClippedEnsemble()
    detector.learn_many(normal_rows(30, 128))
    assert len(detector.member_distances_one({0: 1.0})) == 5
    for n in range(detector.warm_up):
        assert len(detector.member_distances_one({0: 1.0})) == 5
        detector.learn_one({"one more": float(n % 3)})
    wide = dict(enumerate(normal_rows(1, 128, 1)[0]))
    assert list(detector.member_distances_one(wide)) == ["z-score"]
    again = ClippedEnsemble.from_bytes(detector.to_bytes())
    assert len(detector.to_bytes()) < 30_000
    for row in normal_rows(10, 128, 2):
        event = dict(enumerate(row))
        assert again.score_learn_one(event) == detector.score_learn_one(event)


def test_members_come_back_when_there_are_few_features_again() -> None:
    """130 features that are seen for a while only; the other members start anew, as at first."""
    detector = ClippedEnsemble()
    detector.learn_many(normal_rows(30, 130))
    assert len(detector.member_distances_one({0: 1.0})) == 1
    narrow = normal_rows(4000, 3, 1)
    detector.learn_many(narrow[:3000])
    again = ClippedEnsemble.from_bytes(detector.to_bytes())
    assert len(detector.member_distances_one({0: 1.0})) == 5
    fresh = ClippedEnsemble()
    fresh.learn_many(narrow[:3000])
    scores = detector.score_learn_many(narrow[3000:])
    assert np.array_equal(again.score_learn_many(narrow[3000:]), scores)
    wanted = fresh.score_learn_many(narrow[3000:])
    assert np.corrcoef(scores, wanted)[0, 1] > 0.95
    assert abs(np.median(scores) - 0.5) < 0.05


def test_what_is_expected_knows_the_other_features() -> None:
    rng = np.random.default_rng(0)
    common = rng.normal(size=(1000, 1))
    detector = ClippedEnsemble()
    detector.learn_many(np.hstack([common, common + 0.1 * rng.normal(size=(1000, 1))]))
    low, expected, high = detector.expect_one({0: 2.0, 1: 0.0})[1]
    assert 1.2 < expected < 2.2
    assert high - low < 2.5
    assert abs(detector.expect_one()[1][1]) < 0.3


def test_a_burst_stays_unusual_until_it_has_lasted() -> None:
    detector = ClippedEnsemble()
    detector.learn_many(normal_rows(3000, 3))
    burst = normal_rows(1000, 3, 1) * 0.1 + 8
    scores = np.asarray(detector.score_learn_many(burst))
    assert scores[:60].min() > 0.9
    assert np.median(scores[300:]) < 0.6


def test_a_memory_that_is_known_to_be_past_is_shortened() -> None:
    scores = []
    for events in (None, 20):
        detector = ClippedEnsemble()
        detector.learn_many(normal_rows(3000, 3))
        if events is not None:
            detector.shorten_memory(events)
        detector.learn_many(normal_rows(50, 3, 1) + 8)
        scores.append(detector.member_distances_one({0: 8.0, 1: 8.0, 2: 8.0})["long memory"])
    assert scores[1] < scores[0] / 10
