"""Optimizers for River's models."""

from clipsgd_river.optim.clipped_sgd import ClippedSGD

__all__ = ["ClippedSGD"]
