"""Features in units of their own robust, drifting scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river import _settings
from clipsgd_river._kernels import COMPILED
from clipsgd_river._kernels.preprocessing.scaler import ScalerKernel
from clipsgd_river._tables.fitted import validated_rows
from clipsgd_river._tables.rows import Rows, rows_of
from clipsgd_river.preprocessing._row_transformer import RowTransformer

if TYPE_CHECKING:
    from river.optim.base import Scheduler


def checked_squash(value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"squash is True or False, not {value!r}")
    return bool(value)


class ClippedScaler(RowTransformer):
    r"""Centres and scales each feature by its clipped mean and standard deviation.

    Choose it over `river.preprocessing.StandardScaler` and `MinMaxScaler` where an outlier must not
    squeeze all later events into a point, and where a level that really changes must be followed.
    For models that want values in [0, 1], as `river.anomaly.HalfSpaceTrees` does, set ``squash``.

    .. math:: z_j = (x_j - m_j) / s_j, \qquad
              z_j \mapsto \tfrac12 \bigl(1 + z_j / (6 + |z_j|)\bigr) \text{ if squashed},

    with m and s those of `clipsgd_river.anomaly.ClippedZScore`.

    Parameters
    ----------
    squash
        Whether to map the scaled values to [0, 1]: 0.5 is the mean, 0.25 and 0.75 lie six standard
        deviations off.
    learning_rate, clip, warm_up, max_features
        As in `clipsgd_river.anomaly.ClippedZScore`.

    Notes
    -----
    O(features present) per event; 96 d + 160 bytes beside the names, and up to 620 for each
    feature that repeats values.

    A missing value (NaN, ``None``), a feature never seen and a constant become 0, or 0.5 squashed:
    the expected value. A constant that changes deviates by sqrt(n) after n events. Infinite values
    count as 1e150; scaled values are at most 1e35. One scaler belongs to one thread at a time.

    Examples
    --------
    >>> from river import datasets, preprocessing
    >>> from clipsgd_river.preprocessing import ClippedScaler
    >>> ours, rivers = ClippedScaler(), preprocessing.StandardScaler()
    >>> for i, (x, _) in enumerate(datasets.TrumpApproval()):
    ...     x = {"gallup": 1e6 if i == 500 else x["gallup"]}
    ...     ours.learn_one(x)
    ...     rivers.learn_one(x)
    >>> low, high = {"gallup": 36.0}, {"gallup": 42.0}
    >>> for scaler in (ours, rivers):
    ...     a, b = (scaler.transform_one(x)["gallup"] for x in (low, high))
    ...     print(round(b - a, 2))
    2.46
    0.0
    """

    _kernel: ScalerKernel
    _kernel_class: ClassVar[type[ScalerKernel]] = ScalerKernel
    _checks: ClassVar[Any] = {
        "squash": checked_squash,
        "learning_rate": _settings.learning_rate,
        "clip": _settings.clip_of_scale,
        "warm_up": _settings.warm_up,
        "max_features": _settings.max_features,
    }

    def __init__(
        self,
        *,
        squash: bool = False,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        max_features: int = 10_000,
    ) -> None:
        self.squash = squash
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.max_features = max_features

    def learn_one(self, x: dict[base.typing.FeatureName, Any]) -> None:
        """Take one clipped SGD step on an event.

        Parameters
        ----------
        x
            Feature name -> number. Missing features teach nothing, new ones start.

        Raises
        ------
        TypeError, ValueError
            If a value is not a number, or a new feature would exceed ``max_features``. Nothing
            of the event is then learned.
        """
        self._kernel.learn_one(x)

    def transform_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, float]:
        """Scaled event, with the same keys. Changes nothing.

        Raises
        ------
        TypeError
            If a value is not a number.
        """
        scaled: dict[base.typing.FeatureName, float] = self._kernel.transform_one(x)
        return scaled

    @property
    def location_(self) -> NDArray[np.float64]:
        """Clipped mean of each feature, in its unit, ordered as `features_`; shape (d,)."""
        self._check_learned()
        return np.array(self._kernel.standard.location.memory[: self._kernel.features.size])

    @property
    def scale_(self) -> NDArray[np.float64]:
        """Clipped standard deviation of each feature, in its unit; 0 for a constant; shape (d,)."""
        self._check_learned()
        return np.array(self._kernel.standard.scale.memory[: self._kernel.features.size])

    @property
    def features_(self) -> list[base.typing.FeatureName]:
        """Feature names in order of first appearance."""
        self._check_learned()
        return list(self._kernel.features.names)

    def _rows(self, X: Any) -> Rows:
        return rows_of(X)

    def _validated(self, X: Any, *, reset: bool) -> Rows:
        return validated_rows(self, X, reset=reset)

    def _learn(self, rows: Rows) -> None:
        for part, flat in rows.chunks():
            self._kernel.learn_rows(flat, rows.names, part.stop - part.start)

    def _transformed(self, rows: Rows) -> NDArray[np.float64]:
        scaled = np.empty_like(rows.values)
        for part, flat in rows.chunks():
            out = scaled[part].reshape(-1) if COMPILED else [0.0] * len(flat)
            self._kernel.transform_rows(flat, rows.names, out)
            if not COMPILED:
                scaled[part] = np.reshape(out, scaled[part].shape)
        return scaled
