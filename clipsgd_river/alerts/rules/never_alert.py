"""Values that are known, and are never the reason of an alert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clipsgd_river.alerts.rules._feature_rule import FeatureRule


class NeverAlert(FeatureRule):
    """Named values of features are no reason for an alert.

    Choose it for what is known to be harmless and stays rare: the account of the backup, a test
    host, a status code, the -1 that stands for "no reading".

    Such a value is taken as expected, and an event alerts if it still would: one of the account of
    the backup that also sends far more than usual alerts by what it sends. The detector learns the
    whole event.

    Parameters
    ----------
    anomaly_filter
        `AlertBudget`, `TailFilter` or another rule, around a detector with ``expect_one`` and
        ``explain_one``.
    values
        Feature -> list of its values, as they are before a transformer in a pipeline: text,
        numbers or bools.

    Raises
    ------
    TypeError
        If the detector cannot say what is expected, or ``values`` is no such dict.

    Notes
    -----
    Costs and budget as for `Direction`.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.alerts.rules import NeverAlert
    >>> from clipsgd_river.anomaly import ClippedSurprisal
    >>> rng = random.Random(0)
    >>> model = NeverAlert(AlertBudget(ClippedSurprisal(), 0.01), {"user": ["backup"]})
    >>> for _ in range(1000):
    ...     model.learn_one({"user": "ann", "sent": rng.gauss(9, 3)})
    >>> model.alert_one({"user": "backup", "sent": 9.0}) is None
    True
    >>> model.alert_one({"user": "backup", "sent": 9000.0}).features[0].feature
    'sent'
    """

    def __init__(self, anomaly_filter: Any, values: Mapping[Any, Iterable[Any]]) -> None:
        super().__init__(anomaly_filter)
        self.values = values
        if not isinstance(values, Mapping):
            raise TypeError(f'values is a dict such as {{"user": ["backup"]}}, not {values!r}')
        for feature, known in values.items():
            if not isinstance(known, list | tuple):
                raise TypeError(f"values of {feature!r} are a list, not {known!r}")
            for value in known:
                if not isinstance(value, str | int | float):
                    raise TypeError(
                        f"values of {feature!r} are text, numbers or bools, not {value!r}"
                    )
        self._known = {feature: frozenset(known) for feature, known in values.items()}

    def _leaves_out(self, name: Any, value: Any, actual: float, expected: float) -> bool:
        return name in self._known and value in self._known[name]

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        for parameters in super()._unit_test_params():
            yield parameters | {"values": {"a": [0.0]}}
