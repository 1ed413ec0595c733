"""The spliced binned-Pareto distribution: against its definition, the truth, and hostile values."""

from __future__ import annotations

import copy
import math
import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from river import proba as river_proba
from river.optim import schedulers
from scipy import integrate, stats

from clipsgd_river import COMPILED
from clipsgd_river.proba import SplicedBinnedPareto

Make = Callable[[], SplicedBinnedPareto]
Array = np.ndarray[Any, np.dtype[np.float64]]

VARIANTS: list[Make] = [
    SplicedBinnedPareto,
    lambda: SplicedBinnedPareto(learning_rate="averaging", tail=0.1),
    lambda: SplicedBinnedPareto(learning_rate="doubling", bins=2, warm_up=1),
    lambda: SplicedBinnedPareto(learning_rate=0.05, tail=0.25, bins=7),
    lambda: SplicedBinnedPareto(learning_rate=schedulers.InverseScaling(0.5), warm_up=3),
]
LEVELS = [1e-9, 1e-6, 1e-4, 1e-3, 0.0199, 0.0201, 0.1, 0.3, 0.5, 0.77, 0.97, 0.999, 1 - 1e-6]
LAWS = [stats.norm(3, 2), stats.t(3), stats.lognorm(1)]


def state(distribution: SplicedBinnedPareto) -> list[float]:
    return list(distribution._kernel.snapshot()[1])


def trained(values: Any, **parameters: Any) -> SplicedBinnedPareto:
    distribution = SplicedBinnedPareto(**parameters)
    distribution.update_many(values)
    return distribution


