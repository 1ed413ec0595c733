"""The sum of the bits that `SurprisalEncoder` gives, as a detector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from river import base


class TotalSurprisal(base.AnomalyDetector):
    """How surprising some features of an event are: their bits add up, as log-likelihoods do.

    The encoder before it does the learning. How rare a user is in general is not held against
    them if the user is none of the features.

    Parameters
    ----------
    features
        Names of the features that count.
    """

    def __init__(self, features: Sequence[str]) -> None:
        self.features = features

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn nothing."""

    def score_one(self, x: dict[Any, Any]) -> float:
        """Return the bits of all features."""
        return float(sum(x[name] for name in self.features))

    def explain_one(self, x: dict[Any, Any]) -> dict[str, float]:
        """Return the bits of each feature."""
        return {name: float(x[name]) for name in self.features}
