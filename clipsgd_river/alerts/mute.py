"""A kind of alert that is muted, because somebody said that it was not useful."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from clipsgd_river.alerts.alert import plain


@dataclass(frozen=True, slots=True)
class Mute:
    """Alerts like one that was not useful: how much rarer one of them must be to alert again.

    What ``feedback`` of a filter gives back, and ``mutes_`` lists.

    Parameters
    ----------
    alert
        ID of the alert that was not useful.
    features
        Names of the features behind it, the largest contribution first.
    categories
        Feature -> category, of those that matter.
    key
        Whom it is about.
    factor
        How many times rarer than that alert one like it must be by now; 1 once the mute has faded.
    fades_in
        Events, or with ``alerts_per`` seconds, until it has.
    count
        How many events were muted that would have been alerts.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> normal = random.Random(0).gauss
    >>> model = AlertBudget(ClippedZScore(), alert_rate=0.001, resolved_after=0)
    >>> for _ in range(5000):
    ...     model.learn_one({"load": normal(50, 5), "errors": normal(9, 1)})
    >>> alert = model.alert_one({"load": 99, "errors": 9})
    >>> mute = model.feedback(alert, useful=False)
    >>> mute.features, mute.factor, mute.fades_in
    (('load',), 100.0, 1000000.0)
    >>> model.alert_one({"load": 101, "errors": 9}) is None, model.mutes_[0].count
    (True, 1)
    >>> model.alert_one({"load": 50, "errors": 21}).features[0].feature
    'errors'
    """

    alert: str
    features: tuple[Hashable, ...]
    categories: dict[Hashable, Any]
    key: Hashable
    factor: float
    fades_in: float
    count: int

    def to_dict(self) -> dict[str, Any]:
        """Return the mute as plain values that JSON can hold."""
        return {
            "alert": self.alert,
            "features": plain(self.features),
            "categories": plain(self.categories),
            "key": plain(self.key),
            "factor": self.factor,
            "fades_in": self.fades_in,
            "count": self.count,
        }
