"""Kernels of `stats`."""
