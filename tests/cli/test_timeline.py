"""The picture's data: constant memory, every alert kept, scores and thresholds on one scale."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from command_line import call, csv_text, ordinary_rows

from clipsgd_river.alerts import Alert, Verdict
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.input.labels import ANOMALY, NORMAL, UNKNOWN
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


@pytest.mark.parametrize("events", [1, 4096, 4097, 100_000])
def test_any_length_fits_and_no_alert_or_extreme_is_lost(events: int) -> None:
    generator = np.random.default_rng(0)
    scores = generator.uniform(0.2, 0.8, events)
    alerts = set(generator.integers(0, events, 3).tolist())
    timeline = Timeline()
    for row in range(events):
        timeline.add(event(row), verdict(scores[row], is_anomaly=row in alerts))
    assert len(timeline) <= 4096
    axes = timeline.plot(figure.Figure().add_subplot())
    shown = next(line for line in axes.lines if line.get_label() == "alert")
    assert set(np.asarray(shown.get_xdata(), dtype=int).tolist()) == alerts
    if events > 4096:
        (band,) = axes.collections
        corners = np.asarray(band.get_paths()[0].vertices, dtype=float)
        assert corners[:, 1].min() == scores.min()


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
