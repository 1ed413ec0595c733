# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Bits of every feature of an event, numbers and categories alike."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import cython

from clipsgd_river._kernels.anomaly.category_news import CategoryNews
from clipsgd_river._kernels.anomaly.joined_bits import JoinedBits
from clipsgd_river._kernels.anomaly.number_bits import NumberBits
from clipsgd_river._kernels.anomaly.scored_events import ScoredEvents
from clipsgd_river._kernels.anomaly.shared_bits import SharedBits
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.as_float import not_an_event
from clipsgd_river._kernels.core.event_loop import EventLoop
from clipsgd_river._kernels.core.running_quantile import RunningQuantile
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.preprocessing.as_key import as_key

if not cython.compiled:
    from clipsgd_river._kernels.anomaly.frequent_values import BITS

# Types that are categories.
TEXTS = (str, bytes, tuple)
# Bits of one feature, at most.
MOST_BITS = 100.0
# Kind of a feature of categories that is conditional on another one; other categories are 1.
CONDITIONAL = 2.0


class SurprisalDetectorKernel(NumberBits):
    """Bits of the features of an event, their joined distance and its score.

    A number has its bits as `NumberBits` says, a category from a `CategoryNews`. A feature whose
    first value is text, bytes or a tuple, or that is named, is one of categories; the event loop
    then carries the news of a value in place of the value, so that everything beyond loading is
    alike for both.

    Parameters
    ----------
    settings
        ``memory``, ``warm_up``, ``contamination``, ``categories``, names, ``given``, pairs of
        names, ``max_values`` and ``max_features``, already validated; kept as given.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        NumberBits.__init__(self, settings)
        memory: cython.double = settings["memory"]
        # What is usual is as slow as all the rest.
        self.typical = RunningQuantile(0.5, min(1.0 / memory, 0.005))
        self.joined = JoinedBits(memory)
        self.shared = SharedBits(memory)
        # Of the loaded event, in the order of its features.
        self.bits = Vector()
        self.total = 0.0
        self.largest = 0.0
        self.news: dict[Any, CategoryNews] = {}
        # Categories of the loaded event, which are learned once its numbers are.
        self.heard: list[Any] = []
        self.given = dict(settings["given"] or ())
        self.named = frozenset(settings["categories"] or ()) | frozenset(self.given)

    def load(self, event: Any, learn: cython.bint) -> cython.int:
        """Load a dict, news in place of categories; see `EventLoop.load`."""
        self.heard = []
        if type(event) is not dict:
            if not isinstance(event, Mapping):
                raise not_an_event(event, "number or category")
            event = dict(event)
        EventLoop.load(self, self.with_news(event), learn)
        if learn:
            for name, _, _ in self.heard:
                if name not in self.news:
                    self.news[name] = self.new_news()
                    kind: cython.double = CONDITIONAL if name in self.given else 1.0
                    self.categorical.at[self.features.positions[name]] = kind
        return 0

    def each_row(
        self, rows: Any, names: Any, count: cython.Py_ssize_t, learn: cython.bint
    ) -> cython.int:
        """Run rows of numbers; ``TypeError`` if any of them are categories, which have no row."""
        for name in names:
            if name in self.news or name in self.named:
                raise TypeError(f"feature {name!r} is one of categories: pass events, one by one")
        return ScoredEvents.each_row(self, rows, names, count, learn)

    def with_news(self, event: dict[Any, Any]) -> dict[Any, Any]:
        """The event with the news of its categories in their place."""
        found: dict[Any, Any] = event
        for name, content in event.items():
            kind = type(content)
            if (kind is float or kind is int) and not self.news and not self.named:
                continue
            if name not in self.news and name not in self.named:
                if not isinstance(content, TEXTS):
                    continue
                if name in self.features.positions and content != "":
                    self.refuse_text(name, content)
            if found is event:
                found = dict(event)
            key = self.key_of(name, content)
            if key is None:
                found[name] = None
                continue
            context = self.context_of(name, event)
            self.heard.append((name, key, context))
            known = self.news.get(name)
            found[name] = 0.0 if known is None else self.news_of(known, key, context)
        return found

    def bits_one(self, event: Any) -> dict[Any, float]:
        """Bits of each present feature, by name."""
        k: cython.Py_ssize_t
        self.claim()
        try:
            self.load(event, False)
            self.distance()
            return {
                self.features.names[self.features.present.at[k]]: self.bits.at[k]
                for k in range(self.features.count)
            }
        finally:
            self.busy = False

    def encode_one(self, event: Any) -> dict[Any, Any]:
        """An event with the bits of its categories in their place."""
        self.claim()
        try:
            self.load(event, False)
            return self.with_news(dict(event))
        finally:
            self.heard = []
            self.busy = False

    def refuse_text(self, name: Any, content: Any) -> None:
        """Raise the ``TypeError`` of text in a feature of numbers."""
        raise TypeError(
            f"feature {name!r} is {content!r:.60} of type {type(content).__name__}, and was a "
            "number before: make its values all numbers, None where one is missing, or all "
            f"text; or name it in categories, as in categories=[{name!r:.60}]"
        )

    def key_of(self, name: Any, content: Any) -> Any:
        """Value of a category as it is kept; ``None`` if it is missing, as an empty text is."""
        return None if isinstance(content, str) and content == "" else as_key(name, content)

    def context_of(self, name: Any, event: dict[Any, Any]) -> Any:
        """Value of the feature that this one is conditional on, ``None`` if there is none."""
        other = self.given.get(name) if self.given else None
        return None if other is None else self.key_of(other, event.get(other))

    def news_of(self, known: CategoryNews, key: Any, context: Any) -> float:
        """Bits of a category."""
        return known.news(key, context)

    def new_news(self) -> CategoryNews:
        """A `CategoryNews` that has learned nothing."""
        return CategoryNews(self.settings["memory"], self.settings["max_values"])

    def news_at(self, j: cython.Py_ssize_t) -> CategoryNews:
        """That of the feature at position j, which is one of categories."""
        return self.news[self.features.names[j]]

    def distance(self) -> float:
        """Sum of the bits of the loaded event, shared ones once, and what the largest add."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        bits: cython.double
        part: cython.double
        common: cython.double = 0.0
        self.shared.begin()
        for k in range(self.features.count):
            j = self.features.present.at[k]
            bits = min(self.bits_of(k, j), MOST_BITS)
            self.bits.at[k] = bits
            if self.shares(j):
                self.shared.add(k, j, bits)
        self.total = 0.0
        self.largest = 0.0
        for k in range(self.features.count):
            bits = self.bits.at[k]
            part = self.part_of(k)
            common = max(common, part)
            self.total += bits - part
            self.largest = max(self.largest, bits - part)
        self.total += common
        return self.total + self.extra()

    def part_of(self, k: cython.Py_ssize_t) -> float:
        """Bits of the k-th value of the loaded event that others share."""
        if self.shares(self.features.present.at[k]):
            return self.shared.part(k, self.bits.at[k])
        return 0.0

    def shares(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether the feature at position j has bits in common with others.

        One that is conditional on another was freed of what they have in common, and one that was
        never seen has no bits.
        """
        return self.categorical.at[j] < CONDITIONAL and self.frequent.seen.at[j] > 0.0

    def extra(self) -> float:
        """What the largest bits add to the sum; of one feature both are the same."""
        k: cython.Py_ssize_t
        known: cython.Py_ssize_t = 0
        for k in range(self.features.count):
            if self.frequent.seen.at[self.features.present.at[k]] > 0.0:
                known += 1
        return self.joined.extra(self.largest) if known > 1 else 0.0

    def bits_of(self, k: cython.Py_ssize_t, j: cython.Py_ssize_t) -> float:
        """Bits of the k-th value of the loaded event, of the feature at position j."""
        if self.categorical.at[j] > 0.0:
            return self.features.values.at[j]
        return self.number_bits(k, j, self.features.values.at[j])

    def usual_distance(self) -> float:
        """Those of as many independent features: bits are exponential with mean 1 / log 2."""
        return BITS * self.features.count

    def contribute(self, contributions: cython.p_double) -> None:
        """Bits of each feature that are its own; and what the largest ones add to the distance."""
        k: cython.Py_ssize_t
        own: cython.double
        part: cython.double
        extra: cython.double = self.extra()
        common: cython.double = 0.0
        for k in range(self.features.count):
            common = max(common, self.part_of(k))
        for k in range(self.features.count):
            part = self.part_of(k)
            own = self.bits.at[k] - part
            contributions[self.features.present.at[k]] = own
            if extra > 0.0 and own == self.largest:
                contributions[self.features.present.at[k]] += extra
                extra = 0.0
            if common > 0.0 and part == common:
                contributions[self.features.present.at[k]] += common
                common = 0.0

    def notice(self) -> cython.bint:
        """Events without any surprise do not tell how surprising others are."""
        return self.total > 0.0

    def step(self) -> None:
        """Clipped steps of all that the bits of the loaded event were made of."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        self.joined.observe(self.total, self.largest, self.features.count)
        if self.shared.added > 1:
            for k in range(self.features.count):
                j = self.features.present.at[k]
                if self.shares(j):
                    self.shared.learn(k, j, self.bits.at[k], self.frequent.seen.at[j])
            self.shared.end()
        for k in range(self.features.count):
            j = self.features.present.at[k]
            if self.categorical.at[j] > 0.0:
                self.frequent.seen.at[j] = self.frequent.seen.at[j] + 1.0
            else:
                self.learn_number(k, j, self.features.values.at[j])

    def learn_at(self, distance: float) -> None:
        """Learn the loaded event, whose distance is known; its categories in `settle`."""
        ScoredEvents.learn_at(self, distance)
        if self.features.count > 0 and self.hears():
            self.waiting = True

    def hears(self) -> cython.bint:
        """Whether the loaded event has categories."""
        k: cython.Py_ssize_t
        for k in range(self.features.count):
            if self.categorical.at[self.features.present.at[k]] > 0.0:
                return True
        return False

    def settle(self) -> cython.int:
        """Learn the categories of the event; start ladders anew that are lost."""
        ScoredEvents.settle(self)
        for name, key, context in self.heard:
            self.learn_news(self.news[name], key, context)
        self.heard = []
        return 0

    def learn_news(self, known: CategoryNews, key: Any, context: Any) -> cython.int:
        """One step on a category."""
        return known.learn(key, context)

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.bits.grow(size)
        self.shared.grow(size)
        return NumberBits.grow(self, size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        NumberBits.reset_feature(self, j)
        self.shared.start(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of numbers, and what each feature shares with others."""
        return 3 * size + NumberBits.least_numbers(self, size)

    def release(self, positions: list[Any]) -> cython.int:
        """Forget the categories of features that are gone."""
        for position in positions:
            self.news.pop(self.features.names[position], None)
        return 0

    def expect_one(self, event: Any) -> dict[Any, tuple[float, float, float]]:
        """Band of 95 % of each feature; that of a category is one of bits."""
        j: cython.Py_ssize_t
        self.claim()
        try:
            if event is not None:
                self.load(event, False)
            return {self.features.names[j]: self.band(j) for j in range(self.started)}
        finally:
            self.busy = False

    def seen_one(self, event: Any) -> dict[Any, Any]:
        """How often each category of an event was seen, by feature: `ValueTable.times_seen`."""
        self.claim()
        try:
            self.load(event, False)
            return {
                name: self.times_seen(self.news[name], key, context)
                for name, key, context in self.heard
                if name in self.news
            }
        finally:
            self.busy = False

    def times_seen(self, known: CategoryNews, key: Any, context: Any) -> Any:
        """How often a category was seen."""
        return known.table.times_seen(key, context)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the numbers of the state through ``archive``; the features are known."""
        j: cython.Py_ssize_t
        size: cython.Py_ssize_t = self.features.size
        self.exchange_scores(archive)
        self.joined.exchange(archive)
        self.shared.exchange(archive, size)
        self.exchange_numbers(archive)
        if archive.reading:
            self.news = {
                self.features.names[j]: self.new_news()
                for j in range(size)
                if self.categorical.at[j] > 0.0
            }
        for j in range(size):
            if self.categorical.at[j] > 0.0:
                self.news_at(j).exchange(archive)
        return 0

    def kept(self) -> list[list[Any]]:
        """Values of the state, feature by feature of categories."""
        j: cython.Py_ssize_t
        return [
            list(self.news_at(j).table.keys)
            for j in range(self.features.size)
            if self.categorical.at[j] > 0.0
        ]

    def take_kept(self, kept: Any) -> None:
        """Take over the values that `kept` gave: the end of `restore`."""
        j: cython.Py_ssize_t
        places = [j for j in range(self.features.size) if self.categorical.at[j] > 0.0]
        if not isinstance(kept, list) or len(kept) != len(places):
            raise ValueError("the state's values do not fit its features: it is damaged")
        for j, values in zip(places, kept, strict=True):
            self.news_at(j).table.restore_keys(list(values))

    def copy_from(self, other: EventLoop) -> None:
        """Take over the state of another kernel of this kind; see `EventLoop.copy_from`."""
        EventLoop.copy_from(self, other)
        source: Any = other
        self.take_kept(source.kept())

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (self.settings, *self.snapshot(), self.kept())


def rebuild(
    settings: dict[str, Any], names: list[Any], numbers: array[float], kept: list[list[Any]]
) -> SurprisalDetectorKernel:
    """Kernel with a state taken from another one."""
    fresh = SurprisalDetectorKernel(settings)
    fresh.restore(names, numbers)
    fresh.take_kept(kept)
    return fresh
