"""Transformers that no single event can pull far."""

from clipsgd_river.preprocessing.scaler import ClippedScaler

__all__ = ["ClippedScaler"]
