"""How the truth of a stream moves: offsets of every coordinate, event by event."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Drift(Protocol):
    """What `ObliviousAdversary` needs of a drift."""

    def path(self, rng: np.random.Generator, length: int, dimension: int) -> NDArray[np.float64]:
        """Offsets of the truth before each event, shape (length, dimension)."""
        ...


@dataclass(frozen=True)
class LinearDrift:
    """Every coordinate moves evenly, by ``total`` over the whole stream (in the unit of x).

    Examples
    --------
    >>> import numpy as np
    >>> LinearDrift(total=4.0).path(np.random.default_rng(0), length=5, dimension=1).ravel()
    array([0., 1., 2., 3., 4.])
    """

    total: float = 5.0

    def path(self, rng: np.random.Generator, length: int, dimension: int) -> NDArray[np.float64]:
        """Offsets from 0 to ``total``."""
        return np.repeat(np.linspace(0.0, self.total, length)[:, None], dimension, axis=1)


@dataclass(frozen=True)
class AbruptDrift:
    """New levels at given events, each coordinate's drawn from a Gaussian.

    Parameters
    ----------
    times
        Indices of the first event of each new stretch, increasing.
    size
        Standard deviation of a coordinate's level, in the unit of x; the first level is 0.

    Examples
    --------
    >>> import numpy as np
    >>> levels = AbruptDrift(times=(2,), size=3.0).path(np.random.default_rng(0), 4, 1).ravel()
    >>> levels.round(2)
    array([0.  , 0.  , 0.38, 0.38])
    """

    times: Sequence[int]
    size: float = 3.0

    def path(self, rng: np.random.Generator, length: int, dimension: int) -> NDArray[np.float64]:
        """One level per stretch."""
        times = list(self.times)
        if times != sorted(set(times)) or not all(0 < time < length for time in times):
            raise ValueError(
                f"times must be increasing event indices between 1 and {length - 1}, not {times}"
            )
        levels = np.vstack(
            [np.zeros((1, dimension)), self.size * rng.standard_normal((len(times), dimension))]
        )
        return np.repeat(levels, np.diff([0, *times, length]), axis=0)


@dataclass(frozen=True)
class RandomWalk:
    """Every coordinate takes an independent Gaussian step per event.

    Examples
    --------
    >>> import numpy as np
    >>> RandomWalk(step=0.02).path(np.random.default_rng(0), length=3, dimension=2).shape
    (3, 2)
    """

    step: float = 0.02

    def path(self, rng: np.random.Generator, length: int, dimension: int) -> NDArray[np.float64]:
        """Offsets that start at 0."""
        steps = self.step * rng.standard_normal((length, dimension))
        steps[0] = 0.0
        return np.cumsum(steps, axis=0)


@dataclass(frozen=True)
class PeriodicDrift:
    """A sine of every coordinate, the same for all: days, weeks, shifts.

    Parameters
    ----------
    period
        Events to a period.
    amplitude
        In the unit of x.

    Examples
    --------
    >>> import numpy as np
    >>> PeriodicDrift(period=4).path(np.random.default_rng(0), 4, 1).ravel().round(6) + 0.0
    array([ 0.,  1.,  0., -1.])
    """

    period: float
    amplitude: float = 1.0

    def path(self, rng: np.random.Generator, length: int, dimension: int) -> NDArray[np.float64]:
        """Offsets that start at 0."""
        if not self.period > 0.0:
            raise ValueError(f"period must be a positive number of events, not {self.period!r}")
        wave = self.amplitude * np.sin(2.0 * math.pi / self.period * np.arange(length))
        return np.repeat(wave[:, None], dimension, axis=1)
