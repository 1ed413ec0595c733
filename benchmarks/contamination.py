"""What gross outliers in the history cost: ROC AUC lost on the original events of shuttle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from common import options, ours, peers
from common.contestants import Contestant
from common.data import FloatArray, Stream, load
from common.quality import ranking_quality
from common.report import Cell, Table, progress, publish

DEVIATIONS = 50.0
BURST_START = 2_000


@dataclass(frozen=True)
class Attack:
    """Events put into a stream: `rows[i]` goes before original row `positions[i]`."""

    name: str
    positions: np.ndarray[tuple[int], np.dtype[np.intp]]
    rows: FloatArray

    def apply(self, stream: Stream, contestant: Contestant) -> float:
        """Return the ROC AUC on the original events when these are among them."""
        mixed = np.insert(stream.rows, self.positions, self.rows, axis=0)
        original = np.insert(np.ones(len(stream.rows), dtype=bool), self.positions, False)
        scores = contestant.run(mixed).scores[original]
        return ranking_quality(stream.labels, scores)[0]


def attacks(stream: Stream) -> list[Attack]:
    """Return the five attacks of the protocol, the same in every run.

    A gross outlier lies 50 standard deviations of the normal events above their mean in every
    feature, give or take one. All lie on one side, which pulls harder than scattering would.
    """
    rng = np.random.default_rng(0)
    normal = stream.rows[stream.labels == 0]
    centre: FloatArray = normal.mean(axis=0)
    deviation: FloatArray = normal.std(axis=0)
    count, features = stream.rows.shape

    def outliers(number: int) -> FloatArray:
        away: FloatArray = DEVIATIONS + rng.standard_normal((number, features))
        return centre + deviation * away

    tenth = round(count / 9)
    burst = min(BURST_START, count // 2)
    spike = np.full((1, features), 1e6)
    return [
        Attack("a tenth scattered", np.sort(rng.integers(0, count, tenth)), outliers(tenth)),
        Attack("100 in a row", np.full(100, burst), outliers(100)),
        Attack("200 in a row", np.full(200, burst), outliers(200)),
        Attack("one of 1e6", np.array([burst]), spike),
        Attack("the first event", np.array([0]), outliers(1)),
    ]


def losses(contestant: Contestant, stream: Stream, chosen: Sequence[Attack]) -> list[Cell]:
    """Return name, clean ROC AUC and what each attack takes from it (negative: a gain)."""
    clean = ranking_quality(stream.labels, contestant.run(stream.rows).scores)[0]
    lost = [clean - attack.apply(stream, contestant) for attack in chosen]
    return [contestant.name, round(clean, 4), *(round(value, 4) for value in lost)]


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_data(parser)
    options.add_peers(parser)
    options.add_detectors(parser)
    arguments = parser.parse_args()
    stream = load(options.data_folder(arguments), "shuttle", 3_000 if arguments.quick else 10_000)
    entrants = options.chosen(parser, ours.contestants(), arguments.detectors)
    if arguments.peers:
        entrants += peers.streaming(slow=False)
    chosen = attacks(stream)
    rows = []
    for entrant in entrants:
        progress(entrant.name)
        rows.append(losses(entrant, stream, chosen))
    columns = ("detector", "clean ROC AUC", *(attack.name for attack in chosen))
    publish([Table("ROC AUC lost on the original events of shuttle", columns, rows)], arguments.out)


if __name__ == "__main__":
    options.run(main)
