"""Pictures as addresses that hold the picture itself, for light and for dark screens."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from clipsgd_river.plot import _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What takes the place of a colour on a dark screen.
_IN_THE_DARK: Final = {
    _style.PAPER: "#1c1f26",
    _style.INK: "#e8eaed",
    _style.GREY: "#9aa0a8",
    _style.LIGHT_GREY: "#6b7280",
    _style.LINES: "#3a3f4a",
    _style.BLUE: "#4da3dd",
    _style.SKY_BLUE: "#2f7fb8",
    _style.PALE_BLUE: "#1f4966",
    _style.VERMILION: "#ff8a3d",
    _style.GREEN: "#2fc79c",
}
_SETTINGS: Final[Any] = {
    # Letters stay letters: small, and drawn in a font that the reader has.
    "svg.fonttype": "none",
    # Names within a picture are the same every time.
    "svg.hashsalt": "clipsgd-river",
    "text.color": _style.INK,
    "font.size": 11,
    # Corners so near to each other are one on any screen.
    "path.simplify_threshold": 0.3,
}

_METADATA: Final = re.compile(r"<metadata>.*?</metadata>\n", re.DOTALL)
# Fonts of the reader's system are no wider than the one that matplotlib measures with.
_FONTS: Final = re.compile(r"font-family: 'DejaVu Sans',[^\"<>;]*?sans-serif")
# Between tags no "<" or ">" is left as it is, so that this meets no text of the data.
_TAG: Final = re.compile(r"<[^>]*>")
_DECIMALS: Final = re.compile(r"(\d\.\d\d)\d+")
_MARKS: Final = re.compile(r'(?:<use [^>]*?( style="[^"]*")/>\n)(?:<use [^>]*?\1/>\n)+')


class Picture(NamedTuple):
    """An address for ``img``, and the picture's size in pixels."""

    address: str
    width: int
    height: int


def draw(plot: Callable[[Axes], object], width: float, height: float) -> Picture:
    """Return what a function draws on axes, of a figure of so many inches.

    SVG in the address of an image: it runs no script, loads nothing, and is sharp on any screen.
    """
    from matplotlib import rc_context, style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    file = io.StringIO()
    with style.context("default"), rc_context(_SETTINGS), warnings.catch_warnings():
        # The reader's browser has the letters that matplotlib's font has not.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        plot(figure.add_subplot())
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    address = "data:image/svg+xml;base64," + base64.b64encode(_themed(file.getvalue())).decode()
    return Picture(address, round(width * 96), round(height * 96))


def _themed(svg: str) -> bytes:
    """Make an SVG file as short as it can be, and say what changes on a dark screen."""
    start = svg.index("<svg")
    inside = svg.index(">", start) + 1
    rules = "".join(
        f'[style*="{what}: {light.lower()}"]{{{what}:{dark}!important}}'
        for light, dark in _IN_THE_DARK.items()
        for what in ("fill", "stroke")
    )
    theme = f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"
    body = "\n".join(line.strip() for line in svg[inside:].splitlines())
    body = _MARKS.sub(_share_style, _METADATA.sub("", body))
    body = _FONTS.sub("font-family: system-ui, sans-serif", body)
    body = _TAG.sub(lambda tag: _DECIMALS.sub(r"\1", tag.group()), body)
    return f"{svg[start:inside]}{theme}{body}".encode()


def _share_style(marks: re.Match[str]) -> str:
    """Say once how all the marks of a line look."""
    style = marks.group(1)
    return f"<g{style}>{marks.group().replace(style, '')}</g>"
