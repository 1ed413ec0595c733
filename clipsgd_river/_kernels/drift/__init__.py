"""Kernels of `drift`."""
