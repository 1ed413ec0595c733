"""How dense events have been around an event: a kernel mean embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from clipsgd_river._kernels.anomaly.kernel_mean import KernelMeanPart
from clipsgd_river.anomaly._settings import FOURIER
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedKernelMean(ClippedDetector):
    """How dense recent events have been around an event, by a mean of random Fourier features.

    A robust, drifting kernel density: it also sees events between clusters, and beside curved ones,
    where each feature and each pair of features is ordinary. Choose it where normal behaviour comes
    in several kinds; where it is one cloud, `ClippedMahalanobis` needs less.

    The distance is the mean, over three bandwidths, of minus the log of the density that the mean
    of 2 ``n_components`` random features (cosines and sines [1]_) gives, plus a term for deviations
    beyond four scales. ``docs/random_features.md`` has the formula.

    Parameters
    ----------
    n_components
        Number of angles D, 1 to 4,096. More are more exact and take longer.
    learning_rate
        As in `ClippedZScore`. With ``"auto"`` the mean embedding has a memory of 200 events;
        otherwise it takes the step of the location.
    clip
        As in `ClippedZScore`; the step of the embedding, whose gradient has norm 2 at most, is
        clipped by the same rule.
    warm_up
        As in `ClippedZScore`; until then the embedding learns nothing of the feature.
    contamination, max_features
        As in `ClippedZScore`.
    seed
        Whole number from 0 to 2**63 - 1 that is hashed, with the name of a feature, into its random
        numbers, so that runs repeat whatever the order in which features appear.

    Notes
    -----
    Cost O(d D) per event with d of the features present, and the same to explain one. State file:
    48 D + 96 d + 220 bytes beside the feature names and parameters, while features start up to
    8 warm_up more for each, and up to 620 for each that repeats values; 8 d D bytes of random
    numbers in memory.

    The contribution of a feature is the drop of the distance when the feature takes its expected
    value; contributions do not sum to the distance.

    References
    ----------
    .. [1] A. Rahimi and B. Recht, *Random features for large-scale kernel machines*, NeurIPS 2007.

    Examples
    --------
    Two kinds of events; what lies between them is unusual:

    >>> import random
    >>> from clipsgd_river.anomaly import ClippedKernelMean
    >>> rng = random.Random(0)
    >>> model = ClippedKernelMean()
    >>> for _ in range(1000):
    ...     kind = rng.choice([20, 80])
    ...     model.learn_one({"load": rng.gauss(kind, 3), "heat": rng.gauss(kind, 3)})
    >>> ordinary, between = {"load": 20, "heat": 20}, {"load": 60, "heat": 40}
    >>> round(model.score_one(ordinary), 1), round(model.score_one(between), 1)
    (0.5, 0.7)
    """

    additive_contributions: ClassVar[bool] = False
    _part_class = KernelMeanPart
    _checks: ClassVar[Any] = FOURIER

    def __init__(
        self,
        *,
        n_components: int = 128,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
        seed: int = 0,
    ) -> None:
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features
        self.seed = seed
