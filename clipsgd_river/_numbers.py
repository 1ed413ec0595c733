"""How numbers are shown: short, and telling apart what they compare."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from math import floor, inf, isfinite, log10
from typing import Final

from clipsgd_river._units import with_unit

#: Numbers that differ by no more than this share of themselves differ by round-off.
ROUND_OFF: Final = 3e-14
# Decimal digits that tell any two doubles apart.
_ALL_DIGITS: Final = 17
# With as many any double is exact as Python writes it.
_MOST_DECIMALS: Final = 700
# Numbers shown side by side get as many decimals each, until only some need many more.
_TOGETHER: Final = 3
# Digits of a number with a unit, which stands for a measurement or an amount.
_UNIT_DIGITS: Final = 4
# Below the first and from the second on, numbers are shown with an exponent.
_SMALLEST, _LARGEST = Decimal("1e-4"), Decimal("1e15")
_LIMITLESS: Final = (-inf, inf)
# No share of events is said to be smaller, nor that of all others larger.
_SMALLEST_SHARE: Final = 1e-4
# Digits of anything that is rounded here: a double has 17, and 15 stand before the point at most.
_EXACT: Final = Context(prec=60)


def differ(a: float, b: float) -> bool:
    """Whether two numbers differ by more than round-off.

    Examples
    --------
    >>> differ(0.3, 0.1 + 0.2), differ(0.3, 0.3001)
    (False, True)
    """
    largest = max(abs(a), abs(b))
    return a != b and not (isfinite(largest) and abs(a - b) <= ROUND_OFF * largest)


def told_apart(
    numbers: Sequence[float],
    decimals: Sequence[int],
    limits: Sequence[tuple[float, float]] = (),
    unit: str | None = None,
) -> list[str]:
    """Show numbers, each with so many decimals, and more where that tells them apart.

    What is shown has the order of the numbers, and different numbers look different, unless they
    differ by round-off. Numbers that are exact without all their decimals are shown without.

    Parameters
    ----------
    numbers
        NaN is shown as ``missing``.
    decimals
        Of each number; negative for tens, hundreds, ...
    limits
        Of each number, if given: what lies within is not shown as something beyond.
    unit
        Which they are counted in: they are shown with it, and with four digits if that tells them
        apart.

    Examples
    --------
    >>> told_apart([3_123_456_789.0, 630_000.0], [0, -4], unit="B")
    ['3.123 GB', '630 kB']
    >>> told_apart([75.4, 19.87, 75.31], [0, 0, 0])
    ['75.4', '19.9', '75.3']
    >>> told_apart([1.7e9, 1.7e9 + 90], [-3, -3])
    ['1,700,000,000', '1,700,000,100']
    """
    bounds = list(limits) or [_LIMITLESS] * len(numbers)
    places = list(decimals)
    if unit is not None:
        places = [
            min(p, _UNIT_DIGITS - 1 - magnitude(n)) for p, n in zip(places, numbers, strict=True)
        ]
    for step in range(_ALL_DIGITS + len(numbers) + 1):
        shown = [_rounded(*each) for each in zip(numbers, places, bounds, strict=True)]
        unclear = _unclear(numbers, shown, bounds)
        if not unclear:
            break
        more = range(len(places)) if step < _TOGETHER else unclear
        for i in more:
            places[i] += 1 if step < _ALL_DIGITS else _MOST_DECIMALS
    texts = [_text(*each) for each in zip(numbers, shown, strict=True)]
    return texts if unit is None else with_unit(shown, texts, unit)


def band_decimals(value: float, low: float, high: float) -> list[int]:
    """Decimals of a value and of a band that was estimated: two digits of the band's width.

    Of the value at least four digits, since it was not estimated, or all if they are six at most;
    no more than that needs two digits of how far it is from the band.

    Examples
    --------
    >>> told_apart([900.0, 19.87, 75.31], band_decimals(900.0, 19.87, 75.31))
    ['900', '20', '75']
    >>> told_apart([5e6, 312.4, 81455.2], band_decimals(5e6, 312.4, 81455.2))
    ['5,000,000', '310', '81,000']
    """
    if not differ(low, high):
        return [own_decimals(number) for number in (value, low, high)]
    width = 1 - magnitude(high - low if isfinite(high - low) else max(abs(low), abs(high)))
    ends = [width if width >= 0 else min(max(width, 1 - magnitude(end)), 0) for end in (low, high)]
    off = min(abs(value - low), abs(value - high))
    enough = 1 - magnitude(off) if isfinite(off) and off else width
    return [max(min(width, enough), _fact_decimals(value)), *ends]


def _fact_decimals(value: float) -> int:
    """Decimals of a number that occurred: all of a short one, four digits of a long one."""
    short = own_decimals(value)
    exact = isfinite(value) and not differ(round(value, short), value)
    return short if exact else own_decimals(value, 4)


def own_decimals(number: float, digits: int = 6) -> int:
    """Decimals of a number by itself, for so many digits; what stands before the point stays whole.

    Examples
    --------
    >>> own_decimals(0.0123456789), own_decimals(123456789.0)
    (7, 0)
    """
    own = digits - 1 - magnitude(number)
    return own if abs(number) >= 1e15 else max(own, 0)


def decimals_of(number: Decimal) -> int:
    """Decimals with which a finite number is written; negative for tens, hundreds, ..."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


