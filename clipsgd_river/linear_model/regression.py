"""Linear regression that a corrupted target cannot pull far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from river import base
from sklearn.base import RegressorMixin

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._kernels.linear_model.regression import RegressionKernel
from clipsgd_river._tables.fitted import validated_rows, validated_rows_and_targets
from clipsgd_river._tables.rows import Rows, rows_of
from clipsgd_river.linear_model.base import ClippedLinearModel

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedLinearRegression(RegressorMixin, ClippedLinearModel, base.MiniBatchRegressor):  # type: ignore[misc]
    r"""Linear regression by clipped SGD: no scaling, no step to choose, robust to gross errors.

    Choose it for a stream of numbers where some targets or features are wrong, where coefficients
    drift or jump, and where nobody tunes a learning rate. With z the features standardised by
    their clipped location and scale, v = z clipped in its norm, and e = y - f(x), the step [1]_ is

    .. math:: \beta_j \leftarrow \beta_j + \eta\, e\, v_j / s_j \cdot
              \min\left(1, \frac{\lambda}{|e| \sqrt{1 + \|v\|^2}}\right);

    the intercept takes such a step, too, of its own size.

    Parameters
    ----------
    learning_rate
        Step size eta on standardised features, as in `clipsgd_river.anomaly.ClippedZScore`, but at
        least 1/(n + d) for a feature's n-th event of d features, and never beyond the step that
        would fit the event exactly.
    clip
        As in `clipsgd_river.anomaly.ClippedZScore`; a number is in units of the target times
        standard deviations.
    warm_up
        Events whose medians give the first location and scale of each feature and the first
        intercept, 1 to 10,000; weights learn afterwards.
    max_features
        Once there are so many, a new one takes the place of a feature unseen for 10,000 events; if
        there is none, it raises a ``ValueError``.

    Notes
    -----
    A missing feature (no key, ``None``, NaN) counts as its location and teaches nothing; a missing
    target teaches nothing at all. Where the noise is asymmetric, clipping leaves the intercept off
    its mean, and ``clip="growing"`` lets this vanish.

    Cost O(features present) per event; 250 bytes per feature, and 600 for one that
    repeats values.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023. Departs from it in the standardised features and the automatic step and
       threshold.

    Examples
    --------
    One target in ten is nonsense:

    >>> import random
    >>> from clipsgd_river.linear_model import ClippedLinearRegression
    >>> rng = random.Random(0)
    >>> model = ClippedLinearRegression()
    >>> for i in range(5000):
    ...     x = {"rooms": rng.gauss(4, 1), "area": rng.gauss(9e4, 2e4)}
    ...     y = 10 * x["rooms"] + 1e-3 * x["area"] + rng.gauss(0, 1)
    ...     model.learn_one(x, 1e9 if i % 10 == 0 else y)
    >>> round(model.coefficients["rooms"], 1), round(model.coefficients["area"], 4)
    (10.0, 0.001)
    """

    _kernel: RegressionKernel
    _kernel_class: ClassVar[type[RegressionKernel]] = RegressionKernel

    def __init__(
        self,
        *,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        max_features: int = 10_000,
    ) -> None:
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.max_features = max_features

    def learn_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.RegTarget) -> None:
        """Take one clipped SGD step on an event.

        Parameters
        ----------
        x
            Feature name -> number.
        y
            The target; ``None`` and NaN teach nothing, infinite counts as huge.

        Raises
        ------
        TypeError, ValueError
            If a value is not a number, or a new feature would exceed ``max_features``. Nothing
            of the event is then learned.
        """
        self._kernel.teach_one(x, y if type(y) is float else as_float("y", y, "the target"))

    def predict_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Expected target of an event; 0.0 before anything was learned. Changes nothing."""
        value: float = self._kernel.value_one(x)
        return value

    def predict_many(self, X: Any) -> Any:
        """Expected targets of rows: ndarray (n,), or a Series with the frame's index."""
        rows = self._to_answer(rows_of(X))
        return rows.like_input(self._predict_rows(rows)[:, 0], "the target")

    @property
    def coefficients(self) -> dict[base.typing.FeatureName, float]:
        """Weight of each feature, in units of the target per unit of the feature."""
        return self._weights_of(self._kernel.unit)

    def partial_fit(self, X: Any, y: Any) -> Self:
        """Go on learning, row by row; the same as `learn_one` on each."""
        table, first = self._next_table(X)
        return self._learn_taught(*self._validated(table, y, reset=first))

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Expected target of each row, shape (n_samples,)."""
        self._check_learned()
        rows = self._to_answer(validated_rows(self, X, reset=False))
        return self._predict_rows(rows)[:, 0]

    @property
    def coef_(self) -> NDArray[np.float64]:
        """Weights in the order of the columns, or of `features_`; shape (d,)."""
        self._check_learned()
        weights = self.coefficients
        return np.array([weights.get(name, 0.0) for name in self._columns()])

    @property
    def intercept_(self) -> float:
        """Value at the origin, in units of the target."""
        self._check_learned()
        return self._intercept_of(self._kernel.unit)

    def _learn_taught(self, rows: Rows, y: Any) -> Self:
        return self._learn_rows(rows, _numbers(y))

    def _validated(self, X: Any, y: Any, *, reset: bool) -> tuple[Rows, Any]:
        return validated_rows_and_targets(self, X, y, reset=reset, y_numeric=True)


def _numbers(y: Any) -> NDArray[np.float64]:
    values = np.asarray(y)
    if values.ndim != 1:
        raise ValueError(f"targets have shape (n,), not {values.shape}")
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    numbers = [as_float("y", target, "the target") for target in values.tolist()]
    return np.array(numbers, dtype=np.float64)
