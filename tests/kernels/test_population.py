"""The population of keys against its formulas."""

from __future__ import annotations

import random
from typing import Any

import pytest
from naive_population import NaivePopulation

from clipsgd_river._kernels.anomaly.population import PopulationKernel


def deviations(events: list[tuple[str, float]]) -> list[float | None]:
    kernel = PopulationKernel({"max_features": 5})
    numbers: dict[str, Any] = {}
    found = []
    for key, x in events:
        event = {"x": x}
        asked = kernel.deviations_one(event, numbers.get(key))
        z, numbers[key] = kernel.deviate_learn_one(event, numbers.get(key))
        assert z == asked
        found.append(z.get("x"))
    return found


@pytest.mark.parametrize("spread", [0.0, 0.3, 30.0])
@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_deviations_are_those_of_the_formulas(spread: float, scale: float) -> None:
    rng = random.Random(1)
    levels = {f"k{i}": rng.gauss(7.0, spread) if i else 5000.0 for i in range(50)}
    events = []
    for _ in range(1100):
        key = rng.choice(list(levels))
        odd = rng.random() < 0.03
        events.append((key, levels[key] + rng.gauss(0.0, scale) + odd * rng.choice([-50.0, 900.0])))
    naive = NaivePopulation()
    wanted = [naive.learn(key, x) for key, x in events]
    assert sum(z is not None for z in wanted) > 800
    found = deviations(events)
    assert [z is None for z in found] == [z is None for z in wanted]
    assert [z for z in found if z is not None] == pytest.approx(
        [z for z in wanted if z is not None], rel=1e-6, abs=1e-6
    )


def test_one_key_has_no_population_and_huge_numbers_stay_finite() -> None:
    assert set(deviations([("a", float(i)) for i in range(100)])) == {None}
    events = [(f"k{i % 40}", [1e308, -1e308, float("inf"), 1.0][i % 4]) for i in range(1200)]
    found = [z for z in deviations(events) if z is not None]
    assert found
    assert all(abs(z) <= 1e9 for z in found)


def test_features_that_are_missing_new_or_too_many_have_no_deviation() -> None:
    kernel = PopulationKernel({"max_features": 2})
    numbers: dict[int, Any] = {}
    rng = random.Random(0)
    for i in range(200):
        event = {"a": rng.gauss(0, 1), "b": rng.gauss(0, 1) if i % 2 else None, f"c{i}": 1.0}
        _, numbers[i % 25] = kernel.deviate_learn_one(event, numbers.get(i % 25))
    event = {"a": 0.0, "b": float("nan"), "c0": 1.0, "d": 1.0}
    assert kernel.deviations_one(event, None).keys() == {"a"}
    with pytest.raises(TypeError, match="'a'"):
        kernel.deviations_one({"a": "text"}, None)
