# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Several views of an event on one location and scale, whose distances are joined into one."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.bit_neighbours import BitNeighboursPart
from clipsgd_river._kernels.anomaly.covariance import CovariancePart
from clipsgd_river._kernels.anomaly.event_bits import EventBits
from clipsgd_river._kernels.anomaly.long_memory import LongMemoryPart
from clipsgd_river._kernels.anomaly.neighbours import NeighboursPart
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.persistence import Persistence
from clipsgd_river._kernels.anomaly.relative_distances import SHORTEST_START, RelativeDistances
from clipsgd_river._kernels.anomaly.subspace import SubspacePart
from clipsgd_river._kernels.anomaly.z_score import ZScorePart
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import exp, log, sqrt

    from clipsgd_river._kernels.anomaly.part import NEAR_SQUARE
    from clipsgd_river._kernels.anomaly.relative_distances import GAIN
    from clipsgd_river._kernels.core.reductions import total

# Indices of the members whose usual distances follow at once; the first two are always active.
Z_SCORE = 0
SUBSPACE = 1
LONG_MEMORY = 2
COVARIANCE = 3
CONDITIONAL = 4
NEIGHBOURS = 5
QUICK = 6
ALWAYS_QUICK = 2
# Those whose usual distances stay until a change has lasted; the first two are always active.
LARGEST_BITS = 6
TOTAL_BITS = 7
BIT_NEIGHBOURS = 8
SLOW = 3
ALWAYS_SLOW = 2
MEMBERS = 9
# Names of the members, in this order.
NAMES = (
    "z-score",
    "subspace",
    "long memory",
    "mahalanobis",
    "conditional z-score",
    "neighbours",
    "largest bits",
    "sum of bits",
    "neighbours in bits",
)
# Beyond so many features a covariance and neighbours cost too much, and all events are about
# equally far from each other.
NARROW = 128
# Ridge of the covariance: between the members that use all correlations and none.
COVARIANCE_RIDGE = 0.1
# Directions of the plane.
COMPONENTS = 16
# The sample of past events, and how many of the nearest count. Of like events so many are in a
# sample of T events after T times their ratio, and then are near each other.
SAMPLE = 256
NEAREST = 16
# Events that a change must last until it is normal, by name.
MEMORIES = {"auto": 200, "short": 20, "long": 10_000}
# Step of what is usual for the slow members.
SLOW_GAIN = 1e-4
# Step of the median distance that scores compare with.
SCORE_GAIN = 5e-4
# Bits count from here on, in usual ones, and their excess so many times.
OUTLYING = 5.0
LARGEST_TIMES = 4.0
TOTAL_TIMES = 2.0
# The neighbours in bits count as so much of a view: bits are looked at twice.
BIT_SHARE = 0.5
# Spreads count as so much of the distance of a standard normal feature, at least.
LEAST_SPREAD = 0.1


