"""The margin that all but a share nu of the events keep: a one-class support vector machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from clipsgd_river import _settings
from clipsgd_river._kernels.anomaly.closeness import ClosenessPart
from clipsgd_river._kernels.anomaly.detector import DetectorKernel
from clipsgd_river._kernels.anomaly.one_class_svm import FourierMarginPart
from clipsgd_river.anomaly._settings import FOURIER
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from river.optim.base import Scheduler


# Fewer events with slack than one in so many say too little of where the boundary is.
SMALLEST_NU = 0.0001


def checked_nu(value: Any) -> float:
    """The share of events with slack."""
    nu = _settings.number("nu", value)
    if not SMALLEST_NU <= nu <= 1.0:
        raise ValueError(
            f"nu is the share of events with slack, from {SMALLEST_NU} to 1, not {nu!r}"
        )
    return nu


def checked_kernel(value: Any) -> Any:
    """The name of a kernel."""
    if value not in ("rbf", "linear"):
        raise ValueError(f"kernel is 'rbf' or 'linear', not {value!r}")
    return value


class ClippedOneClassSVM(ClippedDetector):
    r"""The region that all but a share nu of the events lie in, robust and drifting.

    A one-class support vector machine by clipped SGD, in random Fourier features or linear. Choose
    it where the share nu of unusual events is known and the boundary is wanted: the distance is 1
    on it. For ranking alone `ClippedKernelMean` is better on most tables.

    The loss of an event is that of [2]_,

    .. math:: \tfrac12 \|w\|^2 - \rho + \tfrac1\nu \max(0, \rho - w^\top \phi(u)),

    with u the deviations in scales, as in `ClippedZScore`. Events with positive slack, w'phi < rho,
    pull w towards them by e / nu; the others leave it, which is the same step on average. rho takes
    pinball steps, after which a share nu of the events has slack whatever their distribution, and
    again soon after it has changed.

    With ``kernel="rbf"`` phi are the random Fourier features of `ClippedKernelMean`, at its three
    bandwidths together, u is clipped to +-4, and the distance is

    .. math:: r = \frac{\|u\|^2}{\|u\|^2 + 10^{-6}}
              \log_2\Bigl(1 + \frac{\rho}{w^\top \phi(u)}\Bigr)
              + \sum_{|u_j| > 4} \tfrac12 \log(|u_j| / 4),

    the denominator floored at its noise. With ``kernel="linear"`` phi are the closenesses
    1 - min(abs(u_j), 4) / 4 of the features, since a plane in u itself would tell nothing: it
    would separate the events from the origin, around which they lie. Then w >= 0,

    .. math:: r = \sum_j w_j \min(|u_j|, 4) / (4 m)
              + \sum_{|u_j| > 4} \tfrac12 \log(|u_j| / 4), \qquad m = \sum_j w_j - \rho.

    Parameters
    ----------
    nu
        Share of the learned events with positive slack, from 0.0001 to 1: an upper bound on the
        share outside, to which it is held asymptotically (`slack_share_`).
    kernel
        ``"rbf"``, by random Fourier features, sees clusters and gaps; ``"linear"`` costs O(d) and
        judges features one by one.
    n_components
        Number of angles D of the random Fourier features, 1 to 4,096.
    learning_rate
        Step size eta of the location, as in `ClippedZScore`. With ``"auto"`` w has a memory of 200
        events; otherwise it takes the step e of the location. e / nu is at most 1 / 4, so that no
        event makes more than a quarter of w.
    clip
        Clip threshold on the norm of the standardised gradient, as in `ClippedZScore`; the
        gradient w - phi of w is clipped likewise.
    warm_up
        Events from which a feature's first location and scale are taken, by medians, 1 to
        10,000. Until then w learns nothing of the feature, and scores use the medians so far.
    contamination
        Expected share of anomalies, in (0, 0.5]; sets `offset_` and so `predict`, not the scores.
    max_features
        More features than this are an error.
    seed
        Whole number, 0 to 2**63 - 1, hashed with the names for the weights of the features, as in
        `ClippedKernelMean`.

    Notes
    -----
    Cost O(d D) per event with d of the features present, linear O(d). State file: 48 D + 48 d + 250
    bytes beside the feature names and parameters, 7 KB at the defaults and d = 10, linear
    56 d + 250; while features start up to 8 warm_up more for each.

    The contribution of a feature is the drop of the distance when the feature takes its expected
    value; contributions sum to the distance with ``kernel="linear"`` only.

    Departs from [1]_ in the automatic threshold and step, and from [2]_ in the closenesses.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.
    .. [2] B. Schoelkopf, J. C. Platt, J. Shawe-Taylor, A. J. Smola and R. C. Williamson,
       *Estimating the support of a high-dimensional distribution*, Neural Computation 13, 2001.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.anomaly import ClippedOneClassSVM
    >>> rng = random.Random(0)
    >>> model = ClippedOneClassSVM(nu=0.1)
    >>> for _ in range(3000):
    ...     model.learn_one({"load": rng.gauss(50, 10), "heat": rng.gauss(70, 5)})
    >>> round(model.slack_share_, 1)
    0.1
    >>> model.distance_one({"load": 55, "heat": 68}) < 1
    True
    >>> model.distance_one({"load": 90, "heat": 68}) > 1
    True
    """

    additive_contributions: ClassVar[bool] = False
    _checks: ClassVar[Any] = {**FOURIER, "nu": checked_nu, "kernel": checked_kernel}

    def __init__(
        self,
        *,
        nu: float = 0.5,
        kernel: str = "rbf",
        n_components: int = 128,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
        seed: int = 0,
    ) -> None:
        self.nu = nu
        self.kernel = kernel
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features
        self.seed = seed

    def _new_kernel(self, settings: dict[str, Any]) -> DetectorKernel:
        linear = settings["kernel"] == "linear"
        return DetectorKernel(settings, ClosenessPart if linear else FourierMarginPart)

    @property
    def slack_share_(self) -> float:
        """Share of the last events learned, about 1,000, that had positive slack."""
        self._check_learned()
        part = cast(FourierMarginPart | ClosenessPart, self._kernel.part)
        return float(part.slack.share)

    @classmethod
    def _unit_test_params(cls) -> Any:
        yield {}
        yield {"kernel": "linear", "nu": 0.1}
