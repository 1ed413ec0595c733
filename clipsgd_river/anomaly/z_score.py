"""Each feature against its own clipped location and scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clipsgd_river._kernels.anomaly.z_score import ZScorePart
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedZScore(ClippedDetector):
    r"""Each feature against its own robust, drifting location and scale.

    The cheapest detector, O(d) per event: choose it for speed, for many features, for features that
    come and go, and where features can be scored one by one. Where anomalies only show in how
    features go together, choose `ClippedMahalanobis`. The distance is minus the log-likelihood of
    Student's t, up to constants,

    .. math:: r = \sum_j \log(1 + z_j^2 / 3), \qquad
              z_j = \frac{n_j}{n_j + 3} \cdot \frac{x_j - m_j}{s_j},

    with m and s moved by one clipped SGD step per event [1]_, and n the number of times the
    feature was seen: while that is small, z is shrunk. The gradient of an event counts with norm
    lambda at most, so that an anomaly in the training stream moves the estimates no further than
    an unusual normal event would.

    Parameters
    ----------
    learning_rate
        Step size eta, the share of a (clipped) deviation by which the location moves, at least 1/t
        for a feature's t-th event: ``"auto"`` finds it from the agreement of recent gradients,
        between 0.0005 and 0.3; ``"doubling"`` takes 2**(-2m/3) in the m-th epoch of 2**m events; a
        number in (0, 1] is a constant, a memory of 1/eta events; a River scheduler.
    clip
        Clip threshold lambda on the norm of the standardised gradient: ``"auto"``, twice its
        running median; ``"growing"``, that times the fourth root of the memory in events, so that
        bias vanishes for every distribution of finite variance; a number of standard deviations,
        at least 0.1; ``None``, no clipping.
    warm_up
        Events whose medians give a feature's first location and scale, 1 to 10,000. Until then
        scores use the medians so far.
    contamination
        Expected share of anomalies, in (0, 0.5]; sets `offset_` and so `predict`, not the scores.
    max_features
        Once there are so many, a new one takes the place of a feature unseen for 10,000 events; if
        there is none, it raises a ``ValueError``.

    Notes
    -----
    Cost O(features present) per event; one that starts a feature, O(d). State file: 96 d + 160
    bytes beside the feature names and parameters, while features start up to 8 warm_up more for
    each, and up to 620 for each that repeats values. Departs from [1]_ in standardising the
    gradient, in the automatic threshold and step, and in the robust start.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.

    Examples
    --------
    >>> from river import datasets
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> model = ClippedZScore()
    >>> for x, _ in datasets.Shuttle().take(1000):
    ...     model.learn_one(x)
    >>> x = {name: expected for name, (_, expected, _) in model.expect_one().items()}
    >>> odd = {**x, "f1": 900.0}
    >>> round(model.score_one(x), 2), round(model.score_one(odd), 2)
    (0.0, 0.83)
    >>> max(odd, key=model.explain_one(odd).get)
    'f1'
    """

    _part_class = ZScorePart

    def __init__(
        self,
        *,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
    ) -> None:
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features
