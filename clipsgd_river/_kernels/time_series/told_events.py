# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What was told already is no news."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from clipsgd_river._kernels.core.archive import LARGEST_COUNT

# Surprises up to so many decades, 1 in 100, are never held back; what is, keeps less than one more.
QUIET = 2.0
# No surprise has more decades.
LARGEST_BAR = 20.0


class ToldEvents:
    """A bar for each feature that stands at its last news and falls by a decade per ``cooldown``.

    A surprise s above the bar is news and raises it. One at or below it belongs to what was told,
    and what it has beyond two decades, o = s - 2, is brought to o / (1 + o): less than three in
    all, so that above that threshold an event that lasts is told once, and again only where it gets
    rarer. It still ranks above what is usual. 16 bytes a feature.

    Parameters
    ----------
    cooldown
        Events in which the bar falls by a decade.
    """

    def __init__(self, cooldown: float) -> None:
        self.fall = 1.0 / cooldown
        self.bar = Vector()
        self.since = Vector()

    def is_told(self, j: cython.Py_ssize_t, surprise: float) -> cython.bint:
        """Whether a surprise of the feature at position j belongs to what was told."""
        return self.bar.at[j] > QUIET and surprise <= self.bar.at[j]

    def damped(self, j: cython.Py_ssize_t, surprise: float) -> float:
        """The surprise if it is news, otherwise what is left of it."""
        over: cython.double = surprise - QUIET
        if over > 0.0 and self.is_told(j, surprise):
            return QUIET + over / (1.0 + over)
        return surprise

    def learn(self, j: cython.Py_ssize_t, surprise: float) -> None:
        """Raise the bar, or let it fall; ``since`` counts the events since it was raised last."""
        if surprise > self.bar.at[j]:
            self.bar.at[j] = min(surprise, LARGEST_BAR)
            self.since.at[j] = 0.0
        else:
            self.since.at[j] = min(self.since.at[j] + 1.0, LARGEST_COUNT)
        self.bar.at[j] = max(self.bar.at[j] - self.fall, 0.0)

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.bar.grow(size)
        return self.since.grow(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j."""
        self.bar.at[j] = 0.0
        self.since.at[j] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of ``size`` features."""
        return 2 * size

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        self.bar.exchange_bounded(archive, size, 0.0, LARGEST_BAR, "bar")
        return self.since.exchange_counts(archive, size, LARGEST_COUNT, "count of events")
