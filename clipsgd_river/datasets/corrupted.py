"""A real stream of which some events are replaced."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from typing import Any

import numpy as np
from river import datasets

from clipsgd_river.datasets.corruptions import Corruption


class Corrupted(datasets.base.SyntheticDataset):
    """Another dataset with some of its events replaced.

    Choose it to see what poisoned training does to a model on data of your own. Numbers are
    replaced, whatever else an event holds stays; so do the order and the number of events.

    Parameters
    ----------
    dataset
        A River dataset, or any sequence of pairs (x, y), that knows its length.
    corruption
        Which events, and by what they are replaced.
    keep_labels
        Whether events keep the labels of ``dataset``. Otherwise the label says whether the event
        was replaced.
    seed
        The same seed replaces the same events.

    Examples
    --------
    >>> from river import datasets
    >>> from clipsgd_river.datasets import Corrupted, Corruption, FarCluster
    >>> stream = Corrupted(datasets.Phishing(), Corruption(5, how=FarCluster(1e6)))
    >>> sum(replaced for x, replaced in stream)
    5
    """

    def __init__(
        self, dataset: Any, corruption: Corruption, keep_labels: bool = False, seed: int = 42
    ) -> None:
        length = getattr(dataset, "n_samples", None)
        if length is None and hasattr(dataset, "__len__"):
            length = len(dataset)
        if not length:
            raise ValueError(
                "the dataset does not tell its length, so which events to replace cannot be fixed "
                "beforehand; give it as a list, or one with n_samples"
            )
        super().__init__(  # type: ignore[no-untyped-call]
            task=getattr(dataset, "task", datasets.base.BINARY_CLF)
            if keep_labels
            else datasets.base.BINARY_CLF,
            n_features=getattr(dataset, "n_features", None),
            n_samples=length,
            n_classes=getattr(dataset, "n_classes", None) if keep_labels else 2,
        )
        self.dataset = dataset
        self.corruption = corruption
        self.keep_labels = keep_labels
        self.seed = seed

    def __iter__(self) -> Iterator[tuple[dict[Any, Any], Any]]:
        rng = np.random.default_rng(self.seed)
        replaced = self.corruption.events(rng, self.n_samples)
        # A dataset may hold more events than it says; the surplus is left alone.
        for index, (x, y) in enumerate(self.dataset):
            hit = index < len(replaced) and bool(replaced[index])
            event = self._replace(rng, x) if hit else x
            yield event, y if self.keep_labels else hit

    def _replace(self, rng: np.random.Generator, x: dict[Any, Any]) -> dict[Any, Any]:
        numeric = [
            name
            for name, value in x.items()
            if isinstance(value, numbers.Real) and not isinstance(value, bool)
        ]
        row = np.array([[float(x[name]) for name in numeric]])
        values = self.corruption.how(rng, row)[0].tolist()
        return {**x, **dict(zip(numeric, values, strict=True))}