def heavy(count: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_t(2.1, count)


def tail_probabilities(distribution: SplicedBinnedPareto, values: Array) -> Array:
    """P(X >= x) of values, each before it is learned."""
    found = np.empty(len(values))
    if COMPILED:
        distribution._kernel.run(values, found, True)
        return found
    pieces = [0.0] * len(values)
    distribution._kernel.run(values.tolist(), pieces, True)
    return np.array(pieces)


class NaiveTail:
    """Generalised Pareto tail by its definition; the score by differences of SciPy's density."""

    def __init__(self) -> None:
        self.xi, self.sigma, self.n = 0.3, math.sqrt(3) / math.pi / 0.98, 20
        self.levels = [math.log(10), math.log(100)]

    def survival(self, y: float) -> float:
        t = -stats.genpareto.logsf(y, self.xi, scale=self.sigma)
        knots = [0, *self.levels, self.levels[1] + 100]
        return float(
            np.exp(-np.interp(t, knots, [0, math.log(10), math.log(100), math.log(100) + 100]))
        )

    def observe(self, y: float) -> None:
        self.n += 1
        t = -stats.genpareto.logsf(y, self.xi, scale=self.sigma)
        for i, (level, prior) in enumerate([(0.1, 100), (0.01, 1000)]):
            step = ((t > self.levels[i]) - level) / level
            self.levels[i] += max(1 / (self.n - 20 + prior), 0.0005) * step
        rate, h = max(1 / self.n, 0.0005), 1e-5

        def density(xi: float, log_sigma: float) -> float:
            return float(stats.genpareto.logpdf(y, xi, scale=math.exp(log_sigma)))

        a, b = self.xi, math.log(self.sigma)
        score = np.array(
            [
                (density(a + h, b) - density(a - h, b)) / (2 * h),
                (density(a, b + h) - density(a, b - h)) / (2 * h),
            ]
        )
        information = np.array(
            [[2 / (1 + a) / (1 + 2 * a), 1 / (1 + a) / (1 + 2 * a)], [0, 1 / (1 + 2 * a)]]
        )
        information[1, 0] = information[0, 1]
        step = np.clip(np.linalg.solve(information, score), -4 / rate**0.25, 4 / rate**0.25)
        self.xi += rate * step[0]
        self.sigma *= math.exp(rate * step[1])


class NaiveSpliced:
    """The distribution by its definition, for a constant step size and distinct values."""

    def __init__(self, first: list[float], rate: float, bins: int = 20, tail: float = 0.02) -> None:
        self.m = float(np.median(first))
        off = np.sort(np.abs(np.array(first) - self.m))
        self.s = max(
            1.4826022185056018 * float(np.median(off)), 1.7901581257439687 * off[:16].mean()
        )
        self.rate, self.n = rate, len(first)
        self.p = np.linspace(tail, 1 - tail, bins + 1)
        self.tail, self.share = tail, (1 - 2 * tail) / bins
        self.edges = math.sqrt(3) / math.pi * np.log(self.p / (1 - self.p))
        self.low, self.high = NaiveTail(), NaiveTail()

    def update(self, x: float) -> None:
        self.n += 1
        u = (x - self.m) / self.s
        if u > self.edges[-1]:
            self.high.observe(u - self.edges[-1])
        elif u < self.edges[0]:
            self.low.observe(self.edges[0] - u)
        gaps = np.maximum(self.edges[2:] - self.edges[:-2], 0.001) / (2 * self.share)
        widths = np.array([self.low.sigma / self.tail, *gaps, self.high.sigma / self.tail])
        rates = np.maximum(2 / (self.n + 100), 0.004 * self.p * (1 - self.p))
        moved = self.edges + rates * widths * (self.p - (u <= self.edges))
        middles = [-math.inf, *(self.edges[1:] + self.edges[:-1]) / 2, math.inf]
        self.edges = np.clip(moved, middles[:-1], middles[1:])
        g, rate = float(np.clip(u, -2.5, 2.5)), max(self.rate, 1 / self.n)
        self.m, self.s = self.m + rate * g * self.s, self.s * (1 + rate * (g * g - 1) / 2)

    def cdf(self, x: float) -> float:
        u = (x - self.m) / self.s
        if u > self.edges[-1]:
            return 1 - self.tail * self.high.survival(u - self.edges[-1])
        if u < self.edges[0]:
            return self.tail * self.low.survival(self.edges[0] - u)
        return float(np.interp(u, self.edges, self.p))


def test_it_is_what_its_definition_says() -> None:
    values = np.random.default_rng(0).standard_t(4, 1500).tolist()
    values[700] = 1e5
    distribution = trained(values[:20], learning_rate=0.01)
    naive = NaiveSpliced(values[:20], 0.01)
    for i, x in enumerate(values[20:]):
        distribution.update(x)
        naive.update(x)
        if i % 50 == 0:
            for probe in (-20.0, -2.0, -0.3, 0.1, 1.0, 3.0, 9.0):
                assert distribution.cdf(probe) == pytest.approx(naive.cdf(probe), rel=1e-5)
    assert distribution._kernel.upper.shape == pytest.approx(naive.high.xi, rel=1e-5)
    assert distribution._kernel.lower.scale == pytest.approx(naive.low.sigma, rel=1e-5)
    assert distribution._kernel.upper.hundredth == pytest.approx(naive.high.levels[1], rel=1e-5)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.dist.name)
def test_probabilities_are_uniform_and_rare_ones_rare(law: Any) -> None:
    count = 60_000
    values = law.rvs(count, random_state=np.random.default_rng(1))
    found = tail_probabilities(SplicedBinnedPareto(), values)
    assert np.all((found > 0) & (found <= 1))
    expected = (np.arange(count - 5000) + 0.5) / (count - 5000)
    assert np.abs(np.sort(found[5000:]) - expected).max() < 0.02
    for q, factor in ((1e-2, 1.3), (1e-3, 1.5)):
        assert q / factor < np.mean(found < q) < q * factor
    # Six are expected: a Poisson number exceeds 18 once in 20,000 times.
    assert 1 <= np.sum(found < 1e-4) <= 18


def test_both_tails_are_calibrated_on_dependent_values() -> None:
    rng = np.random.default_rng(0)
    values, x = np.empty(40_000), 0.0
    for i, noise in enumerate(rng.standard_normal(40_000).tolist()):
        x = 0.9 * x + noise
        values[i] = x
    for sign in (1.0, -1.0):
        found = tail_probabilities(SplicedBinnedPareto(), sign * values)
        assert 1e-3 / 1.6 < np.mean(found < 1e-3) < 1e-3 * 1.6


