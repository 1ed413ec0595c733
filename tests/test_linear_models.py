"""Linear models: what they estimate and withstand, and that every road leads to one state."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import name_of
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from river import optim
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from clipsgd_river.linear_model import ClippedLinearRegression, ClippedLogisticRegression

WEIGHTS = np.array([1.0, -2.0, 0.5, 0.0])
SCALES = np.array([1.0, 1e-6, 1e6, 100.0])
SHIFTS = np.array([0.0, 1e-3, -1e7, 5.0])
MODELS = [
    ClippedLinearRegression(),
    ClippedLinearRegression(learning_rate=0.01, clip=None),
    ClippedLinearRegression(learning_rate="doubling", clip="growing"),
    ClippedLogisticRegression(),
    ClippedLogisticRegression(label_noise=0.0, clip=1.0),
]


def stream(
    seed: int, count: int, model: Any, classes: int = 2
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Rows in awkward units, and targets that depend on them linearly."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((count, 4))
    if isinstance(model, ClippedLinearRegression):
        targets = z @ WEIGHTS + 3.0 + rng.standard_normal(count)
    elif classes == 2:
        targets = rng.random(count) < 1 / (1 + np.exp(-(z @ WEIGHTS) - 0.5))
    else:
        targets = np.argmax(z[:, :classes] + 0.3 * rng.standard_normal((count, classes)), axis=1)
    return z * SCALES + SHIFTS, targets


def learned(model: Any, X: NDArray[np.float64], y: NDArray[Any]) -> Any:
    for row, target in zip(X.tolist(), y.tolist(), strict=True):
        model.learn_one(dict(enumerate(row)), target)
    return model


@pytest.mark.parametrize("model", MODELS, ids=name_of)
@pytest.mark.parametrize("classes", [2, 3])
def test_every_road_leads_to_one_state(model: Any, classes: int) -> None:
    X, y = stream(0, 300, model, classes)
    X[::7, 1] = np.nan
    X[:40, 3] = np.nan
    one = learned(model.clone(), X, y)
    roads = [model.clone() for _ in range(4)]
    roads[0].learn_many(X, y)
    roads[1].partial_fit(X, y)
    roads[2].learn_many(X[:100], y[:100])
    roads[2].learn_many(X[100:], y[100:])
    roads[3].fit(X[::-1], y[::-1])
    roads[3].fit(X, y)
    probes = [dict(enumerate(row)) for row in X[:20].tolist()]
    for road in roads:
        for x in probes:
            assert road.predict_one(x) == one.predict_one(x)
        assert road._kernel.snapshot()[1] == one._kernel.snapshot()[1]


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_copies_go_on_identically(model: Any) -> None:
    X, y = stream(1, 400, model)
    original = model.clone()
    original.learn_many(X[:200], y[:200])
    copies = [
        pickle.loads(pickle.dumps(original)),
        copy.deepcopy(original),
        type(model).from_bytes(original.to_bytes()),
    ]
    original.learn_many(X[200:], y[200:])
    for twin in copies:
        twin.learn_many(X[200:], y[200:])
        assert twin.to_bytes()[-200:] == original.to_bytes()[-200:]
        np.testing.assert_array_equal(twin.predict_many(X), original.predict_many(X))
    assert clone(original).__dict__.get("_kernel") is None


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_damaged_states_are_refused(model: Any) -> None:
    X, y = stream(2, 100, model)
    model = model.clone()
    model.learn_many(X, y)
    data = model.to_bytes()
    for cut in range(0, len(data), 7):
        with pytest.raises(ValueError, match=r"state|header"):
            type(model).from_bytes(data[:cut])
    other = ClippedLinearRegression if "Logistic" in name_of(model) else ClippedLogisticRegression
    with pytest.raises(ValueError, match="not of a"):
        other.from_bytes(data)


def test_regression_finds_the_coefficients_in_any_units() -> None:
    X, y = stream(3, 20_000, ClippedLinearRegression())
    model = ClippedLinearRegression()
    model.learn_many(X, y)
    np.testing.assert_allclose(model.coef_ * SCALES, WEIGHTS, atol=0.06)
    expected = 3.0 - (WEIGHTS / SCALES) @ SHIFTS
    assert model.intercept_ == pytest.approx(expected, rel=0.02)
    np.testing.assert_allclose(model.predict(X[:50]), X[:50] @ model.coef_ + model.intercept_)


def test_logistic_regression_finds_the_coefficients_in_any_units() -> None:
    X, y = stream(4, 20_000, ClippedLogisticRegression())
    model = ClippedLogisticRegression()
    model.learn_many(X, y)
    np.testing.assert_allclose(model.coef_[0] * SCALES, WEIGHTS, atol=0.25)
    logits = X[:50] @ model.coef_[0] + model.intercept_[0]
    np.testing.assert_allclose(model.predict_proba(X[:50])[:, 1], 1 / (1 + np.exp(-logits)))
    np.testing.assert_allclose(model.decision_function(X[:50]), logits, rtol=1e-6, atol=1e-8)


def test_probabilities_of_many_classes_are_the_softmax_of_their_logits() -> None:
    X, y = stream(5, 3_000, ClippedLogisticRegression(), classes=3)
    names = np.array(["a", "b", "c"])[y]
    model = ClippedLogisticRegression()
    model.learn_many(X, names)
    assert model.classes_.tolist() == ["a", "b", "c"]
    logits = X @ model.coef_.T + model.intercept_
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        model.predict_proba(X), shares / shares.sum(axis=1, keepdims=True), atol=1e-9
    )
    assert np.mean(model.predict(X) == names) > 0.8


def test_gross_targets_hardly_move_the_coefficients() -> None:
    X, y = stream(6, 10_000, ClippedLinearRegression())
    hit = np.random.default_rng(0).random(len(y)) < 0.05
    y[hit] = 1e12
    model = ClippedLinearRegression()
    model.learn_many(X, y)
    np.testing.assert_allclose(model.coef_ * SCALES, WEIGHTS, atol=0.15)


def test_wrong_labels_do_not_shrink_the_coefficients() -> None:
    X, y = stream(7, 20_000, ClippedLogisticRegression())
    hit = np.random.default_rng(0).random(len(y)) < 0.1
    y[hit] = ~y[hit]
    robust, plain = ClippedLogisticRegression(), ClippedLogisticRegression(label_noise=0.0)
    robust.learn_many(X, y)
    plain.learn_many(X, y)
    errors = [np.linalg.norm(m.coef_[0] * SCALES - WEIGHTS) for m in (robust, plain)]
    assert errors[0] < 0.5 * errors[1]
    # Wrong labels next to the boundary look like right ones: the estimate is a lower bound.
    assert 0.05 < robust.label_noise_ < 0.25
    assert plain.label_noise_ == 0.0


@pytest.mark.parametrize("model", [MODELS[0], MODELS[3]], ids=name_of)
def test_one_event_however_large_moves_predictions_little(model: Any) -> None:
    X, y = stream(8, 2_000, model)
    model = model.clone()
    model.learn_many(X, y)
    before = model.coef_.ravel() * SCALES
    for huge in (1e9, 1e300, math.inf, -math.inf):
        victim = copy.deepcopy(model)
        target = huge if isinstance(model, ClippedLinearRegression) else True
        victim.learn_one(dict.fromkeys(range(4), huge), target)
        after = victim.coef_.ravel() * SCALES
        assert np.all(np.isfinite(after))
        assert np.linalg.norm(after - before) < 0.3


@pytest.mark.parametrize("model", [MODELS[0], MODELS[3]], ids=name_of)
def test_an_abrupt_change_is_followed(model: Any) -> None:
    X, y = stream(9, 6_000, model)
    model = model.clone()
    y[3_000:] = -y[3_000:] if isinstance(model, ClippedLinearRegression) else ~y[3_000:]
    model.learn_many(X, y)
    np.testing.assert_allclose(model.coef_.ravel() * SCALES, -WEIGHTS, atol=0.5)


@pytest.mark.parametrize("model", MODELS, ids=name_of)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_doubles_leave_a_finite_state(model: Any, data: Any) -> None:
    special = st.sampled_from([0.0, -0.0, 5e-324, 1e150, 1e308, -1e308, np.inf, -np.inf, np.nan])
    number = st.floats(width=64) | special
    X = data.draw(arrays(np.float64, (30, 3), elements=number))
    if isinstance(model, ClippedLinearRegression):
        y = data.draw(arrays(np.float64, 30, elements=number))
    else:
        y = data.draw(arrays(np.int64, 30, elements=st.integers(0, 3)))
    model = model.clone(new_params={"warm_up": 5})
    model.learn_many(X, y)
    numbers = np.array(model._kernel.snapshot()[1])
    assert np.all(np.isfinite(numbers))
    for row in X.tolist():
        x = dict(enumerate(row))
        if isinstance(model, ClippedLinearRegression):
            assert math.isfinite(model.predict_one(x))
        else:
            shares = model.predict_proba_one(x).values()
            assert sum(shares) == pytest.approx(1.0)


def test_missing_features_count_as_their_location() -> None:
    X, y = stream(10, 3_000, ClippedLinearRegression())
    model = ClippedLinearRegression()
    model.learn_many(X, y)
    location = model._kernel.inputs.location.memory
    full = {0: 1.0, 1: location[1], 2: location[2], 3: location[3]}
    for gap in ({0: 1.0}, {0: 1.0, 1: None, 2: math.nan, 3: pd.NA}, {0: 1.0, "unknown": 5.0}):
        assert model.predict_one(gap) == pytest.approx(model.predict_one(full), rel=1e-12)


@pytest.mark.parametrize("model", [MODELS[0], MODELS[3]], ids=name_of)
def test_missing_targets_teach_nothing(model: Any) -> None:
    X, y = stream(11, 200, model)
    model = learned(model.clone(), X, y)
    before = model.to_bytes()
    for missing in (None, math.nan, pd.NA):
        model.learn_one({0: 5.0, "new": 1.0}, missing)
        model.learn_many(X[:2], [missing, missing])
    assert model.to_bytes() == before


@pytest.mark.parametrize("model", [MODELS[0], MODELS[3]], ids=name_of)
def test_refused_events_leave_the_state_alone(model: Any) -> None:
    X, y = stream(12, 100, model)
    model = model.clone(new_params={"max_features": 4})
    model.learn_many(X, y)
    before = model.to_bytes()
    with pytest.raises(TypeError, match="feature 1 is 'text'"):
        model.learn_one({0: 1.0, 1: "text"}, 7)
    with pytest.raises(ValueError, match="max_features=4"):
        model.learn_one({0: 1.0, "new": 1.0}, 7)
    assert model.to_bytes() == before


def test_targets_that_are_no_numbers_are_refused() -> None:
    model = ClippedLinearRegression()
    with pytest.raises(TypeError, match="the target"):
        model.learn_one({"a": 1.0}, "high")
    with pytest.raises(TypeError, match="the target"):
        model.learn_many([[1.0]], ["high"])
    with pytest.raises(ValueError, match="as many targets"):
        model.learn_many([[1.0], [2.0]], [1.0])


def test_too_many_classes_are_refused() -> None:
    model = ClippedLogisticRegression(max_classes=2)
    model.learn_one({"a": 1.0}, "x")
    model.learn_one({"a": 1.0}, "y")
    with pytest.raises(ValueError, match="max_classes=2"):
        model.learn_one({"a": 1.0}, "z")
    assert set(model.predict_proba_one({"a": 1.0})) == {"x", "y"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"learning_rate": 0.0},
        {"learning_rate": "fast"},
        {"clip": -1.0},
        {"warm_up": 0},
        {"label_noise": 1.0},
        {"label_noise": "some"},
        {"max_classes": 0},
    ],
    ids=str,
)
def test_wrong_parameters_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ClippedLogisticRegression(**wrong).learn_one({"a": 1.0}, True)


def test_a_scheduler_gives_the_step() -> None:
    X, y = stream(13, 500, ClippedLinearRegression())
    constant = ClippedLinearRegression(learning_rate=0.05)
    scheduled = ClippedLinearRegression(learning_rate=optim.schedulers.Constant(0.05))
    constant.learn_many(X, y)
    scheduled.learn_many(X, y)
    np.testing.assert_array_equal(scheduled.coef_, constant.coef_)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_come_back_in_their_kind(frame: Any) -> None:
    X = frame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]})
    regression, classifier = ClippedLinearRegression(), ClippedLogisticRegression()
    regression.learn_many(X, [1.0, 2.0, 3.0])
    classifier.learn_many(X, ["u", "v", "u"])
    assert list(regression.predict_many(X)) == [2.0, 2.0, 2.0]
    wanted = [classifier.predict_one({"a": a, "b": b}) for a, b in ((1, 0), (2, 1), (3, 0))]
    assert list(classifier.predict_many(X)) == wanted
    assert isinstance(classifier.predict_proba_many(X), frame)


def test_a_constant_target_is_learned_exactly() -> None:
    model = ClippedLinearRegression()
    for n in range(100):
        model.learn_one({"a": float(n % 7)}, 5.0)
    assert model.predict_one({"a": 3.0}) == pytest.approx(5.0)


@pytest.mark.parametrize("model", [MODELS[0], MODELS[3]], ids=name_of)
def test_asking_too_early_is_an_error_of_scikit_learn(model: Any) -> None:
    with pytest.raises(NotFittedError):
        model.clone().predict([[1.0]])
