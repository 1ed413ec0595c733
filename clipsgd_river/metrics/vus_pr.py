"""How well scores rank anomalous stretches of a series, give or take a few events."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import metrics

from clipsgd_river import _settings
from clipsgd_river.metrics import _alerts

Values = NDArray[np.float64]


class VUSPR(metrics.base.BinaryMetric):
    r"""Volume under the precision-recall surface over widths of a buffer around each anomaly.

    Choose it to compare with what is published for time series [1]_, [2]_, or where labels of
    stretches may be some events off. `AveragePrecision` takes each event by itself.

    For a width w, events up to w // 2 before and after a run of anomalies, at a distance d, have
    the weight a = sqrt(1 - d / w), summed and at most 1; those of the run have 1, others 0. With p
    the events that score at least a threshold, m the anomalies and b the others,

    .. math:: P = \frac{\sum_p a}{|p|}, \qquad
              R = \min\!\Bigl(1, \frac{\sum_p a}{(2 |m| + \sum_{p \cap b} a) / 2}\Bigr)\, E,

    E being the share of buffered runs, joined where they meet, with an event in p. The area is the
    sum of P times the rise of R over thresholds, and the volume the mean of the areas for w = 0, 1,
    ..., ``window``.

    Parameters
    ----------
    window
        The largest width, in events; 100 in [2]_ where nothing is known of the series' period.
    thresholds
        How many scores, evenly spaced in their ranking from the highest to the lowest, are
        thresholds: 250 in [2]_.

    Notes
    -----
    O(n (window + log n)) for `get` and 9 bytes per event. 0.0 where there is no anomaly. There is
    no `revert`: the weight of an event depends on its neighbours.

    References
    ----------
    .. [1] J. Paparrizos et al., *Volume under the surface: a new accuracy evaluation measure for
       time-series anomaly detection*, VLDB 2022.
    .. [2] Q. Liu and J. Paparrizos, *The elephant in the room: towards a reliable time-series
       anomaly detection benchmark*, NeurIPS 2024.

    Examples
    --------
    >>> from clipsgd_river.metrics import VUSPR
    >>> near, far = VUSPR(window=10), VUSPR(window=10)
    >>> for n in range(100):
    ...     near.update(50 <= n < 60, 0.9 if 53 <= n < 63 else 0.1)
    ...     far.update(50 <= n < 60, 0.9 if 70 <= n < 80 else 0.1)
    >>> round(near.get(), 2), round(far.get(), 2)
    (0.72, 0.14)
    """

    def __init__(self, window: int = 100, thresholds: int = 250) -> None:
        self.window = _settings.count("window", window)
        self.thresholds = _settings.count("thresholds", thresholds)
        self._labels = array("b")
        self._scores = array("d")

    def update(self, y_true: Any, y_pred: Any, w: float = 1.0) -> None:
        """Add the next event of the series.

        Parameters
        ----------
        y_true
            1 or ``True`` for an anomaly.
        y_pred
            The score, or probabilities.
        w
            Not looked at.
        """
        score = float(y_pred.get(True, 0.0) if isinstance(y_pred, Mapping) else y_pred)
        self._labels.append(bool(y_true == True))  # noqa: E712  # 1.0 and NumPy's count too
        self._scores.append(-inf if score != score else score)

    def revert(self, y_true: Any, y_pred: Any, w: float = 1.0) -> None:
        """Refuse: the weight of an event depends on its neighbours."""
        raise NotImplementedError(
            "an event cannot be taken back: what it counts depends on all that was before it"
        )

    def get(self) -> float:
        """Volume over all events so far; 0.0 where there is no anomaly."""
        labels, scores = np.array(self._labels, dtype=bool), np.array(self._scores)
        if not labels.any():
            return 0.0
        order = np.argsort(-scores, kind="stable")
        falling = scores[order]
        places = np.linspace(0, len(scores) - 1, self.thresholds).astype(int)
        levels = falling[places]
        # Events that score at least as much as each threshold, equal ones included.
        alerts = np.searchsorted(-falling, -levels, side="right")
        edges = np.flatnonzero(np.diff(np.concatenate(([0], labels, [0]))))
        begins, ends = edges[::2], edges[1::2] - 1
        areas = [
            self._area(labels, scores, order, levels, alerts, begins, ends, width)
            for width in range(self.window + 1)
        ]
        return float(np.mean(areas))

    def _area(
        self,
        labels: NDArray[np.bool_],
        scores: Values,
        order: NDArray[np.intp],
        levels: Values,
        alerts: NDArray[np.intp],
        begins: NDArray[np.intp],
        ends: NDArray[np.intp],
        width: int,
    ) -> float:
        """Area under the curve for one width of the buffer."""
        weights = buffered(labels, begins, ends, width)[order]
        within = np.concatenate(([0.0], np.cumsum(weights)))[alerts]
        around = np.concatenate(([0.0], np.cumsum(weights * ~labels[order])))[alerts]
        half = width // 2
        firsts, lasts = np.maximum(begins - half, 0), np.minimum(ends + half, len(scores) - 1)
        joined = np.concatenate(([True], begins[1:] - half > ends[:-1] + half))
        firsts, lasts = firsts[joined], lasts[np.append(joined[1:], True)]
        highest = np.sort(
            [scores[first : last + 1].max() for first, last in zip(firsts, lasts, strict=True)]
        )
        found = 1.0 - np.searchsorted(highest, levels, side="left") / len(highest)
        recall = np.minimum(2.0 * within / (2.0 * labels.sum() + around), 1.0) * found
        return float(np.sum(np.diff(recall, prepend=0.0) * within / alerts))

    @property
    def bigger_is_better(self) -> bool:
        """Yes."""
        return True

    @property
    def works_with_weights(self) -> bool:
        """No: all events weigh alike."""
        return False

    @property
    def requires_labels(self) -> bool:
        """No: scores."""
        return False

    def works_with(self, model: Any) -> bool:
        """Detectors, alert filters, classifiers, and pipelines that River can evaluate."""
        return _alerts.gives_scores(model) or super().works_with(model)


def buffered(
    labels: NDArray[np.bool_], begins: NDArray[np.intp], ends: NDArray[np.intp], width: int
) -> Values:
    """Weight of each event: 1 for anomalies, less around them."""
    weights: Values = labels.astype(float)
    distances = np.arange(1, width // 2 + 1)
    slope = np.sqrt(1.0 - distances / max(width, 1))
    for begin, end in zip(begins, ends, strict=True):
        before = distances <= begin
        weights[begin - distances[before]] += slope[before]
        after = distances < len(labels) - end
        weights[end + distances[after]] += slope[after]
    limited: Values = np.minimum(weights, 1.0)
    return limited
