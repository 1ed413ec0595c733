# cython: language_level=3, cdivision=True
"""The margin of a one-class support vector machine and the share of events beyond it."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.running_quantile import RunningQuantile

# Events over which the realised share of slack is averaged.
LONGEST_MEMORY = 1000.0
# An event with slack makes up at most this share of the weights.
LARGEST_PART = 0.25
HEADROOM = 1.001
# Observations that the first margin is worth.
PRIOR_COUNT = 10.0


class Slack:
    """Margin by pinball steps, and how many events had slack.

    The derivative of the loss by rho is 1{slack} / nu - 1: descending it moves the margin until a
    share nu of the events has slack, for every distribution. `RunningQuantile` takes that
    step on the logarithm.

    Parameters
    ----------
    nu
        Share of events with slack.
    level
        Level of the quantile that the margin is: nu if events below it have slack, 1 - nu if
        those above it have.
    """

    def __init__(self, nu: float, level: float) -> None:
        self.nu = nu
        self.margin = RunningQuantile(level, 0.02)
        self.share = nu
        self.count = 0.0

    def start_at(self, margin: float) -> None:
        """Start from this margin unless there is one."""
        if self.margin.value == 0.0:
            self.margin.start_at(margin, PRIOR_COUNT)

    def weight(self, rate: float) -> float:
        """Step of the weights at an event with slack."""
        return min(rate / self.nu, LARGEST_PART)

    def observe(self, value: float, slack: cython.bint) -> None:
        """Let margin and share follow one event."""
        if self.count < LONGEST_MEMORY:
            self.count += 1.0
        self.share += ((1.0 if slack else 0.0) - self.share) / self.count
        self.margin.observe(value)

    def clamp(self, lowest: float, largest: float) -> None:
        """Clamp the margin from ``lowest`` to just beyond the largest value that an event can have.

        Beyond and not at it, where round-off would decide which events have slack.
        """
        self.margin.value = max(min(self.margin.value, HEADROOM * largest), lowest)

    def exchange(self, archive: Archive) -> int:
        """Pass the state through ``archive``."""
        self.margin.exchange(archive)
        self.share = archive.bounded(self.share, 0.0, 1.0, "share of slack")
        self.count = archive.count(self.count)
        archive.check(self.count, 0.0, LONGEST_MEMORY, "count of slack")
        return 0
