"""A value beside what is usual, in words that fit a flag, a count, an amount, a measurement."""

from __future__ import annotations

import re
from math import inf

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._numbers import told_apart
from clipsgd_river._words.bands import ends
from clipsgd_river._words.repeats import about_repeats, exactly, in_events
from clipsgd_river._words.seen import NOTHING, Band, Seen


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
    """The value and the band in which values usually lie."""
    numbers, decimals = ends(value, band, seen)
    limits = [(-inf, inf), *[seen.limits] * 2]
    actual, low, high = told_apart((value, *numbers), decimals, limits, unit)
    usual = low if low == high else f"between {low} and {high}"
    return f"{actual}, usually {usual}"
