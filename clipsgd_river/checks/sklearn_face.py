"""Promises about the scikit-learn face: it says what the River face says, with other signs."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from clipsgd_river.checks._promise import (
    BrokenPromiseError,
    answers,
    fresh,
    promise,
    require,
    require_close,
    require_equal,
    trained,
)
from clipsgd_river.checks._streams import LOCATION, SCALE, events, ordinary_rows, probes, warm_rows

__all__ = [
    "check_contamination_after_fit",
    "check_contamination_after_partial_fit",
    "check_copies_of_a_fitted_detector_predict_alike",
    "check_faces_agree",
    "check_far_rows_are_outliers",
    "check_fit_forgets_and_partial_fit_goes_on",
    "check_unfitted_and_misfitting_rows_are_refused",
]


@promise("score_samples", "distance_one", "partial_fit")
def check_faces_agree(detector: Any) -> None:
    """Check that score_samples is minus the distance, and offset_ decides predict."""
    subject = fresh(detector).partial_fit(warm_rows(detector))
    rows = np.vstack([ordinary_rows(50, seed=5), LOCATION + 100 * SCALE, LOCATION - 9 * SCALE])
    normality = subject.score_samples(rows)
    distances = [subject.distance_one(x) for x in events(rows)]
    require_equal(-normality, distances, "-score_samples and distance_one")
    decision = subject.decision_function(rows)
    require_close(
        decision + subject.offset_, normality, 1e-12, "decision_function + offset_, score_samples"
    )
    labels = subject.predict(rows)
    require(labels.dtype.kind == "i", f"predict returned {labels.dtype}, not integers")
    wanted = np.where(decision >= 0, 1, -1)
    require(np.array_equal(labels, wanted), f"predict is {labels}, the decisions say {wanted}")


@promise("fit", "predict", "score_samples")
def check_far_rows_are_outliers(detector: Any) -> None:
    """Check that far rows are predicted -1, a typical one 1, by lower score_samples."""
    subject = fresh(detector).fit(warm_rows(detector))
    rows = np.vstack([LOCATION, LOCATION + 20 * SCALE, LOCATION - 20 * SCALE])
    near, *far = subject.score_samples(rows)
    require(max(far) < near, f"score_samples: far {far}, near {near!r}")
    labels = subject.predict(rows).tolist()
    require(labels == [1, -1, -1], f"predict says {labels} of a typical and two far rows")


@promise("fit", "predict", when=lambda detector: hasattr(detector, "contamination"))
def check_contamination_after_fit(detector: Any) -> None:
    """Check that after `fit` exactly the share `contamination` of its rows is predicted -1."""
    rows = ordinary_rows(300)
    for share in (0.01, 0.1, 0.25):
        subject = fresh(detector, contamination=share).fit(rows)
        flagged = int(np.sum(subject.predict(rows) == -1))
        require(
            flagged == round(share * len(rows)),
            f"contamination={share}: {flagged} of {len(rows)} training rows are predicted -1",
        )


@promise("partial_fit", "predict", when=lambda detector: hasattr(detector, "contamination"))
def check_contamination_after_partial_fit(detector: Any) -> None:
    """Check that on a stream the share predicted -1 comes near `contamination`."""
    for share in (0.05, 0.2):
        subject = fresh(detector, contamination=share)
        for chunk in np.split(ordinary_rows(1500), 15):
            subject.partial_fit(chunk)
        flagged = float(np.mean(subject.predict(ordinary_rows(500, seed=6)) == -1))
        require(
            share / 3 <= flagged <= 3 * share,
            f"contamination={share}: {flagged:.1%} of later ordinary rows are predicted -1",
        )


@promise("fit", "partial_fit", "score_samples")
def check_fit_forgets_and_partial_fit_goes_on(detector: Any) -> None:
    """Check that `fit` forgets what came before, `partial_fit` goes on from it."""
    first, second = warm_rows(detector, seed=7) + 5 * SCALE, warm_rows(detector)
    fitted, refitted = fresh(detector).fit(second), fresh(detector).fit(first).fit(second)
    require_equal(answers(refitted, probes()), answers(fitted, probes()), "fit twice and once")
    require_equal([refitted.offset_], [fitted.offset_], "offset_ after fit twice and once")
    went_on = fresh(detector).partial_fit(first).partial_fit(second)
    whole = trained(detector, events(np.vstack([first, second])))
    require_equal(
        answers(went_on, probes()), answers(whole, probes()), "partial_fit twice and all events"
    )
    after_fit = fresh(detector).fit(first).partial_fit(second)
    require_equal(
        answers(after_fit, probes()), answers(whole, probes()), "fit, partial_fit and all events"
    )


@promise("fit", "partial_fit", "predict")
def check_copies_of_a_fitted_detector_predict_alike(detector: Any) -> None:
    """Check that pickle, deepcopy and from_bytes keep the threshold and the width of rows."""
    duplicates: dict[str, Callable[[Any], Any]] = {
        "pickle": lambda original: pickle.loads(pickle.dumps(original)),
        "deepcopy": copy.deepcopy,
    }
    if hasattr(detector, "to_bytes"):
        duplicates["from_bytes"] = lambda original: type(original).from_bytes(original.to_bytes())
    rows, later = warm_rows(detector), ordinary_rows(50, seed=8)
    later[::5] += 4 * SCALE
    for face in ("fit", "partial_fit"):
        original = getattr(fresh(detector), face)(rows)
        wanted = original.decision_function(later)
        for what, duplicate in duplicates.items():
            other = duplicate(original)
            name = f"a copy by {what} after {face}, and the original"
            require_equal(other.decision_function(later), wanted, f"decisions of {name}")
            require_equal(other.predict(later), original.predict(later), f"labels of {name}")
            width = getattr(other, "n_features_in_", None)
            require(width == rows.shape[1], f"n_features_in_ of {name} is {width}")
            _require_raises(ValueError, other.predict, later[:, :2])
            went_on = copy.deepcopy(original).partial_fit(later)
            require_equal(
                [other.partial_fit(later).offset_], [went_on.offset_], f"offset_, later, of {name}"
            )


@promise("fit", "partial_fit", "score_samples")
def check_unfitted_and_misfitting_rows_are_refused(detector: Any) -> None:
    """Check that rows before any fit raise NotFittedError, rows of another width a ValueError."""
    from sklearn.exceptions import NotFittedError

    rows = warm_rows(detector)
    for method in ("score_samples", "decision_function", "predict"):
        if hasattr(detector, method):
            _require_raises(NotFittedError, getattr(fresh(detector), method), rows)
            fitted = fresh(detector).partial_fit(rows)
            _require_raises(ValueError, getattr(fitted, method), rows[:, :2])
    fitted = fresh(detector).partial_fit(rows)
    before = answers(fitted, probes())
    _require_raises(ValueError, fitted.partial_fit, rows[:, :2])
    require_equal(answers(fitted, probes()), before, "before and after a refused partial_fit")


def _require_raises(wanted: type[Exception], method: Any, rows: Any) -> None:
    try:
        method(rows)
    except wanted:
        return
    raise BrokenPromiseError(
        f"{method.__name__} raised no {wanted.__name__} for rows of shape {rows.shape}"
    )
