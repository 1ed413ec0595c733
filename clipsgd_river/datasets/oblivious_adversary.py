"""A stream fixed beforehand, by somebody who knows the estimator but not its coins."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from river import datasets

from clipsgd_river.datasets.corruptions import Corruption
from clipsgd_river.datasets.drifts import Drift

STUDENT_DEGREES = 2.1
PARETO_TAIL = 2.1
BERNOULLI_RATE = 0.1


class Drawn(NamedTuple):
    """A drawn stream: events (n, d), which are corrupted (n,), the true mean before each (n, d)."""

    events: NDArray[np.float64]
    corrupted: NDArray[np.bool_]
    truth: NDArray[np.float64]


class ObliviousAdversary(datasets.base.SyntheticDataset):
    r"""Events of a drifting distribution, some replaced, all of it fixed before the first one.

    The setting of [1]_: the event at time t is drawn from a distribution with mean theta*_t, or
    is whatever the adversary likes. How hard a stream is to follow depends on the path length
    Phi = sum of ||theta*_t - theta*_{t-1}|| and the number of corrupted events.

    Choose it to measure the regret of an estimate, whose truth is known here, or how a detector
    stands drift and poisoned training. For real streams with corrupted events, see `Corrupted`.

    Parameters
    ----------
    base
        Distribution around the truth. ``"normal"``, ``"student"`` (t with 2.1 degrees of freedom),
        ``"pareto"`` (tail 2.1) and ``"bernoulli"`` (0.1) are centred and of unit variance; a
        frozen scipy distribution is taken as it is, each coordinate independently, and its
        expectation belongs to the truth; rows (m, d) are drawn from with replacement, around
        their mean.
    drift
        `LinearDrift`, `AbruptDrift`, `RandomWalk`, `PeriodicDrift`, anything with their ``path``;
        ``None`` for none.
    corruption
        A `Corruption`; ``None`` for none.
    n_samples
        Length of the stream, at least 1.
    n_features
        Dimension; rows given as ``base`` bring their own.
    seed
        The same seed gives the same stream. Truth, noise and corruption are drawn from it
        separately: a clean stream and its corrupted twin share truth and noise.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.

    Examples
    --------
    >>> from clipsgd_river.datasets import Corruption, LinearDrift, ObliviousAdversary
    >>> stream = ObliviousAdversary(
    ...     "student", LinearDrift(5.0), Corruption(0.02), n_samples=1000, n_features=3
    ... )
    >>> round(stream.path_length, 2)
    8.66
    >>> sum(corrupted for x, corrupted in stream)
    20
    """

    def __init__(
        self,
        base: str | Any = "normal",
        drift: Drift | None = None,
        corruption: Corruption | None = None,
        n_samples: int = 10_000,
        n_features: int = 1,
        seed: int = 42,
    ) -> None:
        if not isinstance(base, str) and not hasattr(base, "rvs"):
            base = np.array(base, dtype=float, ndmin=2)
            n_features = base.shape[1]
        if n_samples < 1 or n_features < 1:
            raise ValueError(
                f"n_samples and n_features must be at least 1, not {n_samples} and {n_features}"
            )
        super().__init__(  # type: ignore[no-untyped-call]
            task=datasets.base.BINARY_CLF, n_features=n_features, n_samples=n_samples, n_classes=2
        )
        self.base = base
        self.drift = drift
        self.corruption = corruption
        self.seed = seed

    def __iter__(self) -> Iterator[tuple[dict[int, float], bool]]:
        for event, corrupted in zip(self.drawn.events, self.drawn.corrupted.tolist(), strict=True):
            yield dict(enumerate(event.tolist())), corrupted

    @cached_property
    def drawn(self) -> Drawn:
        """The whole stream as arrays."""
        truth_rng, noise_rng, corruption_rng = np.random.default_rng(self.seed).spawn(3)
        shape = (self.n_samples, self.n_features)
        centre, noise = _noise(self.base, noise_rng, shape)
        truth = np.broadcast_to(centre, shape).copy()
        if self.drift is not None:
            truth += self.drift.path(truth_rng, *shape)
        events = truth + noise
        corrupted = np.zeros(self.n_samples, dtype=bool)
        if self.corruption is not None:
            corrupted = self.corruption.events(corruption_rng, self.n_samples)
            events[corrupted] = self.corruption.how(corruption_rng, events[corrupted])
        return Drawn(events, corrupted, truth)

    @property
    def path_length(self) -> float:
        """Phi, the length of the way that the truth goes, in the unit of x."""
        return float(np.linalg.norm(np.diff(self.drawn.truth, axis=0), axis=1).sum())


def _noise(
    base: Any, rng: np.random.Generator, shape: tuple[int, int]
) -> tuple[float | NDArray[np.float64], NDArray[np.float64]]:
    """Mean of a distribution, and centred draws from it."""
    if isinstance(base, str):
        return 0.0, _unit_noise(base, rng, shape)
    if hasattr(base, "rvs"):
        mean = float(base.mean())
        if not math.isfinite(mean):
            raise ValueError(f"the base distribution has the mean {mean}: there is nothing to find")
        draws = np.asarray(base.rvs(size=shape, random_state=rng), dtype=np.float64)
        return mean, draws - mean
    centre = base.mean(axis=0)
    noise: NDArray[np.float64] = base[rng.integers(len(base), size=shape[0])] - centre
    return centre, noise


def _unit_noise(name: str, rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Centred noise of unit variance."""
    if name == "normal":
        return rng.standard_normal(shape)
    if name == "student":
        # The variance is nu / (nu - 2).
        scale = math.sqrt(1.0 - 2.0 / STUDENT_DEGREES)
        return np.asarray(scale * rng.standard_t(STUDENT_DEGREES, shape))
    if name == "pareto":
        # With minimum 1: mean a / (a - 1), variance a / ((a - 1)^2 (a - 2)). NumPy subtracts 1.
        a = PARETO_TAIL
        deviation = math.sqrt(a / ((a - 1.0) ** 2 * (a - 2.0)))
        return np.asarray((rng.pareto(a, shape) - 1.0 / (a - 1.0)) / deviation, np.float64)
    if name == "bernoulli":
        p = BERNOULLI_RATE
        return np.asarray(((rng.random(shape) < p) - p) / math.sqrt(p * (1.0 - p)), np.float64)
    raise ValueError(
        f"no base {name!r}: choose 'normal', 'student', 'pareto' or 'bernoulli', or give a frozen "
        "scipy distribution or rows"
    )
