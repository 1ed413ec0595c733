"""What transformers in a pipeline say of an event, on its way into an alert."""

from __future__ import annotations

from typing import Any

import pytest
from river import base, compose

from clipsgd_river._pipelines import feature_descriptions
from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.preprocessing import ClippedScaler


class Lengths(base.Transformer):
    """Texts as their lengths; says so."""

    def transform_one(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return {name: len(v) if isinstance(v, str) else v for name, v in x.items()}

    def describe_one(self, x: dict[Any, Any]) -> dict[Any, tuple[Any, str]]:
        return {n: (v, f"{len(v)} letters") for n, v in x.items() if isinstance(v, str)}


WAYS = [
    lambda last: Lengths() | last,
    lambda last: Lengths() | ClippedScaler() | last,
    lambda last: (compose.Select("a") | Lengths()) + compose.Select("b") | last,
    lambda last: compose.Pipeline(compose.Pipeline(Lengths(), ClippedScaler()), last),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [AlertBudget, TailFilter])
def test_alerts_say_what_a_transformer_says(way: Any, kind: Any) -> None:
    model = kind(way(ClippedZScore()))
    for i in range(600):
        model.learn_one({"a": "x" * (10 + i % 3), "b": float(i % 7)})
    alert = model.alert_one({"a": "y" * 40, "b": 3.0})
    assert alert is not None
    (behind, *others) = alert.features
    assert (behind.feature, behind.value, behind.description) == ("a", "y" * 40, "40 letters")
    assert behind.direction == "above"
    assert f"a was '{'y' * 40}', 40 letters" in alert.sentence
    assert all(other.value is None and other.description is None for other in others)
    (told, *_) = alert.to_dict()["features"]
    assert (told["value"], told["description"]) == ("y" * 40, "40 letters")


def test_detectors_without_transformers_say_nothing() -> None:
    assert feature_descriptions(ClippedZScore(), {"a": 1.0}) == {}
    assert feature_descriptions(ClippedScaler() | ClippedZScore(), {"a": 1.0}) == {}
