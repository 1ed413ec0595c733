"""Parameters reach the kernel because they are parameters: one that is forgotten is an error."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import discover_detectors, name_of

from clipsgd_river._faces.kernel_owner import KernelOwner, parameter_names
from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.drift import ClippedOCPD
from clipsgd_river.linear_model import ClippedLinearRegression, ClippedLogisticRegression
from clipsgd_river.preprocessing import ClippedScaler, SurprisalEncoder

OWNERS: list[Any] = [
    *(each for each in discover_detectors() if isinstance(each, KernelOwner)),
    ClippedOCPD(),
    ClippedLinearRegression(),
    ClippedLogisticRegression(),
    ClippedScaler(),
    SurprisalEncoder(),
]


def test_a_parameter_that_nothing_checks_is_an_error_of_the_class() -> None:
    with pytest.raises(TypeError, match=r"Forgetful has .* nothing checks: \['power'\]"):

        class Forgetful(ClippedZScore):
            def __init__(self, *, power: float = 2.0, warm_up: int = 20) -> None:
                super().__init__(warm_up=warm_up)
                self.power = power


def test_a_parameter_that_is_checked_reaches_the_kernel() -> None:
    class Complete(ClippedZScore):
        _checks = {**ClippedZScore._checks, "power": float}  # noqa: RUF012

        def __init__(
            self,
            *,
            power: float = 2.0,
            learning_rate: Any = "auto",
            clip: Any = "auto",
            warm_up: int = 20,
            contamination: float = 0.01,
            max_features: int = 10,
        ) -> None:
            super().__init__(
                learning_rate=learning_rate,
                clip=clip,
                warm_up=warm_up,
                contamination=contamination,
                max_features=max_features,
            )
            self.power = power

    detector = Complete(power=3)
    detector.learn_one({"a": 1.0})
    assert detector._kernel.settings["power"] == 3.0


@pytest.mark.parametrize("owner", OWNERS, ids=name_of)
def test_every_parameter_is_a_setting(owner: Any) -> None:
    owner.create_state()
    # The members of an ensemble are parts of its kernel.
    wanted = parameter_names(type(owner)) - {"detectors"}
    assert owner._kernel.settings.keys() == wanted
