"""What is told of incidents: that they began, got worse, are over; each once, also across runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Final

from clipsgd_river.cli.scoring.alert_lines import identity, sentence_of

if TYPE_CHECKING:
    from clipsgd_river.alerts import Alert, Incident, Verdict

NEW: Final = "new"
WORSENED: Final = "worsened"
RESOLVED: Final = "resolved"

#: An incident is told to have worsened once it has so many times the events, or an event so many
#: times rarer, of which it was told last.
WORSE: Final = 10.0


@dataclass(slots=True)
class Known:
    """An open incident that was told.

    Parameters
    ----------
    alert
        ID of its alert, by which feedback names it.
    uid
        Identifies it among all incidents of all streams.
    row
        Of the latest event that belongs to it.
    updates
        How often it was told.
    count, rarity
        Events, and the probability of the rarest, when it was told last.
    sentence
        The words for its worst event; empty if there was a worse one since it was told.
    incident
        As it was after its latest event.
    worst
        The alert on its worst event, of its first one as rules have left it.
    """

    alert: str
    uid: str
    row: int
    updates: int
    count: int
    rarity: float
    sentence: str
    incident: Incident
    worst: Alert


@dataclass(frozen=True, slots=True)
class Told:
    """Something to tell of an incident, with the alert on its worst event."""

    status: str
    alert: str
    uid: str
    update: int
    row: int
    incident: Incident
    worst: Alert
    sentence: str


class Telling:
    """Follow the incidents of an alert filter, and say what of them is to be told.

    Parameters
    ----------
    alert_filter
        An alert filter, or a rule around one.
    sentence
        Puts an alert in words.
    kept
        What `fields` gave at the end of an earlier run.

    Raises
    ------
    ValueError
        If what was kept is damaged.
    """

    def __init__(self, alert_filter: Any, sentence: Callable[[Any], str], kept: Any = ()) -> None:
        self._filter = alert_filter
        self._sentence = sentence
        self._open: dict[tuple[str | None, int], Known] = {}
        self._ends: list[tuple[Callable[[], float], float]] = []
        #: How many incidents began, and how many of those that were told are over.
        self.begun = self.resolved = 0
        latest = self._latest()
        try:
            for window, number, alert, uid, row, updates, count, rarity, words in kept:
                incident = latest.get((window, number))
                if incident is not None:
                    known = Known(
                        str(alert),
                        str(uid),
                        int(row),
                        int(updates),
                        int(count),
                        float(rarity),
                        str(words),
                        incident,
                        incident.worst,
                    )
                    self._open[window, number] = known
        except (TypeError, ValueError) as error:
            raise ValueError(f"what was told of incidents is damaged: {error}") from None
        self._follow()

    @property
    def open(self) -> int:
        """How many incidents that were told are open."""
        return len(self._open)

    def fields(self) -> list[Any]:
        """What a state file must keep to go on."""
        return [
            [*key, k.alert, k.uid, k.row, k.updates, k.count, k.rarity, self._words(k)]
            for key, k in self._open.items()
        ]

    def is_due(self) -> bool:
        """Whether an incident may be over."""
        # Asked at every event, and mostly there is none.
        return bool(self._ends) and any(place() > end for place, end in self._ends)

    def after(self, row: int, verdict: Verdict) -> Iterator[Told]:
        """Yield what is to be told after an event that began or joined an incident."""
        incident = verdict.incident
        if incident is None:
            return
        key = self._filter.judged_by, incident.number
        known = self._open.get(key)
        if verdict.alert is not None:
            worst, rarity = verdict.alert, _rarity(incident)
            words = self._sentence(worst)
            alert, uid = verdict.alert.id or str(incident.number), identity(incident, key[0])
            known = Known(alert, uid, row, 1, 1, rarity, words, incident, worst)
            self._open[key] = known
            self.begun += 1
            yield Told(NEW, known.alert, known.uid, 0, row, incident, worst, words)
        elif known is not None:
            known.row, known.incident = row, incident
            if incident.worst.score > known.worst.score:
                known.worst, known.sentence = incident.worst, ""
            rarity = _rarity(incident)
            if incident.count >= WORSE * known.count or rarity * WORSE <= known.rarity:
                known.count, known.rarity = incident.count, rarity
                yield self._told(WORSENED, known, incident)
        self._follow()

    def ended(self) -> Iterator[Told]:
        """Yield what is to be told of incidents that are over by now."""
        latest = self._latest()
        for key, known in list(self._open.items()):
            incident = latest.get(key)
            if incident is not None and incident.is_open and not self._is_left(key[0]):
                continue
            # The filter remembers no more than the latest; what is gone is over, too.
            del self._open[key]
            self.resolved += 1
            yield self._told(RESOLVED, known, known.incident)
        self._follow()

    def _told(self, status: str, known: Known, incident: Incident) -> Told:
        known.sentence = self._words(known)
        known.updates += 1
        words = sentence_of(known.sentence, incident)
        return Told(
            status,
            known.alert,
            known.uid,
            known.updates - 1,
            known.row,
            incident,
            known.worst,
            words,
        )

    def _words(self, known: Known) -> str:
        return known.sentence or self._sentence(known.worst)

    def _is_left(self, window: str | None) -> bool:
        """Whether a window is over, and with it the incidents in it: its clock stands still."""
        return window is not None and window != self._filter.judged_by

    def _place(self, window: str | None, each: Any) -> float:
        """Where the filter of a window is."""
        return inf if self._is_left(window) else float(each.place_now())

    def _latest(self) -> dict[tuple[str | None, int], Incident]:
        filters = self._filter.incident_filters
        return {(n, i.number): i for n, each in filters.items() for i in each.incidents_}

    def _follow(self) -> None:
        """Note when the next incident is over."""
        names = {name for name, _ in self._open}
        filters = self._filter.incident_filters
        self._ends = [
            (partial(self._place, name, each), -inf if self._is_left(name) else each.next_end())
            for name, each in filters.items()
            if name in names
        ]


def _rarity(incident: Incident) -> float:
    """What the worst event of an incident is ranked by; 1 where that is not known."""
    found = incident.worst.rank_probability
    return 1.0 if found is None else found
