"""Why an event is unusual, so that it can be compared with others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, Self

from clipsgd_river.alerts.alert import AlertFeature

#: Two events have one reason from this cosine of their contributions on.
ALIKE = 0.7
#: A category matters to the reason if its feature has this share of the contributions' length.
TELLING = 0.3
# Features that a reason keeps, and events that its mean remembers.
MOST_KEPT = 32
MEMORY = 16
# What is left of the square of a reason by the features that make it up.
LEFT_OUT = 0.1


@dataclass(slots=True)
class Reason:
    """Contributions to a distance, with the sign of the deviation, as a vector of length 1.

    Parameters
    ----------
    weights
        Feature -> component, the largest 32.
    categories
        Feature -> what the category was, of those that matter.
    """

    weights: dict[Hashable, float]
    categories: dict[Hashable, Any]

    @classmethod
    def of(
        cls,
        contributions: Mapping[Hashable, float],
        features: tuple[AlertFeature, ...],
        deviations: Mapping[Hashable, float],
    ) -> Self:
        """Reason of an event.

        Parameters
        ----------
        contributions
            As the detector explains the event.
        features
            Those that contribute most, as an alert describes them.
        deviations
            Feature -> how far it is above, or below 0, what was expected; where nothing is known of
            a feature its contribution counts without a sign.
        """
        signed = {
            name: -share if deviations.get(name, 0.0) < 0.0 else share
            for name, share in contributions.items()
            if share == share
        }
        weights = _normed(signed)
        categories = {
            part.feature: part.value
            for part in features
            if part.description is not None
            and not part.scaled
            and abs(weights.get(part.feature, 0.0)) >= TELLING
        }
        return cls(weights, categories)

    def resembles(self, other: Reason) -> bool:
        """Whether two events are unusual for one reason; never where nothing is known of it."""
        return self.has_categories_of(other) and self.is_alike(other)

    def has_categories_of(self, other: Reason) -> bool:
        """Whether no category that matters differs."""
        shared = self.categories.keys() & other.categories.keys()
        return all(self.categories[name] == other.categories[name] for name in shared)

    def is_alike(self, other: Reason) -> bool:
        """Whether two events are unusual for one reason, whatever their categories are."""
        shared = self.weights.keys() & other.weights.keys()
        return sum(self.weights[name] * other.weights[name] for name in shared) >= ALIKE

    def rest_of(self, other: Reason) -> float:
        """Share of another event's contributions that this reason does not explain.

        Those across the direction of this reason, of all, in absolute values.
        """
        along = sum(self.weights.get(name, 0.0) * weight for name, weight in other.weights.items())
        whole = sum(map(abs, other.weights.values()))
        names = self.weights.keys() | other.weights.keys()
        rest = sum(
            abs(other.weights.get(name, 0.0) - along * self.weights.get(name, 0.0))
            for name in names
        )
        return min(rest / whole, 1.0) if whole > 0.0 else 1.0

    def telling(self) -> set[Hashable]:
        """The features that make it up: the largest components, nine tenths of its square."""
        found: set[Hashable] = set()
        left = 1.0
        for name, weight in sorted(self.weights.items(), key=lambda pair: -abs(pair[1])):
            if left <= LEFT_OUT:
                break
            found.add(name)
            left -= weight * weight
        return found

    def average_in(self, other: Reason, count: int) -> None:
        """Move towards the reason of the ``count``-th event; what differs does not matter."""
        for name in self.categories.keys() & other.categories.keys():
            if self.categories[name] != other.categories[name]:
                del self.categories[name]
        rate = 1.0 / min(count, MEMORY)
        names = [*self.weights, *(name for name in other.weights if name not in self.weights)]
        self.weights = _normed(
            {
                name: (1.0 - rate) * self.weights.get(name, 0.0)
                + rate * other.weights.get(name, 0.0)
                for name in names
            }
        )


def _normed(weights: dict[Hashable, float]) -> dict[Hashable, float]:
    """The largest components, scaled to length 1; none if there is nothing but 0."""
    largest = max((abs(weight) for weight in weights.values()), default=0.0)
    if not 0.0 < largest < float("inf"):
        return {}
    kept = sorted(weights.items(), key=lambda pair: -abs(pair[1]))[:MOST_KEPT]
    scaled = {name: weight / largest for name, weight in kept if weight != 0.0}
    length = sqrt(sum(weight * weight for weight in scaled.values()))
    return {name: weight / length for name, weight in scaled.items()}