@pytest.mark.either_mode
@pytest.mark.parametrize(("factor", "shift"), [(3.0, 0.0), (1 / 3, 0.0), (1.0, 50.0)])
def test_it_follows_a_change(factor: float, shift: float) -> None:
    rng = np.random.default_rng(2)
    distribution = trained(rng.standard_normal(20_000))
    after = shift + factor * rng.standard_normal(20_000)
    found = tail_probabilities(distribution, after)
    # The change itself is unlikely, and soon over.
    assert np.sum(found[:500] < 1e-4) < 40
    assert np.sum(found[500:] < 1e-4) <= 8
    assert distribution.ppf(0.9) == pytest.approx(shift + factor * 1.2816, abs=0.15 * factor)
    assert distribution.ppf(0.1) == pytest.approx(shift - factor * 1.2816, abs=0.15 * factor)


@pytest.mark.parametrize("make", VARIANTS)
@pytest.mark.parametrize("seen", [1, 7, 20, 300])
def test_cdf_and_quantiles_are_inverse(make: Make, seen: int) -> None:
    distribution = make()
    distribution.update_many(heavy(seen))
    if seen == 1:
        assert distribution.ppf(0.3) == distribution.ppf(0.9) == heavy(1)[0]
        return
    quantiles = [distribution.ppf(level) for level in LEVELS]
    assert quantiles == sorted(quantiles)
    for level, x in zip(LEVELS, quantiles, strict=True):
        assert distribution.cdf(x) == pytest.approx(level, rel=1e-6)
        assert distribution.sf(x) == pytest.approx(1 - level, rel=1e-6)
        assert distribution.isf(level) == pytest.approx(distribution.ppf(1 - level), rel=1e-6)
        assert distribution.sf(distribution.isf(level)) == pytest.approx(level, rel=1e-6)
        twosided = distribution.tail_probability(x)
        assert twosided == pytest.approx(2 * min(level, 1 - level), rel=1e-6)


@pytest.mark.parametrize("make", VARIANTS)
def test_density_is_the_slope_of_the_cdf(make: Make) -> None:
    distribution = make()
    distribution.update_many(np.random.default_rng(0).standard_t(5, 2000))
    for low, high in ((0.0001, 0.003), (0.1, 0.6), (0.4, 0.99), (0.995, 0.9999)):
        a, b = distribution.ppf(low), distribution.ppf(high)
        breaks = [distribution.ppf(level) for level in np.linspace(low, high, 50)[1:-1]]
        mass, _ = integrate.quad(distribution, a, b, points=breaks, limit=500)
        assert mass == pytest.approx(high - low, rel=0.01)
    assert distribution(distribution.mode) >= distribution(distribution.ppf(0.05))


def test_samples_are_of_the_distribution() -> None:
    distribution = trained(np.random.default_rng(0).gamma(3, 1, 5000), seed=1)
    drawn = np.sort([distribution.sample() for _ in range(2000)])
    expected = np.array([distribution.cdf(x) for x in drawn])
    # The 0.999 quantile of Kolmogorov's statistic.
    assert np.abs(expected - (np.arange(2000) + 0.5) / 2000).max() < 1.95 / math.sqrt(2000)
    first, second = trained([1.0, 2.0, 4.0], seed=7), trained([1.0, 2.0, 4.0], seed=7)
    assert [first.sample() for _ in range(5)] == [second.sample() for _ in range(5)]


@pytest.mark.parametrize("make", VARIANTS)
def test_many_equals_one_by_one(make: Make) -> None:
    values = heavy(300)
    values[::17] = np.nan
    values[100:160] = 2.5
    loop, batch, watched = make(), make(), make()
    for x in values.tolist():
        loop.update(x)
    batch.update_many(values[:7].tolist())
    batch.update_many(values[7:].astype(object))
    tail_probabilities(watched, values)
    assert state(loop) == state(batch) == state(watched)
    assert loop.n_samples == np.sum(~np.isnan(values))


