"""No single event, whatever it holds, moves an estimate far or leaves it broken."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np
import pytest
from event_streams import hostile
from hypothesis import given, settings
from hypothesis import strategies as st

from clipsgd_river.anomaly import ClippedMahalanobis, ClippedSubspace, ClippedZScore

DETECTORS = [ClippedZScore, ClippedMahalanobis]
EVERY = [*DETECTORS, ClippedSubspace]
RATE, LIMIT, LEARNED = 0.05, 2.0, 300

anything = st.floats(allow_nan=True, allow_infinity=True)
finite = st.floats(allow_nan=False, allow_infinity=True)
events = st.dictionaries(st.sampled_from(["a", "b", "c"]), anything, max_size=3)


@cache
def trained(cls: Any, learning_rate: Any, clip: Any) -> Any:
    detector = cls(learning_rate=learning_rate, clip=clip)
    detector.learn_many(np.random.default_rng(0).normal(size=(LEARNED, 3)))
    return detector


@pytest.mark.parametrize("cls", DETECTORS)
@pytest.mark.parametrize("learning_rate", ["auto", "doubling", RATE])
@settings(max_examples=40, deadline=None)
@given(event=st.lists(finite, min_size=3, max_size=3))
def test_one_event_moves_the_location_at_most_rate_times_limit(
    cls: Any, learning_rate: Any, event: list[float]
) -> None:
    """||(m' - m) / s|| <= eta lambda; eta is at most 0.3 if automatic, 2**(-2m/3) if doubling."""
    detector = deepcopy(trained(cls, learning_rate, LIMIT))
    location, scale = detector.location_, detector.scale_
    detector.learn_one(dict(enumerate(event)))
    rate = {"auto": 0.3, "doubling": 2.0 ** (-2.0 * 8 / 3.0), RATE: RATE}[learning_rate]
    moved = np.linalg.norm((detector.location_ - location) / scale)
    # Locations are rounded to 2**-53 of their own size, here about 0.1.
    assert moved <= rate * LIMIT * (1.0 + 1e-12) + 1e-15
    if abs(event[0]) > 1e3:
        assert moved > 0.0
    assert np.all(detector.scale_ <= 1.5 * scale)
    assert np.all(detector.scale_ >= 0.5 * scale)


@pytest.mark.parametrize("cls", DETECTORS)
@settings(max_examples=40, deadline=None)
@given(event=st.lists(finite, min_size=3, max_size=3))
def test_an_automatic_limit_bounds_the_move_too(cls: Any, event: list[float]) -> None:
    """The median norm of 3 standard normal features is 1.54, so the limit is near 3.1."""
    detector = deepcopy(trained(cls, RATE, "auto"))
    location, scale = detector.location_, detector.scale_
    detector.learn_one(dict(enumerate(event)))
    assert np.linalg.norm((detector.location_ - location) / scale) <= RATE * 4.5


@pytest.mark.parametrize("cls", EVERY)
@pytest.mark.parametrize("clip", ["auto", "growing", 1.5, None])
@settings(max_examples=20, deadline=None)
@given(stream=st.lists(events, max_size=40))
def test_arbitrary_numbers_leave_everything_finite(
    cls: Any, clip: Any, stream: list[dict[str, float]]
) -> None:
    detector = cls(clip=clip, warm_up=5)
    for event in stream:
        score = detector.score_learn_one(event)
        assert 0.0 <= score < 1.0
        assert 0.0 <= detector.distance_one(event) < float("inf")
        assert np.all(np.isfinite(list(detector.explain_one(event).values())))
        assert np.all(np.isfinite(list(detector.expect_one(event).values())))
    if stream and detector.features_:
        for attribute in ("location_", "scale_", "precision_", "components_", "unit_"):
            assert np.all(np.isfinite(getattr(detector, attribute, 0.0)))
        assert np.all(detector.scale_ >= 0.0)
        assert np.isfinite(detector.offset_)


@pytest.mark.parametrize("cls", EVERY)
@settings(max_examples=20, deadline=None)
@given(stream=st.lists(events, max_size=10))
def test_asking_changes_nothing(cls: Any, stream: list[dict[str, float]]) -> None:
    asked, left_alone = deepcopy(trained(cls, "auto", "auto")), trained(cls, "auto", "auto")
    before = asked.to_bytes()
    for event in stream:
        asked.score_one(event)
        asked.distance_one(event)
        asked.explain_one(event)
        asked.expect_one(event)
        assert asked.score_one(event) == left_alone.score_one(event)
    assert asked.to_bytes() == before


@pytest.mark.parametrize("cls", EVERY)
@pytest.mark.parametrize("clip", ["auto", None])
def test_a_long_hostile_run_is_forgotten(cls: Any, clip: Any) -> None:
    """After extremes in a third of the events, ordinary ones are soon ordinary again."""
    rng = np.random.default_rng(0)
    detector = cls(clip=clip)
    for event in hostile(rng, 1500, 4):
        detector.learn_one(event)
    if clip is None:
        # Without clipping the promise is only that nothing breaks.
        assert np.all(np.isfinite(detector.scale_))
        return
    names = detector.features_
    for row in rng.normal(size=(1500, 4)).tolist():
        detector.learn_one(dict(zip(names, row, strict=True)))
    assert np.abs(detector.location_) == pytest.approx(0.0, abs=0.5)
    assert detector.scale_ == pytest.approx(1.0, rel=0.3)


def test_the_tightest_clip_leaves_the_scale_its_meaning() -> None:
    rng = np.random.default_rng(0)
    detector = ClippedZScore(clip=0.1).partial_fit(rng.normal(size=(5000, 2)))
    assert np.all((detector.scale_ > 0.5) & (detector.scale_ < 2.0))
    with pytest.raises(ValueError, match=r"at least 0\.1"):
        ClippedZScore(clip=0.05).learn_one({"a": 1.0})


class NeverLearns:
    """A scheduler whose every rate is 0."""

    def get(self, t: int) -> float:
        """Return the rate of the t-th event."""
        return 0.0


@pytest.mark.parametrize("detector_class", [ClippedZScore, ClippedMahalanobis])
def test_a_rate_of_zero_learns_as_averages_do(detector_class: Any) -> None:
    rng = np.random.default_rng(0)
    detector = detector_class(learning_rate=NeverLearns())
    detector.learn_many(rng.normal(5.0, 2.0, size=(400, 2)))
    assert detector.location_ == pytest.approx([5.0, 5.0], abs=0.5)
    assert detector.scale_ == pytest.approx([2.0, 2.0], rel=0.2)
