"""`ClippedForecaster` forecasts what its formulas say, and well."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_forecast import NaiveForecaster
from river import checks, datasets, evaluate, metrics
from river import time_series as river_time_series

from clipsgd_river import COMPILED
from clipsgd_river.time_series import ClippedForecaster

START = datetime(2026, 3, 2)


def seasonal(n: int, period: int = 24, seed: int = 0, noise: float = 1.0) -> np.ndarray[Any, Any]:
    wave = 10.0 * np.sin(2.0 * np.pi * np.arange(n) / period)
    return 50.0 + wave + noise * np.random.default_rng(seed).normal(size=n)


def learned(values: Any, every: timedelta | None = None, **params: Any) -> ClippedForecaster:
    model = ClippedForecaster(**params)
    for n, y in enumerate(values):
        model.learn_one(y, {"t": START + n * every} if every else None)
    return model


@pytest.mark.parametrize("timed", [False, True])
def test_forecasts_are_those_of_the_formulas(timed: bool) -> None:
    values = seasonal(420 if COMPILED else 150, noise=2.0)
    values[5] = values[90] = 1e4
    values[130:] += 15.0
    naive = NaiveForecaster(values[:20].tolist(), timed)
    model = ClippedForecaster(timestamp="t")
    for n, y in enumerate(values.tolist()):
        model.learn_one(y, {"t": 900.0 * n} if timed else None)
        if n >= 20:
            naive.learn(y)
    for h, (low, middle, high) in enumerate(model.forecast_bands(90), start=1):
        if h in (1, 2, 3, 7, 20, 33, 64, 90):
            assert middle == pytest.approx(naive.forecast(h), rel=1e-7)
            half = naive.half_width(h)
            assert high - middle == pytest.approx(half, rel=1e-6)
            assert low == pytest.approx(max(middle - half, 0.0), rel=1e-6)
    finder = model._kernel.outlooks.finder
    assert (finder.shorter.memory[0], finder.longer.memory[0]) == naive.seasons.found
    assert naive.seasons.found[0] == 24


@pytest.mark.either_mode
@pytest.mark.parametrize("every", [None, timedelta(hours=1)])
@pytest.mark.parametrize("period", [7, 24, 100])
def test_seasons_are_found_and_forecast(period: int, every: timedelta | None) -> None:
    values = seasonal(900, period)
    model = learned(values[:800], every)
    errors = np.abs(np.array(model.forecast(100)) - values[800:])
    assert errors.mean() < 1.5
    inside = [
        low <= y <= high
        for y, (low, _, high) in zip(values[800:], model.forecast_bands(100), strict=True)
    ]
    assert np.mean(inside) > 0.85


@pytest.mark.either_mode
def test_bands_hold_what_they_say_for_heavy_tails() -> None:
    values = np.random.default_rng(0).standard_t(2.5, 3000)
    model = ClippedForecaster()
    inside = []
    for n, y in enumerate(values.tolist()):
        if n > 100:
            low, _, high = model.forecast_bands(3)[2]
            inside.append(low <= values[min(n + 2, 2999)] <= high)
        model.learn_one(y)
    assert 0.94 <= np.mean(inside) <= 0.96


@pytest.mark.either_mode
def test_wild_values_do_no_lasting_harm() -> None:
    clean, values = seasonal(600), seasonal(600)
    values[3], values[300], values[550:552] = 1e9, -1e9, np.inf
    forecasts = [learned(each).forecast(24) for each in (clean, values)]
    assert forecasts[1] == pytest.approx(forecasts[0], abs=3.0)


def test_missing_values_and_gaps_keep_the_season() -> None:
    values = seasonal(400, noise=0.1)
    hour = timedelta(hours=1)
    whole, without, gapped = (ClippedForecaster() for _ in range(3))
    for n, y in enumerate(values.tolist()):
        missing = 300 <= n < 330
        event = {"t": START + n * hour}
        whole.learn_one(y, event)
        without.learn_one(None if missing else y, event)
        if not missing:
            gapped.learn_one(y, event)
    wanted = whole.forecast(24)
    assert without.forecast(24) == pytest.approx(wanted, abs=0.5)
    assert gapped.forecast(24) == pytest.approx(wanted, abs=0.5)
    # Times say how far ahead each forecast is.
    later = [{"t": START + (400 + h) * hour} for h in (5, 10)]
    assert whole.forecast(2, xs=later) == pytest.approx([wanted[5], wanted[10]])


def test_a_stamp_years_ahead_is_forgotten() -> None:
    values = seasonal(300, noise=0.1)
    model = ClippedForecaster()
    for n, y in enumerate(values.tolist()):
        moment = START + n * timedelta(hours=1) if n != 200 else datetime(2096, 1, 1)
        model.learn_one(y, {"t": moment})
    assert model.forecast(12) == pytest.approx(seasonal(312, noise=0.0)[300:], abs=1.0)


def test_growth_is_taken_on() -> None:
    n = np.arange(120)
    model = learned(100.0 * 1.02**n * (1.0 + 0.2 * np.sin(2.0 * np.pi * n / 12)))
    ahead = np.arange(120, 132)
    wanted = 100.0 * 1.02**ahead * (1.0 + 0.2 * np.sin(2.0 * np.pi * ahead / 12))
    assert model.forecast(12) == pytest.approx(wanted, rel=0.1)


@pytest.mark.either_mode
def test_it_does_as_well_as_tuned_rivals_on_passengers() -> None:
    rival = river_time_series.HoltWinters(0.3, 0.1, 0.6, 12, multiplicative=True)
    found = [
        np.mean(evaluate.evaluate(datasets.AirlinePassengers(), model, metrics.MAE(), 12).get())
        for model in (ClippedForecaster(), rival)
    ]
    assert found[0] <= 1.2 * found[1]


def test_copies_and_files_go_on_alike(tmp_path: Path) -> None:
    for count in (0, 1, 19, 20, 150):
        values = seasonal(count + 30)
        model = learned(values[:count], timedelta(hours=1))
        model.save(tmp_path / "state")
        others = [
            ClippedForecaster.load(tmp_path / "state"),
            pickle.loads(pickle.dumps(model)),  # our own
            copy.deepcopy(model),
        ]
        for n, y in enumerate(values[count:], start=count):
            event = {"t": START + n * timedelta(hours=1)}
            for each in (model, *others):
                each.learn_one(y, event)
        wanted = model.to_bytes()
        assert all(each.to_bytes() == wanted for each in others)
        assert all(each.forecast_bands(9) == model.forecast_bands(9) for each in others)
        assert model.clone().n == 0


def test_a_forecast_changes_nothing() -> None:
    model = learned(seasonal(200), timedelta(hours=1))
    before = model.to_bytes()
    first = model.forecast(50)
    assert model.forecast(50) == first
    assert model.to_bytes() == before


@pytest.mark.parametrize("check", list(checks.yield_checks(ClippedForecaster())))
def test_rivers_checks(check: Any) -> None:
    check(ClippedForecaster())


values = st.one_of(st.none(), st.floats(), st.integers(), st.just(5.0), st.booleans())
moments = st.one_of(st.none(), st.floats(), st.datetimes(), st.integers())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(values, moments), max_size=50), st.integers(1, 3))
def test_whatever_comes_forecasts_are_finite(stream: list[Any], warm_up: int) -> None:
    model = ClippedForecaster(timestamp="t", warm_up=warm_up)
    for y, moment in stream:
        model.learn_one(y, {"t": moment})
    for low, middle, high in model.forecast_bands(5, [{"t": m} for m in (None, 0, 1e9, 1e300, -1)]):
        assert np.isfinite([low, middle, high]).all()
        assert low <= middle <= high
    again = ClippedForecaster.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()


def test_before_anything_and_constants() -> None:
    assert ClippedForecaster().forecast(2) == [0.0, 0.0]
    assert learned([7.5] * 100).forecast_bands(2) == [(7.5, 7.5, 7.5)] * 2


def test_damaged_states_are_refused() -> None:
    data = learned(seasonal(60)).to_bytes()
    for bad in (data[:-9], data[:100] + b"x" + data[101:], b""):
        with pytest.raises(ValueError, match="state"):
            ClippedForecaster.from_bytes(bad)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: m.learn_one("much"), TypeError, "y"),
        (lambda m: m.learn_one(1.0, {"t": "noon"}), TypeError, "t"),
        (lambda m: m.forecast(0), ValueError, "horizon"),
        (lambda m: m.forecast(2.5), TypeError, "horizon"),
        (lambda m: m.forecast(3, xs=[{}]), ValueError, "xs"),
        (lambda _: ClippedForecaster(warm_up=0), ValueError, "warm_up"),
    ],
)
def test_wrong_calls(call: Any, error: type[Exception], words: str) -> None:
    model = ClippedForecaster(timestamp="t")
    with pytest.raises(error, match=words):
        call(model)
    assert model.n == 0
