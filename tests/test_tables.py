"""Tables of every make: read alike by every method of both faces, or refused with the cure."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import faces
import numpy as np
import pytest
from conftest import name_of
from river import preprocessing
from scipy import sparse

from clipsgd_river._tables.rows import rows_of
from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.compat import SKL2RiverAnomalyDetector
from clipsgd_river.drift import ClippedOCPD
from clipsgd_river.preprocessing import ClippedScaler, SurprisalEncoder
from clipsgd_river.stats import ClippedVectorMean

# What tables hold and how numbers are worded is the same with any kernels.
pytestmark = pytest.mark.either_mode

SUBJECTS = faces.subjects()
VALUES = faces.ROWS[:40]
LISTED = dict(zip(faces.COLUMNS, VALUES.T.tolist(), strict=True))


def pandas(values: Any, names: list[Any]) -> Any:
    return pytest.importorskip("pandas").DataFrame(values, columns=names)


def polars(values: Any, names: list[Any]) -> Any:
    return pytest.importorskip("polars").DataFrame(values, schema=names, orient="row")


def pyarrow(values: Any, names: list[Any]) -> Any:
    return pytest.importorskip("pyarrow").table(dict(zip(names, values.T, strict=True)))


def masked(values: Any) -> Any:
    return np.ma.MaskedArray(np.where(np.isnan(values), 1e9, values), np.isnan(values))


NAMED: dict[str, Callable[[Any, list[Any]], Any]] = {
    "pandas": pandas,
    "polars": polars,
    "polars, lazy": lambda values, names: polars(values, names).lazy(),
    "pyarrow table": pyarrow,
    "pyarrow batch": lambda values, names: pyarrow(values, names).to_batches()[0],
    "dicts": lambda values, names: [dict(zip(names, row, strict=True)) for row in values.tolist()],
    "series": lambda values, names: [row for _, row in pandas(values, names).iterrows()],
}
NAMELESS: dict[str, Callable[[Any], Any]] = {
    "array": lambda values: values,
    "column-major": np.asfortranarray,
    "objects": lambda values: values.astype(object),
    "masked": masked,
    "lists": lambda values: values.tolist(),
    "tuples": lambda values: tuple(map(tuple, values.tolist())),
    "lists with None": lambda values: [[None if v != v else v for v in r] for r in values.tolist()],
    "arrays": list,
    "pandas": lambda values: pandas(values, list(range(values.shape[1]))),
}
GAPS = VALUES.copy()
GAPS[::7, 1] = GAPS[3, 0] = np.nan


def same(learner: Any, table: Any, wanted: Any, events: Any, names: Any) -> None:
    """Assert that a learner answers about a table what another one says of the events."""
    found = np.asarray(faces.numbers(faces.ask_many(learner, table, len(events))), dtype=float)
    rows = faces.numbers_of_events(faces.ask_events(wanted, events), names)
    asked = np.asarray(rows, dtype=float).reshape(found.shape)
    np.testing.assert_array_equal(found[~np.isnan(asked)], asked[~np.isnan(asked)])


@pytest.mark.parametrize("make", NAMED)
@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_tables_with_names_are_their_events(subject: Any, make: str) -> None:
    table = NAMED[make](GAPS, faces.COLUMNS)
    events = NAMED["dicts"](GAPS, faces.COLUMNS)
    wanted = faces.learn_events(subject, events)
    same(wanted, table, wanted, events, faces.COLUMNS)
    many = faces.learn_many(subject, table, len(events))
    same(many, table, wanted, events, faces.COLUMNS)
    if faces.has_sklearn_face(subject):
        for learn in (faces.fit, faces.partial_fit):
            learner = learn(subject, table, len(events))
            assert learner.feature_names_in_.tolist() == faces.COLUMNS
            assert faces.ask_events(learner, events[:5]) == faces.ask_events(wanted, events[:5])
            found, asked = (faces.ask_fitted(each, table) for each in (learner, many))
            np.testing.assert_array_equal(found, asked)


@pytest.mark.parametrize("make", NAMELESS)
@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_tables_without_names_are_events_by_number(subject: Any, make: str) -> None:
    table = NAMELESS[make](GAPS)
    events = [dict(enumerate(row)) for row in GAPS.tolist()]
    wanted = faces.learn_events(subject, events)
    many = faces.learn_many(subject, table, len(events))
    same(many, table, wanted, events, [0, 1, 2])
    if faces.has_sklearn_face(subject):
        for learn in (faces.fit, faces.partial_fit):
            learner = learn(subject, table, len(events))
            assert not hasattr(learner, "feature_names_in_")
            assert learner.n_features_in_ == 3
            np.testing.assert_array_equal(
                faces.ask_fitted(learner, table), faces.ask_fitted(many, table)
            )


class Dask:
    """What looks like a frame that is not in memory."""

    columns = ("cpu", "memory")

    def compute(self) -> Any:
        raise AssertionError("it may not fit")


Dask.__module__ = "dask.dataframe"

WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "a Series": (lambda: pandas(VALUES, faces.COLUMNS).iloc[0], r"series\.to_dict\(\)"),
    "a polars Series": (lambda: polars(VALUES, faces.COLUMNS)["cpu"], r"to_frame\(\)"),
    "a pyarrow column": (lambda: pyarrow(VALUES, faces.COLUMNS)["cpu"], "one dimension"),
    "an event": (lambda: {"cpu": 1.0, "memory": 2.0}, "ends in _one"),
    "a dict of columns": (lambda: LISTED, r"pandas\.DataFrame\(X\)"),
    "records": (lambda: pandas(VALUES, faces.COLUMNS).to_records(), r"pandas\.DataFrame\(X\)"),
    "a structured array": (lambda: np.zeros(2, [("cpu", float)]), "cpu"),
    "a sparse matrix": (lambda: sparse.csr_matrix(VALUES), r"sparse.*toarray\(\)"),
    "a sparse array": (lambda: sparse.csr_array(VALUES), r"sparse.*toarray\(\)"),
    "a frame out of memory": (Dask, r"dask Dask.*compute\(\)"),
    "a row": (lambda: VALUES[0], r"reshape\(1, -1\)"),
    "a value": (lambda: 1.0, r"\(n, d\)"),
    "three dimensions": (lambda: VALUES[None], r"\(n, d\)"),
    "nothing": (lambda: None, r"\(n, d\)"),
    "text": (lambda: "cpu", r"\(n, d\)"),
    "a generator": (lambda: iter(VALUES.tolist()), r"\(n, d\)"),
    "rows of many lengths": (lambda: [[1.0, 2.0], [3.0]], "same length"),
    "dicts beside lists": (lambda: [{"cpu": 1.0}, [1.0]], "row 1"),
    "two columns of a name": (lambda: pandas(VALUES, ["cpu", "cpu", "errors"]), "'cpu' 2 times"),
    "complex numbers": (lambda: VALUES + 1j, "column 0.*real and imaginary"),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_what_is_no_table_is_refused_with_the_cure(subject: Any, what: str) -> None:
    build, cure = WRONG[what]
    events = faces.EVENTS[:30]
    if what == "complex numbers":
        # Rows without names are asked about where none were learned.
        events = [dict(enumerate(x.values())) for x in events]
    asked = faces.learn_events(subject, events)
    before = asked.to_bytes()
    for method, call in faces.ways_to_give_rows(asked):
        with pytest.raises((TypeError, ValueError), match=cure):
            call(asked, build(), 2)
        assert asked.to_bytes() == before, f"{method} learned from what it refused"


def test_two_columns_of_a_name_are_refused_in_pyarrow_too() -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], names=["cpu", "cpu"])
    with pytest.raises(ValueError, match="'cpu' 2 times"):
        rows_of(table)


@pytest.mark.parametrize("names", [[4, 7], [1, 0], ["a", 1], [("cpu", 0), ("cpu", 1)]])
@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_names_of_any_type_are_names_to_both_faces(subject: Any, names: list[Any]) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(VALUES[:, :2])
    frame.columns = pd.Index(names)
    events = NAMED["dicts"](VALUES[:, :2], names)
    wanted = faces.ask_events(faces.learn_events(subject, events), events[:5])
    learners = [faces.learn_many(subject, frame, len(events))]
    if faces.has_sklearn_face(subject):
        learners += [learn(subject, frame, len(events)) for learn in (faces.fit, faces.partial_fit)]
    for learner in learners:
        assert faces.ask_events(learner, events[:5]) == wanted
    for learner in learners[1:]:
        assert list(learner.feature_names_in_) == names
        again = type(learner).from_bytes(learner.to_bytes())
        assert list(again.feature_names_in_) == names
        np.testing.assert_array_equal(
            faces.ask_fitted(again, frame), faces.ask_fitted(learner, frame)
        )
        with pytest.raises(ValueError, match="same order"):
            faces.ask_fitted(learner, frame[names[::-1]])


@pytest.mark.parametrize("reader", [ClippedOCPD(), ClippedVectorMean()], ids=name_of)
@pytest.mark.parametrize("make", NAMED)
def test_estimates_read_the_same_tables(reader: Any, make: str) -> None:
    one, many = reader.clone(), reader.clone()
    for x in NAMED["dicts"](GAPS, faces.COLUMNS):
        one.update(x)
    many.update_many(NAMED[make](GAPS, faces.COLUMNS))
    assert many.to_bytes() == one.to_bytes()
    with pytest.raises(ValueError, match="'cpu', 'errors', 'memory'; the rows have no names"):
        many.update_many(GAPS)


def test_a_bridge_reads_the_same_tables() -> None:
    from sklearn.linear_model import SGDOneClassSVM

    tables = [build(VALUES, faces.COLUMNS) for build in NAMED.values()]
    found = []
    for table in tables:
        detector = SKL2RiverAnomalyDetector(SGDOneClassSVM())
        detector.learn_many(table)
        found.append(np.asarray(detector.score_many(table)).tolist())
    assert found == [found[0]] * len(tables)
    with pytest.raises(ValueError, match="no names"):
        detector.score_many(VALUES)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    "subject", [subject for subject in SUBJECTS if faces.has_sklearn_face(subject)], ids=name_of
)
def test_the_keys_of_events_have_no_order(subject: Any, named: bool) -> None:
    names: list[Any] = faces.COLUMNS if named else [0, 1, 2]
    learner = faces.fit(subject, pandas(VALUES, names) if named else VALUES, len(VALUES))
    sparse_rows = VALUES.copy()
    sparse_rows[0, :2] = sparse_rows[1:, 2] = np.nan
    # The last column comes first, and every row has a gap.
    events = [
        {name: value for name, value in zip(names, row, strict=True) if value == value}
        for row in sparse_rows.tolist()
    ]
    table = pandas(sparse_rows, names) if named else sparse_rows
    for asked, rows in ((events, table), (events[1:], table[1:])):
        np.testing.assert_array_equal(
            faces.ask_fitted(learner, asked), faces.ask_fitted(learner, rows)
        )
    with pytest.raises(ValueError, match="unseen at fit time"):
        faces.ask_fitted(learner, [{**events[1], "unknown": 1.0}])


def test_decimals_reach_transformers_as_floats() -> None:
    model = AlertBudget(preprocessing.StandardScaler() | ClippedZScore(), 0.05)
    pl = pytest.importorskip("polars")
    values = [Decimal(n % 7) / 2 for n in range(60)]
    model.learn_many(pl.DataFrame({"cpu": values}))
    model.learn_many([{"cpu": value} for value in values])
    assert model.score_many([{"cpu": Decimal(1)}]).tolist() == [model.score_one({"cpu": 1.0})]


@pytest.mark.parametrize("transformer", [ClippedScaler(), SurprisalEncoder()], ids=name_of)
def test_transformed_events_keep_their_names(transformer: Any) -> None:
    events = NAMED["dicts"](GAPS, faces.COLUMNS)
    model = transformer.clone() | ClippedZScore()
    wanted = transformer.clone() | ClippedZScore()
    model.learn_many(events)
    wanted.learn_many(pandas(GAPS, faces.COLUMNS))
    assert model[-1].expect_one() == wanted[-1].expect_one()
    assert set(model[-1].expect_one()) == set(faces.COLUMNS)
    found = model[0].transform_many(events[:2])
    assert [list(x) for x in found] == [faces.COLUMNS] * 2
    np.testing.assert_array_equal(
        [list(x.values()) for x in found], model[0].transform_many(pandas(GAPS, faces.COLUMNS))[:2]
    )


@pytest.mark.parametrize(
    ("event", "cure"),
    [
        (lambda: pandas(VALUES, faces.COLUMNS).iloc[0], r"to_dict\(\)"),
        (lambda: pandas(VALUES, faces.COLUMNS), "ends in _many"),
        (lambda: polars(VALUES, faces.COLUMNS), "ends in _many"),
        (lambda: VALUES[0], r"dict\(enumerate\(x\)\)"),
        (lambda: [1.0, 2.0], r"dict\(enumerate\(x\)\)"),
        (lambda: np.zeros(1, [("cpu", float)])[0], r"dtype\.names"),
        (lambda: None, "dict"),
    ],
)
def test_what_is_no_event_is_refused_with_the_cure(event: Any, cure: str) -> None:
    for subject in SUBJECTS:
        target = (1.0,) if faces.is_taught(subject) else ()
        for method in ("learn_one", "score_one", "predict_one", "transform_one", "explain_one"):
            if hasattr(subject, method):
                given = () if method in ("predict_one", "transform_one") else target
                with pytest.raises(TypeError, match=cure):
                    getattr(subject.clone(), method)(event(), *given)


@pytest.mark.skipif(importlib.util.find_spec("sklearn") is None, reason="needs scikit-learn")
def test_infinite_values_are_huge_to_both_faces() -> None:
    rows = VALUES.copy()
    rows[5, 0], rows[6, 1] = np.inf, -np.inf
    wanted = faces.learn_events(ClippedZScore(), [dict(enumerate(row)) for row in rows.tolist()])
    for learn in (faces.fit, faces.partial_fit, faces.learn_many):
        found = learn(ClippedZScore(), rows, len(rows))
        assert found.distance_one({0: np.inf}) == wanted.distance_one({0: np.inf}) > 100.0
        assert found.score_samples(rows)[5] < -100.0
