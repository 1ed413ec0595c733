"""What fails while a feature starts, and states that were forged, leave a detector that works."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import discover_detectors, name_of

from clipsgd_river._state import file_format
from clipsgd_river.anomaly import ClippedDetector, ClippedMahalanobis

DETECTORS = [detector for detector in discover_detectors() if isinstance(detector, ClippedDetector)]
# Those with a location, a step and memory per feature of their own.
LOCATED = [detector for detector in DETECTORS if getattr(detector, "detectors", None) is None]
# Those whose step and clip threshold are parameters.
STEPPING = [detector for detector in LOCATED if hasattr(detector, "learning_rate")]


class NoName:
    """A feature name that cannot be sorted."""

    def __repr__(self) -> str:
        raise RuntimeError("no name")


def learned(detector: Any) -> Any:
    detector = detector.clone()
    detector.learn_many(np.random.default_rng(0).normal(size=(100, 3)))
    return detector


def test_a_failing_start_leaves_the_features_as_they_were() -> None:
    detector = learned(ClippedMahalanobis())
    twin = learned(ClippedMahalanobis())
    many: dict[Any, float] = {f"new {k}": 1.0 for k in range(500)}
    with pytest.raises(RuntimeError, match="no name"):
        detector.learn_one({**many, NoName(): 1.0})
    assert detector.features_ == [0, 1, 2]
    for event in ({0: 1.0, 1: 2.0, 2: 0.5}, many, {**many, 0: 0.3}):
        assert detector.score_learn_one(event) == pytest.approx(twin.score_learn_one(event))
    assert detector.to_bytes() == twin.to_bytes()


@pytest.mark.parametrize("detector", STEPPING, ids=name_of)
def test_a_failing_scheduler_starts_no_feature(detector: Any) -> None:
    class TooFast:
        def get(self, t: int) -> float:
            return 2.0

    detector = detector.clone({"learning_rate": TooFast()})
    with pytest.raises(ValueError, match="learning rate"):
        detector.learn_many(np.ones((2, 2)))
    with pytest.raises(ValueError, match="learning rate"):
        detector.learn_one({"a": 1.0})
    assert detector._kernel.features.names == []


@pytest.mark.parametrize("detector", STEPPING, ids=name_of)
def test_a_huge_clip_is_no_clip(detector: Any) -> None:
    huge, none = (learned(detector.clone({"clip": clip})) for clip in (1e200, None))
    np.testing.assert_array_equal(huge.scale_, none.scale_)


@pytest.mark.parametrize("detector", DETECTORS, ids=name_of)
def test_rows_without_columns_are_events_without_features(detector: Any) -> None:
    detector = learned(detector)
    assert detector.score_many(np.empty((4, 0))).tolist() == [0.0] * 4
    assert detector.score_learn_many(np.empty((4, 0))).tolist() == [0.0] * 4
    assert detector.n_samples_seen_ == 104


@pytest.mark.parametrize("detector", DETECTORS, ids=name_of)
def test_parameters_set_after_scoring_but_before_learning_count(detector: Any) -> None:
    detector = detector.clone()
    assert detector.score_one({"a": 1.0}) == 0.0
    detector.set_params(warm_up=5)
    for _ in range(5):
        detector.learn_one({"a": 1.0})
    assert detector.ready


@pytest.mark.parametrize("detector", LOCATED, ids=name_of)
@pytest.mark.parametrize(
    "forged",
    [
        {"parameters": {"warm_up": 2**31 - 1}},
        {"parameters": {"clip": 10**400}},
        {"parameters": {"contamination": 10**400}},
        {"features": {"a": 1}},
        {"features": [f"f{k}" for k in range(9_000)], "parameters": {"max_features": 10**6}},
        {"column_names": 7},
    ],
)
def test_a_forged_header_is_a_value_error(detector: Any, forged: dict[str, Any]) -> None:
    fields, numbers = file_format.decode(learned(detector).to_bytes())
    parameters = {**fields["parameters"], **forged.get("parameters", {})}
    fields = {**fields, **forged, "parameters": parameters}
    data = file_format.encode(file_format.make_header(fields), numbers)
    with pytest.raises(ValueError, match=r"."):
        type(detector).from_bytes(data)


def test_a_forged_covariance_is_a_value_error() -> None:
    fields, numbers = file_format.decode(learned(ClippedMahalanobis()).to_bytes())
    # The triangle of three features comes before the two numbers of the covariance's clip.
    triangle = len(numbers) - 6
    assert numbers[triangle] > 0.0
    numbers[triangle + 1] = 50.0
    data = file_format.encode(file_format.make_header(fields), numbers)
    with pytest.raises(ValueError, match="positive definite"):
        ClippedMahalanobis.from_bytes(data)
