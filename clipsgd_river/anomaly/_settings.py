"""What a constructor argument may be, checked once when a detector starts to learn."""

from __future__ import annotations

from math import isfinite
from numbers import Integral, Real
from typing import Any

# Below, nearly every gradient is cut to one length, which tells nothing of a scale any more.
SMALLEST_CLIP = 0.1


def checked(parameters: dict[str, Any]) -> dict[str, Any]:
    """Check the parameters shared by the detectors; returns them as plain Python values.

    Raises
    ------
    ValueError
        If a value is out of range; the message names the parameter and what it may be.
    TypeError
        If a value is of a wrong type.
    """
    settings = dict(parameters)
    settings["learning_rate"] = _learning_rate(settings["learning_rate"])
    settings["clip"] = _clip(settings["clip"])
    settings["warm_up"] = _count("warm_up", settings["warm_up"])
    settings["max_features"] = _count("max_features", settings["max_features"])
    share = settings["contamination"]
    settings["contamination"] = _number("contamination", share)
    if not 0.0 < settings["contamination"] <= 0.5:
        raise ValueError(
            f"contamination is the share of anomalies, above 0 and at most 0.5, not {share!r}"
        )
    return settings


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} is a number, not {value!r} of type {type(value).__name__}")
    return float(value)


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} is a whole number, not {value!r} of type {type(value).__name__}")
    if not 1 <= int(value) < 2**31:
        raise ValueError(f"{name} is at least 1 and below 2**31, not {value!r}")
    return int(value)


def _learning_rate(value: Any) -> Any:
    if isinstance(value, str):
        if value not in ("auto", "doubling"):
            raise ValueError(
                f"learning_rate is 'auto', 'doubling', a number in (0, 1] or a River scheduler, "
                f"not {value!r}"
            )
        return value
    if callable(getattr(value, "get", None)):
        return value
    rate = _number("learning_rate", value)
    if not 0.0 < rate <= 1.0:
        raise ValueError(f"learning_rate is above 0 and at most 1, not {value!r}")
    return rate


def _clip(value: Any) -> str | float | None:
    if value is None:
        return None
    if isinstance(value, str):
        if value not in ("auto", "growing"):
            raise ValueError(f"clip is 'auto', 'growing', a positive number or None, not {value!r}")
        return value
    threshold = _number("clip", value)
    if not (threshold >= SMALLEST_CLIP and isfinite(threshold)):
        raise ValueError(
            f"clip is a finite number of standard deviations, at least {SMALLEST_CLIP}, not "
            f"{value!r}; None means no clipping"
        )
    return threshold
