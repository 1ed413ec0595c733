"""Rules on the features that may be behind an alert."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
from typing import Any

from clipsgd_river._kernels.core.as_float import as_float, is_missing
from clipsgd_river._pipelines import in_numbers, last_step
from clipsgd_river._state import file_format
from clipsgd_river._words.seen import seen_by
from clipsgd_river.alerts._filter import DetectorInput, Event
from clipsgd_river.alerts.alert import Alert, described
from clipsgd_river.alerts.rules._rule import Case, Fields, Rule


class FeatureRule(Rule):
    """Base of the rules that leave features of an event out.

    An event alerts if it would without them, that is with them at their expected values. What the
    detector learns is the whole event.
    """

    def __init__(self, anomaly_filter: Any) -> None:
        super().__init__(anomaly_filter)
        detector = last_step(anomaly_filter.anomaly_detector)
        lacking = [name for name in ("expect_one", "explain_one") if not hasattr(detector, name)]
        if lacking:
            raise TypeError(
                f"{type(self).__name__} compares features with what is expected of them, and a "
                f"{type(detector).__name__} has no {' and no '.join(lacking)}"
            )

    @abc.abstractmethod
    def _leaves_out(self, name: Any, value: Any, actual: float, expected: float) -> bool:
        """Whether a feature is left out, with this value, as it was given and as a number."""

    def counted(self, given: DetectorInput, *args: Any) -> Event:
        """The features of an event that no rule leaves out."""
        bands = given.detector.expect_one(given.event, *args)
        numbers = in_numbers(given.detector, given.event)
        return {
            name: value
            for name, value in super().counted(given, *args).items()
            if name not in bands
            or is_missing(value)
            or not self._leaves_out(
                name,
                given.descriptions.get(name, (value,))[0],
                as_float(name, numbers[name]),
                bands[name][1],
            )
        }

    def _review(self, alert: Alert, case: Case) -> Fields | None:
        given = case.filter.detector_input(case.event)
        kept = self.counted(given, *case.targets)
        if len(kept) < len(given.event) and not (
            any_number(kept) and case.filter.would_alert(kept, *case.targets)
        ):
            return None
        contributions = {k: c for k, c in alert.contributions.items() if k in kept}
        bands = given.detector.expect_one(given.event, *case.targets)
        seen = seen_by(given.detector, contributions)
        numbers = in_numbers(given.detector, kept)
        features = described(numbers, contributions, bands, given.descriptions, seen)
        return {"contributions": contributions, "features": features}

    def _saved_parameters(self) -> dict[str, Any]:
        return {name: to_json(value) for name, value in super()._saved_parameters().items()}

    @classmethod
    def _read_parameters(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        return {name: from_json(value) for name, value in parameters.items()}


def any_number(event: Event) -> bool:
    """Whether an event has a value."""
    return not all(map(is_missing, event.values()))


def check_each(name: str, value: Any, check: Callable[[str, Any], Any]) -> Any:
    """Check a parameter: one value for all features, or a dict of one for each; returns it."""
    if isinstance(value, Mapping):
        for feature, each in value.items():
            check(f"{name} of {feature!r}", each)
    else:
        check(name, value)
    return value


def value_for(feature: Any, value: Any, default: Any) -> Any:
    """The value of such a parameter for a feature; ``default`` where it does not name it."""
    if isinstance(value, Mapping):
        return value.get(feature, default)
    return default if value is None else value


def to_json(value: Any) -> Any:
    """Such a parameter as JSON has it, names of features with their types."""
    if not isinstance(value, Mapping):
        return value
    return {"features": [[file_format.encode_name(k), v] for k, v in value.items()]}


def from_json(value: Any) -> Any:
    """The parameter that `to_json` was given."""
    if not isinstance(value, dict):
        return value
    return {file_format.decode_name(name): each for name, each in value["features"]}
