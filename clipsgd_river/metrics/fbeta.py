"""Precision and recall of alerts in one number."""

from __future__ import annotations

from river import metrics

from clipsgd_river.metrics import _alerts


class F1(_alerts.AlertMetric, metrics.F1):
    r"""Harmonic mean of precision and recall of alerts.

    .. math:: \frac{2 \, TP}{2 \, TP + FP + FN},

    0.0 without a true alert. It is River's metric of the same name, which takes classifiers only,
    for detectors and alert filters too.

    Parameters
    ----------
    threshold
        As of `Precision`.

    Notes
    -----
    O(1) per event and in memory.

    Examples
    --------
    >>> from clipsgd_river.metrics import F1
    >>> f1 = F1(threshold=0.8)
    >>> for y_true, score in [(0, 0.5), (1, 0.85), (1, 0.6), (0, 0.9)]:
    ...     f1.update(y_true, score)
    >>> f1
    F1: 50.00%
    """
