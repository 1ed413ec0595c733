"""What detectors with a location and a scale per feature have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clipsgd_river import _settings
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from clipsgd_river._kernels.sgd.location_scale import LocationScaleKernel


class LocatedDetector(ClippedDetector):
    """Base of the detectors on a `LocationScaleKernel`."""

    _kernel: LocationScaleKernel

    @property
    def location_(self) -> NDArray[np.float64]:
        """Clipped mean of each feature, in its unit, ordered as `features_`; shape (d,)."""
        self._check_learned()
        return np.array(self._kernel.location_values[: self._kernel.features.size])

    @property
    def scale_(self) -> NDArray[np.float64]:
        """Clipped standard deviation of each feature, in its unit; 0 for a constant; shape (d,)."""
        self._check_learned()
        return np.array(self._kernel.scale_values[: self._kernel.features.size])

    def shorten_memory(self, events: int) -> None:
        """Let what was learned so far count no more than ``events`` events, for location and scale.

        For the moment at which a change is known, as `ChangeAwareDetector` finds it: steps are then
        1 / events at least, and shrink from there. Nothing is reset.

        Parameters
        ----------
        events
            At least 1; fewer than ``warm_up`` count as that many.
        """
        self._kernel.shorten(_settings.count("events", events))
