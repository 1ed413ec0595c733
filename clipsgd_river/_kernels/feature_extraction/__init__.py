"""Kernels of `feature_extraction`."""
