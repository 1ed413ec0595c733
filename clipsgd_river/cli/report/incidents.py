"""The incidents of a stream that the page lists, and which features are behind alerts at all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clipsgd_river.cli.report.alert_times import severity_of
from clipsgd_river.cli.report.raw_events import Fields, readable

if TYPE_CHECKING:
    from clipsgd_river.alerts import Alert, Verdict
    from clipsgd_river.cli.input.events import Event

MOST_INCIDENTS: Final = 500
#: Hostile names must not exhaust the memory; what is beyond is not counted.
_MOST_FEATURES: Final = 100_000
_SMALLEST: Final = 1e-300


@dataclass(slots=True)
class ListedIncident:
    """An incident of the run, or an alert that belongs to none.

    Parameters
    ----------
    row, seconds
        Of its first event in this run.
    last
        Time of its latest event.
    count
        Its events, those of earlier runs with it.
    alert, distance, worst_row, fields
        The alert on its most unusual event, how far that is away, its row, and what was read.
    number, key, features
        Of the incident; the number is None where there are only alerts.
    is_older
        Whether it began in an earlier run.
    """

    row: int
    seconds: float
    last: float
    count: int
    alert: Alert
    distance: float
    worst_row: int
    fields: Fields
    number: int | None = None
    key: Any = None
    features: tuple[Hashable, ...] = ()
    is_older: bool = False

    @property
    def severity(self) -> str:
        """Severity of its most unusual event; empty where no budget tells it."""
        return severity_of(self.alert)

    @property
    def rank(self) -> tuple[float, float, int]:
        """By what it stands above others: how rare it is, times its events; how far; how early."""
        p = self.alert.rank_probability
        rarity = 0.0 if p is None else -math.log(max(p, _SMALLEST)) + math.log(self.count)
        return rarity, self.distance, -self.row


class Incidents:
    """Keep the most unusual incidents, however long the stream.

    Parameters
    ----------
    fields
        What was read of an event, by name.
    size
        How many to keep.
    """

    def __init__(
        self, fields: Callable[[Event], Mapping[str, Any]], size: int = MOST_INCIDENTS
    ) -> None:
        self._fields = fields
        self._size = size
        self._alone: list[ListedIncident] = []
        self._numbered: dict[int, ListedIncident] = {}
        self._reasons: Counter[Hashable] = Counter()
        #: The first incident that began in this run.
        self._first: float = math.inf
        #: Incidents and alerts so far that belong in the list, kept or not.
        self.total = 0
        #: Whether events that alert for the same reason are told as one.
        self.folded = False
        #: Events of incidents so far, the alerts among them.
        self.events = 0

    def add(self, event: Event, verdict: Verdict, seconds: float) -> None:
        """See an event that is an alert or has joined an incident."""
        self.events += 1
        alert, incident = verdict.alert, verdict.incident
        if alert is not None:
            self._count_reason(alert)
        if incident is None:
            if alert is not None:
                self._alone.append(self._new(event, verdict, alert, seconds))
                self._thin_out()
            return
        self.folded = True
        known = self._numbered.get(incident.number)
        if known is None:
            if alert is not None:
                self._first = min(self._first, incident.number)
            elif incident.number >= self._first:
                return  # It began in this run and was not among the most unusual.
            listed = self._new(event, verdict, incident.worst, seconds)
            listed.number, listed.count, listed.key = incident.number, incident.count, incident.key
            listed.features, listed.is_older = incident.features, alert is None
            self._numbered[incident.number] = listed
            self._thin_out()
            return
        known.count, known.last = incident.count, seconds
        if incident.worst is not known.alert:
            known.alert, known.distance = incident.worst, verdict.distance
            known.worst_row, known.fields = event.row, readable(self._fields(event))

    def ranked(self) -> list[ListedIncident]:
        """Return the incidents kept, the most unusual first."""
        return self._sorted()[: self._size]

    def reasons(self, most: int) -> list[tuple[Hashable, int]]:
        """Return the features that were the main reason of most alerts, and of how many."""
        return self._reasons.most_common(most)

    def _new(self, event: Event, verdict: Verdict, alert: Alert, seconds: float) -> ListedIncident:
        self.total += 1
        fields = readable(self._fields(event))
        return ListedIncident(
            *(event.row, seconds, seconds, 1, alert, verdict.distance, event.row, fields),
            key=alert.key,
        )

    def _count_reason(self, alert: Alert) -> None:
        if alert.features:
            reason = alert.features[0].feature
            if reason in self._reasons or len(self._reasons) < _MOST_FEATURES:
                self._reasons[reason] += 1

    def _sorted(self) -> list[ListedIncident]:
        listed = [*self._alone, *self._numbered.values()]
        return sorted(listed, key=lambda each: each.rank, reverse=True)

    def _thin_out(self) -> None:
        """Drop the less unusual half whenever there are twice as many as are listed."""
        if len(self._alone) + len(self._numbered) < 2 * self._size:
            return
        kept = self._sorted()[: self._size]
        self._alone = [each for each in kept if each.number is None]
        self._numbered = {each.number: each for each in kept if each.number is not None}
