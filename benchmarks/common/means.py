"""Means without clipping, before each event, to compare with."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from common.data import FloatArray


def running_means(events: FloatArray) -> FloatArray:
    """Return the mean of the events before each one, as River's `stats.Mean` gives it."""
    sums = np.cumsum(events, axis=0)[:-1]
    return _delayed(sums / np.arange(1, len(events))[:, None])


def exponential_means(events: FloatArray, fading: float) -> FloatArray:
    """Return the mean before each event as River's `stats.EWMean(fading)` gives it."""
    start = (1 - fading) * events[:1]
    means, _ = lfilter([fading], [1, fading - 1], events[:-1], axis=0, zi=start)
    return _delayed(means)


def _delayed(means: FloatArray) -> FloatArray:
    """Put zero, which is known before anything was seen, in front."""
    return np.vstack([np.zeros((1, means.shape[1])), means])
