"""The portfolio against its formula: members one by one, each compared with its own past."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
from event_streams import STREAMS, Event
from naive import NaiveZScore, robust_start
from naive_bits import NaiveCounts, NaiveLadder
from naive_mahalanobis import NaiveMahalanobis
from naive_neighbours import NaiveNeighbours, NaiveSample
from naive_subspace import NaiveSubspace

from clipsgd_river.anomaly import ClippedEnsemble

WARM_UP = 20


class Usual:
    """Median and spread of one member's distances: by medians first, then by pinball steps.

    With ``lasting`` it starts anew once most of as many distances were far.
    """

    def __init__(self, gain: float = 0.005, lasting: int = 0) -> None:
        self.gain, self.lasting, self.far = gain, lasting, 0.0
        self.assumed, self.least = 1.0, 0.0
        self.begin()

    def begin(self) -> None:
        self.sample: list[float] = []
        self.median, self.spread, self.seen = 0.0, 1.0, 0

    def deviation(self, distance: float) -> float:
        median, spread = self.median, self.spread
        if self.seen < 2:
            median = spread = self.assumed
        least = 0.0 if self.seen < 2 else self.least
        v = (distance - median) / max(spread, 1e-9 * abs(median), least, 1e-300)
        v *= min((self.seen + 1) / (WARM_UP + 1), 1.0) if self.seen < WARM_UP else 1.0
        return min(max(v, -1e9), 1e9)

    def flattened(self, distance: float) -> float:
        v = self.deviation(distance)
        # (v + sqrt(1 + v^2)) (sqrt(1 + v^2) - v) = 1
        return v + sqrt(1 + v * v) if v >= 0 else 1 / (sqrt(1 + v * v) - v)

    def relative(self, distance: float) -> float:
        return max(self.flattened(distance) - self.flattened(0.0), 0.0)

    def observe(self, distance: float) -> None:
        if self.lasting and self.seen >= WARM_UP:
            step = min(log(2) / self.lasting, 1.0)
            self.far += step * ((self.deviation(distance) > 3.0) - self.far)
            if self.far > 0.5:
                self.far = 0.0
                self.begin()
        self.seen += 1
        if self.seen <= WARM_UP:
            self.sample.append(distance)
            self.median, self.spread = robust_start(self.sample)
            return
        step = max(self.gain, 1 / self.seen)
        away = distance - self.median
        move = min(step * max(self.spread, 1e-9 * abs(self.median)), abs(away))
        self.median += move if away > 0 else -move
        if 1.4826022185056018 * abs(away) > self.spread:
            self.spread = max(self.spread, 1e-9 * abs(away)) * (1 + step)
        else:
            self.spread /= 1 + step
        self.spread = max(self.spread, 1e-300)


class NaivePersistence:
    """What distances just before add, weighted by how much one tells of the next."""

    def __init__(self) -> None:
        self.n, self.mean, self.variance, self.covariance = 0, 0.0, 0.0, 0.0
        self.last = self.recent = 0.0

    def factor(self) -> float:
        if self.variance <= 0.0:
            return 1.0
        weight = min(max(self.covariance / self.variance, 0.0), 1.0)
        return exp(min(max(2.0 * weight * self.recent, -5.0), 5.0))

    def observe(self, distance: float) -> None:
        away = log(1 + distance) - self.mean
        if self.n >= 20:
            bound = 3 * sqrt(self.variance)
            away = min(max(away, -bound), bound)
        self.n += 1
        rate = max(0.001, 1 / self.n)
        self.recent += (1 - 0.5 ** (1 / 3)) * (away - self.recent)
        self.covariance += rate * (away * self.last - self.covariance)
        self.variance += rate * (away**2 - self.variance)
        self.mean += rate * away
        self.last = away


class NaiveExpected:
    """Signed bits that those just before let expect: a share of their level, as they depend."""

    def __init__(self) -> None:
        self.n, self.level, self.weight = 0, 0.0, 0.0
        self.product, self.levels, self.square = 0.0, 0.0, 1.0

    def learn(self, bits: float) -> None:
        self.n += 1
        now, level = np.clip([bits, self.level], -2.0, 2.0).tolist()
        rate = max(1e-4, 1 / (self.n + 20))
        self.product += rate * (now * level - self.product)
        self.levels += rate * (level**2 - self.levels)
        self.square += rate * (now**2 - self.square)
        wanted = max(self.product, 0.0) / (self.levels + 0.3 * self.square + 1e-9)
        self.weight += max(1 / 200, 1 / self.n) * (wanted - self.weight)
        self.level += 0.1 * (bits - self.level)


class NaiveSignedBits:
    """Bits of every feature, negative below the median, and the nearest past events in them."""

    def __init__(self) -> None:
        self.numbers: dict[Any, tuple[NaiveLadder, NaiveCounts]] = {}
        self.before: dict[Any, NaiveExpected] = {}
        self.sample = NaiveSample(256, 3_200, 0)

    def bits(self, event: Event) -> dict[Any, float]:
        found = {}
        for name, own in self.own(event).items():
            before = self.before.get(name, NaiveExpected())
            found[name] = min(max(own - before.weight * before.level, -100.0), 100.0)
        return found

    def own(self, event: Event) -> dict[Any, float]:
        found = {}
        for name, value in event.items():
            ladder, counts = self.numbers.get(name, (None, None))
            if ladder is None or counts is None or not counts.n:
                found[name] = 0.0
                continue
            rarely = counts.bits(value) * counts.n / (counts.n + 20)
            far = min(ladder.bits(value), counts.own_bits(value))
            size = min(max(far, rarely), 100.0)
            found[name] = -size if ladder.n and value < ladder.sides[0][0] else size
        return found

    def from_nearest(self, point: dict[Any, float]) -> float:
        norm = sqrt(sum(bits**2 for bits in point.values()))
        apart = [
            sqrt(sum((bits - member.get(name, 0.0)) ** 2 for name, bits in point.items()))
            for member in self.sample.members
        ]
        nearest = (sorted(apart) + [norm] * 16)[:16]
        return sum(nearest) / 16 * norm**2 / (norm**2 + 1e-6)

    def learn(self, event: Event, started: set[Any]) -> None:
        point = {name: bits for name, bits in self.bits(event).items() if name in started}
        for name, own in self.own(event).items():
            self.before.setdefault(name, NaiveExpected()).learn(own)
        for name, value in event.items():
            fresh = NaiveLadder(10_000, WARM_UP), NaiveCounts(10_000)
            for part in self.numbers.setdefault(name, fresh):
                part.learn(value)
        if started:
            self.sample.offer(point)


class Ridged(NaiveMahalanobis):
    ridge = 0.1


class NaivePortfolio:
    """Members that learn apart from each other, and one distance of what they say."""

    def __init__(self) -> None:
        self.z_score, self.mahalanobis = NaiveZScore(), Ridged()
        self.long_memory = NaiveZScore(learning_rate=0.0005)
        # It shares what is known of repeated values with the others.
        self.long_memory.shares_memory = 1000.0
        self.subspace = NaiveSubspace()
        self.neighbours = NaiveNeighbours(memory=3_200)
        self.bits = NaiveSignedBits()
        self.persistence = NaivePersistence()
        self.events = 0
        self.begin()

    def begin(self) -> None:
        self.usual = [Usual() for _ in range(6)] + [Usual(1e-4, 200) for _ in range(3)]

    def distances(self, event: Event) -> list[float]:
        mahalanobis = self.mahalanobis
        present, values = mahalanobis.read(event)
        precision = np.linalg.inv(mahalanobis.covariance)
        pull = precision @ mahalanobis.coordinates(present, values)
        own = np.diag(precision)
        tempered = np.abs(mahalanobis.tempered(present, values))
        given_others = np.log(1 + (pull**2 / (3 * own))[present])
        tail = 2 * np.log(np.maximum(tempered / 4, 1))
        names = self.z_score.names
        known = {names[j]: x for j, x in zip(present, values, strict=True)}
        bits = self.bits.bits(known)
        sizes = [abs(size) for size in bits.values()]
        return [
            self.z_score.distance(event),
            self.subspace.distance(event),
            self.long_memory.distance(event),
            mahalanobis.distance(event),
            float(given_others.sum() + tail.sum()),
            self.neighbours.distance(event),
            max(sizes, default=0.0),
            sum(sizes),
            self.bits.from_nearest(bits),
        ]

    def assume(self, d: int) -> None:
        """Usual distances of standard normal features, and of bits that are exponential."""
        if d == 0:
            return
        z = 0.24360064103316972 * d
        bits = d / log(2)
        largest = (log(d) + 0.5772156649015329) / log(2)
        near, near_in_bits = sqrt(0.3868436013746489 * d), sqrt(2 * d) / log(2)
        assumed = (z, 0.65 * d, z, d, z, near, largest, bits, near_in_bits)
        for usual, distance in zip(self.usual, assumed, strict=True):
            usual.assumed = distance
            usual.least = 0.1 * distance / sqrt(d)

    def single(self, event: Event) -> float:
        present, values = self.z_score.read(event)
        if not len(present):
            return 0.0
        self.assume(int((self.z_score.seen[present] > 0).sum()))
        said = zip(self.usual, self.distances(event), strict=True)
        z, plane, long, joint, given, near, largest, total, near_in_bits = (
            usual.relative(r) for usual, r in said
        )
        alike = sqrt((z**2 + long**2 + joint**2 + given**2) / 4)
        views = np.array([alike, plane, near, near_in_bits])
        mean = np.exp(np.average(np.log(1 + views), weights=[2, 2, 2, 1])) - 1
        extra = 4 * max(largest / 5 - 1, 0) + 2 * max(total / 5 - 1, 0)
        square = float((self.z_score.tempered(present, values) ** 2).sum())
        return float((mean + extra) * square / (square + 1e-6))

    def distance(self, event: Event) -> float:
        return self.single(event) * self.persistence.factor()

    def learn(self, event: Event) -> None:
        members = (
            self.z_score,
            self.long_memory,
            self.subspace,
            self.mahalanobis,
            self.neighbours,
        )
        for member in members:
            member.start_features(event)
        distances, single = self.distances(event), self.single(event)
        present, values = self.z_score.read(event)
        names = [self.z_score.names[j] for j in present]
        seen = self.z_score.seen
        started = {n for n, j in zip(names, present, strict=True) if seen[j] >= WARM_UP}
        self.bits.learn(dict(zip(names, values, strict=True)), started)
        for member in members:
            member.learn(event)
        self.events += 1
        told = self.z_score.informative and len(present) > 0
        if self.events > WARM_UP // 2 and told:
            for usual, distance in zip(self.usual, distances, strict=True):
                usual.observe(distance)
            self.persistence.observe(single)
        if self.z_score.resumed:
            self.begin()
            self.bits.sample.shorten(10)


@pytest.mark.parametrize("stream", STREAMS)
def test_distances_are_those_of_the_formula(stream: Any) -> None:
    events = stream(np.random.default_rng(3), 120, 4)
    detector, twin = ClippedEnsemble(), NaivePortfolio()
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


def test_the_distance_is_joined_from_what_the_members_say() -> None:
    detector = ClippedEnsemble()
    detector.learn_many(normal_rows(300, 5))
    event = dict(enumerate(normal_rows(1, 5, 2)[0] * 3))
    said = detector.member_distances_one(event)
    assert list(said) == [
        "z-score",
        "subspace",
        "long memory",
        "mahalanobis",
        "conditional z-score",
        "neighbours",
        "largest bits",
        "sum of bits",
        "neighbours in bits",
    ]
    alike = [said[name] for name in ("z-score", "long memory", "mahalanobis")]
    alike.append(said["conditional z-score"])
    views = [said[name] for name in ("subspace", "neighbours", "neighbours in bits")]
    views.append(sqrt(np.mean(np.square(alike))))
    extra = 4 * max(said["largest bits"] / 5 - 1, 0) + 1.5 * max(said["sum of bits"] / 5 - 1, 0)
    # Rows in random order do not depend on each other, but for chance.
    assert detector.distance_one(event) == pytest.approx(
        np.prod([1 + t for t in views]) ** 0.25 - 1 + extra, rel=0.2
    )


def test_contributions_sum_to_the_distance_and_name_the_odd_feature() -> None:
    for features in (5, 200):
        detector = ClippedEnsemble()
        detector.learn_many(normal_rows(400, features))
        event = dict(enumerate(normal_rows(1, features, 2)[0]))
        event[3] = 12.0
        contributions = detector.explain_one(event)
        assert sum(contributions.values()) == pytest.approx(detector.distance_one(event))
        assert min(contributions.values()) >= 0.0
        assert max(contributions, key=contributions.__getitem__) == 3


def test_members_that_see_nothing_do_not_outvote_those_that_do() -> None:
    rng = np.random.default_rng(0)
    common = rng.normal(size=(2000, 1))
    detector = ClippedEnsemble()
    detector.learn_many(np.hstack([common, common + 0.02 * rng.normal(size=(2000, 1))]))
    broken = {0: 1.0, 1: -1.0}
    said = detector.member_distances_one(broken)
    assert said["z-score"] < 3.0 < 20.0 < said["mahalanobis"]
    assert detector.score_one(broken) > 0.9


@pytest.mark.parametrize("features", [10, 200])
def test_one_odd_cell_among_many_ranks_first(features: int) -> None:
    rows = normal_rows(1500, features)
    rows[1200, 7] = 10.0
    scores = np.asarray(ClippedEnsemble().score_learn_many(rows))
    assert (scores > scores[1200]).sum() <= 2


def test_memory_says_how_long_a_change_must_last() -> None:
    rows = normal_rows(12_700, 10)
    rows[12_000:, :2] = 4.0 + 0.1 * normal_rows(700, 2, 1)
    far = {}
    for memory in ("short", "auto"):
        scores = np.asarray(ClippedEnsemble(memory=memory).score_learn_many(rows))
        usual = np.quantile(scores[1000:12_000], 0.97)
        far[memory] = int((scores[12_000:] > usual).sum())
    assert far["short"] < 60 < 150 < far["auto"] < 300


@pytest.mark.parametrize("memory", ["longer", 0, -1, 2.5, None, True])
def test_a_memory_that_is_none_is_refused(memory: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="memory"):
        ClippedEnsemble(memory=memory).learn_one({"a": 1.0})


def test_an_incident_lasts_and_a_single_event_does_not_count_for_the_next() -> None:
    """Distances that depend on each other carry over; of rows in random order none does."""
    rng = np.random.default_rng(0)
    level = np.zeros(3000)
    for t in range(1, 3000):
        level[t] = 0.95 * level[t - 1] + rng.normal()
    slow = np.abs(level)[:, None] * rng.normal(size=(3000, 4))
    factors = []
    for rows in (slow, slow[rng.permutation(3000)]):
        detector = ClippedEnsemble()
        detector.learn_many(rows)
        weak = dict(enumerate([1.5, -1.5, 1.5, 1.5]))
        before = detector.distance_one(weak)
        for _ in range(3):
            detector.learn_one(dict(enumerate([8.0, -8.0, 8.0, 8.0])))
        factors.append(detector.distance_one(weak) / before)
    assert factors[0] > 1.2 * factors[1]


def test_many_features_are_judged_by_what_costs_little() -> None:
    detector = ClippedEnsemble()
    detector.learn_many(normal_rows(30, 128))
    assert len(detector.member_distances_one({0: 1.0})) == 9
    for n in range(detector.warm_up):
        assert len(detector.member_distances_one({0: 1.0})) == 9
        detector.learn_one({"one more": float(n % 3)})
    wide = dict(enumerate(normal_rows(1, 128, 1)[0]))
    said = ["z-score", "subspace", "largest bits", "sum of bits"]
    assert list(detector.member_distances_one(wide)) == said
    again = ClippedEnsemble.from_bytes(detector.to_bytes())
    assert len(detector.to_bytes()) < 200_000
    for row in normal_rows(10, 128, 2):
        event = dict(enumerate(row))
        assert again.score_learn_one(event) == detector.score_learn_one(event)


def test_members_come_back_when_there_are_few_features_again() -> None:
    """130 features that are seen for a while only; the other members start anew, as at first."""
    detector = ClippedEnsemble()
    detector.learn_many(normal_rows(30, 130))
    assert len(detector.member_distances_one({0: 1.0})) == 4
    narrow = normal_rows(4000, 3, 1)
    detector.learn_many(narrow[:3000])
    again = ClippedEnsemble.from_bytes(detector.to_bytes())
    assert len(detector.member_distances_one({0: 1.0})) == 9
    fresh = ClippedEnsemble()
    fresh.learn_many(narrow[:3000])
    scores = detector.score_learn_many(narrow[3000:])
    assert np.array_equal(again.score_learn_many(narrow[3000:]), scores)
    wanted = fresh.score_learn_many(narrow[3000:])
    # Samples of past events are others.
    assert np.corrcoef(scores, wanted)[0, 1] > 0.85
    assert abs(np.median(scores) - 0.5) < 0.1


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
