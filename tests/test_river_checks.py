"""River's own suite, on the stream that comes with River."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import discover_detectors, models_and_transformers, name_of
from river import checks as river_checks

from clipsgd_river import COMPILED, checks
from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.feature_extraction import KeyActivity


def subjects_and_checks() -> Iterator[Any]:
    with checks.bundled_stream(rows=1000 if COMPILED else 200):
        others = (*models_and_transformers(), KeyActivity("gallup"))
        for subject in (*discover_detectors(), *others):
            for check in river_checks.yield_checks(subject):
                if check.__name__ not in subject._unit_test_skips():
                    yield pytest.param(subject, check, id=f"{name_of(subject)} {check.__name__}")


@pytest.mark.parametrize(("subject", "check"), list(subjects_and_checks()))
def test_river_check(subject: Any, check: Any) -> None:
    check(subject.clone())


def test_the_whole_suite_in_one_call() -> None:
    checks.river_check_estimator(ClippedZScore(), rows=200)


def test_the_suite_sees_events() -> None:
    class Backwards(ClippedZScore):
        def score_one(self, x: Any) -> float:
            return (1 - super().score_one(x)) / 2

    with pytest.raises(AssertionError):
        checks.river_check_estimator(Backwards(), rows=500)
