# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event from the plane near which events lie."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.amplitudes import Amplitudes
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.principal_subspace import PrincipalSubspace
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.anomaly.part import LARGEST_COORDINATE, RESUMED, TAIL_WEIGHT, tail
    from clipsgd_river._kernels.core.reductions import total
    from clipsgd_river._kernels.sgd.deviations import BAND, LARGEST_DEVIATION

# Step of centre and directions where the learning rate is automatic: a memory of 50 events.
RATE = 0.02
LARGEST_RATE = 0.5
# A strong event may have a residual this many times as large as usual, a weak one as small.
LARGEST_LEVEL = 1.5
# No mean of values up to 1e150 exceeds this.
LARGEST_CENTRE = 1e152


class SubspacePart(Part):
    r"""A `PrincipalSubspace` of the deviations from a clipped mean, in units of `Amplitudes`.

    The detector's location and scale serve the amplitudes; the centre c of the plane is a mean of
    its own, which follows the plane's step, since a plane off the mean of its events spends a
    direction on the difference.

    Noise often grows with what is measured: a bold digit leaves a larger residual than a thin one,
    a busy hour than a quiet one. The residual's usual energy is therefore multiplied by the level
    of the event, as a count's variance is by its mean:

    .. math:: \ell = \|x / \sigma\| / \sqrt{\|c / \sigma\|^2 + E \|u\|^2},

    within 2/3 and 3/2. Where values are far from 0 beside their deviations it is 1.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        components = settings["n_components"]
        self.amplitudes = Amplitudes(features)
        self.subspace = PrincipalSubspace(
            0 if components == "auto" else components, settings["clip"], features
        )
        self.centres = Vector()
        self.excess = Vector()
        self.irregular = False

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.centres.grow(size)
        self.excess.grow(size)
        self.amplitudes.grow(size)
        return self.subspace.grow(size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        self.subspace.add_features(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.centres.at[j] = 0.0
        self.amplitudes.median.at[j] = 0.0
        self.amplitudes.count.at[j] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of centre and amplitudes, and of no directions."""
        return 3 * size + self.subspace.least_numbers()

    def deviate(self, standard: LocationScale) -> None:
        """Coordinates of the event in units, the excess of those beyond 4, and the level."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        z: cython.double
        location: cython.double
        strength: cython.double
        count: cython.Py_ssize_t = standard.features.count
        whole: cython.bint = count == standard.features.size
        present: cython.p_int = standard.features.present.at
        values: cython.p_double = standard.features.values.at
        weights: cython.p_double = standard.features.scratch.at
        deviation: cython.p_double = standard.deviation.at
        seen: cython.p_double = standard.seen.at
        coordinates: cython.p_double = self.subspace.coordinates.at
        centre: cython.p_double = self.centres.at
        excess: cython.p_double = self.excess.at
        known: cython.double = 0.0
        active: cython.double = 0.0
        usual: cython.double = 0.0
        actual: cython.double = 0.0
        side: cython.Py_ssize_t = self.subspace.size
        slot: cython.p_int = self.subspace.locate(standard.features)
        self.amplitudes.measure(standard.features, standard.scale.at)
        inverse: cython.p_double = self.amplitudes.inverse.at
        common: cython.double = standard.shrinkage()
        if not whole or side < standard.features.size:
            for k in range(side):
                coordinates[k] = 0.0
        for k in range(count):
            j = k if whole else present[k]
            z = deviation[k] if inverse[k] == 0.0 else (values[j] - centre[j]) * inverse[k]
            z = z * (common if common > 0.0 else weights[k])
            z = z if seen[j] > 0.0 else 0.0
            coordinates[slot[k]] = max(min(z, LARGEST_COORDINATE), -LARGEST_COORDINATE)
            excess[k] = fabs(z)
        for k in range(count):
            j = k if whole else present[k]
            if seen[j] == 0.0:
                excess[k] = 0.0
                continue
            known += 1.0
            active += 1.0 if slot[k] < side else 0.0
            excess[k] = tail(min(excess[k], LARGEST_DEVIATION), TAIL_WEIGHT)
            location = max(min(centre[j] * inverse[k], LARGEST_DEVIATION), -LARGEST_DEVIATION)
            strength = max(min(values[j] * inverse[k], LARGEST_DEVIATION), -LARGEST_DEVIATION)
            usual += location * location
            actual += strength * strength
        usual += known * self.subspace.spread()
        self.subspace.present = known
        self.subspace.active_present = active
        self.subspace.level = 1.0
        if usual > 0.0:
            self.subspace.level = max(min(sqrt(actual / usual), LARGEST_LEVEL), 1.0 / LARGEST_LEVEL)

    def distance(self, standard: LocationScale) -> float:
        """Distance of the plane, and the excess."""
        self.deviate(standard)
        return self.subspace.distance(standard.features) + total(
            self.excess.at, standard.features.count
        )

    def usual_distance(self, standard: LocationScale) -> float:
        """About log 2 for each feature: both spaces at their usual energy."""
        return 0.65 * standard.features.count

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """Shares of the plane's distance and the excess: they sum to the distance."""
        k: cython.Py_ssize_t
        self.subspace.contribute(standard.features, contributions)
        for k in range(standard.features.count):
            contributions[standard.features.present.at[k]] += self.excess.at[k]

    def rate(self, standard: LocationScale) -> float:
        """Step of centre and directions."""
        if standard.location_step.automatic:
            return RATE
        return min(standard.location_step.rate, LARGEST_RATE)

    def step(self, standard: LocationScale, events: float) -> None:
        """Clipped steps of directions, centre and amplitudes."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        count: cython.Py_ssize_t = standard.features.count
        started: cython.double = 0.0
        slot: cython.p_int = self.subspace.slot
        for k in range(count):
            j = standard.features.present.at[k]
            # From here on `excess` marks the features that have started.
            self.excess.at[k] = 1.0
            if not standard.has_started(j):
                self.subspace.coordinates.at[slot[k]] = 0.0
                self.excess.at[k] = 0.0
            elif slot[k] < self.subspace.size:
                started += 1.0
        self.subspace.step(self.rate(standard), started, started < count)
        self.move_centre(standard)
        self.amplitudes.learn(
            standard.features, standard.location.at, standard.scale.at, self.excess.at, events
        )
        self.irregular = standard.irregular > 0

    def after_step(self, standard: LocationScale) -> None:
        """Put the centre of features that start, or are constant, at their location."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        if self.irregular or standard.irregular > 0:
            for k in range(standard.features.count):
                j = standard.features.present.at[k]
                if standard.seen.at[j] <= standard.start.length or standard.precision.at[j] == 0.0:
                    self.centres.at[j] = standard.location.at[j]

    def resume(self, events: float) -> None:
        """Step as after a start."""
        self.subspace.events = min(self.subspace.events, RESUMED)

    def move_centre(self, standard: LocationScale) -> None:
        """Step of the centre along the coordinates that the subspace has just learned."""
        centres: cython.p_double = self.centres.at
        slot: cython.p_int = self.subspace.slot
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        rate: cython.double = max(self.rate(standard), 1.0 / (self.subspace.events + 1.0))
        rate = rate * self.subspace.kept
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            centres[j] += rate * self.subspace.coordinates.at[slot[k]] * self.amplitudes.unit.at[k]

    def centre(self, standard: LocationScale, j: cython.Py_ssize_t) -> float:
        """Centre of the plane."""
        return self.centres.at[j]

    def expect(self, standard: LocationScale, band: cython.p_double) -> None:
        """Mean and variance given the other features, under the model of the plane."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        own: cython.double
        unit: cython.double
        middle: cython.double
        spread: cython.double
        self.subspace.explain_plane()
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            slot = self.subspace.slot[k]
            own = self.subspace.precision(slot)
            unit = self.amplitudes.unit.at[k]
            middle = self.centres.at[j] + unit * (
                self.subspace.coordinates.at[slot] - self.subspace.pull(slot) / own
            )
            spread = BAND * unit / sqrt(own)
            band[3 * k] = middle - spread
            band[3 * k + 1] = middle
            band[3 * k + 2] = middle + spread

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        size: cython.Py_ssize_t = standard.features.size
        self.amplitudes.exchange(archive, size)
        self.centres.exchange_bounded(archive, size, -LARGEST_CENTRE, LARGEST_CENTRE, "centre")
        return self.subspace.exchange(archive)

    def units(self, standard: LocationScale) -> list[float]:
        """Unit of each feature."""
        j: cython.Py_ssize_t
        return [
            self.amplitudes.unit_of(standard.scale.at[j], j) for j in range(standard.features.size)
        ]
