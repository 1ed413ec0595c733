"""The picture's data: constant memory, every alert kept, scores and thresholds on one scale."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from command_line import call, csv_text, ordinary_rows

from clipsgd_river.alerts import Alert, Verdict
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.input.labels import ANOMALY, NORMAL, UNKNOWN
from clipsgd_river.cli.report.score_counts import ScoreCounts
from clipsgd_river.cli.report.timeline import Timeline, drawn_threshold

figure = pytest.importorskip("matplotlib.figure", reason="pictures need matplotlib")


def verdict(score: float, *, is_anomaly: bool = False) -> Verdict:
    return Verdict(score, score / (1 - score), 0.9, Alert(score) if is_anomaly else None)


def event(row: int, label: int = UNKNOWN) -> Event:
    return Event(row, {}, label, None)


def test_a_threshold_that_no_score_exceeds_is_not_drawn() -> None:
    assert drawn_threshold(verdict(0.5)) == 0.9
    for hidden in (math.inf, 1.0, 0.0, -1.0):
        assert math.isnan(drawn_threshold(verdict(0.5)._replace(threshold=hidden)))


@pytest.mark.parametrize("events", [1, 1200, 1201, 50_000])
def test_any_length_fits_and_no_alert_or_extreme_is_lost(events: int) -> None:
    generator = np.random.default_rng(0)
    scores = generator.uniform(0.2, 0.8, events)
    alerts = set(generator.integers(0, events, 3).tolist())
    timeline = Timeline()
    for row in range(events):
        timeline.add(event(row), verdict(scores[row], is_anomaly=row in alerts))
    assert len(timeline) <= 1200
    axes = timeline.plot(figure.Figure().add_subplot())
    lines = {str(line.get_label()): line for line in axes.lines}
    shown = np.asarray(lines["alert"].get_xdata(), dtype=int)
    assert set(shown.tolist()) == alerts
    assert np.asarray(lines["alert"].get_ydata()).tolist() == scores[shown].tolist()
    if events > 1200:
        assert len(timeline) <= 300
        highest = np.asarray(lines["highest score"].get_ydata())
        assert highest.max() == scores.max()
        rows = np.asarray(lines["highest score"].get_xdata(), dtype=int)
        medians = [
            np.quantile(part, 0.5, method="inverted_cdf") for part in np.split(scores, rows[1:])
        ]
        band = next(each for each in axes.collections if each.get_label() == "50 to 90 %")
        drawn = np.asarray(band.get_paths()[0].vertices, dtype=float)[:, 1].min()
        assert np.log2(odds(drawn) / odds(np.array(min(medians)))) == pytest.approx(0, abs=0.3)


def odds(scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    scores = np.asarray(scores, dtype=float)
    return scores / (1 - scores)


def test_of_more_alerts_than_are_kept_the_higher_neighbours_stay() -> None:
    timeline = Timeline()
    for row in range(5000):
        timeline.add(event(row), verdict(0.9 + 0.01 * (row % 2), is_anomaly=True))
    axes = timeline.plot(figure.Figure().add_subplot())
    shown = next(line for line in axes.lines if line.get_label() == "alert")
    across, up = np.asarray(shown.get_xdata()), np.asarray(shown.get_ydata())
    assert across.max() >= 4990
    assert set(up[across < 4096].tolist()) == {0.91}


def test_quantiles_of_any_scores_are_those_of_the_events() -> None:
    generator = np.random.default_rng(0)
    distances = np.exp(generator.normal(0, 3, 5000))
    counts, other = ScoreCounts(), ScoreCounts()
    for at, distance in enumerate(distances):
        (counts if at % 2 else other).add(distance / (1 + distance))
    counts.absorb(other)
    found = odds(np.array(counts.quantiles((0.5, 0.9, 0.99))))
    wanted = np.quantile(distances, (0.5, 0.9, 0.99), method="inverted_cdf")
    assert np.abs(np.log2(found / wanted)).max() <= 0.125 + 1e-9
    for score in (0.0, 1.0, math.inf, math.nan, -1.0):
        counts.add(score)
    assert np.isnan(ScoreCounts().quantiles((0.5, 0.9))).all()


def test_labelled_events_keep_a_range_of_their_own() -> None:
    timeline = Timeline()
    for row in range(20_000):
        labelled = row == 12_345
        timeline.add(event(row, ANOMALY if labelled else NORMAL), verdict(0.9 if labelled else 0.5))
    axes = timeline.plot(figure.Figure().add_subplot())
    points = next(line for line in axes.lines if "labelled" in str(line.get_label()))
    assert np.asarray(points.get_xdata()).tolist() == [12_345, 12_345]
    assert np.asarray(points.get_ydata()).tolist() == [0.9, 0.9]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_score_draws(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"picture.{ending}"
    text = csv_text(ordinary_rows(300))
    assert call("score", "-", "--format", "csv", "--plot", path, stdin=text).code == 0
    assert path.stat().st_size > 5000


def test_no_event_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    assert call("score", "-", "--format", "csv", "--plot", path, stdin="a,b\n").code == 0
    assert not path.exists()
