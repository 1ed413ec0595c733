"""What the linear models share: rows, state, both faces over one kernel."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from river import base
from sklearn.base import BaseEstimator

from clipsgd_river import _settings
from clipsgd_river._faces.kernel_owner import KernelOwner
from clipsgd_river._kernels.linear_model.linear import LinearKernel
from clipsgd_river._tables.rows import Rows, rows_of

if TYPE_CHECKING:
    from sklearn.utils import Tags


#: Checks of the parameters that linear models share.
SHARED = {
    "learning_rate": _settings.learning_rate,
    "clip": _settings.clip,
    "warm_up": _settings.warm_up,
    "max_features": _settings.max_features,
}


class ClippedLinearModel(KernelOwner, BaseEstimator):  # type: ignore[misc]
    """Base of the linear models: River's face and scikit-learn's on one object.

    State exists from the first event on, not from the constructor; parameters are checked then.
    One model belongs to one thread at a time, for predictions too.
    """

    _kernel_class: ClassVar[type[LinearKernel]] = LinearKernel
    _checks: ClassVar[Any] = SHARED

    def learn_many(self, X: Any, y: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each.

        Parameters
        ----------
        X
            A pandas, polars or pyarrow frame with named columns, a list of events, or an array of
            shape (n, d), whose columns are the features 0..d-1. ``docs/rows.md`` says what is read.
        y
            Targets or labels, a sequence of n.

        Raises
        ------
        TypeError, ValueError
            If a column holds something other than numbers, or an array without names comes after
            features with names. Nothing is then learned.
        """
        self._learn_taught(self._to_learn(rows_of(X)), y)

    def fit(self, X: Any, y: Any) -> Self:
        """Forget everything, then learn rows in order.

        Parameters
        ----------
        X
            Rows, as for `learn_many`; at least one, and one column.
        y
            Targets or labels, array-like of shape (n_samples,).
        """
        rows, y = self._validated(X, y, reset=True)
        self._forget()
        return self._learn_taught(rows, y)

    @abc.abstractmethod
    def _learn_taught(self, rows: Rows, y: Any) -> Self:
        """Learn rows in order, with targets or labels as they were given."""

    @abc.abstractmethod
    def _validated(self, X: Any, y: Any, *, reset: bool) -> tuple[Rows, Any]:
        """Rows and targets or labels, checked as scikit-learn does."""

    @property
    def features_(self) -> list[base.typing.FeatureName]:
        """Feature names in order of first appearance."""
        self._check_learned()
        return list(self._kernel.features.names)

    def _columns(self) -> list[Any]:
        """Features in the order of the columns, or of first appearance where there are none."""
        if hasattr(self, "feature_names_in_"):
            return list(self.feature_names_in_)
        if hasattr(self, "n_features_in_"):
            return list(range(self.n_features_in_))
        return self.features_

    def _weights_of(self, unit: Any) -> dict[Any, float]:
        return dict(zip(self._kernel.features.names, unit.weights.memory, strict=False))

    def _intercept_of(self, unit: Any) -> float:
        size = self._kernel.features.size
        weights = np.array(unit.weights.memory[:size])
        location = np.array(self._kernel.inputs.location.memory[:size])
        return float(unit.centre - weights @ location)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _learn_rows(self, rows: Rows, targets: NDArray[np.float64]) -> Self:
        """Learn rows in order; a missing target teaches nothing."""
        if len(targets) != len(rows.values):
            raise ValueError(f"{len(rows.values)} rows need as many targets, not {len(targets)}")
        known = ~np.isnan(targets)
        rows = rows.where(known)
        targets = np.require(targets[known], dtype=np.float64, requirements=["C", "W"])
        for part, flat in rows.chunks():
            self._kernel.run_targets(flat, rows.names, targets[part], None)
        return self

    def _predict_rows(self, rows: Rows) -> NDArray[np.float64]:
        """Predictions, one row of the result per row."""
        width = self._kernel.outputs
        out = np.zeros((len(rows.values), width))
        for part, flat in rows.chunks():
            self._kernel.run_targets(flat, rows.names, None, out[part].reshape(-1))
        return out
