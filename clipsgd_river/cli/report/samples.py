"""Features and their bands over a stream of any length, in constant memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from clipsgd_river.cli.report.distributions import Distribution

if TYPE_CHECKING:
    from clipsgd_river.alerts.alert import AlertFeature

_MOST_SAMPLES: Final = 800
_FEWEST_SAMPLES: Final = 16
#: Of features with bands, over all samples.
_MOST_BANDS: Final = 100_000
_MOST_MARKS: Final = 2048
MOST_DISTRIBUTIONS: Final = 300

Band = tuple[float, float, float]


class Point(NamedTuple):
    """One feature in one event, and what was expected of it."""

    row: int
    seconds: float
    value: float
    band: Band
    is_anomaly: bool


class _Sample(NamedTuple):
    row: int
    seconds: float
    features: dict[Hashable, tuple[float, Band]]
    values: Mapping[Hashable, Any]


class _Mark(NamedTuple):
    row: int
    seconds: float
    distance: float
    features: tuple[AlertFeature, ...]


class Samples:
    """Every n-th event with the bands expected for it, and alerts with the features behind them.

    n doubles whenever there are too many; of alerts, neighbours give way to the farther one.
    """

    def __init__(self) -> None:
        self.stride = 1
        self.marks_stand_for = 1
        self._seen = self._alerts = 0
        self._samples: list[_Sample] = []
        self._marks: list[_Mark] = []

    def wants_next(self) -> bool:
        """Tell whether the next event is to be sampled, and count it."""
        self._seen += 1
        return (self._seen - 1) % self.stride == 0

    def add(
        self,
        row: int,
        seconds: float,
        features: Mapping[Hashable, Any],
        bands: Mapping[Hashable, Any],
        values: Mapping[Hashable, Any] | None = None,
    ) -> None:
        """Keep an event that was wanted.

        Parameters
        ----------
        row, seconds
            Where and when it was.
        features, bands
            As the detector gets it, and the bands from before it was learned.
        values
            As it was read.
        """
        kept = {
            feature: (_number(features.get(feature)), tuple(band))
            for feature, band in bands.items()
        }
        values = features if values is None else values
        self._samples.append(_Sample(row, seconds, kept, values))
        size = max(len(kept), len(values), 1)
        most = min(max(_MOST_BANDS // size, _FEWEST_SAMPLES), _MOST_SAMPLES)
        while len(self._samples) > most:
            del self._samples[1::2]
            self.stride *= 2

    def mark(
        self, row: int, seconds: float, distance: float, features: tuple[AlertFeature, ...]
    ) -> None:
        """Keep an alert."""
        mark = _Mark(row, seconds, distance, features)
        if self._alerts % self.marks_stand_for:
            self._marks[-1] = max(self._marks[-1], mark, key=_distance)
        elif len(self._marks) < _MOST_MARKS:
            self._marks.append(mark)
        else:
            pairs = zip(self._marks[::2], self._marks[1::2], strict=True)
            self._marks = [max(pair, key=_distance) for pair in pairs]
            self._marks.append(mark)
            self.marks_stand_for *= 2
        self._alerts += 1

    def points(self, feature: Hashable) -> list[Point]:
        """Return what is kept of a feature, in order of arrival."""
        points: dict[int, Point] = {}
        for sample in self._samples:
            if feature in sample.features:
                value, band = sample.features[feature]
                points[sample.row] = Point(sample.row, sample.seconds, value, band, False)
        for mark in self._marks:
            for place, behind in enumerate(mark.features):
                if behind.feature == feature:
                    band = (behind.low, behind.expected, behind.high)
                    value = _number(behind.actual)
                    # The second and third reason of an alert may be quite usual by themselves.
                    odd = place == 0 or not behind.low <= value <= behind.high
                    points[mark.row] = Point(mark.row, mark.seconds, value, band, odd)
        return [points[row] for row in sorted(points)]

    def distributions(self, after: int = 0, until: float = math.inf) -> dict[str, Distribution]:
        """Return how features were distributed in the rows after one, up to another."""
        chosen = [each.values for each in self._samples if after < each.row <= until]
        names = dict.fromkeys(name for values in chosen for name in values)
        found = {
            str(name): Distribution.of([values.get(name) for values in chosen])
            for name in islice(names, MOST_DISTRIBUTIONS)
        }
        return {name: each for name, each in found.items() if each is not None}

    def categories(self) -> dict[str, Counter[str]]:
        """Return how often each text came, of the features that have text."""
        found: dict[str, Counter[str]] = {}
        for sample in self._samples:
            for name, value in sample.values.items():
                if isinstance(value, str):
                    found.setdefault(str(name), Counter())[value] += 1
        return found

    def is_category(self, feature: Hashable) -> bool:
        """Tell whether the numbers kept of a feature stand for categories."""
        behind = (each for mark in self._marks for each in mark.features)
        return any(
            each.feature == feature
            and each.description is not None
            # Of a number that a detector describes, that number is drawn.
            and each.value != each.actual
            for each in behind
        )


def _distance(mark: _Mark) -> float:
    return mark.distance


def _number(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        return math.nan
