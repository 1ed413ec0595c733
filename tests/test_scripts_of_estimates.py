"""The scripts that judge estimates and fine-tuning: right where the answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import Load
from river import stats


def test_regret_grows_by_the_fitted_power(script: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    regret = script("regret")
    monkeypatch.setattr(regret, "estimators", lambda _: {"made up": np.zeros_like})
    monkeypatch.setattr(regret, "error", lambda _, stream: stream.n_samples**-0.5)
    (row,) = regret.growth(False, (100, 200, 400), range(2)).rows
    assert row[1:4] == pytest.approx([10.0, 200**0.5, 20.0])
    assert row[4] == pytest.approx(0.5)


def test_regret_of_every_estimator_is_measured(script: Load) -> None:
    regret = script("regret")
    corruption = regret.Corruption(0.1)
    stream = regret.ObliviousAdversary("student", None, corruption, 300, 1, 0)
    found = {name: regret.error(e, stream) for name, e in regret.estimators(300).items()}
    assert len(found) == 12
    assert found["auto, clipped"] < 0.5 * found["auto, unclipped"]
    assert all(map(math.isfinite, found.values()))
    table = regret.degradation("t", "t", (0.0, 0.1, 0.2), regret.corrupted_stream, (2,), (0,))
    clipped, unclipped = table.rows
    assert clipped[2] < 0.3 * unclipped[2]
    assert clipped[4] == clipped[3] / clipped[2]


def test_comparison_means_of_the_regret_are_rivers(script: Load) -> None:
    events = np.random.default_rng(0).standard_normal((30, 1))
    found, mean = script("regret").exponential_mean(events), stats.EWMean(0.01)
    for t in range(1, 30):
        mean.update(events[t - 1, 0])
        assert found[t, 0] == pytest.approx(mean.get(), abs=1e-12)


def test_convergence_counts_events_until_the_last_excess(script: Load) -> None:
    convergence = script("convergence")
    error = np.array([9.0, 0.5, 0.05, 0.2, 0.05, 0.05])
    assert convergence.events_until(error, 1.0) == 1
    assert convergence.events_until(error, 0.1) == 4
    assert convergence.events_until(error, 0.01) == math.inf
    found = convergence.curves("student", 2, "auto", 60, 1)
    assert len(found) == 2 * len(convergence.STEPS) + 2
    assert all(len(curve) == 60 for curve in found.values())
    rows = convergence.rows_of("student", 2, "auto", found | {"auto": np.linspace(1.0, 0.0, 60)})
    assert [row[1] for row in rows] == list(convergence.LEVELS)
    assert rows[0][4] == rows[0][2] / rows[0][3]


def test_fitness_judges_what_comes_after_the_change(script: Load) -> None:
    fitness = script("fitness")
    stream = fitness.shifts(fitness.WINDOW + 300, 0)
    truth = stream.labels.astype(float)
    assert fitness.judged(stream, truth) == [1.0, 1.0, 1.0]
    early = truth.copy()
    early[: stream.stretch] = -truth[: stream.stretch]
    assert fitness.judged(stream, early) == [1.0, 1.0, 0.0]
    late = truth.copy()
    for start in range(stream.stretch, len(late), stream.stretch):
        late[start : start + fitness.BEGINNING] *= -1
    assert fitness.judged(stream, late)[0] == 0.0


def test_fitness_runs_every_contestant(script: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    fitness = script("fitness")
    monkeypatch.setattr(fitness, "WINDOW", 24)
    monkeypatch.setattr(fitness, "TREES", 3)
    rows = np.random.default_rng(0).standard_normal((80, 2))
    labels = np.arange(80) % 9 == 0
    rows[labels] += 20
    stream = fitness.Stretches("made up", rows, labels, 40)
    areas, verdicts = fitness.around_a_forest([stream])
    assert [row[2] for row in areas.rows] == pytest.approx([1.0] * 3, abs=0.1)
    assert [row[1] for row in verdicts.rows] == ["beginnings", "whole stretches"]
    assert all(row[2] > 0.9 for row in fitness.around_ours([stream]).rows)
    assert len(fitness.speed(30, 1).rows) == 3
