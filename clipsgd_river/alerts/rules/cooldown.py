"""One alert for what repeats."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from clipsgd_river import _settings
from clipsgd_river._state import file_format
from clipsgd_river.alerts import _event_time
from clipsgd_river.alerts._filter import Event, Veto
from clipsgd_river.alerts.alert import SEVERITIES, Alert
from clipsgd_river.alerts.rules._rule import Case, Fields, Rule, check_feature
from clipsgd_river.alerts.verdict import Verdict

_SEVERITIES = [name for name, _ in SEVERITIES]


@dataclass(slots=True)
class Episode:
    """An alert that went out and what was folded into it; times as places on the clock."""

    alert: Alert
    first: float
    last: float


class Cooldown(Rule):
    """After an alert of a key, further ones are folded into it until the cooldown is over.

    Choose it where an incident lasts: somebody reads one alert, and its count, instead of a
    thousand.

    A repeat is an event that would be an alert, and whose key had one less than ``duration``
    before. It spends no budget, so that the budget goes to alerts that are read, and other keys
    find the threshold as it was. `folded` has the alert of a key with the count of events and the
    times of the first and the last of them, up to date; `episodes` has those of all keys.

    Parameters
    ----------
    anomaly_filter
        `AlertBudget`, `TailFilter` or another rule.
    duration
        How long, above 0: in seconds where events have a time, otherwise in events.
    extend
        Whether a repeat begins the cooldown anew: an incident is then one alert as long as it goes
        on. Otherwise there is another alert each ``duration``.
    time
        Key of the feature that is the time of an event, as of `AlertBudget`, which see; ``None``:
        that of the filter, if it has one. A time that is earlier than a key's last alert by less
        than ``duration`` is as one later by as much; one that is earlier still begins an alert.
    key
        Key of the feature that says whom an event is about, which the detector sees as before;
        ``None``: what `alert_one` is given as ``key``. Events without one share the key ``None``.
    max_keys
        The most keys that are remembered, 1 to 10,000,000: those with the latest alerts. The alert
        of a key forgotten too soon is raised again.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range or of a wrong type.

    Notes
    -----
    Never more alerts than the filter alone, at the same threshold, and their counts add up to its
    alerts. About 1.5 KB for each key that had an alert, at most ``max_keys`` of them; keys without
    one cost nothing. O(1) per event.

    A state file keeps of the alerts in `episodes` their scores, severities, counts and times, not
    their features.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> from clipsgd_river.alerts.rules import Cooldown
    >>> rng = random.Random(0)
    >>> model = Cooldown(AlertBudget(ClippedZScore(), 0.01), 600, time="time")
    >>> for t in range(1000):
    ...     model.learn_one({"time": t, "load": rng.gauss(50, 5)})
    >>> [
    ...     model.alert_one({"time": t, "load": 200}, key="web-1") is not None
    ...     for t in range(1000, 1005)
    ... ]
    [True, False, False, False, False]
    >>> model.folded("web-1").sentence
    '1000, web-1: load was 200, usually between 40 and 60; 5 times from 1000 to 1004; ...'
    """

    remembers = True

    def __init__(
        self,
        anomaly_filter: Any,
        duration: float,
        *,
        extend: bool = False,
        time: Any = None,
        key: Hashable = None,
        max_keys: int = 10_000,
    ) -> None:
        super().__init__(anomaly_filter)
        self.duration = duration
        self.extend = extend
        self.time = time
        self.key = key
        self.max_keys = max_keys
        check_feature("time", time)
        check_feature("key", key)
        self._length = _settings.positive("duration", duration)
        self._most = _settings.count("max_keys", max_keys, 10_000_000)
        self._episodes: OrderedDict[Hashable, Episode] = OrderedDict()
        self._events = 0

    def folded(self, key: Hashable = None) -> Alert | None:
        """The last alert of a key with what was folded into it; ``None`` if it had none."""
        episode = self._episodes.get(key)
        return None if episode is None else episode.alert

    def episodes(self) -> list[Alert]:
        """The last alert of each key with what was folded into it, the latest alert at the end."""
        return [episode.alert for episode in self._episodes.values()]

    def judge_learn_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        time: Any = None,
        unless: Veto | None = None,
        **kwargs: Any,
    ) -> Verdict:
        """Judge an event, then learn it; a repeat is no alert, and is folded into the last one.

        Parameters as of `AlertBudget.judge_learn_one`.
        """
        verdict = super().judge_learn_one(x, *args, key=key, time=time, unless=unless, **kwargs)
        # Not before: an event that is refused does not count.
        self._events += 1
        return verdict

    def _case(self, x: Event, args: tuple[Any, ...], key: Hashable, time: Any) -> Case:
        case = super()._case(x, args, key, time)
        if self.key is not None:
            found: Any = x.get(self.key)
            # NumPy's scalars are the plain values to everybody else.
            case.key = found.item() if hasattr(found, "item") else found
        name = self.time_feature
        case.position = (
            self._events + 1.0
            if name is None
            else _event_time.seconds_of(name, _event_time.moment_of(x, name))
        )
        return case

    def _review(self, alert: Alert, case: Case) -> Fields | None:
        episode = self._episodes.get(alert.key)
        if episode is not None:
            since = episode.last if self.extend else episode.first
            if abs(case.position - since) < self._length:
                return None
        return {"first": alert.time, "last": alert.time}

    def _on_veto(self, alert: Alert, case: Case) -> None:
        """Count a repeat in."""
        episode = self._episodes[alert.key]
        known = episode.alert
        earliest = case.position < episode.first
        episode.alert = replace(
            known,
            count=known.count + 1,
            first=alert.time if earliest else known.first,
            last=alert.time if case.position >= episode.last else known.last,
        )
        episode.last = max(episode.last, case.position)

    def _on_alert(self, alert: Alert, case: Case) -> None:
        self._episodes.pop(alert.key, None)
        self._episodes[alert.key] = Episode(alert, case.position, case.position)
        if len(self._episodes) > self._most:
            self._episodes.popitem(last=False)

    def _extra_fields(self) -> dict[str, Any]:
        return {
            "episodes": [
                [
                    file_format.encode_name(key),
                    *(_event_time.to_json(m) for m in (e.alert.time, e.alert.first, e.alert.last)),
                ]
                for key, e in self._episodes.items()
            ]
        }

    def _own_numbers(self) -> array[float]:
        numbers = array("d", [self._events])
        for e in self._episodes.values():
            p = e.alert.tail_probability
            rank = _SEVERITIES.index(e.alert.severity)
            numbers.extend(
                (e.first, e.last, e.alert.score, -1.0 if p is None else p, rank, e.alert.count)
            )
        return numbers

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        try:
            self._listed = [
                (file_format.decode_name(key), [_event_time.from_json(m) for m in moments])
                for key, *moments in fields["episodes"]
            ]
            shapes = {len(moments) for _, moments in self._listed}
            if shapes - {3} or len(dict(self._listed)) != len(self._listed) > self._most:
                raise TypeError("they are not of the right shape")
        except (KeyError, TypeError) as error:
            raise ValueError(f"the state's episodes are damaged: {error}") from error

    def _take_own_numbers(self, numbers: array[float]) -> None:
        listed = self.__dict__.pop("_listed")
        if len(numbers) != 1 + 6 * len(listed) or not all(map(isfinite, numbers)):
            raise ValueError("the state's episodes are damaged: their numbers do not fit")
        self._events = _whole(numbers[0])
        for at, (key, (moment, first, last)) in enumerate(listed):
            start, end, score, p, rank, count = numbers[1 + 6 * at : 7 + 6 * at]
            severity = _SEVERITIES[min(_whole(rank), len(_SEVERITIES) - 1)]
            alert = Alert(
                score,
                None if p < 0.0 else p,
                severity,
                moment,
                key,
                count=max(_whole(count), 1),
                first=first,
                last=last,
            )
            self._episodes[key] = Episode(alert, start, end)

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        from clipsgd_river.alerts import AlertBudget
        from clipsgd_river.anomaly import ClippedZScore

        yield {"anomaly_filter": AlertBudget(ClippedZScore(), 0.01), "duration": 20}


def _whole(value: float) -> int:
    if not 0.0 <= value <= 2.0**53 or value != int(value):
        raise ValueError("the state's episodes are damaged: a count is none")
    return int(value)
