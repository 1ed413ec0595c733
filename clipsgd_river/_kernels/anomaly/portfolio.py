# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Several parts on one location and scale, whose distances are combined into one."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.covariance import CovariancePart
from clipsgd_river._kernels.anomaly.kernel_mean import KernelMeanPart
from clipsgd_river._kernels.anomaly.long_memory import LongMemoryPart
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.relative_distances import SHORTEST_START, RelativeDistances
from clipsgd_river._kernels.anomaly.z_score import ZScorePart
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.reductions import total

# Indices of the members.
Z_SCORE = 0
LONG_MEMORY = 1
KERNEL_MEAN = 2
COVARIANCE = 3
CONDITIONAL = 4
MEMBERS = 5
# Names of the members, in this order.
NAMES = ("z-score", "long memory", "kernel mean", "mahalanobis", "conditional z-score")
# Beyond so many features a covariance costs too much, and all events are about equally far from
# each other, so that a kernel is of little use.
NARROW = 128
# Ridge of the covariance: between the members that use all correlations and none.
COVARIANCE_RIDGE = 0.1


class PortfolioPart(Part):
    r"""Root mean square over the members of their relative distances t_m (`RelativeDistances`).

    All members share one location and scale, but the long memory, which has its own. The
    covariance counts twice, as u'Pu and feature by feature (`CovariancePart.surprises`). Beyond 128
    active features (`Attendance`) the z-score is left alone, and the others start anew when there
    are fewer again.

    Contributions divide each member's share t_m^2 / sum t^2 of the distance among the features in
    the proportions of the positive part of the member's own contributions, so that they are at
    least 0 and sum to the distance.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        self.settings = settings
        self.active = features.follow_active()
        self.z_score = ZScorePart(settings, features)
        self.make_members(features)
        self.relative = RelativeDistances(MEMBERS, max(settings["warm_up"], SHORTEST_START))
        self.distances = Vector(MEMBERS)
        self.relatives = Vector(MEMBERS)
        self.shares = Vector()
        self.narrow = True
        # The clock of the features when the members other than the z-score last started anew.
        self.since = 0.0
        self.early = max(settings["warm_up"] // 4, 1)

    def make_members(self, features: FeatureTable) -> cython.int:
        """Make the members that are active up to 128 features."""
        self.long_memory = LongMemoryPart(self.settings, features)
        self.kernel_mean = KernelMeanPart(self.settings, features)
        self.covariance = CovariancePart(self.settings, features, COVARIANCE_RIDGE)
        return 0

    def distance(self, standard: LocationScale) -> float:
        """Root mean square of the members' relative distances."""
        k: cython.Py_ssize_t
        t: cython.double
        squares: cython.double = 0.0
        self.distances.at[Z_SCORE] = self.z_score.distance(standard)
        if self.narrow:
            self.distances.at[LONG_MEMORY] = self.long_memory.distance(standard)
            self.distances.at[KERNEL_MEAN] = self.kernel_mean.distance(standard)
            self.distances.at[COVARIANCE] = self.covariance.distance(standard)
            self.distances.at[CONDITIONAL] = self.covariance.surprises(standard)
        for k in range(self.taking_part()):
            t = self.relative.relative(k, self.distances.at[k])
            self.relatives.at[k] = t
            squares += t * t
        return sqrt(squares / self.taking_part())

    def taking_part(self) -> cython.Py_ssize_t:
        """How many members take part: the first so many."""
        return MEMBERS if self.narrow else 1

    def usual_distance(self, standard: LocationScale) -> float:
        """About 1, what every member calls usual."""
        return 1.0 if standard.features.count > 0 else 0.0

    def step(self, standard: LocationScale, events: float) -> None:
        """Clipped steps of the members, and of what their distances usually are."""
        k: cython.Py_ssize_t
        self.z_score.step(standard, events)
        if self.narrow:
            self.long_memory.step(standard, events)
            self.kernel_mean.step(standard, events)
            self.covariance.step(standard, events)
        # Estimates from the first events are poor: their distances are too small.
        known: cython.Py_ssize_t = self.taking_part() if events > self.early else 0
        if not standard.informative:
            known = 0
        if self.since > 0.0 and standard.features.clock - self.since <= self.early:
            known = min(known, 1)
        for k in range(known):
            self.relative.observe(k, self.distances.at[k])

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """Each member's share of the distance, divided as its own contributions are."""
        k: cython.Py_ssize_t
        squares: cython.double = 0.0
        for k in range(self.taking_part()):
            squares += self.relatives.at[k] * self.relatives.at[k]
        # sqrt(q / n) is the sum of the members' t^2 / sqrt(q n).
        scale: cython.double = 0.0
        if squares > 0.0:
            scale = 1.0 / sqrt(squares * self.taking_part())
        self.z_score.contribute(standard, self.shares.at)
        self.divide(standard, Z_SCORE, scale, contributions)
        if self.narrow:
            self.long_memory.contribute(standard, self.shares.at)
            self.divide(standard, LONG_MEMORY, scale, contributions)
            self.kernel_mean.contribute(standard, self.shares.at)
            self.divide(standard, KERNEL_MEAN, scale, contributions)
            self.covariance.contribute(standard, self.shares.at)
            self.divide(standard, COVARIANCE, scale, contributions)
            for k in range(standard.features.count):
                self.shares.at[standard.features.present.at[k]] = self.covariance.surprise(
                    standard, k
                )
            self.divide(standard, CONDITIONAL, scale, contributions)

    def divide(
        self,
        standard: LocationScale,
        member: cython.Py_ssize_t,
        scale: float,
        contributions: cython.p_double,
    ) -> None:
        """Add a member's share of the distance to the contributions, in proportion to its own."""
        k: cython.Py_ssize_t
        count: cython.Py_ssize_t = standard.features.count
        positive: cython.p_double = standard.features.scratch.at
        for k in range(count):
            positive[k] = max(self.shares.at[standard.features.present.at[k]], 0.0)
        whole: cython.double = total(positive, count)
        share: cython.double = self.relatives.at[member] * self.relatives.at[member] * scale
        for k in range(count):
            contributions[standard.features.present.at[k]] += (
                share * (positive[k] / whole) if whole > 0.0 else share / count
            )

    def expect(self, standard: LocationScale, band: cython.p_double) -> None:
        """What the covariance expects; without it, each feature alone."""
        if self.narrow:
            self.covariance.expect(standard, band)
        else:
            self.z_score.expect(standard, band)

    def members(self) -> dict[str, float]:
        """Relative distance of each active member, by its name."""
        k: cython.Py_ssize_t
        return {NAMES[k]: self.relatives.at[k] for k in range(self.taking_part())}

    def prepare(self) -> cython.int:
        """Give back memory that is no longer needed: of the start, of members left out."""
        self.long_memory.prepare()
        if not self.narrow and self.long_memory.past.size > 0:
            self.make_members(self.long_memory.past.features)
        return self.relative.close_start()

    def resume(self, events: float) -> None:
        """Start anew with what distances usually are, and with how features move together."""
        self.relative.restart_soon()
        if self.narrow:
            self.covariance.resume(events)

    def shorten(self, events: float) -> None:
        """Reduce the weight of the long memory to that of ``events``."""
        self.long_memory.shorten(events)

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for every member that is active with ``size`` features."""
        self.shares.grow(size)
        if self.active.next_count <= NARROW:
            if not self.narrow:
                self.make_members(standard.features)
                self.relative.reopen()
            self.long_memory.grow(standard, size)
            self.kernel_mean.grow(standard, size)
            self.covariance.grow(standard, size)
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        narrow: cython.bint = self.active.next_count <= NARROW
        if narrow:
            self.long_memory.add_features(size)
            self.kernel_mean.add_features(size)
            self.covariance.add_features(size)
        if narrow and not self.narrow:
            self.since = self.long_memory.past.features.clock
            self.relative.restart(1)
        self.narrow = narrow

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        if j < self.long_memory.past.size:
            self.long_memory.reset_feature(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of the members that take part, and of their usual distances."""
        numbers: cython.Py_ssize_t = 1 + self.relative.least_numbers()
        if size <= NARROW:
            numbers += self.long_memory.least_numbers(size)
            numbers += self.covariance.least_numbers(size) + self.kernel_mean.least_numbers(size)
        return numbers

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        if self.narrow:
            self.long_memory.exchange(standard, archive)
            self.covariance.exchange(standard, archive)
            self.kernel_mean.exchange(standard, archive)
        self.since = archive.count(self.since)
        archive.check(self.since, 0.0, standard.features.clock, "start of members")
        return self.relative.exchange(archive)
