"""Edges of a graph by the minute, with floods among them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

PAIR, FAN_OUT, FAN_IN = "one to one", "one to many", "many to one"
SHAPES = (PAIR, FAN_OUT, FAN_IN)
SMALLEST, LARGEST = 100, 10_000
MINUTE = 60.0
# Ordinary edges a minute, and the usual size of a session.
PACE, SESSION = 60, 8
SOURCES, DESTINATIONS, FAVOURITES = 600, 300, 5
# Addresses that a flood to or from many draws from, as many times those that there are.
STRANGERS = 10


class Edges(NamedTuple):
    """Who spoke to whom, in which minute, in order of time, and whether a flood did."""

    source: Integers
    destination: Integers
    seconds: NDArray[np.float64]
    labels: Integers


def edges(count: int, share: float, shape: str, seed: int) -> Edges:
    """Draw a stream of sessions, and floods of one shape.

    Sources are active by Zipf's law, most by day, in sessions of 8 edges on average, half a minute
    apart, most of them to one of five favourites. A flood has 100 to 10,000 edges, uniform in the
    logarithm, within 1 to 20 minutes, from one source to one destination, from one to many, or from
    many to one.

    Parameters
    ----------
    count
        Ordinary edges.
    share
        Floods' share of all edges, about.
    shape
        One of `SHAPES`.
    seed
        The same seed gives the same stream.
    """
    rng = np.random.default_rng(seed)
    minutes = count / PACE
    sessions = _sessions(rng, count, minutes)
    floods, missing = [], share / (1.0 - share) * count
    while missing > 0.0:
        size = int(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
        # The last one ends the share, and small streams have small floods.
        floods.append(_flood(rng, max(min(size, int(missing)), SMALLEST), minutes, shape))
        missing -= len(floods[-1].source)
    joined = [np.concatenate(column) for column in zip(sessions, *floods, strict=True)]
    order = np.argsort(joined[2], kind="stable")
    source, destination, seconds, labels = (column[order] for column in joined)
    return Edges(source, destination, np.floor(seconds / MINUTE) * MINUTE, labels)


def _sessions(rng: np.random.Generator, count: int, minutes: float) -> Edges:
    sizes = rng.geometric(1.0 / SESSION, 2 * count // SESSION + SESSION)
    start = rng.uniform(0.0, minutes, 3 * len(sizes))
    by_day = rng.random(len(start)) < 0.6 + 0.4 * np.sin(2.0 * np.pi * start / 1440.0)
    start = np.resize(start[by_day], len(sizes))
    weight = rng.permutation(1.0 / np.arange(1, SOURCES + 1))
    source = rng.choice(SOURCES, len(sizes), p=weight / weight.sum())
    popular = 1.0 / np.arange(1, DESTINATIONS + 1)
    popular /= popular.sum()
    favourites = rng.choice(DESTINATIONS, (SOURCES, FAVOURITES), p=popular)
    of = np.repeat(np.arange(len(sizes)), sizes)
    # A session is with one destination, or goes to several.
    choice = rng.integers(FAVOURITES, size=len(of))
    steady = rng.random(len(sizes)) < 0.7
    choice[steady[of]] = rng.integers(FAVOURITES, size=len(sizes))[of][steady[of]]
    destination = favourites[source[of], choice]
    stray = rng.random(len(of)) < 0.1
    destination[stray] = rng.choice(DESTINATIONS, int(stray.sum()), p=popular)
    gaps = rng.exponential(0.5, len(of))
    within = np.cumsum(gaps)
    first = np.cumsum(sizes) - sizes
    at = start[of] + within - within[first][of]
    kept = rng.permutation(len(of))[:count]
    return Edges(source[of][kept], destination[kept], MINUTE * at[kept], np.zeros(len(kept), int))


def _flood(rng: np.random.Generator, size: int, minutes: float, shape: str) -> Edges:
    source = np.full(size, rng.integers(SOURCES))
    destination = np.full(size, rng.integers(DESTINATIONS))
    if shape == FAN_OUT:
        destination = rng.integers(STRANGERS * DESTINATIONS, size=size)
    elif shape == FAN_IN:
        source = rng.integers(STRANGERS * SOURCES, size=size)
    start = rng.uniform(0.05, 1.0) * minutes
    at = start + rng.uniform(0.0, rng.uniform(1.0, min(20.0, size / 50.0)), size)
    return Edges(source, destination, MINUTE * at, np.ones(size, int))
