"""Pictures hold what they were given: nothing hidden, nothing invented, nothing unbounded."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

matplotlib = pytest.importorskip("matplotlib", reason="pictures need matplotlib")
matplotlib.use("Agg")

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

from clipsgd_river.plot import plot_scores  # noqa: E402


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    plt.close("all")


def points(axes: Axes, label: str) -> tuple[list[float], list[float]]:
    """Return the points of the line with a label."""
    line = next(line for line in axes.lines if line.get_label() == label)
    return np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist()


def band_heights(axes: Axes) -> npt.NDArray[np.float64]:
    """Return the heights of the corners of the only band."""
    (band,) = axes.collections
    return np.asarray(band.get_paths()[0].vertices, dtype=float)[:, 1]


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
    heights = band_heights(axes)
    assert len(heights) < 5000
    assert heights.max() == 0.999
    assert heights.min() == scores.min()
    assert axes.get_ylim()[1] > 0.999
    axes.figure.canvas.draw()


def test_labelled_anomalies_stand_apart() -> None:
    scores = np.array([0.4, 0.95, 0.5, 0.3])
    axes = plot_scores(scores, labels=[0, 1, 0, 1], positions=[10, 20, 30, 40])
    assert points(axes, "score of other events") == ([10, 30], [0.4, 0.5])
    assert points(axes, "score of labelled anomalies") == ([20, 40, 20, 40], [0.95, 0.3] * 2)
    legend = axes.get_legend()
    assert legend is not None
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["score of other events", "score of labelled anomalies"]


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


def test_lows_make_a_band() -> None:
    axes = plot_scores([0.5, 0.6], lows=[0.1, 0.2])
    heights = band_heights(axes)
    assert (heights.min(), heights.max()) == (0.1, 0.6)


def test_it_draws_where_it_is_told() -> None:
    _, axes = plt.subplots()
    assert plot_scores([0.5, 0.6], ax=axes) is axes


@pytest.mark.parametrize("name", ["lows", "alerts", "labels", "positions"])
def test_lengths_must_agree(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} has shape \(3,\), not \(2,\) like scores"):
        plot_scores([0.5, 0.6], **{name: [0, 1, 1]})  # type: ignore[arg-type]


def test_without_matplotlib_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot")
    with pytest.raises(ModuleNotFoundError, match=r'pip install "clipsgd_river\[plot\]"'):
        plot_scores([0.5])
