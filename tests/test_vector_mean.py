"""The clipped mean of a vector: its formula, its bounds, its promises beside the theory."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import Descent, Quantile, Step, Trace
from river.optim import schedulers

from clipsgd_river.datasets import Corruption, ObliviousAdversary
from clipsgd_river.stats import ClippedVectorMean


def scale_of_start(values: np.ndarray) -> float:
    """The larger of the consistent median and four-fifths mean of absolute deviations."""
    deviations = np.sort(np.abs(values - np.median(values)))
    kept = -(-4 * len(values) // 5)
    trimmed = 1.7901581257439687 * deviations[:kept].mean()
    return max(1.4826022185056018 * float(np.median(deviations)), float(trimmed))


def projected(theta: np.ndarray, radius: float | None) -> np.ndarray:
    """The nearest point of a ball around 0."""
    norm = float(np.linalg.norm(theta))
    return theta if radius is None or norm <= radius else theta * (radius / norm)


def naive_means(events: np.ndarray, rule: Any, clip: Any, radius: float | None) -> np.ndarray:
    """The means before each event, straight from the docstring; warm-up 20."""
    n, d = events.shape
    theta, found, median = np.zeros(d), np.zeros((n, d)), Quantile(0.5, 0.02)
    step = Step(rule, 0.0005, Trace(60.0, 6.0), Descent(0.0005))
    for _ in range(d):
        step.grow()
    present = np.arange(d)
    for t in range(1, n + 1):
        x = events[t - 1]
        found[t - 1] = theta
        step.schedule(t)
        if t <= 20:
            step.advance(np.zeros(d), present, t)
            theta = projected(np.median(events[:t], axis=0), radius)
            if t == 20:
                scales = [scale_of_start(events[:20, j]) for j in range(d)]
                median.place(float(np.linalg.norm(scales)), 20.0)
            continue
        g = x - theta
        norm = float(np.linalg.norm(g))
        limit = 2.0 * median.value
        if clip == "growing":
            limit *= min(t, 1.0 / step.rate) ** 0.25
        elif clip != "auto":
            limit = np.inf if clip is None else clip
        median.observe(norm)
        g = g * min(1.0, limit / norm)
        step.advance(g, present, t)
        rate = max(step.rate, 1.0 / t) if rule == "auto" else step.rate
        theta = projected(theta + rate * g, radius)
    return found


@pytest.mark.parametrize("rule", ["auto", "doubling", 0.05, schedulers.InverseScaling(0.5)])
@pytest.mark.parametrize(
    ("clip", "radius"), [("auto", None), ("growing", 2.0), (1.5, 0.4), (None, None)]
)
def test_means_are_those_of_the_formula(rule: Any, clip: Any, radius: float | None) -> None:
    stream = ObliviousAdversary("student", None, Corruption(0.05), 200, 3)
    mean = ClippedVectorMean(learning_rate=rule, clip=clip, radius=radius)
    found = mean.get_update_many(stream.drawn.events)
    assert found == pytest.approx(naive_means(stream.drawn.events, rule, clip, radius), rel=1e-9)


def test_averaging_without_clipping_is_the_mean_of_what_follows_the_start() -> None:
    rows = np.random.default_rng(0).standard_normal((500, 2))
    mean = ClippedVectorMean(learning_rate="averaging", clip=None, warm_up=1)
    mean.update_many(rows)
    assert list(mean.get().values()) == pytest.approx(rows.mean(axis=0).tolist(), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=3, max_size=3))
def test_one_event_moves_the_mean_by_at_most_a_step_of_the_threshold(event: list[float]) -> None:
    mean = ClippedVectorMean(learning_rate=0.1, clip=2.0)
    mean.update_many(np.random.default_rng(1).standard_normal((60, 3)))
    before = np.array(list(mean.get().values()))
    mean.update(dict(enumerate(event)))
    after = np.array(list(mean.get().values()))
    assert np.isfinite(after).all()
    assert np.linalg.norm(after - before) <= 0.1 * 2.0 * (1.0 + 1e-12)


def test_the_mean_stays_in_the_ball_and_comes_back_to_its_inside() -> None:
    mean = ClippedVectorMean(radius=1.0, learning_rate=0.1, warm_up=1)
    mean.update_many(np.full((50, 2), 5.0))
    assert np.hypot(*mean.get().values()) == pytest.approx(1.0)
    mean.update_many(np.random.default_rng(0).normal(0.1, 0.01, (300, 2)))
    assert list(mean.get().values()) == pytest.approx([0.1, 0.1], abs=0.02)


def test_moving_or_stretching_the_data_moves_or_stretches_the_mean() -> None:
    rows = ObliviousAdversary("pareto", n_samples=400, n_features=2).drawn.events
    plain, changed = ClippedVectorMean(), ClippedVectorMean()
    plain.update_many(rows)
    changed.update_many(1000.0 + 8.0 * rows)
    expected = [1000.0 + 8.0 * value for value in plain.get().values()]
    assert list(changed.get().values()) == pytest.approx(expected, rel=1e-9)


def test_a_tenth_of_gross_outliers_moves_the_mean_little() -> None:
    drawn = ObliviousAdversary("normal", None, Corruption(0.1), 5000, 5).drawn
    clipped, plain = ClippedVectorMean(), ClippedVectorMean(clip=None)
    clipped.update_many(drawn.events)
    plain.update_many(drawn.events)
    assert np.linalg.norm(list(clipped.get().values())) < 0.1 * sqrt(5) * 5.0
    assert np.linalg.norm(list(plain.get().values())) > 2.0


def test_nothing_learned_is_an_empty_mean_and_text_is_refused() -> None:
    mean = ClippedVectorMean()
    assert mean.get() == {}
    mean.update({"a": 1.0})
    with pytest.raises(TypeError, match="'b'"):
        mean.update({"a": 9.0, "b": "nine"})
    assert mean.get() == {"a": 1.0}
    assert mean.n == 1


@pytest.mark.parametrize(
    "wrong", [{"radius": 0.0}, {"radius": -1.0}, {"clip": "never"}, {"learning_rate": 2.0}]
)
def test_senseless_parameters_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ClippedVectorMean(**wrong)
