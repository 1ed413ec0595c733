"""Linear models of features and targets that repeat: flags, counts, amounts that are mostly 0."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from river import linear_model, preprocessing

from clipsgd_river.linear_model import ClippedLinearRegression, ClippedLogisticRegression

pytestmark = pytest.mark.either_mode

COUNT = 20_000
Rows = NDArray[np.float64]


def learned(model: Any, X: Rows, y: NDArray[Any]) -> Any:
    model.learn_many(X, y)
    return model


def coefficient(model: Any, base: float = 0.0) -> tuple[float, float]:
    """Prediction without the second feature, and what it adds."""
    without, beside = (model.predict_one({0: base, 1: value}) for value in (0.0, 1.0))
    return without, beside - without


def rare(kind: str, share: float, rng: np.random.Generator) -> Rows:
    if kind == "flag":
        return (rng.random(COUNT) < share) * 1.0
    if kind == "count":
        return rng.poisson(share, COUNT) * 1.0
    return (rng.random(COUNT) < share) * rng.lognormal(size=COUNT)


@pytest.mark.parametrize("added", [5.0, -50.0])
@pytest.mark.parametrize(
    ("kind", "share"), [("flag", 0.1), ("flag", 0.005), ("count", 0.1), ("amount", 0.01)]
)
def test_what_rarely_differs_has_its_coefficient(kind: str, share: float, added: float) -> None:
    rng = np.random.default_rng(1)
    X = np.column_stack([rng.standard_normal(COUNT), rare(kind, share, rng)])
    y = 2.0 + X[:, 0] + added * X[:, 1] + rng.standard_normal(COUNT)
    base, found = coefficient(learned(ClippedLinearRegression(), X, y))
    assert found == pytest.approx(added, rel=0.1)
    assert base == pytest.approx(2.0, abs=0.1)


def test_twenty_flags_have_theirs() -> None:
    rng = np.random.default_rng(2)
    X = (rng.random((COUNT, 20)) < rng.uniform(0.01, 0.3, 20)) * 1.0
    added = rng.normal(0.0, 3.0, 20)
    model = learned(ClippedLinearRegression(), X, X @ added + rng.standard_normal(COUNT))
    base = model.predict_one(dict.fromkeys(range(20), 0.0))
    found = [model.predict_one({j: float(j == k) for j in range(20)}) - base for k in range(20)]
    assert found == pytest.approx(added.tolist(), abs=0.5)


@pytest.mark.parametrize(("share", "added"), [(0.02, 3.0), (0.1, -2.0)])
def test_odds_of_a_flag(share: float, added: float) -> None:
    rng = np.random.default_rng(5)
    X = np.column_stack([rng.standard_normal(COUNT), rare("flag", share, rng)])
    y = rng.random(COUNT) < 1.0 / (1.0 + np.exp(1.0 - X[:, 0] - added * X[:, 1]))
    ours = ClippedLogisticRegression()
    peer = preprocessing.StandardScaler() | linear_model.LogisticRegression()
    losses = np.zeros(2)
    for x, label in zip(X.tolist(), y.tolist(), strict=True):
        event = {0: x[0], 1: x[1]}
        for k, model in enumerate((ours, peer)):
            if x[1] > 0.0:
                p = model.predict_proba_one(event).get(label, 0.0)
                losses[k] -= math.log(max(p, 1e-15))
            model.learn_one(event, label)
    logits = [
        math.log(p / (1.0 - p))
        for p in (ours.predict_proba_one({0: 0.0, 1: value})[True] for value in (0.0, 1.0))
    ]
    assert logits[1] - logits[0] == pytest.approx(added, abs=0.7)
    assert losses[0] <= 1.05 * losses[1]


@pytest.mark.parametrize("kind", ["flag", "count", "amount"])
def test_the_standardised_event_is_that_of_its_formula(kind: str) -> None:
    rng = np.random.default_rng(3)
    X = np.column_stack([rng.standard_normal(COUNT), rare(kind, 0.08, rng)])[:3000]
    X[2000, 1] = 1e9
    model = ClippedLinearRegression()
    seen = set()
    awake = False
    for row in X.tolist():
        model.learn_one(dict(enumerate(row)), row[1])
        inputs = model._kernel.inputs
        shares = inputs.repeats.shares
        # A feature wakes after an event, and is standardised from the next one on.
        if not awake or not inputs.scale.memory[1]:
            awake = bool(inputs.repeats.slots.memory[1])
            continue
        if not shares.atoms.memory[0]:
            continue
        x = row[1]
        if x not in shares.values.memory[: int(shares.atoms.memory[0])]:
            mu, sigma = inputs.others.location.memory[0], inputs.others.scale.memory[0]
            x = min(max(x, mu - 2.0 * sigma), mu + 2.0 * sigma)
            seen.add("other")
        else:
            seen.add("atom")
        wanted = (x - inputs.location.memory[1]) / inputs.scale.memory[1]
        assert inputs.gradient.memory[1] == pytest.approx(wanted, rel=1e-9, abs=1e-9)
        # Three scales over the root of the least share there is: half an event of a thousand.
        assert abs(wanted) <= 3.0 * math.sqrt(2002.0)
    assert "atom" in seen
    assert "other" in seen


def test_targets_that_are_mostly_0() -> None:
    rng = np.random.default_rng(4)
    flag = rare("flag", 0.1, rng)
    X = np.column_stack([rng.standard_normal(COUNT), flag])
    amounts = rare("amount", 0.1, rng)
    # As much as twice the median error leaves of a lognormal: its mean is 1.65.
    base, found = coefficient(learned(ClippedLinearRegression(), X, amounts))
    assert 0.1 < base < 0.18
    assert found == pytest.approx(0.0, abs=0.05)
    base, found = coefficient(
        learned(ClippedLinearRegression(), X, flag * rng.lognormal(size=COUNT))
    )
    assert base == pytest.approx(0.0, abs=0.02)
    assert 1.0 < found < 1.8


@pytest.mark.parametrize("chance", [0.1, 0.02])
def test_targets_that_are_flags_have_their_share(chance: float) -> None:
    rng = np.random.default_rng(6)
    flag = rare("flag", 0.1, rng)
    X = np.column_stack([rng.standard_normal(COUNT), flag])
    y = (rng.random(COUNT) < chance + 0.5 * flag) * 1.0
    base, found = coefficient(learned(ClippedLinearRegression(), X, y))
    assert base == pytest.approx(chance, abs=0.03)
    assert found == pytest.approx(0.5, abs=0.06)


def test_a_constant_target_that_begins_to_depend_on_a_flag() -> None:
    rng = np.random.default_rng(7)
    flag = rare("flag", 0.1, rng)
    y = np.full(COUNT, 3.0)
    y[COUNT // 2 :] += 2.0 * flag[COUNT // 2 :]
    X = np.column_stack([rng.standard_normal(COUNT), flag])
    assert coefficient(learned(ClippedLinearRegression(), X, y)) == pytest.approx((3, 2), abs=0.1)


@pytest.mark.parametrize("where", ["targets", "features", "both", "burst"])
def test_outliers_hardly_move_what_a_flag_adds(where: str) -> None:
    rng = np.random.default_rng(8)
    X = np.column_stack([rng.standard_normal(COUNT), rare("flag", 0.1, rng)])
    y = 2.0 + X[:, 0] + 5.0 * X[:, 1] + rng.standard_normal(COUNT)
    hit = rng.random(COUNT) < 0.01
    if where == "burst":
        hit = (np.arange(COUNT) >= COUNT // 2) & (np.arange(COUNT) < COUNT // 2 + 200)
    if where != "features":
        y[hit] = 1e9
    if where != "targets":
        X[hit, 1] = 1e9
    base, found = coefficient(learned(ClippedLinearRegression(), X, y))
    assert found == pytest.approx(5.0, rel=0.1)
    assert base == pytest.approx(2.0, abs=0.2)


def test_where_nothing_repeats_the_rare_threshold_sleeps() -> None:
    rng = np.random.default_rng(9)
    X = rng.standard_normal((2000, 2))
    model = learned(ClippedLinearRegression(), X, X[:, 0] + rng.standard_normal(2000))
    kernel = model._kernel
    assert kernel.rare_clip.norm.value == 0.0
    assert kernel.targets.awake == kernel.inputs.repeats.awake == 0


@pytest.mark.parametrize(
    "model",
    [ClippedLinearRegression(), ClippedLogisticRegression()],
    ids=lambda m: type(m).__name__,
)
@pytest.mark.parametrize("seen", [10, 20, 21, 60, 700])
def test_every_road_leads_to_one_state(model: Any, seen: int) -> None:
    rng = np.random.default_rng(10)
    X = np.column_stack(
        [rng.standard_normal(COUNT), rare("flag", 0.1, rng), rare("count", 0.3, rng)]
    )
    X, y = X[:2000], (rng.random(2000) < 0.2 + 0.3 * X[:2000, 1])
    y = y if isinstance(model, ClippedLogisticRegression) else y * 1.0
    one, many = model.clone(), model.clone()
    for row, target in zip(X[:seen].tolist(), y[:seen].tolist(), strict=True):
        one.learn_one(dict(enumerate(row)), target)
    many.learn_many(X[:seen], y[:seen])
    copies = [pickle.loads(pickle.dumps(one)), copy.deepcopy(one), many]
    for other in copies:
        other.learn_many(X[seen:], y[seen:])
    for row, target in zip(X[seen:].tolist(), y[seen:].tolist(), strict=True):
        one.learn_one(dict(enumerate(row)), target)
    for other in copies:
        assert other._kernel.snapshot() == one._kernel.snapshot()
