"""What the arguments of detectors may be, checked once when a detector starts to learn."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import date, datetime
from numbers import Integral
from typing import Any

from clipsgd_river import _settings
from clipsgd_river._kernels.anomaly.portfolio import MEMORIES
from clipsgd_river._kernels.anomaly.transformations import NAMES, TURNS, destinations, resolved

# Cost grows with the square of the number of transformations.
LARGEST_CLASSES = 64

# Cost and memory grow with these: weights of each feature, and events kept.
LARGEST_PROJECTIONS = 4_096
LARGEST_RESERVOIR = 65_536

# Containers of dates that a state file can keep; a string is none, though it has characters.
PLAIN = (set, frozenset, list, tuple, dict, str)

#: Checks of the parameters that all detectors have.
SHARED = {
    "learning_rate": _settings.learning_rate,
    "clip": _settings.clip_of_scale,
    "warm_up": _settings.warm_up,
    "contamination": _settings.contamination,
    "max_features": _settings.max_features,
}


def timestamp(value: Any) -> Any:
    """Name of the feature that says when an event was, or ``None``."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | Integral)):
        raise TypeError(
            f"timestamp is the name of a feature, a string or a whole number, or None, not "
            f"{value!r} of type {type(value).__name__}"
        )
    return value if value is None or isinstance(value, str) else int(value)


def holidays(value: Any) -> Any:
    """Days as ISO dates in order, or a container of its own kind as it is."""
    if value is None or (type(value) not in PLAIN and isinstance(value, Container)):
        return value
    if type(value) not in PLAIN or isinstance(value, str):
        raise TypeError(
            f"holidays are dates in a set or list, or what 'date in holidays' can be asked of, not "
            f"{value!r} of type {type(value).__name__}"
        )
    return sorted({_day(each).isoformat() for each in value})


