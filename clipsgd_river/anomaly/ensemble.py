"""A portfolio of detectors: what to start with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from clipsgd_river._kernels.portfolio import PortfolioKernel
from clipsgd_river.anomaly._located import LocatedDetector
from clipsgd_river.anomaly._settings import checked_fourier

if TYPE_CHECKING:
    from river import base
    from river.optim.base import Scheduler


class ClippedEnsemble(LocatedDetector):
    r"""Several clipped detectors over one standardisation: what to start with.

    No argument is needed. Each feature alone (`ClippedZScore`), all together
    (`ClippedMahalanobis`, with a ridge of 0.1), each given the others, and the density around the
    event (`ClippedKernelMean`) judge every event in one pass; an anomaly that one of them sees is
    not outvoted by those that do not. Choose a single detector where you know which view fits, or
    for speed.

    A member's distance r is compared with its own usual ones,

    .. math:: t = f(v(r)) - f(v(0)), \quad v(r) = (r - m) / s, \quad f(v) = v + \sqrt{1 + v^2},

    with m and s its running median and median absolute deviation (times 1.48), which take bounded
    steps on the pinball loss: anomalies do not stretch them as they would a mean and a variance.
    The distance of the event is the root mean square of the t, between their mean, which a member
    blind to the anomaly drags down, and their maximum, which a noisy member raises. A usual event
    is about 1 away.

    Beyond 128 features the z-score is left alone: the covariance would cost too much, and in so
    many dimensions all events are about equally far from each other. For images and other wide
    events whose features move together choose a detector of such events.

    Parameters
    ----------
    n_components
        Random Fourier features per bandwidth of the kernel mean, as in `ClippedKernelMean`.
    learning_rate
        Step size eta of the location, and of the members as each of them says.
    clip
        Clip threshold on the norm of the standardised gradient, as in `ClippedZScore`, and the
        members' rule for theirs.
    warm_up
        Events from which a feature's first location and scale, and the usual distances of the
        members, are taken, by medians, 1 to 10,000. Until then deviations count with the share of
        the start that has passed.
    contamination
        Expected share of anomalies, in (0, 0.5]; sets `offset_` and so `predict`, not the scores.
    max_features
        More features than this are an error.
    seed
        Of the random features; the same seed gives the same scores.

    Notes
    -----
    Contributions divide the distance among the members in proportion to their t^2, and the share
    of each among the features in proportion to the positive part of its own contributions: they
    are at least 0 and sum to the distance. `member_distances_one` gives the t.

    Cost O(d^2 + d D) per event with D = n_components, up to 128 features, and O(d) beyond. State
    file: those of `ClippedMahalanobis` and `ClippedKernelMean`, with one location and scale for
    both, and 100 bytes; beyond 128 features that of `ClippedZScore` and as many.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.anomaly import ClippedEnsemble
    >>> rng = random.Random(0)
    >>> model = ClippedEnsemble()
    >>> for _ in range(2000):
    ...     load = rng.gauss(50, 10)
    ...     model.learn_one({"load": load, "heat": 20 + load + rng.gauss(0, 1)})
    >>> usual, broken = {"load": 60, "heat": 80}, {"load": 60, "heat": 60}
    >>> model.score_one(usual) < 0.7 < 0.9 < model.score_one(broken)
    True
    >>> said = model.member_distances_one(broken)
    >>> said["mahalanobis"] > 5 * said["z-score"]
    True
    """

    _kernel: PortfolioKernel

    _kernel_class: ClassVar[type[PortfolioKernel]] = PortfolioKernel
    _settings_check: ClassVar[Any] = staticmethod(checked_fourier)

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

    def member_distances_one(self, x: dict[base.typing.FeatureName, Any]) -> dict[str, float]:
        """How far each member finds an event, in terms of its usual distances; about 1 is usual.

        The distance is their root mean square. Changes nothing.
        """
        said: dict[str, float] = self._kernel.members_one(x)
        return said
