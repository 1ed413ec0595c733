"""What a constructor argument may be, checked once when a detector starts to learn."""

from __future__ import annotations

from typing import Any

from clipsgd_river import _settings


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
