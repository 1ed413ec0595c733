"""Every public detector keeps every promise that applies to it."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import discover_detectors, name_of

from clipsgd_river import alerts, anomaly, checks
from clipsgd_river.alerts import rules

DETECTORS = list(discover_detectors())


@pytest.mark.parametrize(
    ("detector", "check"),
    [(detector, check) for detector in DETECTORS for check in checks.yield_checks(detector)],
    ids=name_of,
)
def test_promise(detector: Any, check: Any) -> None:
    check(detector)


def test_every_detector_is_discovered() -> None:
    found = {type(detector).__name__ for detector in DETECTORS}
    assert (
        {"ClippedZScore", "ClippedMahalanobis"}
        <= found
        <= {*anomaly.__all__, *alerts.__all__, *rules.__all__}
    )
