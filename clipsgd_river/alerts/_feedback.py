"""What people said of alerts: which kinds are muted, how much, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Self

from clipsgd_river import _settings
from clipsgd_river._state import file_format
from clipsgd_river.alerts._known_alerts import (
    Known,
    Rarity,
    encoded_name,
    known_fields,
    known_from,
    known_of,
    whole,
)
from clipsgd_river.alerts._reason import Reason
from clipsgd_river.alerts.alert import SEVERITIES, Alert
from clipsgd_river.alerts.mute import Mute

#: Alerts that can be named by their IDs, and kinds that are muted at once; the latest ones.
MOST_ALERTS = 256
MOST_MUTES = 256
#: A mute fades in what the budget takes to earn so many alerts.
LASTING_ALERTS = 1000.0
_SEVERITIES = [name for name, _ in SEVERITIES]
_ABOUT = ("severity", "features", "keys")


@dataclass(slots=True)
class Muting:
    """A kind of alert that is muted from a place on, and how many were."""

    known: Known
    factor: float
    began: float
    lasting: float
    count: int = 0

    def factor_at(self, place: float) -> float:
        """How many times rarer an alert must be: at first the factor, in the end 1."""
        left = 1.0 - max(place - self.began, 0.0) / self.lasting
        return float(self.factor ** max(left, 0.0))

    def told(self, place: float) -> Mute:
        """The same for those who ask."""
        reason = self.known.reason
        return Mute(
            self.known.alert,
            tuple(name for name in reason.weights if name in reason.telling()),
            dict(reason.categories),
            self.known.key,
            self.factor_at(place),
            max(self.began + self.lasting - place, 0.0),
            self.count,
        )


@dataclass(frozen=True, slots=True)
class Never:
    """Alerts that are never muted: from a severity on, with one of the features, of a key."""

    severity: int = -1
    features: frozenset[Hashable] = frozenset()
    keys: frozenset[Hashable] = frozenset()

    @classmethod
    def of(cls, given: Any) -> Self:
        """Check the parameter ``never_mute``."""
        if given is None:
            return cls()
        if isinstance(given, str):
            given = {"severity": given}
        if not isinstance(given, Mapping) or not given.keys() <= set(_ABOUT):
            raise ValueError(
                "never_mute is a severity, or a dict with some of 'severity', 'features', 'keys', "
                f"not {given!r}"
            )
        severity = given.get("severity")
        if severity is not None and severity not in _SEVERITIES:
            known = ", ".join(map(repr, _SEVERITIES))
            raise ValueError(f"the severity of never_mute is one of {known}, not {severity!r}")
        named = [_settings.names(f"{word} of never_mute", given.get(word)) for word in _ABOUT[1:]]
        if not all(isinstance(given.get(word), list | tuple | None) for word in _ABOUT[1:]):
            raise TypeError(f"features and keys of never_mute are lists, not {given!r}")
        rank = -1 if severity is None else _SEVERITIES.index(severity)
        return cls(rank, *(frozenset(names or ()) for names in named))

    def covers(self, alert: Alert, reason: Reason) -> bool:
        """Whether an alert is one of them."""
        return (
            _SEVERITIES.index(alert.severity) <= self.severity
            or (bool(self.keys) and alert.key in self.keys)
            or (bool(self.features) and not self.features.isdisjoint(reason.telling()))
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What feedback comes to for an alert: whether it is muted, by which kind, or why it is not."""

    muting: Muting
    is_muted: bool
    said: str | None = None


