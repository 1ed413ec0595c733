"""Both faces of every public class, by the same few words: learn rows, ask about rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from conftest import discover_detectors, models_and_transformers
from river import base

from clipsgd_river.preprocessing import SurprisalEncoder

COLUMNS = ["cpu", "memory", "errors"]
ROWS = np.random.default_rng(0).normal([0.0, 50.0, 3.0], [1.0, 10.0, 0.1], size=(130, 3))
EVENTS = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS.tolist()]


def subjects() -> list[Any]:
    """Every public detector, filter, model and transformer that takes rows."""
    found = [*discover_detectors(), *models_and_transformers()]
    return [subject for subject in found if hasattr(subject, "learn_many")]


def is_taught(subject: Any) -> bool:
    """Whether it learns a target beside an event."""
    return getattr(subject, "_supervised", False) or isinstance(
        subject, base.Regressor | base.Classifier
    )


def scores_targets(subject: Any) -> bool:
    """Whether it wants a target to answer, too."""
    return is_taught(subject) and not isinstance(subject, base.Regressor | base.Classifier)


def takes_text(subject: Any) -> bool:
    return isinstance(subject, SurprisalEncoder) or getattr(subject, "takes_categories", False)


def targets(count: int) -> tuple[Any, ...]:
    """A target for each of so many rows, classes that are numbers."""
    return ([float(n % 3 == 0) for n in range(count)],)


def taught(subject: Any, X: Any, count: int) -> tuple[Any, ...]:
    return (X, *targets(count)) if is_taught(subject) else (X,)


def learn_events(subject: Any, events: list[dict[Any, Any]]) -> Any:
    """Return a clone that has learned events one by one."""
    learner = subject.clone()
    for x, y in zip(events, *targets(len(events)), strict=True):
        learner.learn_one(*((x, y) if is_taught(subject) else (x,)))
    return learner


def learn_many(subject: Any, X: Any, count: int) -> Any:
    learner = subject.clone()
    learner.learn_many(*taught(learner, X, count))
    return learner


def partial_fit(subject: Any, X: Any, count: int) -> Any:
    return subject.clone().partial_fit(*taught(subject, X, count))


def fit(subject: Any, X: Any, count: int) -> Any:
    return subject.clone().fit(*taught(subject, X, count))


def ask_many(subject: Any, X: Any, count: int) -> Any:
    """Answers about rows, one a row, by River's face."""
    if hasattr(subject, "transform_many"):
        return subject.transform_many(X)
    if hasattr(subject, "predict_many"):
        return subject.predict_many(X)
    return subject.score_many(*(taught(subject, X, count) if scores_targets(subject) else (X,)))


def ask_events(subject: Any, events: list[dict[Any, Any]]) -> list[Any]:
    """What `ask_many` says, asked event by event; a list of values for a transformer."""
    if hasattr(subject, "transform_one"):
        return [subject.transform_one(x) for x in events]
    if hasattr(subject, "predict_many"):
        return [subject.predict_one(x) for x in events]
    if scores_targets(subject):
        return [subject.score_one(x, y) for x, y in zip(events, *targets(len(events)), strict=True)]
    return [subject.score_one(x) for x in events]


def ask_fitted(subject: Any, X: Any) -> Any:
    """Answers about rows by scikit-learn's face."""
    for method in ("score_samples", "transform", "predict"):
        if hasattr(subject, method):
            return getattr(subject, method)(X)
    raise AssertionError(f"{subject!r} has no scikit-learn face")


def has_sklearn_face(subject: Any) -> bool:
    return hasattr(subject, "partial_fit")


def ways_to_give_rows(subject: Any) -> Iterator[tuple[str, Callable[[Any, Any, int], Any]]]:
    """Yield every public method that takes rows, by name: of a subject, rows and how many."""
    learning = ("learn_many", "fit", "partial_fit")
    both = ("score_learn_many", "distance_learn_many", "classify_learn_many", "score_many")
    asking = ("transform", "score_samples", "decision_function", "predict", "predict_proba")
    rivers = ("explain_many", "transform_many", "predict_many", "predict_proba_many")
    for name in (*learning, "fit_predict", *both, *asking, *rivers):
        if hasattr(subject, name):
            wants = is_taught(subject) if name in learning else scores_targets(subject)
            yield name, _method(name, with_target=wants and name not in asking)


def _method(name: str, *, with_target: bool) -> Callable[[Any, Any, int], Any]:
    def call(subject: Any, X: Any, count: int) -> Any:
        return getattr(subject, name)(X, *(targets(count) if with_target else ()))

    return call


def numbers(found: Any) -> list[list[float]]:
    """Answers of any kind as rows of plain numbers."""
    if hasattr(found, "to_pylist"):
        plain = found.to_pylist()
        found = [list(row.values()) if isinstance(row, dict) else row for row in plain]
    if isinstance(found, list) and found and isinstance(found[0], dict):
        found = [list(row.values()) for row in found]
    values = np.asarray(found)
    values = values if values.dtype.kind in "biuf" else values.astype(object)
    rows: list[list[float]] = values.reshape(len(values), -1).tolist()
    return rows


def numbers_of_events(found: list[Any], names: list[Any]) -> list[list[float]]:
    """Answers about events as `numbers` gives those about rows."""
    return [[x.get(name, np.nan) for name in names] if isinstance(x, dict) else [x] for x in found]
