# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Tests of events of several features along the direction in which the last ones lay."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import exp, fabs, log, sqrt

    from clipsgd_river._kernels.drift.mean_bounds import CLIP, CURVE, HIGHEST, LOWEST
    from clipsgd_river._kernels.drift.shift_tests import (
        LARGEST_EVIDENCE,
        SLOWNESS,
        STEEPEST,
        TYPICAL_LEVEL,
        WARNING,
    )

# Blocks of 2, 4, ..., 4096 events. A shift too small for these in any direction is left to the
# tests of single features.
LENGTHS = 12
# Limits of evidence are at most exp of this.
LARGEST_LEVEL = 600.0
SMALLEST_EVIDENCE = 1e-300
# Blocks that a mean square needs before it is used in a test.
LEAST_BLOCKS = 4.0


class DirectionTests:
    r"""A shift of many features at once: large in norm, small in each.

    The events of each length are taken in blocks of h. The clipped deviations of one block, added
    up, give the direction u for the next: u is known before that block's events, whose projections
    w = u'(y - m) on it then obey the theory of one variable, in any number of features: unit
    variance at most if no direction has more, and a mean of at most sum |u_j| r_j = e in size, r_j
    the radius of the bounds on the mean of y_j, m_j their middle. So the product of
    f(w) / (1 + b e + (b^2 / 3)(1 + e^2)) over the block is a supermartingale, and by Ville's
    inequality an alarm may come at any event of it. f is the payoff of `MeanBounds`.

    Where the standard deviation is not known, the 1 in 1 + e^2 is replaced by the mean of the
    clipped w^2 in earlier blocks of that length, as if one more had been the largest.

    Parameters
    ----------
    sigma_known
        Whether the standard deviation is known.
    """

    def __init__(self, sigma_known: cython.bint) -> None:
        self.sigma_known = sigma_known
        self.onset = 0.0
        self.warning_due = False
        self.slopes = Vector(LENGTHS)
        self.prices = Vector(LENGTHS)
        length: cython.Py_ssize_t
        for length in range(LENGTHS):
            events = 2.0 ** (length + 1)
            self.slopes.at[length] = min(STEEPEST, sqrt(2.0 * TYPICAL_LEVEL / events))
            share = SLOWNESS / ((length + SLOWNESS) * (length + SLOWNESS + 1.0))
            self.prices.at[length] = -log(share * events)
        # Of each length: product over the block, its divisor, its limit, sum of clipped squares so
        # far, blocks so far.
        self.blocks = Vector(5 * LENGTHS)
        self.projections = Vector(LENGTHS)
        self.directions = Vector()
        self.gathered = Vector()
        self.clear(0)

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.directions.grow(LENGTHS * size)
        self.gathered.grow(LENGTHS * size)
        return 0

    def clear(self, size: cython.Py_ssize_t) -> None:
        """Begin a stretch, without directions."""
        k: cython.Py_ssize_t
        for k in range(LENGTHS * size):
            self.directions.at[k] = 0.0
            self.gathered.at[k] = 0.0
        for k in range(5 * LENGTHS):
            self.blocks.at[k] = 0.0
        for k in range(LENGTHS):
            self.blocks.at[k] = 1.0
            self.blocks.at[LENGTHS + k] = 1.0
            self.blocks.at[2 * LENGTHS + k] = LARGEST_EVIDENCE

    def clear_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget a feature's part in the directions."""
        k: cython.Py_ssize_t
        for k in range(LENGTHS * j, LENGTHS * (j + 1)):
            self.directions.at[k] = 0.0
            self.gathered.at[k] = 0.0

    def observe(self, j: cython.Py_ssize_t, deviation: float) -> None:
        """Add the deviation of a feature from the middle of its bounds to the projections."""
        projections: cython.p_double = self.projections.at
        gathered: cython.p_double = self.gathered.at
        k: cython.Py_ssize_t = LENGTHS * j
        component: cython.double = max(min(deviation, CLIP), -CLIP)
        length: cython.Py_ssize_t
        for length in range(LENGTHS):
            projections[length] += self.directions.at[k + length] * deviation
            gathered[k + length] += component

    def test(self, events: cython.Py_ssize_t, index: float) -> cython.bint:
        """Update the products by an event's projections; returns whether one exceeds its limit.

        The event is the one of this number in the stretch and of this index in the stream. Leaves
        in ``onset`` the middle of the block that gave the direction, for the shortest length that
        found a change: it dates the change best. ``warning_due`` is whether a product has come
        within the factor `WARNING` of its limit.
        """
        blocks: cython.p_double = self.blocks.at
        u: cython.double
        product: cython.double
        limit: cython.double
        found: cython.bint = False
        length: cython.Py_ssize_t
        block: cython.Py_ssize_t = 1
        self.warning_due = False
        for length in range(LENGTHS):
            block *= 2
            u = max(min(self.slopes.at[length] * self.projections.at[length], HIGHEST), LOWEST)
            self.projections.at[length] = 0.0
            blocks[3 * LENGTHS + length] += u * u
            product = blocks[length] * (1.0 + u * (1.0 + CURVE * u))
            product /= blocks[LENGTHS + length]
            product = max(min(product, LARGEST_EVIDENCE), SMALLEST_EVIDENCE)
            blocks[length] = product
            limit = blocks[2 * LENGTHS + length]
            self.warning_due = self.warning_due or product * WARNING >= limit
            if product >= limit and not found:
                found = True
                self.onset = index - ((events - 1) % block + block // 2)
        return found

    def start_blocks(
        self,
        events: cython.Py_ssize_t,
        size: cython.Py_ssize_t,
        radii: cython.p_double,
        level: float,
        inflation: float,
    ) -> None:
        """Begin the blocks that start after this many events of the stretch.

        ``radii`` holds the radius of the bounds of each feature, ``level`` is log(1 / spending);
        evidence ``inflation`` times as large is required. A block is charged to as many events
        before it, whose spending is at least as large.
        """
        length: cython.Py_ssize_t = 0
        block: cython.Py_ssize_t = 2
        while length < LENGTHS and events % block == 0:
            self.start_block(length, size, radii, inflation * (level + self.prices.at[length]))
            length += 1
            block *= 2

    def start_block(
        self,
        length: cython.Py_ssize_t,
        size: cython.Py_ssize_t,
        radii: cython.p_double,
        limit: float,
    ) -> None:
        """Make the sum of the last block the direction of the next."""
        k: cython.Py_ssize_t
        norm: cython.double = 0.0
        offset: cython.double = 0.0
        component: cython.double
        for k in range(size):
            component = self.gathered.at[LENGTHS * k + length]
            norm += component * component
        norm = sqrt(norm)
        for k in range(size):
            component = self.gathered.at[LENGTHS * k + length]
            component = component / norm if norm > 0.0 else 0.0
            self.directions.at[LENGTHS * k + length] = component
            self.gathered.at[LENGTHS * k + length] = 0.0
            offset += fabs(component) * radii[k]
        slope: cython.double = self.slopes.at[length]
        blocks: cython.double = self.blocks.at[4 * LENGTHS + length]
        if blocks == 0.0:
            # The first block had no direction.
            self.blocks.at[3 * LENGTHS + length] = 0.0
        self.blocks.at[length] = 1.0
        self.blocks.at[LENGTHS + length] = self.divisor(length, slope, offset)
        self.blocks.at[2 * LENGTHS + length] = LARGEST_EVIDENCE
        if limit < LARGEST_LEVEL and (self.sigma_known or blocks >= LEAST_BLOCKS):
            self.blocks.at[2 * LENGTHS + length] = exp(limit)
        self.blocks.at[4 * LENGTHS + length] = blocks + 1.0

    def divisor(self, length: cython.Py_ssize_t, slope: float, offset: float) -> float:
        """Bound on the mean payoff in the block that begins."""
        square: cython.double = slope * slope
        seen: cython.double
        if not self.sigma_known:
            seen = (2 << length) * self.blocks.at[4 * LENGTHS + length]
            square = (self.blocks.at[3 * LENGTHS + length] + HIGHEST * HIGHEST) / (seen + 1.0)
        return 1.0 + slope * offset + CURVE * (square + slope * slope * offset * offset)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state through ``archive``."""
        k: cython.Py_ssize_t
        largest: cython.double = LARGEST_EVIDENCE
        self.blocks.exchange_bounded(archive, 5 * LENGTHS, 0.0, largest, "block")
        self.directions.exchange_bounded(archive, LENGTHS * size, -1.001, 1.001, "direction")
        self.gathered.exchange_bounded(archive, LENGTHS * size, -largest, largest, "direction")
        for k in range(3 * LENGTHS):
            archive.check(self.blocks.at[k], SMALLEST_EVIDENCE, largest, "evidence")
        return 0
