"""scikit-learn's own suite, with the one failure no class with both faces can avoid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import discover_detectors, models_and_transformers
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.checks import sklearn_expected_failed_checks
from clipsgd_river.preprocessing import ClippedScaler, SurprisalEncoder

ESTIMATORS = [
    *(detector for detector in discover_detectors() if isinstance(detector, BaseEstimator)),
    *models_and_transformers(),
]


@parametrize_with_checks(
    ESTIMATORS, expected_failed_checks=lambda _: sklearn_expected_failed_checks()
)
def test_sklearn_check(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.EstimatorCheckFailedWarning")
@pytest.mark.parametrize("estimator", [ClippedZScore(), ClippedScaler(), SurprisalEncoder()])
def test_expected_failures_do_fail(estimator: Any) -> None:
    """A reason must not outlive its cause."""
    expected = sklearn_expected_failed_checks()
    results = check_estimator(
        estimator, expected_failed_checks=expected, on_skip=None, on_fail=None
    )
    failed = {result["check_name"] for result in results if result["status"] == "xfail"}
    assert failed == set(expected)
