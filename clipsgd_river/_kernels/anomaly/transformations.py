"""Transformations of an image by their names: which pixel each pixel goes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# A name, or by how many rows and columns an image is shifted.
Transformation = str | tuple[int, int]

NAMES = (
    "identity",
    "rotate90",
    "rotate180",
    "rotate270",
    "flip_horizontal",
    "flip_vertical",
    "transpose",
)
ROTATIONS = NAMES[:4]
FLIPS = ("identity", "flip_horizontal", "flip_vertical")
# Those that need a square.
TURNS = ("rotate90", "rotate270", "transpose")
# Random affine maps where the user names no number.
MAPS = 8


def shifts(shape: Sequence[int]) -> tuple[Transformation, ...]:
    """Identity and shifts in four directions, by 1/14 and by 3/14 of the image's size."""
    found: list[Transformation] = ["identity"]
    for share in (1.0 / 14.0, 3.0 / 14.0):
        down = max(round(share * shape[0]), 1)
        right = max(round(share * shape[1]), 1)
        found += [(0, right), (0, -right), (down, 0), (-down, 0)]
    return tuple(dict.fromkeys(found))


def resolved(transformations: Any, shape: Sequence[int] | None) -> list[Any]:
    """The transformations one by one: of a table numbers, of an image names and shifts."""
    if shape is None:
        return list(range(MAPS if transformations == "auto" else transformations))
    if transformations == "rotations":
        return list(ROTATIONS)
    if transformations == "flips":
        return list(FLIPS)
    if transformations in ("auto", "shifts"):
        return list(shifts(shape))
    return [each if isinstance(each, str) else tuple(each) for each in transformations]


def destinations(transformations: Sequence[Transformation], shape: Sequence[int]) -> list[int]:
    """Pixel to which each pixel goes, row by row, for one transformation after the other."""
    height, width = shape
    found = []
    for transformation in transformations:
        for row in range(height):
            for column in range(width):
                to_row, to_column = _moved(transformation, row, column, height, width)
                found.append(to_row * width + to_column)
    return found


def _moved(
    transformation: Transformation, row: int, column: int, height: int, width: int
) -> tuple[int, int]:
    """Position to which a transformation moves a pixel; shifts wrap around the edges."""
    if not isinstance(transformation, str):
        return (row + transformation[0]) % height, (column + transformation[1]) % width
    places = {
        "identity": (row, column),
        "rotate90": (width - 1 - column, row),
        "rotate180": (height - 1 - row, width - 1 - column),
        "rotate270": (column, height - 1 - row),
        "flip_horizontal": (row, width - 1 - column),
        "flip_vertical": (height - 1 - row, column),
        "transpose": (column, row),
    }
    return places[transformation]
