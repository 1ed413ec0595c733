"""Parameters that are one value for all features or a value for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clipsgd_river._state import file_format


def checked(name: str, value: Any, check: Callable[[str, Any], Any]) -> Any:
    """Check a parameter, ``check`` being asked about each value; returns it unchanged."""
    if isinstance(value, Mapping):
        for feature, each in value.items():
            check(f"{name} of {feature!r}", each)
    else:
        check(name, value)
    return value


def of(value: Any, feature: Any, otherwise: Any) -> Any:
    """The value for a feature; ``otherwise`` where the parameter says nothing of it."""
    if isinstance(value, Mapping):
        return value.get(feature, otherwise)
    return otherwise if value is None else value


def encoded(value: Any) -> Any:
    """A parameter as JSON can hold it, names of features with their types."""
    if not isinstance(value, Mapping):
        return value
    return {"features": [[file_format.encode_name(k), v] for k, v in value.items()]}


def decoded(value: Any) -> Any:
    """Turn what `encoded` made back into the parameter."""
    if not isinstance(value, dict):
        return value
    return {file_format.decode_name(name): each for name, each in value["features"]}
