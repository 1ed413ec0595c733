"""Floods of one kind of event: whether they hide another kind, and are told as one incident."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from common import options
from common.data import Event, FloatArray
from common.goals import goal, goal_table
from common.report import Cell, Table, progress, publish

from clipsgd_river.alerts import AlertBudget, Verdict
from clipsgd_river.anomaly import ClippedEnsemble, ClippedMahalanobis, ClippedZScore

RATE = 0.001
BEFORE = 5_000
SEEDS = 10
SIZE = 12.0
FEATURES = (2, 4, 10)
# The feature that a flood is odd in, and that of the other kind.
FLOODED, OTHER = 0, 1
# How many false events, one in how many.
FLOODS = tuple((count, gap) for gap in (1, 4) for count in (17, 50, 1_000))
DENSE = (2_000, 2)
# The other kind: the features that it is odd in, how many events, one in how many.
OTHERS = {
    "one event": ((OTHER,), 1, 1),
    "three, every tenth": ((OTHER,), 3, 10),
    "in an event of the flood": ((FLOODED, OTHER), 1, 1),
}
MOST_INCIDENTS = 2
FIRST_OF_DENSE = 10
DETECTORS: dict[str, Callable[[], Any]] = {
    kind.__name__: kind for kind in (ClippedZScore, ClippedMahalanobis, ClippedEnsemble)
}


class Stream:
    """Independent standard normal features, some of which may be 12 off."""

    def __init__(self, seed: int, features: int) -> None:
        self._rng = np.random.default_rng([seed, features])
        self._features = features

    def rows(self, count: int) -> FloatArray:
        """Return ordinary rows."""
        return self._rng.standard_normal((count, self._features))

    def event(self, *odd: int) -> Event:
        """Return an event that is odd in some features, or in none."""
        x: Event = dict(enumerate(self.rows(1)[0].tolist()))
        for feature in odd:
            x[feature] += SIZE
        return x

    def spaced(self, odd: tuple[int, ...], count: int, gap: int) -> Iterator[tuple[Event, bool]]:
        """Yield so many odd events, one in every ``gap``, and of each event whether it is odd."""
        for _ in range(count):
            yield self.event(*odd), True
            for _ in range(gap - 1):
                yield self.event(), False


@dataclass(frozen=True)
class Flood:
    """What became of a flood.

    Which of its events, from 1 on, began an incident; and whether the other kind alerted.
    """

    begun: list[int]
    told: bool


def odd_verdicts(model: AlertBudget, stream: Iterable[tuple[Event, bool]]) -> list[Verdict]:
    """Judge and learn events; return the verdicts on the odd ones."""
    found = [(model.judge_learn_one(x), odd) for x, odd in stream]
    return [verdict for verdict, odd in found if odd]


def begun(verdicts: list[Verdict], odd: int) -> list[int]:
    """Return which of the events, from 1 on, began an incident because of what is odd in them.

    Now and then one alerts as any event may, because another feature is farther out.
    """
    found = []
    for number, verdict in enumerate(verdicts, start=1):
        features = () if verdict.alert is None else verdict.alert.features
        if features and features[0].feature == odd:
            found.append(number)
    return found


def flood(
    make: Callable[[], Any], features: int, seed: int, of_it: tuple[int, int], other: str
) -> Flood:
    """Flood a budget that has learned ordinary events, then show it another kind."""
    stream = Stream(seed, features)
    model = AlertBudget(make(), alert_rate=RATE)
    model.learn_many(stream.rows(BEFORE))
    first = begun(odd_verdicts(model, stream.spaced((FLOODED,), *of_it)), FLOODED)
    others = odd_verdicts(model, stream.spaced(*OTHERS[other]))
    return Flood(first, any(verdict.is_alert for verdict in others))


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_detectors(parser)
    arguments = parser.parse_args()
    kinds = options.chosen(parser, {name: name for name in DETECTORS}, arguments.detectors)
    seeds, widths, floods = range(SEEDS), FEATURES, FLOODS
    if arguments.quick:
        seeds, widths, floods = range(1), FEATURES[:1], FLOODS[:1]
    hidden: list[list[Cell]] = []
    told_as: list[list[Cell]] = []
    goals: list[list[Cell]] = []
    for name, features in [(name, features) for name in kinds for features in widths]:
        what = f"{name}, {features} features"
        progress(what)
        found: dict[tuple[tuple[int, int], str], list[Flood]] = {
            (of_it, other): [flood(DETECTORS[name], features, s, of_it, other) for s in seeds]
            for of_it in ((0, 1), *floods, DENSE)
            for other in OTHERS
        }
        lost = tries = 0
        for other in OTHERS:
            alone = [each.told for each in found[(0, 1), other]]
            cells = [sum(alone)]
            for of_it in floods:
                told = [each.told for each in found[of_it, other]]
                cells.append(sum(told))
                tries += sum(alone)
                lost += sum(a and not b for a, b in zip(alone, told, strict=True))
            hidden.append([what, other, *cells])
        most = [
            max(len(each.begun) for other in OTHERS for each in found[of_it, other])
            for of_it in (*floods, DENSE)
        ]
        first = max(
            min(each.begun, default=DENSE[0]) for other in OTHERS for each in found[DENSE, other]
        )
        told_as.append([what, *most, first])
        goals += [
            goal(f"others lost of {tries} that alert without a flood, {what}", lost, "≤", 0),
            goal(f"incidents of a flood, {what}", max(most), "≤", MOST_INCIDENTS),
            goal(f"first alert of a dense attack, {what}", first, "≤", FIRST_OF_DENSE),
        ]
    names = [f"{count:,}, one in {gap}" for count, gap in floods]
    dense = f"{DENSE[0]:,}, one in {DENSE[1]}"
    columns = ("detector", "other kind", "no flood", *names)
    most_columns = ("detector", *names, dense, "first to alert of the last")
    tables = [
        Table(f"Seeds of {len(seeds)} in which another kind alerts after a flood", columns, hidden),
        Table("Most incidents that a flood was told as", most_columns, told_as),
        goal_table(goals),
    ]
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
