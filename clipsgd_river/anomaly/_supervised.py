"""What detectors that score a target given the event have in common: rows, state files."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river._faces.known_features import KnowsFeatures, known_features
from clipsgd_river._state.wrapper import SaveableWrapper
from clipsgd_river._tables.rows import Rows, rows_and_targets


class SupervisedDetector(KnowsFeatures, SaveableWrapper, base.SupervisedAnomalyDetector):
    """Base of `ResidualDetector` and `LabelDetector`."""

    _model: Any

    @property
    def _known_features(self) -> Collection[Any] | None:
        return known_features(self._model)

    def score_learn_one(
        self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target
    ) -> float:
        """Score an event, then learn it: `score_one` followed by `learn_one`."""
        score = self.score_one(x, y)
        self.learn_one(x, y)
        return score

    def learn_many(self, X: Any, y: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each.

        Parameters
        ----------
        X
            A pandas, polars or pyarrow frame with named columns, a list of events, or an array of
            shape (n, d), whose columns are the features 0..d-1. A NaN is left out of the event.
        y
            Targets, a sequence of n.
        """
        self.score_learn_many(X, y)

    def score_many(self, X: Any, y: Any) -> Any:
        """Scores of rows, in the caller's kind: ndarray (n,), or a Series with the frame's index.

        Changes nothing. ``ValueError`` if the model has learned none of the columns.
        """
        rows, targets = rows_and_targets(X, y)
        return rows.like_input(self._score_rows(self._to_answer(rows), targets), "score")

    def score_learn_many(self, X: Any, y: Any) -> NDArray[np.float64]:
        """Scores of rows, shape (n,), each before it is learned: `score_learn_one` on each."""
        rows, targets = rows_and_targets(X, y)
        return self._learn_rows(self._to_learn(rows), targets)

    def _learn_rows(self, rows: Rows, targets: list[Any]) -> NDArray[np.float64]:
        """Scores of rows, each before it is learned."""
        pairs = zip(rows.events(), targets, strict=True)
        return np.array([self.score_learn_one(x, y) for x, y in pairs], dtype=np.float64)

    def _score_rows(self, rows: Rows, targets: list[Any]) -> NDArray[np.float64]:
        pairs = zip(rows.events(), targets, strict=True)
        return np.array([self.score_one(x, y) for x, y in pairs], dtype=np.float64)
