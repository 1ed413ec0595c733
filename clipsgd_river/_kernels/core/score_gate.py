# cython: language_level=3
"""What looks at the scores of rows before these are learned, and may stop them."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archived import ArchivedKernel


class ScoreGate(ArchivedKernel):
    """Takes in the scores of rows one by one, up to one that must be looked at first."""

    def admits(self, score: float, row: cython.Py_ssize_t) -> cython.bint:
        """Take in the score of a row and let it be learned, or do neither."""
        return True
