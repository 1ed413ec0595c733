"""What an operator would have found: incidents, at a price in false alarms.

An incident is a run of anomalous events. It is found if one of its first events alerts, since a
person who is called twice learns nothing from the second call. For the same reason false alarms
that come close together count as one: those within `FOLD` events of the one that opened their
group. A detector that alerts all the time still pays for one in `FOLD` events, where folding from
one alarm to the next would let it pay once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from common.data import FloatArray

# Events of an incident within which there must be an alert.
FIRST = 100
# Events from the false alarm that opens a group in which others belong to it.
FOLD = 20
# Folded false alarms per ordinary event.
FALSE_ALARMS = 1e-3
# Events at the start that are not judged: a detector knows nothing yet.
START = 500
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Watched:
    """A stream as a detector sees it, 1 for events of incidents, and what each incident is."""

    name: str
    rows: FloatArray
    labels: npt.NDArray[np.int8]
    kinds: tuple[str, ...] | None = None

    def first(self, limit: int) -> Watched:
        """Return the stream cut after `limit` rows."""
        return Watched(self.name, self.rows[:limit], self.labels[:limit], self.kinds)


@dataclass(frozen=True)
class Finds:
    """How many events each judged incident had before its first alert; infinite if not found."""

    delays: FloatArray
    kinds: tuple[str, ...]
    threshold: float
    false_alarms: int


def spans(labels: npt.NDArray[np.int8]) -> list[tuple[int, int]]:
    """Return the first event of each incident, and the one after its last."""
    edges = np.diff(np.r_[0, labels > 0, 0])
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


def folded(alarms: Positions, most: float = np.inf) -> int:
    """Return how many groups alarms at these sorted positions make; counting ends above `most`.

    A group takes the alarms within `FOLD` events of its first one. This is the largest number of
    alarms of which no two are within `FOLD` events, so that a lower threshold cannot have fewer.
    """
    groups = place = 0
    while place < len(alarms) and groups <= most:
        groups += 1
        place = int(np.searchsorted(alarms, alarms[place] + FOLD))
    return groups


def threshold(scores: FloatArray, ordinary: Positions) -> float:
    """Return the lowest t so that events above t cost no more than the price in false alarms."""
    budget = FALSE_ALARMS * len(ordinary)
    found = scores[ordinary]
    levels = np.r_[-np.inf, np.unique(found)]
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        if folded(ordinary[found > levels[middle]], budget) <= budget:
            high = middle
        else:
            low = middle + 1
    return float(levels[low])


def finds(stream: Watched, scores: FloatArray) -> Finds:
    """Return what these scores find in a stream, at the lowest threshold that its price allows.

    Raises
    ------
    ValueError
        If a score is not finite, which no detector may give, or no event is left to judge.
    """
    if not np.isfinite(scores).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(scores))} scores are not finite")
    ordinary = START + np.flatnonzero(stream.labels[START:] == 0)
    if not len(ordinary):
        raise ValueError(f"{stream.name} has no ordinary event after the first {START}")
    level = threshold(scores, ordinary)
    delays, kinds = [], []
    for number, (begin, end) in enumerate(spans(stream.labels)):
        if begin < START:
            continue
        above = np.flatnonzero(scores[begin : min(end, begin + FIRST)] > level)
        delays.append(float(above[0]) if len(above) else np.inf)
        kinds.append("" if stream.kinds is None else stream.kinds[number])
    alarms = folded(ordinary[scores[ordinary] > level])
    return Finds(np.array(delays), tuple(kinds), level, alarms)
