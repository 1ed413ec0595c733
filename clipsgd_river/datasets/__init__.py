"""Streams whose truth is known: an oblivious adversary, digits that drift and turn."""

from clipsgd_river.datasets.corrupted import Corrupted
from clipsgd_river.datasets.corruptions import Constant, Corruption, FarCluster, Replay, SignFlip
from clipsgd_river.datasets.digits import DriftingDigits, RotatedDigits
from clipsgd_river.datasets.drifts import AbruptDrift, LinearDrift, PeriodicDrift, RandomWalk
from clipsgd_river.datasets.oblivious_adversary import ObliviousAdversary

__all__ = [
    "AbruptDrift",
    "Constant",
    "Corrupted",
    "Corruption",
    "DriftingDigits",
    "FarCluster",
    "LinearDrift",
    "ObliviousAdversary",
    "PeriodicDrift",
    "RandomWalk",
    "Replay",
    "RotatedDigits",
    "SignFlip",
]
