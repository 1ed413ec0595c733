"""An estimator that has been fitted, and what normality it finds usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from clipsgd_river.compat._event_window import LARGEST, EventWindow, numeric

# Of a Gaussian, how far the lower quartile lies from the median, in standard deviations.
QUARTILE = 0.6745
LARGEST_DISTANCE = 1e300


def seeded_clone(estimator: Any, seed: int) -> Any:
    """An unfitted clone, with ``seed`` for every ``random_state`` that is left open."""
    model = clone(estimator)
    unset = {
        name: seed
        for name, value in model.get_params().items()
        if value is None and name.split("__")[-1] == "random_state"
    }
    return model.set_params(**unset)


class FittedDetector:
    """Distances of events and rows under an estimator with ``score_samples``.

    Parameters
    ----------
    model
        The estimator, a clone that is ours.
    columns
        The features it sees, in its order, each with its column in the window.
    passes_missing
        Whether it takes NaN for a missing value; if not, the median of the column stands in.
    """

    def __init__(self, model: Any, columns: Mapping[Any, int], passes_missing: bool) -> None:
        self.model = model
        self.columns = list(columns.values())
        self.positions = {name: n for n, name in enumerate(columns)}
        self.passes_missing = passes_missing
        self.medians = np.full(len(columns), np.nan)
        self.usual = 0.0
        self.spread = 1.0

    def learn(self, window: EventWindow, *, goes_on: bool) -> None:
        """Fit the estimator on all rows of the window; with ``goes_on``, so that it can go on."""
        rows = window.all()
        self.set_medians(rows)
        learn = self.model.partial_fit if goes_on else self.model.fit
        learn(self.take(rows))
        self.refer(rows)

    def knows(self, names: list[Any]) -> bool:
        """Whether it was fitted on all of these features."""
        return all(name in self.positions for name in names)

    def row(self, event: Mapping[Any, Any]) -> NDArray[np.float64]:
        """An event as one row of the estimator; shape (1, columns)."""
        row = self.medians.copy()
        for name, content in event.items():
            value = numeric(name, content)
            position = self.positions.get(name)
            if position is not None and value == value:
                row[position] = max(min(value, LARGEST), -LARGEST)
        return row.reshape(1, -1)

    def take(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows of the window as rows of the estimator."""
        seen = rows[:, self.columns]
        return np.where(np.isnan(seen), self.medians, seen)

    def distances(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """(z + sqrt(z^2 + 4)) / 2 of rows of the estimator; z, how unusual they are."""
        normality = np.asarray(self.model.score_samples(rows), dtype=np.float64)
        with np.errstate(over="ignore"):
            z = (self.usual - normality) / self.spread
        # A normality that overflowed is that of an event far off.
        z = np.clip(np.nan_to_num(z, nan=np.inf), -LARGEST_DISTANCE, LARGEST_DISTANCE)
        far = (np.abs(z) + np.hypot(z, 2.0)) / 2.0
        distances: NDArray[np.float64] = np.where(z > 0.0, far, 1.0 / far)
        return distances

    def set_medians(self, rows: NDArray[np.float64]) -> None:
        """Take what stands in for missing values from rows of the window."""
        if self.passes_missing:
            return
        seen = rows[:, self.columns]
        known = ~np.isnan(seen).all(axis=0)
        # A feature that left keeps the median it had.
        self.medians[known] = np.nanmedian(seen[:, known], axis=0)

    def refer(self, rows: NDArray[np.float64]) -> None:
        """See what is usual: medians, normality and its spread, from rows of the window."""
        self.set_medians(rows)
        normality = np.asarray(self.model.score_samples(self.take(rows)), dtype=np.float64)
        lowest, low, self.usual = np.percentile(normality, [0.0, 25.0, 50.0]).tolist()
        # Where half of the events are alike, others give the spread, or the normality its size.
        self.spread = (self.usual - low) / QUARTILE or self.usual - lowest or abs(self.usual) or 1.0