@pytest.mark.parametrize("make", VARIANTS)
@pytest.mark.parametrize("seen", [0, 1, 10, 20, 200])
def test_copies_go_on_alike(make: Make, seen: int) -> None:
    original = make()
    original.update_many(heavy(seen))
    copies = [
        pickle.loads(pickle.dumps(original)),
        copy.deepcopy(original),
        original.clone(include_attributes=True),
    ]
    assert original.clone().n_samples == 0
    for distribution in (original, *copies):
        distribution.update_many(heavy(50, seed=1))
    for other in copies:
        assert state(other) == state(original)
        assert [other.ppf(q) for q in LEVELS] == [original.ppf(q) for q in LEVELS]


doubles = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize("make", VARIANTS)
@settings(max_examples=30)
@given(st.lists(doubles, max_size=60), st.lists(doubles, max_size=3))
@example([], [5e-324])
@example([0.0, 5e-324, 1e308, 1e-320], [5e-324])
@example([0.0] * 30, [1e308, -1e308, 5e-324])
def test_any_doubles_leave_a_distribution(
    make: Make, values: list[float], few: list[float]
) -> None:
    distribution = make()
    distribution.update_many(few + values + values + few)
    assert all(map(math.isfinite, state(distribution)))
    quantiles = [distribution.ppf(level) for level in LEVELS]
    assert not any(map(math.isnan, quantiles))
    assert quantiles == sorted(quantiles)
    probes = [-1e308, -1.0, 0.0, 1e-300, 1.0, 1e308, math.inf]
    probabilities = [distribution.cdf(x) for x in probes]
    assert probabilities == sorted(probabilities)
    assert all(0 <= p <= 1 for p in probabilities)
    assert all(distribution(x) >= 0 for x in probes)


@pytest.mark.parametrize("wild", [1e6, -1e30, 1e308, math.inf])
@pytest.mark.parametrize("seen", [5, 30, 2000])
def test_one_value_moves_a_bounded_way(wild: float, seen: int) -> None:
    values = np.random.default_rng(0).standard_normal(seen)
    distribution = trained(values)
    before = copy.deepcopy(distribution)
    distribution.update(wild)
    ours, theirs = distribution._kernel, before._kernel
    if seen >= 20:
        rate = max(0.3 if seen < 100 else 0.01, 1 / seen)
        assert abs(ours.location - theirs.location) <= 2.5 * rate * theirs.scale
        assert ours.scale / theirs.scale <= 1 + 2.7 * rate
        for tail, earlier in ((ours.upper, theirs.upper), (ours.lower, theirs.lower)):
            assert abs(tail.shape - earlier.shape) <= 4 * tail.count**-0.75 * 1.001
    distribution.update_many(values[:5])
    assert abs(distribution.ppf(0.5)) < 1.5
    assert distribution.ppf(0.9) < 6


@pytest.mark.parametrize("make", VARIANTS)
@pytest.mark.parametrize(("factor", "shift"), [(2.0**40, 0.0), (2.0**-30, 0.0), (1.0, 1024.0)])
def test_unit_and_origin_do_not_matter(make: Make, factor: float, shift: float) -> None:
    values = heavy(400).astype(np.float32).astype(float)
    plain, changed = make(), make()
    plain.update_many(values)
    changed.update_many(values * factor + shift)
    for level in LEVELS[2:-1]:
        wanted = plain.ppf(level) * factor + shift
        assert changed.ppf(level) == pytest.approx(wanted, rel=1e-6, abs=1e-6 * factor)


def test_sides_are_mirror_images() -> None:
    right, left = trained(heavy(3000)), trained(-heavy(3000))
    for x in (-30.0, -2.0, -0.1, 0.4, 5.0):
        assert left.cdf(-x) == pytest.approx(right.sf(x), rel=1e-9)


def test_a_constant_then_a_change() -> None:
    distribution = trained([7.0] * 998)
    assert (distribution.cdf(6.9), distribution.sf(7.1)) == (0.001, 0.001)
    assert (distribution.cdf(7.0), distribution.sf(7.0), distribution(7.0)) == (0.999, 0.999, 0.0)
    assert distribution.ppf(0.01) == distribution.mode == 7.0
    distribution.update_many([9.0] * 60)
    assert distribution.ppf(0.5) == pytest.approx(9.0, abs=0.2)


