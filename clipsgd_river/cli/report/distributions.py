"""How a feature is distributed: a few quantiles or shares, which a state file can hold."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from clipsgd_river._text import shortened

#: Quantiles of numbers: the lowest, thirty between, the highest.
_STEPS: Final = 32
SHARES: Final = np.linspace(0.0, 1.0, _STEPS + 1)
_MOST_CATEGORIES: Final = 12
MOST_SAVED: Final = 100
_LONGEST_CATEGORY: Final = 200
_LARGEST: Final = 1e300
#: Critical value of the two-sample test of Kolmogorov and Smirnov at one in a hundred.
_CRITICAL: Final = 1.63

Floats = npt.NDArray[np.float64]


class Distribution(NamedTuple):
    """Of how many events; of numbers the quantiles, of categories the shares.

    Parameters
    ----------
    events
        Events that had a value.
    missing
        Share of events that had none.
    quantiles
        At equal steps from the lowest to the highest; empty for categories.
    categories
        The most frequent with their shares; empty for numbers.
    """

    events: int
    missing: float
    quantiles: tuple[float, ...] = ()
    categories: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, values: Iterable[Any]) -> Self | None:
        """Return the distribution of values; None where there is none but missing ones.

        Examples
        --------
        >>> Distribution.of(["DE", "FR", "DE", None]).categories
        (('DE', 0.66...), ('FR', 0.33...))
        """
        found = list(values)
        present = [value for value in found if not _is_missing(value)]
        if not present:
            return None
        missing = 1.0 - len(present) / len(found)
        if any(isinstance(value, str | bool) for value in present):
            names = Counter(shortened(str(value), _LONGEST_CATEGORY) for value in present)
            most = names.most_common(_MOST_CATEGORIES)
            shares = tuple((name, count / len(present)) for name, count in most)
            return cls(len(present), missing, (), shares)
        numbers = np.clip(np.array([_number(value) for value in present]), -_LARGEST, _LARGEST)
        quantiles = np.quantile(numbers, SHARES, method="inverted_cdf")
        return cls(len(present), missing, tuple(quantiles.tolist()))

    @classmethod
    def from_json(cls, value: Any) -> Self | None:
        """Return what `to_json` gave; None for anything else."""
        try:
            events, missing, quantiles, categories = value
            found = cls(
                int(events),
                float(missing),
                tuple(float(each) for each in quantiles),
                tuple((str(name), float(share)) for name, share in categories),
            )
        except (TypeError, ValueError, OverflowError):
            return None
        numbers = [found.missing, *found.quantiles, *(share for _, share in found.categories)]
        if found.events < 1 or not all(map(math.isfinite, numbers)):
            return None
        rises = list(found.quantiles) == sorted(found.quantiles)
        is_whole = len(found.quantiles) == len(SHARES) or (found.categories and not found.quantiles)
        return found if rises and is_whole else None

    def to_json(self) -> list[Any]:
        """Return it as plain values, to six digits."""
        quantiles = [float(f"{each:.6g}") for each in self.quantiles]
        categories = [[name, float(f"{share:.6g}")] for name, share in self.categories]
        return [self.events, float(f"{self.missing:.6g}"), quantiles, categories]

    def below(self, limits: npt.ArrayLike) -> Floats:
        """Return the shares of events whose number is no larger than each limit."""
        wanted, quantiles = np.asarray(limits, dtype=float), np.array(self.quantiles)
        # Between two quantiles events are spread evenly; equal quantiles are one value.
        last = np.searchsorted(quantiles, wanted, side="right")
        found = np.where(last == 0, 0.0, SHARES[np.maximum(last - 1, 0)])
        inside = (last > 0) & (last < len(quantiles))
        low, high = quantiles[last[inside] - 1], quantiles[last[inside]]
        found[inside] += (wanted[inside] - low) / (high - low) / _STEPS
        return found

    def distance(self, other: Distribution) -> float:
        """Return how far apart two are: the largest difference of shares, in [0, 1]."""
        if self.quantiles and other.quantiles:
            edges = np.unique([*self.quantiles, *other.quantiles])
            return float(np.abs(self.below(edges) - other.below(edges)).max())
        mine, theirs = dict(self.categories), dict(other.categories)
        if not (mine and theirs):
            return 1.0
        # Of a category that is not among the most frequent the share is not known.
        names = {*list(mine)[: _MOST_CATEGORIES // 2], *list(theirs)[: _MOST_CATEGORIES // 2]}
        gained = sum(max(theirs.get(name, 0.0) - mine.get(name, 0.0), 0.0) for name in names)
        lost = sum(max(mine.get(name, 0.0) - theirs.get(name, 0.0), 0.0) for name in names)
        return max(gained, lost)

    def differs(self, other: Distribution) -> bool:
        """Tell whether two differ by more than chance would have it."""
        sampling = _CRITICAL * math.sqrt(1.0 / self.events + 1.0 / other.events)
        return self.distance(other) > max(sampling, 2.0 / _STEPS)


def to_json(distributions: Mapping[str, Distribution]) -> dict[str, Any]:
    """Return distributions by name as plain values, as many as a state file should hold."""
    return {name: each.to_json() for name, each in islice(distributions.items(), MOST_SAVED)}


def from_json(value: Any) -> dict[str, Distribution]:
    """Return what `to_json` gave, without what is damaged."""
    if not isinstance(value, dict):
        return {}
    found = ((str(name), Distribution.from_json(each)) for name, each in value.items())
    return {name: each for name, each in found if each is not None}


def _is_missing(value: Any) -> bool:
    return value is None or value != value or value == ""


def _number(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        return 0.0
