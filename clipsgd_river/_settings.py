"""What an argument that several classes share may be, checked before any state exists.

Each function takes what the user gave and returns it as a plain Python value. A ``ValueError`` says
that it is out of range and what the range is, a ``TypeError`` that it is of a wrong type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from numbers import Integral, Real
from typing import Any

# Below so many standard deviations nearly every gradient is cut to one length, which tells nothing
# of a scale any more.
SMALLEST_CLIP_OF_SCALE = 0.1

# The values of a start are kept sorted, one by one: beyond this it takes too long, and too much
# memory.
LONGEST_START = 10_000

# Rules for the step of what may count all events alike: a mean, a distribution.
RULES_OF_MEANS = ("averaging", "auto", "doubling")

# Fewer rows would not hold what a few events add between two purges.
FEWEST_VALUES = 10
MOST_VALUES = 10**9

# Two tails must leave a body between them.
LARGEST_TAIL = 0.25


def number(name: str, value: Any) -> float:
    """A real number, as a float."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} is a number, not {value!r} of type {type(value).__name__}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} is beyond the range of a float") from None


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} is True or False, not {value!r} of type {type(value).__name__}")
    return value


def count(name: str, value: Any, largest: int = 2**31 - 1) -> int:
    """A whole number from 1 to ``largest``."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} is a whole number, not {value!r} of type {type(value).__name__}")
    if not 1 <= int(value) <= largest:
        raise ValueError(f"{name} is at least 1 and at most {largest:,}, not {value!r}")
    return int(value)


def positive(name: str, value: Any) -> float:
    """A finite number above 0."""
    amount = number(name, value)
    if not amount > 0.0 or not isfinite(amount):
        raise ValueError(f"{name} is positive and finite, not {value!r}")
    return amount


def warm_up(value: Any) -> int:
    """Events that a robust start takes."""
    return count("warm_up", value, LONGEST_START)


def tail(value: Any) -> float:
    """Probability beyond an edge of a distribution's body."""
    share = number("tail", value)
    if not 0.0 < share <= LARGEST_TAIL:
        raise ValueError(f"tail is a probability above 0 and at most {LARGEST_TAIL}, not {value!r}")
    return share


def probability(name: str, value: Any) -> float:
    """A probability above 0 and below 1."""
    share = number(name, value)
    if not 0.0 < share < 1.0:
        raise ValueError(f"{name} is a probability above 0 and below 1, not {value!r}")
    return share


def not_negative(name: str, value: Any) -> float:
    """A finite number of 0 or more."""
    amount = number(name, value)
    if not amount >= 0.0 or not isfinite(amount):
        raise ValueError(f"{name} is 0 or more and finite, not {value!r}")
    return amount


def share(name: str, value: Any) -> float:
    """A share above 0 and at most 1."""
    part = number(name, value)
    if not 0.0 < part <= 1.0:
        raise ValueError(f"{name} is a share above 0 and at most 1, not {value!r}")
    return part


def is_scheduler(value: Any) -> bool:
    """Whether an object gives the step at each event, as River's schedulers do."""
    # A dict has a method of that name, too.
    return callable(getattr(value, "get", None)) and not isinstance(value, Mapping)


def learning_rate(value: Any, rules: tuple[str, ...] = ("auto", "doubling")) -> Any:
    """A rule by name, a constant step in (0, 1], or a River scheduler as it is."""
    if isinstance(value, str):
        if value not in rules:
            known = ", ".join(map(repr, rules))
            raise ValueError(
                f"learning_rate is {known}, a number in (0, 1] or a River scheduler, not {value!r}"
            )
        return value
    if is_scheduler(value):
        return value
    rate = number("learning_rate", value)
    if not 0.0 < rate <= 1.0:
        raise ValueError(f"learning_rate is above 0 and at most 1, not {value!r}")
    return rate


def clip(value: Any, smallest: float = 0.0) -> str | float | None:
    """A rule by name, a threshold above 0 and from ``smallest`` on, or ``None`` for no clipping."""
    if value is None:
        return None
    if isinstance(value, str):
        if value not in ("auto", "growing"):
            raise ValueError(f"clip is 'auto', 'growing', a positive number or None, not {value!r}")
        return value
    threshold = number("clip", value)
    if not (threshold > 0.0 and threshold >= smallest and isfinite(threshold)):
        least = f"at least {smallest}" if smallest else "above 0"
        raise ValueError(f"clip is a finite number, {least}, not {value!r}; None means no clipping")
    return threshold


def contamination(value: Any) -> float:
    """A share of anomalies, above 0 and at most 0.5."""
    found = number("contamination", value)
    if not 0.0 < found <= 0.5:
        raise ValueError(
            f"contamination is the share of anomalies, above 0 and at most 0.5, not {value!r}"
        )
    return found


def seed(value: Any) -> int:
    """A whole number from 0 to 2**63 - 1."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"seed is a whole number, not {value!r} of type {type(value).__name__}")
    if not 0 <= int(value) < 2**63:
        raise ValueError(f"seed is from 0 to 2**63 - 1, not {value!r}")
    return int(value)


def max_features(value: Any) -> int:
    """The most features that there may be."""
    return count("max_features", value)


def clip_of_scale(value: Any) -> str | float | None:
    """A `clip` where scales are estimated too."""
    return clip(value, SMALLEST_CLIP_OF_SCALE)


def as_given(value: Any) -> Any:
    """A value that cannot be checked by itself."""
    return value


def max_values(value: Any) -> int:
    """The most values that are kept."""
    most = count("max_values", value, MOST_VALUES)
    if most < FEWEST_VALUES:
        raise ValueError(f"max_values is at least {FEWEST_VALUES}, not {most}")
    return most


def names(parameter: str, value: Any) -> list[Any] | None:
    """Names of features as a list, ``None`` as it is."""
    if value is None:
        return None
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise TypeError(f"{parameter} is a list of names or None, not {value!r}")
    return [_name(name) for name in value]


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
