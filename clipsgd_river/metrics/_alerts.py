"""What metrics of alerts share: which models they work with, and what counts as an alert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from river import base, metrics

from clipsgd_river import _settings
from clipsgd_river.alerts import Verdict
from clipsgd_river.alerts._event_time import UNITS, seconds_of

THRESHOLD = 0.9


class AlertMetric(metrics.base.BinaryMetric):
    """Base of metrics that turn a score, a verdict or probabilities into an alert or none.

    Alerts and anomalies are the positive class. Goes before the metric of River that counts.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.threshold = checked_threshold(threshold)

    def update(self, y_true: Any, y_pred: Any, w: float = 1.0) -> None:
        """Add an event: whether it is an anomaly, and what the model said of it.

        Parameters
        ----------
        y_true
            1 or ``True`` for an anomaly, 0, ``False`` or ``None`` otherwise.
        y_pred
            A score (a float), a verdict (a `Verdict` of a filter, a bool, or 0 and 1), or
            probabilities of both. The -1 that ``predict`` of scikit-learn has for an anomaly is not
            one of these: pass on ``label == -1``.
        w
            Weight of the event.
        """
        super().update(y_true == True, is_alert(y_pred, self.threshold), w)  # noqa: E712

    def revert(self, y_true: Any, y_pred: Any, w: float = 1.0) -> None:
        """Take an event back out."""
        super().revert(y_true == True, is_alert(y_pred, self.threshold), w)  # noqa: E712

    @property
    def requires_labels(self) -> bool:
        """No: scores and probabilities will do, so that it can be added to `metrics.ROCAUC`."""
        return False

    def works_with(self, model: Any) -> bool:
        """Detectors, alert filters, classifiers, and pipelines that River can evaluate.

        A pipeline that ends in a filter has no ``classify``, so that
        `river.evaluate.progressive_val_score` cannot use it: the scaler belongs inside,
        ``AlertBudget(scaler | detector)``. Neither can it hand targets to a detector that needs
        them for its score. Of classifiers it takes the probabilities.
        """
        return gives_scores(model) or super().works_with(model)


def gives_scores(model: Any) -> bool:
    """Whether `river.evaluate.progressive_val_score` gets scores or verdicts from a model."""
    # River's isinstance takes a pipeline for its last step.
    if isinstance(model, base.AnomalyFilter):
        return hasattr(model, "classify") and not isinstance(
            model.anomaly_detector, base.SupervisedAnomalyDetector
        )
    return isinstance(model, base.AnomalyDetector)


def is_alert(y_pred: Any, threshold: float) -> bool:
    """Whether what a model said of an event is an alert.

    A float is a score, and an alert from ``threshold`` on; of probabilities the likeliest counts; a
    `Verdict` of a filter says it; anything else is the verdict itself.

    Examples
    --------
    >>> is_alert(0.95, 0.9), is_alert(True, 0.9), is_alert({True: 0.6, False: 0.4}, 0.9)
    (True, True, True)
    """
    if isinstance(y_pred, Verdict):
        return y_pred.is_alert
    if isinstance(y_pred, float | np.floating):
        return bool(y_pred >= threshold)
    if isinstance(y_pred, Mapping):
        y_pred = max(y_pred, key=y_pred.__getitem__, default=False)
    return bool(y_pred == True)  # noqa: E712


def checked_threshold(value: Any) -> float:
    """Score from which on there is an alert."""
    threshold = _settings.number("threshold", value)
    if threshold != threshold:
        raise ValueError("threshold is a number, not NaN")
    return threshold


def checked_unit(name: str, value: Any) -> str:
    """An event, or a unit of time."""
    if value not in ("event", *UNITS):
        known = ", ".join(map(repr, ("event", *UNITS)))
        raise ValueError(f"{name} is one of {known}, not {value!r}")
    return str(value)


def in_units(unit: str, time: Any) -> float:
    """Return the time of an event in units of time.

    Raises
    ------
    ValueError, TypeError
        If there is none, or it is not a time.
    """
    if time is None:
        raise ValueError(
            f"with the unit {unit!r} every event needs its time: update(y_true, y_pred, time=...)"
        )
    return seconds_of("time", time) / UNITS[unit]
