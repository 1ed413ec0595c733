"""Alerts on values above, or below, what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clipsgd_river.alerts.rules._feature_rule import FeatureRule, check_each, value_for

SIDES = ("above", "below", "both")


class Direction(FeatureRule):
    """Only values above what is expected, or only such below it, are alerts.

    Choose it where one side is good news: latencies, error counts and queues that fall, free
    space that grows.

    Values on the other side are taken as expected, and an event alerts if it still would: one
    whose latency is unusually low alerts only if its other features are unusual enough by
    themselves. The detector learns the whole event.

    Parameters
    ----------
    anomaly_filter
        `AlertBudget`, `TailFilter` or another rule, around a detector with ``expect_one`` and
        ``explain_one``.
    side
        ``"above"`` or ``"below"`` for all features, or a dict of feature -> ``"above"``,
        ``"below"`` or ``"both"``; a feature that it does not name counts on both sides.

    Raises
    ------
    TypeError
        If the detector cannot say what is expected.
    ValueError
        If a side is none of these.

    Notes
    -----
    Behind a scaler, sides are those of the scaled value. Costs nothing on events that the filter
    does not find unusual; on others that of ``expect_one`` and of a second score.

    What is vetoed spends no budget and leaves the threshold as it is (`AlertBudget`, notes).

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> from clipsgd_river.alerts.rules import Direction
    >>> rng = random.Random(0)
    >>> model = Direction(AlertBudget(ClippedZScore(), alert_rate=0.01), "above")
    >>> for _ in range(1000):
    ...     model.learn_one({"latency": rng.gauss(50, 5)})
    >>> model.alert_one({"latency": 5}) is None
    True
    >>> model.alert_one({"latency": 95}).features[0].direction
    'above'
    """

    def __init__(self, anomaly_filter: Any, side: str | Mapping[Any, str] = "above") -> None:
        super().__init__(anomaly_filter)
        self.side = check_each("side", side, _check_side)

    def _leaves_out(self, name: Any, value: Any, actual: float, expected: float) -> bool:
        side = value_for(name, self.side, "both")
        return (side == "above" and actual < expected) or (side == "below" and actual > expected)


def _check_side(name: str, value: Any) -> None:
    if value not in SIDES:
        raise ValueError(f"{name} is 'above', 'below' or 'both', not {value!r}")
