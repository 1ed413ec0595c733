"""What one face learned, the other answers by the same names, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import faces
import numpy as np
import pytest
from conftest import name_of
from river import compose

from clipsgd_river.alerts import AlertBudget, TailFilter
from clipsgd_river.anomaly import ClippedEnsemble, ClippedZScore
from clipsgd_river.preprocessing import ClippedScaler, SurprisalEncoder

SUBJECTS = faces.subjects()
BOTH_FACES = [subject for subject in SUBJECTS if faces.has_sklearn_face(subject)]
# Of an encoder only categories have names that say something.
NUMERIC = [subject for subject in SUBJECTS if not faces.takes_text(subject)]
NUMERIC_BOTH = [subject for subject in BOTH_FACES if not faces.takes_text(subject)]
ASKING = ("score_many", "explain_many", "transform_many", "predict_many", "predict_proba_many")
FITTED = ("score_samples", "decision_function", "predict", "predict_proba", "transform")
COUNT = len(faces.ROWS)


def frame(names: Any = None, rows: Any = faces.ROWS) -> Any:
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(rows, columns=names or faces.COLUMNS)


def by_events(subject: Any) -> Any:
    return faces.learn_events(subject, faces.EVENTS)


def by_frame(subject: Any) -> Any:
    return faces.learn_many(subject, frame(), COUNT)


def by_fit(subject: Any) -> Any:
    return faces.fit(subject, frame(), COUNT)


def by_array(subject: Any) -> Any:
    return faces.learn_many(subject, faces.ROWS, COUNT)


def by_fit_of_array(subject: Any) -> Any:
    return faces.fit(subject, faces.ROWS, COUNT)


def asks(subject: Any, names: tuple[str, ...]) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return the methods of these names that ask about rows."""
    found = [(n, call) for n, call in faces.ways_to_give_rows(subject) if n in names]
    return [(n, lambda X, call=call: call(subject, X, len(X))) for n, call in found]


@pytest.mark.parametrize("subject", NUMERIC_BOTH, ids=name_of)
def test_scikit_learns_face_answers_by_the_names_that_rivers_learned(subject: Any) -> None:
    wanted = faces.numbers(faces.ask_fitted(by_fit(subject), frame()))
    turned = faces.COLUMNS[::-1]
    for learn in (by_events, by_frame):
        learner = learn(subject)
        assert faces.numbers(faces.ask_fitted(learner, frame())) == wanted
        # By name, not by place; what was never learned is passed over.
        more = frame()[turned].assign(unknown=1.0)
        found = np.asarray(faces.numbers(faces.ask_fitted(learner, more)), dtype=float)
        if found.shape[1] == 1:
            np.testing.assert_allclose(found, wanted, rtol=1e-9)
        else:
            np.testing.assert_allclose(found[:, 2::-1], wanted, rtol=1e-9)
        for name, ask in asks(learner, FITTED):
            with pytest.raises(ValueError, match=r"'cpu', 'memory', 'errors'.*have no names"):
                ask(faces.ROWS)
            with pytest.raises(ValueError, match=r"'cpu'.*the columns 'x', 'y'"):
                ask(frame(["x", "y", "z"]))
            assert name in FITTED


@pytest.mark.parametrize("subject", NUMERIC_BOTH, ids=name_of)
def test_rivers_face_answers_by_the_names_that_scikit_learns_learned(subject: Any) -> None:
    numbered = [dict(enumerate(row)) for row in faces.ROWS.tolist()]
    for learner, rows, events in (
        (by_fit(subject), frame(), faces.EVENTS),
        (by_fit_of_array(subject), faces.ROWS, numbered),
    ):
        found = faces.numbers(faces.ask_many(learner, rows, COUNT))
        names = list(events[0])
        assert found == faces.numbers_of_events(faces.ask_events(learner, events), names)
        assert len({tuple(row) for row in found}) > 1


@pytest.mark.parametrize("subject", NUMERIC, ids=name_of)
def test_rows_none_of_whose_columns_was_learned_are_refused(subject: Any) -> None:
    named = [by_events(subject), by_frame(subject)]
    numbered = [by_array(subject)]
    if faces.has_sklearn_face(subject):
        named, numbered = [*named, by_fit(subject)], [*numbered, by_fit_of_array(subject)]
    for learner in named:
        before = learner.to_bytes()
        for _, ask in asks(learner, ASKING):
            with pytest.raises(ValueError, match=r"from columns.*no names: pass a frame with"):
                ask(faces.ROWS)
            with pytest.raises(ValueError, match=r"from columns.*columns 'x', 'y', 'z': pass a"):
                ask(frame(["x", "y", "z"]))
            ask(frame(["x", "memory", "z"]))
        assert learner.to_bytes() == before
    for learner in numbered:
        for _, ask in asks(learner, ASKING):
            with pytest.raises(ValueError, match=r"from columns 0, 1, 2; .*pass an array"):
                ask(frame())


