"""What each feature contributed to an alert, as bars."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from clipsgd_river.plot._style import (
    BLUE,
    GREY,
    INK,
    LIGHT_GREY,
    MINUS,
    SKY_BLUE,
    fit,
    new_axes,
    size_in_points,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from clipsgd_river.alerts import Alert, Verdict

#: So large a contribution counts as infinite; sums of a million of them are still finite.
_LARGEST: Final = 1e300
_BAR: Final = 0.34
#: Room for the number at the end of a bar, as a part of the longest one.
_ROOM: Final = 0.16


class _Bar(NamedTuple):
    text: str
    share: float
    is_rest: bool


def plot_contributions(
    alert: Alert | Verdict | Mapping[Hashable, float], *, most: int = 8, ax: Axes | None = None
) -> Axes:
    """Draw what each feature contributed to an alert: the largest on top, the least in one bar.

    Over each bar stands its feature, and what an `Alert` tells of it: its value, and what is usual.
    What is below zero made the event less unusual; it comes last, hatched.

    Parameters
    ----------
    alert
        An `Alert`, the `Verdict` with one, or what `explain_one` of a detector returns: feature ->
        contribution. NaN counts as none.
    most
        Bars of single features, at least 1; the rest is drawn as one more.
    ax
        Where to draw; a new figure without.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    ModuleNotFoundError
        If matplotlib is not installed.
    ValueError
        If ``most`` is below 1, or the verdict has no alert.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> axes = plot_contributions({"errors": 6.0, "load": 3.0, "disk": 1.0})
    >>> [text.get_text() for text in axes.texts]
    ['errors', '60 %', 'load', '30 %', 'disk', '10 %']
    """
    if most < 1:
        raise ValueError(f"most is {most}: at least one bar is needed")
    if isinstance(alert, Mapping):
        contributions, described = alert, {}
    else:
        found = _alert_of(alert)
        contributions = found.contributions
        described = {each.feature: each for each in found.features}
    sizes = {name: _number(size) for name, size in contributions.items()}
    texts = {name: str(described.get(name, name)) for name in sizes}
    bars = _bars(sizes, texts, most)
    axes = new_axes(6.4, 0.5 + 0.5 * max(len(bars), 1)) if ax is None else ax
    if not bars:
        axes.text(0.5, 0.5, "no feature stands out", ha="center", va="center", color=INK)
        axes.set_axis_off()
        return axes
    _draw(axes, bars)
    return axes


def _alert_of(given: Alert | Verdict) -> Alert:
    from clipsgd_river.alerts import Verdict

    if not isinstance(given, Verdict):
        return given
    if given.alert is None:
        raise ValueError("the verdict has no alert; pass on what explain_one says of the event")
    return given.alert


def _number(contribution: float) -> float:
    number = float(contribution)
    return 0.0 if math.isnan(number) else min(max(number, -_LARGEST), _LARGEST)


def _bars(sizes: Mapping[Hashable, float], texts: Mapping[Hashable, str], most: int) -> list[_Bar]:
    ranked = [name for name in sorted(sizes, key=lambda name: -sizes[name]) if sizes[name]]
    if not ranked:
        return []
    shown, rest = ranked[:most], ranked[most:]
    total = math.fsum(abs(sizes[name]) for name in ranked)
    bars = [_Bar(texts[name], sizes[name] / total, False) for name in shown]
    if len(rest) == 1:
        bars.append(_Bar(texts[rest[0]], sizes[rest[0]] / total, False))
    elif rest:
        share = math.fsum(sizes[name] for name in rest) / total
        bars.append(_Bar(f"{len(rest):,} other features together", share, True))
    return bars


def _draw(axes: Axes, bars: list[_Bar]) -> None:
    from matplotlib.font_manager import FontProperties

    size = FontProperties(size="small").get_size_in_points()
    shares = [bar.share for bar in bars]
    room = _ROOM * max(map(abs, shares))
    lowest, highest = min(*shares, 0.0), max(*shares, 0.0) + room
    axes.set_xlim(lowest, highest)
    axes.set_ylim(len(bars) - 0.7, -0.8)
    # A layout of the figure makes the axes wider than they are now: nothing stands beside them.
    width = 1.1 * size_in_points(axes)[0]
    for row, bar in enumerate(bars):
        negative = bar.share < 0
        axes.barh(
            row,
            bar.share,
            height=_BAR,
            color=_colour(bar),
            edgecolor=INK if negative else "none",
            hatch="////" if negative else "",
            linewidth=0.5,
        )
        words: dict[str, Any] = {"textcoords": "offset points", "fontsize": size, "color": INK}
        named = axes.annotate("", (lowest, row - _BAR / 2), xytext=(2, 3), **words)
        named.set_in_layout(False)
        fit(named, bar.text, width)
        end = (max(bar.share, 0.0), row)
        axes.annotate(_percent(bar.share), end, xytext=(4, 0), va="center", **words)
    rows = np.arange(len(bars))
    axes.vlines(np.zeros(len(bars)), rows - 0.6 * _BAR, rows + 0.6 * _BAR, color=GREY, lw=0.8)
    axes.spines[:].set_visible(False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("share of all contributions", loc="left", fontsize=size, color=GREY)


def _colour(bar: _Bar) -> str:
    if bar.share < 0:
        return LIGHT_GREY if bar.is_rest else SKY_BLUE
    return GREY if bar.is_rest else BLUE


def _percent(share: float) -> str:
    if abs(share) < 0.005:
        return "<1 %"
    return f"{MINUS if share < 0 else ''}{abs(share):.0%}".replace("%", " %")
