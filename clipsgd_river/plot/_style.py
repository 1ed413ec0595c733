"""What all pictures share: colours, the figure, the legend, text of unknown origin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from clipsgd_river._text import both_ends, printable
from clipsgd_river.plot._columns import Floats, isolated

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

# The palette of Okabe and Ito, Color Universal Design, 2008.
BLUE: Final = "#0072B2"
SKY_BLUE: Final = "#56B4E9"
PALE_BLUE: Final = "#BBDFF5"
ORANGE: Final = "#E69F00"
VERMILION: Final = "#D55E00"
GREEN: Final = "#009E73"
INK: Final = "#222222"
GREY: Final = "#767676"
LIGHT_GREY: Final = "#A6A6A6"
LINES: Final = "#DDDDDD"
PAPER: Final = "#FFFFFF"

MINUS: Final = "\N{MINUS SIGN}"

#: Alerts look the same in every picture.
ALERT: Final[dict[str, Any]] = {
    "linestyle": "none",
    "marker": "v",
    "markersize": 5.5,
    "color": VERMILION,
    "markeredgecolor": PAPER,
    "markeredgewidth": 0.4,
    "zorder": 5,
}

_POINTS_PER_INCH: Final = 72
#: Width of an average letter, in sizes of its font.
_LETTER: Final = 0.56
#: No text in a picture is longer.
_MOST_LETTERS: Final = 200
#: Width of what stands around a name in a legend, and of the name of an axis, likewise.
_AROUND_ENTRY: Final = 3.8
_NAME_OF_AXIS: Final = 10.0


def new_axes(width: float, height: float) -> Axes:
    """Return the axes of a new figure of so many inches.

    Raises
    ------
    ModuleNotFoundError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'pictures need matplotlib: pip install "clipsgd_river[plot]"', name=error.name
        ) from None
    _, axes = plt.subplots(figsize=(width, height), layout="constrained")
    return axes


def size_in_points(axes: Axes) -> tuple[float, float]:
    """Return about how wide and high the axes are."""
    box = axes.get_window_extent()
    scale = _POINTS_PER_INCH / axes.figure.dpi
    return float(box.width) * scale, float(box.height) * scale


def fit(text: Text, words: str, points: float) -> None:
    """Give a text its words, without the middle where they are too long; dollars are no formula."""
    text.set_parse_math(False)
    words = printable(words)
    scale = _POINTS_PER_INCH / cast(Any, text.figure).dpi

    def fits(letters: int) -> bool:
        text.set_text(both_ends(words, letters))
        box = text.get_window_extent()
        return bool(max(box.width, box.height) * scale <= points)

    fewest, most = 0, min(len(words), _MOST_LETTERS)
    if not fits(most):
        while fewest < most:
            middle = (fewest + most + 1) // 2
            fewest, most = (middle, most) if fits(middle) else (fewest, middle - 1)
        text.set_text(both_ends(words, fewest))


def line_with_dots(axes: Axes, across: Floats, up: Floats, **style: Any) -> None:
    """Draw a line, and a dot where a number between two gaps would show as none."""
    alone = isolated(up)
    if len(alone) == np.count_nonzero(np.isfinite(up)) > 0:
        style = {**style, "linestyle": "none", "marker": "o", "markersize": 2.5}
    elif len(alone):
        dots = {**style, "label": None, "linestyle": "none", "marker": "o", "markersize": 2.5}
        axes.plot(across[alone], up[alone], **dots)
    axes.plot(across, up, **style)


def frame(axes: Axes) -> None:
    """Draw light lines where the eye needs them, and no others."""
    axes.grid(axis="y", color=LINES, lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(color=GREY, labelcolor=INK)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)


def legend_below(axes: Axes) -> None:
    """Name what is drawn below the axes, in as many rows as the width asks for."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.transforms import offset_copy

    handles, names = axes.get_legend_handles_labels()
    if not handles:
        return
    size = FontProperties(size="small").get_size_in_points()
    width = 1.12 * size_in_points(axes)[0] / size  # the layout has not taken its room yet
    # On the line of the axis' name where there is room beside it.
    beside = _legend_width(names, len(names)) + _NAME_OF_AXIS < width
    most = range(len(names), 0, -1)
    columns = next((each for each in most if _legend_width(names, each) < width), 1)
    down = (-2.2 if beside else -4.4) * size
    place = offset_copy(axes.transAxes, cast(Any, axes.figure), y=down, units="points")
    axes.legend(
        handles,
        names,
        loc="upper right" if beside else "upper left",
        bbox_to_anchor=(1.0, 0.0) if beside else (0.0, 0.0),
        bbox_transform=place,
        ncols=columns,
        frameon=False,
        fontsize=size,
        labelcolor=INK,
        borderaxespad=0.0,
        borderpad=0.0,
        columnspacing=1.4,
        handlelength=1.6,
    )


def _legend_width(names: list[str], columns: int) -> float:
    """Return about how wide a legend is, in sizes of its font."""
    rows = math.ceil(len(names) / columns)
    widest = [max(map(len, names[start : start + rows])) for start in range(0, len(names), rows)]
    return sum(_LETTER * letters + _AROUND_ENTRY for letters in widest)
