"""The mean of a vector, by the algorithm of the theory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river import _settings
from clipsgd_river._kernels.stats.vector_mean import VectorMeanKernel
from clipsgd_river._state.saveable import Saveable
from clipsgd_river._tables.known import require_names
from clipsgd_river._tables.rows import Rows, rows_of

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedVectorMean(Saveable, base.Base):
    r"""Mean of several features at once, by clipped SGD in their own units.

    .. math:: \theta \leftarrow \mathrm{Proj}_R\bigl(\theta + \eta_t\,\mathrm{clip}(x_t - \theta,
              \lambda_t)\bigr), \qquad
              \mathrm{clip}(g, \lambda) = g \min(1, \lambda / \|g\|_2)

    The estimator of [1]_ for the mean, with its settings by name: choose it to follow the paper, or
    where all features share one unit and their deviations are clipped together. Where units differ,
    `clipsgd_river.preprocessing.ClippedScaler` has a location and a scale per feature; for one
    variable and a radius of confidence there is `ClippedMean`.

    Parameters
    ----------
    learning_rate
        Step size eta: ``"averaging"``, 1/t; otherwise as in `clipsgd_river.anomaly.ClippedZScore`.
    clip
        As in `clipsgd_river.anomaly.ClippedZScore`; a number is in the unit of x.
    radius
        Radius R of a ball around 0 in which the mean is known to lie, in the unit of x; ``None``
        for no such knowledge.
    warm_up
        Events whose medians give the first mean, 1 to 10,000. With 1 it is the first event, as in
        the paper.
    max_features
        Once there are so many, a new one takes the place of a feature unseen for 10,000 events; if
        there is none, it raises a ``ValueError``.

    Notes
    -----
    O(features present) per event, O(d) where there is a radius; 92 bytes per feature, 8 warm_up
    more while features start, and 600 more for one whose values repeat: its frequent values are not
    clipped, as medians of deviations would be 0 there. Missing features (no key, ``None``, NaN)
    teach nothing; what is beyond 1e150 counts as 1e150.

    Departs from [1]_ in the automatic step and threshold, which need no bound on the variance, and
    in the start by medians.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.

    Examples
    --------
    >>> from clipsgd_river.datasets import Corruption, ObliviousAdversary, RandomWalk
    >>> from clipsgd_river.metrics import Regret
    >>> from clipsgd_river.stats import ClippedVectorMean
    >>> stream = ObliviousAdversary("student", RandomWalk(0.01), Corruption(0.05), 2000, 2)
    >>> mean, regret = ClippedVectorMean(), Regret()
    >>> for (x, _), truth in zip(stream, stream.drawn.truth):
    ...     regret.update(dict(enumerate(truth)), mean.get())
    ...     mean.update(x)
    >>> regret.get() < 0.3
    True
    """

    _kernel_class: ClassVar[type[VectorMeanKernel]] = VectorMeanKernel

    def __init__(
        self,
        *,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        radius: float | None = None,
        warm_up: int = 20,
        max_features: int = 10_000,
    ) -> None:
        self.learning_rate = learning_rate
        self.clip = clip
        self.radius = radius
        self.warm_up = warm_up
        self.max_features = max_features
        self._kernel = self._kernel_class(
            {
                "learning_rate": _settings.learning_rate(learning_rate, _settings.RULES_OF_MEANS),
                "clip": _settings.clip(clip),
                "radius": None if radius is None else _settings.positive("radius", radius),
                "warm_up": _settings.warm_up(warm_up),
                "max_features": _settings.count("max_features", max_features),
            }
        )

    def update(self, x: dict[base.typing.FeatureName, Any]) -> None:
        """Take one clipped step on an event: feature name -> number.

        Raises
        ------
        TypeError, ValueError
            If a value is not a number, or a new feature would exceed ``max_features``. Nothing
            of the event is then learned.
        """
        self._kernel.learn_one(x)

    def get(self) -> dict[base.typing.FeatureName, float]:
        """Mean of each feature seen so far."""
        return dict(zip(self._kernel.features.names, self._kernel.mean.memory, strict=False))

    def update_many(self, X: Any) -> None:
        """Take one step on each row in order; the same as `update` on each.

        Parameters
        ----------
        X
            A pandas, polars or pyarrow frame with named columns, a list of events, or an array of
            shape (n, d), whose columns are the features 0..d-1. NaN is missing.
        """
        rows = self._rows(X)
        for part, flat in rows.chunks():
            self._kernel.learn_rows(flat, rows.names, part.stop - part.start)

    def get_update_many(self, X: Any) -> NDArray[np.float64]:
        """Mean before each row, which is then learned; 0 before anything was.

        Returns
        -------
        ndarray of shape (n, d)
        """
        rows = self._rows(X)
        means = np.empty(rows.values.shape)
        for part, flat in rows.chunks():
            means[part] = np.reshape(self._kernel.trace_rows(flat, rows.names), means[part].shape)
        return means

    def _rows(self, X: Any) -> Rows:
        """Rows to learn; ``ValueError`` if they lack the names that known features have."""
        rows = rows_of(X)
        require_names(self, rows.names, self._kernel.features.positions)
        return rows

    @property
    def n(self) -> int:
        """Events learned so far."""
        return int(self._kernel.events)
