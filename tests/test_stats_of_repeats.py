"""Statistics of a variable whose values repeat: formulas, and what they withstand."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clipsgd_river.checks import _columns
from clipsgd_river.stats import ClippedMean, ClippedQuantile, ClippedVar

pytestmark = pytest.mark.either_mode

REPEATING = [c for c in _columns.ALL if c not in _columns.CONTINUOUS]
COUNT = 20_000
# Share of a standard normal's second moment within two medians of its size, 1.349.
LIMIT = 2 * 0.6744897501960817


def drawn(name: str, count: int = COUNT) -> NDArray[np.float64]:
    column = next(c for c in _columns.ALL if c.name == name)
    return column.draw(np.random.default_rng(1), count)


def clipped_share(limit: float) -> float:
    """Second moment of a standard normal variable clipped at a limit."""
    density = math.exp(-0.5 * limit * limit) / math.sqrt(2 * math.pi)
    outside = math.erfc(limit / math.sqrt(2))
    return 1 - outside - 2 * limit * density + limit * limit * outside


@pytest.mark.parametrize("column", REPEATING, ids=lambda column: str(column.name))
def test_the_scale_is_about_the_standard_deviation(column: Any) -> None:
    values = column.draw(np.random.default_rng(1), COUNT)
    var = ClippedVar()
    var.update_many(values)
    # An average forgets nothing: a quarter of a stream at another level belongs to it.
    early = column.name == "equal for a quarter, then active"
    deviation = values.std() if early else column.deviation(values)
    if deviation == 0.0:
        assert var.get() < 1e-24
    else:
        assert 0.5 <= math.sqrt(var.get()) / deviation <= 2.0


@pytest.mark.parametrize("share", [0.5, 0.3, 0.1, 0.05, 0.02])
@pytest.mark.parametrize("rate", ["averaging", "auto", 0.002])
def test_flags_have_the_scale_of_a_coin(share: float, rate: str | float) -> None:
    values = np.random.default_rng(2).random(COUNT) < share
    var, mean = ClippedVar(learning_rate=rate), ClippedMean(learning_rate=rate, clip="auto")
    var.update_many(values * 1.0)
    mean.update_many(values * 1.0)
    deviation = math.sqrt(share * (1 - share))
    assert 0.7 <= math.sqrt(var.get()) / deviation <= 1.4
    assert mean.get() == pytest.approx(share, abs=0.2 * deviation)


@pytest.mark.parametrize("column", REPEATING, ids=lambda column: str(column.name))
def test_the_average_is_unbiased(column: Any) -> None:
    values = column.draw(np.random.default_rng(1), COUNT)
    mean = ClippedMean()
    mean.update_many(values)
    # What a lone outlier adds to the mean of a column is no bias.
    bound = 0.005 * max(values.std(), 1e-12)
    lone = np.abs(values - np.median(values)).max() / COUNT if "once" in column.name else 0.0
    assert abs(mean.get() - values.mean()) <= bound + lone


@pytest.mark.parametrize("name", ["90% zero, otherwise lognormal", "Poisson(0.1)", "flag 0.02"])
@pytest.mark.parametrize("clip", ["auto", 1.5])
def test_a_step_is_what_its_formulas_say(name: str, clip: str | float) -> None:
    values = drawn(name, 3000).tolist()
    values[2500] = 1e9
    var = ClippedVar(clip=clip)
    var.update_many(values[:1000])
    kernel = var._kernel
    share = clipped_share(LIMIT if clip == "auto" else float(clip))
    for t, x in enumerate(values[1000:], start=1001):
        others, repeats = kernel.variable.others, kernel.variable.repeats
        mu, sigma = others.location.memory[0], others.scale.memory[0]
        started = others.count.memory[0] >= 8
        m, v = kernel.location, kernel.square
        limit = 2 * kernel.variable.clip.norm.value or 2.0
        limit = limit if clip == "auto" else float(clip)
        epoch = repeats.shares.epoch.memory[0]
        var.update(x)
        if repeats.shares.epoch.memory[0] != epoch or not repeats.shares.atoms.memory[0]:
            continue
        atoms = repeats.shares.values.memory[: int(repeats.shares.atoms.memory[0])]
        h = 0.0
        cut = x
        if x not in atoms:
            if not started:
                continue
            h = sigma * max(min((x - mu) / sigma, limit), -limit) if x != mu else 0.0
            cut = mu + h
        g = cut - m
        assert kernel.location == pytest.approx(m + g / t, rel=1e-9, abs=1e-12)
        wanted = v + ((1 - 1 / t) * (g * g + h * h / share - h * h) - v) / t
        assert kernel.square == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("rate", ["averaging", "auto", 0.002])
@pytest.mark.parametrize("outliers", [1, 200])
@pytest.mark.parametrize("name", ["flag 0.05", "flag 0.02", "Poisson(0.3)", "N(0, .7) in integers"])
def test_equal_outliers_move_the_scale_a_bounded_way(
    name: str, outliers: int, rate: str | float
) -> None:
    var = ClippedVar(learning_rate=rate)
    var.update_many(drawn(name, 10_000))
    before = var.get()
    var.update_many(np.full(outliers, 1e9))
    assert math.sqrt(var.get() / before) < (1.5 if outliers == 1 else 10.0)


@pytest.mark.parametrize("name", ["Gaussian", "Student t(2.5)", "lognormal", "10% gross outliers"])
def test_where_nothing_repeats_nothing_is_kept(name: str) -> None:
    values = drawn(name, 3000)
    var = ClippedVar()
    var.update_many(values)
    assert var._kernel.variable.repeats.awake == 0
    # The recursion as it is without repeats.
    sample = ClippedVar()
    sample.update_many(values[:20])
    m, v = sample._kernel.location, sample._kernel.square
    median, count = sample._kernel.clip.norm.value, 20.0
    share = clipped_share(LIMIT)
    for t, x in enumerate(values[20:].tolist(), start=21):
        s = math.sqrt(v)
        g = max(min(x - m, 2 * median * s), -2 * median * s)
        count += 1
        step = max(0.02, 1 / count)
        median = median * (1 + step) if abs(x - m) / s > median else median / (1 + step)
        m += g / t
        v += ((1 - 1 / t) * g * g / share - v) / t
    assert (m, v) == pytest.approx((var._kernel.location, var._kernel.square), rel=1e-9)


@pytest.mark.parametrize("seen", [15, 20, 21, 40, 300, 2000])
@pytest.mark.parametrize("name", ["flag 0.1", "Poisson(0.3)", "a sensor freezes for 500 events"])
@pytest.mark.parametrize("kind", [ClippedVar, ClippedQuantile])
def test_copies_go_on_alike(kind: Any, name: str, seen: int) -> None:
    values = drawn(name, 6000)[1500:]
    make = kind(learning_rate="auto")
    original = make.clone()
    original.update_many(values[:seen])
    copies = [pickle.loads(pickle.dumps(original)), copy.deepcopy(original)]
    for statistic in (original, *copies):
        statistic.update_many(values[seen : seen + 2000])
    loop = make.clone()
    for x in values[: seen + 2000].tolist():
        loop.update(x)
    for other in (*copies, loop):
        assert other._kernel.snapshot() == original._kernel.snapshot()


@pytest.mark.parametrize("rate", ["averaging", "auto", 0.01])
def test_a_quantile_leaves_the_value_it_lay_on(rate: str | float) -> None:
    rng = np.random.default_rng(3)
    amounts = rng.lognormal(size=COUNT)
    few = np.where(rng.random(COUNT) < 0.05, amounts, 0.0)
    many = np.where(rng.random(COUNT) < 0.3, amounts, 0.0)
    quantile = ClippedQuantile(q=0.9, learning_rate=rate)
    quantile.update_many(few)
    found = quantile.get()
    assert found is not None
    assert found < 0.15
    quantile.update_many(many)
    found = quantile.get()
    assert found is not None
    if rate == "averaging":
        # Halfway: the mean of iterates forgets nothing.
        assert found > 0.3 * float(np.quantile(many, 0.9))
    else:
        assert found == pytest.approx(float(np.quantile(many, 0.9)), rel=0.25)


@pytest.mark.parametrize("name", ["Poisson(3.0)", "N(0, .7) in integers", "sawtooth of 5"])
@pytest.mark.parametrize("q", [0.3, 0.5, 0.9])
def test_a_quantile_settles_on_a_value(name: str, q: float) -> None:
    values = drawn(name)
    quantile = ClippedQuantile(q=q, learning_rate="auto")
    quantile.update_many(values)
    assert quantile.get() == pytest.approx(float(np.quantile(values, q)), abs=0.1)
