"""The bars of an alert: their order, their lengths and their words."""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable
from typing import Any

import numpy as np
import pytest
from drawn import check_texts, closed_figures, plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.plot import plot_contributions

__all__ = ["closed_figures"]


def bars(axes: Axes) -> list[float]:
    rectangles = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return [float(each.get_width()) for each in sorted(rectangles, key=lambda each: each.get_y())]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_the_largest_is_on_top_and_the_rest_is_one_bar() -> None:
    axes = plot_contributions({"a": 1.0, "b": 6.0, "c": 2.0, "d": 0.5, "e": 0.5}, most=2)
    assert bars(axes) == [0.6, 0.2, 0.2]
    assert texts(axes) == ["b", "60 %", "c", "20 %", "3 other features together", "20 %"]
    bottom, top = axes.get_ylim()
    assert bottom > top


def test_a_single_last_one_keeps_its_name() -> None:
    assert texts(plot_contributions({"a": 3.0, "b": 1.0}, most=1)) == ["a", "75 %", "b", "25 %"]


def test_an_alert_tells_what_was_usual() -> None:
    model = AlertBudget(ClippedZScore(), alert_rate=0.01)
    for i in range(500):
        model.learn_one({"load": 50.0 + i % 11, "errors": float(i % 3)})
    alert = model.alert_one({"load": 55.0, "errors": 90.0})
    assert alert is not None
    axes = plot_contributions(alert)
    assert texts(axes)[0] == str(alert.features[0])
    assert texts(axes)[0].startswith("errors was 90; 0 in 33 % of events")
    total = sum(alert.contributions.values())
    assert bars(axes)[0] == pytest.approx(alert.contributions["errors"] / total)


def test_what_made_the_event_less_unusual_goes_the_other_way() -> None:
    axes = plot_contributions({"b": -1.0, "a": 3.0})
    assert bars(axes) == [0.75, -0.25]
    assert texts(axes) == ["a", "75 %", "b", "\N{MINUS SIGN}25 %"]
    assert [patch.get_hatch() or "" for patch in axes.patches] == ["", "////"]
    assert axes.get_xlim()[0] <= -0.25


def test_what_is_left_over_is_a_sum() -> None:
    axes = plot_contributions({"a": 5.0, "b": 1.0, "c": -4.0}, most=1)
    assert bars(axes) == [0.5, -0.3]
    assert texts(axes)[2:] == ["2 other features together", "\N{MINUS SIGN}30 %"]


@pytest.mark.parametrize("contributions", [{}, {"a": 0.0}, {"a": math.nan, "b": 0.0}])
def test_where_nothing_contributes_it_says_so(contributions: dict[Hashable, float]) -> None:
    axes = plot_contributions(contributions)
    axes.figure.canvas.draw()
    assert texts(axes) == ["no feature stands out"]


@pytest.mark.parametrize("large", [1e308, math.inf])
def test_so_large_a_contribution_is_all(large: float) -> None:
    axes = plot_contributions({"a": large, "b": 2.0, "c": math.nan, "d": large})
    axes.figure.canvas.draw()
    assert texts(axes) == ["a", "50 %", "d", "50 %", "b", "<1 %"]


def test_numbers_of_any_kind_count() -> None:
    contributions: Any = {"a": np.float32(1.0), 2: 1, ("b", 3): True}
    assert texts(plot_contributions(contributions)) == [
        "a",
        "33 %",
        "2",
        "33 %",
        "('b', 3)",
        "33 %",
    ]


@pytest.mark.parametrize("inches", [(6.4, 3.0), (3.4, 2.6)])
@pytest.mark.parametrize("name", ["W" * 200, "$a$ or $$", "$\\frac$", "two\nlines", "short"])
def test_any_name_fits(name: str, inches: tuple[float, float]) -> None:
    _, axes = plt.subplots(figsize=inches, layout="constrained")
    check_texts(plot_contributions({name: 5.0, "b": 3.0, "c": -0.5}, ax=axes))
    shown = texts(axes)[0]
    assert len(shown) < 100
    assert shown == name or "…" in shown or "\\n" in shown


def test_at_least_one_bar_is_asked_for() -> None:
    with pytest.raises(ValueError, match="most is 0: at least one bar is needed"):
        plot_contributions({"a": 1.0}, most=0)


def test_without_matplotlib_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot")
    with pytest.raises(ModuleNotFoundError, match=r'pip install "clipsgd_river\[plot\]"'):
        plot_contributions({"a": 1.0})
