"""Incidents found within their first 100 events at one false alarm in 1,000 events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from common import operations, options, ours, peers, plants
from common.contestants import Contestant
from common.data import FloatArray
from common.incidents import FIRST, Finds, Watched, finds
from common.report import Cell, Table, progress, publish

SEEDS = 3
# LODA, half a millisecond an event, sees so many events of a stream; other rivals see all.
LODA_ROWS = 10_000
# So many events of the water loop hold its first incidents.
QUICK_ROWS = 3_000
OPERATIONS = "operations"


@dataclass(frozen=True)
class Outcome:
    """What one contestant found in one stream."""

    contestant: str
    group: str
    stream: str
    found: Finds
    seconds: float
    events: int


def judge(contestant: Contestant, group: str, stream: Watched) -> Outcome | None:
    """Run a contestant over a stream, or over as much of it as it can manage.

    There is no outcome where that holds no incident.
    """
    seen = stream.first(contestant.limit or len(stream.rows))
    if not seen.labels.any():
        return None
    run = contestant.run(seen.rows)
    found = finds(seen, run.scores)
    return Outcome(contestant.name, group, stream.name, found, run.seconds, len(seen.rows))


def total(outcomes: Sequence[Outcome]) -> tuple[FloatArray, list[str]]:
    """Return the delays of all incidents, and their kinds."""
    delays = [outcome.found.delays for outcome in outcomes]
    kinds = [kind for outcome in outcomes for kind in outcome.found.kinds]
    return np.concatenate([np.empty(0), *delays]), kinds


def of(delays: FloatArray) -> str:
    """Return how many incidents were found, of how many; nothing if there were none."""
    return f"{np.isfinite(delays).sum()} of {len(delays)}" if len(delays) else ""


def overview(title: str, outcomes: Sequence[Outcome], names: Sequence[str]) -> Table:
    """Return what everybody found in each part of some streams, how late, at what cost."""
    parts = list(dict.fromkeys(_part(outcome) for outcome in outcomes))
    of_name = {
        name: [outcome for outcome in outcomes if outcome.contestant == name] for name in names
    }
    found = {name: total(mine)[0] for name, mine in of_name.items()}
    rows: list[list[Cell]] = []
    for name in sorted(names, key=lambda name: -np.isfinite(found[name]).sum()):
        mine, delays = of_name[name], found[name]
        if not len(delays):
            rows.append([name] + [None] * (len(parts) + 5))
            continue
        in_parts = [total([o for o in mine if _part(o) == part])[0] for part in parts]
        early = delays[np.isfinite(delays)]
        events = sum(outcome.events for outcome in mine)
        rows.append(
            [
                name,
                *map(of, in_parts),
                of(delays),
                float(np.isfinite(delays).mean()),
                float(np.median(early)) if len(early) else float("nan"),
                float((delays == 0).mean()),
                1e6 * sum(outcome.seconds for outcome in mine) / events,
            ]
        )
    columns = (
        "detector",
        *parts,
        "found",
        "share",
        "median delay, events",
        "alerted at the first event",
        "µs per event",
    )
    return Table(title, columns, rows)


def by_fault(outcomes: Sequence[Outcome], names: Sequence[str]) -> Table:
    """Return which kinds of faults everybody found."""
    rows: list[list[Cell]] = []
    for name in names:
        delays, kinds = total([outcome for outcome in outcomes if outcome.contestant == name])
        of_kind = np.array(kinds)
        rows.append([name, *(of(delays[of_kind == kind]) for kind in plants.FAULTS)])
    return Table("Generated plants, by what a sensor does", ("detector", *plants.FAULTS), rows)


def _part(outcome: Outcome) -> str:
    return outcome.stream if outcome.group == OPERATIONS else outcome.group


def streams(seeds: int, kinds: Sequence[str]) -> Iterator[tuple[str, Watched]]:
    """Return generated plants, each with its kind."""
    for plant in kinds:
        for seed in range(seeds):
            yield plant, plants.draw(plant, seed)


def entrants(chosen: Sequence[Contestant], *, with_peers: bool) -> list[Contestant]:
    """Return ours and the rivals."""
    if not with_peers:
        return list(chosen)
    return [*chosen, *peers.streaming(loda_rows=LODA_ROWS), peers.isolation_forest()]


def compare(running: Sequence[Contestant], watched: Iterator[tuple[str, Watched]]) -> list[Outcome]:
    """Return the outcome of everybody on every stream, telling progress."""
    outcomes = []
    for group, stream in watched:
        progress(f"{stream.name}: {len(stream.rows):,} events")
        for contestant in running:
            outcome = judge(contestant, group, stream)
            if outcome is not None:
                outcomes.append(outcome)
                progress(f"  {contestant.name}: {of(outcome.found.delays)}")
    return outcomes


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_data(parser)
    options.add_peers(parser)
    options.add_detectors(parser)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="generated plants of each kind")
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error(f"--seeds must be at least 1, not {arguments.seeds}")
    chosen = options.chosen(parser, ours.by_distance(), arguments.detectors)
    running = entrants(chosen, with_peers=arguments.peers)
    names = [contestant.name for contestant in running]
    tables = []
    if arguments.data is not None:
        folder = options.data_folder(arguments)
        asked = (operations.LOOP,) if arguments.quick else operations.STREAMS
        limit = QUICK_ROWS if arguments.quick else None
        real = ((OPERATIONS, operations.load(folder, name, limit)) for name in asked)
        title = f"Incidents of operations found within {FIRST} events"
        tables.append(overview(title, compare(running, real), names))
    kinds = plants.PLANTS[:1] if arguments.quick else plants.PLANTS
    generated = compare(running, streams(1 if arguments.quick else arguments.seeds, kinds))
    title = f"Faults of generated plants found within {FIRST} events"
    tables += [overview(title, generated, names), by_fault(generated, names)]
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
