# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Events in units of each feature's own clipped location and scale."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.event_loop import EventLoop
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import fabs

    from clipsgd_river._kernels.core.buffers import doubles, integers

# With ``squash``, deviations of this many scales lie half way to the end. HalfSpaceTrees, which
# halve [0, 1] at random, rank best with 6 of 1, 3, 6 and 12 in the mean over nine tables.
HALF_WAY = 6.0


class ScalerKernel(EventLoop):
    """Location and scale of every feature, applied to events.

    A feature that is missing or was never seen is at its location.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        EventLoop.__init__(self, settings)
        self.standard = LocationScale(settings, self.features)
        self.squash = settings["squash"]

    def learn(self) -> None:
        """One clipped step on the loaded event."""
        self.count_event()
        if self.features.count > 0:
            self.standard.standardise()
            self.standard.notice_repeats(self.events)
            self.standard.step(self.events)
            self.waiting = self.features.wants_memory

    def prepare(self) -> cython.int:
        """Do what needs the interpreter before an event is learned."""
        return self.standard.prepare(self.events)

    def wake(self) -> cython.int:
        """Wake features that repeat."""
        return self.standard.settle_repeats()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        return self.standard.grow(size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        self.standard.add_features(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.standard.reset_feature(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of location and scale."""
        return self.standard.least_numbers(size)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        EventLoop.exchange(self, archive)
        return self.standard.exchange(archive)

    def scale(self, deviation: float) -> float:
        """Deviation as it is, or squashed to [0, 1] by (1 + z / (6 + |z|)) / 2."""
        if self.squash:
            return 0.5 + 0.5 * (deviation / (HALF_WAY + fabs(deviation)))
        return deviation

    def transform_one(self, event: Any) -> dict[Any, float]:
        """Scaled event, its keys in their order."""
        self.claim()
        try:
            self.features.load(event)
            return self.scaled(event)
        finally:
            self.busy = False

    def scaled(self, event: Any) -> dict[Any, float]:
        """Answer for the loaded event."""
        k: cython.Py_ssize_t
        middle: cython.double = self.scale(0.0)
        scaled: dict[Any, float] = dict.fromkeys(event, middle)
        self.standard.standardise()
        for k in range(self.features.count):
            scaled[self.features.names[self.features.present.at[k]]] = self.scale(
                self.standard.deviation.at[k]
            )
        return scaled

    def transform_rows(self, rows: Any, names: Any, out: Any) -> None:
        """Write scaled rows to ``out``, both flat, ``len(names)`` numbers to a row."""
        width: cython.Py_ssize_t = len(names)
        size: cython.Py_ssize_t = len(rows)
        if size == 0 or width == 0:
            return
        if size % width != 0 or len(out) != size:
            raise ValueError(
                f"{size} numbers do not make rows of {width}, or do not fit the output"
            )
        self.claim()
        try:
            data: cython.p_double = doubles(rows)
            target: cython.p_double = doubles(out)
            positions = self.features.match(names)
            columns: cython.p_int = integers(positions)
            identity: cython.bint = self.features.is_identity(columns, width)
            middle: cython.double = self.scale(0.0)
            start: cython.Py_ssize_t = 0
            c: cython.Py_ssize_t
            k: cython.Py_ssize_t
            scaled: cython.p_double = self.standard.gradient.at
            present: cython.p_int = self.features.present.at
            with cython.nogil:
                while start < size:
                    self.features.load_row(data, start, columns, width, identity)
                    self.standard.standardise()
                    for k in range(self.features.size):
                        scaled[k] = middle
                    for k in range(self.features.count):
                        scaled[present[k]] = self.scale(self.standard.deviation.at[k])
                    for c in range(width):
                        target[start + c] = scaled[columns[c]] if columns[c] >= 0 else middle
                    start += width
        finally:
            self.busy = False