@pytest.mark.either_mode
def test_a_value_that_most_have_does_not_hide_the_others() -> None:
    rng = np.random.default_rng(0)
    values = np.where(rng.random(50_000) < 0.9, 0.0, rng.exponential(size=50_000))
    found = tail_probabilities(SplicedBinnedPareto(), values)
    assert 1e-3 / 2 < np.mean(found < 1e-3) < 1e-3 * 2
    zeros = found[1000:][values[1000:] == 0.0]
    # P(X >= 0) is 1, P(X > 0) is 0.1: what it says of a repeated value lies between.
    assert np.mean((zeros > 0.05) & (zeros <= 1.0)) > 0.99


def test_before_the_first_value() -> None:
    distribution = SplicedBinnedPareto()
    before = state(distribution)
    assert (distribution.cdf(1.0), distribution.sf(1.0), distribution(1.0)) == (0.0, 1.0, 0.0)
    assert (distribution.ppf(0.5), distribution.mode, distribution.sample()) == (0.0, 0.0, 0.0)
    distribution.update_many([])
    distribution.update_many([None, math.nan])
    distribution.update(math.nan)
    assert state(distribution) == before
    assert distribution.n_samples == 0


def test_nan_is_answered_by_nan() -> None:
    distribution = trained(heavy(100))
    for ask in (distribution, distribution.cdf, distribution.sf):
        assert math.isnan(ask(math.nan))
        assert math.isnan(ask(None))  # type: ignore[arg-type]


def test_what_is_no_number_is_refused_and_not_learned() -> None:
    distribution = SplicedBinnedPareto()
    for wrong in ("7", [1], 1j):
        with pytest.raises(TypeError):
            distribution.update(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            distribution.cdf(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shape"):
        distribution.update_many([[1.0, 2.0]])
    with pytest.raises(NotImplementedError, match="taken back"):
        distribution.revert(1.0)
    assert distribution.n_samples == 0


@pytest.mark.parametrize("wrong", [0.0, 1.0, -0.1, math.nan, "0.5", True])
def test_levels_out_of_range_are_refused(wrong: Any) -> None:
    distribution = trained(heavy(100))
    for ask in (distribution.ppf, distribution.isf):
        with pytest.raises((ValueError, TypeError), match="q is a"):
            ask(wrong)


@pytest.mark.parametrize(
    "parameters",
    [
        {"tail": 0.0},
        {"tail": 0.3},
        {"tail": "0.1"},
        {"bins": 1},
        {"bins": 2.0},
        {"bins": 10**9},
        {"learning_rate": "fast"},
        {"warm_up": 0},
    ],
    ids=str,
)
def test_wrong_parameters_are_named(parameters: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match=next(iter(parameters))):
        SplicedBinnedPareto(**parameters)


def test_damaged_states_are_refused() -> None:
    distribution = trained(heavy(500))
    _, numbers = distribution._kernel.snapshot()
    broken = [numbers[:-1], numbers + numbers[:1]]
    for index in range(len(numbers)):
        nan = numbers[:]
        nan[index] = math.nan
        broken.append(nan)
    edges = distribution._kernel.bins.edges.memory
    start = next(i for i in range(len(numbers)) if numbers[i : i + 21] == edges)
    for index, value in (
        (start + 3, 1e9),
        (start + 21, -0.6),
        (start + 22, 0.0),
        (start - 5, -1.0),
    ):
        forged = numbers[:]
        forged[index] = value
        broken.append(forged)
    for each in broken:
        with pytest.raises(ValueError, match="state"):
            SplicedBinnedPareto()._kernel.restore([], each)


def test_it_is_one_of_rivers_distributions() -> None:
    distribution, other = trained(heavy(100)), trained(heavy(100) + 50)
    assert isinstance(distribution, river_proba.base.ContinuousDistribution)
    assert other > distribution


def test_memory_is_what_the_docstring_says() -> None:
    distribution = trained(heavy(1000), bins=200)
    assert sys.getsizeof(distribution._kernel) < 4096 + 8 * 200
