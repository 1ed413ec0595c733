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
from clipsgd_river.feature_extraction import KeyActivity
from clipsgd_river.preprocessing import ClippedScaler, SurprisalEncoder

ESTIMATORS = [
    *(detector for detector in discover_detectors() if isinstance(detector, BaseEstimator)),
    *models_and_transformers(),
    KeyActivity(0, timestamp=0),
]
# What a row sees depends on the rows before it, which is what it is there for.
IN_ORDER = dict.fromkeys(
    (
        "check_transformer_data_not_an_array",
        "check_transformer_general",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
    ),
    "transform goes on from what was counted, row by row",
)


def expected_failures(estimator: Any) -> dict[str, str]:
    found = sklearn_expected_failed_checks()
    return found | IN_ORDER if isinstance(estimator, KeyActivity) else found


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_sklearn_check(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.EstimatorCheckFailedWarning")
@pytest.mark.parametrize(
    "estimator",
    [ClippedZScore(), ClippedScaler(), SurprisalEncoder(), KeyActivity(0, timestamp=0)],
)
def test_expected_failures_do_fail(estimator: Any) -> None:
    """A reason must not outlive its cause."""
    expected = expected_failures(estimator)
    results = check_estimator(
        estimator, expected_failed_checks=expected, on_skip=None, on_fail=None
    )
    failed = {result["check_name"] for result in results if result["status"] == "xfail"}
    assert failed == set(expected)
