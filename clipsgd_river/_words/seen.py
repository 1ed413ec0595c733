"""What a detector has seen of a feature."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from math import inf, isfinite
from typing import Any, NamedTuple

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._numbers import differ

Band = tuple[float, float, float]

#: A value in more than this share of events is the usual one, whatever else occurs.
MAJORITY = 0.5
# Shares of recent events tell of no more than so many.
RECENT = 1000
# A kept value that occurred less often than this does not repeat.
TWICE = 1.5


class Seen(NamedTuple):
    """What a detector has seen of a feature, as far as it can tell.

    Parameters
    ----------
    lowest, highest
        Of all values; ``None`` where it is not known.
    shares
        Of a feature whose values repeat, the most frequent ones in rising order, each with its
        share of recent events; they sum to 1 at most, the rest being other values. Empty for any
        other feature.
    rest
        Of a feature whose values repeat, the band of the others: low, expected, high.
    events
        How many events there were with the feature.
    """

    lowest: float | None = None
    highest: float | None = None
    shares: tuple[tuple[float, float], ...] = ()
    rest: Band | None = None
    events: int | None = None

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest value; infinite where they are not known."""
        if self.lowest is None or self.highest is None:
            return -inf, inf
        return self.lowest, self.highest

    @property
    def is_constant(self) -> bool:
        """Whether all values have been the same, round-off aside."""
        low, high = self.limits
        return isfinite(low) and not differ(low, high)

    @property
    def recent(self) -> int:
        """How many events shares can tell of."""
        return RECENT if self.events is None else min(max(self.events, 1), RECENT)

    @property
    def usual(self) -> tuple[float, float] | None:
        """The value of most events and its share; ``None`` if no value is that of most."""
        mode = max(self.shares, key=_share, default=None)
        return mode if mode is not None and mode[1] > MAJORITY else None

    def mostly_repeats(self, beside: float = 0.0) -> bool:
        """Whether most values have occurred more than once.

        Parameters
        ----------
        beside
            Share of the events that do not count, those with the most frequent value.
        """
        repeated = sum(share for _, share in self.shares if share >= TWICE / self.recent)
        return 1.0 - repeated <= 0.5 * (1.0 - beside)

    def share_as_far(self, value: float, expected: float) -> float:
        """Share of recent events known to be at least as far from the expected value."""
        far = abs(value - expected)
        return sum(share for kept, share in self.shares if abs(kept - expected) >= far)

    def turned(self, to: Callable[[float], float]) -> Seen:
        """The same on another scale, which rises with this one."""
        return Seen(
            None if self.lowest is None else to(self.lowest),
            None if self.highest is None else to(self.highest),
            tuple((to(value), share) for value, share in self.shares),
            None if self.rest is None else (to(self.rest[0]), to(self.rest[1]), to(self.rest[2])),
            self.events,
        )

    def checked(self) -> Seen:
        """The same with plain floats, values in rising order, and without what is no number."""
        lowest, highest = as_float("lowest", self.lowest), as_float("highest", self.highest)
        known = lowest <= highest
        pairs = ((as_float("value", value), float(share)) for value, share in self.shares)
        return Seen(
            lowest if known else None,
            highest if known else None,
            tuple(sorted(pair for pair in pairs if isfinite(pair[0]) and pair[1] > 0.0)),
            self.rest,
            self.events,
        )


def _share(pair: tuple[float, float]) -> float:
    return pair[1]


#: Of a feature of which nothing is known.
NOTHING = Seen()


def seen_by(detector: Any, names: Iterable[Hashable]) -> dict[Hashable, Seen]:
    """What a detector has seen of features; empty for one that cannot tell."""
    methods = ("range_one", "values_one", "rest_one", "counts_one")
    ranges, shares, rests, counts = (_told(detector, method) for method in methods)
    if not ranges and not shares:
        return {}
    events = getattr(detector, "n_samples_seen_", None)
    found = {}
    for name in names:
        lowest, highest = ranges.get(name, (None, None))
        kept = tuple(shares.get(name, {}).items())
        found[name] = Seen(lowest, highest, kept, rests.get(name), counts.get(name, events))
    return found


def _told(detector: Any, method: str) -> Mapping[Hashable, Any]:
    found: Mapping[Hashable, Any] = getattr(detector, method, dict)()
    return found
