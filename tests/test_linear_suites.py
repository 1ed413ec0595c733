"""The linear models pass River's and scikit-learn's own suites."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import name_of
from river import checks as river_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from clipsgd_river.checks import sklearn_expected_failed_checks
from clipsgd_river.linear_model import ClippedLinearRegression, ClippedLogisticRegression

MODELS = [ClippedLinearRegression(), ClippedLogisticRegression()]


def models_and_checks() -> Iterator[Any]:
    for model in MODELS:
        for check in river_checks.yield_checks(model):
            yield pytest.param(model, check, id=f"{name_of(model)} {check.__name__}")


@pytest.mark.parametrize(("model", "check"), list(models_and_checks()))
def test_river_check(model: Any, check: Any) -> None:
    check(model.clone())


@parametrize_with_checks(MODELS, expected_failed_checks=lambda _: sklearn_expected_failed_checks())
def test_sklearn_check(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
