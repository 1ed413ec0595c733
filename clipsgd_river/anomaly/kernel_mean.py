"""How dense events have been around an event: a kernel mean embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from clipsgd_river._kernels.anomaly.kernel_mean import KernelMeanPart
from clipsgd_river.anomaly._settings import FOURIER
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedKernelMean(ClippedDetector):
    r"""How dense recent events have been around an event, by a mean of random Fourier features.

    A robust, drifting kernel density: it also sees events between clusters, and beside curved
    ones, where each feature and each pair of features is ordinary. Choose it where normal
    behaviour comes in several kinds; where it is one cloud, `ClippedMahalanobis` needs less.

    With z the deviations in scales, tempered as in `ClippedZScore`, u = z clipped to +-4 in each
    coordinate, phi_m(u) the n_components pairs cos(m a_k), sin(m a_k) of the angles
    a_k = sum_j w_jk u_j / sqrt(d), and theta_m the clipped mean of phi_m over the events so far,

    .. math:: r = \frac{\|u\|^2}{\|u\|^2 + 10^{-6}} \cdot \frac13 \sum_{m = 1, 2, 4}
              \log\Bigl(1 + \frac{\|\theta_m\|^2}{\theta_m^\top \phi_m(u)}\Bigr)
              + \sum_{|z_j| > 4} \tfrac12 \log(|z_j| / 4),

    products and norms divided by n_components, the denominator floored at its noise. It is the
    mean over three bandwidths, sqrt(d), sqrt(d) / 2 and sqrt(d) / 4, of minus the log of a kernel
    density, with the density at an average event as unit.

    Parameters
    ----------
    n_components
        Number of angles D, 1 to 4,096. More are more exact and take longer.
    learning_rate
        Step size eta of the location, as in `ClippedZScore`. With ``"auto"`` the mean embedding
        has a memory of 200 events; otherwise it takes the step of the location.
    clip
        Clip threshold on the norm of the standardised gradient, as in `ClippedZScore`; the
        gradient theta - phi of the embedding, whose norm is at most 2 by itself, is clipped
        likewise.
    warm_up
        Events from which a feature's first location and scale are taken, by medians, 1 to
        10,000. Until then the embedding learns nothing of the feature, and scores use the medians
        so far.
    contamination
        Expected share of anomalies, in (0, 0.5]; sets `offset_` and so `predict`, not the scores.
    max_features
        More features than this are an error.
    seed
        The weights w of a feature are standard normal numbers in an order hashed from this whole
        number, 0 to 2**63 - 1, and the feature's name, so that runs repeat whatever the order in
        which features appear.

    Notes
    -----
    Cost O(d D) per event with d of the features present, and the same to explain one. State file:
    48 D + 48 d + 200 bytes beside the feature names and parameters, 7 KB at the defaults and
    d = 10, and while features start up to 8 warm_up more for each; weights, 8 d D bytes in memory,
    are made again from the hash.

    The contribution of a feature is the drop of the distance when the feature takes its expected
    value; contributions do not sum to the distance.

    Departs from [2]_ in the weights, which are stratified for each feature, and from [1]_ in the
    automatic threshold and step.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.
    .. [2] A. Rahimi and B. Recht, *Random features for large-scale kernel machines*, NeurIPS 2007.

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
    >>> round(model.score_one({"load": 20, "heat": 20}), 1)
    0.5
    >>> round(model.score_one({"load": 60, "heat": 40}), 1)
    0.7
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
