"""Recall of alerts."""

from __future__ import annotations

from river import metrics

from clipsgd_river.metrics import _alerts


class Recall(_alerts.AlertMetric, metrics.Recall):
    r"""Share of the anomalies that alert.

    .. math:: \frac{TP}{TP + FN},

    0.0 without an anomaly. It is River's metric of the same name, which takes classifiers only,
    for detectors and alert filters too.

    Parameters
    ----------
    threshold
        As of `Precision`.

    Notes
    -----
    O(1) per event and in memory. Where anomalies last for several events, and one alert on each is
    enough, `DetectionDelay` tells how many were found, and when.

    Examples
    --------
    >>> from clipsgd_river.metrics import Recall
    >>> recall = Recall(threshold=0.8)
    >>> for y_true, score in [(0, 0.5), (1, 0.85), (1, 0.6), (0, 0.9)]:
    ...     recall.update(y_true, score)
    >>> recall
    Recall: 50.00%
    """
