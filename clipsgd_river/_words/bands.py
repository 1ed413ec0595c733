"""The ends of a band as they are shown: within what was seen, and on the grid of rounded values."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import ceil, floor, gcd, isfinite
from typing import NamedTuple

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._numbers import band_decimals, decimals_of
from clipsgd_river._words.seen import Band, Seen

# No grid with more decimals is looked for, nor any among larger numbers.
FINEST = 9
LARGEST = 1e9
# Round-off of a multiple, as a share of it: numbers are read to twelve digits.
NEARLY = 1e-12


def ends(value: float, band: Band, seen: Seen) -> tuple[tuple[float, float], list[int]]:
    """Ends of a band, cut at the lowest and highest value, and the decimals of value and ends.

    Where values are rounded more coarsely than the band would be shown, its ends are the first and
    the last rounded number in it.

    Examples
    --------
    >>> counts = Seen(0.0, 9.0, ((0.0, 0.4), (1.0, 0.4), (2.0, 0.2)))
    >>> ends(7.0, (-1.2, 0.8, 2.8), counts)
    ((0.0, 2.0), [0, 0, 0])
    """
    lowest, highest = seen.limits
    low, high = (min(max(as_float("band", end), lowest), highest) for end in (band[0], band[2]))
    decimals = band_decimals(value, low, high)
    grid = _grid(seen)
    if grid is None or grid.decimals > min(decimals[1:]) or not grid.has(value):
        return (low, high), decimals
    first, last = grid.next(low, ceil), grid.next(high, floor)
    return ((first, last), [grid.decimals] * 3) if first <= last else ((low, high), decimals)


class _Grid(NamedTuple):
    """Multiples of a unit, which is so many times 10 ** -decimals."""

    unit: int
    decimals: int

    def units(self, number: float) -> float:
        """How many units a number is."""
        return number * 10.0**self.decimals / self.unit

    def has(self, number: float) -> bool:
        """Whether a number is a multiple, or too large for anyone to tell."""
        count = self.units(number)
        return not isfinite(count) or abs(count - round(count)) <= NEARLY * max(abs(count), 1.0)

    def next(self, number: float, way: Callable[[float], int]) -> float:
        """The next multiple that way, or the number itself if it is one."""
        if not abs(number) <= LARGEST:
            return number
        count = self.units(number)
        whole = round(count) if self.has(number) else way(count)
        return whole * self.unit / 10.0**self.decimals


def _grid(seen: Seen) -> _Grid | None:
    """The coarsest grid that repeating values lie on; ``None`` where values may be any."""
    if not seen.shares or not seen.mostly_repeats():
        return None
    values = [kept for kept, _ in seen.shares]
    decimals = max(map(_written_decimals, values))
    if decimals > FINEST or max(map(abs, values)) > LARGEST:
        return None
    unit = gcd(*(round(value * 10.0**decimals) for value in values))
    return _Grid(unit, decimals) if unit else None


def _written_decimals(number: float) -> int:
    """Decimals with which a number was written, round-off aside."""
    return max(decimals_of(Decimal(f"{number:.12g}").normalize()), 0)
