"""Rows by the names of what was learned: none of them known is a mistake, and is said."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from clipsgd_river._tables.fitted import are_given, listed


def require_known(learner: Any, names: list[Any], known: Collection[Any] | None) -> None:
    """Raise ``ValueError`` if rows are asked about none of whose columns was ever learned.

    The answer would be that of rows without a value, and pass for "normal". Where nothing was
    learned, there is nothing to mistake.

    Parameters
    ----------
    learner
        What learned, for the error.
    names
        The features in the columns.
    known
        The features that were learned; ``None`` if nobody knows.
    """
    if known and names and not any(name in known for name in names):
        raise ValueError(f"{_told(learner, names, known)}: {_cure(names, known)}")


def require_names(learner: Any, names: list[Any], known: Collection[Any] | None) -> None:
    """Raise ``ValueError`` if rows without names are to be learned beside features with names.

    They would start features of their own, 0..d-1. New names may come at any time.
    """
    if not are_given(names):
        require_known(learner, names, known)


def _told(learner: Any, names: list[Any], known: Collection[Any]) -> str:
    columns = f"have the columns {listed(names)}" if are_given(names) else "have no names"
    return f"this {type(learner).__name__} learned from columns {listed(known)}; the rows {columns}"


def _cure(names: list[Any], known: Collection[Any]) -> str:
    if all(name in range(len(known)) for name in known):
        return "pass an array, or a frame whose columns are named so"
    if are_given(names):
        return "pass a frame that has some of those it learned from"
    return "pass a frame with these columns"
