"""Kernels of `anomaly`."""
