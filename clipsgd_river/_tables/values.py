"""Values of one variable as the kernels take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clipsgd_river._kernels import COMPILED
from clipsgd_river._tables.containers import array_of
from clipsgd_river._tables.rows import CHUNK
from clipsgd_river._tables.tables import ArrayTable


def chunks_of(X: Any) -> Iterator[Any]:
    """Parts of a column, each to be read by a kernel: an array; for uncompiled kernels, a list.

    All of it is checked before the first part is handed out.

    Parameters
    ----------
    X
        Values, one-dimensional: an array, a Series or a list. ``None`` and ``pandas.NA`` become
        NaN.

    Raises
    ------
    TypeError, ValueError
        If it holds something other than numbers, or is not one-dimensional.
    """
    values = array_of(X)
    if values.ndim != 1:
        raise ValueError(f"values have shape (n,), not {values.shape}; pass one column of a table")
    flat = ArrayTable(values.reshape(-1, 1), ["x"]).numbers()[:, 0]
    parts = (flat[start : start + CHUNK] for start in range(0, len(flat), CHUNK))
    return (part if COMPILED else part.tolist() for part in parts)
