"""Judge each event, then learn it: the loop's core, independent of formats."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Any, Final

from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.scoring.clock import Clock
from clipsgd_river.cli.scoring.detectors import encoder_and_detector
from clipsgd_river.cli.terminal.text import short_number, shown

if TYPE_CHECKING:
    from clipsgd_river.alerts import Alert, Verdict
    from clipsgd_river.alerts.alert import AlertFeature

MOST_ANOMALOUS: Final = 10
_LONGEST_WORDS: Final = 200
_NO_UNITS: Final[Mapping[str, str]] = {}

Features = tuple["AlertFeature", ...]


def reason(feature: AlertFeature, units: Mapping[str, str]) -> str:
    """Say what a feature was, as in ``f3 = 812 ms, usually between 12 ms and 40 ms``."""
    words = _with_unit(feature, units).words
    return f"{shown(feature.feature)} = {shown(words, _LONGEST_WORDS)}"


def in_unit(name: Hashable, units: Mapping[str, str]) -> Hashable:
    """Return the name of a feature with what it is counted in, where that is known.

    Examples
    --------
    >>> in_unit("latency", {"latency": "ms"}), in_unit("load", {"latency": "ms"})
    ('latency in ms', 'load')
    """
    unit = units.get(str(name))
    return f"{name} in {unit}" if unit else name


def in_units(alert: Alert, units: Mapping[str, str]) -> Alert:
    """Return an alert whose features know what they are counted in."""
    if not units:
        return alert
    return replace(alert, features=tuple(_with_unit(each, units) for each in alert.features))


def _with_unit(feature: AlertFeature, units: Mapping[str, str]) -> AlertFeature:
    return feature._replace(unit=units.get(str(feature.feature)))


class MostAnomalous:
    """The events farthest away, with their reasons; ten of them, however long the stream.

    Events during the warm-up do not compete: their distances mean little yet.
    """

    def __init__(self, size: int = MOST_ANOMALOUS) -> None:
        self._size = size
        self._heap: list[tuple[float, int, float, Features]] = []
        #: An event stays that is farther away than this; of equally far ones the first does.
        self.least_distance = -inf

    def add(self, row: int, score: float, distance: float, features: Features) -> None:
        """Keep an event beyond `least_distance`."""
        entry = (distance, -row, score, features)
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heapreplace(self._heap, entry)
        if len(self._heap) == self._size:
            self.least_distance = self._heap[0][0]

    def lines(self, units: Mapping[str, str] = _NO_UNITS) -> Iterator[str]:
        """Yield a line for each, the farthest first."""
        from clipsgd_river.alerts.alert import odd_ones

        for distance, row, score, features in sorted(self._heap, reverse=True):
            reasons = [reason(each, units) for each in odd_ones(features) or features]
            why = "; ".join(reasons) or "no single feature"
            yield f"{-row:>12,}  {score:>8.6f}  {short_number(distance):>10}  {why}"


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
        # Imported here: help and complaints about options shall not wait for it.
        from clipsgd_river._pipelines import in_numbers
        from clipsgd_river.alerts import Alert
        from clipsgd_river.alerts._filter import explain
        from clipsgd_river.alerts.verdict import new_verdict

        self._alert, self._verdict, self._explain = Alert, new_verdict, explain
        self._in_numbers = in_numbers
        self.encoder, self.detector = encoder_and_detector(model)
        self.model = model
        self.ready = False
        self.most_anomalous = MostAnomalous()
        #: Finds the time of an event, for a detector that takes times.
        self.clock: Clock | None = None
        #: What features are counted in, of those that say it.
        self.units: Mapping[str, str] = _NO_UNITS

    @property
    def rule(self) -> str:
        """Which alerts are asked for, in words."""
        return f"asked {self.detector.contamination:.2%}"

    @property
    def threshold(self) -> float:
        """Score that an event must exceed now to alert."""
        return float(self.detector.score_at(-self.detector.offset_))

    @property
    def told(self) -> list[Any]:
        """What a state file must keep of what was told of incidents."""
        return []

    @property
    def keeper(self) -> Any:
        """What a state file must keep."""
        return self.model

    @property
    def takes_times(self) -> bool:
        """Whether the detector is told when an event was."""
        steps = (self.encoder, self.detector)
        return any(getattr(step, "takes_times", False) for step in steps)

    @property
    def forecasts(self) -> bool:
        """Whether the detector can be asked what is expected at another time."""
        detector = self.detector
        return bool(getattr(detector, "takes_times", False)) and not hasattr(detector, "model_one")

    @property
    def name(self) -> str:
        """What judges, as it is told."""
        return type(self.detector).__name__

    def features(self, event: Event) -> dict[Hashable, Any]:
        """Return the features of an event, and its time for a detector that takes it."""
        if self.clock is None:
            return event.features
        return {**event.features, self.clock.column: self.clock.moment(event)}

    def encoded(self, event: Event) -> Mapping[Hashable, Any]:
        """Return an event as the detector gets it."""
        if self.encoder is None:
            return self.features(event)
        found: Mapping[Hashable, Any] = self.encoder.transform_one(self.features(event))
        return found

    def lines(self) -> Iterator[str]:
        """Yield what the summary says of single events."""
        lines = list(self.most_anomalous.lines(self.units))
        if lines:
            yield "most anomalous:"
            yield f"{'row':>12}  {'score':>8}  {'distance':>10}  why"
        yield from lines

    def expected(self, event: Event) -> tuple[Mapping[Hashable, Any], Mapping[Hashable, Any]]:
        """Return an event as the detector gets it, and the bands it expects."""
        features = self.encoded(event)
        bands = self.detector.expect_one(features)
        return self._in_numbers(self.detector, features), bands

    @property
    def judges_rows(self) -> bool:
        """Whether `learn_rows` can be called."""
        return True

    def learn_rows(self, rows: Any, scores: Any, distances: Any) -> int:
        """Learn rows up to one that must be looked at, if any; return how many were learned.

        As `judge` on each, after the warm-up.

        Parameters
        ----------
        rows
            As `ClippedDetector.learn_rows_until` takes them.
        scores, distances
            Where those of the rows go.
        """
        least = self.most_anomalous.least_distance
        if least == -inf:
            return 0
        learned: int = self.detector.learn_rows_within(rows, least, scores, distances)
        return learned

    def judge(self, event: Event) -> Verdict:
        """Return the verdict on an event and learn the event.

        Raises
        ------
        ValueError
            If the detector refuses the event; it has then learned nothing of it.
        """
        detector, encoder, x = self.detector, self.encoder, self.features(event)
        features = x if encoder is None else encoder.transform_one(x)
        ready = self.ready
        if not ready:
            ready = self.ready = bool(detector.ready)
        least = self.most_anomalous.least_distance if ready else inf
        score, distance, limit, threshold = detector.learn_one_within(features, inf, least, ready)
        alert = None
        if not ready:
            threshold = inf
        elif distance > limit or distance > least:
            # Before the event is learned, or it would be explained by itself.
            contributions, found, _, past = self._explain(self.model, x)
            if distance > limit:
                alert = self._alert(score, contributions=contributions, features=found, past=past)
            if distance > least:
                self.most_anomalous.add(event.row, score, distance, found)
            detector.learn_one(features)
        if encoder is not None:
            encoder.learn_one(x)
        return self._verdict((score, distance, threshold, alert, None))
