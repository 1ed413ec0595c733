"""Every public statistic, scaler, model and optimizer keeps the promises that make sense for it."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import name_of, promise
from parts import checks_of, discover_parts

from clipsgd_river import checks

PARTS = list(discover_parts())


@pytest.mark.parametrize(
    ("part", "check"),
    [promise(part, check) for part in PARTS for check in checks_of(part)],
    ids=name_of,
)
def test_promise(part: Any, check: Any) -> None:
    check(part)


def test_every_part_is_discovered() -> None:
    found = {type(part).__name__ for part in PARTS}
    assert found >= {
        "ClippedForecaster",
        "ClippedLinearRegression",
        "ClippedLogisticRegression",
        "ClippedMean",
        "ClippedOCPD",
        "ClippedQuantile",
        "ClippedScaler",
        "ClippedSGD",
        "ClippedVar",
        "KeyActivity",
        "SplicedBinnedPareto",
        "SurprisalEncoder",
    }


def test_no_exception_outlives_its_cause() -> None:
    for part in PARTS:
        applying = {check.__name__ for check in checks.yield_checks(part)}
        assert part.senseless.keys() <= applying
