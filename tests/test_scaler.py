"""ClippedScaler: both faces, against the detector on the same estimates, on hostile events."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from river import anomaly, compose
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.svm import OneClassSVM

from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.preprocessing import ClippedScaler

VARIANTS = [ClippedScaler(), ClippedScaler(squash=True, learning_rate=0.05, clip="growing")]
Rows = np.ndarray[Any, np.dtype[np.float64]]


def rows_of(count: int, seed: int = 0) -> Rows:
    return np.random.default_rng(seed).normal([5, -300, 0], [1, 40, 1e-3], (count, 3))


def event(row: Rows) -> dict[str, float]:
    return dict(zip("abc", row.tolist(), strict=True))


def test_it_scales_by_the_estimates_of_the_detector() -> None:
    rows = rows_of(500)
    rows[100:110] *= 30
    scaler, detector = ClippedScaler().fit(rows), ClippedZScore().fit(rows)
    assert (scaler.location_ == detector.location_).all()
    assert (scaler.scale_ == detector.scale_).all()
    wanted = (rows - detector.location_) / detector.scale_
    np.testing.assert_allclose(scaler.transform(rows), wanted, rtol=1e-12)
    squashed = ClippedScaler(squash=True).fit(rows).transform(rows)
    np.testing.assert_allclose(squashed, 0.5 + 0.5 * wanted / (6 + np.abs(wanted)), rtol=1e-12)


def test_one_event_of_a_million_hardly_moves_it() -> None:
    rows = rows_of(1000)
    calm, spiked = ClippedScaler().fit(rows), ClippedScaler().fit(rows)
    spiked.learn_one(dict.fromkeys(range(3), 1e6))
    probes = rows_of(200, seed=1)
    assert np.abs(spiked.transform(probes) - calm.transform(probes)).max() < 0.1
    first = ClippedScaler().fit(np.vstack([np.full((1, 3), 1e6), rows]))
    assert np.abs(first.transform(probes) - calm.transform(probes)).max() < 0.1


def test_a_real_change_of_level_and_scale_is_followed() -> None:
    rows = rows_of(2000)
    rows[1000:] = (rows[1000:] - [5, -300, 0]) * 5 + [25, 100, 0.02]
    scaler = ClippedScaler()
    scaler.learn_many(rows)
    later = scaler.transform_many((rows_of(500, seed=2) - [5, -300, 0]) * 5 + [25, 100, 0.02])
    assert np.abs(later.mean(axis=0)).max() < 0.3
    assert (later.std(axis=0) > 0.6).all()
    assert (later.std(axis=0) < 1.6).all()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seen", [0, 5, 20, 300])
def test_many_equals_one_by_one_in_every_kind_of_table(variant: Any, seen: int) -> None:
    rows = rows_of(seen)
    rows[::7, 1] = np.nan
    loop, table = variant.clone(), variant.clone()
    for row in rows:
        loop.learn_one(event(row))
    table.learn_many(pd.DataFrame(rows, columns=list("abc")))
    probes = rows_of(40, seed=1)
    probes[::5, 2] = np.nan
    wanted = np.array([list(loop.transform_one(event(row)).values()) for row in probes])
    frame = pd.DataFrame(probes, columns=list("abc"), index=range(7, 47))
    scaled = table.transform_many(frame)
    assert list(scaled.columns) == list("abc")
    assert list(scaled.index) == list(range(7, 47))
    assert (scaled.to_numpy() == wanted).all()
    from_polars = table.transform_many(pl.DataFrame(probes, schema=list("abc")))
    assert isinstance(from_polars, pl.DataFrame)
    assert (from_polars.to_numpy() == wanted).all()
    swapped = table.transform_many(frame[["c", "a"]]).to_numpy()
    assert (swapped == wanted[:, [2, 0]]).all()
    by_column = variant.clone()
    by_column.learn_many(rows)
    assert (by_column.transform_many(probes) == wanted).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_copies_go_on_alike(variant: Any) -> None:
    for seen in (0, 5, 100):
        original = variant.clone()
        original.learn_many(rows_of(seen))
        probes = rows_of(30, seed=1)
        for duplicate in (pickle.loads(pickle.dumps(original)), copy.deepcopy(original)):
            twin = copy.deepcopy(original)
            duplicate.learn_many(probes)
            twin.learn_many(probes)
            assert (duplicate.transform_many(probes) == twin.transform_many(probes)).all()
        assert not hasattr(sklearn.clone(original), "n_features_in_")
        with pytest.raises(NotFittedError):
            _ = sklearn.clone(original).location_


def test_missing_new_and_constant_become_the_expected_value() -> None:
    for squash, middle in ((False, 0.0), (True, 0.5)):
        scaler = ClippedScaler(squash=squash)
        assert scaler.transform_one({"a": 3, "new": 9.0}) == {"a": middle, "new": middle}
        for i in range(100):
            scaler.learn_one({"a": i % 5, "k": 7})
        found = scaler.transform_one({"new": 9.0, "k": 7, "a": None, "b": math.nan})
        assert found == dict.fromkeys(("new", "k", "a", "b"), middle)
        assert list(found) == ["new", "k", "a", "b"]
        assert scaler.transform_one({}) == {}
        assert scaler.transform_one({"k": 8})["k"] > middle
    assert scaler.transform_one({"a": math.inf})["a"] == 1.0
    assert scaler.transform_one({"a": -math.inf})["a"] == 0.0


def test_transforming_changes_nothing() -> None:
    scaler = ClippedScaler()
    scaler.learn_many(rows_of(100))
    before = scaler._kernel.snapshot()
    scaler.transform_one({0: 1e308, "x": 2.0})
    scaler.transform_many(rows_of(10) * 1e9)
    assert scaler._kernel.snapshot() == before


@given(arrays(np.float64, st.tuples(st.integers(0, 40), st.just(2))))
def test_any_doubles_give_finite_numbers(rows: Rows) -> None:
    for squash in (False, True):
        scaler = ClippedScaler(squash=squash, warm_up=5)
        scaler.learn_many(rows)
        scaled = scaler.transform_many(rows)
        assert np.isfinite(scaled).all()
        assert all(map(math.isfinite, scaler._kernel.snapshot()[1]))
        if squash:
            assert ((scaled >= 0) & (scaled <= 1)).all()


@pytest.mark.parametrize("factor", [2.0**60, -(2.0**-40)])
def test_unit_does_not_matter(factor: float) -> None:
    rows = rows_of(400)
    plain = ClippedScaler().fit(rows).transform(rows)
    changed = ClippedScaler().fit(rows * factor).transform(rows * factor)
    assert (changed == plain * np.sign(factor)).all()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"squash": "yes"}, TypeError),
        ({"clip": -1.0}, ValueError),
        ({"learning_rate": "fast"}, ValueError),
        ({"max_features": 0}, ValueError),
        ({"warm_up": 1.5}, TypeError),
    ],
)
def test_wrong_parameters_are_named(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(arguments))):
        ClippedScaler(**arguments).learn_one({"a": 1.0})


def test_what_is_no_number_is_refused_and_not_learned() -> None:
    scaler = ClippedScaler(max_features=2)
    for method in (scaler.learn_one, scaler.transform_one):
        with pytest.raises(TypeError, match="colour"):
            method({"a": 1.0, "colour": "red"})
    with pytest.raises(ValueError, match="max_features"):
        scaler.learn_one({"a": 1, "b": 2, "c": 3})
    assert scaler._kernel.events == 0
    with pytest.raises(ValueError, match=r"shape"):
        scaler.learn_many([1.0, 2.0])
    with pytest.raises(ValueError, match="make rows"):
        scaler._kernel.transform_rows(np.zeros(3), [0, 1], np.zeros(3))


def test_in_pipelines_of_both_libraries() -> None:
    trees = ClippedScaler(squash=True) | anomaly.HalfSpaceTrees(seed=1)
    for row in rows_of(600):
        trees.learn_one(event(row))
    trees.learn_one(dict.fromkeys("abc", 1e6))
    assert trees.score_one({"a": 50, "b": 0, "c": 1}) > trees.score_one(event(rows_of(1)[0]))
    by_key = compose.Grouper(ClippedScaler(), by="key")
    for row in rows_of(100):
        by_key.learn_one({**event(row), "key": 1.0})
    assert abs(by_key.transform_one({"a": 5.0, "key": 1.0})["a"]) < 1
    frame = pd.DataFrame(rows_of(200), columns=list("abc"))
    pipeline = make_pipeline(ClippedScaler().set_output(transform="pandas"), OneClassSVM(nu=0.1))
    pipeline.fit(frame)
    assert pipeline.predict(frame).mean() > 0.6
    assert list(pipeline[:-1].transform(frame).columns) == list("abc")
