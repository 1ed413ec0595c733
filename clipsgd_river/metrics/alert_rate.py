"""How often there is an alert."""

from __future__ import annotations

from sys import float_info
from typing import Any

from clipsgd_river.metrics import _alerts
from clipsgd_river.metrics._passed_time import PassedTime

# How late an event may be, in units of time.
LATENCY = 1.0


class AlertRate(_alerts.AlertMetric):
    r"""Share of events that alert, or alerts per unit of time.

    .. math:: \frac{\sum_t w_t \, a_t}{\sum_t w_t} \quad\text{per event}, \qquad
              \frac{\sum_t w_t \, a_t}{T} \quad\text{per unit of time},

    with a = 1 for an alert and 0 otherwise, and T the time from the first event to the
    latest. Choose it to see what a detector costs those who read its alerts; it needs no labels,
    ``y_true`` may be ``None``. 0.0 before the first event.

    Parameters
    ----------
    threshold
        As in `Precision`.
    per
        ``"event"``, or ``"second"``, ``"minute"``, ``"hour"``, ``"day"``, ``"week"``: then every
        `update` is given the ``time`` of its event.

    Notes
    -----
    O(1) per event and in memory: the counts are those of River's confusion matrix.

    Events come in the order of the stream. T is by the clock of `clipsgd_river.alerts.AlertBudget`:
    silences longer than usual, lone stamps far ahead or behind, and events up to one unit of time
    late add nothing to it. An event taken back by `revert` moves the beginning on to its own time,
    as when it leaves a window (`river.utils.Rolling`); the newest one taken back leaves T as it is,
    since time has passed all the same.

    Examples
    --------
    >>> from river import datasets, evaluate
    >>> from clipsgd_river.anomaly import ClippedMahalanobis
    >>> from clipsgd_river.metrics import AlertRate
    >>> stream = datasets.Shuttle().take(5000)
    >>> evaluate.progressive_val_score(stream, ClippedMahalanobis(), AlertRate(threshold=0.8))
    AlertRate: 12.76%

    >>> import datetime as dt
    >>> alerts = AlertRate(per="day")
    >>> for hour in range(49):
    ...     moment = dt.datetime(2026, 3, 1) + dt.timedelta(hours=hour)
    ...     alerts.update(None, hour % 12 == 0, time=moment)
    >>> alerts.get()
    2.5
    """

    def __init__(self, threshold: float = _alerts.THRESHOLD, per: str = "event") -> None:
        super().__init__(threshold)
        self.per = _alerts.checked_unit("per", per)
        if per != "event":
            self._fmt = ",.6f"
        self._passed = PassedTime(LATENCY)
        self._left = PassedTime(LATENCY)

    def update(self, y_true: Any, y_pred: Any, w: float = 1.0, time: Any = None) -> None:
        """Add an event: what the model said of it, and with a unit of time, when it was.

        Parameters
        ----------
        y_true
            Ignored.
        y_pred
            A score (a float), a verdict (a `Verdict` of a filter, a bool, or 0 and 1), or
            probabilities of both.
        w
            Weight of the event.
        time
            A date and time (naive ones count as UTC), or a number of seconds.
        """
        if self.per != "event":
            self._passed.observe(_alerts.in_units(self.per, time))
        super().update(False, y_pred, w)

    def revert(self, y_true: Any, y_pred: Any, w: float = 1.0, time: Any = None) -> None:
        """Take an event back out."""
        if self.per != "event":
            then = _alerts.in_units(self.per, time)
            if then < self._passed.latest or self.cm.n_samples == 1:
                self._left.observe(then)
        super().revert(False, y_pred, w)

    def get(self) -> float:
        """Alerts per event, or per unit of time; 0.0 where there is nothing to divide by."""
        whole: float = self.cm.total_weight
        if self.per != "event":
            whole = self._passed.length - self._left.length
        return float(min(self.n_alerts / whole, float_info.max)) if whole > 0.0 else 0.0

    @property
    def n_alerts(self) -> float:
        """Alerts so far, by weight."""
        return float(self.cm.sum_col[True])

    @property
    def bigger_is_better(self) -> bool:
        """Fewer alerts are better, other things equal."""
        return False
