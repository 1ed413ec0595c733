"""`explain_many`: the features that contribute most to each row, as `explain_one` says."""

from __future__ import annotations

from typing import Any

import faces
import numpy as np
import pytest
from conftest import name_of

from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.anomaly import ClippedEnsemble, ClippedMahalanobis, ClippedZScore
from clipsgd_river.preprocessing import ClippedScaler, SurprisalEncoder

SUBJECTS = [subject for subject in faces.subjects() if hasattr(subject, "explain_many")]
FAR = faces.ROWS[:60] * [3.0, 1.0, 0.5]
FAR[::5, 1] = FAR[3, :2] = np.nan
FAR[7] = np.nan
FAR[11, 2], FAR[12, 0] = np.inf, -np.inf


def events_of(rows: Any = FAR, names: Any = faces.COLUMNS) -> list[dict[Any, float]]:
    return [{n: v for n, v in zip(names, row, strict=True) if v == v} for row in rows.tolist()]


def tops(subject: Any, events: list[dict[Any, float]], n: int) -> list[list[Any]]:
    """Return the n largest contributions to each event, by the oracle."""
    found = []
    for x in events:
        said = sorted(subject.explain_one(x).items(), key=lambda item: -item[1])[:n]
        flat = [part for pair in said for part in pair]
        found.append(flat + [None] * (2 * n - len(flat)))
    return found


def as_lists(answers: Any) -> list[list[Any]]:
    """Return the rows of a frame or a structured array, None where something is missing."""
    if isinstance(answers, np.ndarray):
        rows = [list(row) for row in answers.tolist()]
        return [[None if v != v or (type(v) is int and v < 0) else v for v in row] for row in rows]
    if hasattr(answers, "to_pylist"):
        return [list(row.values()) for row in answers.to_pylist()]
    if hasattr(answers, "rows"):
        return [list(row) for row in answers.rows()]
    rows = answers.to_numpy(dtype=object).tolist()
    return [[None if v is None or v != v else v for v in row] for row in rows]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_frames_are_explained_as_their_events(subject: Any, library: str) -> None:
    module = pytest.importorskip(library)
    learner = faces.learn_events(subject, faces.EVENTS)
    before = learner.to_bytes()
    columns = dict(zip(faces.COLUMNS, FAR.T, strict=True))
    frame = module.table(columns) if library == "pyarrow" else module.DataFrame(columns)
    for n in (1, 2, 3, 5):
        found = learner.explain_many(frame, n=n)
        assert type(found) is type(frame)
        names = getattr(found, "column_names", None) or list(found.columns)
        assert names == [f"{what}_{k}" for k in range(1, n + 1) for what in WHAT]
        assert as_lists(found) == tops(learner, events_of(), n)
    assert as_lists(learner.explain_many(frame)) == tops(learner, events_of(), 3)
    assert learner.to_bytes() == before


WHAT = ("feature", "contribution")


@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_arrays_are_explained_by_the_numbers_of_columns(subject: Any) -> None:
    learner = faces.learn_many(subject, faces.ROWS, len(faces.ROWS))
    found = learner.explain_many(FAR, n=2)
    assert found.shape == (len(FAR),)
    assert found.dtype.names == ("feature_1", "contribution_1", "feature_2", "contribution_2")
    assert found["feature_1"].dtype == np.intp
    assert found["contribution_2"].dtype == np.float64
    assert found[7].tolist()[::2] == (-1, -1)
    assert np.isnan(found[7].tolist()[1::2]).all()
    assert as_lists(found) == tops(learner, events_of(FAR, [0, 1, 2]), 2)


@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_no_rows_have_no_reasons(subject: Any) -> None:
    pl = pytest.importorskip("polars")
    learner = faces.learn_events(subject, faces.EVENTS)
    empty = learner.explain_many(pl.DataFrame(schema=dict.fromkeys(faces.COLUMNS, pl.Float64)))
    assert empty.schema["feature_1"] == pl.String
    assert empty.schema["contribution_3"] == pl.Float64
    assert len(empty) == 0


@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_a_missing_feature_contributes_nothing(subject: Any) -> None:
    learner = faces.learn_events(subject, faces.EVENTS)
    rows = [{"cpu": 9.0, "memory": None}, {"memory": float("nan")}, {"errors": 9.0}]
    found = learner.explain_many(rows)
    assert found["feature_1"].tolist() == ["cpu", None, "errors"]
    assert found["feature_2"].tolist() == [None] * 3
    assert np.isnan(found["contribution_2"]).all()


def test_columns_in_any_order_and_unknown_ones() -> None:
    pd = pytest.importorskip("pandas")
    index = pd.Index([f"row {n}" for n in range(len(FAR))], name="event")
    frame = pd.DataFrame(FAR, columns=faces.COLUMNS, index=index)
    for detector in (ClippedZScore(), ClippedMahalanobis(), ClippedEnsemble()):
        learner = faces.learn_events(detector, faces.EVENTS)
        turned = frame[faces.COLUMNS[::-1]].assign(unknown=1e9)
        found = learner.explain_many(turned)
        assert found.index.equals(index)
        assert as_lists(found) == tops(learner, events_of(), 3)


def test_equal_contributions_are_in_the_order_of_the_features() -> None:
    learner = ClippedZScore().fit(np.repeat(faces.ROWS[:, :1], 5, axis=1))
    found = learner.explain_many(np.full((1, 5), 4.0), n=3)
    assert found["feature_1"].tolist() + found["feature_2"].tolist() == [0, 1]
    assert found["feature_3"].tolist() == [2]


def test_many_rows_are_explained_alike_across_chunks() -> None:
    rows = np.random.default_rng(1).normal(size=(9000, 4))
    learner = ClippedMahalanobis().fit(rows)
    found = learner.explain_many(rows, n=2)
    at = [0, 4095, 4096, 8191, 8192, 8999]
    wanted = tops(learner, [dict(enumerate(rows[i].tolist())) for i in at], 2)
    assert as_lists(found[at]) == wanted


@pytest.mark.parametrize("build", [AlertBudget, TailFilter])
def test_filters_explain_what_a_pipeline_passes_on(build: Any) -> None:
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"user": rng.choice(["ann", "bob"], 300), "bytes": rng.normal(size=300)})
    model = build(SurprisalEncoder() | ClippedScaler() | ClippedZScore())
    model.learn_many(frame)
    odd = pd.DataFrame({"user": ["mallory", "ann", None], "bytes": [0.0, 30.0, 30.0]})
    found = model.explain_many(odd, n=2)
    assert found["feature_1"].tolist() == ["user", "bytes", "bytes"]
    assert found["feature_2"].tolist()[:2] == ["bytes", "user"]
    assert pd.isna(found["feature_2"][2])


def test_the_time_is_no_feature() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"time": np.arange(200.0), "cpu": faces.ROWS[:100, 0].repeat(2)})
    for detector in (ClippedZScore(), ClippedScaler() | ClippedZScore()):
        model = AlertBudget(detector, alerts_per=(10, "day"), time="time")
        model.learn_many(frame)
        found = model.explain_many(frame, n=2)
        assert set(found["feature_1"]) == {"cpu"}
        assert found["feature_2"].isna().all()


def test_a_wrong_n_is_refused() -> None:
    learner = ClippedZScore().fit(faces.ROWS)
    for n, error in ((0, ValueError), (2.5, TypeError), (True, TypeError), (10**6, ValueError)):
        with pytest.raises(error, match="n is"):
            learner.explain_many(faces.ROWS, n=n)
