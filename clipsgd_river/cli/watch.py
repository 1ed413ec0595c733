"""Score each event, then learn it: the loop's core, independent of formats."""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from clipsgd_river.cli.detectors import encoder_and_detector
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.text import short_number, shown

if TYPE_CHECKING:
    from clipsgd_river.alerts import Alert

#: How many features an alert names.
MOST_DRIVERS: Final = 3
MOST_ANOMALOUS: Final = 10


class Driver(NamedTuple):
    """A feature behind an alert: what it was, what was usual, and its part of the distance.

    Of a category the numbers are bits of surprise; `category` is its value, and `description` says
    how often it was seen.
    """

    feature: Hashable
    value: float
    low: float
    expected: float
    high: float
    contribution: float
    category: Any = None
    description: str | None = None

    def __str__(self) -> str:
        """Say it in words, as in ``f3 = 812, usually 12 to 40 (expected 25)``."""
        if self.description is not None:
            return f"{shown(self.feature)} = {shown(repr(self.category))}, {self.description}"
        return (
            f"{shown(self.feature)} = {short_number(self.value)}, usually "
            f"{short_number(self.low)} to {short_number(self.high)} "
            f"(expected {short_number(self.expected)})"
        )


class Verdict(NamedTuple):
    """What the detector says of an event, from what it knew before it.

    `threshold` is the distance above which an event is an alert, infinite during the warm-up;
    `drivers` are there for alerts and for the most anomalous events so far.
    """

    score: float
    distance: float
    is_anomaly: bool
    threshold: float
    drivers: Sequence[Driver]


class MostAnomalous:
    """The events farthest away, with their reasons; ten of them, however long the stream.

    Events during the warm-up do not compete: their distances mean little yet.
    """

    def __init__(self, size: int = MOST_ANOMALOUS) -> None:
        self._size = size
        self._heap: list[tuple[float, int, Verdict]] = []

    def admits(self, distance: float) -> bool:
        """Tell whether an event at this distance would stay; of equally far ones the first does."""
        return len(self._heap) < self._size or distance > self._heap[0][0]

    def add(self, row: int, verdict: Verdict) -> None:
        """Keep an event that `admits` let in."""
        entry = (verdict.distance, -row, verdict)
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heapreplace(self._heap, entry)

    def ranked(self) -> list[tuple[int, Verdict]]:
        """Return row numbers and verdicts, the farthest first."""
        return [(-row, verdict) for _, row, verdict in sorted(self._heap, reverse=True)]


class Watch:
    """Judge events one by one with a detector and let it learn each afterwards.

    An alert is an event whose distance exceeds the running (1 - contamination) quantile of the
    distances before it; there are none during the warm-up.

    Parameters
    ----------
    model
        A `ClippedDetector`, or a pipeline of an encoder of categories and one.
    """

    def __init__(self, model: Any) -> None:
        self.encoder, self.detector = encoder_and_detector(model)
        self._model = model
        self.ready = False
        self.most_anomalous = MostAnomalous()
        #: Whether `last_alert` is wanted where nothing else asks for alerts.
        self.tells_alerts = False
        #: What the last alert says; it belongs to the last verdict that is one.
        self.last_alert: Alert | None = None

    @property
    def rule(self) -> str:
        """Which alerts are asked for, in words."""
        return f"asked {self.detector.contamination:.2%}"

    def open(self) -> None:
        """Begin what is written beside the events."""

    @property
    def keeper(self) -> Any:
        """What a state file must keep."""
        return self._model

    def encoded(self, event: Event) -> Mapping[Hashable, Any]:
        """Return an event as the detector gets it."""
        if self.encoder is None:
            return event.features
        found: Mapping[Hashable, Any] = self.encoder.transform_one(event.features)
        return found

    def lines(self) -> Iterator[str]:
        """Yield what the summary says of single events."""
        ranked = self.most_anomalous.ranked()
        if ranked:
            yield "most anomalous:"
            yield f"{'row':>12}  {'score':>8}  {'distance':>10}  why"
        for row, verdict in ranked:
            why = "; ".join(map(str, verdict.drivers)) or "no single feature"
            distance = short_number(verdict.distance)
            yield f"{row:>12,}  {verdict.score:>8.6f}  {distance:>10}  {why}"

    def expected(self, event: Event) -> tuple[Mapping[Hashable, Any], Mapping[Hashable, Any]]:
        """Return an event as the detector gets it, and the bands it expects."""
        features = self.encoded(event)
        return features, self.detector.expect_one(features)

    def close(self) -> None:
        """End what was written beside the events."""

    def judge(self, event: Event) -> Verdict:
        """Return the verdict on an event and learn the event.

        Raises
        ------
        ValueError
            If the detector refuses the event; it has then learned nothing of it.
        """
        detector, features, most = self.detector, self.encoded(event), self.most_anomalous
        distance = detector.distance_one(features)
        if not self.ready:
            self.ready = bool(detector.ready)
        threshold = -detector.offset_ if self.ready else math.inf
        is_anomaly = distance > threshold
        stays = self.ready and most.admits(distance)
        # Asked before the event is learned, or it would be explained by itself.
        told = {}
        if self.encoder is not None and (is_anomaly or stays):
            told = self.encoder.describe_one(event.features)
        drivers: Sequence[Driver] = ()
        if is_anomaly or stays:
            drivers = [
                d._replace(**_said(told.get(d.feature))) for d in explain(detector, features)
            ]
        if is_anomaly and self.tells_alerts:
            self.last_alert = alert_of(detector, features, told)
        score = detector.score_learn_one(features)
        if self.encoder is not None:
            self.encoder.learn_one(event.features)
        verdict = Verdict(score, distance, is_anomaly, threshold, drivers)
        if stays:
            most.add(event.row, verdict)
        return verdict


def explain(detector: Any, features: Mapping[Hashable, Any]) -> list[Driver]:
    """Return the features that contribute most to an event's distance, the largest first."""
    contributions = detector.explain_one(features)
    largest = heapq.nlargest(MOST_DRIVERS, contributions, key=contributions.__getitem__)
    bands = detector.expect_one(features)
    drivers = []
    for feature in largest:
        contribution = contributions[feature]
        if contribution > 0 and feature in bands:
            low, expected, high = bands[feature]
            value = _as_float(features[feature])
            drivers.append(Driver(feature, value, low, expected, high, contribution))
    return drivers


def _said(told: tuple[Any, str] | None) -> dict[str, Any]:
    category, description = told or (None, None)
    return {"category": category, "description": description}


def alert_of(
    detector: Any,
    features: Mapping[Hashable, Any],
    descriptions: Mapping[Hashable, tuple[Any, str]] | None = None,
) -> Alert:
    """Return what there is to say of an event that is an alert, before it is learned."""
    from clipsgd_river.alerts import Alert
    from clipsgd_river.alerts.alert import described

    contributions = detector.explain_one(features)
    bands = detector.expect_one(features)
    told = described(features, contributions, bands, descriptions)
    return Alert(detector.score_one(features), contributions=contributions, features=told)


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
