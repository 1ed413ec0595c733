"""Incidents close to each other that share what few events have: the same account, host, country.

By chance two alerts of a month share an account within an hour only rarely, so such a pair says
more than either. Let v be a value of a category that at most one event in 20 has. Of k incidents
with v, each within an hour of the one before, k - 1 follow by chance with probability
(m q)^(k - 1), where m is the mean number of listed incidents in an hour and q the share of v among
all events, or among the other incidents where that is larger: alerts on denied connections share
that they were denied. The most unusual of them is ranked as if it were rarer by that factor, and
says how many others there are.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from clipsgd_river.cli.report.alert_times import HOUR
from clipsgd_river.cli.report.incidents import ListedIncident

#: Values that more events have say nothing; alerts call them frequent as well.
_MOST: Final = 0.05


class Related(NamedTuple):
    """The category and its value that others share within the hour, how many, and the evidence."""

    name: str
    value: str
    others: int
    evidence: float


def ranked_with_related(
    listed: Sequence[ListedIncident],
    categories: Mapping[str, Counter[str]],
) -> list[tuple[ListedIncident, Related | None]]:
    """Return incidents with what relates each to others, the most unusual first.

    Parameters
    ----------
    listed
        The incidents, the most unusual first.
    categories
        Of each category how often its values came in a sample of all events.
    """
    found: dict[int, Related] = {}
    for chain, related in _chains(listed, categories):
        # Only one of them moves up, or they would fill the first screen.
        place = min(chain)
        if place not in found or related.evidence > found[place].evidence:
            found[place] = related

    def rank(place: int) -> tuple[float, float, int]:
        rarity, distance, row = listed[place].rank
        return rarity + (found[place].evidence if place in found else 0.0), distance, row

    places = sorted(range(len(listed)), key=rank, reverse=True)
    return [(listed[place], found.get(place)) for place in places]


def _chains(
    listed: Sequence[ListedIncident], categories: Mapping[str, Counter[str]]
) -> Iterator[tuple[list[int], Related]]:
    """Yield the places of incidents that share a value, each within an hour of the one before."""
    timed = [
        place
        for place, each in enumerate(listed)
        if math.isfinite(each.seconds) and each.alert.rank_probability is not None
    ]
    timed.sort(key=lambda place: listed[place].seconds)
    if len(timed) < 2:
        return
    span = max(listed[timed[-1]].seconds - listed[timed[0]].seconds, float(HOUR))
    in_an_hour = len(timed) * HOUR / span
    chains: dict[tuple[str, str], list[list[int]]] = defaultdict(list)
    for place in timed:
        for name, value in listed[place].fields:
            if value and name in categories:
                known = chains[name, value]
                if known and listed[place].seconds - listed[known[-1][-1]].seconds <= HOUR:
                    known[-1].append(place)
                else:
                    known.append([place])
    for (name, value), of_value in chains.items():
        counts = categories[name]
        among_events = (counts[value] + 1) / (counts.total() + 2)
        of_all = sum(map(len, of_value))
        for chain in of_value:
            others = len(chain) - 1
            # One in 20 as long as there are no other incidents to tell it.
            among_incidents = (of_all - len(chain) + 1) / (len(timed) + 1 / _MOST)
            share = max(among_events, among_incidents)
            if others and share <= _MOST and in_an_hour * share < 1.0:
                evidence = -others * math.log(in_an_hour * share)
                yield chain, Related(name, value, others, evidence)
