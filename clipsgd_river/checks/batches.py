"""Promises about rows: a batch is its events one by one, however it is cut or laid out."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from clipsgd_river.checks._promise import (
    TELLING,
    BrokenPromiseError,
    answers,
    call,
    fresh,
    promise,
    require,
    require_equal,
    score_and_learn,
    state,
    trained,
)
from clipsgd_river.checks._streams import SCALE, Rows, events, ordinary_rows, probes, warm_rows

__all__ = [
    "check_chunks_change_nothing",
    "check_frames_are_their_rows",
    "check_layout_of_rows_changes_nothing",
    "check_learn_many_equals_learn_one",
    "check_no_rows_change_nothing",
    "check_partial_fit_equals_learn_one",
    "check_rows_of_a_wrong_shape_are_refused",
    "check_score_learn_many_equals_the_loop",
    "check_score_many_equals_score_one",
    "check_unknown_columns_are_refused",
]

# Library -> its function that makes a table of a dict of columns.
_FRAMES = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "table"}
_NAMES = ("cpu", "memory", TELLING, "bytes")


def _rows_with_gaps(detector: Any) -> Rows:
    """Ordinary rows, some with missing or extreme values."""
    rows = warm_rows(detector)
    rows[5::17, 0] = np.nan
    rows[7::23, 3] = np.nan
    rows[40, 1], rows[41, 2], rows[42, 0] = np.inf, -np.inf, 1e308
    rows[60] = np.nan
    # A feature that is missing at first starts late, whichever way the rows come.
    rows[:3, 1] = np.nan
    return rows


@promise("learn_many", "learn_one", supervised=True)
def check_learn_many_equals_learn_one(detector: Any) -> None:
    """Check that `learn_many` is `learn_one` for each row, bit for bit."""
    rows = _rows_with_gaps(detector)
    many = fresh(detector)
    require(call(many, "learn_many", rows) is None, "learn_many returned something")
    one = trained(detector, events(rows))
    require_equal(answers(many, probes()), answers(one, probes()), "learn_many and learn_one")


@promise("partial_fit", "learn_one")
def check_partial_fit_equals_learn_one(detector: Any) -> None:
    """Check that `partial_fit` is `learn_one` for each row, bit for bit, and counts the rows."""
    rows = warm_rows(detector)
    many = fresh(detector)
    require(many.partial_fit(rows) is many, "partial_fit did not return the detector")
    one = trained(detector, events(rows))
    require_equal(answers(many, probes()), answers(one, probes()), "partial_fit and learn_one")
    for subject, face in ((many, "partial_fit"), (one, "learn_one")):
        seen = getattr(subject, "n_samples_seen_", len(rows))
        require(seen == len(rows), f"n_samples_seen_ is {seen} after {len(rows)} rows by {face}")


@promise("score_many", "learn_one", supervised=True)
def check_score_many_equals_score_one(detector: Any) -> None:
    """Check that `score_many` is `score_one` for each row, bit for bit."""
    subject = trained(detector, events(warm_rows(detector)))
    rows = _rows_with_gaps(detector)
    found = call(subject, "score_many", rows)
    require(isinstance(found, np.ndarray), f"score_many returned {type(found).__name__}")
    require_equal(
        found, [call(subject, "score_one", x) for x in events(rows)], "score_many and score_one"
    )


@promise("score_learn_many", "learn_one", supervised=True)
def check_score_learn_many_equals_the_loop(detector: Any) -> None:
    """Check that `score_learn_many` is `score_one`, then `learn_one`, row by row, bit for bit."""
    rows = _rows_with_gaps(detector)
    many, one = fresh(detector), fresh(detector)
    found = call(many, "score_learn_many", rows)
    require(
        isinstance(found, np.ndarray) and found.shape == (len(rows),),
        f"score_learn_many returned {type(found).__name__} of shape {np.shape(found)}",
    )
    require_equal(found, score_and_learn(one, events(rows)), "score_learn_many and the loop")
    require_equal(answers(many, probes()), answers(one, probes()), "scores after the same rows")


@promise("learn_many", "score_learn_many", supervised=True)
def check_chunks_change_nothing(detector: Any) -> None:
    """Check that how the rows are cut into chunks, and mixed with single events, changes no bit."""
    rows = _rows_with_gaps(detector)
    whole = fresh(detector)
    wanted = call(whole, "score_learn_many", rows)
    for size in (1, 7, 64):
        cut = fresh(detector)
        chunks = [
            call(cut, "score_learn_many", rows[at : at + size]) for at in range(0, len(rows), size)
        ]
        require_equal(np.concatenate(chunks), wanted, f"scores in chunks of {size} and whole")
        require_equal(
            answers(cut, probes()), answers(whole, probes()), f"after chunks of {size} and whole"
        )
    mixed = fresh(detector)
    for at in range(0, len(rows), 20):
        call(mixed, "learn_many", rows[at : at + 10])
        for x in events(rows[at + 10 : at + 20]):
            call(mixed, "learn_one", x)
    require_equal(answers(mixed, probes()), answers(whole, probes()), "rows and events mixed")


@promise("learn_many", "score_many", "score_learn_many", supervised=True)
def check_no_rows_change_nothing(detector: Any) -> None:
    """Check that a batch of no rows teaches nothing and has no scores."""
    none = np.empty((0, len(SCALE)))
    for subject in (fresh(detector), trained(detector, events(warm_rows(detector)))):
        before = answers(subject, probes())
        call(subject, "learn_many", none)
        for method in ("score_many", "score_learn_many"):
            found = call(subject, method, none)
            require(np.shape(found) == (0,), f"{method} of no rows has shape {np.shape(found)}")
        require_equal(answers(subject, probes()), before, "before and after a batch of no rows")


@promise("score_learn_many", supervised=True)
def check_layout_of_rows_changes_nothing(detector: Any) -> None:
    """Check that the same rows in another memory layout or number type are the same rows."""
    rows = np.round(warm_rows(detector))
    frozen = rows.copy()
    frozen.flags.writeable = False
    doubled = np.repeat(np.repeat(rows, 2, axis=0), 2, axis=1)
    layouts = {
        "column-major": np.asfortranarray(rows),
        "strided": doubled[::2, ::2],
        "reversed": rows[::-1, ::-1].copy()[::-1, ::-1],
        "read-only": frozen,
        "float32": rows.astype(np.float32),
        "integer": rows.astype(np.int64),
        "big-endian": rows.astype(">f8"),
        "object": rows.astype(object),
    }
    wanted = call(fresh(detector), "score_learn_many", rows)
    for name, layout in layouts.items():
        require_equal(
            call(fresh(detector), "score_learn_many", layout), wanted, f"{name} and plain rows"
        )


@promise("learn_many", "score_many", "score_learn_many", supervised=True)
def check_rows_of_a_wrong_shape_are_refused(detector: Any) -> None:
    """Check that anything but a table of numbers is refused by a ValueError or TypeError."""
    subject = trained(detector, events(warm_rows(detector)))
    before = answers(subject, probes())
    table = ordinary_rows(3)
    wrong = [table[0], table[0, 0], table[None], [["a"] * 4], table.astype(str), table + 1j, None]
    for rows in wrong:
        for method in ("learn_many", "score_many", "score_learn_many"):
            try:
                call(subject, method, rows)
            except (TypeError, ValueError):
                continue
            raise BrokenPromiseError(f"{method} accepted {rows!r}")
    require_equal(answers(subject, probes()), before, "before and after rows that were refused")


@promise("learn_one", "score_many", supervised=True)
def check_unknown_columns_are_refused(detector: Any) -> None:
    """Check that rows none of whose columns was learned are refused, not given a usual score."""
    rows = warm_rows(detector)
    subject = trained(detector, [dict(zip(_NAMES, row, strict=True)) for row in rows.tolist()])
    before = state(subject)
    try:
        found = call(subject, "score_many", rows)
    except (TypeError, ValueError):
        require(state(subject) == before, "rows that were refused changed the state")
        return
    raise BrokenPromiseError(f"learned by name, score_many of rows without names is {found}")


@promise("learn_many", "score_many", "score_learn_many", supervised=True)
def check_frames_are_their_rows(detector: Any) -> None:
    """Check that frames are events keyed by their column names, bit for bit."""
    rows = warm_rows(detector)
    named = [dict(zip(_NAMES, row, strict=True)) for row in rows.tolist()]
    columns = dict(zip(_NAMES, rows.T, strict=True))
    one = fresh(detector)
    wanted = score_and_learn(one, named)
    queries = [dict(zip(_NAMES, row, strict=True)) for row in ordinary_rows(9, seed=4).tolist()]
    for name, build in _FRAMES.items():
        try:
            library = importlib.import_module(name)
        except ImportError:
            continue
        frame = getattr(library, build)(columns)
        both, learned = fresh(detector), fresh(detector)
        require_equal(
            call(both, "score_learn_many", frame), wanted, f"score_learn_many of {name} and dicts"
        )
        call(learned, "learn_many", frame)
        require_equal(
            answers(learned, queries), answers(one, queries), f"learned from {name} and dicts"
        )
        require_equal(
            np.asarray(call(learned, "score_many", frame)),
            [call(one, "score_one", x) for x in named],
            f"score_many of {name} and score_one of dicts",
        )
