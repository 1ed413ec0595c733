# cython: language_level=3
"""What looks at the scores of rows before these are learned, and may stop them."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archived import ArchivedKernel


class ScoreGate(ArchivedKernel):
    """Takes in what events scored one by one, up to one that must be looked at first.

    ``admitted`` says of the last one whether it was taken in.
    """

    admitted: cython.bint

    def admits(self, score: float, distance: float, row: cython.Py_ssize_t) -> cython.bint:
        """Take in score and distance of a row and let it be learned, or do neither."""
        self.admitted = True
        return True
