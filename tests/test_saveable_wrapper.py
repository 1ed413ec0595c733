"""State files of wrappers: fixed parts, parts that come and go, wrappers of wrappers."""

from __future__ import annotations

from array import array
from typing import Any, ClassVar

import pytest
from river import anomaly, base, compose, preprocessing

from clipsgd_river._state import file_format
from clipsgd_river._state.wrapper import SaveablePipeline, SaveableWrapper
from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore
from clipsgd_river.preprocessing import ClippedScaler, SurprisalEncoder


class Counting(SaveableWrapper, base.AnomalyDetector):
    """Any detector, with a count of what it learned."""

    _part_kinds: ClassVar[dict[str, Any]] = {"detector": base.AnomalyDetector}

    def __init__(self, detector: base.AnomalyDetector, label: str = "none") -> None:
        self.detector = detector
        self.label = label
        self._detector: Any = detector
        self.learned = 0
        self.create_state()

    def learn_one(self, x: Any) -> None:
        self._detector.learn_one(x)
        self.learned += 1

    def score_one(self, x: Any) -> float:
        score: float = self._detector.score_one(x)
        return score

    def _own_numbers(self) -> array[float]:
        return array("d", [self.learned])

    def _take_own_numbers(self, numbers: array[float]) -> None:
        (learned,) = numbers
        self.learned = int(learned)


class PerKey(SaveableWrapper, base.AnomalyDetector):
    """A detector for each value of "key"."""

    def __init__(self) -> None:
        self.models: dict[Any, Any] = {}

    def learn_one(self, x: Any) -> None:
        self.models.setdefault(x["key"], ClippedZScore()).learn_one({"value": x["value"]})

    def score_one(self, x: Any) -> float:
        score: float = self.models[x["key"]].score_one({"value": x["value"]})
        return score

    def _parts(self) -> dict[Any, Any]:
        return self.models

    def _take_parts(self, parts: dict[Any, Any]) -> None:
        self.models = parts


def learned(detector: Any, count: int = 60) -> Any:
    for n in range(count):
        detector.learn_one({"a": float(n % 7), "b": -float(n % 5)})
    return detector


def test_wrappers_nest_to_any_depth() -> None:
    inner = Counting(ClippedMahalanobis(warm_up=8), label="inner")
    model = learned(Counting(Counting(inner, label="middle")))
    other = Counting.from_bytes(model.to_bytes())
    assert (other.label, other.detector.label, other.detector.detector.label) == (
        "none",
        "middle",
        "inner",
    )
    assert other.detector.detector.learned == 60
    assert other.detector.detector.detector.warm_up == 8
    assert learned(other, 9).to_bytes() == learned(model, 9).to_bytes()


def test_parts_that_come_and_go_keep_their_names() -> None:
    model = PerKey()
    keys = ["a", 1, ("host", 7), None, True, 2.5]
    for n in range(300):
        model.learn_one({"key": keys[n % 6], "value": float(n % 11 + 100 * (n % 6))})
    other = PerKey.from_bytes(model.to_bytes())
    # 1 and True are one key of a dict.
    assert list(other.models) == list(model.models)
    assert list(map(type, other.models)) == list(map(type, model.models))
    for key in model.models:
        x = {"key": key, "value": 250.0}
        assert other.score_one(x) == model.score_one(x)
    assert PerKey.from_bytes(PerKey().to_bytes()).models == {}
    model.learn_one({"key": "late", "value": 1.0})
    assert "late" in PerKey.from_bytes(model.to_bytes()).models


def test_a_part_without_state_files_is_named() -> None:
    with pytest.raises(ValueError, match="the detector of Counting, a HalfSpaceTrees"):
        Counting(Counting(anomaly.HalfSpaceTrees())).to_bytes()


def test_a_header_is_made_again_when_that_of_a_part_changes() -> None:
    model = learned(Counting(ClippedZScore()))
    assert model.to_bytes() == model.to_bytes()
    model.learn_one({"new": 1.0})
    assert Counting.from_bytes(model.to_bytes()).detector.features_ == ["a", "b", "new"]


def test_forged_lengths_and_parts_are_refused() -> None:
    fields, numbers = file_format.decode(learned(Counting(ClippedZScore())).to_bytes())
    assert numbers[:2].tolist() == [1.0, 60.0]
    for at, length in ((0, float("nan")), (0, -1.0), (0, 1e300), (0, 0.5), (2, 1e18), (2, 3.0)):
        bad = numbers[:]
        bad[at] = length
        with pytest.raises(ValueError, match="the state"):
            Counting.from_bytes(file_format.encode(file_format.make_header(fields), bad))
    ((name, head),) = fields["parts"]
    deep: Any = head
    for _ in range(150):
        deep = {**fields, "parts": [[name, deep]]}
    twice = [[name, head], [name, head]]
    for parts in (twice, [], [[name]], [[name, None]], [["other", head]], [[name, deep]], None, 3):
        header = file_format.make_header({**fields, "parts": parts})
        with pytest.raises(ValueError, match="the state"):
            Counting.from_bytes(file_format.encode(header, numbers))
    for parameters in ({"detector": "text"}, {"unknown": 1}, [], None):
        header = file_format.make_header({**fields, "parameters": parameters})
        with pytest.raises(ValueError, match="the state"):
            Counting.from_bytes(file_format.encode(header, numbers))


def test_a_pipeline_of_ours_is_a_part_and_stands_alone() -> None:
    def learned_text(model: Any, count: int) -> Any:
        for n in range(count):
            model.learn_one({"a": float(n % 7), "b": f"value {n % 5}"})
        return model

    inner = compose.Pipeline(SurprisalEncoder(), ClippedScaler(), ("last", ClippedZScore()))
    model = learned_text(Counting(inner), 60)
    other = Counting.from_bytes(model.to_bytes())
    assert list(other.detector.steps) == ["SurprisalEncoder", "ClippedScaler", "last"]
    assert learned_text(other, 9).to_bytes() == learned_text(model, 9).to_bytes()
    alone = SaveablePipeline.from_bytes(SaveablePipeline(inner).to_bytes())
    assert type(alone) is compose.Pipeline
    x = {"a": 3.0, "b": "never"}
    assert alone.score_one(x) == inner.score_one(x)
    foreign = compose.Pipeline(preprocessing.StandardScaler(), ClippedZScore())
    with pytest.raises(ValueError, match="the StandardScaler of Pipeline"):
        Counting(foreign).to_bytes()
