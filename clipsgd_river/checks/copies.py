"""Promises about copies: a copy goes on as the original would, a clone starts anew."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

from clipsgd_river.checks._promise import (
    answers,
    fresh,
    promise,
    require,
    require_equal,
    score_and_learn,
    trained,
)
from clipsgd_river.checks._streams import events, probes, warm_rows

__all__ = [
    "check_deepcopy",
    "check_joblib",
    "check_pickle",
    "check_river_clone",
    "check_river_clone_with_attributes",
    "check_sklearn_clone",
]


def require_copies_go_on(detector: Any, duplicate: Callable[[Any], Any], what: str) -> None:
    """Copy fresh, in the warm-up, mid-stream; both must go on alike, neither touching the other."""
    stream = events(warm_rows(detector))
    for n in (0, 1, 7, len(stream) // 2, len(stream)):
        original = trained(detector, stream[:n])
        before = answers(original, probes())
        other = duplicate(original)
        require(
            type(other) is type(original),
            f"{what} of it is a {type(other).__name__} after {n} events",
        )
        require_equal(answers(other, probes()), before, f"{what} and original after {n} events")
        found = score_and_learn(other, events(warm_rows(detector, seed=1)))
        require_equal(
            answers(original, probes()), before, f"original before and after its {what} learned"
        )
        wanted = score_and_learn(original, events(warm_rows(detector, seed=1)))
        require_equal(found, wanted, f"{what} made after {n} events and original, going on")
        require_equal(answers(other, probes()), answers(original, probes()), f"{what}, in the end")


@promise("learn_one", "score_one", supervised=True)
def check_pickle(detector: Any) -> None:
    """Check that a detector unpickled mid-stream goes on as the original, by every protocol."""
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):

        def duplicate(original: Any, protocol: int = protocol) -> Any:
            return pickle.loads(pickle.dumps(original, protocol))

        require_copies_go_on(detector, duplicate, f"pickle (protocol {protocol})")


@promise("learn_one", "score_one", supervised=True)
def check_deepcopy(detector: Any) -> None:
    """Check that a deep copy made mid-stream goes on as the original and shares nothing with it."""
    require_copies_go_on(detector, copy.deepcopy, "deepcopy")


@promise("learn_one", "score_one", supervised=True)
def check_joblib(detector: Any) -> None:
    """Check that a detector dumped by joblib mid-stream and loaded goes on as the original."""
    import joblib

    def duplicate(original: Any) -> Any:
        file = io.BytesIO()
        joblib.dump(original, file)
        file.seek(0)
        return joblib.load(file)

    require_copies_go_on(detector, duplicate, "joblib copy")


def _require_fresh_replay(detector: Any, clone: Callable[[Any], Any], what: str) -> None:
    stream = events(warm_rows(detector))
    original = trained(detector, stream)
    before = answers(original, probes())
    other = clone(original)
    require(type(other) is type(original), f"{what} of it is a {type(other).__name__}")
    require(repr(other) == repr(original), f"{what} of {original!r} is {other!r}")
    require_equal(
        answers(other, probes()), answers(fresh(detector), probes()), f"{what} and a fresh detector"
    )
    replayed = score_and_learn(other, stream)
    require_equal(
        replayed, score_and_learn(fresh(detector), stream), f"{what} and a fresh one, replaying"
    )
    require_equal(answers(other, probes()), before, f"{what} and original after the same events")
    require_equal(answers(original, probes()), before, f"original before and after its {what}")


@promise("clone", supervised=True)
def check_river_clone(detector: Any) -> None:
    """Check that River's clone has the parameters, no memory, and replays alike."""
    _require_fresh_replay(detector, lambda original: original.clone(), "River clone")


@promise("clone", supervised=True)
def check_river_clone_with_attributes(detector: Any) -> None:
    """Check that River's clone(include_attributes=True) goes on as the original."""
    require_copies_go_on(
        detector, lambda original: original.clone(include_attributes=True), "clone with attributes"
    )


@promise("get_params", "set_params", supervised=True)
def check_sklearn_clone(detector: Any) -> None:
    """Check that scikit-learn's clone has the parameters, no memory, and replays alike."""
    from sklearn.base import clone

    _require_fresh_replay(detector, clone, "scikit-learn clone")
