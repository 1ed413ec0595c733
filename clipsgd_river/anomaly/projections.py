"""How rare an event is along random directions: histograms that follow the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from clipsgd_river._kernels.anomaly.projections import ProjectionsPart
from clipsgd_river.anomaly._settings import PROJECTIONS
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedProjections(ClippedDetector):
    r"""How rare an event is along random directions, by histograms of its projections.

    A direction weighs all features at once, so that it sees what is odd about several of them, and
    how they go together. Choose it for up to some hundred features of which nothing more is known:
    it costs a multiple of `ClippedZScore` and not the square of the number of features, and needs
    no more events when there are more features. `ClippedMahalanobis` is more exact where features
    move together as one Gaussian cloud.

    A projection is p = sum_j w_j z_j / \|w\|, z as in `ClippedZScore` and w standard normal.
    Each of the K = ``n_projections`` has a histogram of 16 bins, whose masses take small fixed
    steps. With m the mass where the event lies and M the largest, the distance is

    .. math:: r = \frac1K \sum_{k=1}^K \log (M_k / m_k),

    0 at the expected event. ``docs/projections.md`` has the details.

    Parameters
    ----------
    n_projections
        Number of directions K, 1 to 4,096. More are more exact and take longer.
    memory
        Events that count in a histogram, at least 1: each event moves a mass by 1/memory at most.
    learning_rate, clip, warm_up
        As in `ClippedZScore`: of location and scale. Until a feature's warm-up is over, histograms
        learn nothing of it.
    contamination, max_features
        As in `ClippedZScore`.
    seed
        Whole number from 0 to 2**63 - 1 that is hashed, with the name of a feature, into its
        weights, so that runs repeat whatever the order in which features appear.

    Notes
    -----
    Cost O(d K) per event with d of the features present, and the same to explain one. State file:
    128 K + 96 d + 190 bytes beside the feature names and parameters, while features start up to
    8 warm_up more for each, and up to 620 for each that repeats values; 8 d K bytes of random
    numbers in memory.

    The contribution of a feature is the drop of the distance when the feature takes its expected
    value; contributions do not sum to the distance. Departs from Loda [1]_, whose projections are
    sparse, in that every feature is in each: none has to be drawn anew when features come.

    References
    ----------
    .. [1] T. Pevny, *Loda: lightweight on-line detector of anomalies*, Machine Learning 102, 2016.

    Examples
    --------
    Two features that move together; an event in which they do not:

    >>> import random
    >>> from clipsgd_river.anomaly import ClippedProjections
    >>> rng = random.Random(0)
    >>> model = ClippedProjections()
    >>> for _ in range(1000):
    ...     load = rng.gauss(50, 10)
    ...     model.learn_one({"load": load, "heat": load + rng.gauss(0, 3)})
    >>> together, apart = {"load": 57, "heat": 59}, {"load": 57, "heat": 36}
    >>> round(model.score_one(together), 1), round(model.score_one(apart), 1)
    (0.4, 0.8)
    """

    additive_contributions: ClassVar[bool] = False
    _part_class = ProjectionsPart
    _checks: ClassVar[Any] = PROJECTIONS

    def __init__(
        self,
        *,
        n_projections: int = 128,
        memory: int = 10_000,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
        seed: int = 0,
    ) -> None:
        self.n_projections = n_projections
        self.memory = memory
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features
        self.seed = seed
