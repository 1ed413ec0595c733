"""Kernels of `linear_model`."""
