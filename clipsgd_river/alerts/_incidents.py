"""The incidents of a filter: which are open, which event joins one, how they are kept."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any, NamedTuple

from clipsgd_river._state import file_format
from clipsgd_river.alerts import _event_time
from clipsgd_river.alerts._feedback import Answer
from clipsgd_river.alerts._reason import MOST_KEPT, Reason
from clipsgd_river.alerts.alert import SEVERITIES, Alert
from clipsgd_river.alerts.incident import Incident

# Incidents that differ in nothing but a category.
MOST_VALUES = 3
# An event rarer than the first of an incident by this is not what that one was the first of.
DWARFED = 0.1
#: Of so many events an incident is one that others join.
CROWDED = 2
#: Incidents that a filter remembers, open or over.
MOST_INCIDENTS = 32
# An incident stays open for a twentieth of what the budget takes to earn an alert, at least five
# events, and twice as long with each event that joins it, up to a quarter of it. So ordinary alerts
# of one kind, an alert apart, hardly chain. One whose events come more than four times as densely
# stays open for the whole.
FIRST_PATIENCE = 0.05
MOST_PATIENCE = 0.25
MANY = 8.0
DENSER = 4.0
LEAST_EVENTS = 5.0
# From the highest on.
_SEVERITIES = [name for name, _ in SEVERITIES]
_NUMBERS = 10


@dataclass(slots=True)
class Episode:
    """An incident, the reason of its events, where it began, was last, and how long it is open."""

    incident: Incident
    reason: Reason
    began: float
    place: float
    patience: float

    @property
    def is_crowded(self) -> bool:
        """Whether others have joined its first event."""
        return self.incident.count >= CROWDED

    def is_dwarfed_by(self, alert: Alert) -> bool:
        """Whether an event is so much rarer that it had better begin an incident of its own.

        Or an attack would be taken for one more of a few ordinary alerts. Of a higher severity it
        always is: there are few of these.
        """
        worst = self.incident.worst
        if _SEVERITIES.index(alert.severity) < _SEVERITIES.index(worst.severity):
            return True
        known, rarity = worst.fitted_probability, alert.fitted_probability
        if self.is_crowded or known is None or rarity is None:
            return False
        return rarity < DWARFED * known

    def is_open(self, place: float) -> bool:
        """Whether an event at a place may join."""
        return place - self.place <= self.patience


class Found(NamedTuple):
    """What an event is that may be an alert.

    Its place; the alert that it is, or would be if it joined no incident, and its reason; the
    incident that it joins; whether the alert is vetoed; whether the event is a lesser one like
    those of an incident, which does not join, and is no measure of others either; and what feedback
    on alerts like it comes to, which is a veto if it is muted.
    """

    place: float
    alert: Alert | None = None
    reason: Reason = Reason({}, {})
    episode: Episode | None = None
    vetoed: bool = False
    echoes: bool = False
    answer: Answer | None = None


def patience(count: int, span: float, whole: float, least: float) -> float:
    """How long an incident stays open.

    Parameters
    ----------
    count, span
        Its events, and what lies between the first and the latest.
    whole
        What the budget takes to earn an alert.
    least
        What five events take.
    """
    first = max(FIRST_PATIENCE * whole, least)
    dense = count >= MANY + DENSER * span / whole
    most = whole if dense else MOST_PATIENCE * whole
    return max(min(first * 2.0 ** min(count - 1, 60), most), first)


class IncidentLog:
    """The latest incidents of a filter.

    A place is where an event is in the stream: its number, or the seconds that passed until it.
    """

    def __init__(self) -> None:
        self._episodes: list[Episode] = []
        self._count = 0

    def open_until(self, count: int = 1) -> float:
        """Place up to which an event may join one of so many events; -1 if there is none."""
        return max(
            (e.place + e.patience for e in self._episodes if e.incident.count >= count),
            default=-1.0,
        )

    def next_end(self, place: float) -> float:
        """Place after which the next of the open incidents is over; infinity if none is open."""
        return min((e.place + e.patience for e in self._episodes if e.is_open(place)), default=inf)

    def find(
        self,
        reason: Reason,
        place: float,
        alert: Alert,
        stands_out: Callable[[Reason], bool],
    ) -> Episode | None:
        """The open incident that an event belongs to, the latest of several.

        Where events differ in nothing but a category, as in a scan of many ports, the fourth such
        value joins the third.

        Parameters
        ----------
        reason, place, alert
            Of the event, the alert being what it would have if it joined none.
        stands_out
            Whether the event would be an alert by what a reason does not explain of it: that must
            not hide behind what an incident explains.
        """
        alike = [
            episode
            for episode in self._episodes
            if episode.is_open(place)
            and episode.incident.key == alert.key
            and not episode.is_dwarfed_by(alert)
            and episode.reason.is_alike(reason)
            and not stands_out(episode.reason)
        ]
        same = [episode for episode in alike if episode.reason.has_categories_of(reason)]
        return same[-1] if same else alike[-1] if len(alike) >= MOST_VALUES else None

    def begin(self, alert: Alert, reason: Reason, place: float, patience: float) -> Incident:
        """Begin an incident with an alert."""
        incident = self.first_of(alert)
        self._count += 1
        self._episodes.append(Episode(incident, reason, place, place, patience))
        if len(self._episodes) > MOST_INCIDENTS:
            over = (each for each in self._episodes if not each.is_open(place))
            self._episodes.remove(next(over, self._episodes[0]))
        return incident

    def first_of(self, alert: Alert) -> Incident:
        """The incident that an alert would begin."""
        odd = tuple(part.feature for part in alert.features if part.is_odd)
        features = odd or tuple(part.feature for part in alert.features)
        moment, number = alert.time, self._count + 1
        alert = replace(alert, id=str(number))
        return Incident(number, alert, features, 1, moment, moment, alert.key)

    def join(
        self, episode: Episode, alert: Alert, reason: Reason, place: float, patience: float
    ) -> Incident:
        """Let an event join an incident, which then stays open for so long."""
        incident = joined(episode.incident, alert)
        episode.incident = incident
        episode.reason.average_in(reason, incident.count)
        episode.place = max(episode.place, place)
        episode.patience = patience
        return incident

    def incidents(self, place: float) -> list[Incident]:
        """All of them in the order in which they began, those that are over with their end."""
        return [
            each.incident if each.is_open(place) else replace(each.incident, end=each.place)
            for each in self._episodes
        ]

    def shift(self, by: float) -> None:
        """Move all places, where seconds are counted from 0 again."""
        for each in self._episodes:
            each.began += by
            each.place += by

    def fields(self) -> list[Any]:
        """What a state file says of them beside numbers."""
        return [
            [
                file_format.encode_name(each.incident.key),
                [
                    _moment_to_json(moment)
                    for moment in (
                        each.incident.first,
                        each.incident.last,
                        each.incident.worst.time,
                    )
                ],
                _encoded(each.incident.features),
                _encoded(each.reason.weights),
                [[_encode(name), _encode(value)] for name, value in each.reason.categories.items()],
            ]
            for each in self._episodes
        ]

    def numbers(self) -> array[float]:
        """Their numbers, ten for each and its weights."""
        found = array("d", [self._count])
        for each in self._episodes:
            incident, worst = each.incident, each.incident.worst
            p, fitted = worst.tail_probability, worst.fitted_probability
            found.extend((incident.number, incident.count, each.began, each.place, each.patience))
            rank = _SEVERITIES.index(worst.severity)
            found.extend((worst.score, -1.0 if p is None else p, rank, worst.events or 0))
            found.append(-1.0 if fitted is None else fitted)
            found.extend(each.reason.weights.values())
        return found

    def restore(self, fields: Any, numbers: array[float]) -> None:
        """Take over what `fields` and `numbers` gave.

        Raises
        ------
        ValueError
            If they are damaged.
        """
        try:
            self._restore(fields, numbers)
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError) as error:
            raise ValueError(f"the state's incidents are damaged: {error}") from error

    def _restore(self, fields: Any, numbers: array[float]) -> None:
        if not isinstance(fields, list) or len(fields) > MOST_INCIDENTS:
            raise TypeError("they are no list of a few")
        if not numbers or not all(map(isfinite, numbers)):
            raise TypeError("their numbers are not finite")
        self._count = _whole(numbers[0])
        at = 1
        for key, moments, features, names, categories in fields:
            weights = [file_format.decode_name(name) for name in names]
            end = at + _NUMBERS + len(weights)
            if end > len(numbers) or len(weights) > MOST_KEPT:
                raise TypeError("their numbers do not fit")
            number, count, began, place, wait, *of_worst = numbers[at : at + _NUMBERS]
            score, p, rank, events, fitted = of_worst
            first, last, moment = map(_moment_from_json, moments)
            name = file_format.decode_name(key)
            worst = Alert(
                score,
                None if p < 0.0 else min(p, 1.0),
                _SEVERITIES[_whole(rank)],
                moment,
                name,
                events=_whole(events) or None,
                fitted_probability=None if fitted < 0.0 else min(fitted, 1.0),
                id=str(_whole(number)),
            )
            incident = Incident(
                _whole(number),
                worst,
                tuple(file_format.decode_name(feature) for feature in features),
                max(_whole(count), 1),
                first,
                last,
                name,
            )
            reason = Reason(
                dict(zip(weights, numbers[at + _NUMBERS : end], strict=True)),
                {
                    file_format.decode_name(feature): file_format.decode_name(value)
                    for feature, value in categories
                },
            )
            if not all(abs(weight) <= 1.0 for weight in reason.weights.values()):
                raise TypeError("a weight is beyond 1")
            self._episodes.append(Episode(incident, reason, began, place, max(wait, 0.0)))
            at = end
        if at != len(numbers):
            raise TypeError("their numbers do not fit")


def joined(incident: Incident, alert: Alert) -> Incident:
    """The incident with one event more, which would have had this alert."""
    worst = incident.worst
    if alert.score > worst.score:
        worst = replace(alert, id=worst.id)
    return replace(incident, worst=worst, count=incident.count + 1, last=alert.time)


def _encoded(names: Any) -> list[Any]:
    return [_encode(name) for name in names]


def _encode(name: Any) -> Any:
    """A name of any kind; what a state file cannot hold as its text."""
    try:
        return file_format.encode_name(name)
    except TypeError:
        return file_format.encode_name(str(name))


def _moment_to_json(moment: Any) -> Any:
    """A time in seconds, by whatever kind of time it was given; what is none as its text."""
    if moment is None:
        return None
    try:
        return _event_time.seconds_of("time", moment)
    except (TypeError, ValueError):
        return {"text": str(moment)}


def _moment_from_json(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("text"), str) and len(value) == 1:
        return value["text"]
    return _event_time.from_json(value)


def _whole(value: float) -> int:
    if not 0.0 <= value <= 2.0**53 or value != int(value):
        raise TypeError(f"{value} is no count")
    return int(value)
