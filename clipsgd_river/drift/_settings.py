"""What the arguments of a change-point detector may be."""

from __future__ import annotations

from math import isfinite
from typing import Any

from clipsgd_river import _settings


def checked(parameters: dict[str, Any]) -> dict[str, Any]:
    """Check the parameters; returns them as plain Python values.

    Raises
    ------
    ValueError
        If a value is out of range, or both rates are given.
    TypeError
        If a value is of a wrong type.
    """
    delta, length = parameters["delta"], parameters["expected_run_length"]
    if delta is not None and length is not None:
        raise ValueError(
            "delta and expected_run_length both say how rare false alarms are; give one of them"
        )
    warm_up = parameters["warm_up"]
    return {
        "delta": None if delta is None else _probability(delta),
        "expected_run_length": None if length is None else _run_length(length),
        "sigma": _sigma(parameters["sigma"]),
        "warm_up": None
        if warm_up is None
        else _settings.count("warm_up", warm_up, _settings.LONGEST_START),
        "max_features": _settings.count("max_features", parameters["max_features"]),
    }


def _probability(value: Any) -> float:
    probability = _settings.number("delta", value)
    if not 1e-12 <= probability < 1.0:
        raise ValueError(f"delta is a probability, at least 1e-12 and below 1, not {value!r}")
    return probability


def _run_length(value: Any) -> float:
    length = _settings.number("expected_run_length", value)
    if not 10.0 <= length <= 1e12:
        raise ValueError(f"expected_run_length is a number of events, 10 to 1e12, not {value!r}")
    return length


def _sigma(value: Any) -> float | str:
    if isinstance(value, str):
        if value != "auto":
            raise ValueError(f"sigma is 'auto' or a positive number, not {value!r}")
        return value
    sigma = _settings.number("sigma", value)
    if not (1e-140 <= sigma <= 1e140 and isfinite(sigma)):
        raise ValueError(f"sigma is 'auto' or a number from 1e-140 to 1e140, not {value!r}")
    return sigma
