# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Several parts on one ground, whose distances make one."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.anomaly.covariance import CovariancePart
from clipsgd_river._kernels.anomaly.kernel_mean import KernelMeanPart
from clipsgd_river._kernels.anomaly.long_memory import LongMemoryPart
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.part_kernel import PartKernel
from clipsgd_river._kernels.anomaly.relative_distances import RelativeDistances
from clipsgd_river._kernels.anomaly.z_score import ZScorePart
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.sgd.location_scale import LocationScaleKernel

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.vector import total

# Places of the members.
Z_SCORE = 0
LONG_MEMORY = 1
KERNEL_MEAN = 2
COVARIANCE = 3
CONDITIONAL = 4
MEMBERS = 5
# Names of the members, for whoever asks what each of them says.
NAMES = ("z-score", "long memory", "kernel mean", "mahalanobis", "conditional z-score")
# Beyond so many features a covariance costs too much, and all events are about equally far from
# each other: a kernel tells little.
NARROW = 128
# Ridge of the covariance: between the members that know all correlations and none.
COVARIANCE_RIDGE = 0.1


class PortfolioPart(Part):
    r"""Root mean square over the members of their relative distances t_m (`RelativeDistances`).

    Each member judges and learns every event in the deviations of the one ground, but the long
    memory, which has a ground of its own. The covariance speaks twice, as u'Pu and feature by
    feature (`CovariancePart.surprises`). Beyond 128 features the z-score is left alone.

    Contributions divide each member's share t_m^2 / sum t^2 of the distance among the features in
    the proportions of the positive part of the member's own contributions, so that they are at
    least 0 and sum to the distance.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.z_score = ZScorePart()
        self.long_memory = LongMemoryPart(settings)
        self.covariance = CovariancePart(settings["clip"], COVARIANCE_RIDGE)
        self.kernel_mean = KernelMeanPart(settings)
        self.relative = RelativeDistances(MEMBERS, settings["warm_up"])
        self.distance_values = zeros(MEMBERS)
        self.distances = doubles(self.distance_values)
        self.relative_values = zeros(MEMBERS)
        self.relatives = doubles(self.relative_values)
        self.share_values = zeros(0)
        self.shares = doubles(self.share_values)
        self.narrow = True
        self.early = max(settings["warm_up"] // 4, 1)

    def distance(self, ground: LocationScaleKernel) -> float:
        """Root mean square of the members' relative distances."""
        k: cython.Py_ssize_t
        t: cython.double
        squares: cython.double = 0.0
        self.distances[Z_SCORE] = self.z_score.distance(ground)
        if self.narrow:
            self.distances[LONG_MEMORY] = self.long_memory.distance(ground)
            self.distances[KERNEL_MEAN] = self.kernel_mean.distance(ground)
            self.distances[COVARIANCE] = self.covariance.distance(ground)
            self.distances[CONDITIONAL] = self.covariance.surprises(ground)
        for k in range(self.judging()):
            t = self.relative.relative(k, self.distances[k])
            self.relatives[k] = t
            squares += t * t
        return sqrt(squares / self.judging())

    def judging(self) -> cython.Py_ssize_t:
        """How many members take part: the first so many."""
        return MEMBERS if self.narrow else 1

    def usual_distance(self, ground: LocationScaleKernel) -> float:
        """About 1, what every member calls usual."""
        return 1.0 if ground.features.count > 0 else 0.0

    def step(self, ground: LocationScaleKernel) -> None:
        """Clipped steps of the members, and of what their distances usually are."""
        k: cython.Py_ssize_t
        self.z_score.step(ground)
        if self.narrow:
            self.long_memory.step(ground)
            self.kernel_mean.step(ground)
            self.covariance.step(ground)
        # The first events were judged by next to nothing: their distances are too small.
        if ground.events > self.early:
            for k in range(self.judging()):
                self.relative.observe(k, self.distances[k])

    def contribute(self, ground: LocationScaleKernel, contributions: cython.p_double) -> None:
        """Each member's share of the distance, divided as its own contributions are."""
        k: cython.Py_ssize_t
        squares: cython.double = 0.0
        for k in range(self.judging()):
            squares += self.relatives[k] * self.relatives[k]
        # sqrt(q / n) is the sum of the members' t^2 / sqrt(q n).
        scale: cython.double = 0.0
        if squares > 0.0:
            scale = 1.0 / sqrt(squares * self.judging())
        self.z_score.contribute(ground, self.shares)
        self.divide(ground, Z_SCORE, scale, contributions)
        if self.narrow:
            self.long_memory.contribute(ground, self.shares)
            self.divide(ground, LONG_MEMORY, scale, contributions)
            self.kernel_mean.contribute(ground, self.shares)
            self.divide(ground, KERNEL_MEAN, scale, contributions)
            self.covariance.contribute(ground, self.shares)
            self.divide(ground, COVARIANCE, scale, contributions)
            for k in range(ground.features.count):
                self.shares[ground.features.present[k]] = self.covariance.surprise(ground, k)
            self.divide(ground, CONDITIONAL, scale, contributions)

    def divide(
        self,
        ground: LocationScaleKernel,
        member: cython.Py_ssize_t,
        scale: float,
        contributions: cython.p_double,
    ) -> None:
        """Add a member's share of the distance to the contributions, in proportion to its own."""
        k: cython.Py_ssize_t
        count: cython.Py_ssize_t = ground.features.count
        positive: cython.p_double = ground.features.scratch
        for k in range(count):
            positive[k] = max(self.shares[ground.features.present[k]], 0.0)
        whole: cython.double = total(positive, count)
        part: cython.double = self.relatives[member] * self.relatives[member] * scale
        for k in range(count):
            contributions[ground.features.present[k]] += (
                part * (positive[k] / whole) if whole > 0.0 else part / count
            )

    def expect(
        self, ground: LocationScaleKernel, expected: cython.p_double, spread: cython.p_double
    ) -> None:
        """What the covariance expects; without it, each feature alone."""
        if self.narrow:
            self.covariance.expect(ground, expected, spread)
        else:
            self.z_score.expect(ground, expected, spread)

    def prepare(self, ground: LocationScaleKernel) -> cython.int:
        """Let the members do what needs the interpreter; give back the memory of the start."""
        self.long_memory.prepare(ground)
        self.kernel_mean.prepare(ground)
        self.covariance.prepare(ground)
        return self.relative.close_start()

    def shorten(self, events: float) -> cython.int:
        """Let the long memory count no more than ``events``."""
        return self.long_memory.shorten(events)

    def room(self, ground: LocationScaleKernel, size: cython.Py_ssize_t) -> Any:
        """Memory of every member that takes part in judging ``size`` features."""
        members = None
        if size <= NARROW:
            members = (
                self.long_memory.room(ground, size),
                self.kernel_mean.room(ground, size),
                self.covariance.room(ground, size),
            )
        return zeros(size), members

    def occupy(self, room: Any, size: cython.Py_ssize_t) -> cython.int:
        """Take over what `room` gave; members that are left out give their memory back."""
        shares, members = room
        self.share_values = shares
        self.shares = doubles(shares)
        self.narrow = members is not None
        if self.narrow:
            self.long_memory.occupy(members[0], size)
            self.kernel_mean.occupy(members[1], size)
            self.covariance.occupy(members[2], size)
        else:
            self.long_memory = LongMemoryPart(self.settings)
            self.kernel_mean = KernelMeanPart(self.settings)
            self.covariance = CovariancePart(self.settings["clip"], COVARIANCE_RIDGE)
        return 0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of the members that take part, and of their usual distances."""
        numbers: cython.Py_ssize_t = self.relative.least_numbers()
        if size <= NARROW:
            numbers += self.long_memory.least_numbers(size)
            numbers += self.covariance.least_numbers(size) + self.kernel_mean.least_numbers(size)
        return numbers

    def exchange(self, ground: LocationScaleKernel, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        if self.narrow:
            self.long_memory.exchange(ground, archive)
            self.covariance.exchange(ground, archive)
            self.kernel_mean.exchange(ground, archive)
        return self.relative.exchange(archive)

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this part."""
        return [
            self,
            self.distance_values,
            self.relative_values,
            self.share_values,
            *self.z_score.owners(),
            *self.long_memory.owners(),
            *self.covariance.owners(),
            *self.kernel_mean.owners(),
            self.relative,
        ]


class PortfolioKernel(PartKernel):
    """Location, scale and a `PortfolioPart`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.portfolio = PortfolioPart(settings)
        PartKernel.__init__(self, settings, self.portfolio)

    def members_one(self, event: Any) -> dict[str, float]:
        """Relative distance that each member gives an event, by its name."""
        k: cython.Py_ssize_t
        self.claim()
        try:
            self.load(event, False)
            self.distance()
            return {NAMES[k]: self.portfolio.relatives[k] for k in range(self.portfolio.judging())}
        finally:
            self.busy = False