class PortfolioPart(Part):
    r"""Geometric mean of four views, raised by bits that are far out and by what came just before.

    With t the relative distances of the members (`RelativeDistances`), the views are A, the root
    mean square of the t of the z-score, the long memory, the covariance as u'Pu and feature by
    feature (`CovariancePart.surprises`), which look at deviations; and those of the subspace, of
    the neighbours and of the neighbours in bits. The distance is

    .. math:: D = \Bigl(\prod_v (1 + t_v)^{w_v}\Bigr)^{1 / \sum_v w_v} - 1
              + 4 \left(\frac{t_{max}}{5} - 1\right)^+
              + 2 \left(\frac{t_{sum}}{5} - 1\right)^+

    with the weights 1, 1, 1 and 1/2,
    times ||z||^2 / (||z||^2 + 1e-6), so that the expected event is no distance away, and times the
    factor of `Persistence`, with the largest bits of a feature and their sum
    (`EventBits`). A mean would let the member with the heaviest tail rule. Most events are far by
    some feature or other, so that bits say something only where they are far out: then one feature
    among hundreds shows. What is usual for bits stays until most of the last ``memory`` events
    were far.

    All share one location and scale, but the long memory, which has its own. Beyond 128 active
    features (`Attendance`) only the z-score, the subspace and the bits are left, and the other
    members start anew when there are fewer again.

    Contributions divide the distance among the views by log(1 + t), within the first by t^2, and
    the share of each among the features in the proportions of the positive part of its own
    contributions, so that they are at least 0 and sum to the distance.

    Parameters
    ----------
    settings
        ``memory``, in events, beside those of the members.
    features
        Those of the detector.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        memory: cython.double = events_of(settings["memory"])
        settings = self.ground(settings)
        length: cython.Py_ssize_t = max(settings["warm_up"], SHORTEST_START)
        self.settings = {
            **settings,
            "n_components": COMPONENTS,
            "reservoir_size": SAMPLE,
            "n_neighbors": NEAREST,
            "memory": memory * SAMPLE / NEAREST,
        }
        self.active = features.follow_active()
        self.z_score = ZScorePart(settings, features)
        self.subspace = SubspacePart(self.settings, features)
        self.bits = EventBits(settings, features, memory)
        self.make_members(features)
        self.relative = RelativeDistances(QUICK, length, min(1.0 / memory, GAIN))
        self.slow = RelativeDistances(SLOW, length, SLOW_GAIN, memory)
        self.persistence = Persistence()
        self.distances = Vector(MEMBERS)
        self.relatives = Vector(MEMBERS)
        self.shares = Vector()
        # Of the last distance: the mean of the views, their number, and all but persistence.
        self.mean = 0.0
        self.views = 0.0
        self.single = 0.0
        self.nearness = 0.0
        self.narrow = True
        self.changed = False
        # The clock of the features when the members other than the first last started anew.
        self.since = 0.0
        self.early = max(settings["warm_up"] // 2, 1)

    @staticmethod
    def ground(settings: dict[str, Any]) -> dict[str, Any]:
        """What must not be learned soon is not followed soon."""
        memory = events_of(settings["memory"])
        if memory > MEMORIES["auto"] and settings["learning_rate"] == "auto":
            return {**settings, "learning_rate": 1.0 / memory}
        return settings

    @staticmethod
    def score_gain() -> float:
        """Small: joined distances are relative ones, and about 1 whatever the members' are."""
        return SCORE_GAIN

    def make_members(self, features: FeatureTable) -> cython.int:
        """Make the members that are active up to 128 features."""
        self.long_memory = LongMemoryPart(self.settings, features)
        self.covariance = CovariancePart(self.settings, features, COVARIANCE_RIDGE)
        self.neighbours = NeighboursPart(self.settings, features)
        self.bit_neighbours = BitNeighboursPart(self.settings, features, self.bits)
        return 0

    def distance(self, standard: LocationScale) -> float:
        """Joined distance of the members, after those just before."""
        if standard.features.count == 0:
            return 0.0
        self.measure(standard)
        square: cython.double = 0.0
        k: cython.Py_ssize_t
        for k in range(standard.features.count):
            square += standard.z.at[k] * standard.z.at[k]
        self.nearness = square / (square + NEAR_SQUARE)
        self.join()
        return self.single * self.persistence.factor()

    def measure(self, standard: LocationScale) -> None:
        """Relative distances of the active members."""
        k: cython.Py_ssize_t
        distances: cython.p_double = self.distances.at
        distances[Z_SCORE] = self.z_score.distance(standard)
        distances[SUBSPACE] = self.subspace.distance(standard)
        distances[TOTAL_BITS] = self.bits.distance(standard)
        distances[LARGEST_BITS] = self.bits.largest
        if self.narrow:
            distances[LONG_MEMORY] = self.long_memory.distance(standard)
            distances[COVARIANCE] = self.covariance.distance(standard)
            distances[CONDITIONAL] = self.covariance.surprises(standard)
            distances[NEIGHBOURS] = self.neighbours.distance(standard)
            distances[BIT_NEIGHBOURS] = self.bit_neighbours.distance(standard)
        self.assume(standard)
        for k in range(self.quick_members()):
            self.relatives.at[k] = self.relative.relative(k, distances[k])
        for k in range(self.slow_members()):
            self.relatives.at[QUICK + k] = self.slow.relative(k, distances[QUICK + k])

    def assume(self, standard: LocationScale) -> None:
        """What distances are before any is known, and how little they may spread.

        Those of standard normal features, of as many as were seen: one that comes for the first
        time adds nothing to a distance. A mean of d features spreads by one over the root of d.
        """
        k: cython.Py_ssize_t
        known: cython.double = 0.0
        usual: cython.p_double = self.relative.assumed.at
        for k in range(standard.features.count):
            if standard.seen.at[standard.features.present.at[k]] > 0.0:
                known += 1.0
        if known == 0.0:
            return
        share: cython.double = known / standard.features.count
        usual[Z_SCORE] = share * self.z_score.usual_distance(standard)
        usual[SUBSPACE] = share * self.subspace.usual_distance(standard)
        usual[LONG_MEMORY] = usual[Z_SCORE]
        usual[COVARIANCE] = share * self.covariance.usual_distance(standard)
        usual[CONDITIONAL] = usual[Z_SCORE]
        # Euclidean distances grow with the root of the number of features.
        usual[NEIGHBOURS] = sqrt(share) * self.neighbours.usual_distance(standard)
        usual = self.slow.assumed.at
        usual[TOTAL_BITS - QUICK] = share * self.bits.usual_distance(standard)
        usual[LARGEST_BITS - QUICK] = self.bits.usual_largest(known)
        usual[BIT_NEIGHBOURS - QUICK] = sqrt(share) * self.bit_neighbours.usual_distance(standard)
        least: cython.double = LEAST_SPREAD / sqrt(known)
        for k in range(QUICK):
            self.relative.least.at[k] = least * self.relative.assumed.at[k]
        for k in range(SLOW):
            self.slow.least.at[k] = least * self.slow.assumed.at[k]

    def quick_members(self) -> cython.Py_ssize_t:
        """How many of the quick members are active: the first so many."""
        return QUICK if self.narrow else ALWAYS_QUICK

    def slow_members(self) -> cython.Py_ssize_t:
        """How many of the slow members are active: the first so many."""
        return SLOW if self.narrow else ALWAYS_SLOW

    def alike(self) -> float:
        """Root mean square of the relative distances by deviations."""
        t: cython.p_double = self.relatives.at
        if not self.narrow:
            return t[Z_SCORE]
        quick: cython.double = t[Z_SCORE] * t[Z_SCORE] + t[LONG_MEMORY] * t[LONG_MEMORY]
        joint: cython.double = t[COVARIANCE] * t[COVARIANCE] + t[CONDITIONAL] * t[CONDITIONAL]
        return sqrt(0.25 * (quick + joint))

    def join(self) -> None:
        """One distance of the relative ones."""
        t: cython.p_double = self.relatives.at
        logs: cython.double = log(1.0 + self.alike()) + log(1.0 + t[SUBSPACE])
        self.views = 2.0
        if self.narrow:
            logs += log(1.0 + t[NEIGHBOURS]) + BIT_SHARE * log(1.0 + t[BIT_NEIGHBOURS])
            self.views = 3.0 + BIT_SHARE
        self.mean = exp(logs / self.views) - 1.0
        self.single = (
            self.mean
            + LARGEST_TIMES * excess(t[LARGEST_BITS])
            + TOTAL_TIMES * excess(t[TOTAL_BITS])
        )
        self.single *= self.nearness

    def usual_distance(self, standard: LocationScale) -> float:
        """About 1, what every member calls usual."""
        return 1.0 if standard.features.count > 0 else 0.0

    def step(self, standard: LocationScale, events: float) -> None:
        """Clipped steps of the members, and of what their distances usually are."""
        k: cython.Py_ssize_t
        quick: cython.Py_ssize_t = self.quick_members()
        slow: cython.Py_ssize_t = self.slow_members()
        self.z_score.step(standard, events)
        self.subspace.step(standard, events)
        self.bits.step(standard, events)
        if self.narrow:
            self.long_memory.step(standard, events)
            self.covariance.step(standard, events)
            self.neighbours.step(standard, events)
            self.bit_neighbours.step(standard, events)
        # Estimates from the first events are poor: their distances are too small.
        if events <= self.early or not standard.informative or standard.features.count == 0:
            return
        if self.since > 0.0 and standard.features.clock - self.since <= self.early:
            quick = SUBSPACE
            slow = ALWAYS_SLOW
        for k in range(quick):
            self.relative.observe(k, self.distances.at[k])
        for k in range(slow):
            self.slow.observe(k, self.distances.at[QUICK + k])
        self.persistence.observe(self.single)

    def after_step(self, standard: LocationScale) -> None:
        """Update what depends on the step of location and scale."""
        self.subspace.after_step(standard)

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """Each member's share of the distance, divided as its own contributions are."""
        t: cython.p_double = self.relatives.at
        factor: cython.double = self.nearness * self.persistence.factor()
        logs: cython.double = log(1.0 + self.mean) * self.views
        # What one unit of log(1 + t) adds to the distance.
        unit: cython.double = factor * self.mean / logs if logs > 0.0 else 0.0
        squares: cython.double = self.alike()
        whole: cython.double = unit * log(1.0 + squares)
        squares *= squares
        self.z_score.contribute(standard, self.shares.at)
        if not self.narrow or squares <= 0.0:
            self.divide(standard, whole, contributions)
        else:
            whole /= 4.0 * squares
            self.divide(standard, whole * t[Z_SCORE] * t[Z_SCORE], contributions)
            self.long_memory.contribute(standard, self.shares.at)
            self.divide(standard, whole * t[LONG_MEMORY] * t[LONG_MEMORY], contributions)
            self.covariance.contribute(standard, self.shares.at)
            self.divide(standard, whole * t[COVARIANCE] * t[COVARIANCE], contributions)
            self.covariance.contribute_surprises(standard, self.shares.at)
            self.divide(standard, whole * t[CONDITIONAL] * t[CONDITIONAL], contributions)
        self.subspace.contribute(standard, self.shares.at)
        self.divide(standard, unit * log(1.0 + t[SUBSPACE]), contributions)
        if self.narrow:
            self.neighbours.contribute(standard, self.shares.at)
            self.divide(standard, unit * log(1.0 + t[NEIGHBOURS]), contributions)
            self.bit_neighbours.contribute(standard, self.shares.at)
            self.divide(standard, unit * BIT_SHARE * log(1.0 + t[BIT_NEIGHBOURS]), contributions)
        self.bits.contribute_largest(standard, self.shares.at)
        self.divide(standard, factor * LARGEST_TIMES * excess(t[LARGEST_BITS]), contributions)
        self.bits.contribute(standard, self.shares.at)
        self.divide(standard, factor * TOTAL_TIMES * excess(t[TOTAL_BITS]), contributions)

    def divide(self, standard: LocationScale, share: float, contributions: cython.p_double) -> None:
        """Add a share of the distance to the contributions, in proportion to a member's own."""
        k: cython.Py_ssize_t
        count: cython.Py_ssize_t = standard.features.count
        positive: cython.p_double = standard.features.scratch.at
        for k in range(count):
            positive[k] = max(self.shares.at[standard.features.present.at[k]], 0.0)
        whole: cython.double = total(positive, count)
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
        active = [*range(self.quick_members()), *range(QUICK, QUICK + self.slow_members())]
        return {NAMES[k]: self.relatives.at[k] for k in active}

    def prepare(self) -> cython.int:
        """Give back memory that is no longer needed: of the start, of members left out."""
        self.long_memory.prepare()
        self.bits.prepare()
        if not self.narrow and self.long_memory.past.size > 0:
            self.make_members(self.long_memory.past.features)
        self.relative.close_start()
        return self.slow.close_start()

    def resume(self, events: float) -> None:
        """Start anew with what distances usually are, and with how features move together."""
        self.relative.restart_soon()
        self.slow.restart_soon()
        self.subspace.resume(events)
        if self.narrow:
            self.covariance.resume(events)
            self.neighbours.resume(events)
            self.bit_neighbours.resume(events)

    def shorten(self, events: float) -> None:
        """Reduce the weight of what remembers long to that of ``events``."""
        self.bits.shorten(events)
        self.long_memory.shorten(events)
        self.neighbours.shorten(events)
        self.bit_neighbours.shorten(events)

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for every member that is active with ``size`` features."""
        self.shares.grow(size)
        self.subspace.grow(standard, size)
        self.bits.grow(standard, size)
        self.slow.close_start()
        if (self.active.next_count <= NARROW) != self.narrow:
            self.relative.reopen()
        if self.active.next_count <= NARROW:
            if not self.narrow:
                self.make_members(standard.features)
            self.long_memory.grow(standard, size)
            self.covariance.grow(standard, size)
            self.neighbours.grow(standard, size)
            self.bit_neighbours.grow(standard, size)
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        narrow: cython.bint = self.active.next_count <= NARROW
        self.subspace.add_features(size)
        self.bits.add_features(size)
        if narrow:
            self.long_memory.add_features(size)
            self.covariance.add_features(size)
        if narrow != self.narrow:
            self.since = self.long_memory.past.features.clock
            # The plane is one of other features.
            self.relative.restart(SUBSPACE)
            self.slow.restart(ALWAYS_SLOW)
        self.changed = self.changed or narrow != self.narrow
        self.narrow = narrow

    def take_change(self) -> cython.bint:
        """Whether members came or went since the last call."""
        changed: cython.bint = self.changed
        self.changed = False
        return changed

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.subspace.reset_feature(j)
        self.bits.reset_feature(j)
        if j < self.long_memory.past.size:
            self.long_memory.reset_feature(j)
            self.neighbours.reset_feature(j)
            self.bit_neighbours.reset_feature(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of the members that take part, and of their usual distances."""
        numbers: cython.Py_ssize_t = 1 + self.relative.least_numbers() + self.slow.least_numbers()
        numbers += self.persistence.least_numbers()
        numbers += self.subspace.least_numbers(size) + self.bits.least_numbers(size)
        if size <= NARROW:
            numbers += self.long_memory.least_numbers(size) + self.covariance.least_numbers(size)
            numbers += self.neighbours.least_numbers(size) + self.bit_neighbours.least_numbers(size)
        return numbers

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        self.subspace.exchange(standard, archive)
        self.bits.exchange(standard, archive)
        if self.narrow:
            self.long_memory.exchange(standard, archive)
            self.covariance.exchange(standard, archive)
            self.neighbours.exchange(standard, archive)
            self.bit_neighbours.exchange(standard, archive)
        self.since = archive.count(self.since)
        archive.check(self.since, 0.0, standard.features.clock, "start of members")
        self.persistence.exchange(archive)
        self.relative.exchange(archive)
        return self.slow.exchange(archive)


def events_of(memory: Any) -> Any:
    """Events that a memory stands for."""
    return MEMORIES.get(memory, memory)


def excess(t: float) -> float:
    """What a relative distance counts for where only far ones do."""
    return max(t / OUTLYING - 1.0, 0.0)
