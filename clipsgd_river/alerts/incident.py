"""Events that alert for the same reason, told as one."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from clipsgd_river.alerts.alert import Alert, how_often, plain


@dataclass(frozen=True, slots=True)
class Incident:
    """An alert and the events like it that came soon after.

    The first event of an incident is its alert; later ones join it: they have the same features
    behind them, in the same directions, with the same categories, and the same key. Choose it where
    somebody reads alerts: an attack of a thousand events is one incident with a count. A `Verdict`
    has the incident as it was after the event, and ``incidents_`` of a filter has the latest ones
    as they are now.

    Parameters
    ----------
    number
        1 for the first incident of the filter, 2 for the next, and so on.
    worst
        The alert on the event with the highest score: that of the first event, or what the alert on
        a later one would have been. A state file keeps its score, rarity, severity and time.
    features
        Names of the features that were out of the ordinary in its first event.
    count
        Of how many events it is.
    first, last
        Times of the first and the latest of them as they were given; ``None`` if none was.
    key
        Whom it is about.
    end
        ``None`` while it is open. Once no event has joined it for as long as it stays open, the
        place of its latest event: its number among all events, or with ``alerts_per`` the seconds
        that had passed.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> normal = random.Random(0).gauss
    >>> model = AlertBudget(ClippedZScore(), alert_rate=0.001)
    >>> for _ in range(5000):
    ...     model.learn_one({"load": normal(50, 5), "errors": normal(9, 1)})
    >>> verdicts = [model.judge_learn_one({"load": 50, "errors": 40}) for _ in range(5)]
    >>> [verdict.is_alert for verdict in verdicts]
    [True, False, False, False, False]
    >>> incident = verdicts[-1].incident
    >>> incident.count, incident.features, incident.is_open
    (5, ('errors',), True)
    >>> model.judge_learn_one({"load": 120, "errors": 9}).is_alert
    True
    """

    number: int
    worst: Alert
    features: tuple[Hashable, ...] = ()
    count: int = 1
    first: Any = None
    last: Any = None
    key: Hashable = None
    end: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether events may still join it."""
        return self.end is None

    @property
    def severity(self) -> str:
        """Severity of its worst event."""
        return self.worst.severity

    @property
    def sentence(self) -> str:
        """The incident in one plain English sentence."""
        if self.count == 1:
            return self.worst.sentence
        often = how_often(self.count, self.first, self.last)
        return f"{self.worst.sentence.removesuffix('.')}; {often}."

    def to_dict(self) -> dict[str, Any]:
        """Return the incident as plain values that JSON can hold."""
        return {
            "number": self.number,
            "count": self.count,
            "first": plain(self.first),
            "last": plain(self.last),
            "key": plain(self.key),
            "features": plain(self.features),
            "severity": self.severity,
            "end": self.end,
            "sentence": self.sentence,
            "worst": self.worst.to_dict(),
        }
