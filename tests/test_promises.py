"""Every public detector keeps every promise that applies to it."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import discover_detectors, name_of, promise
from parts import discover_parts

from clipsgd_river import alerts, anomaly, checks
from clipsgd_river.alerts import rules
from clipsgd_river.checks import state_files

DETECTORS = list(discover_detectors())


@pytest.mark.parametrize(
    ("detector", "check"),
    [promise(each, check) for each in DETECTORS for check in checks.yield_checks(each)],
    ids=name_of,
)
def test_promise(detector: Any, check: Any) -> None:
    check(detector)


@pytest.mark.slow
@pytest.mark.parametrize("owner", [*DETECTORS, *discover_parts()], ids=name_of)
def test_every_number_is_forged_in_every_way(owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself does so where a state has few numbers, here where it has thousands.

    Of longer ones, such as the sketches of many keys, it passes some over.
    """
    monkeypatch.setattr(state_files, "_FEW", 3_000)
    monkeypatch.setattr(state_files, "_MANY", 3_000)
    assert checks.check_forged_states_are_refused in checks.yield_checks(owner)
    checks.check_forged_states_are_refused(owner)


def test_every_detector_is_discovered() -> None:
    found = {type(detector).__name__ for detector in DETECTORS}
    assert (
        {"ClippedZScore", "ClippedMahalanobis"}
        <= found
        <= {*anomaly.__all__, *alerts.__all__, *rules.__all__}
    )
