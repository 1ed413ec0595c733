"""Change-point detection as River drift detectors."""

from clipsgd_river.drift.ocpd import ClippedOCPD

__all__ = ["ClippedOCPD"]
