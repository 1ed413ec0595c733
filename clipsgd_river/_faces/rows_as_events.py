"""Rows for detectors that take events one by one."""

from __future__ import annotations

import abc
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if

from clipsgd_river._faces.known_features import KnowsFeatures
from clipsgd_river._tables.explained import explained_like, how_many, largest_of
from clipsgd_river._tables.rows import rows_of


class RowsAsEvents(KnowsFeatures):
    """Methods for whole tables of a detector that has them for events.

    Goes before the class of River among the bases.
    """

    def learn_many(self, X: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each.

        Parameters
        ----------
        X
            A pandas, polars or pyarrow frame with named columns, a list of events, or an array of
            shape (n, d), whose columns are the features 0..d-1.

        Raises
        ------
        TypeError, ValueError
            If a column holds something other than numbers, or an array without names comes after
            features with names. Nothing is then learned.
        """
        for x in self._to_learn(self._read(X)).events():
            self.learn_one(x)

    def score_many(self, X: Any) -> Any:
        """Scores of rows, in the caller's kind: ndarray (n,), or a Series with the frame's index.

        Changes nothing.

        Raises
        ------
        TypeError, ValueError
            If a column holds something other than numbers, or not one of the columns was ever
            learned.
        """
        rows = self._to_answer(self._read(X))
        scores = np.array([self.score_one(x) for x in rows.events()], dtype=np.float64)
        return rows.like_input(scores, "score")

    def score_learn_many(self, X: Any) -> NDArray[np.float64]:
        """Scores of rows, shape (n,), each before it is learned; raises as `learn_many`."""
        rows = self._to_learn(self._read(X))
        return np.array([self.score_learn_one(x) for x in rows.events()], dtype=np.float64)

    @available_if(lambda self: hasattr(self, "explain_one"))  # type: ignore[untyped-decorator]
    def explain_many(self, X: Any, n: int = 3) -> Any:
        """The features that contribute most to the distance of each row, as `explain_one` says.

        Changes nothing. Rows and answers are as those of `ClippedZScore.explain_many`.

        Parameters
        ----------
        X
            Rows, as for `score_many`, which raises alike.
        n
            How many features of each row.
        """
        n = how_many(n)
        explain: Any = self.explain_one  # type: ignore[attr-defined]  # or this were not available
        rows = self._to_answer(self._read(X))
        return explained_like(rows, *largest_of(rows.events(), explain, n))

    def _read(self, X: Any) -> Any:
        """Rows of a table: numbers, unless what learns them takes more."""
        return rows_of(X)

    @abc.abstractmethod
    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn an event."""

    @abc.abstractmethod
    def score_one(self, x: dict[Any, Any]) -> float:
        """Score an event."""

    def score_learn_one(self, x: dict[Any, Any]) -> float:
        """Score an event, then learn it: `score_one` followed by `learn_one`."""
        score = self.score_one(x)
        self.learn_one(x)
        return score
