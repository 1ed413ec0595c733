"""Statistics that no single value can pull far."""

from clipsgd_river.stats.base import ClippedStatistic
from clipsgd_river.stats.mean import ClippedMean
from clipsgd_river.stats.quantile import ClippedQuantile
from clipsgd_river.stats.var import ClippedVar
from clipsgd_river.stats.vector_mean import ClippedVectorMean

__all__ = ["ClippedMean", "ClippedQuantile", "ClippedStatistic", "ClippedVar", "ClippedVectorMean"]
