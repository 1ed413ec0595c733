"""Alerts on deviations that are large enough to matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clipsgd_river import _settings
from clipsgd_river.alerts.rules._feature_rule import FeatureRule, check_each, value_for


class LeastDeviation(FeatureRule):
    r"""Small deviations are no alerts, however unusual they are.

    Choose it where a feature is so steady that changes are unusual long before they matter:
    "ignore changes under 20 %", "less than 5 degrees".

    A value that is off by less is taken as expected, and an event alerts if it still would. With
    m the expected value a value v counts if both

    .. math:: |v - m| \ge absolute, \qquad |v - m| \ge relative \cdot |m|.

    The detector learns the whole event.

    Parameters
    ----------
    anomaly_filter
        `AlertBudget`, `TailFilter` or another rule, around a detector with ``expect_one`` and
        ``explain_one``.
    absolute
        Least deviation in the unit of the feature, 0 or more: a number for all features, or a dict
        of feature -> number, 0 for those it does not name.
    relative
        Least deviation as a share of the expected value, 0.2 being 20 %: a number or a dict, too.
        Where 0 is expected it asks for nothing.

    Raises
    ------
    TypeError
        If the detector cannot say what is expected, or a value is no number.
    ValueError
        If a value is negative, NaN or infinite.

    Notes
    -----
    Behind a scaler, values are those that the detector gets: a share of a standardised value means
    little, so leave the scaler out; this package's detectors need none. Costs and budget as for
    `Direction`.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> from clipsgd_river.alerts.rules import LeastDeviation
    >>> rng = random.Random(0)
    >>> model = LeastDeviation(AlertBudget(ClippedZScore(), alert_rate=0.01), relative=0.2)
    >>> for _ in range(1000):
    ...     model.learn_one({"load": rng.gauss(50, 0.1)})
    >>> model.alert_one({"load": 55}) is None
    True
    >>> model.alert_one({"load": 65}).features[0].feature
    'load'
    """

    def __init__(
        self,
        anomaly_filter: Any,
        *,
        absolute: float | Mapping[Any, float] = 0.0,
        relative: float | Mapping[Any, float] = 0.0,
    ) -> None:
        super().__init__(anomaly_filter)
        self.absolute = check_each("absolute", absolute, _settings.not_negative)
        self.relative = check_each("relative", relative, _settings.not_negative)

    def _leaves_out(self, name: Any, value: Any, actual: float, expected: float) -> bool:
        least: float = value_for(name, self.absolute, 0.0)
        share: float = value_for(name, self.relative, 0.0)
        return abs(actual - expected) < max(least, share * abs(expected))

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        for parameters in super()._unit_test_params():
            yield parameters | {"absolute": 0.5}
