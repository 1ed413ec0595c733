"""The distribution of each feature now beside that before, as the page shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from clipsgd_river.cli.report.distributions import Distribution, Floats
from clipsgd_river.cli.report.raw_events import ends
from clipsgd_river.cli.scoring.watch import in_unit

#: Features with a picture, and those that are told in numbers at all.
MOST_PICTURES: Final = 12
MOST_FEATURES: Final = 300
_BINS: Final = 24
_WIDTH, _HEIGHT = 240.0, 60.0
_MOST_CATEGORIES: Final = 5
#: Beyond so many times the range of the middle half, the ends of an axis are squeezed.
_FAR: Final = 8.0
_MIDDLE: Final = 16
_LONGEST_NAME: Final = 80


class Bars(NamedTuple):
    """The outlines of two histograms on one axis, and what stands at its ends."""

    before: str
    now: str
    low: str
    high: str
    is_squeezed: bool


class Category(NamedTuple):
    """A category with its shares in percent."""

    name: str
    before: float
    now: float


class Card(NamedTuple):
    """A feature: its name, how it was and is in words, whether that differs, a picture."""

    name: str
    before: str
    now: str
    differs: bool
    distance: float
    bars: Bars | None
    categories: list[Category]


def cards(
    before: Mapping[str, Distribution],
    now: Mapping[str, Distribution],
    units: Mapping[str, str],
    reasons: Sequence[str] = (),
) -> list[Card]:
    """Return the features that both have, those that differ most first.

    Parameters
    ----------
    before, now
        Distributions by name.
    units
        What features are counted in.
    reasons
        Names of features behind alerts, which come before others that do not differ.
    """
    found = [_card(name, before[name], now[name], units) for name in now if name in before]
    shown = {ends(in_unit(name, units), _LONGEST_NAME) for name in reasons}
    found.sort(key=lambda card: (not card.differs, card.name not in shown, -card.distance))
    return found[:MOST_FEATURES]


def _card(name: str, before: Distribution, now: Distribution, units: Mapping[str, str]) -> Card:
    are_numbers = bool(before.quantiles and now.quantiles)
    return Card(
        ends(in_unit(name, units), _LONGEST_NAME),
        _words(before),
        _words(now),
        now.differs(before),
        now.distance(before),
        _bars(before, now) if are_numbers else None,
        [] if are_numbers else _categories(before, now),
    )


def _words(found: Distribution) -> str:
    if found.quantiles:
        low, median, high = (found.quantiles[at] for at in (1, _MIDDLE, -2))
        words = f"median {_number(median)}"
        if low != high:
            words += f", mostly {_number(low)} to {_number(high)}"
    else:
        words = ", ".join(f"{ends(name, 40)} {share:.0%}" for name, share in found.categories[:3])
    return f"{words}; missing in {found.missing:.0%}" if found.missing >= 0.005 else words


def _categories(before: Distribution, now: Distribution) -> list[Category]:
    was, now_is = dict(before.categories), dict(now.categories)
    names = sorted({*was, *now_is}, key=lambda name: -max(was.get(name, 0), now_is.get(name, 0)))
    return [
        Category(ends(name, 40), 100.0 * was.get(name, 0.0), 100.0 * now_is.get(name, 0.0))
        for name in names[:_MOST_CATEGORIES]
    ]


def _bars(before: Distribution, now: Distribution) -> Bars:
    low = min(before.quantiles[1], now.quantiles[1])
    high = max(before.quantiles[-2], now.quantiles[-2])
    quarter, median, third = (before.quantiles[_MIDDLE // 2 * at] for at in (1, 2, 3))
    middle = third - quarter
    is_squeezed = 0.0 < middle < (high - low) / _FAR
    if high <= low:
        room = max(abs(low) * 0.5, 0.5)
        edges = np.linspace(low - room, low + room, _BINS + 1)
    elif is_squeezed:
        left, right = math.asinh((low - median) / middle), math.asinh((high - median) / middle)
        edges = median + middle * np.sinh(np.linspace(left, right, _BINS + 1))
    else:
        edges = np.linspace(low, high, _BINS + 1)
    shares = [_shares(each, edges) for each in (before, now)]
    highest = max(float(each.max()) for each in shares) or 1.0
    was, now_is = (_outline(each / highest) for each in shares)
    has_ends = low < high
    return Bars(
        was,
        now_is,
        _number(low) if has_ends else "",
        _number(high) if has_ends else "",
        is_squeezed,
    )


def _shares(found: Distribution, edges: Floats) -> Floats:
    """Return the share of events in each bin; those beyond the ends count in the last ones."""
    below = found.below(edges[1:-1])
    return np.diff(np.concatenate([[0.0], below, [1.0]]))


def _outline(heights: Any) -> str:
    """Return the corners of a histogram as SVG has them."""
    step = _WIDTH / _BINS
    points = [f"0,{_HEIGHT:g}"]
    for at, height in enumerate(heights):
        up = _HEIGHT - (_HEIGHT - 2.0) * float(height)
        points += [f"{at * step:g},{up:.1f}", f"{(at + 1) * step:g},{up:.1f}"]
    return " ".join([*points, f"{_WIDTH:g},{_HEIGHT:g}"])


def _number(value: float) -> str:
    """Show a number with four significant digits, large ones whole and in thousands.

    Examples
    --------
    >>> _number(162504.3), _number(0.004321)
    ('162,504', '0.004321')
    """
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e12 else f"{value:.4g}"
