"""ClippedSGD in the models of River that take an optimizer."""

from __future__ import annotations

import copy
import math
import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import (
    anomaly,
    datasets,
    evaluate,
    facto,
    linear_model,
    metrics,
    preprocessing,
    reco,
    utils,
)
from river import checks as river_checks
from river import optim as river_optim
from river.optim import schedulers

from clipsgd_river.optim import ClippedSGD
from clipsgd_river.preprocessing import ClippedScaler

CONTAINERS: list[Callable[[Any], Any]] = [
    dict,
    utils.VectorDict,
    lambda parts: np.array(list(parts.values()), dtype=float),
]
in_every_container = pytest.mark.parametrize(
    "container", CONTAINERS, ids=["dict", "VectorDict", "array"]
)


def as_list(weights: Any) -> list[float]:
    return list(weights.values() if hasattr(weights, "values") else weights)


def naive_steps(gradients: list[list[float]], lr: float, clip: float) -> list[float]:
    """Weights after steps of at most lr * clip in length, from the definition."""
    weights = np.zeros(len(gradients[0]))
    for g in map(np.array, gradients):
        weights -= lr * g * min(1.0, clip / np.sqrt((g**2).sum()))
    return weights.tolist()


@in_every_container
def test_the_whole_gradient_is_shortened(container: Callable[[Any], Any]) -> None:
    gradients = np.random.default_rng(0).standard_t(2, (50, 3)).tolist()
    optimizer = ClippedSGD(lr=0.1, clip=1.5)
    weights = container(dict.fromkeys("abc", 0.0))
    for g in gradients:
        weights = optimizer.step(weights, container(dict(zip("abc", g, strict=True))))
    assert as_list(weights) == pytest.approx(naive_steps(gradients, 0.1, 1.5), rel=1e-12)
    assert optimizer.n_iterations == 50


def test_automatic_steps_are_alike_in_every_container() -> None:
    gradients = np.random.default_rng(0).standard_t(2, (200, 3)).tolist()
    found = []
    for container in CONTAINERS:
        optimizer, weights = ClippedSGD(), container(dict.fromkeys("abc", 0.0))
        for g in gradients:
            weights = optimizer.step(weights, container(dict(zip("abc", g, strict=True))))
        found.append(as_list(weights))
    assert found[1] == pytest.approx(found[0], rel=1e-12)
    assert found[2] == pytest.approx(found[0], rel=1e-12)


def test_without_clipping_a_constant_step_is_plain_sgd() -> None:
    def mae(optimizer: Any) -> float:
        model = preprocessing.StandardScaler() | linear_model.LinearRegression(optimizer)
        return float(
            evaluate.progressive_val_score(datasets.TrumpApproval(), model, metrics.MAE()).get()
        )

    assert mae(ClippedSGD(0.01, clip=None)) == pytest.approx(mae(river_optim.SGD(0.01)), rel=1e-9)


def test_automatic_step_does_not_depend_on_the_unit_of_the_loss() -> None:
    gradients = np.random.default_rng(0).standard_t(2, (300, 2))
    found = []
    for factor in (1.0, 2.0**50, 2.0**-50):
        weights: Any = np.zeros(2)
        optimizer = ClippedSGD()
        for g in gradients * factor:
            weights = optimizer.step(weights, g)
        found.append(weights)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-9)


@pytest.mark.parametrize("outlier", [1e6, 1e160, 1e300])
def test_one_gradient_moves_the_weights_a_bounded_way(outlier: float) -> None:
    rng = np.random.default_rng(0)
    optimizer, weights = ClippedSGD(), np.zeros(4)
    lengths = []
    for g in rng.standard_normal((500, 4)):
        before = weights.copy()
        weights = optimizer.step(weights, g)
        lengths.append(float(np.linalg.norm(weights - before)))
    before, rate = weights.copy(), optimizer.learning_rate
    weights = optimizer.step(weights, np.full(4, outlier))
    assert np.linalg.norm(weights - before) < 5 * np.median(lengths[-100:])
    assert optimizer.learning_rate > 0.9 * rate


def test_a_first_gradient_that_is_an_outlier_is_forgotten() -> None:
    optimizer, weights = ClippedSGD(), np.zeros(2)
    weights = optimizer.step(weights, np.array([1e9, 0.0]))
    assert np.linalg.norm(weights) <= 1.0 + 1e-12
    for _ in range(2000):
        weights = optimizer.step(weights, weights - 3.0)
    np.testing.assert_allclose(weights, 3.0, atol=0.3)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@in_every_container
def test_gradients_that_are_not_finite_teach_nothing(
    wrong: float, container: Callable[[Any], Any]
) -> None:
    optimizer = ClippedSGD()
    weights = container({"a": 1.0, "b": 2.0})
    weights = optimizer.step(weights, container({"a": wrong, "b": 1.0}))
    assert as_list(weights) == [1.0, 2.0]


@given(st.lists(st.lists(st.floats(), min_size=2, max_size=2), max_size=60))
def test_any_gradients_leave_finite_weights(gradients: list[list[float]]) -> None:
    for clip in ("auto", 0.5):
        optimizer, weights = ClippedSGD(clip=clip), {"a": 0.0, "b": 0.0}
        for g in gradients:
            optimizer.step(weights, dict(zip("ab", g, strict=True)))
        assert all(map(math.isfinite, weights.values()))
        assert all(map(math.isfinite, optimizer._kernel.snapshot()[1]))


