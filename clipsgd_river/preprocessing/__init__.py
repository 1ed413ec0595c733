"""Transformers that no single event can pull far."""

from clipsgd_river.preprocessing.scaler import ClippedScaler
from clipsgd_river.preprocessing.surprisal import SurprisalEncoder

__all__ = ["ClippedScaler", "SurprisalEncoder"]
