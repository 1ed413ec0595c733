"""Known times in which other things are usual."""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from dataclasses import replace
from math import inf, isfinite, nan
from typing import Any, Self

from clipsgd_river import _settings
from clipsgd_river.alerts import _event_time
from clipsgd_river.alerts._filter import Event, Veto
from clipsgd_river.alerts.alert import Alert
from clipsgd_river.alerts.mute import Mute
from clipsgd_river.alerts.rules._rule import Case, Fields, Rule, check_feature
from clipsgd_river.alerts.rules.calendar import Calendar
from clipsgd_river.alerts.verdict import Verdict

# Announced windows that are kept; older ones are forgotten.
MOST_ANNOUNCED = 1000
# Events of a profile without alerts: what is news to it then is that the window is another time.
START = 50
# The verdict on an event that no filter judges.
NOT_JUDGED = Verdict(nan, nan, inf)


class SpecialEvents(Rule):
    """Maintenance, holidays, sales: in known windows, what is usual in them is no alert.

    Choose it where false alarms crowd into times that somebody knows beforehand, or as they begin.
    A calendar says when; further windows are announced on the fly.

    Outside windows the filter judges and learns, and it learns nothing of what happens within. By
    ``inside``, events in a window are judged by a profile of the window's name, or muted:

    - A profile is a filter with a detector of its own. At its first event it is a copy of the
      ordinary one at a ``share`` of the rate; from then on it learns in the windows of its name
      only, and goes on in the next one, a week or a year later, where it was. Of its first 50
      events the detector alone learns: there are no alerts, and how unusual they are is not held
      against later ones. An event is as unusual as the lesser of its scores by the profile and by
      the ordinary filter: what is usual at ordinary times needs no learning anew.
    - Muted events are not looked at: no alerts, nothing learned.

    Parameters
    ----------
    anomaly_filter
        `AlertBudget`, `TailFilter` or another rule.
    calendar
        The windows that are known; ``None``: only announced ones.
    inside
        ``"profile"`` or ``"mute"``.
    share
        Rate (or risk) of alerts in a window over that outside, above 0 and at most 1.
    time
        Key of the feature that is the time of an event; ``None``: that of the filter.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range or of a wrong type, or a calendar comes without a time.

    Notes
    -----
    What `AlertBudget` promises holds outside of windows, t being the events, or the time, outside;
    a window counts as a silence. It also holds within, for each name, at ``share`` times the rate
    and t what happened in the windows of that name: at most 5 alerts before the first is due.

    A time is looked up in the calendar by itself, so times that go backward or repeat do no harm.
    `score_one`, `explain_one` and `expect_one` of an event are those of who would judge it;
    `classify`, `threshold_` and `expect_one` without an event, of who judged last; `alert_rate_` is
    that outside windows.

    Costs: one conversion of a time to a time zone per event; a state as large as the filter's for
    each name that had a window.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> from clipsgd_river.alerts.rules import Calendar, Daily, SpecialEvents
    >>> rng = random.Random(0)
    >>> def events(days):
    ...     for minute in range(days * 1440):
    ...         backup = 120 <= minute % 1440 < 180
    ...         yield {"time": minute * 60, "load": rng.gauss(90 if backup else 30, 3)}, None
    >>> plain = AlertBudget(ClippedZScore(), alerts_per=(5, "day"), time="time")
    >>> calendar = Calendar({"backup": Daily("02:00", "03:00")})
    >>> model = SpecialEvents(plain.clone(), calendar)
    >>> [
    ...     sum(7200 <= alert.time % 86_400 < 10_800 for alert in alerts.alerts(events(14)))
    ...     for alerts in (plain, model)
    ... ]
    [12, 1]
    """

    def __init__(
        self,
        anomaly_filter: Any,
        calendar: Calendar | None = None,
        *,
        inside: str = "profile",
        share: float = 0.1,
        time: Any = None,
    ) -> None:
        super().__init__(anomaly_filter)
        self.calendar = calendar
        self.inside = inside
        self.share = share
        self.time = time
        check_feature("time", time)
        if calendar is not None and not isinstance(calendar, Calendar):
            raise TypeError(f"calendar is a Calendar, not a {type(calendar).__name__}")
        if inside not in ("profile", "mute"):
            raise ValueError(f"inside is 'profile' or 'mute', not {inside!r}")
        if calendar is not None and self.time_feature is None:
            raise ValueError(
                "a calendar needs time=, the name of the feature that is the time of an event"
            )
        _settings.share("share", share)
        self._profiles: dict[str, Any] = {}
        # Events that each profile has learned, to the end of its start.
        self._seen: dict[str, int] = {}
        self._announced: list[tuple[float, float, str]] = []
        self._begun: list[str] = []
        self._current: str | None = None

    def announce(self, start: Any, end: Any, name: str = "announced") -> None:
        """Announce a window from a time on, before another one; it needs a time of events.

        The latest 1,000 are kept.

        Parameters
        ----------
        start, end
            As the times of events.
        name
            Whose profile judges: one of the calendar, or any other.
        """
        if self.time_feature is None:
            raise ValueError("events have no time here: use begin and end, or give time=")
        span = _event_time.seconds_of("start", start), _event_time.seconds_of("end", end)
        if not span[0] < span[1]:
            raise ValueError(f"a window from {start!r} to {end!r} ends before it starts")
        self._announced = [*self._announced, (*span, _name(name))][-MOST_ANNOUNCED:]

    def begin(self, name: str = "announced") -> None:
        """Begin a window now, for all events until `end`, whatever their times."""
        if _name(name) not in self._begun:
            self._begun.append(name)

    def end(self, name: str = "announced") -> None:
        """End a window that `begin` began; ``ValueError`` if none of that name is open."""
        if name not in self._begun:
            raise ValueError(f"no window {name!r} was begun; open are {self._begun}")
        self._begun.remove(name)

    def special_event(self, x: Event, time: Any = None) -> str | None:
        """Name of the window that an event lies in; ``None`` outside.

        Where several overlap: the one begun first, then the one announced last, then the
        calendar's.

        Parameters
        ----------
        x
            The event.
        time
            When it happened, where it has no feature that says so.
        """
        if self._begun:
            return self._begun[0]
        if self.time_feature is None or not (self._announced or self.calendar):
            return None
        moment = self._time_of(x, time)
        if self._announced:
            seconds = _event_time.seconds_of(self.time_feature, moment)
            for start, end, name in reversed(self._announced):
                if start <= seconds < end:
                    return name
        return None if self.calendar is None else self.calendar.at(moment)

    @property
    def n_alerts_(self) -> int:
        """Alerts so far, within and without windows."""
        return int(sum(each.n_alerts_ for each in (self.anomaly_filter, *self._profiles.values())))

    @property
    def mutes_(self) -> list[Mute]:
        """Kinds of alerts that are muted by `feedback`, outside windows and then within."""
        within = (
            replace(mute, alert=_id_of(name, mute.alert))
            for name, profile in self._profiles.items()
            for mute in profile.mutes_
        )
        return [*super().mutes_, *within]

    @property
    def n_muted_(self) -> int:
        """Events so far that would have been alerts, had `feedback` not muted their kind."""
        return int(sum(each.n_muted_ for each in (self.anomaly_filter, *self._profiles.values())))

    def feedback(
        self,
        alert: Alert | str,
        useful: bool,
        *,
        factor: float = 100.0,
        lasting: float | None = None,
    ) -> Mute | None:
        """Say whether an alert was useful: alerts like one that was not are muted for a time.

        An alert in a window has an ID that begins with the window's name, as ``"backup:3"``: what
        is said of it is for windows of that name. Parameters and result as of
        `AlertBudget.feedback`.
        """
        given = alert.id if isinstance(alert, Alert) else alert
        for name, profile in self._profiles.items():
            own = _id_of(name, "")
            if isinstance(given, str) and given.startswith(own):
                rest = given.removeprefix(own)
                asked = replace(alert, id=rest) if isinstance(alert, Alert) else rest
                found = profile.feedback(asked, useful, factor=factor, lasting=lasting)
                return None if found is None else replace(found, alert=_id_of(name, found.alert))
        return super().feedback(alert, useful, factor=factor, lasting=lasting)

    @property
    def incident_filters(self) -> dict[str | None, Any]:
        """The filters that have incidents: the ordinary one, and of each window its profile."""
        found = super().incident_filters
        for name, profile in self._profiles.items():
            found[name] = profile.incident_filters[None]
        return found

    @property
    def judged_by(self) -> str | None:
        """Name of the one of `incident_filters` that judged the latest event."""
        return super().judged_by if self._current is None else self._current

    def judge_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        time: Any = None,
        unless: Veto | None = None,
    ) -> Verdict:
        """Verdict on an event, as `judge_learn_one` would give it now. Changes nothing."""
        name, before = self.special_event(x, time), self._current
        if self._mutes(name) or self._starts(name):
            return NOT_JUDGED
        self._current = name
        try:
            verdict = super().judge_one(x, *args, key=key, time=time, unless=unless)
            return _named(name, verdict)
        finally:
            self._current = before

    def judge_learn_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        time: Any = None,
        unless: Veto | None = None,
        **kwargs: Any,
    ) -> Verdict:
        """Judge an event, then learn it, by the filter or by the profile of a window.

        Parameters as of `AlertBudget.judge_learn_one`. The verdict on an event that is muted, or
        among the first 50 of a profile, has neither score nor distance: both are NaN.
        """
        name, before = self.special_event(x, time), self._current
        self._current = name
        if self._mutes(name):
            return NOT_JUDGED
        is_new = name is not None and name not in self._profiles
        try:
            if name is not None and is_new:
                self._profiles[name] = self.anomaly_filter.rarer(self.share)
            if self._starts(name):
                self.detector_learn_one(self._with_time(x, time), *args, **kwargs)
                verdict = NOT_JUDGED
            else:
                verdict = super().judge_learn_one(
                    x, *args, key=key, time=time, unless=unless, **kwargs
                )
        except BaseException:
            # A refused event changes nothing.
            self._current = before
            if name is not None and is_new:
                self._profiles.pop(name, None)
            raise
        if name is None:
            return verdict
        self._seen[name] = min(self._seen.get(name, 0) + 1, START)
        return _named(name, verdict)

    def score_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """Score an event, then learn it: `score_one` followed by `learn_one`."""
        # An event that is not judged has a score all the same.
        score = self.score_one(x, *args)
        self.learn_one(x, *args, **kwargs)
        return score

    def rarer(self, share: float) -> Self:
        """Rule that goes on from here by itself, around filters at a share of the rate."""
        found = super().rarer(share)
        found._profiles = {name: p.rarer(share) for name, p in self._profiles.items()}
        return found

    @property
    def _filter(self) -> Any:
        return self._profile(self._current)

    def _filter_of(self, x: Event) -> Any:
        return self._profile(self.special_event(x))

    def _profile(self, name: str | None) -> Any:
        """The filter for a window; before its first event, the one that it starts from."""
        return (
            self.anomaly_filter if name is None else self._profiles.get(name, self.anomaly_filter)
        )

    def _mutes(self, name: str | None) -> bool:
        """Whether events in a window, or outside of all, are muted."""
        return name is not None and self.inside == "mute"

    def _starts(self, name: str | None) -> bool:
        """Whether the profile of a window has seen too few events to judge."""
        return name is not None and self._seen.get(name, 0) < START

    def _review(self, alert: Alert, case: Case) -> Fields | None:
        ordinary = self.anomaly_filter
        if self._current is None or not ordinary.ready:
            return {}
        # Unusual by the lesser of both scores, which are on one scale.
        score = ordinary.score_one(case.event, *case.targets)
        return {} if case.filter.classify(score) else None

    def _parts(self) -> dict[Any, Any]:
        parts = super()._parts()
        if self.calendar is not None:
            parts["calendar"] = self.calendar
        return parts | {("profile", name): p for name, p in self._profiles.items()}

    def _take_parts(self, parts: dict[Any, Any]) -> None:
        parts = dict(parts)
        if parts.pop("anomaly_filter", None) is not self.anomaly_filter:
            raise ValueError("the state has no filter")
        if parts.pop("calendar", None) is not self.calendar:
            raise ValueError("the state has a calendar where none belongs")
        for name, part in parts.items():
            if not (isinstance(name, tuple) and len(name) == 2 and isinstance(name[1], str)):
                raise ValueError(f"the state has a part {name!r}")
            if type(part) is not type(self.anomaly_filter):
                raise ValueError(f"the state has a {type(part).__name__} as a profile")
            self._profiles[name[1]] = part

    def _extra_fields(self) -> dict[str, Any]:
        names = [name for _, _, name in self._announced]
        return {"begun": list(self._begun), "announced": names, "current": self._current}

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        begun, announced = fields.get("begun"), fields.get("announced")
        current = fields.get("current")
        for names in (begun, announced, [] if current is None else [current]):
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise ValueError("the state's windows have names that are none: it is damaged")
        self._begun, self._names, self._current = list(begun or ()), announced or [], current

    def _own_numbers(self) -> array[float]:
        seen = [self._seen.get(name, 0) for name in self._profiles]
        return array("d", [*seen, *(t for start, end, _ in self._announced for t in (start, end))])

    def _take_own_numbers(self, numbers: array[float]) -> None:
        names = self.__dict__.pop("_names")
        seen, times = numbers[: len(self._profiles)], numbers[len(self._profiles) :]
        if len(times) != 2 * len(names) or not all(map(isfinite, numbers)):
            raise ValueError("the state's windows have other times than names: it is damaged")
        if not all(0.0 <= count <= START and count == int(count) for count in seen):
            raise ValueError("the state's profiles have seen no number of events: it is damaged")
        self._seen = {name: int(n) for name, n in zip(self._profiles, seen, strict=True)}
        self._announced = list(zip(times[::2], times[1::2], names, strict=True))


def _named(name: str | None, verdict: Verdict) -> Verdict:
    """The verdict on an event in a window, its alert named by it."""
    alert = verdict.alert
    if name is None or alert is None or alert.id is None:
        return verdict
    return verdict._replace(alert=replace(alert, id=_id_of(name, alert.id)))


def _id_of(window: str, alert: str) -> str:
    """ID of an alert in a window."""
    return f"{window}:{alert}"


def _name(name: Any) -> str:
    """Check the name of a window."""
    if not isinstance(name, str):
        raise TypeError(f"windows are named by strings, not by {name!r}")
    return name
