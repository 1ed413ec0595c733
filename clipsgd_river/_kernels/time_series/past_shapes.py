# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How far the shape of the last values is from all shapes so far."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.time_series.silences import NAN

# Windows of 16 points, each the mean of 1, 4 or 16 values.
SCALES = 3
POINTS = 16
# Shapes kept of single values, and of means.
FINEST = 86
OTHERS = 64
KEPT = 214
# Values count up to so many scales, and so do deviations from the mean of a window.
LARGEST_Q = 10.0
LARGEST_X = 5.0
# Windows before the channel has a say.
LEAST = 48.0
# Steps of a shape, of its spread and of the typical distance, at least.
SHAPE_RATE = 0.05
SPREAD_RATE = 0.02
TYPICAL_RATE = 0.01
# A distance counts as at most so many typical ones, and this is the largest ratio.
CLIP = 3.0
LARGEST_RATIO = 64.0
# What the use of a shape keeps with each window.
USED = 0.9995
SMALLEST = 1e-9


class PastShapes:
    r"""Shapes that a series has had, at three time scales, for each feature.

    A window x is the last 16 values, or means of 4 or 16 values, in scales, less their own mean,
    within +-5. With d its root mean square distance to the nearest shape c, s the spread of that
    shape and D the typical distance, the coordinate is

    .. math:: \max(1, \frac{2 d}{D + s}),

    for a rarity table: a shape with much jitter, such as a steep slope, is held against its own.

    Shapes are learned by clipped steps, as in competitive learning: a window nearer than D moves
    its shape by max(.05, 1/n) of the way. A window farther off becomes a shape itself, in the place
    of the one used least; uses fade by .0005 per window. No window moves D by more than three
    times D.

    86 shapes of the finest scale, 64 of the others: O(1,376) per event and 32 KB a feature.
    """

    def __init__(self) -> None:
        self.shapes = Vector()
        self.squares = Vector()
        self.uses = Vector()
        self.spreads = Vector()
        self.recent = Vector()
        self.sums = Vector()
        self.counts = Vector()
        self.windows = Vector()
        self.filled = Vector()
        self.typical = Vector()
        self.held = Vector()
        # Of the loaded event.
        self.window = Vector(POINTS)
        self.nearest = Vector()
        self.distances = Vector()
        self.ratios = Vector()

    def length(self, scale: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Values behind a point."""
        return 1 << (2 * scale)

    def capacity(self, scale: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Shapes kept of a scale."""
        return FINEST if scale == 0 else OTHERS

    def first(self, j: cython.Py_ssize_t, scale: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The first shape of a scale of the feature at position j."""
        if scale == 0:
            return j * KEPT
        return j * KEPT + FINEST + (scale - 1) * OTHERS

    def completes(self, at: cython.Py_ssize_t, scale: cython.Py_ssize_t) -> cython.bint:
        """Whether the next value completes a window."""
        return self.counts.at[at] + 1.0 >= self.length(scale) and self.windows.at[at] >= POINTS - 1

    def make(self, at: cython.Py_ssize_t, scale: cython.Py_ssize_t, q: float) -> float:
        """Make the window that a value completes; returns the sum of its squares."""
        window: cython.p_double = self.window.at
        first: cython.Py_ssize_t = at * POINTS
        mean: cython.double = 0.0
        square: cython.double = 0.0
        i: cython.Py_ssize_t
        for i in range(POINTS - 1):
            window[i] = self.recent.at[first + i + 1]
            mean += window[i]
        window[POINTS - 1] = (self.sums.at[at] + q) / self.length(scale)
        mean = (mean + window[POINTS - 1]) / POINTS
        for i in range(POINTS):
            window[i] = max(-LARGEST_X, min(window[i] - mean, LARGEST_X))
            square += window[i] * window[i]
        return square

    def find(self, j: cython.Py_ssize_t, scale: cython.Py_ssize_t, square: float) -> None:
        """Find the shape nearest to the window, and how far it is."""
        at: cython.Py_ssize_t = j * SCALES + scale
        first: cython.Py_ssize_t = self.first(j, scale)
        last: cython.Py_ssize_t = first + cython.cast(cython.Py_ssize_t, self.filled.at[at])
        shapes: cython.p_double = self.shapes.at
        window: cython.p_double = self.window.at
        squares: cython.p_double = self.squares.at
        best: cython.Py_ssize_t = first
        least: cython.double = 1e300
        a: cython.double
        b: cython.double
        c: cython.double
        d: cython.double
        shape: cython.Py_ssize_t
        p: cython.Py_ssize_t
        i: cython.Py_ssize_t
        for shape in range(first, last):
            p = shape * POINTS
            a = 0.0
            b = 0.0
            c = 0.0
            d = 0.0
            for i in range(0, POINTS, 4):
                a += window[i] * shapes[p + i]
                b += window[i + 1] * shapes[p + i + 1]
                c += window[i + 2] * shapes[p + i + 2]
                d += window[i + 3] * shapes[p + i + 3]
            a = squares[shape] - 2.0 * ((a + b) + (c + d))
            if a < least:
                least = a
                best = shape
        self.nearest.at[at] = best - first
        self.distances.at[at] = sqrt(max(square + least, 0.0) / POINTS) if last > first else 0.0

    def coordinate(self, j: cython.Py_ssize_t, scale: cython.Py_ssize_t, q: float) -> float:
        """How far the last values are from any shape, at least 1; NaN where that is not known.

        Between windows of a coarser scale it is that of the last one.
        """
        at: cython.Py_ssize_t = j * SCALES + scale
        ratio: cython.double
        q = max(-LARGEST_Q, min(q, LARGEST_Q))
        if self.completes(at, scale):
            self.find(j, scale, self.make(at, scale, q))
            ratio = self.typical.at[at] + self.spreads.at[self.nearest_of(j, scale)]
            ratio = 2.0 * self.distances.at[at] / max(ratio, SMALLEST)
            ratio = max(1.0, min(ratio, LARGEST_RATIO))
            if self.windows.at[at] < LEAST:
                ratio = 0.0
            self.ratios.at[at] = ratio
            return ratio if ratio > 0.0 else NAN
        return self.held.at[at] if self.held.at[at] > 0.0 else NAN

    def nearest_of(self, j: cython.Py_ssize_t, scale: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The shape nearest to the last window."""
        at: cython.double = self.nearest.at[j * SCALES + scale]
        return self.first(j, scale) + cython.cast(cython.Py_ssize_t, at)

    def learn(self, j: cython.Py_ssize_t, q: float) -> None:
        """Learn the value whose coordinates were asked for last."""
        at: cython.Py_ssize_t
        scale: cython.Py_ssize_t
        i: cython.Py_ssize_t
        first: cython.Py_ssize_t
        q = max(-LARGEST_Q, min(q, LARGEST_Q))
        for scale in range(SCALES):
            at = j * SCALES + scale
            if self.completes(at, scale):
                self.make(at, scale, q)
                self.held.at[at] = self.ratios.at[at]
                self.learn_window(j, scale)
            self.sums.at[at] = self.sums.at[at] + q
            self.counts.at[at] = self.counts.at[at] + 1.0
            if self.counts.at[at] >= self.length(scale):
                first = at * POINTS
                for i in range(first, first + POINTS - 1):
                    self.recent.at[i] = self.recent.at[i + 1]
                self.recent.at[first + POINTS - 1] = self.sums.at[at] / self.length(scale)
                self.sums.at[at] = 0.0
                self.counts.at[at] = 0.0
                self.windows.at[at] = min(self.windows.at[at] + 1.0, LARGEST_COUNT)

    def learn_window(self, j: cython.Py_ssize_t, scale: cython.Py_ssize_t) -> None:
        """Move the nearest shape towards the window, or take the window for a new one."""
        at: cython.Py_ssize_t = j * SCALES + scale
        first: cython.Py_ssize_t = self.first(j, scale)
        filled: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.filled.at[at])
        uses: cython.p_double = self.uses.at
        distance: cython.double = self.distances.at[at]
        far: cython.bint = filled == 0 or distance > self.typical.at[at]
        shape: cython.Py_ssize_t = self.nearest_of(j, scale)
        i: cython.Py_ssize_t
        rate: cython.double
        limit: cython.double = CLIP * self.typical.at[at]
        for i in range(first, first + filled):
            uses[i] *= USED
        if filled > 0:
            rate = max(TYPICAL_RATE, 1.0 / (self.windows.at[at] - POINTS + 2.0))
            limit = min(distance, limit) if limit > 0.0 else distance
            self.typical.at[at] = self.typical.at[at] + rate * (limit - self.typical.at[at])
        if far and filled < self.capacity(scale):
            self.place(at, first + filled)
            self.filled.at[at] = filled + 1.0
        elif far:
            shape = first
            for i in range(first + 1, first + filled):
                if uses[i] < uses[shape]:
                    shape = i
            self.place(at, shape)
        else:
            uses[shape] += 1.0
            self.move(shape, max(SHAPE_RATE, 1.0 / uses[shape]))
            rate = max(SPREAD_RATE, 1.0 / uses[shape])
            self.spreads.at[shape] = self.spreads.at[shape] + rate * (
                distance - self.spreads.at[shape]
            )

    def place(self, at: cython.Py_ssize_t, shape: cython.Py_ssize_t) -> None:
        """Take the window for a shape."""
        self.uses.at[shape] = 1.0
        self.spreads.at[shape] = self.typical.at[at]
        self.move(shape, 1.0)

    def move(self, shape: cython.Py_ssize_t, rate: float) -> None:
        """Move a shape towards the window."""
        first: cython.Py_ssize_t = shape * POINTS
        shapes: cython.p_double = self.shapes.at
        square: cython.double = 0.0
        i: cython.Py_ssize_t
        for i in range(POINTS):
            shapes[first + i] += rate * (self.window.at[i] - shapes[first + i])
            square += shapes[first + i] * shapes[first + i]
        self.squares.at[shape] = square

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.shapes.grow(size * KEPT * POINTS)
        self.squares.grow(size * KEPT)
        self.uses.grow(size * KEPT)
        self.spreads.grow(size * KEPT)
        self.recent.grow(size * SCALES * POINTS)
        self.sums.grow(size * SCALES)
        self.counts.grow(size * SCALES)
        self.windows.grow(size * SCALES)
        self.filled.grow(size * SCALES)
        self.typical.grow(size * SCALES)
        self.held.grow(size * SCALES)
        self.nearest.grow(size * SCALES)
        self.ratios.grow(size * SCALES)
        return self.distances.grow(size * SCALES)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j."""
        i: cython.Py_ssize_t
        for i in range(j * KEPT * POINTS, (j + 1) * KEPT * POINTS):
            self.shapes.at[i] = 0.0
        for i in range(j * KEPT, (j + 1) * KEPT):
            self.squares.at[i] = 0.0
            self.uses.at[i] = 0.0
            self.spreads.at[i] = 0.0
        for i in range(j * SCALES * POINTS, (j + 1) * SCALES * POINTS):
            self.recent.at[i] = 0.0
        for i in range(j * SCALES, (j + 1) * SCALES):
            self.sums.at[i] = 0.0
            self.counts.at[i] = 0.0
            self.windows.at[i] = 0.0
            self.filled.at[i] = 0.0
            self.typical.at[i] = 0.0
            self.held.at[i] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of ``size`` features."""
        return size * (KEPT * (POINTS + 2) + SCALES * (POINTS + 6))

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        j: cython.Py_ssize_t
        scale: cython.Py_ssize_t
        i: cython.Py_ssize_t
        first: cython.Py_ssize_t
        largest: cython.double = 2.0 * LARGEST_X
        count: cython.Py_ssize_t = size * SCALES
        self.shapes.exchange_bounded(archive, size * KEPT * POINTS, -LARGEST_X, LARGEST_X, "shape")
        self.uses.exchange_bounded(archive, size * KEPT, 0.0, 2.0 / (1.0 - USED), "use of a shape")
        self.spreads.exchange_bounded(archive, size * KEPT, 0.0, largest, "spread of a shape")
        self.recent.exchange_bounded(archive, count * POINTS, -LARGEST_Q, LARGEST_Q, "value")
        self.sums.exchange_bounded(archive, count, -16.0 * LARGEST_Q, 16.0 * LARGEST_Q, "sum")
        self.counts.exchange_counts(archive, count, 15.0, "count of values")
        self.windows.exchange_counts(archive, count, LARGEST_COUNT, "count of windows")
        self.filled.exchange_counts(archive, count, FINEST, "count of shapes")
        self.typical.exchange_bounded(archive, count, 0.0, largest, "distance")
        self.held.exchange_bounded(archive, count, 0.0, LARGEST_RATIO, "distance")
        if archive.reading:
            for j in range(size):
                for scale in range(SCALES):
                    i = j * SCALES + scale
                    archive.check(self.filled.at[i], 0.0, self.capacity(scale), "count of shapes")
                    archive.check(self.counts.at[i], 0.0, self.length(scale) - 1, "count of values")
            for i in range(size * KEPT):
                first = i * POINTS
                self.squares.at[i] = 0.0
                for j in range(first, first + POINTS):
                    self.squares.at[i] = self.squares.at[i] + self.shapes.at[j] * self.shapes.at[j]
        return 0
