# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event from the plane near which events lie."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.anomaly.amplitudes import Amplitudes
from clipsgd_river._kernels.anomaly.principal_subspace import PrincipalSubspace
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import enlarged, zeros
from clipsgd_river._kernels.sgd.location_scale import LocationScaleKernel

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython

if not cython.compiled:
    from math import fabs, log, sqrt

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.vector import total
    from clipsgd_river._kernels.sgd.location_scale import BAND, LARGEST_DEVIATION

# Deviations in units enter the subspace up to this; what exceeds it adds a logarithm, as the tail
# of a Student distribution would.
LARGEST_COORDINATE = 4.0
# Step of centre and directions where the learning rate is automatic: a memory of 50 events.
RATE = 0.02
LARGEST_RATE = 0.5
# A strong event may have a residual this many times as large as usual, a weak one as small.
LARGEST_LEVEL = 1.5
# No mean of values up to 1e150 exceeds this.
LARGEST_CENTRE = 1e152


class SubspaceKernel(LocationScaleKernel):
    r"""A `PrincipalSubspace` of the deviations from a clipped mean, in units of `Amplitudes`.

    Location and scale are those of the base and serve the amplitudes; the centre c of the plane
    is a mean of its own, which follows the plane's step, since a plane off the mean of its events
    spends a direction on the difference.

    Noise often grows with what is measured: a bold digit leaves a larger residual than a thin one,
    a busy hour than a quiet one. The residual's usual energy is therefore multiplied by the level
    of the event, as a count's variance is by its mean:

    .. math:: \ell = \|x / \sigma\| / \sqrt{\|c / \sigma\|^2 + E \|u\|^2},

    within 2/3 and 3/2. Where values are far from 0 beside their deviations it is 1.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        components = settings["n_components"]
        self.amplitudes = Amplitudes()
        self.subspace = PrincipalSubspace(
            0 if components == "auto" else components, settings["clip"]
        )
        self.centre_values = zeros(0)
        self.excess_values = zeros(0)
        LocationScaleKernel.__init__(self, settings)

    def point(self) -> cython.int:
        """Aim the pointers at their owners."""
        LocationScaleKernel.point(self)
        self.centre = doubles(self.centre_values)
        self.excess = doubles(self.excess_values)
        return 0

    def reserve(self, size: cython.Py_ssize_t) -> cython.int:
        """Make room for ``size`` features."""
        centre = enlarged(self.centre_values, size)
        excess = zeros(size)
        self.amplitudes.reserve(size)
        self.subspace.reserve(size)
        LocationScaleKernel.reserve(self, size)
        self.centre_values = centre
        self.excess_values = excess
        self.point()
        return 0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of location and scale, centre and amplitudes, and of no directions."""
        return 6 * size + self.subspace.least_numbers()

    def deviate(self) -> None:
        """Coordinates of the event in units, the excess of those beyond 4, and the level."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        z: cython.double
        size: cython.double
        location: cython.double
        strength: cython.double
        whole: cython.bint = self.features.count == self.features.size
        present: cython.p_int = self.features.present
        values: cython.p_double = self.features.values
        weights: cython.p_double = self.features.scratch
        coordinates: cython.p_double = self.subspace.coordinates
        centre: cython.p_double = self.centre
        excess: cython.p_double = self.excess
        judged: cython.double = 0.0
        usual: cython.double = 0.0
        actual: cython.double = 0.0
        self.standardise()
        self.amplitudes.measure(self.features, self.scale)
        inverse: cython.p_double = self.amplitudes.inverse
        common: cython.double = self.temper()
        if not whole:
            for k in range(self.features.size):
                coordinates[k] = 0.0
        for k in range(self.features.count):
            j = k if whole else present[k]
            z = self.deviation[k] if inverse[k] == 0.0 else (values[j] - centre[j]) * inverse[k]
            z = z * (common if common > 0.0 else weights[k])
            z = z if self.seen[j] > 0.0 else 0.0
            coordinates[j] = max(min(z, LARGEST_COORDINATE), -LARGEST_COORDINATE)
            excess[k] = fabs(z)
        for k in range(self.features.count):
            j = k if whole else present[k]
            if self.seen[j] == 0.0:
                excess[k] = 0.0
                continue
            judged += 1.0
            size = min(excess[k], LARGEST_DEVIATION)
            excess[k] = 2.0 * log(size / LARGEST_COORDINATE) if size > LARGEST_COORDINATE else 0.0
            location = max(min(centre[j] * inverse[k], LARGEST_DEVIATION), -LARGEST_DEVIATION)
            strength = max(min(values[j] * inverse[k], LARGEST_DEVIATION), -LARGEST_DEVIATION)
            usual += location * location
            actual += strength * strength
        usual += judged * self.subspace.spread()
        self.subspace.judged = judged
        self.subspace.level = 1.0
        if usual > 0.0:
            self.subspace.level = max(min(sqrt(actual / usual), LARGEST_LEVEL), 1.0 / LARGEST_LEVEL)

    def distance(self) -> float:
        """Distance of the plane, and the excess."""
        self.deviate()
        return self.subspace.distance(self.features) + total(self.excess, self.features.count)

    def usual_distance(self) -> float:
        """About log 2 for each feature: both spaces at their usual energy."""
        return 0.65 * self.features.count

    def contribute(self, contributions: cython.p_double) -> None:
        """Shares of the plane's distance and the excess: they sum to the distance."""
        k: cython.Py_ssize_t
        self.subspace.contribute(self.features, contributions)
        for k in range(self.features.count):
            contributions[self.features.present[k]] += self.excess[k]

    def rate(self) -> float:
        """Step of centre and directions."""
        if self.location_step.automatic:
            return RATE
        return min(self.location_step.rate, LARGEST_RATE)

    def step(self) -> None:
        """Clipped steps of directions, centre, amplitudes, location and scale."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        settled: cython.double = 0.0
        for k in range(self.features.count):
            j = self.features.present[k]
            # What `excess` held is used up; it now says which features are settled.
            self.excess[k] = 1.0
            if self.seen[j] < self.start.length:
                self.subspace.coordinates[j] = 0.0
                self.excess[k] = 0.0
            settled += self.excess[k]
        self.subspace.step(self.rate(), settled, settled < self.features.count)
        self.move_centre()
        self.amplitudes.learn(self.features, self.location, self.scale, self.excess, self.events)
        follow: cython.bint = self.irregular > 0
        LocationScaleKernel.step(self)
        if follow or self.irregular > 0:
            for k in range(self.features.count):
                j = self.features.present[k]
                if self.seen[j] <= self.start.length or self.precision[j] == 0.0:
                    self.centre[j] = self.location[j]

    def move_centre(self) -> None:
        """Step of the centre along the coordinates that the subspace has just learned."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        rate: cython.double = max(self.rate(), 1.0 / (self.subspace.events + 1.0))
        rate = rate * self.subspace.kept
        for k in range(self.features.count):
            j = self.features.present[k]
            self.centre[j] += rate * self.subspace.coordinates[j] * self.amplitudes.unit[k]

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        j: cython.Py_ssize_t
        LocationScaleKernel.exchange(self, archive)
        self.amplitudes.exchange(archive, self.features.size)
        self.centre_values = archive.vector(self.centre_values, self.features.size)
        self.point()
        for j in range(self.features.size):
            if fabs(self.centre[j]) > LARGEST_CENTRE:
                raise ValueError("the state holds an impossible centre: it is damaged")
        self.subspace.exchange(archive)
        return 0

    def units(self) -> list[float]:
        """Unit of each feature."""
        j: cython.Py_ssize_t
        return [self.amplitudes.unit_of(self.scale[j], j) for j in range(self.features.size)]

    def bands(self) -> dict[Any, tuple[float, float, float]]:
        """Band of each feature alone."""
        j: cython.Py_ssize_t
        return {
            self.features.names[j]: (
                self.centre[j] - BAND * self.scale[j],
                self.centre[j],
                self.centre[j] + BAND * self.scale[j],
            )
            for j in range(self.features.size)
        }

    def expect_one(self, event: Any) -> dict[Any, tuple[float, float, float]]:
        """Band of 95 %: each feature alone, or given the other features of ``event``."""
        k: cython.Py_ssize_t
        self.claim()
        try:
            band = self.bands()
            if event is None:
                return band
            self.load(event, False)
            self.distance()
            self.subspace.explain_plane()
            for k in range(self.features.count):
                j = self.features.present[k]
                own = self.subspace.precision(j)
                unit = self.amplitudes.unit[k]
                middle = self.centre[j] + unit * (
                    self.subspace.coordinates[j] - self.subspace.pull(j) / own
                )
                spread = BAND * unit / sqrt(own)
                band[self.features.names[j]] = (middle - spread, middle, middle + spread)
            return band
        finally:
            self.busy = False

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        return [
            *LocationScaleKernel.owners(self),
            self.centre_values,
            self.excess_values,
            *self.amplitudes.owners(),
            *self.subspace.owners(),
        ]
