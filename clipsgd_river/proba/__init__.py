"""Distributions that follow a stream, tails included."""

from clipsgd_river.proba.spliced_pareto import SplicedBinnedPareto

__all__ = ["SplicedBinnedPareto"]
