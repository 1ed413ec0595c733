"""How far an estimate was from a moving truth, on average."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from river import metrics


class Regret(metrics.base.Metric):
    r"""Mean distance of an estimate from the truth over all steps so far.

    .. math:: R_T = \frac{1}{T} \sum_{t=1}^{T} \|\theta_t - \theta^*_t\|_2,

    each theta_t being the estimate before the event at t is learned: the regret of [1]_. Choose
    it to compare estimators where the truth is known, as in
    `clipsgd_river.datasets.ObliviousAdversary`.

    Truth and estimate are numbers, arrays of one shape, or dicts; a key that only one dict has is
    0 in the other, as for coefficients of features not yet seen. A metric of River: it can be
    reverted and cloned. O(d) per step, and two numbers of memory.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.

    Examples
    --------
    >>> from clipsgd_river.datasets import LinearDrift, ObliviousAdversary
    >>> from clipsgd_river.metrics import Regret
    >>> from clipsgd_river.stats import ClippedMean
    >>> stream = ObliviousAdversary(drift=LinearDrift(5.0), n_samples=2000)
    >>> mean, regret = ClippedMean(learning_rate="auto"), Regret()
    >>> for (x, _), truth in zip(stream, stream.drawn.truth):
    ...     regret.update(truth[0], mean.get())
    ...     mean.update(x[0])
    >>> regret.get() < 0.3
    True
    """

    _fmt = ",.6f"

    def __init__(self) -> None:
        self.total = 0.0
        self.weight = 0.0

    def update(self, y_true: Any, y_pred: Any, w: float = 1.0) -> None:
        """Add one step, of weight ``w``: the truth and the estimate of it."""
        self.total += w * distance(y_true, y_pred)
        self.weight += w

    def revert(self, y_true: Any, y_pred: Any, w: float = 1.0) -> None:
        """Take one step back out."""
        self.total -= w * distance(y_true, y_pred)
        self.weight -= w

    def get(self) -> float:
        """Mean distance so far; 0 before the first step."""
        return self.total / self.weight if self.weight > 0.0 else 0.0

    @property
    def bigger_is_better(self) -> bool:
        """Less regret is better."""
        return False

    def works_with(self, model: Any) -> bool:
        """Whatever has an estimate; what that is, the caller says."""
        return True


def distance(truth: Any, estimate: Any) -> float:
    """Euclidean distance of numbers, arrays or dicts."""
    if isinstance(truth, Mapping):
        names = [*truth, *(name for name in estimate if name not in truth)]
        return math.hypot(*(truth.get(name, 0.0) - estimate.get(name, 0.0) for name in names))
    a, b = np.asarray(truth, dtype=float), np.asarray(estimate, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"truth and estimate must have one shape, not {a.shape} and {b.shape}")
    return float(np.linalg.norm((a - b).ravel()))
