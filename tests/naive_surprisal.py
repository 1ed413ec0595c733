"""Surprisals straight from the formulas: every count and every fading in full, no kernel."""

from __future__ import annotations

from collections import defaultdict
from math import log2
from typing import Any


class NaiveFrequencies:
    """Frequencies of one context as a dict of probabilities, moved by SGD."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.events = 0
        self.p: dict[Any, float] = {}
        # Share of the events whose value was not seen again.
        self.once: dict[Any, float] = {}

    def learn(self, value: Any) -> None:
        self.events += 1
        step = max(1.0 / self.events, 1.0 / self.memory)
        is_new = value not in self.p
        self.once.pop(value, None)
        for shares in (self.p, self.once):
            for other in shares:
                shares[other] -= step * shares[other]
        self.p[value] = self.p.get(value, 0.0) + step
        if is_new:
            self.once[value] = step

    @property
    def escape(self) -> float:
        mass = min(self.events, self.memory)
        return (sum(self.once.values()) * mass + 0.5) / (mass + 0.5)


class NaiveSurprisal:
    """Surprisals of one feature, perhaps given another, of which the last one does not count."""

    def __init__(self, memory: int) -> None:
        self.all = NaiveFrequencies(memory)
        self.contexts: dict[Any, NaiveFrequencies] = defaultdict(lambda: NaiveFrequencies(memory))
        self.waiting: tuple[Any, Any] | None = None

    def bits(self, value: Any, given: Any = None) -> float:
        e = self.all.escape
        p = e + (1 - e) * self.all.p.get(value, 0.0)
        if given in self.contexts:
            e = self.contexts[given].escape
            p = e * p + (1 - e) * self.contexts[given].p.get(value, 0.0)
        return -log2(min(p, 1.0))

    def learn(self, value: Any, given: Any = None) -> None:
        if self.waiting is not None:
            last, context = self.waiting
            self.all.learn(last)
            if context is not None:
                self.contexts[context].learn(last)
        self.waiting = (value, given)
