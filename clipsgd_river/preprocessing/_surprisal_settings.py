"""Parameters of the encoder as plain values."""

from __future__ import annotations

from typing import Any

from clipsgd_river import _settings


def learning_rate(value: Any) -> float:
    """A constant step."""
    if isinstance(value, str) or _settings.is_scheduler(value):
        raise ValueError(f"learning_rate is a number above 0 and at most 1 here, not {value!r}")
    rate: float = _settings.learning_rate(value)
    return rate


def names(features: Any) -> list[Any] | None:
    """Names of features as a list, ``None`` as it is."""
    return _settings.names("features", features)
