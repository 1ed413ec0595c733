"""Parts of kernels that are members of an ensemble and no public detectors, each as a detector.

So they are held to the promises of detectors, and to the same bits in both modes, on their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from clipsgd_river._kernels.anomaly.largest_surprise import LargestSurprisePart
from clipsgd_river._kernels.anomaly.projections import ProjectionsPart
from clipsgd_river.anomaly._settings import (
    NEIGHBOURS,
    SHARED,
    fourier_components,
    memory_of_sample,
)
from clipsgd_river.anomaly.base import ClippedDetector


class LargestSurprise(ClippedDetector):
    """The bits of the most surprising feature."""

    _part_class = LargestSurprisePart
    _checks: ClassVar[Any] = {**SHARED, "memory": memory_of_sample}

    def __init__(
        self,
        *,
        memory: int = 10_000,
        learning_rate: Any = "auto",
        clip: Any = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
    ) -> None:
        self.memory = memory
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features


class Projections(ClippedDetector):
    """Histograms of random projections."""

    additive_contributions: ClassVar[bool] = False
    _part_class = ProjectionsPart
    _checks: ClassVar[Any] = {**NEIGHBOURS, "n_projections": fourier_components}

    def __init__(
        self,
        *,
        n_projections: int = 9,
        memory: int = 10_000,
        learning_rate: Any = "auto",
        clip: Any = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
        seed: int = 0,
    ) -> None:
        self.n_projections = n_projections
        self.memory = memory
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features
        self.seed = seed


def members() -> Iterator[ClippedDetector]:
    """Yield one of each."""
    yield LargestSurprise()
    yield Projections()
