"""Columns of every type, in every method of both faces of every public class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import faces
import numpy as np
import pytest
import typed_columns
from conftest import name_of
from hypothesis import given
from hypothesis import strategies as st

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._tables.mixed_rows import mixed_rows_of
from clipsgd_river._tables.rows import rows_of

# What tables hold and how numbers are worded is the same with any kernels.
pytestmark = pytest.mark.either_mode

SUBJECTS = faces.subjects()
LIBRARIES = list(typed_columns.NUMBERS)
READ = [(library, name) for library, known in typed_columns.NUMBERS.items() for name in known]
REFUSED = [(library, name) for library, known in typed_columns.NO_NUMBERS.items() for name in known]


def frames(library: str) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Yield frames that hold columns of all types together, and their events."""
    module = pytest.importorskip(library)
    by_length = defaultdict(list)
    for name, (values, build) in typed_columns.NUMBERS[library].items():
        by_length[len(values)].append((name, values, build(module)))
    for known in by_length.values():
        table = typed_columns.frame(library, module, {name: column for name, _, column in known})
        rows = zip(*(values for _, values, _ in known), strict=True)
        yield table, [dict(zip((name for name, *_ in known), row, strict=True)) for row in rows]


@pytest.mark.parametrize(("library", "name"), READ)
def test_a_column_is_the_values_in_it(library: str, name: str) -> None:
    module = pytest.importorskip(library)
    values, build = typed_columns.NUMBERS[library][name]
    frame = typed_columns.frame(library, module, {"x": build(module)})
    wanted = [as_float("x", value) for value in values]
    np.testing.assert_array_equal(rows_of(frame).values[:, 0], wanted)
    events = [{} if value is None else {"x": value} for value in values]
    assert list(mixed_rows_of(frame).events()) == events


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_rows_of_any_types_are_their_events(subject: Any, library: str) -> None:
    for frame, events in frames(library):
        one = faces.learn_events(subject, events)
        wanted = faces.ask_events(one, events[-3:])
        learners = [faces.learn_many(subject, frame, len(events))]
        if faces.has_sklearn_face(subject):
            learners += [faces.partial_fit(subject, frame, len(events))]
            learners += [faces.fit(subject, frame, len(events))]
        for learner in learners:
            np.testing.assert_equal(faces.ask_events(learner, events[-3:]), wanted)
        rows = faces.ask_events(one, events)
        if hasattr(one, "transform_one"):
            rows = [list(row.values()) for row in rows]
        found = np.asarray(faces.numbers(faces.ask_many(one, frame, len(events))), dtype=float)
        asked = np.asarray(rows, dtype=float).reshape(found.shape)
        # What is missing in a table stays so, or takes the expected value.
        np.testing.assert_array_equal(found[~np.isnan(asked)], asked[~np.isnan(asked)])


@pytest.mark.parametrize(("library", "name"), REFUSED)
def test_what_is_no_number_is_refused_by_name_and_with_a_cure(library: str, name: str) -> None:
    module = pytest.importorskip(library)
    build, _ = typed_columns.NO_NUMBERS[library][name]
    column = build(module)
    frame = typed_columns.frame(library, module, {"cpu": [0.5] * len(column), "odd one": column})
    with pytest.raises(TypeError, match=r"'odd one'.*leave it out"):
        rows_of(frame)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_every_method_refuses_what_is_no_number(subject: Any, library: str) -> None:
    module = pytest.importorskip(library)
    asked = faces.learn_events(subject, faces.EVENTS)
    before = asked.to_bytes()
    for kind, (build, is_category) in typed_columns.NO_NUMBERS[library].items():
        if is_category and faces.takes_text(subject):
            continue
        if kind in typed_columns.TIMES and getattr(subject, "takes_times", False):
            continue
        column = build(module)
        frame = typed_columns.frame(
            library, module, {"cpu": [0.5] * len(column), "odd one": column}
        )
        for method, call in faces.ways_to_give_rows(asked):
            with pytest.raises(TypeError, match="'odd one'"):
                call(asked, frame, len(column))
            assert asked.to_bytes() == before, f"{method} learned from rows it refused"


VALUES = st.one_of(
    st.none(),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.decimals(),
    st.fractions(),
    st.floats(width=32).map(np.float32),
    st.integers(-128, 127).map(np.int8),
    st.sampled_from([np.datetime64("NaT"), np.timedelta64("NaT"), 10**400, -(10**400)]),
)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8))
def test_objects_are_read_as_the_values_of_events(rows: list[tuple[Any, Any]]) -> None:
    pd = pytest.importorskip("pandas")
    wanted = [[as_float("x", value) for value in row] for row in rows]
    objects = np.empty((len(rows), 2), dtype=object)
    for at, row in enumerate(rows):
        objects[at, 0], objects[at, 1] = row
    events = [{"a": a, "b": b} for a, b in rows]
    for table in (objects, events, pd.DataFrame(objects, columns=["a", "b"])):
        np.testing.assert_array_equal(rows_of(table).values, wanted)
