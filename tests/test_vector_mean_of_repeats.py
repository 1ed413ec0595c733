"""The clipped mean of a vector with components that repeat: its formula, and what it finds."""

from __future__ import annotations

import copy
import pickle
from math import sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from clipsgd_river.stats import ClippedVectorMean

pytestmark = pytest.mark.either_mode


def rows(count: int, seed: int = 0) -> NDArray[np.float64]:
    """A Gaussian, a flag, a count, an amount that is mostly 0."""
    rng = np.random.default_rng(seed)
    amounts = (rng.random(count) < 0.1) * rng.lognormal(size=count)
    flag, counts = rng.random(count) < 0.1, rng.poisson(0.3, count)
    return np.column_stack([rng.normal(3.0, 1.0, count), flag, counts, amounts])


def atoms(mean: ClippedVectorMean, j: int) -> list[float]:
    repeats = mean._kernel.repeats
    slot = repeats.slots.memory[j] - 1
    if slot < 0:
        return []
    return list(repeats.shares.values.memory[16 * slot :][: int(repeats.shares.atoms.memory[slot])])


def test_a_step_is_what_its_formula_says() -> None:
    X = rows(2000)
    X[1500, 1] = 1e9
    mean = ClippedVectorMean(learning_rate="averaging")
    mean.update_many(X[:500])
    checked = 0
    for t, x in enumerate(X[500:], start=501):
        theta = np.array(mean._kernel.mean.memory)
        limit = 2.0 * mean._kernel.clip.norm.value
        mean.update(dict(enumerate(x.tolist())))
        split = np.array([x[j] in atoms(mean, j) for j in range(4)])
        g = x - theta
        norm = float(np.linalg.norm(g[~split]))
        g[~split] *= min(1.0, limit / norm)
        wanted = theta + g / t
        assert mean._kernel.mean.memory.tolist() == pytest.approx(wanted.tolist(), rel=1e-9)
        checked += split.any() and not split.all()
    assert checked > 1000


@pytest.mark.parametrize("rate", ["averaging", "auto"])
def test_means_of_what_repeats(rate: str) -> None:
    X = rows(10_000)
    mean = ClippedVectorMean(learning_rate=rate)
    mean.update_many(X)
    found = np.array(list(mean.get().values()))
    deviations = np.abs(found - X.mean(axis=0)) / X.std(axis=0)
    # The clipped tail of the lognormal is what the last one misses.
    assert deviations[:3].max() < 0.1
    assert deviations[3] < 0.25


@pytest.mark.parametrize("share", [0.3, 0.1, 0.02])
def test_a_flag_alone_has_its_share_and_withstands_an_outlier(share: float) -> None:
    rng = np.random.default_rng(1)
    flags = (rng.random((5000, 1)) < share) * 1.0
    flags[4000] = 1e9
    mean = ClippedVectorMean(learning_rate="averaging")
    mean.update_many(flags[:4000])
    before = mean.get()[0]
    assert before == pytest.approx(flags[:4000].mean(), abs=0.01)
    mean.update_many(flags[4000:4001])
    # Chebyshev: a first other value is as far as 4,000 events allow, or a few deviations.
    assert abs(mean.get()[0] - before) <= 2.0 * 1e9 / sqrt(4000) / 4000


@pytest.mark.parametrize("seen", [10, 20, 21, 45, 400])
def test_copies_go_on_alike(seen: int) -> None:
    X = rows(2000, seed=2)
    original = ClippedVectorMean()
    original.update_many(X[:seen])
    copies = [pickle.loads(pickle.dumps(original)), copy.deepcopy(original)]
    for mean in (original, *copies):
        mean.update_many(X[seen:])
    loop = ClippedVectorMean()
    for x in X.tolist():
        loop.update(dict(enumerate(x)))
    for other in (*copies, loop):
        assert other._kernel.snapshot() == original._kernel.snapshot()
