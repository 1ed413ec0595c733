# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What turns the deviations of an event into a distance."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import fabs, log

# Deviations enter a model up to this; what exceeds it adds TAIL_WEIGHT times the logarithm of the
# excess to the distance, as the tail of a Student distribution would.
LARGEST_COORDINATE = 4.0
TAIL_WEIGHT = 2.0
# Within a thousandth of a scale of the expected event a distance by a model falls to 0.
NEAR_SQUARE = 1e-6
# Step of the median distance: some hundred events are remembered.
USUAL_GAIN = 0.005
# What was learned in a silence counts as little as so many events once it is over.
RESUMED = 10.0


def tail(z: float, weight: float) -> float:
    """What a deviation adds to the distance beyond the model: its excess over 4, logarithmic."""
    size: cython.double = fabs(z)
    if size <= LARGEST_COORDINATE:
        return 0.0
    return weight * log(size / LARGEST_COORDINATE)


class Part:
    """An algorithm of a detector: it finds distances in standardised events.

    Every call gets the location and scale that standardise the events. Before `distance`, its
    ``deviation`` and ``z`` hold those of the loaded event: one number for each present feature,
    ``k`` in ``range(standard.features.count)``, which is the feature at position
    ``standard.features.present.at[k]``. A part keeps what it learns beyond that, so that several
    parts can share one location and scale.

    `distance`, `step`, `contribute` and `expect` may use ``standard.features.scratch``.

    Parameters
    ----------
    settings
        Those of the detector.
    features
        Its features.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        pass

    @staticmethod
    def ground(settings: dict[str, Any]) -> dict[str, Any]:
        """Settings of the location and scale that the part is given."""
        return settings

    @staticmethod
    def score_gain() -> float:
        """The smallest step of the median of distances that scores compare with."""
        return USUAL_GAIN

    def transform(self, features: FeatureTable) -> None:
        """Replace the values of the loaded event by what location, scale and distance are to see.

        Called once for each event, before it is standardised. ``features.values.at[j]`` is the
        value of the feature at position ``j = features.present.at[k]``, ``k`` in
        ``range(features.count)``: finite, and to stay finite. A value must depend on itself alone,
        not on what was learned. Here values stay as they are.
        """

    def inverse_transform(self, value: float, j: cython.Py_ssize_t) -> float:
        """Undo `transform` for a value of the feature at position j: bands are in its own unit."""
        return value

    def distance(self, standard: LocationScale) -> float:
        """Distance of the loaded event; finite, at least 0; changes scratch space only."""
        return 0.0

    def usual_distance(self, standard: LocationScale) -> float:
        """Mean distance of an event with the loaded features if they were standard normal.

        0 where that is not known.
        """
        return 0.0

    def step(self, standard: LocationScale, events: float) -> None:
        """One clipped step on the event of the last `distance`; location and scale step after it.

        Parameters
        ----------
        standard
            Location and scale.
        events
            Events so far, this one included.
        """

    def after_step(self, standard: LocationScale) -> None:
        """Update what depends on the step of location and scale."""

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """Write, by position, what each present feature adds to the last `distance`."""

    def centre(self, standard: LocationScale, j: cython.Py_ssize_t) -> float:
        """Expected value of the feature at position j, by itself."""
        return standard.location.at[j]

    def expect(self, standard: LocationScale, band: cython.p_double) -> None:
        """Write low end, middle and high end of the band of each present feature in turn.

        In the unit of the feature, given the other features of the last `distance`, so that it
        holds 95 % of a Gaussian one. Here that of a feature that stands alone.
        """
        k: cython.Py_ssize_t
        for k in range(standard.features.count):
            standard.write_band(k, 0.0, 1.0, band)

    def members(self) -> dict[str, float]:
        """Relative distance of the last event by each member, by its name."""
        return {}

    def take_change(self) -> cython.bint:
        """Whether members came or went since the last call: distances are others then."""
        return False

    def resume(self, events: float) -> None:
        """Adapt as soon as after `RESUMED` events, of ``events``: a silence has ended."""

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events in locations and scales to that of ``events``."""

    def prepare(self) -> cython.int:
        """Do what needs the interpreter before an event is learned."""
        return 0

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features.

        All that can fail happens here, before the state changes. The names of the new
        features are ``standard.features.pending``; they take the next positions. Those in
        ``standard.features.passing``, if any, take the places of features that are gone.
        """
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features: there are ``size`` now, and `grow` has provided memory for them."""

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j, which is gone: another one is to start there.

        Between `grow`, when ``standard.features.passing`` has the position and the next name, and
        `add_features`.
        """

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """How many numbers the state of ``size`` features has at least."""
        return 0

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``; that of location and scale has passed before."""
        return 0
