"""How well scores put anomalies first, when anomalies are rare."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np
from river import metrics

from clipsgd_river import _settings
from clipsgd_river.metrics import _alerts


class AveragePrecision(metrics.base.BinaryMetric):
    r"""Average precision of the scores of the last events, exactly.

    .. math:: \sum_n (R_n - R_{n-1}) \, P_n,

    over the distinct scores from the highest down, P and R the precision and recall of alerting
    from that score on: events of equal score count together. It is the value of
    `sklearn.metrics.average_precision_score` over the window. Choose it beside
    `river.metrics.ROCAUC` where anomalies are rare: it measures how clean the top of the ranking
    is; a random ranking has the share of anomalies for a value. Scores may be of any scale. 0.0
    where the window has no anomaly.

    Parameters
    ----------
    window
        Latest events that count, at least 1; ``None`` for all since the start, and for windows of
        `river.utils`: ``Rolling(AveragePrecision, window_size=5000, window=None)``.

    Raises
    ------
    ValueError, TypeError
        If the window is not positive, or an event is taken back that is not in the window.

    Notes
    -----
    Per event O(log n) comparisons and one shift of memory, n the distinct scores in the window;
    O(n) per `get`. 32 bytes per distinct score, and some 100 per event of the window. Exact for
    weights that are whole numbers; others leave their rounding when they are taken out.

    Infinite scores count as the largest, a score of NaN as the smallest. Where River evaluates a
    filter, it passes on verdicts, of which there are two: for the ranking evaluate the detector
    inside.

    Examples
    --------
    >>> from river import datasets, evaluate, metrics
    >>> from clipsgd_river.anomaly import ClippedMahalanobis
    >>> from clipsgd_river.metrics import AveragePrecision
    >>> stream = datasets.Shuttle().take(5000)
    >>> both = metrics.ROCAUC() + AveragePrecision(window=2000)
    >>> evaluate.progressive_val_score(stream, ClippedMahalanobis(), both)
    ROCAUC: 99.02%
    AveragePrecision: 97.46%
    """

    def __init__(self, window: int | None = 1000) -> None:
        self.window = window if window is None else _settings.count("window", window)
        self._window: deque[tuple[bool, float, float]] = deque()
        self._overflown = False
        # Distinct scores, rising, with the number of their events and the weights of all of these
        # and of the anomalies among them.
        self._scores = array("d")
        self._counts = array("q")
        self._weights = array("d")
        self._anomalies = array("d")

    def update(self, y_true: Any, y_pred: Any, w: float = 1.0) -> None:
        """Add an event, and let go of the one that leaves the window.

        Parameters
        ----------
        y_true
            1 or ``True`` for an anomaly.
        y_pred
            The score, or probabilities.
        w
            Weight of the event, at least 0.
        """
        event = _event(y_true, y_pred, w)
        self._add(*event)
        if self.window is not None:
            self._window.append(event)
            if len(self._window) > self.window:
                self._remove(*self._window.popleft())
                self._overflown = True

    def revert(self, y_true: Any, y_pred: Any, w: float = 1.0) -> None:
        """Take an event back out: the newest if it is that one, otherwise the oldest like it.

        What has left the window does not come back.

        Raises
        ------
        ValueError
            If no such event is in the window, or, the newest excepted, if events have left it by
            themselves.
        """
        event = _event(y_true, y_pred, w)
        if self.window is not None:
            if self._window and self._window[-1] == event:
                self._window.pop()
            elif self._overflown or event not in self._window:
                raise ValueError(_NOT_THERE)
            else:
                self._window.remove(event)
        self._remove(*event)

    def get(self) -> float:
        """Average precision over the window; 0.0 where it has no anomaly."""
        # Sums from the highest score down, kept in rising order.
        alerts = np.cumsum(self._weights[::-1])[::-1]
        true_alerts = np.cumsum(self._anomalies[::-1])[::-1]
        if not len(alerts) or not true_alerts[0] > 0.0:
            return 0.0
        precision = np.divide(true_alerts, alerts, out=np.zeros_like(alerts), where=alerts > 0.0)
        recall = np.append(true_alerts / true_alerts[0], 0.0)
        return max(0.0, float(-np.sum(np.diff(recall) * precision)))

    @property
    def requires_labels(self) -> bool:
        """No: scores."""
        return False

    def works_with(self, model: Any) -> bool:
        """Detectors, alert filters, classifiers, and pipelines that River can evaluate."""
        return _alerts.gives_scores(model) or super().works_with(model)

    def _add(self, anomaly: bool, score: float, weight: float) -> None:
        at = bisect_left(self._scores, score)
        if at == len(self._scores) or self._scores[at] != score:
            self._scores.insert(at, score)
            self._counts.insert(at, 0)
            self._weights.insert(at, 0.0)
            self._anomalies.insert(at, 0.0)
        self._counts[at] += 1
        self._weights[at] += weight
        self._anomalies[at] += weight * anomaly

    def _remove(self, anomaly: bool, score: float, weight: float) -> None:
        at = bisect_left(self._scores, score)
        if at == len(self._scores) or self._scores[at] != score:
            raise ValueError(_NOT_THERE)
        self._counts[at] -= 1
        self._weights[at] -= weight
        self._anomalies[at] -= weight * anomaly
        if self._counts[at] == 0:
            # With the last event goes what rounding left of the weights.
            for column in (self._scores, self._counts, self._weights, self._anomalies):
                column.pop(at)


_NOT_THERE = (
    "no such event is in the window; in river.utils.Rolling leave the window to that: "
    "Rolling(AveragePrecision, window_size=..., window=None)"
)


def _event(y_true: Any, y_pred: Any, w: float) -> tuple[bool, float, float]:
    score = float(y_pred.get(True, 0.0) if isinstance(y_pred, Mapping) else y_pred)
    return bool(y_true == True), -inf if score != score else score, float(w)  # noqa: E712
