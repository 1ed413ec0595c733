"""Realised share of alerts at a risk that was asked for, beside libspot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from common import options
from common.data import FloatArray
from common.goals import word
from common.report import Cell, Table, progress, publish
from common.timing import interleaved
from river.base import AnomalyDetector

from clipsgd_river.alerts import TailFilter
from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore
from clipsgd_river.proba import SplicedBinnedPareto

EVENTS = 2_000_000
RISKS = (1e-3, 1e-4)
# What libspot is fitted to before its first verdict, as its documentation has it.
SPOT_START = 2_000
WARM_UP = 200
SPEED_EVENTS = 100_000
SPEED_ROUNDS = 7
FACTOR = 1.5
FACTOR_AFTER_CHANGE = 2.0

Law = Callable[[np.random.Generator, int], FloatArray]
LAWS: Mapping[str, Law] = {
    "N(0, 1)": lambda rng, n: rng.standard_normal(n),
    "t(3)": lambda rng, n: rng.standard_t(3, n),
    "lognormal": lambda rng, n: rng.lognormal(size=n),
}


class Bare:
    """The distribution alone on the values: what libspot sees, too."""

    def __init__(self, risk: float) -> None:
        self.risk = risk
        self.distribution = SplicedBinnedPareto()
        self.alerts = 0

    def learn(self, values: FloatArray) -> None:
        """Judge and learn values; no alerts during the warm-up that `TailFilter` has."""
        sf, update, risk = self.distribution.sf, self.distribution.update, self.risk
        start = max(WARM_UP - self.distribution.n_samples, 0)
        self.distribution.update_many(values[:start])
        for x in values[start:].tolist():
            self.alerts += sf(x) < risk
            update(x)


class Spot:
    """libspot with alerts counted, at the settings of its documentation."""

    def __init__(self, risk: float) -> None:
        import libspot

        self.anomaly = libspot.ANOMALY
        self.spot = libspot.Spot(q=risk)
        self.start: list[float] = []
        self.alerts = 0

    def learn(self, values: FloatArray) -> None:
        """Judge and learn values."""
        missing = SPOT_START - len(self.start)
        if missing > 0:
            self.start += values[:missing].tolist()
            if len(self.start) < SPOT_START:
                return
            self.spot.fit(np.array(self.start))
        step, anomaly = self.spot.step, self.anomaly
        self.alerts += sum(step(x) == anomaly for x in values[max(missing, 0) :].tolist())


class Filter:
    """A TailFilter around a detector, with alerts counted."""

    def __init__(self, risk: float, detector: AnomalyDetector) -> None:
        self.filter = TailFilter(detector, q=risk)
        self.events = 0

    @property
    def alerts(self) -> int:
        """Alerts so far."""
        return round(self.filter.alert_rate_ * self.events)

    def learn(self, values: FloatArray) -> None:
        """Judge and learn values."""
        self.events += len(values)
        self.filter.learn_many(values[:, None])


CONTESTANTS: Mapping[str, Callable[[float], Any]] = {
    "SplicedBinnedPareto": Bare,
    "TailFilter(ClippedZScore())": lambda risk: Filter(risk, ClippedZScore()),
    "TailFilter(ClippedMahalanobis())": lambda risk: Filter(risk, ClippedMahalanobis()),
    "libspot": Spot,
}


@dataclass(frozen=True)
class Share:
    """Realised share of alerts over the share asked for, of each stream in turn."""

    contestant: str
    stream: str
    risk: float
    whole: list[float]
    second_half: list[float]

    @property
    def changed(self) -> bool:
        """Whether the scale changes between the halves."""
        return "threefold" in self.stream

    @property
    def reached(self) -> bool:
        """Whether every stream stays within the factor asked for."""
        factor = FACTOR_AFTER_CHANGE if self.changed else FACTOR
        shares = self.second_half if self.changed else self.whole
        return all(1.0 / factor <= share <= factor for share in shares)

    def row(self) -> list[Cell]:
        """Return the cells of the table: means, and the worst of the streams."""
        judged = self.second_half if self.changed else self.whole
        worst = max(judged, key=lambda share: abs(np.log(max(share, 1e-9))))
        target = f"within {FACTOR_AFTER_CHANGE if self.changed else FACTOR:g}"
        return [
            self.contestant,
            self.stream,
            f"{self.risk:g}",
            float(np.mean(self.whole)),
            float(np.mean(self.second_half)),
            worst,
            target,
            word(self.reached),
        ]


def measure(
    name: str, stream: str, risk: float, events: int, seeds: int, factor: float, law: Law
) -> Share:
    """Run one contestant over streams that differ in nothing but the seed."""
    whole, second = [], []
    half = events // 2
    for seed in range(seeds):
        values = law(np.random.default_rng(seed), events)
        values[half:] *= factor
        contestant = CONTESTANTS[name](risk)
        contestant.learn(values[:half])
        before = contestant.alerts
        contestant.learn(values[half:])
        whole.append(contestant.alerts / events / risk)
        second.append((contestant.alerts - before) / (events - half) / risk)
    return Share(name, stream, risk, whole, second)


def speed_table(with_spot: bool, events: int, rounds: int) -> Table:
    """Cost of a p-value or verdict and of learning, one value at a time."""
    values = np.random.default_rng(0).standard_normal(events).tolist()
    rows = np.array(values)[:, None]

    def distribution() -> None:
        subject = SplicedBinnedPareto()
        for x in values:
            subject.sf(x)
            subject.update(x)

    def spot() -> None:
        Spot(1e-4).learn(np.array(values))

    tasks: dict[str, Callable[[], object]] = {
        "SplicedBinnedPareto: sf, update": distribution,
        "SplicedBinnedPareto: update_many": lambda: SplicedBinnedPareto().update_many(rows[:, 0]),
        "ClippedZScore: score_learn_many": lambda: ClippedZScore().score_learn_many(rows),
        "TailFilter(ClippedZScore()): score_learn_many": lambda: TailFilter(
            ClippedZScore()
        ).score_learn_many(rows),
    }
    if with_spot:
        tasks["libspot: step"] = spot
    found = interleaved(tasks, rounds)
    cells: list[list[Cell]] = [
        [
            name,
            1e6 * found.median(name) / events,
            found.ratio("libspot: step", name) if with_spot else None,
        ]
        for name in tasks
    ]
    return Table("Speed", ("task", "microseconds per value", "libspot over it"), cells)


def has_libspot() -> bool:
    """Tell whether libspot, which is optional, is installed."""
    try:
        import libspot  # noqa: F401 (only whether it is there)
    except ImportError:
        progress("libspot is not installed (pip install libspot): left out")
        return False
    return True


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    parser.add_argument("--streams", type=int, default=1, help="streams per law")
    arguments = parser.parse_args()
    if arguments.streams < 1:
        parser.error("--streams is at least 1")
    events = 20_000 if arguments.quick else EVENTS
    with_spot = has_libspot()
    shares = []
    for risk in RISKS:
        for law_name, law in LAWS.items():
            for stream, factor in ((law_name, 1.0), (f"{law_name}, threefold scale midway", 3.0)):
                for name in CONTESTANTS:
                    if name == "libspot" and not with_spot:
                        continue
                    progress(f"{name}, {stream}, {risk:g}")
                    shares.append(
                        measure(name, stream, risk, events, arguments.streams, factor, law)
                    )
    columns = (
        "contestant",
        "stream",
        "asked",
        "realised / asked",
        "the same in the second half",
        "worst stream, where judged",
        "target",
        "reached",
    )
    table = Table("Share of alerts", columns, [share.row() for share in shares])
    timed = 2_000 if arguments.quick else SPEED_EVENTS
    publish([table, speed_table(with_spot, timed, SPEED_ROUNDS)], arguments.out)


if __name__ == "__main__":
    options.run(main)
