"""Forecasts that no single value can pull far."""

from clipsgd_river.time_series.forecaster import ClippedForecaster

__all__ = ["ClippedForecaster"]
