# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event by histograms of random projections."""

from __future__ import annotations

from array import array
from statistics import NormalDist
from typing import Any

import cython

from clipsgd_river._kernels.anomaly.fourier_weights import frequencies, spelled
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import fabs, floor, log, sqrt

    from clipsgd_river._kernels.anomaly.part import NEAR_SQUARE, RESUMED
    from clipsgd_river._kernels.core.archive import LARGEST_COUNT

# What settings without these parameters take.
PROJECTIONS = 128
MEMORY = 10_000
BINS = 16
# Mean log(M / m) of standard normal projections, by numerical integration.
NORMAL_DISTANCE = 0.2819752755266462
# Events that the normal masses at the start are worth.
PRIOR_EVENTS = 32.0
# Deviations enter a projection up to this: whatever others there are, its value is then far out.
LARGEST_POINT = 1e6
# Ratios of masses are multiplied up to here before one logarithm is taken of the product.
LARGEST_PRODUCT = 1e200
# A feature alone may have a weight of 0.
SMALLEST_NORM = 1e-300
# More weights than this, 1 GB, are refused.
LARGEST_WEIGHTS = 2**27


class ProjectionsPart(Part):
    r"""Mean over K random projections of how rare values are where that of the event lies.

    The value of a projection is

    .. math:: p = \sum_j w_j z_j \Big/ \sqrt{\textstyle\sum_j w_j^2},

    w_j being normal numbers from a hash of the seed and the feature's name: standard normal if the
    features are so and independent. The first sum is over the features present, the second over
    the active ones (`Attendance`), so that a missing value is an expected one. p / (1 + |p|), from
    -1 to 1, has 16 bins: the outermost begin at p = 7, and a projection that is several times wider
    still has its place. A value counts for the two bins whose middles it lies between, in
    proportion, and its mass m is between theirs likewise. Masses follow in steps
    eta = max(1 / (n + 32), 1 / T) after n events; before them they are those of a normal variable.
    With M the largest mass, the distance is

    .. math:: r = \frac{\|z\|^2}{\|z\|^2 + 10^{-6}} \cdot
              \frac1K \sum_{k=1}^K \log \frac{M_k + \eta / 2}{m_k + \eta / 2}.

    Half a step is added, since that no event was in a bin tells little beyond how many were
    elsewhere. The contribution of a feature is the drop of the distance when it takes its expected
    value. Only features that have started teach. When others become active, past events
    count for the share of the squared weights that stays.

    Departs from Loda, whose projections are sparse, in that every feature is in every one: then
    none has to be drawn anew when features come.

    O(d K) per event and to explain one; 128 K bytes of state, 8 d K of random numbers.

    Parameters
    ----------
    settings
        ``n_projections`` K and ``memory`` T in events, where they are given, and ``seed``.
    features
        Those of the detector.

    References
    ----------
    T. Pevny, *Loda: lightweight on-line detector of anomalies*, Machine Learning 102, 2016.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        count: cython.Py_ssize_t = settings.get("n_projections", PROJECTIONS)
        self.features = features
        self.memory = settings.get("memory", MEMORY)
        self.seed = settings["seed"]
        self.projections = count
        self.active = features.follow_active()
        self.size = 0
        self.events = 0.0
        # Whether features have become active that the norms do not know.
        self.pending = False
        # By position of the feature, one for each projection.
        self.weights = Vector()
        self.next_weights = Vector()
        self.masses = Vector()
        self.masses.replace(normal_masses() * count)
        # The largest mass of each projection, and the norm of the weights of active features.
        self.modes = Vector(count)
        self.norms = Vector(count)
        self.find_modes()
        self.set_norms(self.active.positions.at, 0)
        # Of the loaded event: sums, and places among the bins.
        self.sums = Vector(count)
        self.other_sums = Vector(count)
        self.places = Vector(count)
        self.point = Vector()

    def distance(self, standard: LocationScale) -> float:
        """Mean log(M / m)."""
        count: cython.Py_ssize_t = standard.features.count
        z: cython.p_double = standard.z.at
        point: cython.p_double = self.point.at
        k: cython.Py_ssize_t
        if count == 0:
            return 0.0
        for k in range(count):
            point[k] = max(min(z[k], LARGEST_POINT), -LARGEST_POINT)
        self.project(standard.features.present.at, count)
        return self.combine(count)

    def combine(self, count: cython.Py_ssize_t) -> float:
        """Distance of the point, whose places are known."""
        square: cython.double = 0.0
        k: cython.Py_ssize_t
        for k in range(count):
            square += self.point.at[k] * self.point.at[k]
        return square / (square + NEAR_SQUARE) * self.mean_surprise()

    def project(self, present: cython.p_int, count: cython.Py_ssize_t) -> None:
        """Find the sums of the point, and its place in every projection."""
        weights: cython.p_double = self.weights.at
        point: cython.p_double = self.point.at
        sums: cython.p_double = self.sums.at
        projections: cython.Py_ssize_t = self.projections
        u: cython.double
        start: cython.Py_ssize_t
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for i in range(projections):
            sums[i] = 0.0
        for k in range(count):
            start = present[k] * projections
            u = point[k]
            for i in range(projections):
                sums[i] += weights[start + i] * u
        self.locate(sums)

    def locate(self, sums: cython.p_double) -> None:
        """Find where the sums of each projection lie between the middles of its bins."""
        norms: cython.p_double = self.norms.at
        places: cython.p_double = self.places.at
        p: cython.double
        place: cython.double
        i: cython.Py_ssize_t
        for i in range(self.projections):
            p = sums[i] / norms[i]
            place = (p / (1.0 + fabs(p)) + 1.0) * (0.5 * BINS) - 0.5
            places[i] = max(min(place, BINS - 1.0), 0.0)

    def mass(self, i: cython.Py_ssize_t) -> float:
        """Mass around the place of the i-th projection."""
        place: cython.double = self.places.at[i]
        b: cython.Py_ssize_t = min(cython.cast(cython.Py_ssize_t, place), BINS - 2)
        low: cython.double = self.masses.at[BINS * i + b]
        high: cython.double = self.masses.at[BINS * i + b + 1]
        return low + (place - b) * (high - low)

    def rate(self) -> float:
        """Step of the masses at the next event."""
        return max(1.0 / (self.events + PRIOR_EVENTS), 1.0 / self.memory)

    def mean_surprise(self) -> float:
        """Mean log(M / m) over the projections."""
        total: cython.double = 0.0
        product: cython.double = 1.0
        floor: cython.double = 0.5 * self.rate()
        i: cython.Py_ssize_t
        for i in range(self.projections):
            product *= (self.modes.at[i] + floor) / (self.mass(i) + floor)
            if product > LARGEST_PRODUCT:
                total += log(product)
                product = 1.0
        return max((total + log(product)) / self.projections, 0.0)

    def find_modes(self) -> None:
        """Largest mass of each projection."""
        i: cython.Py_ssize_t
        b: cython.Py_ssize_t
        for i in range(self.projections):
            self.modes.at[i] = 0.0
            for b in range(BINS * i, BINS * (i + 1)):
                self.modes.at[i] = max(self.modes.at[i], self.masses.at[b])

    def follow_active(self, positions: cython.p_int, count: cython.Py_ssize_t) -> None:
        """Let the features at these positions be the active ones.

        Past events count for the share of the squared weights that stays: with a tenth of the
        features gone the masses are nearly right, with a tenth left they are not.
        """
        before: cython.double = self.energy()
        after: cython.double
        self.set_norms(positions, count)
        after = self.energy()
        self.events = floor(self.events * (min(before, after) / max(before, after)))

    def energy(self) -> float:
        """Sum of the squared norms."""
        found: cython.double = 0.0
        i: cython.Py_ssize_t
        for i in range(self.projections):
            found += self.norms.at[i] * self.norms.at[i]
        return found

    def set_norms(self, positions: cython.p_int, count: cython.Py_ssize_t) -> None:
        """Norm of the weights of the features at these positions in each projection."""
        weights: cython.p_double = self.weights.at
        norms: cython.p_double = self.norms.at
        start: cython.Py_ssize_t
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        self.pending = False
        for i in range(self.projections):
            norms[i] = 0.0
        for k in range(count):
            start = positions[k] * self.projections
            for i in range(self.projections):
                norms[i] += weights[start + i] * weights[start + i]
        for i in range(self.projections):
            norms[i] = sqrt(max(norms[i], SMALLEST_NORM))

    def usual_distance(self, standard: LocationScale) -> float:
        """That of standard normal projections."""
        return NORMAL_DISTANCE if standard.features.count > 0 else 0.0

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """By how much the distance drops when a feature takes its expected value, for each."""
        count: cython.Py_ssize_t = standard.features.count
        present: cython.p_int = standard.features.present.at
        weights: cython.p_double = self.weights.at
        others: cython.p_double = self.other_sums.at
        sums: cython.p_double = self.sums.at
        u: cython.double
        start: cython.Py_ssize_t
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        whole: cython.double = self.combine(count)
        for k in range(count):
            start = present[k] * self.projections
            u = self.point.at[k]
            for i in range(self.projections):
                others[i] = sums[i] - weights[start + i] * u
            self.locate(others)
            self.point.at[k] = 0.0
            contributions[present[k]] = whole - self.combine(count)
            self.point.at[k] = u
        self.locate(sums)

    def step(self, standard: LocationScale, events: float) -> None:
        """One step of the masses; features that have not started are as expected."""
        masses: cython.p_double = self.masses.at
        rate: cython.double = self.rate()
        share: cython.double
        kept: cython.double = 1.0 - rate
        started: cython.Py_ssize_t = 0
        b: cython.Py_ssize_t
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        if self.pending or standard.starting > 0:
            # What changes between two events counts from here on.
            for k in range(standard.features.count):
                if standard.has_started(standard.features.present.at[k]):
                    started += 1
                else:
                    self.point.at[k] = 0.0
            if self.pending:
                self.follow_active(self.active.positions.at, self.active.count)
            if started == 0:
                return
            self.project(standard.features.present.at, standard.features.count)
        self.events = min(self.events + 1.0, LARGEST_COUNT)
        for i in range(BINS * self.projections):
            masses[i] *= kept
        for i in range(self.projections):
            b = min(cython.cast(cython.Py_ssize_t, self.places.at[i]), BINS - 2)
            share = rate * (self.places.at[i] - b)
            b += BINS * i
            masses[b] += rate - share
            masses[b + 1] += share
            self.modes.at[i] = max(max(self.modes.at[i] * kept, masses[b]), masses[b + 1])

    def resume(self, events: float) -> None:
        """Let events after a silence weigh as much as those in it."""
        self.events = min(self.events, RESUMED)

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events to that of ``events``."""
        self.events = min(self.events, events)

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Find the weights of new features, and of those that take the places of others."""
        count: cython.Py_ssize_t = self.projections
        if size * count > LARGEST_WEIGHTS:
            raise ValueError(
                f"{size} features and {count} projections take more than 1 GB of weights; lower "
                "max_features"
            )
        weights = array("d", self.weights.memory[: self.size * count])
        for name in standard.features.coming_names()[self.size : size]:
            weights.extend(frequencies(spelled(name), self.seed, count))
        for position, name in standard.features.passing:
            row = frequencies(spelled(name), self.seed, count)
            weights[position * count : (position + 1) * count] = row
        self.next_weights = Vector()
        if weights:
            self.next_weights.replace(weights)
        self.point.grow(size)
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all; what changes between two events counts at once."""
        self.pending = True
        self.weights = self.next_weights
        self.size = size
        if size == self.features.size:
            self.follow_active(self.active.next_positions.at, self.active.next_count)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """A count and the masses of each projection."""
        return BINS * self.projections + 1

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the masses through ``archive``; weights follow from the names."""
        if self.pending and not archive.reading:
            # Features have started with an event that was not learned.
            self.follow_active(self.active.positions.at, self.active.count)
        self.events = archive.count(self.events)
        self.masses.exchange_bounded(
            archive, BINS * self.projections, 0.0, 1.0 + 1e-9, "mass of a bin"
        )
        if archive.reading:
            self.find_modes()
            self.set_norms(self.active.positions.at, self.active.count)
        return 0


def normal_masses() -> array[float]:
    """Share of a standard normal variable p in each bin of p / (1 + |p|), from -1 to 1."""
    edges = [-1.0 + 2.0 * b / BINS for b in range(1, BINS)]
    below = [NormalDist().cdf(edge / (1.0 - abs(edge))) for edge in edges]
    return array("d", [high - low for low, high in zip([0.0, *below], [*below, 1.0], strict=True)])
