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
from clipsgd_river._tables.explained import largest_of
from clipsgd_river._tables.rows import Rows
from clipsgd_river.anomaly._members import fresh_members, packed, unpacked
from clipsgd_river.anomaly._settings import PORTFOLIO
from clipsgd_river.anomaly.base import ClippedDetector
from clipsgd_river.anomaly.mahalanobis import ClippedMahalanobis
from clipsgd_river.anomaly.z_score import ClippedZScore

if TYPE_CHECKING:
    from river import base
    from river.optim.base import Scheduler

# Members that follow a change at once, and those that remember it; events that bits remember.
_QUICK = ("z-score", "mahalanobis", "conditional z-score", "neighbours")
_SLOW = ("largest bits", "sum of bits")
_REMEMBERED = 10_000
# Distances of a member, 1 being an ordinary one.
_USUAL, _UNUSUAL = 2.0, 5.0


class ClippedEnsemble(ClippedDetector):
    """Several clipped detectors over one standardisation: what to start with.

    No argument is needed. Four views score every event in one pass: deviations (each feature alone
    as in `ClippedZScore`, against a long memory, all together as in `ClippedMahalanobis`, each
    given the others), the plane near which events lie (`ClippedSubspace`), the nearest past events
    (`ClippedNeighbours`), and those in bits of every feature (`ClippedSurprisal`). One feature that
    is far out among hundreds, or many that are each a little unusual, raise the distance besides,
    and so do distances just before where they tell of the next: an incident lasts. Choose a single
    detector where you know which view fits, or for speed. Beyond 128 features in use only each
    alone, the plane and the bits are left.

    Each member's distance is standardised by its running median and spread to t, about 1 for a
    usual event, and the distance is the geometric mean of the views' 1 + t, less 1, and what is
    added to it. ``docs/ensemble.md`` has the formula and its reasons, and what is different for
    given ``detectors``.

    Parameters
    ----------
    detectors
        River detectors, or pipelines that end in one, which replace the built-in members; ``None``
        for those. They are cloned at the first event: the ones given stay as they are, those that
        learn are in `members_`. A state file keeps detectors of this package only.
    memory
        How many events a change must last to count as normal. ``"auto"``: 200; deviations follow a
        change within dozens of events, and bits and neighbours keep it unusual until then.
        ``"short"``: 20. ``"long"``: 10,000; with it, or any number above 200 and an automatic
        ``learning_rate``, deviations take steps of 1 / memory, too: for logs, where a burst of
        hundreds of like events is an attack and nothing ever jumps for good. For built-in members
        alone.
    seed
        Of the sample of past events; like ``learning_rate`` and ``clip`` for built-in members
        alone.
    learning_rate, clip, warm_up, contamination, max_features
        As in `ClippedZScore`, and for the members as each of them says.

    Notes
    -----
    Cost O(d^2 + 512 d) per event up to 128 features, and O(16 d) beyond. State file: about
    8 (d^2 / 2 + 620 d) bytes up to 128 features, of which 4 KB a feature are two samples of 256
    past events; 750 d bytes beyond. With ``detectors``, cost and state are those of all of them.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.anomaly import ClippedEnsemble, ClippedMahalanobis
    >>> rng = random.Random(0)
    >>> loads = [rng.gauss(50, 10) for _ in range(2000)]
    >>> events = [{"load": load, "heat": 20 + load + rng.gauss(0, 1)} for load in loads]
    >>> usual, broken = {"load": 60, "heat": 80}, {"load": 60, "heat": 60}
    >>> model = ClippedEnsemble()
    >>> for x in events:
    ...     model.learn_one(x)
    >>> model.score_one(usual) < 0.7 < 0.9 < model.score_one(broken)
    True
    >>> distances = model.member_distances_one(broken)
    >>> distances["mahalanobis"] > 5 * distances["z-score"]
    True

    One of River's detectors beside one of these:

    >>> from river import anomaly, preprocessing
    >>> trees = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=1)
    >>> mixed = ClippedEnsemble(detectors=[trees, ClippedMahalanobis()])
    >>> for x in events:
    ...     mixed.learn_one(x)
    >>> list(mixed.member_distances_one(broken))
    ['MinMaxScaler | HalfSpaceTrees', 'ClippedMahalanobis']
    """

    _part_class = PortfolioPart
    #: The unit of a feature counts for the plane.
    scale_invariant: ClassVar[bool] = False
    # The kernel looks at the detectors.
    _checks: ClassVar[Any] = {**PORTFOLIO, "detectors": _settings.as_given}

    def __init__(
        self,
        *,
        detectors: Sequence[base.AnomalyDetector] | None = None,
        memory: int | str = "auto",
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
        seed: int = 0,
    ) -> None:
        self.detectors = detectors
        self.memory = memory
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
            raise AttributeError("built-in members are not objects; see member_distances_one")
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

        Of given detectors the distance is their root mean square. Changes nothing. Detectors that
        were given are named by their class, the second of one class with a 2, pipelines by their
        steps.
        """
        distances: dict[str, float] = self._kernel.members_one(x)
        return distances

    def past_one(self, x: dict[base.typing.FeatureName, Any]) -> str | None:
        """Say which past an event is unusual against, where the long and the short one differ.

        That is where by all members that follow at once it is within twice the usual distance and
        by one that remembers thousands of events at 5 times that or more; or the other way round.
        ``None`` otherwise, and with ``detectors``. Changes nothing.

        Examples
        --------
        >>> import random
        >>> from clipsgd_river.anomaly import ClippedEnsemble
        >>> rng = random.Random(0)
        >>> model = ClippedEnsemble()
        >>> for _ in range(5000):
        ...     model.learn_one({"load": rng.gauss(50, 10), "heat": rng.gauss(20, 1)})
        >>> for _ in range(50):
        ...     model.learn_one({"load": rng.gauss(120, 1), "heat": rng.gauss(20, 1)})
        >>> model.past_one({"load": 120, "heat": 20})
        'unusual against the 5,050 events before it, but like the latest of them'
        """
        if self.detectors is not None:
            return None
        distances: dict[str, float] = self._kernel.members_one(x)
        quick = max(distances.get(name, 0.0) for name in _QUICK)
        slow = max(distances.get(name, 0.0) for name in _SLOW)
        events = f"{int(min(self._kernel.events, _REMEMBERED)):,} events before it"
        if quick < _USUAL and slow >= _UNUSUAL:
            return f"unusual against the {events}, but like the latest of them"
        if slow < _USUAL and quick >= _UNUSUAL:
            return f"usual among the {events}, but unlike the latest of them"
        return None

    def _largest(self, rows: Rows, n: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
        if self.detectors is None:
            return super()._largest(rows, n)
        return largest_of(rows.events(), self.explain_one, n)

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
