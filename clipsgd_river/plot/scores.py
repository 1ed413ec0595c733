"""Scores over time, with the threshold, alerts, change points and known anomalies."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import numpy.typing as npt

from clipsgd_river.plot._columns import (
    MOST_COLUMNS,
    Floats,
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
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE_BLUE,
    SKY_BLUE,
    frame,
    legend_below,
    line_with_dots,
    new_axes,
    size_in_points,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from clipsgd_river.alerts import Verdict

#: The logit axis ends here: scores nearer to 0 and 1 are drawn at its edge.
_LOWEST: Final = 1e-3
_HIGHEST: Final = 1 - 1e-9
#: Shares of the events of a column that score no higher than the quantiles that are drawn.
SHARES: Final = (0.5, 0.9, 0.99)
#: Quantiles of fewer events than a stream of 1,200 has for each of these would be no quantiles.
_MOST_QUANTILES: Final = 240
#: Height that a tick's number needs, in points.
_TICK: Final = 13.0


def plot_scores(
    scores: npt.ArrayLike | Sequence[Verdict],
    *,
    quantiles: npt.ArrayLike | None = None,
    thresholds: npt.ArrayLike | float | None = None,
    alerts: npt.ArrayLike | None = None,
    changes: npt.ArrayLike | None = None,
    labels: npt.ArrayLike | None = None,
    positions: Positions | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw scores over time, with the threshold, alerts, change points and known anomalies.

    Scores stand on a logit axis, on which equal steps are equal factors of the distance: 0.5 is
    the typical event, and 0.9, 0.99, 0.999 are 9, 99, 999 times as far. Of streams longer than
    1,200 events each column of the picture shows quantiles of its events and the highest; no alert
    is hidden.

    Parameters
    ----------
    scores
        Anomaly scores in [0, 1), in order of arrival, shape (n,). NaN leaves a gap. Or the verdicts
        of an alert filter, which bring their thresholds and alerts.
    quantiles
        Where each entry of `scores` already is the highest of several: their median, and the
        scores that 90 % and 99 % of them do not exceed, shape (n, 3). NaN for an entry that is a
        single event, of which only the mark of an alert or a known anomaly is drawn.
    thresholds
        Score above which an event is an alert: one number, or one per event; NaN for none.
    alerts
        Which events were alerts, shape (n,).
    changes
        At which events behaviour changed for good, shape (n,), as
        `clipsgd_river.drift.ClippedOCPD.update_many` tells it; a vertical line at each.
    labels
        Which events are known anomalies, shape (n,); they are drawn as points.
    positions
        Where on the horizontal axis each event belongs, rising, shape (n,): numbers, or times as
        ``datetime`` or ``datetime64``, those with a time zone in UTC; 1, 2, 3, ... without.
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
    judged = _parts_of_verdicts(scores)
    if judged is not None:
        scores, found_thresholds, found_alerts = judged
        thresholds = found_thresholds if thresholds is None else thresholds
        alerts = found_alerts if alerts is None else alerts
    high = vector(cast(npt.ArrayLike, scores), "scores")
    n = len(high)
    inner = None if quantiles is None else _inner(quantiles, n)
    across = horizontal(positions, n, "scores")
    where = across.places
    threshold = None
    if thresholds is not None:
        spread = np.broadcast_to(thresholds, high.shape) if np.ndim(thresholds) == 0 else thresholds
        threshold = vector(spread, "thresholds", n, "scores")
    known = flags(labels, "labels", n, "scores")
    flagged = flags(alerts, "alerts", n, "scores")
    changed = flags(changes, "changes", n, "scores")
    axes = new_axes(11, 4.2) if ax is None else ax

    others = None if inner is None else inner[~known]
    name = "score" if labels is None else "score of other events"
    lowest = _draw_others(axes, where[~known], high[~known], others, name)
    if known.any():
        low = high if inner is None else np.where(np.isnan(inner[:, 0]), high, inner[:, 0])
        _draw_known(axes, where[known], low[known], high[known])
    if threshold is not None:
        at = column_starts(n)
        axes.plot(where[at], threshold[at], color=INK, lw=1.3, label="threshold", zorder=3)
    if changes is not None:
        _draw_changes(axes, where[changed])
    if alerts is not None:
        _draw_alerts(axes, where[flagged], high[flagged])
    settled = np.isfinite(threshold) if threshold is not None else np.isfinite(high)
    _set_height(axes, lowest, high[settled])
    across.finish(axes)
    frame(axes)
    legend_below(axes)
    return axes


def _parts_of_verdicts(verdicts: Any) -> tuple[Floats, Floats, npt.NDArray[np.bool_]] | None:
    """Scores, thresholds that a score can exceed, and alerts; None if these are no verdicts."""
    from clipsgd_river.alerts import Verdict

    if not (isinstance(verdicts, Sequence) and verdicts and isinstance(verdicts[0], Verdict)):
        return None
    thresholds = np.array([each.threshold for each in verdicts])
    thresholds[~((thresholds > 0.0) & (thresholds < 1.0))] = np.nan
    alerts = np.array([each.is_alert for each in verdicts])
    return np.array([each.score for each in verdicts]), thresholds, alerts


def _inner(quantiles: npt.ArrayLike, n: int) -> Floats:
    found = np.asarray(quantiles, dtype=np.float64)
    if found.shape != (n, len(SHARES)):
        raise ValueError(f"quantiles has shape {found.shape}, not ({n}, {len(SHARES)}) like scores")
    return found


def _draw_others(
    axes: Axes, where: Floats, high: Floats, inner: Floats | None, name: str
) -> Floats:
    """Draw scores, or quantiles of many, and return the lowest that should be seen."""
    if inner is None:
        if len(high) <= MOST_COLUMNS:
            line_with_dots(axes, where, _on_axis(high), color=BLUE, lw=0.9, label=name)
            return high
        starts = column_starts(len(high), _MOST_QUANTILES)
        inner = np.array([_quantiles(each) for each in np.split(high, starts[1:])])
        where, high = where[starts], reduced(np.fmax, high, starts)
    else:
        several = ~np.isnan(inner[:, 0])
        where, high, inner = where[several], high[several], inner[several]
    median, ninety, ninety_nine = (_on_axis(each) for each in inner.T)
    axes.plot(where, _on_axis(high), color=GREY, lw=0.7, label=f"highest {name}")
    # A column whose events all score the same would vanish without a line of its own.
    edge: dict[str, Any] = {"linewidth": 0.5, "zorder": 2}
    axes.fill_between(where, ninety, ninety_nine, color=PALE_BLUE, label="90 to 99 %", **edge)
    axes.fill_between(where, median, ninety, color=SKY_BLUE, label="50 to 90 %", **edge)
    return median


def _quantiles(scores: Floats) -> Floats:
    known = scores[~np.isnan(scores)]
    if not len(known):
        return np.full(len(SHARES), np.nan)
    # One of the scores, as without them, not one between two.
    return np.quantile(known, SHARES, method="inverted_cdf")


def _draw_known(axes: Axes, where: Floats, low: Floats, high: Floats) -> None:
    starts = column_starts(len(where))
    columns = where[starts]
    axes.plot(
        np.concatenate([columns, columns]),
        _on_axis(np.concatenate([reduced(np.fmin, low, starts), reduced(np.fmax, high, starts)])),
        linestyle="none",
        marker="o",
        markersize=3,
        color=ORANGE,
        markeredgecolor=INK,
        markeredgewidth=0.3,
        label="score of labelled anomalies",
        zorder=2,
    )


def _draw_changes(axes: Axes, where: Floats) -> None:
    known = where[np.isfinite(where)]
    axes.vlines(
        known[visible(known, np.zeros(len(known)), size_in_points(axes))],
        0.0,
        1.0,
        transform=axes.get_xaxis_transform(),
        color=GREEN,
        linestyle=(0, (5, 2)),
        linewidth=1.2,
        label="change point",
        zorder=4,
    )


def _draw_alerts(axes: Axes, where: Floats, scores: Floats) -> None:
    heights = _on_axis(scores)
    seen = visible(where, np.log(heights / (1 - heights)), size_in_points(axes))
    axes.plot(where[seen], heights[seen], label="alert", **ALERT)


def _set_height(axes: Axes, low: Floats, high: Floats) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    bottom, top = 0.1, 0.97
    if len(high):
        # Of the lowest scores only a part is shown: how ordinary the most ordinary is, is no news.
        known = low[np.isfinite(low)]
        if len(known):
            bottom = float(np.clip(np.quantile(known, 0.02) / 2, _LOWEST / 2, bottom))
        top = float(np.clip(np.nanmax(high), top, _HIGHEST))
    top = 1 - (1 - top) / 2
    axes.set_yscale("logit")
    axes.set_ylim(bottom, top)
    axes.yaxis.set_major_locator(FixedLocator(_ticks(bottom, top, size_in_points(axes)[1])))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.10g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("anomaly score")


def _ticks(bottom: float, top: float, points: float) -> list[float]:
    """Return round scores for the axis, with room between them."""
    nines = [1 - 10.0**-places for places in range(2, 10)]
    rows = [
        [0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, *nines],
        [0.001, 0.01, 0.1, 0.5, 0.9, *nines],
        [0.01, 0.1, 0.5, 0.9, *nines[::2]],
        [0.1, 0.5, 0.9, *nines[1::3]],
    ]
    height = _logit(top) - _logit(bottom)
    for row in rows:
        inside = [tick for tick in row if bottom <= tick <= top]
        gaps = [_logit(b) - _logit(a) for a, b in pairwise(inside)]
        if min(gaps, default=height) / height * points >= _TICK:
            return inside
    return [0.5]


def _logit(score: float) -> float:
    return float(np.log(score / (1 - score)))


def _on_axis(values: Floats) -> Floats:
    return np.clip(values, _LOWEST, _HIGHEST)
