"""Kernels of `alerts`."""
