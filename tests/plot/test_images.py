"""Pictures look as they did when somebody last looked at them.

Text is left out, for its shape depends on the version of the font; what is drawn besides is
compared with the pictures beside this file, within what versions of matplotlib differ in. After a
wanted change, ``CLIPSGD_DRAW_AFRESH=1 pytest tests/plot/test_images.py`` replaces them: look at
each before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from drawn import closed_figures
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from clipsgd_river.alerts import Alert
from clipsgd_river.plot import plot_band, plot_contributions, plot_scores

__all__ = ["closed_figures"]

PICTURES = Path(__file__).parent / "pictures"
#: Root of the mean squared difference of colours, of 255. One missing mark makes three times as
#: much, as the last test asserts.
TOLERANCE = 1.0

EVENTS = np.arange(400)
WAVE = 0.5 + 0.25 * np.sin(EVENTS * 1.7) * np.cos(EVENTS * 0.31)
PEAKS = np.isin(EVENTS, [150, 320])
LOADS = np.where(PEAKS, [95.0], 40 + 10 * np.sin(EVENTS / 60) + 4 * np.sin(EVENTS * 1.7))
BANDS = np.column_stack([40 + 10 * np.sin(EVENTS / 60) + d for d in (-8.0, 0.0, 8.0)])
LONG = np.resize(WAVE, 30_000)


def scores(axes: Axes, **changes: Any) -> None:
    drawn: dict[str, Any] = {
        "scores": np.where(PEAKS, 0.995, WAVE),
        "thresholds": np.where(EVENTS < 30, np.nan, 0.95),
        "alerts": PEAKS,
        "changes": EVENTS == 250,
        "labels": np.isin(EVENTS, [80, 320]),
    }
    plot_scores(ax=axes, **{**drawn, **changes})


def long_scores(axes: Axes, **changes: Any) -> None:
    alerts = np.isin(np.arange(30_000), [10_000, 10_020, 25_000])
    drawn = {"scores": np.where(alerts, 0.97, LONG), "thresholds": 0.9, "alerts": alerts}
    plot_scores(ax=axes, **{**drawn, **changes})


def band(axes: Axes, **changes: Any) -> None:
    values = np.where(EVENTS == 50, np.nan, LOADS)
    values[200] = 500.0
    drawn = {"values": values, "bands": BANDS, "anomalies": PEAKS | (EVENTS == 200)}
    plot_band(ax=axes, **{**drawn, **changes})


def contributions(axes: Axes, **changes: Any) -> None:
    parts = {"errors": 6.0, "load": 3.0, "disk": -1.0, "a": 0.1, "b": 0.1, "c": 0.1}
    drawn: dict[str, Any] = {"alert": Alert(0.99, contributions=parts), "most": 3}
    plot_contributions(ax=axes, **{**drawn, **changes})


DRAWERS: dict[str, Callable[..., None]] = {
    each.__name__: each for each in (scores, long_scores, band, contributions)
}
FEWER_PEAKS = EVENTS == 150
WRONG: list[tuple[str, Mapping[str, Any]]] = [
    ("scores", {"alerts": FEWER_PEAKS}),
    ("scores", {"changes": EVENTS == 260}),
    ("scores", {"thresholds": 0.96}),
    ("scores", {"labels": EVENTS == 80}),
    ("scores", {"scores": np.where(PEAKS, 0.99, WAVE)}),
    ("long_scores", {"alerts": np.arange(30_000) == 10_000}),
    ("long_scores", {"scores": np.where(np.arange(30_000) == 7, 0.97, LONG)}),
    ("band", {"anomalies": PEAKS}),
    ("band", {"bands": BANDS + 1.0}),
    ("band", {"values": LOADS}),
    ("contributions", {"most": 4}),
    ("contributions", {"alert": {"errors": 6.0, "load": 3.0, "disk": 1.0, "a": 0.3}}),
]


def picture(name: str, **changes: Any) -> Figure:
    """Draw without text, on axes whose place depends on none."""
    figure = Figure(figsize=(4, 2), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.04, 0.96, 0.92))
    DRAWERS[name](axes, **changes)
    legend = axes.get_legend()
    if legend is not None:
        legend.remove()
    for text in axes.texts:
        text.set_visible(False)
    axes.set(xlabel="", ylabel="", title="")
    axes.tick_params(labelbottom=False, labelleft=False)
    return figure


@pytest.fixture(autouse=True)
def own_settings() -> Any:
    with mpl.rc_context(rc=mpl.rcParamsDefault):
        mpl.use("Agg")
        yield


@pytest.mark.parametrize("name", DRAWERS)
def test_a_picture_is_as_it_was(name: str, tmp_path: Path) -> None:
    expected = PICTURES / f"{name}.png"
    if os.environ.get("CLIPSGD_DRAW_AFRESH"):
        picture(name).savefig(expected, metadata={"Software": None})
        pytest.skip(f"{expected} is new: look at it")
    picture(name).savefig(tmp_path / "now.png")
    assert compare_images(str(expected), str(tmp_path / "now.png"), TOLERANCE) is None
    assert expected.stat().st_size < 30_000


@pytest.mark.parametrize(("name", "changes"), WRONG)
def test_a_wrong_picture_is_told_from_the_right_one(
    name: str, changes: Mapping[str, Any], tmp_path: Path
) -> None:
    picture(name, **changes).savefig(tmp_path / "wrong.png")
    found = compare_images(
        str(PICTURES / f"{name}.png"), str(tmp_path / "wrong.png"), TOLERANCE, in_decorator=True
    )
    assert found is not None
    assert found["rms"] > 2 * TOLERANCE
