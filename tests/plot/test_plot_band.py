"""A feature and its band: what is drawn is what was given, however odd."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

import numpy as np
import pytest
from drawn import check_texts, closed_figures, corners, legend, plt, points

from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.plot import plot_band

__all__ = ["closed_figures"]

BAND = (0.0, 5.0, 10.0)


def test_values_band_and_anomalies_are_drawn() -> None:
    values = [5.0, 14.0, -3.0, 6.0]
    bands = [None, (0.0, 4.0, 10.0), BAND, BAND]
    axes = plot_band(values, bands, anomalies=[0, 1, 1, 0], name="load")
    assert points(axes, "value") == ([1, 2, 3, 4], values)
    assert points(axes, "expected")[1][1:] == [4, 5, 5]
    assert np.isnan(points(axes, "expected")[1][0])
    assert points(axes, "anomaly") == ([2, 3], [14, -3])
    heights = corners(axes, "usual")
    assert (heights[:, 0].min(), heights[:, 1].min(), heights[:, 1].max()) == (2, 0, 10)
    assert axes.get_title(loc="left") == "load"
    assert legend(axes) == ["usual", "expected", "value", "anomaly"]


def test_bands_are_what_a_detector_expects() -> None:
    model, loads, bands = ClippedZScore(), [], []
    for i in range(200):
        bands.append(model.expect_one().get("load"))
        loads.append(50.0 + i % 11)
        model.learn_one({"load": loads[-1]})
    axes = plot_band(loads, bands)
    low, expected, high = bands[-1] or BAND
    assert points(axes, "expected")[1][-1] == expected
    assert corners(axes, "usual")[:, 1].max() >= high
    assert axes.get_ylim()[0] < low


def test_a_long_stream_hides_no_anomaly_and_no_extreme() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(size=200_000)
    anomalies = np.zeros(200_000, dtype=bool)
    anomalies[[17, 100_000, 199_999]] = True
    values[anomalies] = [5.5, -5.5, 6.0]
    axes = plot_band(values, np.tile([-2.0, 0.0, 2.0], (200_000, 1)), anomalies=anomalies)
    assert points(axes, "anomaly") == ([18, 100_001, 200_000], [5.5, -5.5, 6.0])
    heights = corners(axes, "value")
    assert len(heights) < 5000
    assert (heights[:, 1].min(), heights[:, 1].max()) == (-5.5, 6.0)
    assert len(corners(axes, "usual")) < 5000


def test_a_mean_band_stands_for_a_column_and_unknown_ones_do_not_count() -> None:
    bands = np.tile([0.0, 1.0, 2.0], (2400, 1))
    bands[1::2] += 2.0
    bands[:2] = np.nan
    bands[3] = np.nan
    axes = plot_band(np.ones(2400), bands)
    expected = points(axes, "expected")[1]
    assert np.isnan(expected[0])
    assert expected[1:3] == [1, 2]


@pytest.mark.parametrize("far", [1e6, 1e308, np.inf])
def test_what_is_far_out_stands_at_the_edge(far: float) -> None:
    values = np.tile([4.0, 6.0], 50)
    values[[20, 30, 60]] = [far, 11.0, -far]
    marked = np.isin(np.arange(100), [20, 30, 60])
    axes = plot_band(values, [BAND] * 100, anomalies=marked)
    axes.figure.canvas.draw()
    bottom, top = axes.get_ylim()
    assert -25 < bottom < 0 < 10 < top < 35
    assert points(axes, "anomaly") == ([31], [11])
    assert points(axes, "anomaly beyond the axis") == ([21], [top])
    (below,) = [line for line in axes.lines if line.get_marker() == "v"][1:]
    assert (np.asarray(below.get_xdata()).tolist(), np.asarray(below.get_ydata()).tolist()) == (
        [61],
        [bottom],
    )
    assert legend(axes).count("anomaly beyond the axis") == 1


def test_bands_as_large_as_doubles_can_be_drawn() -> None:
    axes = plot_band([1e308, -1e308], [(-1e308, 0.0, 1e308)] * 2, anomalies=[1, 1])
    axes.figure.canvas.draw()
    assert np.isfinite(axes.get_ylim()).all()


@pytest.mark.parametrize("value", [None, np.inf, 5.0])
@pytest.mark.parametrize("band", [None, (5.0,) * 3])
@pytest.mark.parametrize("length", [0, 1, 3000])
def test_degenerate_streams(
    value: float | None, band: tuple[float, float, float] | None, length: int
) -> None:
    axes = plot_band([value] * length, [band] * length, anomalies=[True] * length)  # type: ignore[arg-type, list-item]
    bottom, top = axes.get_ylim()
    assert np.isfinite([bottom, top]).all()
    assert bottom < top
    if length == 3000:
        axes.figure.canvas.draw()


def test_a_missing_value_leaves_a_gap() -> None:
    axes = plot_band([1.0, None, 3.0], [BAND] * 3, anomalies=[0, 1, 0])  # type: ignore[list-item]
    assert np.isnan(points(axes, "value")[1][1])
    assert points(axes, "anomaly") == ([], [])


@pytest.mark.parametrize(
    "name",
    ["x" * 300, "cost in $ and $$", "$\\frac$", "line\nbreak", 17, ""],
)
@pytest.mark.parametrize("inches", [(11, 3.4), (3.4, 2.6)])
def test_any_name_fits(name: object, inches: tuple[float, float]) -> None:
    _, axes = plt.subplots(figsize=inches, layout="constrained")
    start = datetime(2026, 12, 30)
    times = [start + timedelta(hours=9 * i) for i in range(40)]
    values = [5.0] * 39 + [99.0]
    marked = [i % 13 == 0 for i in range(40)]
    check_texts(
        plot_band(values, [BAND] * 40, anomalies=marked, positions=times, name=name, ax=axes)
    )


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match=r"bands has shape \(3,\), not \(1, 3\) like values"):
        plot_band([1.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"anomalies has shape \(2,\), not \(1,\) like values"):
        plot_band([1.0], [BAND], anomalies=[0, 1])
    with pytest.raises(ValueError, match=r"values has shape \(1, 1\), not \(n,\)"):
        plot_band([[1.0]], [BAND])


def test_it_draws_where_it_is_told() -> None:
    _, axes = plt.subplots()
    assert plot_band([1.0, 2.0], [BAND] * 2, ax=axes) is axes


def test_without_matplotlib_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot")
    with pytest.raises(ModuleNotFoundError, match=r'pip install "clipsgd_river\[plot\]"'):
        plot_band([1.0], [BAND])
