"""Which rows are nearest to one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Of two independent values in scales, what the square of the difference is on average: that is
# what a value counts that only one of two events has.
MISSING = 2.0
# In units of the largest differences there are, a square stays finite.
SMALLEST_SCALE = 1e-100


def nearest(
    rows: NDArray[np.float64], row: NDArray[np.float64], scales: NDArray[np.float64], count: int
) -> NDArray[np.intp]:
    """Positions of the ``count`` rows nearest to ``row``, unsorted; all if there are no more.

    The distance is the sum of squared differences in scales. A value that only one of both has
    counts 2, one that both lack nothing, nor does a feature of scale 0, a constant. O(n d).
    """
    if len(rows) <= count:
        return np.arange(len(rows))
    varies = scales > 0.0
    inverse = np.where(varies, 1.0 / np.maximum(scales, SMALLEST_SCALE), 0.0)
    differences = (rows - row) * inverse
    squares = np.einsum("ij,ij->i", differences, differences)
    if np.isnan(squares).any():
        unknown = np.isnan(differences)
        one_sided = unknown & (np.isnan(rows) != np.isnan(row)) & varies
        differences[unknown] = 0.0
        squares = np.einsum("ij,ij->i", differences, differences)
        squares += MISSING * one_sided.sum(axis=1)
    return np.argpartition(squares, count)[:count]
