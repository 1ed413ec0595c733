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

    A one-class support vector machine [1]_ by clipped SGD, in random Fourier features or linear.
    Choose it where the share nu of unusual events is known and the boundary is wanted: the distance
    is 1 on it. For ranking alone `ClippedKernelMean` is better on most tables.

    The loss of an event, with u its deviations in scales, is

    .. math:: \tfrac12 \|w\|^2 - \rho + \tfrac1\nu \max(0, \rho - w^\top \phi(u)).

    rho takes pinball steps, so that a share nu of the events has positive slack, w'phi < rho,
    whatever their distribution. ``docs/random_features.md`` has phi, the steps and the distances.

    Parameters
    ----------
    nu
        Share of the learned events with positive slack, from 0.0001 to 1: an upper bound on the
        share outside, to which it is held asymptotically (`slack_share_`).
    kernel
        ``"rbf"``, by random Fourier features, sees clusters and gaps; ``"linear"`` costs O(d) and
        scores features one by one.
    n_components, seed
        As in `ClippedKernelMean`.
    learning_rate
        As in `ClippedZScore`. With ``"auto"`` w has a memory of 200 events; otherwise it takes the
        step of the location.
    clip
        As in `ClippedZScore`; the step of w, along w - phi, is clipped by the same rule.
    warm_up
        As in `ClippedZScore`; until then w learns nothing of the feature.
    contamination, max_features
        As in `ClippedZScore`.

    Notes
    -----
    Cost O(d D) per event with d of the features present, linear O(d). State file: 48 D + 96 d + 270
    bytes beside the feature names and parameters, linear 104 d + 270; while features start up to
    8 warm_up more for each, and up to 620 for each that repeats values.

    The contribution of a feature is the drop of the distance when the feature takes its expected
    value; contributions sum to the distance with ``kernel="linear"`` only.

    References
    ----------
    .. [1] B. Schoelkopf, J. C. Platt, J. Shawe-Taylor, A. J. Smola and R. C. Williamson,
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
    >>> [model.distance_one({"load": load, "heat": 68}) > 1 for load in (55, 90)]
    [False, True]
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
