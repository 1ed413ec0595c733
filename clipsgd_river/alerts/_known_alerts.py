"""Alerts that feedback can be about: why they came, and how rare they were."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass
from math import exp, inf, isfinite, log
from typing import Any, Self

from clipsgd_river import _settings
from clipsgd_river._state import file_format
from clipsgd_river.alerts._reason import MOST_KEPT, Reason
from clipsgd_river.alerts.alert import Alert, in_units_of_t, student_tail

# From here on the tail of Student's t with 3 degrees of freedom is its third power, to 1 in 1,000.
_FAR = 100.0
_LEAST = 5e-324


@dataclass(frozen=True, slots=True)
class Rarity:
    """How unusual an event is.

    Parameters
    ----------
    sizes
        Feature -> how far it is from what was expected, as Student's t, of those that contribute
        most.
    probability
        Of an event that is as unusual, as fitted: for a detector that expects nothing of features.

    Examples
    --------
    >>> far, farther = Rarity({"load": 100.0}, 1e-5), Rarity({"load": 300.0}, 1e-6)
    >>> round(farther.times_rarer(far, {"load"}), 6)
    27.0
    """

    sizes: Mapping[Hashable, float]
    probability: float

    @classmethod
    def of(cls, alert: Alert) -> Self:
        """Rarity of the event of an alert."""
        sizes = {
            part.feature: in_units_of_t(part.actual, (part.low, part.expected, part.high))
            for part in alert.features
        }
        found = alert.fitted_probability
        found = alert.tail_probability if found is None else found
        known = {name: size for name, size in sizes.items() if size == size}
        return cls(known, 1.0 if found is None or found != found else found)

    def times_rarer(self, other: Rarity, features: Set[Hashable]) -> float:
        """How many times rarer than another event this one is; below 1 if it is less rare.

        Parameters
        ----------
        other
            The other event.
        features
            Of the features behind it those that count.

        Notes
        -----
        As rare as a deviation as large is under Student's t with 3 degrees of freedom, of the
        feature in which they differ most: a fitted tail, which reaches beyond all events, may tell
        two of one kind apart by any factor or none.
        """
        shared = self.sizes.keys() & other.sizes.keys() & features
        if shared:
            rarer = max(_log_rarity(self.sizes[n]) - _log_rarity(other.sizes[n]) for n in shared)
        else:
            mine, its = (max(each.probability, _LEAST) for each in (self, other))
            rarer = log(its) - log(mine)
        return exp(min(rarer, 700.0))


def _log_rarity(t: float) -> float:
    """Logarithm of how rare a deviation as large is; beyond all others beside a constant."""
    beyond = max(min(t, 1e150) / _FAR, 1.0)
    return 3.0 * log(beyond) - log(student_tail(min(t, _FAR)))


@dataclass(frozen=True, slots=True)
class Known:
    """An alert that feedback can be about."""

    alert: str
    reason: Reason
    key: Hashable
    rarity: Rarity

    def times_rarer(self, rarity: Rarity) -> float:
        """How many times rarer an event of its kind is, by what makes it up."""
        return rarity.times_rarer(self.rarity, self.reason.telling())

    def is_like(self, reason: Reason, key: Hashable) -> bool:
        """Whether an event is unusual for the same reason, and about the same."""
        return self.key == key and self.reason.resembles(reason)


def known_from(alert: Alert) -> Known:
    """An alert as feedback knows it, from what it says.

    Raises
    ------
    ValueError
        If it does not say why.
    """
    deviations = {part.feature: part.actual - part.expected for part in alert.features}
    reason = Reason.of(alert.contributions, alert.features, deviations)
    if not reason.weights:
        raise ValueError(
            "the alert has no features, so that nothing is like it: feedback needs a detector with "
            "an explain_one"
        )
    return Known(alert.id or "?", reason, alert.key, Rarity.of(alert))


def known_fields(known: Known, names: dict[Any, int]) -> list[Any]:
    """What a state file says of an alert; names of features by their place in a list of all."""
    weights = [[names.setdefault(n, len(names)), w] for n, w in known.reason.weights.items()]
    categories = [
        [names.setdefault(name, len(names)), encoded_name(value)]
        for name, value in known.reason.categories.items()
    ]
    sizes = [
        [names.setdefault(name, len(names)), size if isfinite(size) else None]
        for name, size in known.rarity.sizes.items()
    ]
    about = [known.alert, encoded_name(known.key), known.rarity.probability]
    return [*about, weights, categories, sizes]


def known_of(fields: Any, names: list[Any]) -> Known:
    """The alert that `known_fields` was given; ``TypeError`` or ``ValueError`` if damaged."""
    alert, key, probability, weights, categories, sizes = fields
    if not isinstance(alert, str) or max(len(weights), len(sizes)) > MOST_KEPT:
        raise TypeError("an alert is none")
    rarity = Rarity(
        {
            names[whole(n)]: inf if size is None else _settings.not_negative("a size", size)
            for n, size in sizes
        },
        _settings.not_negative("a probability", probability),
    )
    parts = {names[whole(n)]: _settings.number("a weight", w) for n, w in weights}
    values = {names[whole(n)]: file_format.decode_name(value) for n, value in categories}
    if not all(abs(weight) <= 1.0 for weight in parts.values()):
        raise TypeError("a weight is beyond 1")
    return Known(alert, Reason(parts, values), file_format.decode_name(key), rarity)


def whole(value: Any) -> int:
    """Check a count read from a state file."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{value!r} is no count")
    return value


def encoded_name(name: Any) -> Any:
    """A name of any kind; what a state file cannot hold as its text."""
    try:
        return file_format.encode_name(name)
    except (TypeError, ValueError):
        return file_format.encode_name(str(name))
