"""Colours of one picture differ for everybody, and stand out from the paper.

Colour blindness is simulated as by Machado, Oliveira and Fernandes, "A physiologically-based model
for simulation of color vision deficiency", IEEE Transactions on Visualization and Computer
Graphics 15, 2009: the matrices for full protanopia, deuteranopia and tritanopia, on linear light.
Differences are Euclidean in CIELAB (CIE 1976), where about 2.3 is just noticeable; contrast is that
of WCAG 2.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from clipsgd_river.plot import _style as style

Floats = npt.NDArray[np.float64]

EYES: dict[str, Floats] = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
    "none at all": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
#: What one picture shows side by side.
SCORES = (style.BLUE, style.ORANGE, style.INK, style.VERMILION, style.GREEN)
LONG_SCORES = (style.SKY_BLUE, style.PALE_BLUE, style.INK, style.VERMILION)
BAND = (style.BLUE, style.INK, style.VERMILION)
BARS = (style.BLUE, style.SKY_BLUE, style.GREY)
#: Lines, marks and bars, which carry the meaning; orange marks have an edge of ink.
STRONG = (style.BLUE, style.INK, style.VERMILION, style.GREEN, style.GREY)


def linear(colour: str) -> Floats:
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(light: Floats) -> Floats:
    x, y, z = TO_XYZ @ np.clip(light, 0, 1) / TO_XYZ.sum(axis=1)
    f = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: str, other: str, eyes: Floats) -> float:
    return float(np.linalg.norm(lab(eyes @ linear(one)) - lab(eyes @ linear(other))))


def contrast(one: str, other: str) -> float:
    luminances = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (luminances[1] + 0.05) / (luminances[0] + 0.05)


@pytest.mark.parametrize("eyes", ["usual", "protanopia", "deuteranopia", "tritanopia"])
@pytest.mark.parametrize("colours", [SCORES, LONG_SCORES, BAND, BARS])
def test_colours_of_one_picture_differ(colours: tuple[str, ...], eyes: str) -> None:
    for one, other in combinations(colours, 2):
        assert difference(one, other, EYES[eyes]) > 15, (one, other)


@pytest.mark.parametrize("colour", STRONG)
def test_what_carries_meaning_stands_out_from_the_paper(colour: str) -> None:
    assert contrast(colour, style.PAPER) >= 3
    assert difference(colour, style.PAPER, EYES["none at all"]) > 30


@pytest.mark.parametrize("colour", [style.INK, style.GREY])
def test_text_can_be_read(colour: str) -> None:
    assert contrast(colour, style.PAPER) >= 4.5


def test_the_measure_tells_what_is_hard_to_tell() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    red, green = "#D2691E", "#6B8E23"
    assert difference(red, green, EYES["usual"]) > 60
    assert difference(red, green, EYES["protanopia"]) < 15
    assert difference(red, green, EYES["deuteranopia"]) < 15
