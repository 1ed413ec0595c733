"""Transformers."""

__all__: list[str] = []
