# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Kernel of a detector whose distance is one part's."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.sgd.location_scale import LocationScaleKernel

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.sgd.location_scale import BAND


class PartKernel(LocationScaleKernel):
    """Kernel of a detector that is one part on a ground: location, scale and what judges them."""

    def __init__(self, settings: dict[str, Any], part: Part) -> None:
        self.part = part
        LocationScaleKernel.__init__(self, settings)

    def distance(self) -> float:
        """Distance that the part finds."""
        self.temper_deviations()
        return self.part.distance(self)

    def usual_distance(self) -> float:
        """Mean distance of the part at standard normal features."""
        return self.part.usual_distance(self)

    def contribute(self, contributions: cython.p_double) -> None:
        """Contributions that the part finds."""
        self.part.contribute(self, contributions)

    def step(self) -> None:
        """Clipped steps of the part, of location and of scale."""
        self.part.step(self)
        LocationScaleKernel.step(self)

    def prepare(self) -> cython.int:
        """Let ground and part do what needs the interpreter."""
        LocationScaleKernel.prepare(self)
        return self.part.prepare(self)

    def reserve(self, size: cython.Py_ssize_t) -> cython.int:
        """Make room for ``size`` features in the ground and in the part, or in neither."""
        room = self.part.room(self, size)
        LocationScaleKernel.reserve(self, size)
        return self.part.occupy(room, size)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of location and scale, and of the part."""
        return LocationScaleKernel.least_numbers(self, size) + self.part.least_numbers(size)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        LocationScaleKernel.exchange(self, archive)
        return self.part.exchange(self, archive)

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
            expected = zeros(self.features.count)
            spread = zeros(self.features.count)
            self.part.expect(self, doubles(expected), doubles(spread))
            for k in range(self.features.count):
                j = self.features.present[k]
                half = BAND * spread[k]
                band[self.features.names[j]] = (
                    self.location[j] + self.scale[j] * (expected[k] - half),
                    self.location[j] + self.scale[j] * expected[k],
                    self.location[j] + self.scale[j] * (expected[k] + half),
                )
            return band
        finally:
            self.busy = False

    def shorten(self, events: float) -> None:
        """Let what ground and part learned so far count no more than ``events``."""
        LocationScaleKernel.shorten(self, events)
        self.part.shorten(events)

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        return [*LocationScaleKernel.owners(self), *self.part.owners()]
