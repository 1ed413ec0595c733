"""Streams on which alerts must keep their rate: stationary ones and ones that change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from common.data import FloatArray, in_file_order

EVENTS = 200_000
FEATURES = 3
CALM_STRETCH = 5_000
WILD_SCALE = 5.0
# An anomaly lies so many times as far out as the noise does at the rate asked for, and more.
NEAREST_ANOMALY = 1.5

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class AlertStream:
    """Rows, which of them are anomalies, and where behaviour changes abruptly.

    `recall` is the least share of the anomalies a fixed threshold in hindsight catches that must
    be caught; None where nothing was asked for.
    """

    name: str
    rows: FloatArray
    labels: BoolArray
    changes: tuple[int, ...]
    recall: float | None


@dataclass(frozen=True)
class Law:
    """Noise, where it lies and how wide it is, event by event."""

    name: str
    noise: Callable[[np.random.Generator, tuple[int, int]], FloatArray]
    centre: Callable[[FloatArray], FloatArray] = np.zeros_like
    scale: Callable[[FloatArray], FloatArray] = np.ones_like
    changes: tuple[float, ...] = ()
    stationary: bool = False


def _normal(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    return rng.standard_normal(shape)


def _wild(t: FloatArray) -> FloatArray:
    """Scale that alternates between calm and wild; ``t`` is the share of the stream."""
    stretch = np.arange(len(t)) // CALM_STRETCH
    return np.where(stretch % 2 == 1, WILD_SCALE, 1.0)


LAWS = (
    Law("N(0, 1)", _normal, stationary=True),
    Law("t(1.5)", lambda rng, shape: rng.standard_t(1.5, shape), stationary=True),
    Law("Pareto(1.5)", lambda rng, shape: rng.pareto(1.5, shape), stationary=True),
    Law("shift of 10 scales", _normal, centre=lambda t: 10.0 * (t >= 0.5), changes=(0.5,)),
    Law("linear trend of 20 scales", _normal, centre=lambda t: 20.0 * t),
    Law("threefold scale", _normal, scale=lambda t: 1.0 + 2.0 * (t >= 0.5), changes=(0.5,)),
    Law("calm and wild", _normal, scale=_wild),
)


def synthetic(law: Law, rate: float, events: int, seed: int) -> AlertStream:
    """Return a stream with anomalies scattered at half the rate of alerts.

    They lie out in every feature, in units of the noise of their moment, on the side where the
    noise has its tail.
    """
    rng = np.random.default_rng([seed, *law.name.encode()])
    noise = law.noise(rng, (events, FEATURES))
    labels = rng.random(events) < rate / 2
    count = int(labels.sum())
    edge = float(np.quantile(np.abs(noise[:, 0]), 1.0 - rate))
    size = NEAREST_ANOMALY * edge * (1.0 + rng.exponential(0.5, (count, 1)))
    one_sided = bool((noise >= 0.0).all())
    sign = 1.0 if one_sided else rng.choice([-1.0, 1.0], (count, FEATURES))
    noise[labels] = size * sign
    t = np.arange(events) / events
    rows = law.centre(t)[:, None] + law.scale(t)[:, None] * noise
    changes = tuple(round(share * events) for share in law.changes)
    return AlertStream(law.name, rows, labels, changes, 0.9 if law.stationary else 0.85)


def real(folder: Path, name: str, events: int) -> AlertStream:
    """Return a public set in the order of its file."""
    stream = in_file_order(folder, name, events)
    return AlertStream(f"{name} in file order", stream.rows, stream.labels == 1, (), None)
