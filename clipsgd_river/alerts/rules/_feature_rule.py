"""Rules on the features that may be behind an alert."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clipsgd_river._kernels.core.as_float import as_float, is_missing
from clipsgd_river.alerts.alert import Alert, described
from clipsgd_river.alerts.rules import _per_feature
from clipsgd_river.alerts.rules._rule import Event, Rule


class FeatureRule(Rule):
    """Base of the rules that leave features of an event out of account.

    An event alerts if it would without them, that is with them at their expected values. What the
    detector learns is the whole event.
    """

    def __init__(self, anomaly_filter: Any) -> None:
        super().__init__(anomaly_filter)
        detector = anomaly_filter._judging
        lacking = [name for name in ("expect_one", "explain_one") if not hasattr(detector, name)]
        if lacking:
            raise TypeError(
                f"{type(self).__name__} compares features with what is expected of them, and a "
                f"{type(detector).__name__} has no {' and no '.join(lacking)}"
            )
        # Contributions and features of the alert that is being judged.
        self._about: tuple[Mapping[Any, float], tuple[Any, ...]] = ({}, ())

    @abc.abstractmethod
    def _leaves_out(self, name: Any, actual: float, expected: float) -> bool:
        """Whether a feature with this value counts for nothing."""

    def _vetoes(self, alert: Alert, event: Event, args: tuple[Any, ...]) -> bool:
        arrived = self._arrived(event)
        kept = self._kept(arrived, args)
        if len(kept) < len(arrived) and not (
            any_number(kept) and self._filter._exceeds(kept, args)
        ):
            return True
        # Before the event is learned, or what is usual would be what it brought.
        contributions = {k: c for k, c in alert.contributions.items() if k in kept}
        bands = self._judging.expect_one(arrived, *args)
        self._about = contributions, described(kept, contributions, bands, self._told(event))
        return False

    def _raised(self, alert: Alert, event: Event, args: tuple[Any, ...]) -> Alert:
        contributions, features = self._about
        return replace(alert, contributions=contributions, features=features)

    def _saved_parameters(self) -> dict[str, Any]:
        return {k: _per_feature.encoded(v) for k, v in super()._saved_parameters().items()}

    @classmethod
    def _read_parameters(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        return {name: _per_feature.decoded(value) for name, value in parameters.items()}

    def _kept(self, event: Event, args: tuple[Any, ...]) -> Event:
        bands = self._judging.expect_one(event, *args)
        return {
            name: value
            for name, value in super()._kept(event, args).items()
            if name not in bands
            or is_missing(value)
            or not self._leaves_out(name, as_float(name, value), bands[name][1])
        }


def any_number(event: Event) -> bool:
    """Whether an event has a value."""
    return not all(map(is_missing, event.values()))
