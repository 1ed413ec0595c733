"""The checks themselves: each can fail, says what it found, and leaves the detector alone."""

from __future__ import annotations

import re
from typing import Any

import broken_on_columns  # noqa: F401 (registers what it defines)
import broken_on_rows  # noqa: F401
import broken_supervised_detectors  # noqa: F401
import pytest
from broken_detectors import CAUGHT_BY
from river import anomaly as river_anomaly
from river import datasets

from clipsgd_river import checks
from clipsgd_river.anomaly import ClippedZScore

CHECKS = {name for name in checks.__all__ if name.startswith("check_")} - {"check_detector"}


@pytest.mark.parametrize(
    ("name", "broken"),
    [(name, broken) for name, classes in CAUGHT_BY.items() for broken in classes],
)
def test_every_check_can_fail(name: str, broken: type[Any]) -> None:
    detector = broken()
    applicable = {check.__name__: check for check in checks.yield_checks(detector)}
    with pytest.raises(AssertionError) as caught:
        applicable[name](detector)
    message = str(caught.value)
    assert message.startswith(f"{type(detector).__name__} breaks {name} ("), message
    promise, _, evidence = message.partition("): ")
    assert promise, message
    assert evidence, message
    # Not by a slip in the broken class: the evidence is an observation, no stray exception.
    assert not re.match(r"\w+(Error|Exception|Iteration): ", evidence), message


def test_broken_detectors_name_checks_that_exist() -> None:
    assert CAUGHT_BY.keys() == CHECKS


def test_check_functions_are_public_under_one_name() -> None:
    assert len(checks.__all__) == len(set(checks.__all__))
    for name in CHECKS:
        check = getattr(checks, name)
        assert check.__name__ == name
        assert check.__doc__


@pytest.mark.either_mode
def test_check_detector_reports_what_ran_and_changes_nothing() -> None:
    detector = ClippedZScore()
    before = detector.to_bytes()
    ran = checks.check_detector(detector)
    assert ran == [check.__name__ for check in checks.yield_checks(detector)]
    assert detector.to_bytes() == before


@pytest.mark.either_mode
def test_check_detector_collects_failures_and_knows_expected_ones() -> None:
    detector = CAUGHT_BY["check_score_is_zero_before_learning"][0]()
    with pytest.raises(AssertionError, match="breaks check_score_is_zero_before_learning"):
        checks.check_detector(detector)
    with pytest.raises(AssertionError, match=r"check_pickle was expected to fail .* passes"):
        checks.check_detector(ClippedZScore(), {"check_pickle": "no reason"})
    with pytest.raises(ValueError, match="no_such_check"):
        checks.check_detector(detector, {"no_such_check": "a slip of the pen"})


def test_checks_of_a_foreign_detector_are_those_it_has_methods_for() -> None:
    names = {check.__name__ for check in checks.yield_checks(river_anomaly.HalfSpaceTrees())}
    assert "check_scoring_has_no_side_effect" in names
    assert not names & {"check_to_bytes", "check_learn_many_equals_learn_one", "check_faces_agree"}


def test_checks_find_the_direction_of_a_foreign_detector() -> None:
    """River's OneClassSVM scores by a linear function, which is high on one side only."""
    with pytest.raises(AssertionError, match="standard deviations scores"):
        checks.check_far_events_score_above_near_ones(river_anomaly.OneClassSVM())


def test_an_error_inside_a_detector_is_evidence() -> None:
    class Unable(river_anomaly.HalfSpaceTrees):
        def learn_one(self, x: Any) -> None:
            raise KeyError(*x)

    with pytest.raises(AssertionError, match=r"Unable breaks check_empty_event .*KeyError: "):
        checks.check_empty_event(Unable())


def test_river_stream_is_put_back() -> None:
    original = datasets.CreditCard
    with checks.bundled_stream(100):
        assert len(list(datasets.CreditCard().take(50))) == 50
        assert datasets.CreditCard is not original
    assert datasets.CreditCard is original
    with pytest.raises(ZeroDivisionError), checks.bundled_stream(100):
        1 / 0  # noqa: B018
    assert datasets.CreditCard is original
    with pytest.raises(ValueError, match="rows"), checks.bundled_stream(3):
        pass
