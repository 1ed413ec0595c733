# cython: language_level=3
"""Events whose categories are replaced by their surprisals."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from datetime import date
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel, check_names
from clipsgd_river._kernels.core.as_float import not_an_event
from clipsgd_river._kernels.preprocessing.as_key import LONGEST as LONGEST_VALUE
from clipsgd_river._kernels.preprocessing.as_key import as_key
from clipsgd_river._kernels.preprocessing.category import Category

# Types that are categories in every feature.
TEXTS = (str, bytes, tuple)
LONGEST: int = LONGEST_VALUE


class SurprisalKernel(ArchivedKernel):
    """A `Category` for each feature that has had values other than numbers, or is named.

    Parameters
    ----------
    settings
        ``features``, names, and ``given``, pairs of names, or ``None``; ``learning_rate``,
        ``max_values`` and ``max_features``, already validated; kept as given.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.columns: dict[Any, Category] = {}
        self.events = 0.0
        self.busy = False
        self.given = dict(settings["given"] or ())
        self.named = frozenset(settings["features"] or ()) | frozenset(self.given)
        self.max_features = settings["max_features"]
        self.memory = max(round(1.0 / settings["learning_rate"]), 1.0)

    def key_of(self, name: Any, content: Any) -> Any:
        """Value of a feature as it is kept, ``None`` if it is a number or time, or missing."""
        kind = type(content)
        if kind is str and len(content) <= LONGEST:
            return content
        if self.named and name in self.named:
            return as_key(name, content)
        # A time is for what comes behind.
        if kind is float or kind is int or isinstance(content, date):
            return None
        # Raises for what is neither a number nor a category.
        key = as_key(name, content)
        return key if isinstance(content, TEXTS) else None

    def given_key(self, name: Any, event: dict[Any, Any]) -> Any:
        """Value of the feature that this one is conditional on, ``None`` if there is none."""
        if not self.given:
            return None
        other = self.given.get(name)
        if other is None:
            return None
        content = event.get(other)
        if type(content) is str and len(content) <= LONGEST:
            return content
        return as_key(other, content)

    def find_category(self, name: Any) -> Category | None:
        """Category of a feature, ``None`` if it has none."""
        return self.columns.get(name)

    def start_category(self, name: Any) -> Category:
        """Category of a feature, a new one if it has none; check ``max_features`` before."""
        found = self.find_category(name)
        if found is None:
            found = Category(self.memory, self.settings["max_values"])
            self.columns[name] = found
        return found

    def learn_one(self, event: Any) -> None:
        """Learn the categories of an event; one that raises is not learned at all."""
        self.claim()
        try:
            event = as_event(event)
            found: list[Any] = []
            fresh: cython.Py_ssize_t = 0
            for name, content in event.items():
                if type(content) is float and not self.named:
                    continue
                key = self.key_of(name, content)
                if key is not None:
                    fresh += name not in self.columns
                    found.append((name, key, self.given_key(name, event)))
            if fresh and len(self.columns) + fresh > self.max_features:
                raise ValueError(
                    f"the event has {fresh} new categorical features, and the encoder already "
                    f"keeps {len(self.columns)} of at most max_features={self.max_features}; if "
                    "names carry values (ids, times), move those into the values, otherwise raise "
                    "max_features"
                )
            for name, key, given in found:
                self.start_category(name).learn(key, given)
            self.events += 1.0
        finally:
            self.busy = False

    def transform_one(self, event: Any) -> dict[Any, Any]:
        """The event with surprisals in place of categories."""
        self.claim()
        try:
            encoded: dict[Any, Any] = {}
            event = as_event(event)
            for name, content in event.items():
                if type(content) is float and not self.named:
                    encoded[name] = content
                    continue
                key = self.key_of(name, content)
                if key is None:
                    encoded[name] = content
                    continue
                found = self.find_category(name)
                if found is None:
                    encoded[name] = 0.0
                else:
                    encoded[name] = found.bits(key, self.given_key(name, event))
            return encoded
        finally:
            self.busy = False

    def seen_one(self, event: Any) -> dict[Any, Any]:
        """How often each category of an event was seen, by feature: see `Category.seen`."""
        self.claim()
        try:
            event = as_event(event)
            seen: dict[Any, Any] = {}
            for name, content in event.items():
                key = self.key_of(name, content)
                found = self.find_category(name)
                if key is not None and found is not None:
                    seen[name] = found.seen(key, self.given_key(name, event))
            return seen
        finally:
            self.busy = False

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the numbers of the state through ``archive``; the features are known."""
        self.events = archive.count(self.events)
        for name in self.columns:
            self.start_category(name).exchange(archive)
        return 0

    def snapshot(self) -> tuple[list[Any], array[float]]:
        """Names of the features and all numbers of the state."""
        archive = Archive()
        self.claim()
        try:
            self.exchange(archive)
            return list(self.columns), archive.numbers
        finally:
            self.busy = False

    def kept(self) -> list[list[Any]]:
        """Values of the state, feature by feature."""
        return [self.start_category(name).kept() for name in self.columns]

    def restore(self, names: list[Any], numbers: array[float]) -> None:
        """Take over the numbers that `snapshot` gave; `take_kept` ends it, in a new kernel."""
        check_names(names, self.max_features)
        for name in names:
            self.start_category(name)
        archive = Archive(numbers)
        self.exchange(archive)
        archive.close()

    def take_kept(self, kept: Any) -> None:
        """Take over the values that `kept` gave."""
        if not isinstance(kept, list) or len(kept) != len(self.columns):
            raise ValueError("the state's values do not fit its features: it is damaged")
        for name, values in zip(self.columns, kept, strict=True):
            self.start_category(name).take_kept(list(values))

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (type(self), self.settings, *self.snapshot(), self.kept())


def as_event(event: Any) -> dict[Any, Any]:
    """An event as a dict."""
    if type(event) is dict:
        return event
    if not isinstance(event, Mapping):
        raise not_an_event(event, "number or category")
    return dict(event)


def rebuild(
    kernel: type[SurprisalKernel],
    settings: dict[str, Any],
    names: list[Any],
    numbers: array[float],
    kept: list[list[Any]],
) -> SurprisalKernel:
    """Kernel with a state taken from another one."""
    fresh = kernel(settings)
    fresh.restore(names, numbers)
    fresh.take_kept(kept)
    return fresh
