"""Parts of kernels that are members of an ensemble and no public detectors, each as a detector.

So they are held to the promises of detectors, and to the same bits in both modes, on their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from clipsgd_river._kernels.anomaly.largest_surprise import LargestSurprisePart
from clipsgd_river.anomaly._settings import SHARED, memory_in_events
from clipsgd_river.anomaly.base import ClippedDetector


class LargestSurprise(ClippedDetector):
    """The bits of the most surprising feature."""

    _part_class = LargestSurprisePart
    _checks: ClassVar[Any] = {**SHARED, "memory": memory_in_events}

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


def members() -> Iterator[ClippedDetector]:
    """Yield one of each."""
    yield LargestSurprise()