class FeedbackLog:
    """The latest alerts of a filter, and what people said of them."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._mutings: list[Muting] = []
        #: Events that were muted so far.
        self.muted = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is muted."""
        return not self._mutings

    def remember(self, known: Known) -> None:
        """Keep an alert, so that it can be named."""
        self._known[known.alert] = known
        while len(self._known) > MOST_ALERTS:
            del self._known[next(iter(self._known))]

    def known(self, alert: Any) -> Known:
        """The alert that somebody names by its ID, or has.

        Raises
        ------
        ValueError
            If there is none of this ID any more.
        """
        name = str(alert.id if isinstance(alert, Alert) else alert)
        muted = {muting.known.alert: muting.known for muting in self._mutings}
        found = self._known.get(name) or muted.get(name)
        if isinstance(alert, Alert):
            same = found is not None and found.rarity == Rarity.of(alert)
            return found if found is not None and same else known_from(alert)
        if found is not None:
            return found
        names = [*self._known]
        if not names:
            raise ValueError(f"there is no alert {name!r}: there were no alerts yet")
        if len(names) <= 8:
            there = f"there are {', '.join(names)}"
        else:
            there = f"the latest {len(names)} are remembered, {names[0]} to {names[-1]}"
        raise ValueError(f"there is no alert {name!r}: {there}")

    def mute(self, known: Known, factor: float, place: float, lasting: float) -> Mute:
        """Mute alerts like one from here on; one like others that are takes their place."""
        count = 0
        for muting in self._like(known):
            self._mutings.remove(muting)
            count += muting.count
            if known.times_rarer(muting.known.rarity) > 1.0:
                known = replace(known, rarity=muting.known.rarity)
        found = Muting(known, factor, place, lasting, count)
        self._mutings = [*self._mutings, found][-MOST_MUTES:]
        return found.told(place)

    def unmute(self, known: Known, place: float) -> Mute | None:
        """Let alerts like one alert again; what was muted, ``None`` if nothing was."""
        found = self._like(known)
        for muting in found:
            self._mutings.remove(muting)
        return found[-1].told(place) if found else None

    def answer(
        self,
        alert: Alert,
        reason: Reason,
        place: float,
        never: Never,
        stands_out: Callable[[Reason], bool],
    ) -> Answer | None:
        """What feedback says of an event that would alert; ``None`` if it says nothing.

        Parameters
        ----------
        alert, reason, place
            Of the event.
        never
            What is never muted.
        stands_out
            Whether the event would be an alert by what a reason does not explain of it.
        """
        found = [
            muting
            for muting in self._mutings
            if muting.known.is_like(reason, alert.key) and not stands_out(muting.known.reason)
        ]
        if not found:
            return None
        muting = max(found, key=lambda each: each.factor_at(place))
        factor, times = muting.factor_at(place), muting.known.times_rarer(Rarity.of(alert))
        if never.covers(alert, reason):
            return Answer(muting, False, self._said(muting, "this one is never muted"))
        if factor <= 1.0:
            return Answer(muting, False, self._said(muting, "that was long enough ago"))
        if times < factor:
            return Answer(muting, True)
        asked = f"this one is {_times(times)} times rarer, and {_times(factor)} times was asked for"
        return Answer(muting, False, self._said(muting, asked))

    def settle(self, answer: Answer, place: float) -> None:
        """Count an event that was muted; forget a kind that no longer is, once it was told."""
        muting = answer.muting
        if answer.is_muted:
            muting.count += 1
            self.muted += 1
        elif muting.factor_at(place) <= 1.0 and muting in self._mutings:
            self._mutings.remove(muting)

    def copy_mutes(self, other: FeedbackLog, by: float) -> None:
        """Mute what another log does, whose places are others."""
        self._mutings = [replace(m, began=m.began + by, count=0) for m in other._mutings]

    def mutes(self, place: float) -> list[Mute]:
        """Kinds that are muted, in the order in which that was said."""
        return [m.told(place) for m in self._mutings if m.factor_at(place) > 1.0]

    def shift(self, by: float) -> None:
        """Move all places, where they are counted from 0 again."""
        for muting in self._mutings:
            muting.began += by

    def in_other_units(self, place: float, other: float, lasting: float) -> None:
        """Keep what is left of each mute, where places are counted in something else."""
        for muting in self._mutings:
            gone = max(place - muting.began, 0.0) / muting.lasting
            muting.lasting, muting.began = lasting, other - gone * lasting

    def fields(self) -> dict[str, Any] | None:
        """What a state file says of it; ``None`` of an empty one."""
        if not self._known and not self._mutings:
            return None
        names: dict[Any, int] = {}
        return {
            "alerts": [known_fields(each, names) for each in self._known.values()],
            "mutes": [
                [*known_fields(m.known, names), m.factor, m.began, m.lasting, m.count]
                for m in self._mutings
            ],
            "muted": self.muted,
            # Each name once, however many alerts have it.
            "names": [encoded_name(name) for name in names],
        }

    def restore(self, fields: Any) -> None:
        """Take over what `fields` gave.

        Raises
        ------
        ValueError
            If it is damaged.
        """
        if fields is None:
            return
        try:
            names = [file_format.decode_name(name) for name in fields["names"]]
            alerts = [known_of(each, names) for each in fields["alerts"]]
            mutings = [_muting_of(each, names) for each in fields["mutes"]]
            muted = whole(fields["muted"])
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the state's feedback is damaged: {error}") from error
        if len(alerts) > MOST_ALERTS or len(mutings) > MOST_MUTES:
            raise ValueError("the state's feedback is damaged: it is more than is kept")
        self._known = {known.alert: known for known in alerts}
        self._mutings, self.muted = mutings, muted

    def _like(self, known: Known) -> list[Muting]:
        return [
            muting
            for muting in self._mutings
            if muting.known.alert == known.alert or muting.known.is_like(known.reason, known.key)
        ]

    @staticmethod
    def _said(muting: Muting, why: str) -> str:
        muted = f"{muting.count:,} like it muted since" if muting.count else "none like it since"
        return f"like alert {muting.known.alert}, which was not useful ({muted}), but {why}"


def _times(count: float) -> str:
    """A number of times, to two digits."""
    return f"{float(f'{count:.2g}'):,.0f}" if count >= 10.0 else f"{count:.2g}"


def _muting_of(fields: Any, names: list[Any]) -> Muting:
    *known, factor, began, lasting, count = fields
    found = Muting(
        known_of(known, names),
        _settings.number("a factor", factor),
        _settings.number("a place", began),
        _settings.positive("a time", lasting),
        whole(count),
    )
    if not 1.0 <= found.factor < inf:
        raise TypeError("a factor is below 1")
    return found
