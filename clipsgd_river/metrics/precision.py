"""Precision of alerts."""

from __future__ import annotations

from river import metrics

from clipsgd_river.metrics import _alerts


class Precision(_alerts.AlertMetric, metrics.Precision):
    r"""Share of the alerts that are anomalies.

    .. math:: \frac{TP}{TP + FP},

    0.0 without an alert. It is River's metric of the same name, which takes classifiers only, for
    detectors and alert filters too.

    Parameters
    ----------
    threshold
        Score from which on an event alerts, for models that give scores: those of this package
        are in [0, 1) and 0.5 for the typical event, so that 0.9 is nine times the usual distance.
        Ignored for filters and classifiers, which give verdicts.

    Notes
    -----
    O(1) per event and in memory.

    Examples
    --------
    >>> from river import datasets, evaluate
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.anomaly import ClippedMahalanobis
    >>> from clipsgd_river.metrics import Precision, Recall
    >>> stream = datasets.Shuttle().take(5000)
    >>> model = AlertBudget(ClippedMahalanobis(), alert_rate=0.05)
    >>> evaluate.progressive_val_score(stream, model, Precision() + Recall())
    Precision: 96.09%
    Recall: 61.65%
    """
