"""One cell far off among many columns: how many events score higher than the one that has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from common import peers
from common.contestants import prequential
from common.data import FloatArray, as_events
from common.report import Cell, Table, progress

WIDTHS = (10, 50, 100, 200)
EVENTS, DEVIATIONS = 1_500, 10.0
STREAMS = 11
Score = Callable[[FloatArray], FloatArray]


def haystack(rng: Generator, events: int, width: int) -> tuple[FloatArray, int]:
    """Return Gaussians with one cell far off in the second half, and its row."""
    rows = rng.standard_normal((events, width))
    hit = int(rng.integers(events // 2, events))
    rows[hit, rng.integers(width)] = DEVIATIONS * rng.choice((-1.0, 1.0))
    return rows, hit


def rank(scores: FloatArray, hit: int) -> int:
    """Return the place of an event by its score; 1 is the highest."""
    return 1 + int((scores > scores[hit]).sum())


def needles(detectors: dict[str, Callable[[], Any]], *, quick: bool, with_peers: bool) -> Table:
    """Return the median rank of the event with the cell, of each detector at each width."""
    entrants: dict[str, Score] = {
        name: lambda rows, build=build: build().score_learn_many(rows)
        for name, build in detectors.items()
    }
    if with_peers:
        forest = peers.isolation_forest()
        entrants["River MinMaxScaler | HalfSpaceTrees"] = lambda rows: prequential(
            peers.half_space_trees(), as_events(rows)
        )
        entrants[forest.name] = lambda rows: forest.run(rows).scores
    events, streams = (EVENTS // 5, 1) if quick else (EVENTS, STREAMS)
    table: list[list[Cell]] = []
    for name, score in entrants.items():
        progress(f"one cell {DEVIATIONS:g} deviations off: {name}")
        medians: list[Cell] = []
        for width in WIDTHS:
            drawn = [
                haystack(np.random.default_rng([seed, 7]), events, width) for seed in range(streams)
            ]
            medians.append(float(np.median([rank(score(rows), hit) for rows, hit in drawn])))
        table.append([name, *medians])
    title = f"One cell {DEVIATIONS:g} deviations off, median rank of its event among {events:,}"
    return Table(title, ("detector", *(f"{width} columns" for width in WIDTHS)), table)
