"""Frames of three libraries: read like arrays, answered in kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import discover_detectors, name_of

COLUMNS = ["cpu", "memory", "errors"]
ROWS = np.random.default_rng(0).normal([0.0, 50.0, 3.0], [1.0, 10.0, 0.1], size=(200, 3))
# Supervised detectors take a column of targets beside the frame; they have tests of their own.
DETECTORS = [
    detector
    for detector in discover_detectors()
    if hasattr(detector, "score_many") and not getattr(detector, "_supervised", False)
]

pytestmark = pytest.mark.parametrize("detector", DETECTORS, ids=name_of)


@pytest.fixture
def trained(detector: Any) -> Any:
    subject = detector.clone()
    for row in ROWS.tolist():
        subject.learn_one(dict(zip(COLUMNS, row, strict=True)))
    return subject


@pytest.fixture
def wanted(trained: Any) -> list[float]:
    return [trained.score_one(dict(zip(COLUMNS, row, strict=True))) for row in ROWS.tolist()]


def test_pandas_in_pandas_out(trained: Any, wanted: list[float]) -> None:
    pd = pytest.importorskip("pandas")
    index = pd.Index([f"row {n}" for n in range(len(ROWS))], name="event")
    found = trained.score_many(pd.DataFrame(ROWS, columns=COLUMNS, index=index))
    assert isinstance(found, pd.Series)
    assert found.index.equals(index)
    assert found.tolist() == wanted


def test_polars_in_polars_out(trained: Any, wanted: list[float]) -> None:
    pl = pytest.importorskip("polars")
    found = trained.score_many(pl.DataFrame(ROWS, schema=COLUMNS, orient="row"))
    assert isinstance(found, pl.Series)
    assert found.to_list() == wanted


def test_pyarrow_in_pyarrow_out(trained: Any, wanted: list[float]) -> None:
    pa = pytest.importorskip("pyarrow")
    found = trained.score_many(pa.table(dict(zip(COLUMNS, ROWS.T, strict=True))))
    assert isinstance(found, pa.Array | pa.ChunkedArray)
    assert found.to_pylist() == wanted


def test_array_in_array_out(detector: Any) -> None:
    subject = detector.clone()
    subject.learn_many(ROWS)
    found = subject.score_many(ROWS)
    assert type(found) is np.ndarray
    assert found.dtype == np.float64
    assert found.tolist() == [subject.score_one(dict(enumerate(row))) for row in ROWS.tolist()]


def test_columns_are_told_by_name_not_by_place(trained: Any, wanted: list[float]) -> None:
    pd = pytest.importorskip("pandas")
    turned = pd.DataFrame(ROWS, columns=COLUMNS)[COLUMNS[::-1]]
    np.testing.assert_allclose(trained.score_many(turned), wanted, rtol=1e-9)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_gaps_and_narrow_types(trained: Any, library: str) -> None:
    module = pytest.importorskip(library)
    frame = {
        "pandas": lambda: module.DataFrame(
            {
                "cpu": module.array([1, None, 3], dtype="Int64"),
                "memory": module.array([True, False, None], dtype="boolean"),
                "errors": np.array([0.5, np.nan, 2.5], dtype=np.float32),
            }
        ),
        "polars": lambda: module.DataFrame(
            {"cpu": [1, None, 3], "memory": [True, False, None], "errors": [0.5, None, 2.5]}
        ),
        "pyarrow": lambda: module.table(
            {"cpu": [1, None, 3], "memory": [True, False, None], "errors": [0.5, None, 2.5]}
        ),
    }[library]()
    wanted = [
        trained.score_one(x)
        for x in (
            {"cpu": 1, "memory": True, "errors": 0.5},
            {"memory": False},
            {"cpu": 3.0, "errors": 2.5},
        )
    ]
    assert np.asarray(trained.score_many(frame)).tolist() == wanted


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_column_of_text_is_refused_by_name(trained: Any, library: str) -> None:
    module = pytest.importorskip(library)
    build = module.table if library == "pyarrow" else module.DataFrame
    if getattr(trained, "takes_categories", False):
        pytest.skip("text is a category")
    before = trained.to_bytes()
    frame = build({"cpu": [1.0, 2.0], "user": ["ann", "bob"]})
    for method in (trained.learn_many, trained.score_many, trained.score_learn_many):
        with pytest.raises(TypeError, match="user"):
            method(frame)
    assert trained.to_bytes() == before


def test_a_frame_without_rows(trained: Any) -> None:
    pd = pytest.importorskip("pandas")
    before = trained.to_bytes()
    empty = pd.DataFrame(columns=COLUMNS, dtype=float)
    trained.learn_many(empty)
    found = trained.score_many(empty)
    assert isinstance(found, pd.Series)
    assert len(found) == 0
    assert trained.to_bytes() == before


def test_fit_keeps_column_names(detector: Any) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(ROWS, columns=COLUMNS)
    subject = detector.clone()
    if not hasattr(subject, "partial_fit"):
        pytest.skip("has no scikit-learn face")
    subject.partial_fit(frame)
    assert subject.feature_names_in_.tolist() == COLUMNS
    x = dict(zip(COLUMNS, ROWS[0].tolist(), strict=True))
    assert subject.score_samples(frame)[0] == -subject.distance_one(x)
    assert list(subject.expect_one()) == COLUMNS
    with pytest.raises(ValueError, match="feature names"):
        subject.partial_fit(frame[COLUMNS[::-1]])
