"""Filters that tell events of one kind as one incident."""

from __future__ import annotations

import abc
from array import array
from collections.abc import Hashable
from functools import partial
from math import inf, nan
from typing import Any, NamedTuple

from clipsgd_river import _settings
from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._pipelines import transformed
from clipsgd_river._state.wrapper import joined as joined_blocks
from clipsgd_river._state.wrapper import split as split_blocks
from clipsgd_river.alerts._filter import DetectorFilter, Event, Veto, distance_by
from clipsgd_river.alerts._incidents import CROWDED, Found, IncidentLog, joined, patience
from clipsgd_river.alerts._reason import Reason
from clipsgd_river.alerts.alert import Alert
from clipsgd_river.alerts.incident import Incident
from clipsgd_river.alerts.verdict import Verdict

# Events of an incident that a protected detector does not learn.
PROTECTED = 17


class Given(NamedTuple):
    """An event to judge: as the detector gets it, with its targets, and what was measured of it.

    ``value`` is what the filter goes by, a score or a distance; ``about`` the time and the key.
    """

    event: Event
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    value: float
    score: float
    distance: float
    threshold: float
    seconds: float = 0.0
    about: tuple[Any, Hashable] = (None, None)
    unless: Veto | None = None

    def verdict(self, alert: Any = None, incident: Incident | None = None) -> Verdict:
        """The verdict with an alert and an incident, or none."""
        return Verdict(self.score, self.distance, self.threshold, alert, incident)


