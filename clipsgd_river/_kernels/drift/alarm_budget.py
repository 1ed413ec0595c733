# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The probability of a false alarm that a test at a given time may spend."""

from __future__ import annotations

import cython

if not cython.compiled:
    from math import log

# Events in the first of the periods that double.
FIRST_PERIOD = 64.0
# The e-th period gets the share 10 / ((e + 10) (e + 11)); these sum to 1, and the share of a period
# falls by half only after seven doublings.
SLOWNESS = 10.0
# Share of the budget for the bounds on the mean before a change, which the tests rest on.
BOUNDS_SHARE = 0.1
# Probability that these bounds are wrong where a run length is given.
RUN_LENGTH_ERROR = 0.005


class AlarmBudget:
    """Spending per event: the sum over all events is at most the share of ``delta`` for tests.

    A test of a window whose start moves in steps of g events is made every g events and may spend
    g times this. As the spending never grows with time, all tests of the window together spend at
    most what all events have.

    With a run length N the spending stays w = (1 - e)^2 / (2 N), e the error of the bounds: a false
    alarm within T events has probability e + w T at most, so the expected run length is at least
    the sum of max(0, 1 - e - w T) over T, which is N.

    ``level`` is log(1 / spending).

    Parameters
    ----------
    delta
        Probability of any false alarm; 0 to go by the run length.
    run_length
        Expected number of events before a false alarm.
    """

    def __init__(self, delta: float, run_length: float) -> None:
        self.delta = delta
        self.rest = 1.0 - RUN_LENGTH_ERROR
        self.run_length = run_length
        self.bounds_error = BOUNDS_SHARE * delta if delta > 0.0 else RUN_LENGTH_ERROR
        self.begin()

    def begin(self) -> None:
        """Begin a stretch."""
        self.period = 0.0
        self.end = FIRST_PERIOD
        self.spend(FIRST_PERIOD)

    def spend(self, length: float) -> None:
        """Spread the share of this period over its length."""
        share: cython.double = SLOWNESS / (
            (self.period + SLOWNESS) * (self.period + SLOWNESS + 1.0)
        )
        if self.delta > 0.0:
            self.spending = (1.0 - BOUNDS_SHARE) * self.delta * share / length
        else:
            self.spending = self.rest * self.rest / (2.0 * self.run_length)
        self.level = -log(self.spending)

    def advance(self, events: float) -> None:
        """Move on to the event of this number in the stretch."""
        while events >= self.end:
            self.period += 1.0
            self.spend(self.end)
            self.end *= 2.0
