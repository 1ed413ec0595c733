"""The features that contribute most to each row, as a table of the caller's kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray
from river.utils.dataframe import to_native_frame

from clipsgd_river import _settings
from clipsgd_river._tables.fitted import are_given, as_objects

# More columns than that are of no use to anyone.
MOST = 10_000


def how_many(n: Any) -> int:
    """Check the number of features asked for."""
    return _settings.count("n", n, largest=MOST)


def largest_of(
    events: Iterable[dict[Any, Any]], explain: Callable[[dict[Any, Any]], dict[Any, float]], n: int
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Names and contributions of the n largest of each event, ``None`` and NaN beyond the last.

    Of equal ones the earlier stays in front.
    """
    tops = [sorted(explain(x).items(), key=lambda item: -item[1])[:n] for x in events]
    names = np.full((len(tops), n), None, dtype=object)
    contributions = np.full((len(tops), n), np.nan)
    for row, top in enumerate(tops):
        for at, (name, contribution) in enumerate(top):
            names[row, at] = name
            contributions[row, at] = contribution
    return names, contributions


def at_positions(features: list[Any], positions: NDArray[np.intc]) -> NDArray[Any]:
    """Names of features by their positions, ``None`` for -1."""
    return as_objects([*features, None])[positions]


def explained_like(rows: Any, names: NDArray[Any], contributions: NDArray[np.float64]) -> Any:
    """Columns feature_1, contribution_1, feature_2, ... in the kind of the rows.

    Parameters
    ----------
    rows
        `Rows` or `MixedRows`, one for each row of the others.
    names
        The features, largest contribution first, shape (n, k); ``None`` where there is none.
    contributions
        Theirs, NaN where there is none.

    Returns
    -------
    A frame of the caller's kind, with its index. Of an array a structured array of shape (n,) with
    these fields, whose features are numbers of columns, and -1 where there is none.
    """
    columns: dict[str, NDArray[Any]] = {}
    for at in range(names.shape[1]):
        columns[f"feature_{at + 1}"] = names[:, at]
        columns[f"contribution_{at + 1}"] = contributions[:, at]
    if rows.frame is None:
        # A transformer in between may have given names to the columns of an array.
        by_number = {type(name) for name in set(names.flat)} <= {int, type(None)}
        numbered = by_number and not are_given(rows.names)
        return _structured(columns, len(rows), numbered=numbered)
    if rows.frame.implementation.is_pandas_like():
        return to_native_frame(columns, like=rows.frame)
    # These have a missing value that is not NaN, and a type for a column without a value.
    kinds = {name: nw.Float64() if "contribution" in name else nw.String() for name in columns}
    plain = {name: [None if v != v else v for v in c.tolist()] for name, c in columns.items()}
    return nw.from_dict(plain, kinds, backend=rows.frame.implementation).to_native()


def _structured(columns: dict[str, NDArray[Any]], count: int, *, numbered: bool) -> NDArray[Any]:
    kinds = {"feature": np.intp if numbered else object, "contribution": np.float64}
    fields = [(name, kinds[name.partition("_")[0]]) for name in columns]
    found = np.empty(count, dtype=fields)
    for name, column in columns.items():
        if numbered and column.dtype == object:
            column = np.where(column == None, -1, column)  # noqa: E711 (of each element)
        found[name] = column
    return found
