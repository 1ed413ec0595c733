"""Logistic regression that wrong labels cannot pull far."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from river import base
from river.utils.dataframe import to_native_frame
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from clipsgd_river import _settings
from clipsgd_river._kernels.core.archived import IN_USE
from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._kernels.linear_model.logistic import LogisticKernel
from clipsgd_river._state import file_format
from clipsgd_river._tables.fitted import validated_rows, validated_rows_and_targets
from clipsgd_river._tables.rows import Rows, rows_of
from clipsgd_river.linear_model.base import SHARED, ClippedLinearModel

if TYPE_CHECKING:
    from river.optim.base import Scheduler


def checked_label_noise(value: Any) -> Any:
    """The share of labels that are random, or a rule that finds it."""
    if isinstance(value, str):
        if value != "auto":
            raise ValueError(f"label_noise is 'auto' or a number in [0, 1), not {value!r}")
        return value
    noise = _settings.number("label_noise", value)
    if not 0.0 <= noise < 1.0:
        raise ValueError(f"label_noise is at least 0 and below 1, not {value!r}")
    return noise


class ClippedLogisticRegression(ClassifierMixin, ClippedLinearModel, base.MiniBatchClassifier):  # type: ignore[misc]
    """Logistic regression by clipped SGD, for two classes or more, robust to wrong labels.

    Choose it for a stream of labelled events where some labels are wrong, where the concept
    drifts or jumps, and where nobody will tune a learning rate or scale features. Classes may
    appear at any time. The share of wrong labels is learned with the weights, and a label that is
    probably wrong teaches little; when fifty events in a row are missed by far, the concept has
    changed and learning starts anew. ``docs/logistic_regression.md`` has the model and its step.

    Parameters
    ----------
    learning_rate
        Step size eta in units of a Newton step, by the rules of
        `clipsgd_river.anomaly.ClippedZScore`; ``"auto"`` is at least 0.0002. At least
        2/(n + 2 d) at the n-th event of d features since the start or the last change of concept
        (which only ``"auto"`` heeds).
    clip
        Clip threshold lambda on the norm of the gradient: ``"auto"``, sqrt(d + 1), what a certain
        and wrong prediction has at a typical event (a running median would vanish once the model
        fits); ``"growing"``, that times the fourth root of the memory; a positive number; ``None``.
    label_noise
        Share of labels that are random, uniform over the classes: ``"auto"`` estimates it between
        0.001 and 0.5; a number in [0, 1) is a constant, 0 plain logistic regression. With two
        classes it is twice the share of labels that are wrong.
    warm_up
        Events whose medians give the first location and scale of each feature, 1 to 10,000; its
        weight learns from the ninth on.
    max_features, max_classes
        More classes than this raise a ``ValueError``, and more features, unless one that was unseen
        for 10,000 events gives its place to the new one.

    Notes
    -----
    A missing feature counts as its location and teaches nothing; a missing label (``None``, NaN)
    teaches nothing at all.

    Cost O(features present) per event and class (two classes cost as one); 220 bytes per feature,
    100 per feature and class, and 600 for a feature that repeats values.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023. Departs from it in the standardised features, the automatic step, the
       model of random labels and the natural gradient.

    Examples
    --------
    One label in ten is wrong:

    >>> import random
    >>> from clipsgd_river.linear_model import ClippedLogisticRegression
    >>> rng = random.Random(0)
    >>> model = ClippedLogisticRegression()
    >>> for i in range(5000):
    ...     x = {"load": rng.gauss(50, 10), "heat": rng.gauss(0, 1)}
    ...     label = "hot" if x["load"] - 50 + 10 * x["heat"] > 0 else "cold"
    ...     if i % 10 == 0:
    ...         label = "cold" if label == "hot" else "hot"
    ...     model.learn_one(x, label)
    >>> model.predict_one({"load": 60, "heat": 0.5}), model.predict_one({"load": 40, "heat": 0})
    ('hot', 'cold')
    """

    _kernel: LogisticKernel
    _kernel_class: ClassVar[type[LogisticKernel]] = LogisticKernel
    _checks: ClassVar[Any] = {
        **SHARED,
        "max_classes": partial(_settings.count, "max_classes"),
        "label_noise": checked_label_noise,
    }

    def __init__(
        self,
        *,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        label_noise: str | float = "auto",
        warm_up: int = 20,
        max_features: int = 10_000,
        max_classes: int = 1_000,
    ) -> None:
        self.learning_rate = learning_rate
        self.clip = clip
        self.label_noise = label_noise
        self.warm_up = warm_up
        self.max_features = max_features
        self.max_classes = max_classes

    @property
    def _multiclass(self) -> bool:
        return True

    def learn_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.ClfTarget) -> None:
        """Take one clipped SGD step on an event.

        Parameters
        ----------
        x
            Feature name -> number.
        y
            The label, hashable; ``None`` and NaN teach nothing.

        Raises
        ------
        TypeError
            If a value is not a number; nothing of the event is then learned.
        ValueError
            If there would be more than ``max_features`` features or ``max_classes`` classes.
        """
        if self._is_new(y):
            # A refused event must not leave a class behind.
            self._kernel.check_one(x)
        self._kernel.teach_one(x, self._index(y))

    def predict_proba_one(  # type: ignore[override]
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.ClfTarget, float]:
        """Probability of each label seen so far; empty before anything was learned."""
        found = self._kernel.predict_one(x)
        # Labels only ever join, at the end: not strict, should another thread add one just now.
        return dict(zip(self._labels, found, strict=False))

    def predict_one(  # type: ignore[override]
        self, x: dict[base.typing.FeatureName, Any]
    ) -> base.typing.ClfTarget | None:
        """Most probable label, the earlier one of equals; ``None`` before anything was learned."""
        found = self._kernel.predict_one(x)
        if not self._labels:
            return None
        best = found.index(max(found))
        labels: list[base.typing.ClfTarget] = list(self._labels)
        return labels[best]

    def predict_proba_many(self, X: Any) -> Any:
        """Probabilities, one column per label in order of appearance: an array, or a frame."""
        rows = self._to_answer(rows_of(X))
        labels, found = self._predict_labels(rows)
        if rows.frame is None:
            return found
        # Only the mapping form takes labels of any type as names of columns.
        columns = {label: found[:, index] for index, label in enumerate(labels)}
        return to_native_frame(columns, like=rows.frame)

    def predict_many(self, X: Any) -> Any:
        """Most probable label of each row: an array, or a Series with the frame's index."""
        rows = self._to_answer(rows_of(X))
        labels, found = self._predict_labels(rows)
        if labels:
            best = _array(labels)[found.argmax(axis=1)]
        else:
            best = np.full(len(rows.values), None, dtype=object)
        return rows.like_input(best, "label")

    @property
    def coefficients(self) -> dict[base.typing.FeatureName, float]:
        """Weight of each feature in the log odds of the second of two `classes_`.

        Raises
        ------
        ValueError
            With more classes; `coef_` then has a row for each.
        """
        if len(self._labels) > 2:
            raise ValueError(
                f"there are {len(self._labels)} classes, each with weights of its own: see coef_"
            )
        if not self._kernel.units:
            return dict.fromkeys(self._kernel.features.names, 0.0)
        sign = self._sign()
        weights = self._weights_of(self._kernel.units[0])
        return {name: sign * weight for name, weight in weights.items()}

    @property
    def classes_(self) -> NDArray[Any]:
        """Labels seen so far, sorted."""
        self._check_learned()
        return _array(_sorted(list(self._labels)))

    @property
    def coef_(self) -> NDArray[np.float64]:
        """Weights per class in the order of `classes_`; one row for two classes; shape (k, d)."""
        self._check_learned()
        columns = self._columns()
        if len(self._labels) <= 2:
            weights = self.coefficients
            return np.array([[weights.get(name, 0.0) for name in columns]])
        labels = _sorted(list(self._labels))
        rows = [self._weights_of(unit) for unit in self._kernel.units]
        return np.array(
            [[rows[self._labels[label]].get(name, 0.0) for name in columns] for label in labels]
        )

    @property
    def intercept_(self) -> NDArray[np.float64]:
        """Log odds, or logit of each class, at the origin; shape (1,) or (k,)."""
        self._check_learned()
        labels = _sorted(list(self._labels))
        found = [self._intercept_of(unit) for unit in self._kernel.units] or [0.0]
        if len(found) == 1:
            return np.array([self._sign() * found[0]])
        return np.array([found[self._labels[label]] for label in labels])

    @property
    def label_noise_(self) -> float:
        """Estimated share of random labels."""
        self._check_learned()
        return float(self._kernel.noise)

    def _forget(self) -> None:
        super()._forget()
        self.__dict__.pop("_labels_seen", None)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Go on learning, row by row; the same as `learn_one` on each.

        Parameters
        ----------
        X, y
            As in `fit`.
        classes
            Labels to expect, so that each has a probability at once; may be left out.
        """
        table, first = self._next_table(X)
        rows, labels = self._validated(table, y, reset=first)
        if classes is not None:
            for label in np.unique(np.asarray(classes)).tolist():
                self._index(label)
        return self._learn_taught(rows, labels)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each class in the order of `classes_`; shape (n_samples, n_classes)."""
        self._check_learned()
        return self._predict_sorted_labels(X)[1]

    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable class of each row; shape (n_samples,)."""
        self._check_learned()
        labels, shares = self._predict_sorted_labels(X)
        found: NDArray[Any] = _array(labels)[shares.argmax(axis=1)]
        return found

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Log odds of the second class, shape (n_samples,), or log probabilities of each."""
        # Far out, a probability rounds to 0; its logarithm is then that of the smallest double.
        smallest = np.finfo(np.float64).tiny
        logs = np.log(np.maximum(self.predict_proba(X), smallest))
        return logs[:, 1] - logs[:, 0] if logs.shape[1] == 2 else logs

    @property
    def _labels(self) -> dict[Any, int]:
        """Label -> index of the class in the kernel, in order of appearance."""
        labels: dict[Any, int] = self.__dict__.setdefault("_labels_seen", {})
        return labels

    def _is_new(self, label: Any) -> bool:
        return label not in self._labels and not is_missing(label)

    def _index(self, label: Any) -> float:
        """Index of a label, which becomes a class if it is new; NaN for a missing one."""
        index = self._labels.get(label)
        if index is None:
            if is_missing(label):
                return float("nan")
            if isinstance(label, np.generic):
                label = label.item()
            index = self._kernel.class_of(label, self._labels)
        return float(index)

    def _predict_labels(self, rows: Rows) -> tuple[list[Any], NDArray[np.float64]]:
        """Labels in order of appearance, and their probabilities for each row."""
        labels = list(self._labels)
        if not labels:
            return labels, np.zeros((len(rows.values), 0))
        found = self._predict_rows(rows)
        if found.shape[1] != len(labels):
            raise RuntimeError(IN_USE)
        return labels, found

    def _predict_sorted_labels(self, X: Any) -> tuple[list[Any], NDArray[np.float64]]:
        """Labels in the order of `classes_`, and their probabilities for each row."""
        rows = self._to_answer(validated_rows(self, X, reset=False))
        labels, found = self._predict_labels(rows)
        order = {label: index for index, label in enumerate(labels)}
        labels = _sorted(labels)
        return labels, found[:, [order[label] for label in labels]]

    def _learn_taught(self, rows: Rows, y: Any) -> Self:
        """Learn rows, each new label becoming a class just before its row, as one by one."""
        labels = _labels_of(y)
        targets = np.full(len(labels), np.nan)
        start = 0
        for i, label in enumerate(labels):
            if self._is_new(label):
                self._learn_rows(Rows(rows.values[start:i], rows.names), targets[start:i])
                start = i
            targets[i] = self._index(label)
        return self._learn_rows(Rows(rows.values[start:], rows.names), targets[start:])

    def _validated(self, X: Any, y: Any, *, reset: bool) -> tuple[Rows, Any]:
        rows, labels = validated_rows_and_targets(self, X, y, reset=reset)
        check_classification_targets(labels)
        return rows, labels

    def _sign(self) -> float:
        """1.0 if the kernel's log odds are those of the second of `classes_`, else -1.0."""
        labels = _sorted(list(self._labels))
        return -1.0 if len(labels) == 2 and self._labels[labels[1]] == 0 else 1.0

    def _extra_fields(self) -> dict[str, Any]:
        return {"labels": [file_format.encode_name(label) for label in list(self._labels)]}

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        found = fields.get("labels")
        if not isinstance(found, list):
            raise ValueError("the state names no labels: it is damaged")
        labels = [file_format.decode_name(label) for label in found]
        self.__dict__["_labels_seen"] = {label: index for index, label in enumerate(labels)}
        if len(self._labels) != len(labels) or len(labels) != self._kernel.classes:
            raise ValueError("the state's labels do not fit its classes: it is damaged")


def _labels_of(y: Any) -> list[Any]:
    """Labels of rows as plain Python values."""
    values = np.asarray(y, dtype=None if hasattr(y, "dtype") else object)
    if values.ndim != 1:
        raise ValueError(f"labels have shape (n,), not {values.shape}")
    labels: list[Any] = values.tolist()
    return labels


def _sorted(labels: list[Any]) -> list[Any]:
    """Labels in their order; of several types, they have none but that of their appearance."""
    try:
        return sorted(labels)
    except TypeError:
        return labels


def _array(labels: list[Any]) -> NDArray[Any]:
    """Labels as an array of their own type if they have one, else of objects."""
    kinds = {type(label) for label in labels}
    if len(kinds) == 1 and kinds <= {str, int, float, bool}:
        return np.array(labels)
    found = np.empty(len(labels), dtype=object)
    found[:] = labels
    return found
