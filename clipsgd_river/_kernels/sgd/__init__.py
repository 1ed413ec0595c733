"""Clipped stochastic gradient descent: step sizes, clip thresholds, location and scale."""
