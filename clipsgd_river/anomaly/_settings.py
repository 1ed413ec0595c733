"""What a constructor argument may be, checked once when a detector starts to learn."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from clipsgd_river import _settings

# Fewer events with slack than one in so many say too little of where the boundary is.
SMALLEST_NU = 0.0001


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
    settings["learning_rate"] = _settings.learning_rate(settings["learning_rate"])
    settings["clip"] = _settings.clip(settings["clip"], _settings.SMALLEST_CLIP_OF_SCALE)
    settings["warm_up"] = _settings.warm_up(settings["warm_up"])
    settings["max_features"] = _settings.count("max_features", settings["max_features"])
    settings["contamination"] = checked_contamination(settings["contamination"])
    return settings


def checked_contamination(value: Any) -> float:
    """A share of anomalies, above 0 and at most 0.5."""
    share = _settings.number("contamination", value)
    if not 0.0 < share <= 0.5:
        raise ValueError(
            f"contamination is the share of anomalies, above 0 and at most 0.5, not {value!r}"
        )
    return share


def checked_fourier(parameters: dict[str, Any]) -> dict[str, Any]:
    """Check the parameters of detectors on random Fourier features, likewise."""
    settings = checked(parameters)
    settings["n_components"] = _settings.count("n_components", settings["n_components"], 4_096)
    seed = settings["seed"]
    if isinstance(seed, bool) or not isinstance(seed, Integral):
        raise TypeError(f"seed is a whole number, not {seed!r} of type {type(seed).__name__}")
    if not 0 <= int(seed) < 2**63:
        raise ValueError(f"seed is from 0 to 2**63 - 1, not {seed!r}")
    settings["seed"] = int(seed)
    return settings


def checked_one_class_svm(parameters: dict[str, Any]) -> dict[str, Any]:
    """Check the parameters of a one-class support vector machine, likewise."""
    settings = checked_fourier(parameters)
    settings["nu"] = _settings.number("nu", settings["nu"])
    if not SMALLEST_NU <= settings["nu"] <= 1.0:
        raise ValueError(
            f"nu is the share of events with slack, from {SMALLEST_NU} to 1, not {settings['nu']!r}"
        )
    if settings["kernel"] not in ("rbf", "linear"):
        raise ValueError(f"kernel is 'rbf' or 'linear', not {settings['kernel']!r}")
    return settings
