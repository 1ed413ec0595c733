"""Tables through a transformer on a kernel: River's mini-batches and scikit-learn's face."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from river import base
from river.utils.dataframe import to_native_frame
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from clipsgd_river._faces.kernel_owner import KernelOwner
from clipsgd_river._tables.fitted import are_given

if TYPE_CHECKING:
    from sklearn.utils import Tags


class RowTransformer(
    KernelOwner,
    OneToOneFeatureMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
    base.MiniBatchTransformer,
):
    """Base of the transformers of one number per feature, of River and of scikit-learn.

    A subclass says how it takes a table apart, learns the rows and transforms them.
    """

    @abc.abstractmethod
    def _rows(self, X: Any) -> Any:
        """Take a table apart."""

    @abc.abstractmethod
    def _validated(self, X: Any, *, reset: bool) -> Any:
        """Take a table apart as scikit-learn's estimators do, which remember width and names."""

    @abc.abstractmethod
    def _learn(self, rows: Any) -> None:
        """Learn rows in order."""

    @abc.abstractmethod
    def _transformed(self, rows: Any) -> NDArray[np.float64]:
        """Rows transformed, shape (n, d). Changes nothing."""

    def learn_many(self, X: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each.

        Parameters
        ----------
        X
            A pandas, polars or pyarrow frame with named columns, a list of events, or an array of
            shape (n, d), whose columns are the features 0..d-1. ``docs/rows.md`` says what is read.

        Raises
        ------
        TypeError, ValueError
            If a column holds what an event must not, or an array without names comes after features
            with names. Nothing is then learned.
        """
        self._learn(self._to_learn(self._rows(X)))

    def transform_many(self, X: Any) -> Any:
        """Transformed rows: a frame of the caller's kind with its index, or an ndarray.

        Of a list of events a list of events, which keeps the names. Changes nothing.

        Raises
        ------
        TypeError, ValueError
            If a column holds what an event must not, or not one of the columns was ever learned.
        """
        rows = self._to_answer(self._rows(X))
        found = self._transformed(rows)
        if rows.frame is None:
            if not are_given(rows.names):
                return found
            return [dict(zip(rows.names, row, strict=True)) for row in found.tolist()]
        # Only the mapping form takes names of any type.
        columns = {name: found[:, at] for at, name in enumerate(rows.names)}
        return to_native_frame(columns, like=rows.frame)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Forget everything and learn rows in order.

        Parameters
        ----------
        X
            Rows, as for `learn_many`; at least one, and one column.
        y
            Ignored.
        """
        rows = self._validated(X, reset=True)
        self._forget()
        self._learn(rows)
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Go on learning, row by row.

        Parameters
        ----------
        X, y
            As in `fit`.
        """
        table, first = self._next_table(X)
        self._learn(self._validated(table, reset=first))
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Transformed rows, by the estimates as they are now.

        Returns
        -------
        ndarray of shape (n_samples, n_features), or what ``set_output`` asks for.

        Raises
        ------
        NotFittedError
            If nothing has been learned.
        """
        self._check_learned()
        return self._transformed(self._to_answer(self._validated(X, reset=False)))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
