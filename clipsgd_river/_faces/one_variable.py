"""What statistics and distributions of one variable share: values in, state, pickling."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._state.saveable import Saveable
from clipsgd_river._tables.values import chunks_of


class OneVariable(Saveable):
    """Owner of a kernel that learns numbers one by one.

    Goes before the class of River among the bases.
    """

    def update(self, x: float) -> None:
        """Take one step on a value.

        Parameters
        ----------
        x
            A number. ``None``, NaN and ``pandas.NA`` are missing and teach nothing; what is
            beyond 1e150, infinity included, counts as 1e150.

        Raises
        ------
        TypeError
            If it is not a number; nothing is then learned.
        """
        self._kernel.update(x if type(x) is float else as_float("x", x, "value"))

    def update_many(self, X: Any) -> None:
        """Take one step on each value in order, in one call; the same as `update` on each.

        Parameters
        ----------
        X
            Values, one-dimensional: an array, a Series or a list.

        Raises
        ------
        TypeError, ValueError
            If it is not a one-dimensional sequence of numbers; nothing is then learned.
        """
        for values in chunks_of(X):
            self._kernel.update_many(values)
