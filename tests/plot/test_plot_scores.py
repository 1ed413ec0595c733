"""Pictures hold what they were given: nothing hidden, nothing invented, nothing unbounded."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawn import check_texts, closed_figures, corners, legend, plt, points
from matplotlib.dates import num2date

from clipsgd_river.plot import plot_scores

__all__ = ["closed_figures"]


def test_a_short_stream_is_drawn_point_by_point() -> None:
    scores = [0.4, 0.5, 0.97, 0.45]
    axes = plot_scores(scores, thresholds=0.9, alerts=[0, 0, 1, 0])
    assert points(axes, "score") == ([1, 2, 3, 4], scores)
    assert points(axes, "threshold") == ([1, 2, 3, 4], [0.9] * 4)
    assert points(axes, "alert") == ([3], [0.97])
    axes.figure.canvas.draw()


def test_a_long_stream_hides_no_alert_and_no_extreme() -> None:
    generator = np.random.default_rng(0)
    scores = generator.uniform(0.2, 0.8, 100_000)
    alerts = np.zeros(100_000, dtype=bool)
    alerts[[17, 50_000, 99_999]] = True
    scores[alerts] = [0.99, 0.95, 0.999]
    axes = plot_scores(scores, alerts=alerts)
    assert points(axes, "alert") == ([18, 50_001, 100_000], [0.99, 0.95, 0.999])
    across, highest = points(axes, "highest score")
    assert len(across) == len(highest) == 240
    assert max(highest) == 0.999
    heights = corners(axes, "50 to 90 %")[:, 1]
    # Uniform from 0.2 to 0.8: half is below 0.5, and 90 % below 0.74.
    assert heights.min() == pytest.approx(0.5, abs=0.1)
    assert np.median(heights[np.abs(heights - 0.74) < 0.1]) == pytest.approx(0.74, abs=0.01)
    assert axes.get_ylim()[1] > 0.999
    axes.figure.canvas.draw()


def test_labelled_anomalies_stand_apart() -> None:
    scores = np.array([0.4, 0.95, 0.5, 0.3])
    axes = plot_scores(scores, labels=[0, 1, 0, 1], positions=[10, 20, 30, 40])
    assert points(axes, "score of other events") == ([10, 30], [0.4, 0.5])
    assert points(axes, "score of labelled anomalies") == ([20, 40, 20, 40], [0.95, 0.3] * 2)
    assert legend(axes) == ["score of other events", "score of labelled anomalies"]


def test_scores_at_the_ends_and_gaps_can_be_drawn() -> None:
    scores = [0.0, 1 - 2**-53, np.nan, 0.5]
    axes = plot_scores(scores, thresholds=[np.nan, np.nan, 0.9, 0.9])
    assert np.isfinite(axes.get_ylim()).all()
    axes.figure.canvas.draw()


@pytest.mark.parametrize("scores", [[], [0.5], [0.0], [np.nan], [0.5] * 3000])
def test_degenerate_streams(scores: list[float]) -> None:
    axes = plot_scores(scores, thresholds=np.nan, alerts=[False] * len(scores))
    axes.figure.canvas.draw()
    assert axes.get_ylabel() == "anomaly score"


def test_quantiles_make_bands_below_the_highest() -> None:
    axes = plot_scores([0.5, 0.6], quantiles=[[0.1, 0.2, 0.3], [0.15, 0.25, 0.35]])
    for label, ends in (("50 to 90 %", (0.1, 0.25)), ("90 to 99 %", (0.2, 0.35))):
        heights = corners(axes, label)[:, 1]
        assert (heights.min(), heights.max()) == ends
    assert points(axes, "highest score") == ([1, 2], [0.5, 0.6])
    with pytest.raises(ValueError, match=r"quantiles has shape \(2,\), not \(2, 3\) like scores"):
        plot_scores([0.5, 0.6], quantiles=[0.1, 0.2])


def test_it_draws_where_it_is_told() -> None:
    _, axes = plt.subplots()
    assert plot_scores([0.5, 0.6], ax=axes) is axes


@pytest.mark.parametrize("name", ["thresholds", "alerts", "changes", "labels", "positions"])
def test_lengths_must_agree(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} has shape \(3,\), not \(2,\) like scores"):
        plot_scores([0.5, 0.6], **{name: [0, 1, 1]})  # type: ignore[arg-type]


def test_without_matplotlib_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot")
    with pytest.raises(ModuleNotFoundError, match=r'pip install "clipsgd_river\[plot\]"'):
        plot_scores([0.5])


def test_change_points_are_lines_over_the_whole_height() -> None:
    axes = plot_scores([0.4, 0.5, 0.6, 0.45], changes=[0, 1, 0, 1])
    lines = next(each for each in axes.collections if each.get_label() == "change point")
    assert [path.vertices.tolist() for path in lines.get_paths()] == [
        [[2, 0], [2, 1]],
        [[4, 0], [4, 1]],
    ]
    assert legend(axes) == ["score", "change point"]


def test_one_event_between_gaps_is_seen() -> None:
    axes = plot_scores([0.5])
    (line,) = axes.lines
    assert (line.get_marker(), line.get_linestyle()) == ("o", "None")
    axes = plot_scores([0.2, 0.3, np.nan, 0.7, np.nan])
    dots, line = axes.lines
    assert (dots.get_marker(), np.asarray(dots.get_xdata()).tolist()) == ("o", [4])
    assert (line.get_marker(), line.get_label()) == ("None", "score")


def test_hundreds_of_thousands_of_alerts_are_drawn_where_they_can_be_told_apart() -> None:
    generator = np.random.default_rng(0)
    scores = generator.uniform(0.9, 0.999, 300_000)
    axes = plot_scores(scores, alerts=np.ones(300_000), changes=generator.random(300_000) < 0.5)
    across, up = points(axes, "alert")
    assert len(across) < 75_000
    # Every alert has a mark within what is a marker's size: a hundredth of the picture.
    drawn = np.histogram2d(across, np.log(1 / (1 - np.array(up))), bins=(100, 30))[0] > 0
    where = np.arange(1, 300_001)
    given = np.histogram2d(where, np.log(1 / (1 - scores)), bins=(100, 30))[0] > 0
    assert np.count_nonzero(given & ~drawn) <= 0.01 * np.count_nonzero(given)
    assert max(up) == scores.max()


NOON = datetime(2026, 3, 1, 12)
HOURS = [NOON + timedelta(hours=hour) for hour in range(3)]
PLUS_TWO = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("positions", "is_utc"),
    [
        (HOURS, False),
        (np.array(HOURS, dtype="datetime64[ns]"), False),
        (pd.DatetimeIndex(HOURS), False),
        ([hour.replace(tzinfo=UTC) for hour in HOURS], True),
        ([hour.replace(tzinfo=UTC).astimezone(PLUS_TWO) for hour in HOURS], True),
        (pd.DatetimeIndex(HOURS, tz="UTC").tz_convert("Europe/Berlin"), True),
        (pd.Series(pd.DatetimeIndex(HOURS, tz="UTC")), True),
    ],
)
def test_events_stand_at_their_times(positions: Any, is_utc: bool) -> None:
    axes = plot_scores([0.4, 0.5, 0.6], positions=positions)
    drawn = [num2date(at).replace(tzinfo=None) for at in points(axes, "score")[0]]
    assert drawn == HOURS
    axes.figure.canvas.draw()
    assert axes.xaxis.get_offset_text().get_text() == (
        "2026-Mar-01 UTC" if is_utc else "2026-Mar-01"
    )
    assert axes.get_xlabel() == ""


def test_days_and_unknown_times() -> None:
    days = [NOON.date(), None, pd.NaT, NOON]
    axes = plot_scores([0.4, 0.5, 0.6, 0.7], positions=days)  # type: ignore[arg-type]
    across, _ = points(axes, "score")
    assert across[3] - across[0] == 0.5
    assert np.isnan(across[1:3]).all()
    axes.figure.canvas.draw()


@pytest.mark.parametrize(("inches", "fewest"), [((11, 4.2), 2), ((3.7, 3.6), 1)])
def test_any_span_of_time_has_ticks(inches: tuple[float, float], fewest: int) -> None:
    start = np.datetime64("2026-01-30T23:50:00", "us")
    for seconds in np.geomspace(1e-3, 1e9, 25):
        figure, axes = plt.subplots(figsize=inches)
        times = start + (np.arange(3) * seconds * 5e5).astype("timedelta64[us]")
        plot_scores([0.4, 0.5, 0.6], positions=times, ax=axes)
        low, high = axes.get_xlim()
        assert fewest <= sum(low <= tick <= high for tick in axes.get_xticks()) <= 9, seconds
        plt.close(figure)


def test_numbers_that_are_no_counts_keep_their_decimals() -> None:
    axes = plot_scores([0.4, 0.5, 0.6], positions=[0.1, 0.2, np.inf])
    axes.figure.canvas.draw()
    assert "0.10" in [text.get_text() for text in axes.get_xticklabels()]
    assert axes.get_xlabel() == ""


@pytest.mark.parametrize("inches", [(11, 4.2), (4.2, 3.4), (3.4, 2.6)])
@pytest.mark.parametrize(
    "positions", [None, np.datetime64("2026-01-30") + np.arange(500, dtype="m8[D]")]
)
def test_nothing_that_is_written_lies_on_something_else(
    inches: tuple[float, float], positions: Any
) -> None:
    _, axes = plt.subplots(figsize=inches, layout="constrained")
    scores = np.random.default_rng(0).uniform(0.01, 0.999999, 500)
    marks = np.arange(500) % 100 == 0
    options: dict[str, Any] = dict.fromkeys(("alerts", "changes", "labels"), marks)
    check_texts(plot_scores(scores, thresholds=0.99, positions=positions, ax=axes, **options))
