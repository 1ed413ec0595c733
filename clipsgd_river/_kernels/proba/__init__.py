"""Kernels of `proba`."""