def _day(value: Any) -> date:
    """A holiday, which may be an ISO date."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"holidays has {value!r}, which is no ISO date") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(
            f"holidays are dates, not {value!r} of type {type(value).__name__}; of a datetime take "
            "its date()"
        )
    return value


def cooldown(value: Any) -> int:
    """Events in which the bar of what was told falls by a decade."""
    return _settings.count("cooldown", value)


def shapes(value: Any) -> bool:
    """Whether a detector of time series compares shapes."""
    return _settings.flag("shapes", value)


#: Checks of the parameters of detectors of time series.
SERIES = {
    **SHARED,
    "timestamp": timestamp,
    "cooldown": cooldown,
    "shapes": shapes,
    "holidays": holidays,
}


def fourier_components(value: Any) -> int:
    """How many random Fourier features."""
    return _settings.count("n_components", value, 4_096)


#: Checks of the parameters of detectors on random Fourier features.
FOURIER = {**SHARED, "n_components": fourier_components, "seed": _settings.seed}


def reservoir_size(value: Any) -> int:
    """How many past events are kept."""
    return _settings.count("reservoir_size", value, LARGEST_RESERVOIR)


def neighbours(value: Any) -> int:
    """How many of the nearest events make a distance."""
    return _settings.count("n_neighbors", value, LARGEST_RESERVOIR)


def memory_of_changes(value: Any) -> int | str:
    """Events that a change must last until it is normal, or a name for a number of them."""
    if isinstance(value, str):
        if value not in MEMORIES:
            names = ", ".join(map(repr, MEMORIES))
            raise ValueError(f"memory is a number of events or one of {names}, not {value!r}")
        return value
    return _settings.count("memory", value)


#: Checks of the parameters of a portfolio.
PORTFOLIO = {**SHARED, "memory": memory_of_changes, "seed": _settings.seed}


def memory_in_events(value: Any) -> int:
    """Events that count in what a detector keeps of them."""
    return _settings.count("memory", value)


#: Checks of the parameters of a detector on a sample of past events.
NEIGHBOURS = {
    **SHARED,
    "n_neighbors": neighbours,
    "reservoir_size": reservoir_size,
    "memory": memory_in_events,
    "seed": _settings.seed,
}


def projections(value: Any) -> int:
    """How many random projections."""
    return _settings.count("n_projections", value, LARGEST_PROJECTIONS)


#: Checks of the parameters of a detector on random projections.
PROJECTIONS = {
    **SHARED,
    "n_projections": projections,
    "memory": memory_in_events,
    "seed": _settings.seed,
}


def check_neighbours(settings: dict[str, Any]) -> None:
    """Check ``n_neighbors`` beside ``reservoir_size``."""
    wanted, size = settings["n_neighbors"], settings["reservoir_size"]
    if wanted > size:
        raise ValueError(
            f"n_neighbors={wanted} nearest cannot be found among reservoir_size={size} events; "
            "lower the one or raise the other"
        )


def image_shape(value: Any) -> list[int] | None:
    """Height and width of an image, ``None`` for a table."""
    if value is None:
        return None
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise ValueError(f"image_shape is (height, width) or None, not {value!r}")
    return [_settings.count("image_shape", side) for side in value]


def image_features(value: Any) -> Any:
    """What a detector that tells transformations apart looks at."""
    if value not in ("fourier", "raw"):
        raise ValueError(f"features is 'fourier' or 'raw', not {value!r}")
    return value


def check_transformations(settings: dict[str, Any]) -> None:
    """Check ``transformations`` beside ``image_shape``, ``features`` and ``max_features``."""
    shape = settings["image_shape"]
    if shape is not None and shape[0] * shape[1] > settings["max_features"]:
        raise ValueError(
            f"an image of {shape[0]} x {shape[1]} has more pixels than "
            f"max_features={settings['max_features']}"
        )
    if settings["features"] == "raw" and shape is None:
        raise ValueError("features='raw' is for images: give image_shape, or use 'fourier'")
    value = settings["transformations"]
    settings["transformations"] = (
        _checked_maps(value) if shape is None else _checked_moves(value, shape)
    )


def _checked_maps(value: Any) -> Any:
    """Transformations of a table: a number of them."""
    if isinstance(value, str | Sequence):
        if value != "auto":
            raise ValueError(
                f"transformations of a table are 'auto' or how many affine maps, not {value!r}; "
                "those of an image need image_shape"
            )
        return value
    maps = _settings.count("transformations", value, LARGEST_CLASSES)
    if maps < 2:
        raise ValueError("transformations are at least 2: one cannot be told from another")
    return maps


def _checked_moves(value: Any, shape: list[int]) -> Any:
    """Transformations of an image: a family by name, or a sequence of them."""
    if isinstance(value, str):
        if value not in ("auto", "shifts", "rotations", "flips"):
            raise ValueError(
                f"transformations are 'auto', 'shifts', 'rotations', 'flips' or a sequence of "
                f"them, not {value!r}"
            )
        moves = resolved(value, shape)
    else:
        if not isinstance(value, Sequence):
            raise TypeError(
                f"transformations of an image are a name or a sequence, not {value!r} of type "
                f"{type(value).__name__}"
            )
        moves = [each if isinstance(each, str) else _checked_shift(each) for each in value]
        value = [each if isinstance(each, str) else list(each) for each in moves]
    unknown = [each for each in moves if isinstance(each, str) and each not in NAMES]
    if unknown:
        raise ValueError(f"there is no transformation {unknown[0]!r}; there are {', '.join(NAMES)}")
    if shape[0] != shape[1] and any(each in TURNS for each in moves):
        raise ValueError(f"an image of {shape[0]} x {shape[1]} cannot be turned: it is not square")
    tables = {tuple(destinations([each], shape)) for each in moves}
    if not 2 <= len(moves) <= LARGEST_CLASSES or len(tables) < len(moves):
        raise ValueError(
            f"transformations are 2 to {LARGEST_CLASSES}, of which no two do the same to an image "
            f"of {shape[0]} x {shape[1]}, not {moves!r}"
        )
    return value


def _checked_shift(value: Any) -> tuple[int, int]:
    """Rows and columns to shift by."""
    if (
        not isinstance(value, Sequence)
        or len(value) != 2
        or any(isinstance(part, bool) or not isinstance(part, Integral) for part in value)
    ):
        raise ValueError(f"a shift is a pair of whole numbers (rows, columns), not {value!r}")
    return int(value[0]), int(value[1])
