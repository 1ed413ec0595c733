"""Statistics of one variable: against oracles, on hostile values, inside River."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from river import compose, feature_extraction, utils
from river import stats as river_stats
from river.optim import schedulers

from clipsgd_river.stats import ClippedMean, ClippedQuantile, ClippedStatistic, ClippedVar

Make = Callable[[], ClippedStatistic]

VARIANTS: list[Make] = [
    ClippedMean,
    ClippedVar,
    lambda: ClippedMean(learning_rate="auto", clip="auto"),
    lambda: ClippedMean(learning_rate="doubling", clip=2.0, warm_up=1),
    lambda: ClippedMean(clip=None),
    lambda: ClippedVar(learning_rate=0.05, clip="growing"),
    lambda: ClippedVar(learning_rate=schedulers.InverseScaling(0.5), warm_up=3),
    ClippedQuantile,
    lambda: ClippedQuantile(q=0.95, learning_rate="auto"),
    lambda: ClippedQuantile(q=0.2, learning_rate=0.02, warm_up=1),
]
doubles = st.floats(allow_nan=True, allow_infinity=True)


def state(statistic: ClippedStatistic) -> list[float]:
    return list(statistic._kernel.snapshot()[1])


def heavy(count: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).standard_t(2.1, count)


def naive_mean(values: list[float], warm_up: int = 20) -> tuple[float, float]:
    """Mean and unbiased mean square of the default ClippedMean, by its definition."""
    first, m, v, n = sorted(values[:warm_up]), 0.0, 0.0, min(warm_up, len(values))
    center = float(np.median(first))
    off = np.sort(np.abs(np.array(first) - center))
    kept = min(math.ceil(0.8 * n), n - 1) if n > 2 else n
    scale = max(1.4826022185056018 * float(np.median(off)), 1.7901 * off[:kept].sum() / kept)
    if scale == 0:
        scale = off[-1] / math.sqrt(n)
    limit = 5 * n**0.25 * scale
    m = center + float(np.clip(np.array(first) - center, -limit, limit).mean())
    v = float((np.clip(np.array(first) - m, -limit, limit) ** 2).mean())
    for t, x in enumerate(values[n:], n + 1):
        limit = 5 * t**0.25 * math.sqrt(v)
        g = max(min(x - m, limit), -limit)
        m += g / t
        v += ((1 - 1 / t) * g**2 - v) / t
    return m, v * len(values) / (len(values) - 1)


def test_mean_is_what_its_definition_says() -> None:
    values = heavy(3000).tolist()
    values[100] = 1e9
    mean, var = ClippedMean(), ClippedVar(clip="growing")
    mean.update_many(values)
    var.update_many(values)
    wanted_mean, wanted_var = naive_mean(values)
    assert mean.get() == pytest.approx(wanted_mean, rel=1e-9)
    assert var.get() == pytest.approx(wanted_var, rel=1e-9)


def test_without_clipping_they_are_rivers() -> None:
    values = heavy(500)
    mean, var = ClippedMean(clip=None), ClippedVar(clip=None)
    river_mean, river_var = river_stats.Mean(), river_stats.Var()
    for x in values.tolist():
        for statistic in (mean, var, river_mean, river_var):
            statistic.update(x)
        assert mean.get() == pytest.approx(river_mean.get(), abs=1e-12)
        assert var.get() == pytest.approx(river_var.get(), rel=1e-10)


@pytest.mark.parametrize("clip", ["auto", "growing", 2.0])
def test_variance_is_consistent_at_the_gaussian(clip: str | float) -> None:
    ratios = []
    for seed in range(10):
        var = ClippedVar(clip=clip)
        var.update_many(np.random.default_rng(seed).normal(-4, 3, 10_000))
        ratios.append(var.get() / 9)
    # Five standard errors of the mean of ten sample variances.
    assert np.mean(ratios) == pytest.approx(1, abs=0.025)


@pytest.mark.either_mode
@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        (lambda rng: rng.exponential(size=30_000), 1.0),
        (lambda rng: (rng.random(30_000) < 0.1) * 1.0, 0.1),
        (lambda rng: (rng.random(30_000) < 0.003) * 1.0, 0.003),
        (lambda rng: rng.lognormal(0, 1, 30_000), math.exp(0.5)),
    ],
)
def test_growing_mean_loses_its_bias(draw: Any, truth: float) -> None:
    errors, spreads = [], []
    for seed in range(20):
        values = draw(np.random.default_rng(seed))
        mean = ClippedMean()
        mean.update_many(values)
        errors.append(mean.get() - truth)
        spreads.append(values.std() / math.sqrt(len(values)))
    # A bias of less than one standard error of the sample mean.
    assert abs(np.mean(errors)) < np.mean(spreads)


@pytest.mark.either_mode
@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        (lambda rng: rng.standard_normal(2_000), 0.0),
        (lambda rng: rng.standard_t(2.1, 2_000), 0.0),
        (lambda rng: 1 + rng.pareto(2.1, 2_000), 2.1 / 1.1),
        (lambda rng: (rng.random(2_000) < 0.1) * 1.0, 0.1),
    ],
)
def test_radius_covers(draw: Any, truth: float) -> None:
    misses = 0
    for seed in range(100):
        mean = ClippedMean()
        mean.update_many(draw(np.random.default_rng(seed)))
        misses += abs(mean.get() - truth) > mean.radius()
    assert misses <= 5


def test_radius_is_the_formula_of_its_theorem() -> None:
    values = heavy(4000)
    mean = ClippedMean(learning_rate=0.01, clip=2.0)
    weights, limits = np.zeros(0), np.zeros(0)
    for t, x in enumerate(values.tolist(), 1):
        before = mean._kernel.square
        mean.update(x)
        if t == 20:
            weights, limits = np.full(20, 1 / 20), np.full(20, 1 / mean._kernel.inverse_threshold)
        elif t > 20:
            rate = max(0.01, 1 / t)
            weights = np.append(weights * (1 - rate), rate)
            limits = np.append(limits, 2.0 * math.sqrt(before))
    length, energy = math.log(2 / 0.1), float((weights**2).sum())
    variance = mean._kernel.square / (1 - energy)
    wanted = (
        math.sqrt(2 * variance * length * energy)
        + (weights * limits).max() * length / 3
        + variance / 4 * (weights / limits).sum()
    )
    assert weights.sum() == pytest.approx(1)
    assert mean.radius(0.9) == pytest.approx(wanted, rel=1e-9)


def test_radius_at_its_edges() -> None:
    mean = ClippedMean()
    assert mean.radius() == math.inf
    mean.update(3)
    assert mean.radius() == math.inf
    assert 0 < mean.radius(sigma=1.0) < math.inf
    mean.update_many(heavy(100))
    assert mean.radius(0.5) < mean.radius(0.95) < mean.radius(0.999)
    unclipped = ClippedMean(clip=None)
    unclipped.update_many(np.arange(100.0))
    assert unclipped.radius(0.96) == pytest.approx(np.std(np.arange(100), ddof=1) / 2)
    constant = ClippedMean()
    constant.update_many([7.0] * 50)
    assert constant.radius() == 0.0
    for wrong in (0, 1, -1, math.nan):
        with pytest.raises(ValueError, match="confidence"):
            mean.radius(wrong)
    with pytest.raises(ValueError, match="sigma"):
        mean.radius(sigma=0)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_quantile_comes_near_the_sample_quantile(q: float) -> None:
    for draw in ("standard_normal", "standard_exponential", "standard_cauchy"):
        ours, samples = [], []
        for seed in range(20):
            values = getattr(np.random.default_rng(seed), draw)(5000)
            quantile = ClippedQuantile(q=q)
            quantile.update_many(values)
            ours.append(quantile.get())
            samples.append(np.quantile(values, q))
        differences = np.array(ours) - samples
        assert np.sqrt(np.mean(differences**2)) < 1.2 * np.std(samples)


@pytest.mark.parametrize("q", [0.01, 0.99])
def test_quantile_in_a_heavy_tail_comes_near_the_sample_quantile(q: float) -> None:
    truth = math.tan(math.pi * (q - 0.5))
    ours, samples = [], []
    for seed in range(20):
        values = np.random.default_rng(seed).standard_cauchy(10_000)
        quantile = ClippedQuantile(q=q)
        quantile.update_many(values)
        ours.append(quantile.get())
        samples.append(np.quantile(values, q))
    errors, wanted = np.array(ours) - truth, np.array(samples) - truth
    assert np.sqrt(np.mean(errors**2)) < 1.5 * np.sqrt(np.mean(wanted**2))


@pytest.mark.parametrize("rate", [1.0, 0.5])
@pytest.mark.parametrize("q", [0.5, 0.95, 0.999])
def test_the_longest_steps_do_not_run_away(q: float, rate: float) -> None:
    quantile = ClippedQuantile(q=q, learning_rate=rate)
    values = np.random.default_rng(0).standard_normal(5_000)
    values[1_000] = 1e12
    quantile.update_many(values)
    found = quantile.get()
    assert found is not None
    assert abs(found) < 10


@pytest.mark.parametrize("rate", ["auto", 0.02])
@pytest.mark.parametrize("kind", [ClippedMean, ClippedQuantile])
def test_forgetting_follows_a_new_level(kind: Any, rate: Any) -> None:
    statistic = kind(learning_rate=rate)
    rng = np.random.default_rng(0)
    statistic.update_many(rng.standard_normal(1000))
    statistic.update_many(rng.standard_normal(1000) + 8)
    assert statistic.get() == pytest.approx(8, abs=0.7)


@pytest.mark.parametrize("make", VARIANTS)
def test_many_equals_one_by_one(make: Make) -> None:
    values = heavy(300)
    values[::17] = np.nan
    loop, batch, parts = make(), make(), make()
    for x in values.tolist():
        loop.update(x)
    batch.update_many(values)
    for part in (values[:7].tolist(), pd.Series(values[7:150]), values[150:].astype(object)):
        parts.update_many(part)
    assert state(loop) == state(batch) == state(parts)
    assert loop.n == 300 - len(values[::17])


@pytest.mark.parametrize("make", VARIANTS)
@pytest.mark.parametrize("seen", [0, 1, 10, 20, 200])
def test_copies_go_on_alike(make: Make, seen: int) -> None:
    original = make()
    original.update_many(heavy(seen))
    copies = [pickle.loads(pickle.dumps(original)), copy.deepcopy(original)]
    fresh = original.clone()
    assert fresh.n == 0
    assert state(fresh) == state(make())
    for statistic in (original, *copies):
        statistic.update_many(heavy(50, seed=1))
    for other in copies:
        assert state(other) == state(original)
        assert other.get() == original.get()


@pytest.mark.parametrize("make", VARIANTS)
@given(st.lists(doubles, max_size=60), st.lists(doubles, max_size=3))
@example([], [5e-324])
@example([0.0, 5e-324, 1e308, 1e-320], [5e-324])
@example([0.0], [0.0, 7.005364470256537e16, 7.005364470256537e16])
def test_any_doubles_leave_finite_numbers(
    make: Make, values: list[float], few: list[float]
) -> None:
    statistic = make()
    statistic.update_many(few + values + values + few)
    assert all(map(math.isfinite, state(statistic)))
    found = statistic.get()
    assert found is None or math.isfinite(found)
    if isinstance(statistic, ClippedMean):
        assert statistic.radius() >= 0


@pytest.mark.parametrize("outlier", [1e6, -1e30, 1e308, math.inf])
@pytest.mark.parametrize("seen", [5, 30, 1000])
def test_one_value_moves_a_bounded_way(outlier: float, seen: int) -> None:
    values = np.random.default_rng(0).standard_normal(seen)
    mean, var, quantile = ClippedMean(), ClippedVar(), ClippedQuantile()
    for statistic in (mean, var, quantile):
        statistic.update_many(values)
    scale = math.sqrt(mean._kernel.square)
    before = [statistic.get() for statistic in (mean, var, quantile)]
    for statistic in (mean, var, quantile):
        statistic.update(outlier)
    after = [statistic.get() for statistic in (mean, var, quantile)]
    moves = [abs(b - a) for a, b in zip(before, after, strict=True)]
    # Seven values and a wild one among them: the start judges all by medians, a bit more loosely.
    slack = 2.0 if seen < 20 else 1.0
    assert moves[0] <= slack * 5 * scale * (seen + 1) ** -0.75 * 1.001
    assert moves[1] <= slack * 5 * before[1] / (seen + 1)
    assert moves[2] <= slack * 4 * (seen + 1) ** (-5 / 8) * 2


@pytest.mark.parametrize("make", VARIANTS)
@pytest.mark.parametrize(("factor", "shift"), [(2.0**40, 0.0), (-(2.0**-30), 0.0), (1.0, 1024.0)])
def test_unit_and_origin_do_not_matter(make: Make, factor: float, shift: float) -> None:
    values = heavy(400).astype(np.float32).astype(float)
    plain, changed = make(), make()
    if factor < 0 and isinstance(plain, ClippedQuantile):
        plain = ClippedQuantile(q=0.3)
        changed = ClippedQuantile(q=0.7)
    plain.update_many(values)
    changed.update_many(values * factor + shift)
    if isinstance(plain, ClippedVar):
        assert changed.get() == pytest.approx(plain.get() * factor**2, rel=1e-6)
    else:
        # Powers of two and exact sums: what is left is the round-off of the shifted values.
        assert changed.get() == pytest.approx(plain.get() * factor + shift, rel=1e-6)


def test_a_constant_that_changes_is_learned() -> None:
    mean = ClippedMean()
    mean.update_many([0.1] * 1000)
    assert mean.get() == pytest.approx(0.1, abs=1e-12)
    mean.update(5.0)
    assert mean.get() < 0.1 + 5 * 5 * 1000**-0.25 / 1000
    mean.update_many([5.0] * 9000)
    assert mean.get() == pytest.approx(4.51, abs=0.1)


def test_empty_and_missing_teach_nothing() -> None:
    assert ClippedMean().get() == 0.0
    assert ClippedVar().get() == 0.0
    assert ClippedQuantile().get() is None
    for make in VARIANTS:
        statistic = make()
        before = state(statistic)
        statistic.update_many([])
        statistic.update_many([None, math.nan, pd.NA])
        statistic.update(None)  # type: ignore[arg-type]
        assert state(statistic) == before


def test_what_is_no_number_is_refused_and_not_learned() -> None:
    mean = ClippedMean()
    for wrong in ("7", [1], {"a": 1}, 1j):
        with pytest.raises(TypeError):
            mean.update(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        mean.update_many(["a", "b"])
    with pytest.raises(TypeError):
        mean.update_many([1.0, object()])
    with pytest.raises(ValueError, match="shape"):
        mean.update_many([[1.0, 2.0]])
    assert mean.n == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"learning_rate": "fast"}, ValueError),
        ({"learning_rate": 0}, ValueError),
        ({"learning_rate": None}, TypeError),
        ({"warm_up": 0}, ValueError),
        ({"warm_up": 2.5}, TypeError),
    ],
)
def test_wrong_parameters_are_named(arguments: dict[str, Any], error: type[Exception]) -> None:
    for kind in (ClippedMean, ClippedVar, ClippedQuantile):
        with pytest.raises(error, match=next(iter(arguments))):
            kind(**arguments)


@pytest.mark.parametrize("wrong", [0.0, 1.0, -3, math.nan])
def test_level_out_of_range_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="q is a probability"):
        ClippedQuantile(q=wrong)


def test_damaged_states_are_refused() -> None:
    mean = ClippedMean()
    mean.update_many(heavy(100))
    numbers = mean._kernel.snapshot()[1]
    for broken in (numbers[:-1], numbers + numbers[:1]):
        with pytest.raises(ValueError, match=r"state (ends|has)"):
            ClippedMean()._kernel.restore([], broken)


def test_inside_river() -> None:
    events = [{"shop": "ab"[i % 2], "sale": float(i % 7)} for i in range(400)]
    events[200]["sale"] = 1e9
    double = compose.FuncTransformer(lambda x: {"shop": x["shop"], "sale": 2 * x["sale"]})
    aggregates = feature_extraction.Agg("sale", "shop", ClippedMean()) + feature_extraction.Agg(
        "sale", None, ClippedQuantile(q=0.9)
    )
    model = double | aggregates
    target = feature_extraction.TargetAgg("shop", ClippedVar())
    for x in events:
        model.learn_one(x)
        target.learn_one(x, x["sale"])
    found = model.transform_one(events[0])
    assert found["sale_clippedmean_by_shop"] == pytest.approx(6, abs=0.5)
    assert found["sale_clippedquantile_0.9"] == pytest.approx(12, abs=1)
    assert 2 < next(iter(target.transform_one(events[0]).values())) < 8
    chained = river_stats.Shift(1) | ClippedMean()
    for i in range(5):
        chained.update(i)
    assert chained.get() == pytest.approx(1.5)


def test_a_rolling_window_is_refused() -> None:
    with pytest.raises(ValueError, match="protocol"):
        utils.Rolling(ClippedMean, window_size=3)
