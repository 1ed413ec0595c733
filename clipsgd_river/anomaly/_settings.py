"""What a constructor argument may be, checked once when a detector starts to learn."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from clipsgd_river import _settings
from clipsgd_river._kernels.anomaly.transformations import NAMES, TURNS, destinations, resolved

# Fewer events with slack than one in so many say too little of where the boundary is.
SMALLEST_NU = 0.0001
# Cost grows with the square of the number of transformations.
LARGEST_CLASSES = 64


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
    settings["contamination"] = _settings.contamination(settings["contamination"])
    return settings


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


def checked_transformations(parameters: dict[str, Any]) -> dict[str, Any]:
    """Check the parameters of a detector that tells transformations apart, likewise."""
    settings = checked_fourier(parameters)
    shape = settings["image_shape"]
    if shape is not None:
        if not isinstance(shape, Sequence) or isinstance(shape, str) or len(shape) != 2:
            raise ValueError(f"image_shape is (height, width) or None, not {shape!r}")
        settings["image_shape"] = [_settings.count("image_shape", side) for side in shape]
        if shape[0] * shape[1] > settings["max_features"]:
            raise ValueError(
                f"an image of {shape[0]} x {shape[1]} has more pixels than "
                f"max_features={settings['max_features']}"
            )
    if settings["features"] not in ("fourier", "raw"):
        raise ValueError(f"features is 'fourier' or 'raw', not {settings['features']!r}")
    if settings["features"] == "raw" and shape is None:
        raise ValueError("features='raw' is for images: give image_shape, or use 'fourier'")
    settings["transformations"] = (
        _checked_maps(settings["transformations"])
        if shape is None
        else _checked_moves(settings["transformations"], settings["image_shape"])
    )
    return settings


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
        raise ValueError(f"an image of {shape[0]} x {shape[1]} cannot be turned: it is no square")
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
