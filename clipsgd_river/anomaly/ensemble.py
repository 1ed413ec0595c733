"""A portfolio of detectors: what to start with."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from clipsgd_river import _settings
from clipsgd_river._kernels.anomaly.combined import CombinedKernel
from clipsgd_river._kernels.anomaly.detector import DetectorKernel
from clipsgd_river._kernels.anomaly.portfolio import PortfolioPart
from clipsgd_river._state.header import header_of, restored
from clipsgd_river.anomaly._members import fresh_members, packed, unpacked
from clipsgd_river.anomaly._settings import FOURIER
from clipsgd_river.anomaly.base import ClippedDetector
from clipsgd_river.anomaly.mahalanobis import ClippedMahalanobis
from clipsgd_river.anomaly.z_score import ClippedZScore

if TYPE_CHECKING:
    from river import base
    from river.optim.base import Scheduler


class ClippedEnsemble(ClippedDetector):
    r"""Several clipped detectors over one standardisation: what to start with.

    No argument is needed. Each feature alone (`ClippedZScore`), all together
    (`ClippedMahalanobis`, with a ridge of 0.1), each given the others, the density around the event
    (`ClippedKernelMean`), and each feature against a long memory judge every event in one pass; an
    anomaly that one of them sees is not outvoted by those that do not. Choose a single detector
    where you know which view fits, or for speed.

    The long memory tells a burst from a drift for a while. The other members follow some dozen
    events that are alike; its location and scale have a step of 0.0005 for good and a bound on what
    an event can do, so that a burst stays unusual to it. A change that lasts becomes usual as its
    distances do, within some hundred events.

    A member's distance r is compared with its own usual ones,

    .. math:: t = f(v(r)) - f(v(0)), \quad v(r) = (r - m) / s, \quad f(v) = v + \sqrt{1 + v^2},

    with m and s its running median and median absolute deviation (times 1.48), which take bounded
    steps on the pinball loss: anomalies do not stretch them as they would a mean and a variance.
    The distance of the event is the root mean square of the t, between their mean, which a member
    blind to the anomaly drags down, and their maximum, which a noisy member raises. A usual event
    is about 1 away.

    Beyond 128 features the first of these is left alone: the covariance would cost too much, and in
    so many dimensions all events are about equally far from each other. For images and other wide
    events whose features move together choose a detector of such events.

    A list of other detectors, of any make, takes the place of these: each judges by its
    ``distance_one``, or by its ``score_one`` where it has none, and is made comparable in the same
    way. From a score, whose smallest value need not be 0, the part f(v(0)) is not taken off; and it
    counts once it has changed, since some detectors say one number until a window is full.

    Parameters
    ----------
    detectors
        River detectors, or pipelines that end in one, which take the place of the built-in
        members; ``None`` for those. They are cloned at the first event: the ones given stay as
        they are, those that learn are in `members_`.
    n_components
        Random Fourier features per bandwidth of the kernel mean, as in `ClippedKernelMean`. Like
        ``learning_rate``, ``clip`` and ``seed`` for the built-in members alone.
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

    Raises
    ------
    TypeError
        At the first event, if one of ``detectors`` is no River detector; the message says which.

    Notes
    -----
    Contributions divide the distance among the members in proportion to their t^2, and the share
    of each among the features in proportion to the positive part of its own contributions: they
    are at least 0 and sum to the distance. `member_distances_one` gives the t.

    Cost O(d^2 + d D) per event with D = n_components, up to 128 features, and O(d) beyond. State
    file: those of `ClippedMahalanobis` and `ClippedKernelMean`, with one location and scale for
    both, and 24 d + 150 bytes; beyond 128 features that of `ClippedZScore` and as many.

    With ``detectors``, cost and state are those of all of them. They are given numbers alone, from
    -1e150 to 1e150, without missing values, and a new feature from the event on that they learn it
    with; how they take an absent one is up to them. Those with ``explain_one`` explain the
    distance, whole; the first with ``expect_one`` says what is expected. What a detector answers by
    NaN does not count for this event. An error of one leaves those before it a step ahead. State
    files hold members of this package; others need pickle.

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

    One of River's detectors beside one of these:

    >>> from river import anomaly, preprocessing
    >>> from clipsgd_river.anomaly import ClippedMahalanobis
    >>> trees = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=1)
    >>> mixed = ClippedEnsemble(detectors=[trees, ClippedMahalanobis()])
    >>> for _ in range(2000):
    ...     load = rng.gauss(50, 10)
    ...     mixed.learn_one({"load": load, "heat": 20 + load + rng.gauss(0, 1)})
    >>> mixed.score_one(usual) < 0.7 < 0.9 < mixed.score_one(broken)
    True
    >>> list(mixed.member_distances_one(broken))
    ['MinMaxScaler | HalfSpaceTrees', 'ClippedMahalanobis']
    """

    _part_class = PortfolioPart
    # The kernel looks at the detectors.
    _checks: ClassVar[Any] = {**FOURIER, "detectors": _settings.as_given}

    def __init__(
        self,
        *,
        detectors: Sequence[base.AnomalyDetector] | None = None,
        n_components: int = 128,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
        seed: int = 0,
    ) -> None:
        self.detectors = detectors
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features
        self.seed = seed

    def _new_kernel(self, settings: dict[str, Any]) -> DetectorKernel:
        own = {name: value for name, value in settings.items() if name != "detectors"}
        if settings["detectors"] is None:
            return DetectorKernel(own, PortfolioPart)
        return CombinedKernel(own, fresh_members(settings["detectors"]))

    @property
    def members_(self) -> list[Any]:
        """The detectors that learn, in the order of ``detectors``; there are none without."""
        if self.detectors is None:
            raise AttributeError("the built-in members are no objects; member_distances_one asks")
        self._check_learned()
        return list(cast(CombinedKernel, self._kernel).members)

    @property
    def location_(self) -> NDArray[np.float64]:
        """Clipped mean of each feature, as `ClippedZScore` has it; not with ``detectors``."""
        self._refuse_given("location")
        return super().location_

    @property
    def scale_(self) -> NDArray[np.float64]:
        """Clipped standard deviation of each feature; not with ``detectors``."""
        self._refuse_given("scale")
        return super().scale_

    def _refuse_given(self, what: str) -> None:
        self._check_learned()
        if self.detectors is not None:
            raise AttributeError(f"an ensemble of given detectors has no {what} of its own")

    def member_distances_one(self, x: dict[base.typing.FeatureName, Any]) -> dict[str, float]:
        """How far each member finds an event, in terms of its usual distances; about 1 is usual.

        The distance is their root mean square. Changes nothing. Detectors that were given are named
        by their class, the second of one class with a 2, pipelines by their steps.
        """
        said: dict[str, float] = self._kernel.members_one(x)
        return said

    def _state(self) -> tuple[bytes, array[float]]:
        if self.detectors is None:
            return super()._state()
        names, numbers = self._kernel.snapshot()
        heads, numbers = packed(cast(CombinedKernel, self._kernel).members, numbers)
        self.__dict__["_heads"] = heads
        return header_of(self, names), numbers

    def _extra_fields(self) -> dict[str, Any]:
        return {} if self.detectors is None else {"members": self.__dict__["_heads"]}

    @classmethod
    def _from_state(cls, fields: dict[str, Any], numbers: array[float]) -> Self:
        if "members" not in fields:
            return restored(cls, fields, numbers)
        members, own = unpacked(fields["members"], numbers)
        parameters = fields.get("parameters")
        if not isinstance(parameters, dict) or "detectors" in parameters:
            raise ValueError("the state has impossible parameters: it is damaged")
        given = {**fields, "parameters": {**parameters, "detectors": members}}
        ensemble = restored(cls, given, own)
        ensemble.detectors = [member.clone() for member in members]
        cast(CombinedKernel, ensemble._kernel).members = members
        return ensemble

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {}
        yield {"detectors": [ClippedZScore(), ClippedMahalanobis()]}
