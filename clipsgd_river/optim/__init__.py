"""Optimizers for River's models."""

__all__: list[str] = []
