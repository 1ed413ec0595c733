# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event from the plane near which events lie."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.amplitudes import Amplitudes
from clipsgd_river._kernels.archive import Archive
from clipsgd_river._kernels.buffers import enlarged, zeros
from clipsgd_river._kernels.location_scale import LocationScaleKernel
from clipsgd_river._kernels.principal_subspace import PrincipalSubspace

try:
    import cython
except ImportError:
    from clipsgd_river._kernels import _shim as cython

if not cython.compiled:
    from math import fabs, log, sqrt

    from clipsgd_river._kernels.buffers import doubles
    from clipsgd_river._kernels.location_scale import BAND, LARGEST_DEVIATION

# Deviations in units enter the subspace up to this; what exceeds it adds a logarithm, as the tail
# of a Student distribution would.
LARGEST_COORDINATE = 4.0
# Step of centre and directions where the learning rate is automatic: a memory of 50 events.
RATE = 0.02
LARGEST_RATE = 0.5
# An event twice as strong as usual may have a residual this many times as large, and so on.
LARGEST_LEVEL = 2.0
# No mean of values up to 1e150 exceeds this.
LARGEST_CENTRE = 1e152


class SubspaceKernel(LocationScaleKernel):
    """A `PrincipalSubspace` of the deviations from a clipped mean, in units of `Amplitudes`.

    Location and scale are those of the base and serve the amplitudes; the centre of the plane is
    a mean of its own, which follows the plane's step, since a plane off the mean of its events
    spends a direction on the difference.
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
        """Coordinates of the event in units, and the excess of those beyond 4."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        z: cython.double
        size: cython.double
        values: cython.p_double = self.features.values
        weights: cython.p_double = self.features.scratch
        coordinates: cython.p_double = self.subspace.coordinates
        self.standardise()
        unit: cython.p_double = self.amplitudes.measure(self.features, self.scale)
        common: cython.double = self.temper()
        judged: cython.double = 0.0
        if self.features.count < self.features.size:
            for k in range(self.features.size):
                coordinates[k] = 0.0
        for k in range(self.features.count):
            j = self.features.present[k]
            z = self.deviation[k]
            if unit[k] > 0.0:
                z = (values[j] - self.centre[j]) / unit[k]
            z = z * (common if common > 0.0 else weights[k])
            if self.seen[j] > 0.0:
                judged += 1.0
            else:
                z = 0.0
            coordinates[j] = max(min(z, LARGEST_COORDINATE), -LARGEST_COORDINATE)
            size = min(fabs(z), LARGEST_DEVIATION)
            self.excess[k] = 0.0
            if size > LARGEST_COORDINATE:
                self.excess[k] = 2.0 * log(size / LARGEST_COORDINATE)
        self.subspace.judged = judged

    def measure_level(self) -> None:
        """How strong the event is beside a usual one: the residual may be in proportion."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        value: cython.double
        usual: cython.double = self.subspace.judged * self.subspace.spread()
        actual: cython.double = 0.0
        for k in range(self.features.count):
            j = self.features.present[k]
            if self.amplitudes.unit[k] > 0.0 and self.seen[j] > 0.0:
                value = self.centre[j] / self.amplitudes.unit[k]
                value = max(min(value, LARGEST_DEVIATION), -LARGEST_DEVIATION)
                usual += value * value
                value = self.features.values[j] / self.amplitudes.unit[k]
                value = max(min(value, LARGEST_DEVIATION), -LARGEST_DEVIATION)
                actual += value * value
        self.subspace.level = 1.0
        if usual > 0.0:
            self.subspace.level = max(min(sqrt(actual / usual), LARGEST_LEVEL), 1.0 / LARGEST_LEVEL)

    def distance(self) -> float:
        """Distance of the plane, and the excess."""
        k: cython.Py_ssize_t
        total: cython.double = 0.0
        self.deviate()
        self.measure_level()
        for k in range(self.features.count):
            total += self.excess[k]
        return total + self.subspace.distance(self.features)

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
            if self.seen[j] < self.start.length:
                self.subspace.coordinates[j] = 0.0
            else:
                settled += 1.0
        self.subspace.step(self.rate(), settled)
        self.move_centre()
        self.amplitudes.learn(self.features, self.location, self.scale, self.events)
        LocationScaleKernel.step(self)
        if self.starting > 0 or self.irregular > 0:
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
