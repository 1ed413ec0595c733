"""How far an event is from the nearest of a bounded sample of past events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from clipsgd_river._kernels.anomaly.neighbours import NeighboursPart
from clipsgd_river.anomaly._settings import NEIGHBOURS, check_neighbours
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedNeighbours(ClippedDetector):
    r"""Mean distance of an event from the nearest of a random sample of past events.

    It assumes nothing about the shape of normal behaviour: several kinds of events, curved ones,
    rare kinds that come back. Choose it where each feature, and each pair of features, is ordinary
    in an odd event, and where a rare kind of event should become usual once it has been seen a few
    times; `ClippedKernelMean` judges by how many past events are near instead. Of features that
    move together as one cloud, `ClippedMahalanobis` needs fewer events.

    With c_j = sign(z_j) log(1 + \|z_j\|), z as in `ClippedZScore`, the distance is

    .. math:: r = \frac1k \sum_{i \in N_k(c)} \| c - c^{(i)} \|,

    the mean over the k = ``n_neighbors`` nearest of a sample of M = ``reservoir_size`` past events,
    over the features present, and 0 at the expected event. The n-th event enters the sample with
    probability M / max(M, min(n, ``memory``)), in place of a random member [1]_, with the
    coordinates that it had then: drift of location and scale is followed at once.

    Parameters
    ----------
    n_neighbors
        Number of nearest events k, 1 to ``reservoir_size``. Events are usual once so many like them
        are in the sample, 6 % of it by default. Fewer see finer structure, and are used sooner to
        anomalies that come again and again.
    reservoir_size
        Number of past events kept M, 1 to 65,536. Cost and memory grow with it.
    memory
        Events T that the sample stands for, at least 1; fewer than ``reservoir_size`` count as that
        many. A burst of events that are like each other and unlike all others stays unusual for
        about k T / M of them, 625 with the defaults, as far as location and scale do not follow it:
        with ``learning_rate="auto"`` they do within dozens of events, with 0.0005 slowly.
    learning_rate, clip
        As in `ClippedZScore`: of location and scale.
    warm_up
        As in `ClippedZScore`; a feature enters the sample after its warm-up.
    contamination, max_features
        As in `ClippedZScore`.
    seed
        Whole number from 0 to 2**63 - 1 that decides which events enter, so that runs repeat.

    Notes
    -----
    Cost O(d M) per event with d of the features present, O(d k) to explain one. The members are
    8 d M bytes in memory, and as many in a state file once M events were learned; beside them
    104 d + 190 bytes, feature names and parameters, while features start up to 8 warm_up more for
    each, and up to 620 for each that repeats values.

    The contribution of a feature is the mean over the neighbours i of (c_j - c_j^(i))^2 / r_i, r_i
    being the distance; contributions sum to r. Departs from other detectors on neighbours in that
    members keep the coordinates that they had; ``docs/neighbours.md`` says what that gains.

    References
    ----------
    .. [1] J. S. Vitter, *Random sampling with a reservoir*, ACM Transactions on Mathematical
       Software 11, 1985.

    Examples
    --------
    Events around a circle; each feature of the one in the middle is ordinary:

    >>> import math, random
    >>> from clipsgd_river.anomaly import ClippedNeighbours
    >>> rng = random.Random(0)
    >>> model = ClippedNeighbours()
    >>> for _ in range(1000):
    ...     angle, radius = rng.uniform(0, 2 * math.pi), rng.gauss(10, 0.3)
    ...     model.learn_one({"x": radius * math.cos(angle), "y": radius * math.sin(angle)})
    >>> around, middle = {"x": 6.0, "y": 8.0}, {"x": 0.5, "y": 0.5}
    >>> round(model.score_one(around), 1), round(model.score_one(middle), 1)
    (0.6, 0.9)
    """

    _part_class = NeighboursPart
    _checks: ClassVar[Any] = NEIGHBOURS
    _check_together = staticmethod(check_neighbours)

    def __init__(
        self,
        *,
        n_neighbors: int = 16,
        reservoir_size: int = 256,
        memory: int = 10_000,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
        seed: int = 0,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.reservoir_size = reservoir_size
        self.memory = memory
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features
        self.seed = seed
