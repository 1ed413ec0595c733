"""A value beside what is usual, in words that fit a flag, a count, an amount, a measurement."""

from __future__ import annotations

import re
from math import inf

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._numbers import own_decimals, told_apart
from clipsgd_river._words.bands import ends
from clipsgd_river._words.repeats import about_repeats, exactly, in_events
from clipsgd_river._words.seen import NOTHING, Band, Seen

#: An amount that went so many times as far from what is expected as its band says more than that.
FAR_OUT = 4.0


def in_words(value: float, band: Band, seen: Seen = NOTHING, unit: str | None = None) -> str:
    """Say a value and what is usual, no rarer than so many events can show.

    Parameters
    ----------
    value
        Of the feature.
    band
        Low, expected, high. Where it reaches beyond all values seen it is cut.
    seen
        What was seen of the feature before this value.
    unit
        Which it is counted in, if that is known.

    Examples
    --------
    A measurement, a flag, a constant, a count, and an amount that is mostly 0:

    >>> in_words(900.0, (19.87, 50.0, 75.31))
    '900, usually between 20 and 75'
    >>> in_words(1.0, (0.0, 0.02, 0.3), Seen(0.0, 1.0, ((0.0, 0.98), (1.0, 0.02)), None, 5000))
    '1; 0 in 98 % of events, 1 in 2 %'
    >>> in_words(1.0, (0.0, 0.0, 0.0), Seen(0.0, 0.0, ((0.0, 1.0),), None, 5000))
    '1; always 0 in 5,000 events'
    >>> errors = ((0.0, 0.9), (1.0, 0.09), (2.0, 0.009), (5.0, 0.001))
    >>> in_words(3.0, (0.0, 0.11, 0.8), Seen(0.0, 5.0, errors, None, 5000))
    '3; 0 in 90 % of events, at most 2 in 99.9 %'
    >>> in_words(3.1e9, (6_200.0, 9e4, 630_000.0), unit="B")
    '3.1 GB, usually between 6.2 kB and 630 kB'
    >>> in_words(3.1e9, (6_200.0, 9e4, 630_000.0), Seen(17.0, 8.4e6, (), None, 60_000), "B")
    '3.1 GB, usually between 6.2 kB and 630 kB, never more than 8.4 MB in 60,000 events'
    >>> amounts = Seen(0.0, 2e6, ((0.0, 0.9),), (312.0, 9000.0, 81455.0), 5000)
    >>> in_words(5e6, (0.0, 900.0, 30000.0), amounts)
    '5,000,000; 0 in 90 % of events, otherwise usually 310 to 81,000'
    """
    value, seen = as_float("value", value), seen.checked()
    if seen.is_constant:
        actual, same = exactly(value, seen.limits[0], unit=unit)
        return f"{actual}; always {same}{in_events(seen.events)}"
    return about_repeats(value, seen, unit) or _beside_the_band(value, band, seen, unit)


def beside(value: float, band: Band, seen: Seen = NOTHING) -> str:
    """Say what is usual beside a value, as `in_words` does, without the value.

    Examples
    --------
    >>> beside(900.0, (19.87, 50.0, 75.31))
    'usually between 20 and 75'
    """
    # A number has no blank in it.
    return re.split("[;,] ", in_words(value, band, seen), maxsplit=1)[1]


def _beside_the_band(value: float, band: Band, seen: Seen, unit: str | None) -> str:
    """The value, the band in which values usually lie, and how far they went if much farther."""
    of_band, decimals = ends(value, band, seen)
    farthest = _farthest(value, band, seen)
    numbers = [value, *of_band, *farthest]
    decimals = [*decimals, *(own_decimals(number, 2) for number in farthest)]
    limits = [(-inf, inf), *[seen.limits] * (len(numbers) - 1)]
    actual, low, high, *outermost = told_apart(numbers, decimals, limits, unit)
    usual = low if low == high else f"between {low} and {high}"
    said = f"{actual}, usually {usual}"
    if not outermost:
        return said
    side = "more" if value > band[1] else "less"
    return f"{said}, never {side} than {outermost[0]}{in_events(seen.events)}"


def _farthest(value: float, band: Band, seen: Seen) -> list[float]:
    """The outermost value on the side of one beyond it, where it is far out of the band."""
    low, expected, high = band
    lowest, highest = seen.limits
    if highest < value < inf and highest - expected > FAR_OUT * (high - expected) > 0.0:
        return [highest]
    if -inf < value < lowest and expected - lowest > FAR_OUT * (expected - low) > 0.0:
        return [lowest]
    return []
