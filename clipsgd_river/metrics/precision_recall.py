"""Precision and recall of alerts, each alone and in one number."""

from __future__ import annotations

from river import metrics

from clipsgd_river.metrics import _alerts


class Precision(_alerts.AlertMetric, metrics.Precision):
    r"""Share of the alerts that are anomalies.

    .. math:: \frac{TP}{TP + FP},

    0.0 without an alert. It is River's metric of the same name, which takes classifiers only, for
    detectors and alert filters too. O(1) per event and in memory.

    Parameters
    ----------
    threshold
        Score from which on an event alerts, for models that give scores: those of this package
        are in [0, 1) and 0.5 for the typical event, so that 0.9 is nine times the usual distance.
        Ignored for filters and classifiers, which give verdicts.

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


class Recall(_alerts.AlertMetric, metrics.Recall):
    r"""Share of the anomalies that alert.

    .. math:: \frac{TP}{TP + FN},

    0.0 without an anomaly; for the models and with the parameters of `Precision`. Where anomalies
    last for several events, and one alert on each is enough, `DetectionDelay` gives how many were
    found, and when.

    Examples
    --------
    >>> from clipsgd_river.metrics import Recall
    >>> recall = Recall(threshold=0.8)
    >>> for y_true, score in [(0, 0.5), (1, 0.85), (1, 0.6), (0, 0.9)]:
    ...     recall.update(y_true, score)
    >>> recall
    Recall: 50.00%
    """


class F1(_alerts.AlertMetric, metrics.F1):
    r"""Harmonic mean of precision and recall of alerts.

    .. math:: \frac{2 \, TP}{2 \, TP + FP + FN},

    0.0 without a true alert; for the models and with the parameters of `Precision`.

    Examples
    --------
    >>> from clipsgd_river.metrics import F1
    >>> f1 = F1(threshold=0.8)
    >>> for y_true, score in [(0, 0.5), (1, 0.85), (1, 0.6), (0, 0.9)]:
    ...     f1.update(y_true, score)
    >>> f1
    F1: 50.00%
    """
