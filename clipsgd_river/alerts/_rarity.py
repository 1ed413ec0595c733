"""How rare an event can be said to be, after so many events."""

from __future__ import annotations

from math import sqrt

#: No event is said to be rarer where nobody knows how many there were.
RAREST = 1e-6


def highest_probability(fitted: float, events: float | None) -> float:
    r"""Upper end of an interval for the probability of an event that is as unusual.

    A tail that was fitted to n events says k = n p of them are as unusual. What n events can show
    is a count: those that were as unusual are at most k + 1 + 2 sqrt(k), the mean and two standard
    deviations of a Poisson variable and the event itself (1 + 3 k^2 below one, where the tail is
    extrapolated). So nothing is called rarer than 1 in n, however far the tail reaches.

    Parameters
    ----------
    fitted
        Probability by the tail, in [0, 1].
    events
        How many there were; ``None`` if that is not known.

    Examples
    --------
    >>> highest_probability(1e-3, 100_000)
    0.00121
    >>> highest_probability(1e-40, 5_000)
    0.0002
    """
    if events is None:
        return max(fitted, RAREST)
    count = max(events, 2.0)
    expected = count * fitted
    if expected <= 1.0:
        return min((1.0 + 3.0 * expected * expected) / count, 1.0)
    return min((expected + 1.0 + 2.0 * sqrt(expected)) / count, 1.0)
