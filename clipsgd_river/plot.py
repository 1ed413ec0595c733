"""Pictures of scores, thresholds and alerts, readable by the colour-blind.

Drawing needs matplotlib: ``pip install "clipsgd_river[plot]"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_scores"]

_Floats = npt.NDArray[np.float64]

#: More columns than these no screen shows.
_MOST_COLUMNS: Final = 1200
#: The logit axis ends here: scores nearer to 0 and 1 are drawn at its edge.
_LOWEST: Final = 1e-3
_HIGHEST: Final = 1 - 1e-9
# From the palette of Okabe and Ito, Color Universal Design, 2008; shapes differ as well.
_BLUE: Final = "#56B4E9"
_ORANGE: Final = "#E69F00"
_VERMILION: Final = "#D55E00"
_BLACK: Final = "#222222"


def plot_scores(
    scores: npt.ArrayLike,
    *,
    lows: npt.ArrayLike | None = None,
    thresholds: npt.ArrayLike | float | None = None,
    alerts: npt.ArrayLike | None = None,
    labels: npt.ArrayLike | None = None,
    positions: npt.ArrayLike | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw scores over time, with the threshold, the alerts and known anomalies.

    Scores stand on a logit axis, on which equal steps are equal factors of the distance: 0.5 is
    the typical event, and 0.9, 0.99, 0.999 are 9, 99, 999 times as far. Of streams longer than
    1,200 events each column of the picture shows the range of its events; no alert is hidden.

    Parameters
    ----------
    scores
        Anomaly scores in [0, 1), in order of arrival, shape (n,). NaN leaves a gap.
    lows
        Lowest score where each entry of `scores` already is the highest of several, shape (n,).
    thresholds
        Score above which an event is an alert: one number, or one per event; NaN for none.
    alerts
        Which events were alerts, shape (n,).
    labels
        Which events are known anomalies, shape (n,); they are drawn as points, the others as the
        range they fill.
    positions
        Where on the horizontal axis each event belongs, rising, shape (n,); 1, 2, 3, ... without.
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
    >>> axes = plot_scores([0.4, 0.5, 0.97, 0.45], thresholds=0.9, alerts=[0, 0, 1, 0])
    >>> axes.get_ylabel()
    'anomaly score'
    """
    high = _vector(scores, "scores", None)
    low = high if lows is None else _vector(lows, "lows", len(high))
    where = np.arange(1.0, len(high) + 1)
    if positions is not None:
        where = _vector(positions, "positions", len(high))
    threshold = None
    if thresholds is not None:
        threshold = _vector(np.broadcast_to(thresholds, high.shape), "thresholds", len(high))
    axes = _axes() if ax is None else ax

    known = np.zeros(len(high), dtype=bool)
    if labels is not None:
        known = _vector(labels, "labels", len(high)) != 0
    flagged = np.zeros(len(high), dtype=bool)
    if alerts is not None:
        flagged = _vector(alerts, "alerts", len(high)) != 0

    name = "score" if labels is None else "score of other events"
    _draw_range(axes, where[~known], low[~known], high[~known], name)
    if known.any():
        _draw_known(axes, where[known], low[known], high[known])
    if threshold is not None:
        at = _column_starts(len(where))
        axes.plot(where[at], threshold[at], color=_BLACK, lw=1.3, label="threshold", zorder=3)
    if alerts is not None:
        _draw_alerts(axes, where[flagged], high[flagged])
    settled = np.isfinite(threshold) if threshold is not None else np.isfinite(high)
    _finish(axes, low[settled], high[settled])
    return axes


def _draw_range(axes: Axes, where: _Floats, low: _Floats, high: _Floats, name: str) -> None:
    starts = _column_starts(len(where))
    if len(starts) == len(where) and np.array_equal(low, high, equal_nan=True):
        axes.plot(where, _on_axis(high), color=_BLUE, lw=0.9, label=name)
        return
    bottom, top = _reduce(np.fmin, low, starts), _reduce(np.fmax, high, starts)
    # A column whose events all score the same would vanish without a line of its own.
    axes.fill_between(
        where[starts], _on_axis(bottom), _on_axis(top), color=_BLUE, linewidth=0.5, label=name
    )


def _draw_known(axes: Axes, where: _Floats, low: _Floats, high: _Floats) -> None:
    starts = _column_starts(len(where))
    columns = where[starts]
    axes.plot(
        np.concatenate([columns, columns]),
        _on_axis(np.concatenate([_reduce(np.fmin, low, starts), _reduce(np.fmax, high, starts)])),
        linestyle="none",
        marker="o",
        markersize=3,
        color=_ORANGE,
        markeredgecolor="none",
        label="score of labelled anomalies",
        zorder=2,
    )


def _draw_alerts(axes: Axes, where: _Floats, scores: _Floats) -> None:
    axes.plot(
        where,
        _on_axis(scores),
        linestyle="none",
        marker="v",
        markersize=5,
        color=_VERMILION,
        markeredgecolor="white",
        markeredgewidth=0.4,
        label="alert",
        zorder=4,
    )


def _finish(axes: Axes, low: _Floats, high: _Floats) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    bottom, top = 0.1, 0.97
    if len(high):
        # Of the lowest scores only a part is shown: how ordinary the most ordinary is, is no news.
        bottom = float(np.clip(np.nanquantile(low, 0.02) / 2, _LOWEST / 2, bottom))
        top = float(np.clip(np.nanmax(high), top, _HIGHEST))
    axes.set_yscale("logit")
    axes.set_ylim(bottom, 1 - (1 - top) / 2)
    nines = [1 - 10.0**-places for places in range(2, 10)]
    axes.yaxis.set_major_locator(FixedLocator([0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, *nines]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.10g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.margins(x=0.01)
    axes.set_xlabel("event", loc="left")
    axes.set_ylabel("anomaly score")
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper right", bbox_to_anchor=(1.0, -0.08), ncols=4, frameon=False)


def _axes() -> Axes:
    try:
        import matplotlib.pyplot as plt
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'pictures need matplotlib: pip install "clipsgd_river[plot]"', name=error.name
        ) from None
    _, axes = plt.subplots(figsize=(11, 4.2), layout="constrained")
    return axes


def _vector(values: npt.ArrayLike, name: str, length: int | None) -> _Floats:
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1 or (length is not None and len(vector) != length):
        wanted = "(n,)" if length is None else f"({length},) like scores"
        raise ValueError(f"{name} has shape {vector.shape}, not {wanted}")
    return vector


def _column_starts(length: int) -> npt.NDArray[np.intp]:
    """Return where each column of the picture begins."""
    return np.unique(np.linspace(0, length, min(length, _MOST_COLUMNS), endpoint=False, dtype=int))


def _reduce(ufunc: np.ufunc, values: _Floats, starts: npt.NDArray[np.intp]) -> _Floats:
    return cast(_Floats, ufunc.reduceat(values, starts)) if len(starts) else values


def _on_axis(values: _Floats) -> _Floats:
    return np.clip(values, _LOWEST, _HIGHEST)
