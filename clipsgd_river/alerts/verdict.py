"""What an alert filter says of one event."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from clipsgd_river.alerts.alert import Alert
from clipsgd_river.alerts.incident import Incident


class Verdict(NamedTuple):
    """Score, distance, threshold and, where there is one, the alert of an event.

    Parameters
    ----------
    score
        Score of the event by the filter: what its ``score_one`` gives. 0 where a supervised
        detector has no target, NaN for an event that a rule keeps from being judged; so is the
        distance.
    distance
        What the detector measured: its ``distance_one``, or its score if it has no distance.
    threshold
        Score that an alert had to exceed. At least 1 while there may be no alert; below 0 where
        any event alerts.
    alert
        The alert with its reasons; ``None`` for an ordinary event, and for one that joins an
        incident.
    incident
        The `Incident` that the event began or joined, as it was after the event; ``None`` for an
        ordinary event.

    Examples
    --------
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> model = AlertBudget(ClippedZScore(), alert_rate=0.01)
    >>> for i in range(500):
    ...     model.learn_one({"load": 50.0 + i % 11})
    >>> verdict = model.judge_one({"load": 90.0})
    >>> verdict.is_alert, verdict.score > verdict.threshold
    (True, True)
    >>> verdict.alert.features[0].feature
    'load'
    """

    # A named tuple: one is made for each event, and a frozen dataclass takes three times as long.
    score: float
    distance: float
    threshold: float
    alert: Alert | None = None
    incident: Incident | None = None

    @property
    def is_alert(self) -> bool:
        """Whether the event is an alert; one that joins an incident is none."""
        return self.alert is not None


#: Verdict from a tuple of all its fields, in half the time of the constructor.
new_verdict = partial(tuple.__new__, Verdict)
