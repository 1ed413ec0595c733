"""One feature over time, its normal band around it, its anomalies marked."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from clipsgd_river.plot._columns import (
    Floats,
    averaged,
    column_starts,
    flags,
    reduced,
    vector,
    visible,
)
from clipsgd_river.plot._horizontal import Positions, horizontal
from clipsgd_river.plot._style import (
    ALERT,
    BLUE,
    INK,
    LIGHT_GREY,
    SKY_BLUE,
    fit,
    frame,
    legend_below,
    line_with_dots,
    new_axes,
    size_in_points,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Beyond these no double can be doubled or subtracted without a thought.
_LARGEST: Final = 1e300
#: Anomalies farther from the band than this many times its height are drawn at the edge.
_HEIGHTS: Final = 2.0


def plot_band(
    values: npt.ArrayLike,
    bands: npt.ArrayLike | Sequence[tuple[float, float, float] | None],
    *,
    anomalies: npt.ArrayLike | None = None,
    positions: Positions | None = None,
    name: Hashable = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one feature over time, the band in which it usually lies, and its anomalies.

    The height of the picture is that of the band and twice as much on either side: anomalies
    farther out, infinite ones too, are drawn at its edge as triangles that point outwards. Of
    streams longer than 1,200 events each column of the picture shows the range of its values and
    the mean band; no anomaly is hidden.

    Parameters
    ----------
    values
        The feature in order of arrival, shape (n,). NaN and None leave a gap.
    bands
        (low, expected, high) at each event, shape (n, 3), as `expect_one` of a detector gives them
        for a feature before the event is learned; None or NaN where nothing was expected yet.
    anomalies
        Which events are to be marked, shape (n,); those whose value is missing cannot be.
    positions
        Where on the horizontal axis each event belongs, rising, shape (n,): numbers, or times as
        ``datetime`` or ``datetime64``, those with a time zone in UTC; 1, 2, 3, ... without.
    name
        What the feature is called, written above the picture.
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
        If the arrays differ in length.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> model, loads, bands = ClippedZScore(), [], []
    >>> for i in range(300):
    ...     event = {"load": 50.0 + i % 11}
    ...     bands.append(model.expect_one().get("load"))
    ...     loads.append(event["load"])
    ...     model.learn_one(event)
    >>> axes = plot_band(loads, bands, name="load")
    >>> axes.get_title(loc="left")
    'load'
    """
    value = vector(values, "values")
    n = len(value)
    low, expected, high = _columns(bands, n)
    marked = flags(anomalies, "anomalies", n, "values")
    across = horizontal(positions, n, "values")
    where = across.places
    axes = new_axes(11, 3.4) if ax is None else ax

    bottom, top = _limits(value, low, high)
    _draw_band(axes, where, np.clip([low, expected, high], *_beyond(bottom, top)))
    _draw_values(axes, where, np.clip(value, *_beyond(bottom, top)))
    if anomalies is not None:
        _draw_anomalies(axes, where[marked], value[marked], (bottom, top))
    margin = 0.06 * (top - bottom)
    axes.set_ylim(bottom - margin, top + margin)
    if name is not None:
        title = axes.set_title("", loc="left", fontsize="medium", color=INK)
        fit(title, str(name), size_in_points(axes)[0])
    across.finish(axes)
    frame(axes)
    legend_below(axes)
    return axes


def _columns(bands: Any, length: int) -> tuple[Floats, Floats, Floats]:
    if isinstance(bands, Sequence):
        bands = [(np.nan,) * 3 if band is None else band for band in bands]
    rows = np.asarray(bands, dtype=np.float64)
    if rows.shape == (0,):
        rows = rows.reshape(0, 3)
    if rows.shape != (length, 3):
        raise ValueError(f"bands has shape {rows.shape}, not ({length}, 3) like values")
    low, expected, high = np.clip(rows, -_LARGEST, _LARGEST).T
    return low, expected, high


def _limits(value: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """Return the lowest and highest number that the picture shows."""
    numbers = np.clip(value[np.isfinite(value)], -_LARGEST, _LARGEST)
    edges = np.concatenate([low[np.isfinite(low)], high[np.isfinite(high)]])
    usual = edges if len(edges) else numbers
    if not len(usual):
        return 0.0, 1.0
    # The first bands after a start may be much wider than all that follow.
    bottom, top = np.quantile(usual, [0.01, 0.99]).tolist()
    reach = _HEIGHTS * ((top - bottom) or 0.05 * abs(top) or 1.0)
    seen = np.concatenate([numbers, usual])
    lowest, highest = max(seen.min(), bottom - reach), min(seen.max(), top + reach)
    if not lowest < highest:
        return lowest - reach, highest + reach
    return float(lowest), float(highest)


def _beyond(bottom: float, top: float) -> tuple[float, float]:
    """Return how far lines may run out of the picture: visibly out, but not to infinity."""
    return bottom - 5.0 * (top - bottom), top + 5.0 * (top - bottom)


def _draw_band(axes: Axes, where: Floats, band: Floats) -> None:
    starts = column_starts(len(where))
    low, expected, high = (averaged(part, starts) for part in band)
    at = where[starts]
    usual: dict[str, Any] = {"color": SKY_BLUE, "alpha": 0.35, "linewidth": 0.0, "zorder": 1.5}
    axes.fill_between(at, low, high, label="usual", **usual)
    for edge in (low, high):
        axes.plot(at, edge, color=SKY_BLUE, lw=0.8, zorder=3)
    line_with_dots(axes, at, expected, color=BLUE, lw=1.2, label="expected", zorder=3)


def _draw_values(axes: Axes, where: Floats, value: Floats) -> None:
    starts = column_starts(len(where))
    if len(starts) == len(where):
        line_with_dots(axes, where, value, color=INK, lw=0.7, label="value", zorder=2)
        return
    lowest, highest = reduced(np.fmin, value, starts), reduced(np.fmax, value, starts)
    drawn: dict[str, Any] = {"color": LIGHT_GREY, "linewidth": 0.5, "zorder": 1}
    axes.fill_between(where[starts], lowest, highest, label="value", **drawn)


def _draw_anomalies(axes: Axes, where: Floats, value: Floats, limits: tuple[float, float]) -> None:
    bottom, top = limits
    above, below = value > top, value < bottom
    inside = ~(above | below) & ~np.isnan(value)
    _mark(axes, where[inside], value[inside], "anomaly", ALERT)
    out = {**ALERT, "markeredgecolor": INK, "markeredgewidth": 0.8, "markersize": 7}
    margin = 0.06 * (top - bottom)
    label: str | None = "anomaly beyond the axis"
    for outside, edge, marker in ((above, top + margin, "^"), (below, bottom - margin, "v")):
        if outside.any():
            edges = np.full(np.count_nonzero(outside), edge)
            style = {**out, "marker": marker, "clip_on": False}
            _mark(axes, where[outside], edges, label, style)
            label = None


def _mark(axes: Axes, where: Floats, up: Floats, label: str | None, style: dict[str, Any]) -> None:
    seen = visible(where, up, size_in_points(axes))
    axes.plot(where[seen], up[seen], label=label, **style)
