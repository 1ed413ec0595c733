"""Filters that tell events of one kind as one incident."""

from __future__ import annotations

import abc
from array import array
from collections.abc import Hashable
from dataclasses import replace
from functools import partial
from math import inf, nan
from typing import Any, NamedTuple

from clipsgd_river import _settings
from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._pipelines import transformed
from clipsgd_river._state.wrapper import joined as joined_blocks
from clipsgd_river._state.wrapper import split as split_blocks
from clipsgd_river.alerts._feedback import LASTING_ALERTS, Answer, FeedbackLog, Never
from clipsgd_river.alerts._filter import DetectorFilter, Event, Veto, distance_by
from clipsgd_river.alerts._incidents import CROWDED, Found, IncidentLog, joined, patience
from clipsgd_river.alerts._known_alerts import Known, Rarity
from clipsgd_river.alerts._reason import Reason
from clipsgd_river.alerts.alert import Alert
from clipsgd_river.alerts.incident import Incident
from clipsgd_river.alerts.mute import Mute
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
    never_mute: Any
    _incidents: IncidentLog
    _feedback: FeedbackLog
    _never: Never
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

    @property
    def mutes_(self) -> list[Mute]:
        """Kinds of alerts that are muted by `feedback`, 256 at most, the latest last."""
        return self._feedback.mutes(self._gate.place_now())

    @property
    def n_muted_(self) -> int:
        """Events so far that would have been alerts, had `feedback` not muted their kind."""
        return self._feedback.muted

    def feedback(
        self,
        alert: Alert | str,
        useful: bool,
        *,
        factor: float = 100.0,
        lasting: float | None = None,
    ) -> Mute | None:
        """Say whether an alert was useful: alerts like one that was not are muted for a time.

        Alerts like it have the same features behind them in the same directions, the same
        categories that matter and the same key. To alert again, one of them must be ``factor``
        times rarer at first; this fades until ``lasting`` has passed. An
        event that would alert by other features besides is none of them. One that is muted spends
        no budget, and the detector alone learns it. An alert in spite of a mute says so.

        Parameters
        ----------
        alert
            The alert, or its ``id``: the latest 256 are remembered.
        useful
            False mutes alerts like it, anew if they are muted already; True ends that.
        factor
            How many times rarer, above 1, by one of the features behind it: a deviation as large
            as one of Student's t with 3 degrees of freedom, which 4.6 times as far out is 100 times
            rarer. Where a detector expects nothing of features, by the fitted probability.
        lasting
            In how many events, or with ``alerts_per`` seconds, the mute fades. ``None``: what the
            budget takes to earn 1,000 alerts.

        Returns
        -------
        Mute or None
            What is muted now, or no longer; ``None`` if nothing was.

        Raises
        ------
        ValueError, TypeError
            If there is no such alert, nothing is known of why it came, or a number is none.
        """
        if not isinstance(alert, Alert | str):
            raise TypeError(f"alert is an Alert or its id, not {alert!r}")
        place = self._gate.place_now()
        known = self._feedback.known(alert)
        self._asked = None
        if _settings.flag("useful", useful):
            return self._feedback.unmute(known, place)
        factor = _settings.positive("factor", factor)
        if not factor > 1.0:
            raise ValueError(f"factor is above 1, not {factor!r}")
        if lasting is None:
            lasting = LASTING_ALERTS * self._span()[0]
        if not known.reason.weights:
            raise ValueError(
                "nothing is known of why the alert came, so that nothing is like it: feedback "
                "needs a detector with an explain_one"
            )
        lasting = _settings.positive("lasting", lasting)
        return self._feedback.mute(known, factor, place, lasting)

    @property
    def incident_filters(self) -> dict[str | None, IncidentFilter]:
        """The filters that have incidents: this one. A rule may have several, by name."""
        return {None: self}

    @property
    def judged_by(self) -> str | None:
        """Name of the one of `incident_filters` that judged the latest event."""
        return None

    def place_now(self) -> float:
        """Where the stream is: events so far, or with ``alerts_per`` the seconds that passed."""
        return float(self._gate.place_now())

    def next_end(self) -> float:
        """Place after which the next of the open incidents is over; infinity if none is open."""
        return self._incidents.next_end(self.place_now())

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
        may_be_told = gate.open_until >= 0.0 or not self._feedback.is_empty
        if may_be_told and gate.exceeds(score):
            given = Given(event, args, {}, value, score, nan, nan)
            alert, reason = self._alert_of(given)
            stands_out = partial(self._stands_out, given, reason)
            place = gate.place_now()
            found = self._incidents.find(reason, place, alert, stands_out)
            answer = self._answer(given, alert, reason, place) if found is None else None
            muted = answer is not None and answer.is_muted
            self._asked = score, found is None and not muted, gate.seen

    def _begin_incidents(self, resolved_after: Any) -> None:
        """Check the parameter, and start without incidents."""
        if resolved_after is not None:
            resolved_after = _settings.number("resolved_after", resolved_after)
            if not 0.0 <= resolved_after < inf:
                raise ValueError(f"resolved_after is at least 0 and finite, not {resolved_after!r}")
        self._incidents = IncidentLog()
        self._feedback = FeedbackLog()
        self._never = Never.of(self.never_mute)

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
        incident = self._incidents.first_of(found.alert)
        return given.verdict(incident.worst, incident)

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
        if found.answer is not None:
            self._feedback.settle(found.answer, found.place)
        if found.vetoed:
            gate.skip(seconds)
            return given.verdict()
        if episode is None:
            gate.observe_at(given.value, seconds)
            wait = self._patience(1, 0.0)
            incident = self._incidents.begin(alert, found.reason, found.place, wait)
            alert = incident.worst
            # The reason of the incident moves on with its events.
            reason = replace(found.reason, categories=dict(found.reason.categories))
            known = Known(str(incident.number), reason, alert.key, Rarity.of(alert))
            self._feedback.remember(known)
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
        answer = None
        if beyond and episode is None and not vetoed:
            answer = self._answer(given, alert, reason, place)
            if answer is not None:
                alert, vetoed = replace(alert, feedback=answer.said), answer.is_muted
        return Found(place, alert, reason, episode, vetoed, answer=answer)

    def _answer(self, given: Given, alert: Alert, reason: Reason, place: float) -> Answer | None:
        """What feedback comes to for an event that would alert; ``None`` if there was none."""
        if self._feedback.is_empty:
            return None
        stands_out = partial(self._stands_out, given, reason)
        return self._feedback.answer(alert, reason, place, self._never, stands_out)

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
        return {"incidents": self._incidents.fields(), "feedback": self._feedback.fields()}

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        self._listed = fields.get("incidents")
        self._feedback.restore(fields.get("feedback"))
