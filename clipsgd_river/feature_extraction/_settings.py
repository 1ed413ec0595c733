"""Parameters of what counts by key, as plain values, and the names of its features."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from datetime import timedelta
from math import copysign, isfinite
from numbers import Integral, Real
from typing import Any, Final

from clipsgd_river import _settings

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_WINDOW: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([smhdw])")
MOST_WINDOWS: Final = 16
MOST_COLUMNS: Final = 64
#: Ten years.
LONGEST: Final = 3.2e8


def key(value: Any) -> list[list[Any]]:
    """Kinds of keys, each by its columns."""
    kinds = value if isinstance(value, list) else [value]
    found = [[_name("key", part) for part in _parts(kind)] for kind in kinds]
    if not found or any(not kind or len(set(kind)) < len(kind) for kind in found):
        raise ValueError(
            "key is the name of a feature, a tuple of different names, or a list of these, not "
            f"{value!r}"
        )
    if len(found) > MOST_WINDOWS or any(len(kind) > MOST_WINDOWS for kind in found):
        raise ValueError(f"key names at most {MOST_WINDOWS} kinds of keys of as many columns each")
    return found


def as_given(kinds: list[list[Any]]) -> Any:
    """The parameter ``key`` that `key` made kinds of."""
    given = [kind[0] if len(kind) == 1 else tuple(kind) for kind in kinds]
    return given[0] if len(given) == 1 else given


def windows(value: Any) -> list[str | float]:
    """Windows as they are named: texts, or seconds."""
    given = [value] if isinstance(value, str | Real | timedelta) else value
    if not isinstance(given, Iterable):
        raise TypeError(f"windows are times such as '1m' or '1h', not {value!r}")
    found: list[str | float] = [
        each.total_seconds()
        if isinstance(each, timedelta)
        else each
        if isinstance(each, str)
        else _settings.number("a window", each)
        for each in given
    ]
    lengths = [seconds(each) for each in found]
    if not 1 <= len(found) <= MOST_WINDOWS or len(set(lengths)) < len(lengths):
        raise ValueError(f"windows are 1 to {MOST_WINDOWS} different times, not {value!r}")
    return sorted(found, key=seconds)


def seconds(window: str | float) -> float:
    """Length of a window."""
    if not isinstance(window, str):
        length = window
    else:
        match = _WINDOW.fullmatch(window.strip())
        if match is None:
            raise ValueError(
                f"a window is a time such as '30s', '5m', '1h' or '1d', not {window!r}"
            )
        length = float(match[1]) * _UNITS[match[2]]
    if not (isfinite(length) and 0.0 < length <= LONGEST):
        raise ValueError(f"a window is longer than 0 and at most ten years, not {window!r}")
    return length


def distinct(value: Any) -> list[Any] | None:
    """Columns of which distinct values are counted."""
    return None if value is None else _columns("distinct", value)


def sums(value: Any) -> list[Any] | None:
    """Columns that are summed up."""
    return None if value is None else _columns("sums", value)


def flag(name: str) -> Any:
    """Check of a parameter that is True or False."""
    return lambda value: _settings.flag(name, value)


def timestamp(value: Any) -> Any:
    """Name of the feature that says when an event was, or ``None``."""
    return None if value is None else _name("timestamp", value)


def max_keys(value: Any) -> int:
    """Keys kept of each kind."""
    return _settings.count("max_keys", value, 10**8)


def amount_of(logarithm: float) -> float:
    """Count or sum of which a feature is the logarithm to base 2 of 1 more, as people read it.

    Examples
    --------
    >>> amount_of(4.0), amount_of(-1.0), amount_of(1.005)
    (15.0, -1.0, 1.01)
    """
    # Sums are bounded far below 2 ** 1000; a band may reach beyond.
    amount = copysign(2.0 ** min(abs(logarithm), 1000.0) - 1.0, logarithm)
    return float(round(amount)) if abs(amount) >= 10.0 else float(f"{amount:.3g}")


def groups(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """What is counted of each kind of key, and what the features are called."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for kind in settings["key"]:
        wanted = settings["distinct"]
        # Of a pair its members, too: a flood from a thousand sources shows in no pair.
        for columns in [kind] if len(kind) == 1 else [kind, *([part] for part in kind)]:
            others = wanted
            if wanted is None:
                others = [part for part in kind if part not in columns]
            before = found.setdefault(tuple(columns), [])
            before += [name for name in others if name not in columns and name not in before]
    return [
        {
            "columns": list(columns),
            "distinct": counted,
            "sums": settings["sums"] or [],
            "names": list(_names(settings, columns, counted)),
        }
        for columns, counted in found.items()
    ]


def _names(
    settings: dict[str, Any], columns: tuple[Any, ...], counted: list[Any]
) -> Iterable[str | None]:
    whose = " and ".join(map(str, columns))
    for window in settings["windows"]:
        length = window if isinstance(window, str) else f"{window:g}s"
        yield f"events of {whose} in {length}" if settings["count"] else None
        for name in counted:
            yield f"distinct {name} of {whose} in {length}"
        for name in settings["sums"] or []:
            yield f"{name} of {whose} in {length}"
    yield f"seconds since {whose}" if settings["count"] else None


def _columns(parameter: str, value: Any) -> list[Any]:
    if isinstance(value, str | Integral):
        value = [value]
    if not isinstance(value, Iterable):
        raise TypeError(f"{parameter} are names of features, not {value!r}")
    found = [_name(parameter, name) for name in value]
    if len(set(found)) < len(found) or len(found) > MOST_COLUMNS:
        raise ValueError(f"{parameter} are at most {MOST_COLUMNS} different names, not {value!r}")
    return found


def _parts(kind: Any) -> Any:
    return kind if isinstance(kind, tuple | list) else [kind]


def _name(parameter: str, value: Any) -> Hashable:
    if isinstance(value, bool) or not isinstance(value, str | Integral):
        raise TypeError(
            f"{parameter} takes names of features, strings or whole numbers, not {value!r} of type "
            f"{type(value).__name__}"
        )
    return value if isinstance(value, str) else int(value)
