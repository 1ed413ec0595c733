# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What turns the deviations of an event into a distance."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.sgd.location_scale import LocationScaleKernel

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython


class Part:
    """An algorithm that judges events in the deviations of a ground, the shared standardisation.

    The ground is the kernel that holds location and scale. It hands itself to every call, and
    before `distance` it has filled ``ground.deviation`` and ``ground.tempered`` for the loaded
    event: one number for each present feature, ``k`` in ``range(ground.features.count)``, that of
    the feature at position ``ground.features.present[k]``. A part keeps what it learns beyond
    that, so that several can stand on one ground and share its work.

    `distance`, `step`, `contribute` and `expect` may use ``ground.features.scratch``.
    """

    def distance(self, ground: LocationScaleKernel) -> float:
        """Distance of the loaded event; finite, at least 0; changes scratch space only."""
        return 0.0

    def usual_distance(self, ground: LocationScaleKernel) -> float:
        """Mean distance of an event with the loaded features if they were standard normal.

        0 where that is not known.
        """
        return 0.0

    def step(self, ground: LocationScaleKernel) -> None:
        """One clipped step on the event of the last `distance`; the ground takes its own after."""

    def contribute(self, ground: LocationScaleKernel, contributions: cython.p_double) -> None:
        """Write, by position, what each present feature adds to the last `distance`."""

    def expect(
        self, ground: LocationScaleKernel, expected: cython.p_double, spread: cython.p_double
    ) -> None:
        """Write, for each present feature in turn, what is expected of it given the others.

        In scales of the ground, for the event of the last `distance`: the deviation expected, and
        its standard deviation. Here those of a feature that stands alone.
        """
        k: cython.Py_ssize_t
        for k in range(ground.features.count):
            expected[k] = 0.0
            spread[k] = 1.0

    def shorten(self, events: float) -> cython.int:
        """Let estimates as of location and scale count no more than ``events``."""
        return 0

    def prepare(self, ground: LocationScaleKernel) -> cython.int:
        """Do what needs the interpreter before an event is learned."""
        return 0

    def room(self, ground: LocationScaleKernel, size: cython.Py_ssize_t) -> Any:
        """Memory for ``size`` features, the ``ground.features.size`` known ones copied into it.

        All that can fail happens here, and nothing of the part changes. The names of the new
        features are ``ground.features.pending``.
        """
        return None

    def occupy(self, room: Any, size: cython.Py_ssize_t) -> cython.int:
        """Take over what `room` gave."""
        return 0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """How many numbers the state of ``size`` features has at least."""
        return 0

    def exchange(self, ground: LocationScaleKernel, archive: Archive) -> cython.int:
        """Pass the state through ``archive``; the ground's has passed before."""
        return 0

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this part, itself among them."""
        return [self]
