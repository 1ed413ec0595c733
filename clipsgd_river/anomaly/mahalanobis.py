"""All features together, against a clipped covariance."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from clipsgd_river._kernels.anomaly.covariance import CovariancePart
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedMahalanobis(ClippedDetector):
    r"""All features together, against a robust, drifting location and covariance.

    The best single detector on tables of numbers: it also sees events whose features are each
    ordinary but do not go together. O(d^2) per event; for hundreds of features, or events with few
    of many features, choose `ClippedZScore`.

    With z the deviations in scales, shrunk at first as in `ClippedZScore`, u = z clipped to +-4 in
    each coordinate and P the inverse of the clipped covariance of u with ridge 0.03,

    .. math:: r = u^\top P u + \sum_{|z_j| > 4} 2 \log(|z_j| / 4).

    Parameters
    ----------
    learning_rate
        As in `ClippedZScore`. With ``"auto"`` the covariance has a memory of 200 events, or twice
        the number of features if that is more; otherwise its step is the one that the location
        took before, at most 1 / (2 d).
    clip
        As in `ClippedZScore`; the step of the covariance is clipped too, on the Mahalanobis norm
        sqrt(u'Pu), at 1.5 times its running median if automatic.
    warm_up
        As in `ClippedZScore`; until then the feature counts as uncorrelated.
    contamination, max_features
        As in `ClippedZScore`; memory grows with d^2, 8 MB at 1,000 features.

    Notes
    -----
    Cost O(d^2) per event, d the features in use: one that is new counts once it has started (at
    once among the first), and no longer when it was absent for 50 times the events that it was in,
    or for 10,000. State file: 4 d^2 + 100 d + 200 bytes beside the feature names and
    parameters, 2 KB at d = 10, while features start up to 8 warm_up more for each, and up to 620
    for each that repeats values; in memory 8 d^2.

    Departs from the source of `ClippedZScore` in clipping each coordinate first, in tracking the
    inverse directly, and in the ridge, too.

    Examples
    --------
    Two features that go together; in the second event each is in its range, but they do not:

    >>> import random
    >>> from clipsgd_river.anomaly import ClippedMahalanobis
    >>> rng = random.Random(0)
    >>> model = ClippedMahalanobis()
    >>> for _ in range(2000):
    ...     load = rng.gauss(50, 10)
    ...     model.learn_one({"load": load, "heat": 20 + load + rng.gauss(0, 1)})
    >>> [round(model.score_one({"load": 60, "heat": heat}), 1) for heat in (80, 60)]
    [0.7, 1.0]
    """

    _part_class = CovariancePart

    def __init__(
        self,
        *,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 1_000,
    ) -> None:
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features

    @property
    def precision_(self) -> NDArray[np.float64]:
        """Inverse covariance of the standardised features, ordered as `features_`; shape (d, d).

        1 and 0 where a feature has not started yet, or was not seen for long.
        """
        self._check_learned()
        covariance = cast(CovariancePart, self._kernel.part)
        precision = np.eye(self._kernel.features.size)
        side = covariance.active.count
        active = covariance.active.positions.memory[:side]
        inverse = np.array(covariance.inverse.memory[: side * side]).reshape(side, side)
        precision[np.ix_(active, active)] = inverse
        return precision