def spoiled(stream: Any, share: float) -> Iterator[tuple[dict[str, Any], Any]]:
    """Events of which some have every number a million times too large."""
    rng = random.Random(0)
    for x, y in stream:
        wild = rng.random() < share
        yield {k: 1e6 * v if wild and isinstance(v, float) else v for k, v in x.items()}, y


def test_wild_features_cost_a_classifier_little() -> None:
    def accuracy(optimizer: Any, share: float) -> float:
        model = ClippedScaler() | linear_model.SoftmaxRegression(optimizer)
        stream = spoiled(datasets.ImageSegments(), share)
        return float(evaluate.progressive_val_score(stream, model, metrics.Accuracy()).get())

    assert accuracy(ClippedSGD(), 0.0) > 0.85
    assert accuracy(ClippedSGD(), 0.01) > 0.84
    assert accuracy(river_optim.SGD(0.1), 0.01) < 0.5


@pytest.mark.parametrize(
    "model",
    [
        linear_model.LinearRegression(ClippedSGD()),
        linear_model.LinearRegression(ClippedSGD(), l2=0.01),
        linear_model.LinearRegression(ClippedSGD(), l1=0.01),
        linear_model.LogisticRegression(ClippedSGD()),
        linear_model.SoftmaxRegression(ClippedSGD()),
        *(
            pytest.param(
                kind(weight_optimizer=ClippedSGD(), latent_optimizer=ClippedSGD(), seed=1),
                marks=pytest.mark.slow,
            )
            for kind in (facto.FMRegressor, facto.FFMClassifier)
        ),
    ],
    ids=lambda model: type(model).__name__,
)
def test_rivers_checks_of_a_model_with_it(model: Any) -> None:
    scaled = preprocessing.StandardScaler() | model
    for check in river_checks.yield_checks(scaled):
        if check.__name__ not in model._unit_test_skips():
            check(scaled.clone())


def test_one_class_svm_learns() -> None:
    svm = anomaly.OneClassSVM(optimizer=ClippedSGD())
    for row in np.random.default_rng(0).standard_normal((200, 2)).tolist():
        svm.learn_one(dict(zip("ab", row, strict=True)))
    assert all(map(math.isfinite, svm.weights.values()))


def ratings(count: int) -> Iterator[tuple[int, int, float]]:
    rng = random.Random(0)
    for _ in range(count):
        user, item = rng.randrange(30), rng.randrange(30)
        yield user, item, 3 + user % 5 * 0.5 + item % 3 * 0.7 - user % 2 * (item % 2)


@pytest.mark.parametrize(
    "model",
    [
        reco.Baseline(optimizer=ClippedSGD()),
        reco.FunkMF(n_factors=5, optimizer=ClippedSGD(), seed=1),
        reco.BiasedMF(bias_optimizer=ClippedSGD(), latent_optimizer=ClippedSGD(), seed=1),
    ],
    ids=lambda model: type(model).__name__,
)
def test_recommenders_learn(model: Any) -> None:
    errors = []
    for user, item, y in ratings(4000):
        errors.append(abs(y - model.predict_one(user, item)))
        model.learn_one(user, item, y)
    # Half a point at most, where always answering the mean is off by 0.9.
    assert np.mean(errors[-1000:]) < 0.5


def test_minibatches_learn() -> None:
    X = pd.DataFrame(np.random.default_rng(0).standard_normal((600, 2)), columns=["a", "b"])
    y = 2 * X["a"] - X["b"]
    model = linear_model.LinearRegression(ClippedSGD(), intercept_lr=0.01)
    for start in range(0, 600, 10):
        model.learn_many(X[start : start + 10], y[start : start + 10])
    assert model.weights == pytest.approx({"a": 2.0, "b": -1.0}, abs=0.2)


@pytest.mark.parametrize("seen", [0, 1, 5, 10, 11, 300])
def test_copies_go_on_alike(seen: int) -> None:
    gradients = np.random.default_rng(0).standard_normal((seen + 50, 2))
    original, weights = ClippedSGD(), np.zeros(2)
    for g in gradients[:seen]:
        original.step(weights, g)
    twins = [pickle.loads(pickle.dumps(original)), copy.deepcopy(original)]
    results = []
    for optimizer in (original, *twins):
        own: Any = weights.copy()
        for g in gradients[seen:]:
            own = optimizer.step(own, g)
        results.append(own.tolist())
    assert results[0] == results[1] == results[2]
    fresh = original.clone()
    assert fresh.n_iterations == 0
    assert fresh.learning_rate == 0.0


def test_a_scheduler_is_asked() -> None:
    optimizer = ClippedSGD(schedulers.InverseScaling(1.0), clip=None)
    weights: Any = np.zeros(1)
    for _ in range(3):
        weights = optimizer.step(weights, np.ones(1))
    reference, wanted = river_optim.SGD(schedulers.InverseScaling(1.0)), np.zeros(1)
    for _ in range(3):
        wanted = reference.step(wanted, np.ones(1))
    assert weights[0] == wanted[0]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"lr": "fast"}, ValueError),
        ({"lr": 0.0}, ValueError),
        ({"lr": math.inf}, ValueError),
        ({"lr": None}, TypeError),
        ({"clip": 0}, ValueError),
        ({"clip": "growing"}, ValueError),
        ({"clip": [1]}, TypeError),
    ],
)
def test_wrong_parameters_are_named(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(arguments))):
        ClippedSGD(**arguments)
