"""The score of a key's event beside its peers: the population and a group of keys."""

from __future__ import annotations

from array import array
from typing import Any

from clipsgd_river.anomaly._groups import Groups
from clipsgd_river.anomaly._judges import BlendedModel, SmallerModel, speaks_for_itself
from clipsgd_river.anomaly._models_by_key import ModelsByKey, Where
from clipsgd_river.anomaly._population import Judgement, Population


class Peers:
    """Judges the event of a key by its model, by the population while it is young, by its group.

    Parameters
    ----------
    models
        Of the keys.
    population, groups
        ``None`` where there are none.
    """

    def __init__(
        self, models: ModelsByKey, population: Population | None, groups: Groups | None
    ) -> None:
        self.models = models
        self.population = population
        self.groups = groups
        models.beside = population

    def score_learn(self, key: Any, group: Any, event: Any) -> float:
        """Score an event, then learn it; one that a detector refuses changes nothing."""
        numbers = self.numbers_of(key)
        score = self.models.score_learn(key, event)
        if numbers is not None and self.population is not None:
            score = self.population.score_learn(key, numbers, event, score)
        if self.groups is not None:
            other = self.groups.score_learn(group, event)
            if other is not None:
                score = min(score, other)
        return score

    def score(self, key: Any, group: Any, event: Any) -> float:
        """Score an event. Changes nothing."""
        numbers = self.numbers_of(key)
        score = self.models.score(key, event)
        if numbers is not None and self.population is not None:
            score = self.population.score(numbers, event, score)
        if self.groups is not None and self.groups.counts(group):
            score = min(score, self.groups.models.score(group, event))
        return score

    def model(self, key: Any, group: Any, event: Any) -> Any:
        """What judges an event of a key: to ask, not to teach."""
        found = self.models.model(key)
        numbers = self.numbers_of(key)
        population = self.population
        judged: Judgement | None = None
        if numbers is not None and population is not None:
            judged = population.judgement(numbers, event)
        if judged is not None and population is not None and numbers is not None:
            if population.standardises:
                found = BlendedModel(found, population, numbers)
            elif judged.share > 0.5:
                found = population.detector
        if self.groups is not None and self.groups.counts(group):
            other = self.groups.models.model(group)
            by_group = self.score(key, None, event) > other.score_one(event)
            if speaks_for_itself(other):
                return other if by_group else found
            return SmallerModel(found, other, by_group)
        return found

    def numbers_of(self, key: Any) -> array[float] | None:
        """What the population knows of a key; ``None`` if it does not judge it any longer."""
        population = self.population
        if population is None:
            return None
        where = self.models.where(key)
        if where is Where.HELD:
            return population.young.get(key)
        if where is Where.SPILLED and self.models.spilled is not None:
            return population.read(self.models.spilled.beside(key))
        return population.begun()

    def parts(self) -> dict[Any, Any]:
        """Detector of the population, and models of groups, for a state file."""
        found: dict[Any, Any] = {}
        if self.population is not None:
            found["population"] = self.population.detector
        if self.groups is not None:
            found |= {("group", group): model for group, model in self.groups.models.items()}
        return found

    def state(self) -> list[array[float]]:
        """Blocks of numbers beside those of the models."""
        found = []
        if self.population is not None:
            found.append(self.population.state([key for key, _ in self.models.items()]))
        if self.groups is not None:
            models, young = self.groups.models, self.groups.young
            found.append(models.dates())
            found.append(array("d", [young.get(group, 0) for group, _ in models.items()]))
        return found

    def restore(self, names: list[Any], blocks: list[array[float]]) -> None:
        """Take over what `state` gave, with the features of the population.

        Raises
        ------
        ValueError
            If it is damaged.
        """
        wanted = (self.population is not None) + 2 * (self.groups is not None)
        if len(blocks) != wanted:
            raise ValueError(f"the state has {len(blocks)} blocks beside its keys, not {wanted}")
        if self.population is not None:
            keys = [key for key, _ in self.models.items()]
            self.population.restore(names, blocks.pop(0), keys)
        if self.groups is not None:
            self.groups.models.take_dates(blocks.pop(0))
            self.groups.take_young(blocks.pop(0))
