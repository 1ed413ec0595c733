"""What is usual of a feature, in words, for detectors and alerts."""
