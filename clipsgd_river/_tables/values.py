"""Values of one variable as the kernels take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from clipsgd_river._kernels import COMPILED
from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._tables.rows import CHUNK


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
    values = np.asarray(X)
    if values.ndim != 1:
        raise ValueError(f"values have shape (n,), not {values.shape}; pass one column of a table")
    if values.dtype.kind == "O":
        values = np.array([as_float("x", x) for x in values.tolist()], dtype=np.float64)
    elif values.dtype.kind not in "biuf":
        raise TypeError(f"values are numbers, not {values.dtype.name}; convert them first")
    flat = np.require(values, dtype=np.float64, requirements=["C", "W"])
    parts = (flat[start : start + CHUNK] for start in range(0, len(flat), CHUNK))
    return (part if COMPILED else part.tolist() for part in parts)
