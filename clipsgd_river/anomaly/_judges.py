"""What explains a score that more than one model has a share in."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from river import compose

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._words.usual import beside

if TYPE_CHECKING:
    from clipsgd_river.anomaly._population import Population

Bands = dict[Any, tuple[float, float, float]]
Described = dict[Any, tuple[Any, ...]]


def speaks_for_itself(model: Any) -> bool:
    """Whether a model says in its own words what is usual, or does not say it at all."""
    return (
        isinstance(model, compose.Pipeline)
        or hasattr(model, "describe_one")
        or not hasattr(model, "expect_one")
    )


class BlendedModel:
    """The model of a young key and the population, each with its share in what is said.

    Parameters
    ----------
    own
        Model of the key.
    population, numbers
        What judges it besides, and by which numbers of the key.
    """

    def __init__(self, own: Any, population: Population, numbers: array[float]) -> None:
        self.own = own
        self.population = population
        self.numbers = numbers

    def score_one(self, x: Any) -> float:
        """Score by both."""
        own: float = self.own.score_one(x)
        return self.population.score(self.numbers, x, own)

    def distance_one(self, x: Any) -> float:
        """Distance by both."""
        own: float = self.own.distance_one(x)
        judged = self.population.judgement(self.numbers, x)
        if judged is None:
            return own
        other: float = judged.factor * self.population.detector.distance_one(judged.event)
        return judged.share * other + (1.0 - judged.share) * own

    def explain_one(self, x: Any) -> dict[Any, float]:
        """Contributions to the distance by both."""
        own: dict[Any, float] = self.own.explain_one(x)
        judged = self.population.judgement(self.numbers, x)
        if judged is None:
            return own
        found = {name: (1.0 - judged.share) * part for name, part in own.items()}
        weight = judged.factor * judged.share
        for name, part in self.population.detector.explain_one(judged.event).items():
            found[name] = found.get(name, 0.0) + weight * part
        return found

    def expect_one(self, x: Any = None) -> Bands:
        """Normal bands by both."""
        own: Bands = self.own.expect_one(x)
        judged = None if x is None else self.population.judgement(self.numbers, x)
        if judged is None:
            return own
        found = dict(own)
        bands = self.population.bands(self.numbers, x, judged)
        for name, band in bands.items():
            beside_it = own.get(name, band)
            low, middle, high = (
                judged.share * theirs + (1.0 - judged.share) * its
                for theirs, its in zip(band, beside_it, strict=True)
            )
            found[name] = (low, middle, high)
        return found

    def describe_one(self, x: Any) -> Described:
        """Of each feature, by whom it is judged: bands are those of `expect_one`."""
        count = int(self.numbers[0])
        events = "no event" if count == 0 else "1 event" if count == 1 else f"{count} events"
        return {
            name: (value, f"for its peers, with {events} of its own", _same)
            for name, value in x.items()
        }


class SmallerModel:
    """The model of a key, or that of its group, whichever finds an event less unusual.

    Parameters
    ----------
    own, group
        The models.
    by_group
        Whether it is that of the group.
    """

    def __init__(self, own: Any, group: Any, by_group: bool) -> None:
        self.judge = group if by_group else own
        self.other = own if by_group else group
        self.by_group = by_group

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("judge", "other", "by_group"):
            raise AttributeError(name)
        return getattr(self.judge, name)

    def describe_one(self, x: Any) -> Described:
        """Of each feature, whose band that of `expect_one` is, and what the other one is."""
        bands: Mapping[Any, tuple[float, float, float]] = self.other.expect_one(x)
        whose, others = (
            ("in its group", "for itself") if self.by_group else ("for itself", "in its group")
        )
        found: Described = {}
        for name, band in bands.items():
            if name in x:
                value = as_float(name, x[name])
                found[name] = (x[name], f"{whose}; {others} {beside(value, band)}", _same)
        return found


def _same(number: float) -> float:
    return number
