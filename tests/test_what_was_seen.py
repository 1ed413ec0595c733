"""What a detector tells of the values it has seen: range, counts, shares, the band of the rest."""

from __future__ import annotations

import pickle
import re
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from river.anomaly import HalfSpaceTrees as River

from clipsgd_river import anomaly
from clipsgd_river.alerts._filter import explain
from clipsgd_river.anomaly import (
    FITNESS,
    ChangeAwareDetector,
    ClippedDetector,
    ClippedEnsemble,
    ClippedZScore,
)

pytestmark = pytest.mark.either_mode

DETECTORS = [
    each
    for name in anomaly.__all__
    if issubclass(each := getattr(anomaly, name), ClippedDetector) and each is not ClippedDetector
]
METHODS = ("range_one", "counts_one", "values_one", "rest_one")
EVENTS = 3000


def events() -> list[dict[str, float]]:
    """Counts, flags, amounts that are mostly 0, a rounded and a plain measurement, a constant."""
    rng = np.random.default_rng(5)
    found = []
    for t in range(EVENTS):
        x = {
            "errors": float(rng.random() < 0.05) * float(rng.integers(1, 4)),
            "admin": float(rng.random() < 0.02),
            "door": 0.0,
            "bytes": float(round(rng.lognormal(9, 1))) if rng.random() < 0.1 else 0.0,
            "heat": round(rng.normal(21, 0.7) * 2) / 2,
            "load": float(rng.normal(50, 5)),
        }
        if t >= 2000:
            x["late"] = 7.0
        if t % 5 == 0:
            del x["heat"]
        found.append(x)
    return found


@pytest.fixture(scope="module", params=DETECTORS, ids=lambda each: each.__name__)
def model(request: pytest.FixtureRequest) -> Any:
    found = request.param()
    for x in events():
        found.learn_one(x)
    return found


@pytest.fixture(scope="module")
def counts() -> dict[str, Counter[float]]:
    found: defaultdict[str, Counter[float]] = defaultdict(Counter)
    for x in events():
        for name, value in x.items():
            found[name][value] += 1
    return found


def test_ranges_and_counts_are_those_of_the_values(model: Any, counts: Any) -> None:
    assert model.counts_one() == {name: each.total() for name, each in counts.items()}
    found = model.range_one()
    assert found.keys() == counts.keys()
    for name, ends in found.items():
        assert ends == pytest.approx((min(counts[name]), max(counts[name])), rel=1e-9, abs=1e-9)


def test_no_band_reaches_beyond_the_range(model: Any) -> None:
    ranges = model.range_one()
    for x in (None, events()[-1], {**events()[-1], "load": 500.0}):
        for name, (low, expected, high) in model.expect_one(x).items():
            assert low <= expected <= high
            assert low >= min(ranges[name][0], expected) - 1e-9
            assert high <= max(ranges[name][1], expected) + 1e-9
    for name, (low, _, high) in model.rest_one().items():
        assert ranges[name][0] - 1e-9 <= low <= high <= ranges[name][1] + 1e-9


def test_shares_are_those_of_recent_values(model: Any) -> None:
    recent = defaultdict(list)
    for x in events()[-2000:]:
        for name, value in x.items():
            recent[name].append(value)
    found = model.values_one()
    assert {"errors", "admin", "door", "bytes", "heat"} <= found.keys()
    assert "load" not in found
    for name, shares in found.items():
        assert 1 <= len(shares) <= 16
        assert list(shares) == sorted(shares)
        assert sum(shares.values()) <= 1.0 + 1e-6
        for value, share in shares.items():
            actual = np.mean(np.isclose(recent[name], value, rtol=1e-9, atol=1e-9))
            assert share == pytest.approx(actual, abs=0.05), (name, value)


def test_the_rest_is_told_of_what_is_mostly_one_value(model: Any, counts: Any) -> None:
    low, expected, high = model.rest_one()["bytes"]
    others = [value for value in counts["bytes"].elements() if value]
    assert 0.5 * np.median(others) < expected < 2.0 * np.mean(others)
    assert low <= expected <= high
    assert "load" not in model.rest_one()


def test_copies_tell_the_same(model: Any) -> None:
    for copied in (pickle.loads(pickle.dumps(model)), type(model).from_bytes(model.to_bytes())):
        for method in METHODS:
            assert getattr(copied, method)() == getattr(model, method)()


def test_before_the_first_event_nothing_is_known() -> None:
    for kind in DETECTORS:
        for method in METHODS:
            assert getattr(kind(), method)() == {}


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        ("errors", 40.0, r"40; 0 in 9\d % of events, never more than 3 in 3,000 events"),
        ("admin", 1.0, r"1; 0 in 9\d % of events, 1 in \d % *"),
        ("door", 1.0, r"1; always 0 in 3,000 events"),
        ("late", 8.0, r"8; always 7 in 1,000 events"),
        ("bytes", 5e7, r"50,000,000; 0 in (90|89|91|88|92) % of events, otherwise usually .*,000"),
        ("heat", 35.0, r"35, usually between (19\.5|20) and (22|22\.5)"),
        ("load", 120.0, r"120, usually between [34]\d and [56]\d"),
    ],
)
def test_alerts_say_it(model: Any, feature: str, value: float, words: str) -> None:
    x = {**events()[-1], feature: value}
    features = explain(model, x).features
    said = {each.feature: each.words for each in features}
    if feature in said:
        assert re.fullmatch(words, said[feature]), said[feature]
    for text in said.values():
        assert not re.search(r"(?<![e\d])-\d", text), text


def test_an_ensemble_asks_the_first_member_that_can_tell() -> None:
    forest, known = River(), ClippedZScore()
    model = ClippedEnsemble(detectors=[forest, known])
    for x in events()[:300]:
        model.learn_one(x)
        known.learn_one(x)
    for method in METHODS:
        assert getattr(model, method)() == getattr(known, method)()
        assert getattr(ClippedEnsemble(detectors=[River()]), method)() == {}


@pytest.mark.parametrize("kind", [ChangeAwareDetector, FITNESS])
def test_wrappers_pass_it_on(kind: Any) -> None:
    known, wrapper = ClippedZScore(), kind(ClippedZScore())
    for x in events()[:300]:
        wrapper.learn_one(x)
        known.learn_one(x)
    for method in METHODS:
        assert getattr(wrapper, method)() == getattr(known, method)()
    assert not hasattr(FITNESS(River()), "range_one")