class IncidentFilter(DetectorFilter):
    """Base of filters whose alerts are the first events of incidents.

    A subclass has a kernel, an `IncidentGate`, that says which values are beyond what is usual.
    """

    resolved_after: float | None
    _incidents: IncidentLog
    #: Score of the event that `score_one` was asked about last, whether it would alert, and after
    #: how many events.
    _asked: tuple[float, bool, float] | None = None

    @property
    @abc.abstractmethod
    def _gate(self) -> Any:
        """The kernel."""

    @abc.abstractmethod
    def _part_of(self, value: float, share: float) -> float:
        """The value that an event would have with a share of its distance; NaN if unknown."""

    @abc.abstractmethod
    def _scores_count(self) -> bool:
        """Whether the detector's scores can be relied on."""

    @abc.abstractmethod
    def _span(self) -> tuple[float, float]:
        """What it takes to earn an alert, and what five events take: in events, or in seconds."""

    @property
    def incidents_(self) -> list[Incident]:
        """The latest incidents, 32 at most, in the order in which they began.

        One that is over has an end; so it can be told that it is resolved.
        """
        return self._incidents.incidents(self._gate.place_now())

    def __getstate__(self) -> dict[str, Any]:
        # What was asked about last is no part of the state.
        return {**self.__dict__, "_asked": None}

    def classify(self, score: float) -> bool:
        """Whether an event with this score would be an alert now.

        Of the event that `score_one` was asked about last, whether it is one: not if it joins an
        incident.
        """
        asked = self._asked
        if asked is not None and asked[0] == score and asked[2] == self._gate.seen:
            return asked[1]
        return bool(self._gate.exceeds(score))

    def _ask(self, score: float, value: float, event: Event, args: tuple[Any, ...]) -> None:
        """Remember for `classify` whether an event with this score would be an alert."""
        gate, self._asked = self._gate, None
        if gate.open_until >= 0.0 and gate.exceeds(score):
            given = Given(event, args, {}, value, score, nan, nan)
            alert, reason = self._alert_of(given)
            stands_out = partial(self._stands_out, given, reason)
            found = self._incidents.find(reason, gate.place_now(), alert, stands_out)
            self._asked = score, found is None, gate.seen

    def _begin_incidents(self, resolved_after: Any) -> None:
        """Check the parameter, and start without incidents."""
        if resolved_after is not None:
            resolved_after = _settings.number("resolved_after", resolved_after)
            if not 0.0 <= resolved_after < inf:
                raise ValueError(f"resolved_after is at least 0 and finite, not {resolved_after!r}")
        self._incidents = IncidentLog()

    def _lacks_target(self, args: tuple[Any, ...]) -> bool:
        """Whether the event has a target and it is missing: it is then passed over."""
        return bool(args) and self._supervised and is_missing(args[0])

    def _verdict_on(self, given: Given) -> Verdict:
        """The verdict on an event, as `_judge` would give it now. Changes nothing."""
        found = self._look(given)
        if found.vetoed or found.alert is None:
            return given.verdict()
        if found.episode is not None:
            return given.verdict(None, joined(found.episode.incident, found.alert))
        return given.verdict(found.alert, self._incidents.first_of(found.alert))

    def _judge(self, given: Given) -> Verdict:
        """The verdict on an event that may be an alert and has not been learned yet; learns it."""
        gate, seconds = self._gate, given.seconds
        counts = self._scores_count()
        found = self._look(given) if counts else Found(0.0)
        alert, episode = found.alert, found.episode
        protected = self.protect_anomaly_detector and alert is not None and not found.vetoed
        if protected and episode is not None:
            protected = episode.incident.count < PROTECTED
        if not protected:
            self.anomaly_detector.learn_one(given.event, *given.args, **given.kwargs)
        if found.echoes:
            gate.join(given.value, seconds)
            return given.verdict()
        if alert is None:
            gate.observe_at(given.value if counts else nan, seconds)
            return given.verdict()
        if found.vetoed:
            gate.skip(seconds)
            return given.verdict()
        if episode is None:
            gate.observe_at(given.value, seconds)
            wait = self._patience(1, 0.0)
            incident = self._incidents.begin(alert, found.reason, found.place, wait)
        else:
            gate.join(given.value, seconds)
            wait = self._patience(episode.incident.count + 1, found.place - episode.began)
            incident = self._incidents.join(episode, alert, found.reason, found.place, wait)
        self._keep_open()
        return given.verdict(alert if episode is None else None, incident)

    def _keep_open(self) -> None:
        """Tell the kernel until when incidents are open."""
        log = self._incidents
        self._gate.keep_open(log.open_until(), log.open_until(CROWDED))

    def _look(self, given: Given) -> Found:
        """What an event that has not been learned yet would be."""
        gate, value, seconds = self._gate, given.value, given.seconds
        beyond, unusual, resembling, place = gate.look_at(value, seconds)
        if not (beyond or (resembling and place <= gate.open_until)):
            return Found(place)
        alert, reason = self._alert_of(given)
        episode = None
        if self.resolved_after != 0.0:
            stands_out = partial(self._stands_out, given, reason)
            episode = self._incidents.find(reason, place, alert, stands_out)
        if not beyond and episode is None:
            return Found(place)
        if not (beyond or unusual):
            return Found(place, echoes=episode is not None and episode.is_crowded)
        vetoed = beyond and given.unless is not None and given.unless(alert)
        return Found(place, alert, reason, episode, vetoed)

    def _alert_of(self, given: Given) -> tuple[Alert, Reason]:
        """The alert that an event would have, and why it is unusual."""
        gate = self._gate
        return self._alert_on(
            given.event,
            given.args,
            given.score,
            float(gate.tail_probability(given.value)),
            gate.rate_now(),
            given.about,
            gate.events,
        )

    def _stands_out(self, given: Given, reason: Reason, known: Reason) -> bool:
        """Whether an event would alert by what a known reason does not explain of it."""
        value = self._rest_of(given, reason, known)
        beyond, unusual, _, _ = self._gate.look_at(value, given.seconds)
        return bool(beyond and unusual)

    def _rest_of(self, given: Given, reason: Reason, known: Reason) -> float:
        """The value of an event without what a known reason explains of it; NaN for nothing.

        The detector is asked about the other features. One of another library may not bear that
        features are missing: it is the share of the contributions across the known ones.
        """
        detector, event = transformed(self.anomaly_detector, given.event)
        if not hasattr(detector, "additive_contributions"):
            return self._part_of(given.value, known.rest_of(reason))
        explained = known.telling()
        others = {name: value for name, value in event.items() if name not in explained}
        if not others:
            return nan
        score = float(detector.score_one(others, *given.args))
        return self._value_of(score, distance_by(detector, others, given.args))

    @abc.abstractmethod
    def _value_of(self, score: float, distance: float) -> float:
        """What the filter goes by."""

    def _patience(self, count: int, span: float) -> float:
        """How long an incident of so many events so far apart stays open after the latest."""
        if self.resolved_after is not None:
            return float(self.resolved_after)
        return patience(count, span, *self._span())

    def _own_numbers(self) -> array[float]:
        return joined_blocks([self._gate.snapshot()[1], self._incidents.numbers()])

    def _take_own_numbers(self, numbers: array[float]) -> None:
        blocks = split_blocks(numbers)
        if len(blocks) != 2:
            raise ValueError("the state of the alert filter is damaged: its parts do not fit")
        self._gate.restore([], blocks[0])
        self._incidents.restore(self.__dict__.pop("_listed", None), blocks[1])

    def _extra_fields(self) -> dict[str, Any]:
        return {"incidents": self._incidents.fields()}

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        self._listed = fields.get("incidents")