def magnitude(number: float) -> int:
    """Power of ten of a number's first digit; 0 for 0 and for what is not finite."""
    return floor(log10(abs(number))) if isfinite(number) and number else 0


def short_score(score: float) -> str:
    """Score with four digits, and more where it would look like 1.

    Examples
    --------
    >>> short_score(0.912345), short_score(0.9999981)
    ('0.9123', '0.999998')
    """
    return told_apart([score, 1.0], [own_decimals(score, 4), 0])[0]


def percent(share: float, events: int | None = None) -> str:
    """Share of events in percent, never as all of them nor as none.

    Parameters
    ----------
    share
        In [0, 1].
    events
        Of how many: no share is shown that so few cannot tell from 0 or 1.

    Examples
    --------
    >>> percent(0.9), percent(0.0213), percent(0.99912), percent(1.0, 200)
    ('90 %', '2 %', '99.91 %', '99.5 %')
    """
    least = _SMALLEST_SHARE if events is None else max(1.0 / max(events, 2), _SMALLEST_SHARE)
    known = min(max(share, least), 1.0 - least)
    # Round-off in 1 - share must not cost a digit: 0.1 % is 0.09999999999.
    left = 100.0 * min(known, 1.0 - known) * (1.0 + 1e-9)
    places = max(-magnitude(left), 0)
    shown = round(100.0 * known, places)
    # Rounding must not claim more than was just bounded.
    if shown > 100.0 * (1.0 - least) + 1e-9:
        shown -= 10.0**-places
    return f"{shown:.{places}f} %"


def _exact(number: float) -> Decimal | None:
    """The number as Python writes it; ``None`` if it is not finite."""
    return Decimal(repr(float(number) + 0.0)) if isfinite(number) else None


def _rounded(number: float, decimals: int, limits: tuple[float, float]) -> Decimal | None:
    """The number with so many decimals, towards the inside where it would be beyond its limits."""
    exact = _exact(number)
    if exact is None:
        return None
    if decimals >= decimals_of(exact):
        return exact
    unit = Decimal(1).scaleb(-decimals)
    for way in (ROUND_HALF_EVEN, ROUND_CEILING, ROUND_FLOOR):
        found = exact.quantize(unit, way, _EXACT)
        if _is_within(number, found, limits):
            break
    # No row of zeros for what is next to nothing.
    return found or Decimal("0.0" if decimals > 0 else 0)


def _is_within(number: float, rounded: Decimal, limits: tuple[float, float]) -> bool:
    """Whether a number is shown within its limits, or lies outside itself."""
    low, high = limits
    return not low <= number <= high or _comparable(low) <= rounded <= _comparable(high)


def _unclear(
    numbers: Sequence[float],
    shown: Sequence[Decimal | None],
    limits: Sequence[tuple[float, float]],
) -> set[int]:
    """Which numbers are shown in another order than theirs, or beyond their limits."""
    found: set[int] = set()
    for i, (a, x) in enumerate(zip(numbers, shown, strict=True)):
        if x is None:
            continue
        if not _is_within(a, x, limits[i]):
            found.add(i)
        for j in range(i):
            b, y = numbers[j], shown[j]
            if y is not None and differ(a, b) and (a < b, a > b) != (x < y, x > y):
                found |= {i, j}
    return found


def _comparable(number: float) -> Decimal:
    return Decimal(repr(float(number)))


def _text(number: float, rounded: Decimal | None) -> str:
    if rounded is None:
        return "missing" if number != number else "infinite" if number > 0 else "minus infinity"
    if not differ(float(rounded), number):
        rounded = rounded.normalize()
    if rounded and not _SMALLEST <= abs(rounded) < _LARGEST:
        return repr(float(rounded))
    return f"{rounded:,f}"
