"""Kernels of `preprocessing`."""
