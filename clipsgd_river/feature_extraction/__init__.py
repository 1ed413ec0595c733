"""Features that say what happened lately."""

from clipsgd_river.feature_extraction.key_activity import KeyActivity

__all__ = ["KeyActivity"]