@pytest.mark.parametrize("subject", NUMERIC, ids=name_of)
def test_rows_without_names_are_not_learned_beside_features_with_names(subject: Any) -> None:
    learner = by_events(subject)
    before = learner.to_bytes()
    for name, call in faces.ways_to_give_rows(learner):
        if name in ("fit", "fit_predict") or name in ASKING + FITTED:
            continue
        with pytest.raises(ValueError, match="no names"):
            call(learner, faces.ROWS, COUNT)
        assert learner.to_bytes() == before
    # New names are new features, as in events.
    faces.learn_many(subject, frame(), COUNT).learn_many(
        *faces.taught(subject, frame(["x", "y", "z"]), COUNT)
    )


@pytest.mark.parametrize("subject", NUMERIC_BOTH, ids=name_of)
def test_after_fit_columns_go_by_place_with_the_warning_of_scikit_learn(subject: Any) -> None:
    named, numbered = by_fit(subject), by_fit_of_array(subject)
    wanted = faces.numbers(faces.ask_fitted(named, frame()))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        assert faces.numbers(faces.ask_fitted(named, faces.ROWS)) == wanted
    wanted = faces.numbers(faces.ask_fitted(numbered, faces.ROWS))
    for names in (faces.COLUMNS, [4, 7, 9]):
        with pytest.warns(UserWarning, match="was fitted without feature names"):
            assert faces.numbers(faces.ask_fitted(numbered, frame(names))) == wanted
    with pytest.raises(ValueError, match="3 features as input: pass the columns"):
        faces.ask_fitted(numbered, faces.ROWS[:, :2])


@pytest.mark.parametrize("subject", NUMERIC, ids=name_of)
def test_nothing_is_refused_before_anything_was_learned(subject: Any) -> None:
    fresh = subject.clone()
    for name, ask in asks(fresh, ASKING):
        if name != "explain_many":
            ask(faces.ROWS)
            ask(frame())
        # Nor where no column has a name at all.
        ask(np.empty((3, 0)))


@pytest.mark.parametrize("subject", NUMERIC, ids=name_of)
def test_an_event_of_unknown_features_is_one_without_features(subject: Any) -> None:
    learner = by_events(subject)
    found, wanted = (faces.ask_events(learner, [x]) for x in ({"x": 9.0}, {}))
    if not isinstance(wanted[0], dict):
        assert found == wanted


def test_an_encoder_asks_for_the_names_of_categories() -> None:
    pd = pytest.importorskip("pandas")
    users = pd.DataFrame({"user": ["ann", "bob"] * 30, "bytes": range(60)})
    for learner in (SurprisalEncoder().fit(users), SurprisalEncoder()):
        learner.learn_many(users)
        for X, told in ((users.to_numpy(), "no names"), (users.add_suffix("_"), "'user_'")):
            with pytest.raises(ValueError, match=f"from columns 'user'.*{told}"):
                learner.transform_many(X)
        # Numbers pass, whatever they are called.
        assert learner.transform_many(users[["bytes"]])["bytes"].tolist() == list(range(60))
        assert learner.transform_many([[1.0, 2.0]]).tolist() == [[1.0, 2.0]]
    with pytest.raises(ValueError, match="no names"):
        learner.learn_many(users.to_numpy())


FILTERS = [
    lambda detector: AlertBudget(detector, 0.05),
    lambda detector: TailFilter(detector, 0.01),
]


@pytest.mark.parametrize("build", FILTERS)
def test_filters_around_pipelines_ask_for_the_names_that_arrive(build: Any) -> None:
    pipelines = [
        ClippedScaler() | ClippedZScore(),
        SurprisalEncoder() | ClippedEnsemble(),
        compose.Discard("errors") | ClippedZScore(),
        compose.Prefixer("x_") | ClippedZScore(),
    ]
    for pipeline in pipelines:
        model = build(pipeline)
        model.learn_many(frame())
        assert len(model.score_many(frame())) == COUNT
        for ask in (model.score_many, model.explain_many):
            with pytest.raises(ValueError, match=r"learned from columns '(x_)?cpu'"):
                ask(frame(["a", "b", "c"]))


def test_a_filter_of_numbers_does_not_learn_rows_without_names() -> None:
    model = AlertBudget(ClippedScaler() | ClippedZScore(), 0.05)
    model.learn_many(frame())
    with pytest.raises(ValueError, match="no names"):
        model.learn_many(faces.ROWS)
