"""Tables as scikit-learn's estimators take them: the first says what later ones must look like."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array, check_X_y

from clipsgd_river._tables.containers import table_of
from clipsgd_river._tables.mixed_rows import Check, MixedRows, checked_lists
from clipsgd_river._tables.rows import Rows
from clipsgd_river._tables.tables import ArrayTable, Table

# Names that an error lists.
LISTED = 5


def validated_rows(estimator: Any, X: Any, *, reset: bool, infinite: bool = True) -> Rows:
    """Take a table of numbers apart, and hold it against the first one.

    Parameters
    ----------
    estimator
        Gets ``n_features_in_`` and ``feature_names_in_``, or has them. One that has learned events
        by name only, as River's face does, has neither, and rows then go by their own names.
    X
        What `table_of` takes; NaN is missing.
    reset
        Whether these rows say what later ones must look like, or are held against it.
    infinite
        Whether infinite values are allowed.

    Raises
    ------
    TypeError, ValueError
        If it is no table of numbers, or has no row or no column, or does not fit the first one.
    """
    table = table_of(X) if reset else _like_fitted(estimator, table_of(X))
    names = table.names if reset else _names_for(estimator, table)
    values = table.numbers()
    _require_size(estimator, values)
    if not infinite:
        _refuse_infinite(values, table.names)
    _hold(estimator, table, reset=reset)
    return Rows(values, names, table.frame, table.clock)


def validated_rows_and_targets(
    estimator: Any, X: Any, y: Any, *, reset: bool, **options: Any
) -> tuple[Rows, Any]:
    """Take a table apart as `validated_rows` does, and its targets as scikit-learn does.

    Options are those of `sklearn.utils.check_X_y` for the targets.
    """
    rows = validated_rows(estimator, X, reset=reset)
    _, targets = check_X_y(rows.values, y, ensure_all_finite=False, estimator=estimator, **options)
    return rows, targets


def validated_mixed_rows(estimator: Any, X: Any, check: Check, *, reset: bool) -> MixedRows:
    """Take a table of numbers and other values apart as `validated_rows` does."""
    table = table_of(X) if reset else _like_fitted(estimator, table_of(X))
    names = table.names if reset else _names_for(estimator, table)
    columns = checked_lists(table, check)
    _require_size(estimator, np.empty((len(table), len(columns))))
    _hold(estimator, table, reset=reset)
    return MixedRows(columns, names, len(table), table.frame)


def are_given(names: list[Any]) -> bool:
    """Whether columns have names, or only places: 0..d-1, as those of an array."""
    return names != list(range(len(names)))


def listed(names: Any) -> str:
    """Names as an error lists them."""
    names = list(names)
    more = ", ..." if len(names) > LISTED else ""
    return ", ".join(map(repr, names[:LISTED])) + more


def _hold(estimator: Any, table: Table, *, reset: bool) -> None:
    """Remember the columns of the first rows, or refuse rows of another width."""
    width = len(table.names)
    if not reset:
        wanted = getattr(estimator, "n_features_in_", width)
        if width != wanted:
            raise ValueError(
                f"X has {width} features, but {type(estimator).__name__} is expecting {wanted} "
                "features as input: pass the columns that it was fitted on, or fit it anew"
            )
        return
    estimator.n_features_in_ = width
    if are_given(table.names):
        estimator.feature_names_in_ = as_objects(table.names)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def as_objects(names: list[Any]) -> NDArray[Any]:
    """Names as an array of objects, tuples too."""
    return np.fromiter(iter(names), dtype=object)


def _like_fitted(estimator: Any, table: Table) -> Table:
    """A list of events with the columns of the first rows; ``ValueError`` if it has others."""
    if not (isinstance(table, ArrayTable) and table.are_events):
        return table
    width = getattr(estimator, "n_features_in_", None)
    if width is None:
        return table
    fitted = list(getattr(estimator, "feature_names_in_", range(width)))
    if not set(table.names) <= set(fitted):
        raise ValueError(_difference(fitted, table.names))
    return table.completed(fitted)


def _names_for(estimator: Any, table: Table) -> list[Any]:
    """The feature in each column, by the names of the first rows or, without these, by its own.

    By place and with scikit-learn's warning, where only one of both has names.
    """
    if not hasattr(estimator, "n_features_in_"):
        return table.names
    kind = type(estimator).__name__
    fitted = getattr(estimator, "feature_names_in_", None)
    given = are_given(table.names)
    if fitted is None:
        if given:
            warnings.warn(
                f"X has feature names, but {kind} was fitted without feature names", stacklevel=4
            )
        return list(range(len(table.names)))
    # Whole numbers from 0 on are names where these very numbers were names.
    if not given and set(table.names) != set(fitted):
        warnings.warn(
            f"X does not have valid feature names, but {kind} was fitted with feature names",
            stacklevel=4,
        )
    elif table.names != list(fitted):
        raise ValueError(_difference(list(fitted), table.names))
    return list(fitted)


def _difference(fitted: list[Any], given: list[Any]) -> str:
    """What is different about names, in scikit-learn's words."""
    lines = ["The feature names should match those that were passed during fit."]
    unseen, gone = set(given) - set(fitted), set(fitted) - set(given)
    for what, names in (
        ("unseen at fit time", unseen),
        ("seen at fit time, yet now missing", gone),
    ):
        if names:
            lines.append(f"Feature names {what}:")
            first = sorted(map(str, names))[:LISTED]
            lines += [f"- {name}" for name in first] + ["- ..."] * (len(names) > LISTED)
    if not unseen and not gone:
        lines.append("Feature names must be in the same order as they were in fit.")
    return "\n".join(lines) + "\n"


def _require_size(estimator: Any, values: NDArray[np.float64]) -> None:
    """At least one row and one column, in scikit-learn's words."""
    if values.size == 0:
        check_array(values, ensure_all_finite=False, estimator=estimator, input_name="X")


def _refuse_infinite(values: NDArray[np.float64], names: list[Any]) -> None:
    infinite = np.isinf(values).any(axis=0)
    if infinite.any():
        name = names[int(infinite.argmax())]
        raise ValueError(
            f"Input X contains infinity or a value too large for dtype('float64') in column "
            f"{name!r}: bound it, or make it missing (NaN)"
        )
