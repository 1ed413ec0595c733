"""Parameters of the encoder as plain values, and its keys in a state file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clipsgd_river import _settings
from clipsgd_river._kernels.preprocessing.as_key import LONGEST
from clipsgd_river._state.file_format import decode_name, encode_name

# Fewer rows would not hold what a few events add between two purges.
FEWEST_VALUES = 10
MOST_VALUES = 10**9


def learning_rate(value: Any) -> float:
    """A constant step."""
    if isinstance(value, str) or _settings.is_scheduler(value):
        raise ValueError(f"learning_rate is a number above 0 and at most 1 here, not {value!r}")
    rate: float = _settings.learning_rate(value)
    return rate


def max_values(value: Any) -> int:
    """The most values that are kept."""
    most = _settings.count("max_values", value, MOST_VALUES)
    if most < FEWEST_VALUES:
        raise ValueError(f"max_values is at least {FEWEST_VALUES}, not {most}")
    return most


def names(features: Any) -> list[Any] | None:
    """Names of features as a list, ``None`` as it is."""
    if features is None:
        return None
    if isinstance(features, str | bytes) or not isinstance(features, Iterable):
        raise TypeError(f"features is a list of names or None, not {features!r}")
    return [_name(name) for name in features]


def pairs(given: Any) -> list[tuple[Any, Any]] | None:
    """Pairs of a feature and what it is conditional on, ``None`` as it is."""
    if given is None:
        return None
    try:
        found = given.items() if isinstance(given, Mapping) else given
        known = [(_name(feature), _name(other)) for feature, other in found]
    except (TypeError, ValueError):
        raise TypeError(
            f'given is a dict such as {{"country": "user"}} or None, not {given!r}'
        ) from None
    for feature, other in known:
        if feature == other:
            raise ValueError(f"given makes {feature!r} conditional on itself")
    return known


def _name(name: Any) -> Any:
    # A tuple comes back from a state file as a list.
    if isinstance(name, list):
        return tuple(_name(part) for part in name)
    hash(name)
    return name


def encode_key(key: Any) -> Any:
    """Kept value as JSON has it."""
    return {"bytes": key.hex()} if isinstance(key, bytes) else encode_name(key)


def decode_key(value: Any) -> Any:
    """Kept value that `encode_key` encoded; ``ValueError`` if it encodes none."""
    if isinstance(value, dict) and isinstance(value.get("bytes"), str):
        key: Any = bytes.fromhex(value["bytes"])
    else:
        key = decode_name(value)
    is_digest = isinstance(key, tuple) and len(key) == 1 and isinstance(key[0], str)
    if isinstance(key, bool) or (isinstance(key, tuple) and not is_digest):
        raise ValueError(f"the state keeps {key!r:.60} as a value: it is damaged")
    if isinstance(key, str | bytes) and len(key) > LONGEST:
        raise ValueError("the state keeps a value that is too long: it is damaged")
    return key
